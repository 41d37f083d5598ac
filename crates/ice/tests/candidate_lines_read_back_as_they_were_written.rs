//! The grammar of `a=candidate`: lines of real peers, lines made up, lines that are wrong; and what candidates are worth.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use limpid_ice::{Candidate, CandidateKind, CandidateTransport, ComponentId, Host, pair_priority, priority};
use proptest::prelude::*;

/// Peers write the transport in either case; we write it in lower case.
fn lower_transport(line: &str) -> String {
    line.replacen(" TCP ", " tcp ", 1).replacen(" UDP ", " udp ", 1)
}

//~ covers 8839-5.1-a, 8839-5.1-b
#[test]
fn lines_of_real_peers_come_back_byte_for_byte() {
    let mut count = 0;
    for line in include_str!("corpus/candidates.txt").lines().filter(|line| !line.starts_with('#')) {
        let candidate = Candidate::parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(format!("a={candidate}"), lower_transport(line));
        assert_eq!(Candidate::parse(&candidate.to_string()), Ok(candidate));
        count += 1;
    }
    assert!(count >= 80);
}

#[test]
fn every_field_is_understood() {
    let line = "candidate:abc+/1 2 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.1.1 rport 8998 generation 0 ufrag EsAw network-cost 999";
    let candidate = Candidate::parse(line).unwrap();
    assert_eq!(&*candidate.foundation, "abc+/1");
    assert_eq!(candidate.component, ComponentId(2));
    assert_eq!(candidate.transport, CandidateTransport::Udp);
    assert_eq!(candidate.priority, 1_694_498_815);
    assert_eq!(candidate.address(), Some("192.0.2.3:45664".parse().unwrap()));
    assert_eq!(candidate.kind, CandidateKind::ServerReflexive);
    assert_eq!(candidate.related, Some((Host::Ip([10, 0, 1, 1].into()), 8998)));
    assert_eq!((candidate.ufrag(), candidate.extension("network-cost")), (Some("EsAw"), Some("999")));
    let hidden = "candidate:1 1 udp 1 9b36eaac-bb2e-49bb-bb78-21c41c499900.local 5 typ host";
    assert_eq!(Candidate::parse(hidden).unwrap().address(), None);
}

//~ covers 8839-5.1-c neg
#[test]
fn what_breaks_the_grammar_is_refused_where_it_breaks() {
    for (line, field, offset) in [
        ("", "candidate-attribute", 0),
        ("candidates:1 1 udp 1 192.0.2.1 1 typ host", "candidate-attribute", 0),
        ("candidate:", "foundation", 10),
        ("candidate:a-b 1 udp 1 192.0.2.1 1 typ host", "foundation", 10),
        ("candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host", "foundation", 10),
        ("candidate:1 0 udp 1 192.0.2.1 1 typ host", "component-id", 12),
        ("candidate:1 257 udp 1 192.0.2.1 1 typ host", "component-id", 12),
        ("candidate:1 +1 udp 1 192.0.2.1 1 typ host", "component-id", 12),
        ("candidate:1 1 udp 0 192.0.2.1 1 typ host", "priority", 18),
        ("candidate:1 1 udp 2147483648 192.0.2.1 1 typ host", "priority", 18),
        ("candidate:1 1 udp 99999999999 192.0.2.1 1 typ host", "priority", 18),
        ("candidate:1 1 udp 1 192.0.2.1:5 1 typ host", "connection-address", 20),
        ("candidate:1 1 udp 1 192.0.2.1 65536 typ host", "port", 30),
        ("candidate:1 1 udp 1 192.0.2.1 1 type host", "cand-type", 32),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ hosts", "candidate-types", 36),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ", "candidate-types", 35),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr 10.0.0.1", "rel-port", 56),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ host generation", "extension-att-value", 51),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ host a b\nc d", "extension-att-value", 43),
    ] {
        let error = Candidate::parse(line).expect_err(line);
        assert_eq!((error.field, error.offset), (field, offset), "{line:?}");
    }
    assert!(
        Candidate::parse(&format!("candidate:1 1 udp 1 192.0.2.1 1 typ host x {}", "y".repeat(2000)))
            .is_err()
    );
}

//~ covers 8445-5.1.2.1-a, 8445-6.1.2.3-a
#[test]
fn priorities_match_the_vectors() {
    let file: serde_json::Value = serde_json::from_str(include_str!("vectors/ice_priorities.json")).unwrap();
    let mut count = 0;
    for case in file["cases"].as_array().unwrap() {
        let number = |key: &str| case[key].as_u64();
        if let Some(expected) = number("pair") {
            let (g, d) = (number("controlling").unwrap() as u32, number("controlled").unwrap() as u32);
            assert_eq!(pair_priority(g, d), expected, "{case}");
        } else {
            use CandidateKind::*;
            let kinds = [Host, PeerReflexive, ServerReflexive, Relayed];
            let is_it = |kind: &CandidateKind| u64::from(kind.type_preference()) == number("type").unwrap();
            let kind = kinds.into_iter().find(is_it).unwrap();
            let component = ComponentId(number("component").unwrap() as u16);
            let local = number("local").unwrap() as u16;
            assert_eq!(Some(u64::from(priority(kind, local, component))), number("priority"), "{case}");
        }
        count += 1;
    }
    assert_eq!(count, 7);
}

/// RFC 8445 §15's example and RFC 5245's before it: host, reflexive, and the pairs made of them.
//~ covers 8445-5.1.2.1-a, 8445-6.1.2.3-a
#[test]
fn priorities_match_the_example_of_the_rfc() {
    let one = ComponentId(1);
    let host = priority(CandidateKind::Host, 65_535, one);
    let reflexive = priority(CandidateKind::ServerReflexive, 65_535, one);
    let learned = priority(CandidateKind::PeerReflexive, 65_535, one);
    assert_eq!((host, reflexive, learned), (2_130_706_431, 1_694_498_815, 1_862_270_975));
    assert_eq!(pair_priority(host, host), 9_151_314_442_783_293_438);
    // A pair's worth does not depend on who computes it, only on who controls.
    assert_ne!(pair_priority(host, reflexive), pair_priority(reflexive, host));
}

fn candidates() -> impl Strategy<Value = Candidate> {
    let host = || {
        prop_oneof![
            any::<[u8; 4]>().prop_map(|ip| Host::Ip(ip.into())),
            any::<[u8; 16]>().prop_map(|ip| Host::Ip(ip.into())),
            "[a-z]{1,9}(-[a-z0-9]{1,4}){0,3}\\.local".prop_map(|name| Host::Name(name.into())),
        ]
    };
    let transport = prop_oneof![
        Just(CandidateTransport::Udp),
        Just(CandidateTransport::Tcp),
        "[x-z]{1,5}".prop_map(|name| CandidateTransport::Other(name.into())),
    ];
    let kind = prop::sample::select(vec![
        CandidateKind::Host,
        CandidateKind::ServerReflexive,
        CandidateKind::PeerReflexive,
        CandidateKind::Relayed,
    ]);
    let extensions = prop::collection::vec(("[b-z][a-z-]{0,8}", "[!-~]{1,12}"), 0..5);
    let place = ("[A-Za-z0-9+/]{1,32}", 1..=256u16, transport, 1..1u32 << 31, host(), any::<u16>());
    (place, kind, prop::option::of((host(), any::<u16>())), extensions).prop_map(
        |((foundation, component, transport, priority, host, port), kind, related, extensions)| Candidate {
            foundation: foundation.into(),
            component: ComponentId(component),
            transport,
            priority,
            host,
            port,
            kind,
            related,
            // A first extension called "raddr" would be the related address.
            extensions: extensions
                .into_iter()
                .filter(|(name, _)| name != "raddr")
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_reads_back(candidate in candidates()) {
        prop_assert_eq!(Candidate::parse(&candidate.to_string()), Ok(candidate));
    }

    #[test]
    fn no_text_panics_and_what_reads_is_stable(text in "(a=)?(candidate:)?[ -~\\r\\n\\PC]{0,120}") {
        if let Ok(candidate) = Candidate::parse(&text) {
            prop_assert_eq!(Candidate::parse(&candidate.to_string()), Ok(candidate));
        }
    }

    #[test]
    fn a_line_with_one_byte_changed_never_panics(at in 0usize..80, to in any::<char>(), which in 0usize..80) {
        let lines: Vec<&str> = include_str!("corpus/candidates.txt").lines().skip(1).collect();
        let mut line: Vec<char> = lines[which % lines.len()].chars().collect();
        let at = at % line.len();
        line[at] = to;
        let text: String = line.into_iter().collect();
        if let Ok(candidate) = Candidate::parse(&text) {
            prop_assert_eq!(Candidate::parse(&candidate.to_string()), Ok(candidate));
        }
    }
}
