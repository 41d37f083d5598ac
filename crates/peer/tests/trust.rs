//! Nobody else than who was described is spoken to: not one byte of a message passes to anybody else.

mod common;

use std::time::Duration;

use common::{Couple, read_all, write};
use limpid_netsim::Link;
use limpid_peer::{ConnectionState, Description, DescriptionKind, Error, Misuse, SignalingState};

/// Another value for the first byte of every fingerprint.
fn altered(mut description: Description) -> Description {
    let at = description.sdp.find("a=fingerprint:sha-256 ").expect("a fingerprint") + 22;
    let other = if &description.sdp[at..at + 2] == "00" { "01" } else { "00" };
    description.sdp.replace_range(at..at + 2, other);
    description
}

#[test]
fn an_altered_fingerprint_in_the_offer_or_in_the_answer_ends_the_connection() {
    for kind in [DescriptionKind::Offer, DescriptionKind::Answer] {
        let mut couple = Couple::new(1, Link::millis(5));
        let ours = couple.open("secret");
        couple.world.with(couple.a, |a, now| write(a, now, ours, "for your eyes only"));
        couple.negotiate_with(|d| if d.kind == kind { altered(d) } else { d });
        couple.world.run_for(Duration::from_secs(5));
        let (a, b) = (couple.world.machine(couple.a), couple.world.machine(couple.b));
        let victim = if kind == DescriptionKind::Offer { b } else { a };
        assert_eq!(victim.connection_state(), ConnectionState::Failed, "altered {kind:?}");
        assert!(matches!(victim.error(), Some(Error::Dtls(limpid_dtls::Error::FingerprintMismatch))));
        assert_eq!(couple.world.with(couple.b, |b, _| read_all(b, ours)), []);
        assert_ne!(couple.states().0, ConnectionState::Connected);
        assert_ne!(couple.states().1, ConnectionState::Connected);
    }
}

#[test]
fn a_later_description_can_not_bring_another_certificate() {
    let mut couple = Couple::new(2, Link::millis(5));
    couple.open("chat");
    couple.negotiate();
    couple.connect(Duration::from_secs(2));
    let offer = couple.world.with(couple.a, |a, now| {
        let offer = a.create_offer().expect("an offer");
        a.set_local_description(now, offer.clone()).expect("our own");
        offer
    });
    couple.world.with(couple.b, |b, now| {
        let again = offer.sdp.lines().find(|line| line.starts_with("a=fingerprint:")).expect("one");
        let lower = with_fingerprint(offer.clone(), &again.to_lowercase());
        b.set_remote_description(now, lower).expect("the same in small letters");
        let refused = b.set_remote_description(now, altered(offer));
        assert_eq!(refused, Err(Misuse::CertificateChanged));
    });
    assert_eq!(couple.states(), (ConnectionState::Connected, ConnectionState::Connected));
}

/// The description with this line in place of its fingerprint.
fn with_fingerprint(mut description: Description, line: &str) -> Description {
    let from = description.sdp.find("a=fingerprint:").expect("a fingerprint");
    let to = from + description.sdp[from..].find("\r\n").expect("a line");
    description.sdp.replace_range(from..to, line);
    description
}

#[test]
fn a_description_without_a_fingerprint_that_proves_something_is_refused() {
    let weak = [("md5", 16), ("sha-1", 20), ("sha-224", 28), ("whirlpool", 64), ("sha-256", 20)];
    for (hash, len) in weak {
        let line = format!("a=fingerprint:{hash} {}", vec!["AB"; len].join(":"));
        let mut couple = Couple::new(3, Link::millis(5));
        couple.open("chat");
        let offer = couple.world.with(couple.a, |a, now| {
            let offer = a.create_offer().expect("an offer");
            a.set_local_description(now, offer.clone()).expect("our own");
            offer
        });
        let answer = couple.world.with(couple.b, |b, now| {
            let refused = b.set_remote_description(now, with_fingerprint(offer.clone(), &line));
            assert_eq!(refused, Err(Misuse::NoUsableFingerprint), "{line}");
            assert_eq!(b.signaling_state(), SignalingState::Stable);
            // Beside one of use it does no harm.
            let strong = offer.sdp.find("a=fingerprint:").expect("a fingerprint");
            let mut both = offer;
            both.sdp.insert_str(strong, &format!("{line}\r\n"));
            b.set_remote_description(now, both).expect("their offer");
            let answer = b.create_answer().expect("an answer");
            b.set_local_description(now, answer).expect("our own");
            b.local_description().expect("just set")
        });
        couple.world.with(couple.a, |a, now| {
            let refused = a.set_remote_description(now, with_fingerprint(answer.clone(), &line));
            assert_eq!(refused, Err(Misuse::NoUsableFingerprint), "{line}");
            assert_eq!(a.signaling_state(), SignalingState::HaveLocalOffer);
            a.set_remote_description(now, answer).expect("the answer");
        });
        couple.connect(Duration::from_secs(2));
    }
}
