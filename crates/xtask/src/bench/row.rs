//! What is measured, against whom, and which bar stands for it.

/// A program that measures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Program {
    /// Of the bench workspace: prints lines `measure peer value unit # spread`.
    Bench {
        package: &'static str,
        arguments: &'static [&'static str],
        environment: &'static [(&'static str, &'static str)],
    },
    /// Of the bench workspace, through the emulated path of `relay`: one-way delay in ms, loss in percent, rate in Mbit/s.
    Relayed { package: &'static str, arguments: &'static [&'static str], path: [&'static str; 3] },
    /// The binary `limpid`, which prints JSON Lines; each value has a pointer (RFC 6901), a measure and a unit.
    Limpid {
        arguments: &'static [&'static str],
        values: &'static [(&'static str, &'static str, &'static str)],
    },
}

/// One row: ours, rivals, and what must hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) ours: Program,
    pub(crate) rivals: &'static [Program],
    pub(crate) bars: &'static [Bar],
}

/// What our value must reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    /// The beginning of the measures that it is about.
    pub(crate) measure: &'static str,
    pub(crate) asks: Asks,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Asks {
    /// So many times as good as each rival whose name begins so.
    Ratio(&'static str, f64),
    /// At most this value, in the measure's own unit.
    AtMost(f64),
    /// All measures with this beginning differ by at most this part of the largest.
    Flat(f64),
}

const fn bench(package: &'static str, arguments: &'static [&'static str]) -> Program {
    Program::Bench { package, arguments, environment: &[] }
}

/// All rows.
pub(crate) const ROWS: [Row; 11] = [
    Row {
        name: "stun",
        ours: bench("bench-limpid-stun", &[]),
        // The first writes the message that the others read.
        rivals: &[bench("stun-is", &[]), bench("stun-rtc", &[]), bench("stun-stuntypes", &[])],
        bars: &[
            Bar { measure: "stun-build", asks: Asks::Ratio("", 1.0) },
            Bar { measure: "stun-parse+verify", asks: Asks::Ratio("", 1.0) },
        ],
    },
    Row {
        name: "sdp",
        ours: bench("bench-limpid-sdp", &[]),
        rivals: &[bench("sdp-rtc", &[]), bench("sdp-types-bench", &[])],
        bars: &[
            Bar { measure: "sdp-parse", asks: Asks::AtMost(28_000.0) },
            Bar { measure: "sdp-write", asks: Asks::AtMost(10_000.0) },
        ],
    },
    Row {
        name: "dtls",
        ours: bench("bench-limpid-dtls", &[]),
        rivals: &[bench("dtls-dimpl", &[]), bench("dtls-rtc", &[])],
        bars: &[
            Bar { measure: "dtls1.2-record", asks: Asks::Ratio("", 1.0) },
            Bar { measure: "dtls1.2-handshake", asks: Asks::Ratio("dimpl", 0.9) },
        ],
    },
    Row {
        name: "srtp",
        ours: bench("bench-limpid-srtp", &[]),
        rivals: &[
            bench("srtp-rtc", &[]),
            bench("srtp-str0m", &[]),
            bench("srtp-webrtc", &[]),
            bench("srtp-raw", &[]),
        ],
        bars: &[
            Bar { measure: "srtp-aes", asks: Asks::Ratio("rtc-srtp", 1.0) },
            Bar { measure: "srtp-aes", asks: Asks::Ratio("str0m", 1.0) },
            Bar { measure: "srtp-aes", asks: Asks::Ratio("webrtc-srtp", 1.0) },
            Bar { measure: "srtp-gcm", asks: Asks::Ratio("rtc-srtp", 1.0) },
            Bar { measure: "srtp-gcm", asks: Asks::Ratio("str0m", 1.0) },
            Bar { measure: "srtp-gcm", asks: Asks::Ratio("webrtc-srtp", 1.0) },
            // Within 1.3 times the cipher alone.
            Bar { measure: "srtp-gcm", asks: Asks::Ratio("raw", 1.0 / 1.3) },
        ],
    },
    Row {
        name: "sctp",
        ours: bench("bench-limpid-sctp", &[]),
        rivals: &[bench("sctp-rtc", &[])],
        bars: &[
            Bar { measure: "sctp-", asks: Asks::Ratio("rtc-sctp", 1.0) },
            Bar { measure: "sctp-flat-1KiB", asks: Asks::Flat(0.1) },
            Bar { measure: "sctp-flat-16KiB", asks: Asks::Flat(0.1) },
            Bar { measure: "sctp-flat-64KiB", asks: Asks::Flat(0.1) },
        ],
    },
    Row {
        name: "dc",
        ours: Program::Limpid {
            arguments: &["bench", "data", "--seconds", "5", "--json"],
            values: &[("/mb_per_s", "dc-tput", "MB/s"), ("/cpu_s_per_gb", "dc-cpu", "CPU-s/GB")],
        },
        rivals: &[
            Program::Bench {
                package: "dc-quinn",
                arguments: &["tput", "5"],
                environment: &[("MTU", "1200")],
            },
            bench("dc-rustrtc", &["tput", "5"]),
            bench("dc-str0m", &["tput", "5"]),
        ],
        bars: &[
            Bar { measure: "dc-tput", asks: Asks::Ratio("quinn", 1.0) },
            Bar { measure: "dc-tput", asks: Asks::Ratio("rustrtc", 5.0) },
            Bar { measure: "dc-tput", asks: Asks::Ratio("str0m", 5.0) },
            Bar { measure: "dc-cpu", asks: Asks::AtMost(1.6) },
        ],
    },
    Row {
        name: "rtt",
        ours: Program::Limpid {
            arguments: &["bench", "data", "--seconds", "10", "--rtt", "50", "--rate", "200", "--json"],
            values: &[("/mb_per_s", "dc-tput", "MB/s")],
        },
        rivals: &[Program::Relayed {
            package: "dc-str0m",
            arguments: &["tput", "10", "65536", "4194304"],
            path: ["25", "0", "200"],
        }],
        bars: &[Bar { measure: "dc-tput", asks: Asks::Ratio("str0m", 1.0) }],
    },
    // A minute: the window is small, and some hundred losses, not some dozen, make a mean.
    Row {
        name: "loss",
        ours: Program::Limpid {
            arguments: &[
                "bench",
                "data",
                "--seconds",
                "60",
                "--rtt",
                "50",
                "--rate",
                "200",
                "--loss",
                "1",
                "--json",
            ],
            values: &[("/mb_per_s", "dc-tput", "MB/s")],
        },
        rivals: &[Program::Relayed {
            package: "dc-str0m",
            arguments: &["tput", "60", "65536", "4194304"],
            path: ["25", "1", "200"],
        }],
        bars: &[Bar { measure: "dc-tput", asks: Asks::Ratio("str0m", 1.0) }],
    },
    Row {
        name: "setup",
        ours: Program::Limpid {
            arguments: &["bench", "setup", "--runs", "100", "--json"],
            values: &[("/setup_ms/median", "dc-setup", "ms"), ("/setup_ms/max", "dc-setup-worst", "ms")],
        },
        rivals: &[bench("dc-str0m", &["setup", "100"]), bench("dc-rustrtc", &["setup", "20"])],
        bars: &[
            Bar { measure: "dc-setup-worst", asks: Asks::AtMost(20.0) },
            Bar { measure: "dc-setup", asks: Asks::AtMost(1.9) },
        ],
    },
    Row {
        name: "idle",
        ours: Program::Limpid {
            arguments: &["bench", "idle", "--pairs", "200", "--json"],
            values: &[("/kib_per_peer", "idle-rss", "KiB/peer")],
        },
        rivals: &[bench("dc-str0m", &["idle", "200"]), bench("dc-rustrtc", &["idle", "200"])],
        bars: &[Bar { measure: "idle-rss", asks: Asks::AtMost(51.0) }],
    },
    // Fifty times 2 Mbit/s from one thread: the frames that went missing, the thread's share of a core, and what they waited.
    Row {
        name: "media",
        ours: Program::Limpid {
            arguments: &[
                "bench",
                "media",
                "--peers",
                "50",
                "--rate",
                "2000000",
                "--duration",
                "10",
                "--json",
            ],
            values: &[
                ("/mbit_per_s", "media-rate", "Mbit/s"),
                ("/cpu_us_per_packet", "media-cpu", "us/packet"),
                ("/cpu_share", "media-core", "cores"),
                ("/frames/lost", "media-lost", "frames"),
                ("/latency_ms/p99", "media-latency", "ms"),
                ("/latency_ms/max", "media-latency-worst", "ms"),
            ],
        },
        // With and without its estimate of the path, which ours always has.
        rivals: &[
            bench("media-str0m", &["50", "2000000", "10", "bwe"]),
            bench("media-str0m", &["50", "2000000", "10"]),
        ],
        bars: &[
            Bar { measure: "media-cpu", asks: Asks::Ratio("str0m", 1.0) },
            Bar { measure: "media-core", asks: Asks::AtMost(1.0) },
            Bar { measure: "media-lost", asks: Asks::AtMost(0.0) },
        ],
    },
];
