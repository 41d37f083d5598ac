//! `boundaries`: a room knows the words below it and nothing of its neighbours; cryptography stays in one crate; clocks, chance
//! and sockets stay out of protocol crates; nothing refers to a place outside of the project.

use std::path::Path;

use crate::files::{self, Source};
use crate::findings::Findings;
use crate::lex;

/// Who may depend on whom. A crate that is not listed may not exist.
const GRAPH: [(&str, &[&str]); 16] = [
    ("sansio", &[]),
    ("crypto", &["sansio"]),
    ("stun", &["sansio", "crypto"]),
    ("ice", &["sansio", "crypto", "stun"]),
    ("dtls", &["sansio", "crypto"]),
    ("sctp", &["sansio", "crypto"]),
    ("sdp", &["sansio"]),
    ("srtp", &["sansio", "crypto"]),
    ("rtp", &["sansio", "crypto"]),
    ("peer", &["sansio", "crypto", "stun", "ice", "dtls", "srtp", "sctp", "sdp", "rtp"]),
    ("netsim", &["sansio"]),
    ("inspect", &["sansio", "crypto", "stun", "ice", "dtls", "srtp", "sctp", "sdp", "rtp"]),
    ("signaling", &["sansio", "crypto"]),
    ("runtime", &["sansio", "crypto", "peer"]),
    (
        "app",
        &[
            "sansio",
            "crypto",
            "stun",
            "ice",
            "dtls",
            "srtp",
            "sctp",
            "sdp",
            "rtp",
            "peer",
            "inspect",
            "signaling",
            "runtime",
        ],
    ),
    ("xtask", &[]),
];

/// What any crate may use in its tests besides: the simulated network, the providers.
const FOR_TESTS: [&str; 2] = ["netsim", "crypto"];

/// And who else in particular: inspect looks at whole connections, the runtime asks a STUN server.
const FOR_TESTS_OF: [(&str, &str); 2] = [("inspect", "peer"), ("runtime", "stun")];

/// Libraries of cryptography, which only `crypto` names.
const CRYPTOGRAPHY: [&str; 27] = [
    "aes",
    "aes-gcm",
    "aws-lc-rs",
    "chacha20",
    "chacha20poly1305",
    "ctr",
    "curve25519-dalek",
    "ecdsa",
    "ed25519-dalek",
    "elliptic-curve",
    "ghash",
    "hkdf",
    "hmac",
    "md-5",
    "openssl",
    "p256",
    "p384",
    "poly1305",
    "rand",
    "rand_chacha",
    "rand_core",
    "rcgen",
    "ring",
    "rsa",
    "sha1",
    "sha2",
    "x25519-dalek",
];

/// Crates that take time and chance as arguments, and have no sockets.
const SANS_IO: [&str; 12] =
    ["sansio", "crypto", "stun", "ice", "dtls", "srtp", "sctp", "sdp", "rtp", "peer", "netsim", "inspect"];

/// What they must not name, and why.
const OUTSIDE: [(&str, &str); 9] = [
    ("SystemTime", "wall time is an offset in the config"),
    ("Instant::now", "time comes in as an argument"),
    ("UdpSocket", "sockets belong to the driver"),
    ("TcpStream", "sockets belong to the driver"),
    ("TcpListener", "sockets belong to the driver"),
    ("thread::sleep", "nothing waits"),
    ("tokio::", "the driver's runtime"),
    ("thread_rng", "chance comes from a seed"),
    ("OsRng", "chance comes from a seed"),
];

pub(crate) fn run(root: &Path) -> Result<bool, String> {
    let sources = files::sources(root, |path| !path.ends_with(".lock"))?;
    let mut findings = Findings::default();
    let mut passed = 0;
    for source in &sources {
        let before = findings.errors.len();
        check(source, &mut findings)?;
        passed += usize::from(findings.errors.len() == before);
    }
    Ok(findings.conclude(passed))
}

fn check(source: &Source, findings: &mut Findings) -> Result<(), String> {
    check_paths(source, findings);
    let Some(name) = source.crate_name() else { return Ok(()) };
    let inside = source.path.splitn(3, '/').nth(2).unwrap_or_default();
    if inside == "Cargo.toml" {
        let manifest = source.text.parse().map_err(|error| format!("{}: {error}", source.path))?;
        check_manifest(&source.path, name, &manifest, findings);
    }
    let is_code = inside.ends_with(".rs") && (inside.starts_with("src/") || inside.starts_with("tests/"));
    if is_code && SANS_IO.contains(&name) {
        check_code(source, findings);
    }
    Ok(())
}

fn check_manifest(path: &str, name: &str, manifest: &toml::Table, findings: &mut Findings) {
    let Some((_, below)) = GRAPH.iter().find(|(krate, _)| *krate == name) else {
        return findings.error("E-room", path, format!("`{name}` is not in the graph"));
    };
    for (kind, dependency) in dependencies(manifest) {
        if name != "crypto" && CRYPTOGRAPHY.contains(&dependency.as_str()) {
            findings.error("E-crypto", path, format!("`{dependency}` belongs into crates/crypto alone"));
        }
        let Some(room) = room(&dependency) else { continue };
        let may_test_with = FOR_TESTS.contains(&room) || FOR_TESTS_OF.contains(&(name, room)) || room == name;
        let for_tests = kind == "dev-dependencies" && may_test_with;
        if !below.contains(&room) && !for_tests {
            findings.error("E-neighbour", path, format!("`{name}` must not know `{room}` ({kind})"));
        }
    }
}

/// The folder of one of our packages; the facade is called `limpid` and lives in `runtime`.
fn room(package: &str) -> Option<&str> {
    if package == "limpid" { Some("runtime") } else { package.strip_prefix("limpid-") }
}

/// All dependencies of a manifest, for whichever target, and their kind.
fn dependencies(manifest: &toml::Table) -> Vec<(&'static str, String)> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let tables = targets.into_iter().flat_map(|targets| targets.values()).filter_map(toml::Value::as_table);
    let mut found = Vec::new();
    for table in tables.chain([manifest]) {
        for kind in KINDS {
            let Some(entries) = table.get(kind).and_then(toml::Value::as_table) else { continue };
            found.extend(entries.iter().map(|(name, value)| {
                let package = value.get("package").and_then(toml::Value::as_str);
                (kind, package.unwrap_or(name).to_owned())
            }));
        }
    }
    found
}

fn check_code(source: &Source, findings: &mut Findings) {
    let blanked = lex::blank(&source.text);
    // A test of public behaviour may measure how long something takes.
    let measures = source.path.contains("/tests/");
    for (number, line) in blanked.lines().enumerate() {
        let place = || format!("{}:{}", source.path, number + 1);
        for (word, why) in OUTSIDE {
            if names(line, word) && !(measures && word == "Instant::now") {
                findings.error("E-outside", place(), format!("`{word}`: {why}"));
            }
        }
        let clock = line.find("std::time::").map(|at| &line[at..]);
        if clock.is_some_and(|imports| names(imports, "Instant")) && !measures {
            findings.error("E-outside", place(), "`std::time::Instant`: use limpid_sansio::Instant");
        }
    }
}

/// Whether `word` stands in the line, not as a part of another.
fn names(line: &str, word: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let after = line[at + word.len()..].chars().next();
        !is_word(line[..at].chars().next_back()) && (word.ends_with(':') || !is_word(after))
    })
}

/// Absolute paths of one machine, and folders beside the project.
fn check_paths(source: &Source, findings: &mut Findings) {
    let absolute = ["work", "root", "tmp"].map(|folder| format!("/{folder}/"));
    let beside = format!("../{}", "shared");
    for (number, line) in source.text.lines().enumerate() {
        let starts = |path: &String| {
            let part_of_another = |c: char| c.is_alphanumeric() || ".-_~}".contains(c);
            line.match_indices(path.as_str()).any(|(at, _)| !line[..at].ends_with(part_of_another))
        };
        let found = absolute.iter().find(|path| starts(path)).or(line.contains(&beside).then_some(&beside));
        if let Some(found) = found {
            let place = format!("{}:{}", source.path, number + 1);
            findings.error("E-path", place, format!("refers to `{found}…`: the project stands alone"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(path: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        check(&source, &mut findings).unwrap();
        findings.errors.iter().map(|error| format!("{} {}", error.rule, error.text)).collect()
    }

    #[test]
    fn siblings_do_not_know_each_other() {
        let manifest = "[dependencies]\nlimpid-sansio = {}\nlimpid-sctp = {}\n[dev-dependencies]\nlimpid-netsim = {}\nlimpid-ice = {}";
        assert_eq!(
            errors("crates/dtls/Cargo.toml", manifest),
            [
                "E-neighbour `dtls` must not know `sctp` (dependencies)",
                "E-neighbour `dtls` must not know `ice` (dev-dependencies)"
            ]
        );
        assert_eq!(errors("crates/app/Cargo.toml", "[dependencies]\nlimpid = {}"), [""; 0]);
        assert_eq!(errors("crates/turn/Cargo.toml", ""), ["E-room `turn` is not in the graph"]);
    }

    #[test]
    fn cryptography_stays_in_crypto() {
        let manifest = "[target.'cfg(unix)'.dependencies]\nhash = { package = \"sha1\", version = \"1\" }";
        assert_eq!(
            errors("crates/stun/Cargo.toml", manifest),
            ["E-crypto `sha1` belongs into crates/crypto alone"]
        );
        assert_eq!(errors("crates/crypto/Cargo.toml", manifest), [""; 0]);
    }

    #[test]
    fn protocol_crates_read_no_clock_and_open_no_socket() {
        let code = "use std::time::{Duration, Instant};\nuse limpid_sansio::Instant;\n// SystemTime\nlet s = UdpSocket::bind(a);\nlet t = MyTcpStream;";
        let found = errors("crates/ice/src/agent.rs", code);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("std::time::Instant") && found[1].contains("UdpSocket"));
        assert_eq!(errors("crates/ice/tests/cost.rs", code).len(), 1, "tests may measure");
        assert_eq!(errors("crates/runtime/src/udp.rs", code), [""; 0]);
        assert_eq!(errors("crates/ice/examples/bench.rs", code), [""; 0]);
    }

    #[test]
    fn no_file_refers_to_a_place_outside() {
        for folder in ["work", "root", "tmp"] {
            assert_eq!(errors("README.md", &format!("see /{folder}/notes")).len(), 1);
            assert_eq!(errors("README.md", &format!("see target/{folder}/notes")), [""; 0]);
        }
        assert_eq!(errors("a.sh", &format!("cp ../{} x", "shared/y")).len(), 1);
    }

    #[test]
    fn the_graph_has_no_circles() {
        let position = |name: &str| GRAPH.iter().position(|(krate, _)| *krate == name).expect("listed");
        for (name, below) in GRAPH {
            assert!(below.iter().all(|other| position(other) < position(name)), "{name}");
        }
    }
}
