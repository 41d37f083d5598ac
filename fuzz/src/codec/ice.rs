//! The text of candidates.

use limpid_ice::Candidate;

use crate::Outcome;

/// Parse, write, parse again.
pub fn candidate(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let Ok(candidate) = Candidate::parse(text) else { return Outcome::Refused };
    let written = candidate.to_string();
    let again = Candidate::parse(&written).expect("what was written can be read");
    assert_eq!(again, candidate, "{written}");
    assert_eq!(again.to_string(), written);
    let _ = (candidate.address(), candidate.ufrag());
    Outcome::Accepted
}

/// What browsers write.
pub fn candidate_seeds() -> Vec<Vec<u8>> {
    [
        "candidate:1 1 UDP 2130706431 198.51.100.1 8998 typ host",
        "a=candidate:842163049 1 udp 1677729535 192.0.2.3 45664 typ srflx raddr 10.0.1.1 rport 8998 generation 0 ufrag 8hhY",
        "candidate:3 1 udp 2122265343 8e9bc3a4-39a1-4b8c-b1b4-3b3b3b3b3b3b.local 53001 typ host network-cost 999",
        "candidate:502003733 1 tcp 1518214911 2001:db8::9 9 typ host tcptype active generation 0 network-id 1",
        "candidate:5 2 udp 41885439 203.0.113.5 3478 typ relay raddr 0.0.0.0 rport 0",
    ]
    .map(|line| line.as_bytes().to_vec())
    .into()
}
