//! Every parser and every machine of Limpid against hostile input.
//!
//! A *target* is a function from bytes to an [`Outcome`]; it panics when something is wrong. The same functions run in two
//! ways: endlessly under libFuzzer (`fuzz_targets/`, one thin program each), and bounded, over the committed corpus and
//! seeded mutations of it, as an ordinary test (`cargo test` in this folder).
//!
//! ```sh
//! cargo install cargo-fuzz
//! RUSTC_BOOTSTRAP=1 cargo fuzz run codec_sdp            # from the project's root; the compiler may be a stable one
//! RUSTC_BOOTSTRAP=1 cargo fuzz run sequence_sctp -- -max_total_time=60
//! cargo run --manifest-path fuzz/Cargo.toml --bin codec_sdp FILE…    # without the engine: replays single inputs
//! FUZZ_SHOW=1 cargo run --manifest-path fuzz/Cargo.toml --bin sequence_sctp FILE    # prints its script
//! cargo run --manifest-path fuzz/Cargo.toml --bin seeds              # writes the structured seeds into the corpus
//! ```
//!
//! | kind | input | what must hold |
//! |---|---|---|
//! | `codec_*` | bytes as from the network | no panic; what is read is written so that it reads the same |
//! | `sequence_*` | a script for two machines and the wire between them | no panic; the contract; bounded queues; what was acknowledged is delivered, in order |
//!
//! An outcome says whether an input came to where a fuzzer learns something: a parser took it, two machines connected. The
//! bounded tests ask for a floor ([`Target::floor`]), so that a target can not quietly degrade to "everything is refused".

pub mod codec;
pub mod mutate;
pub mod sequence;

/// Where a run ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// At the door.
    Refused,
    /// Past it: parsed, or connected.
    Accepted,
}

/// One thing to fuzz.
#[derive(Copy, Clone)]
pub struct Target {
    /// Of the program in `fuzz_targets/` and the folder in `corpus/`.
    pub name: &'static str,
    /// Takes any bytes; panics when something is wrong.
    pub run: fn(&[u8]) -> Outcome,
    /// Inputs that go deep, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// How many of a hundred mutated inputs must be accepted.
    pub floor: usize,
    /// How many mutated inputs the bounded test runs.
    pub runs: usize,
}

macro_rules! targets {
    ($($(#[$gate:meta])* $name:ident: $run:path, $seeds:path, floor $floor:literal, runs $runs:literal;)*) => {
        /// All of them.
        pub const TARGETS: &[Target] = &[$($(#[$gate])* Target {
            name: stringify!($name),
            run: $name,
            seeds: $seeds,
            floor: $floor,
            runs: $runs,
        }),*];
        $(
            $(#[$gate])*
            #[doc = concat!("See [`", stringify!($run), "`].")]
            pub fn $name(data: &[u8]) -> Outcome {
                $run(data)
            }
        )*
    };
}

targets! {
    codec_stun: codec::stun::message, codec::stun::message_seeds, floor 20, runs 200_000;
    codec_stun_uri: codec::stun::uri, codec::stun::uri_seeds, floor 15, runs 200_000;
    codec_ice_candidate: codec::ice::candidate, codec::ice::candidate_seeds, floor 15, runs 200_000;
    codec_sctp: codec::sctp::packet, codec::sctp::packet_seeds, floor 30, runs 200_000;
    codec_srtp: codec::srtp::packets, codec::srtp::packets_seeds, floor 60, runs 100_000;
    codec_dcep: codec::sctp::dcep, codec::sctp::dcep_seeds, floor 20, runs 200_000;
    codec_dtls_record: codec::dtls::records, codec::dtls::records_seeds, floor 60, runs 100_000;
    codec_dtls_handshake: codec::dtls::handshake, codec::dtls::handshake_seeds, floor 30, runs 200_000;
    codec_dtls_certificate: codec::dtls::certificate, codec::dtls::certificate_seeds, floor 20, runs 200_000;
    codec_payload: codec::payload::payload, codec::payload::payload_seeds, floor 30, runs 200_000;
    codec_rtp: codec::rtp::packet, codec::rtp::packet_seeds, floor 40, runs 200_000;
    codec_rtcp: codec::rtp::datagram, codec::rtp::datagram_seeds, floor 40, runs 200_000;
    codec_rtp_ext: codec::rtp::extension, codec::rtp::extension_seeds, floor 20, runs 200_000;
    codec_sdp: codec::sdp::description, codec::sdp::description_seeds, floor 30, runs 20_000;
    codec_jsep: codec::sdp::jsep, codec::sdp::jsep_seeds, floor 40, runs 20_000;
    codec_fingerprint: codec::crypto::fingerprint, codec::crypto::fingerprint_seeds, floor 10, runs 200_000;
    codec_twcc: codec::rtp_feedback::transport_wide, codec::rtp_feedback::transport_wide_seeds, floor 15, runs 100_000;
    codec_fec: codec::rtp_parity::repair, codec::rtp_parity::repair_seeds, floor 20, runs 100_000;
    codec_ccfb: codec::rtp_feedback::by_ssrc, codec::rtp_feedback::by_ssrc_seeds, floor 10, runs 200_000;
    codec_signaling_to_server: codec::signaling::to_server, codec::signaling::to_server_seeds, floor 10, runs 200_000;
    codec_signaling_from_server: codec::signaling::from_server, codec::signaling::from_server_seeds, floor 10, runs 200_000;
    #[cfg(feature = "app")]
    codec_share_link: codec::share::link, codec::share::link_seeds, floor 15, runs 200_000;
    #[cfg(feature = "app")]
    codec_share_control: codec::share::control, codec::share::control_seeds, floor 4, runs 200_000;
    #[cfg(feature = "app")]
    codec_share_chunk: codec::share::chunk, codec::share::chunk_seeds, floor 50, runs 200_000;
    #[cfg(feature = "app")]
    codec_file_ogg: codec::file::ogg, codec::file::ogg_seeds, floor 5, runs 100_000;
    #[cfg(feature = "app")]
    codec_file_ivf: codec::file::ivf, codec::file::ivf_seeds, floor 30, runs 100_000;
    #[cfg(feature = "app")]
    codec_file_wav: codec::file::wav, codec::file::wav_seeds, floor 30, runs 100_000;
    #[cfg(feature = "app")]
    codec_file_annexb: codec::file::annexb, codec::file::annexb_seeds, floor 30, runs 100_000;
    sequence_bwe: sequence::bwe::play, sequence::bwe::seeds, floor 60, runs 1_000;
    sequence_dtls: sequence::dtls::play, sequence::dtls::seeds, floor 60, runs 20_000;
    sequence_ice: sequence::ice::play, sequence::ice::seeds, floor 80, runs 10_000;
    sequence_sctp: sequence::sctp::play, sequence::sctp::seeds, floor 60, runs 5_000;
    sequence_sctp_forged: sequence::sctp::play_forged, sequence::sctp::seeds, floor 60, runs 5_000;
    sequence_peer: sequence::peer::play, sequence::peer::seeds, floor 60, runs 1_000;
    sequence_rooms: sequence::rooms::play, sequence::rooms::seeds, floor 60, runs 5_000;
    sequence_rtp_receive: sequence::rtp_receive::play, sequence::rtp_receive::seeds, floor 60, runs 20_000;
    sequence_rtp_session: sequence::rtp_session::play, sequence::rtp_session::seeds, floor 40, runs 5_000;
}

/// Prints a step of a script, if `FUZZ_SHOW` is set: for reading a crash.
pub(crate) fn show(step: &dyn std::fmt::Debug) {
    static SHOWS: std::sync::LazyLock<bool> =
        std::sync::LazyLock::new(|| std::env::var_os("FUZZ_SHOW").is_some());
    if *SHOWS {
        eprintln!("{step:?}");
    }
}

/// What the programs of `fuzz_targets/` do when they were built without the engine: run the files that they are given.
pub fn replay(run: fn(&[u8]) -> Outcome) {
    for path in std::env::args().skip(1) {
        match std::fs::read(&path) {
            Ok(data) => println!("{path}: {:?}", run(&data)),
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
}
