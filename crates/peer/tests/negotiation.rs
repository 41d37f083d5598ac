//! Offer and answer: what is allowed when, glare, rollback, restart, trickle.

mod common;

use std::time::Duration;

use common::{Couple, read_all, write};
use limpid_netsim::Link;
use limpid_peer::{ConnectionState, Description, Event, Misuse, SignalingState};

const SECOND: Duration = Duration::from_secs(1);

fn ufrag(description: &str) -> &str {
    credentials(description)[0]
}

/// User name fragment and password.
fn credentials(description: &str) -> [&str; 2] {
    let value = |prefix| description.lines().find_map(|line| line.strip_prefix(prefix)).expect("a line");
    [value("a=ice-ufrag:"), value("a=ice-pwd:")]
}

#[test]
fn glare_is_solved_by_rolling_the_polite_side_back() {
    let mut couple = Couple::new(1, Link::millis(5));
    let ours = couple.open("from a");
    let offer = couple.offer(couple.a);
    let answer = couple.world.with(couple.b, |b, now| {
        let config = limpid_peer::ChannelConfig { label: "from b".into(), ..Default::default() };
        b.create_data_channel(now, config).expect("a channel");
        let own = b.create_offer().expect("an offer");
        b.set_local_description(now, own).expect("our own");
        assert_eq!(b.signaling_state(), SignalingState::HaveLocalOffer);
        b.set_remote_description(now, offer).expect("rolls ours back");
        assert_eq!(b.signaling_state(), SignalingState::HaveRemoteOffer);
        let answer = b.create_answer().expect("an answer");
        b.set_local_description(now, answer.clone()).expect("our own");
        answer
    });
    couple.world.with(couple.a, |a, now| a.set_remote_description(now, answer).expect("the answer"));
    couple.connect(2 * SECOND);
    couple.world.run_for(SECOND);
    let at_a = couple.world.events(couple.a);
    assert!(at_a.iter().any(|(_, event)| matches!(event, Event::DataChannel(_))), "b's channel came too");
    assert!(at_a.iter().any(|(_, event)| *event == Event::ChannelOpened(ours)));
}

#[test]
fn two_that_both_give_way_are_lost_to_each_other() {
    let mut couple = Couple::new(9, Link::millis(5));
    couple.open("chat");
    let sides = [couple.a, couple.b];
    let [ours, theirs] = sides.map(|side| couple.offer(side));
    let answers = [couple.answer(couple.a, theirs), couple.answer(couple.b, ours)];
    for (me, other) in [(0, 1), (1, 0)] {
        assert!(answers[me].sdp.contains("a=setup:active\r\n"), "both want to be the DTLS client");
        let answer = answers[other].clone();
        let result = couple.world.with(sides[me], |peer, now| peer.set_remote_description(now, answer));
        assert_eq!(result, Err(Misuse::InvalidState(SignalingState::Stable)));
    }
    couple.world.run_for(5 * SECOND);
    assert_eq!(couple.states(), (ConnectionState::Failed, ConnectionState::Failed));
}

#[test]
fn an_ice_restart_changes_the_credentials_and_loses_nothing() {
    let mut couple = Couple::new(2, Link::millis(20));
    let ours = couple.open("chat");
    couple.negotiate();
    let theirs = couple.connect(2 * SECOND);
    let before = couple.world.machine(couple.a).local_description().expect("negotiated").sdp;
    couple.world.with(couple.a, |a, now| {
        (0..50).for_each(|n| write(a, now, ours, &format!("before {n}")));
        a.restart_ice();
    });
    couple.negotiate();
    let after = couple.world.machine(couple.a).local_description().expect("negotiated").sdp;
    assert_ne!(ufrag(&before), ufrag(&after));
    couple.world.with(couple.a, |a, now| (0..50).for_each(|n| write(a, now, ours, &format!("after {n}"))));
    couple.world.run_for(5 * SECOND);
    let texts = couple.world.with(couple.b, |b, _| read_all(b, theirs));
    let expected = (0..50).map(|n| format!("before {n}")).chain((0..50).map(|n| format!("after {n}")));
    let expected: Vec<Vec<u8>> = expected.map(String::into_bytes).collect();
    assert_eq!(texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), expected);
    assert_eq!(couple.states(), (ConnectionState::Connected, ConnectionState::Connected));
    couple.world.run_for(120 * SECOND);
    assert_eq!(couple.states(), (ConnectionState::Connected, ConnectionState::Connected));
}

/// The other description says what is in the first place of each pair no more, but what is in the second.
fn altered(mut description: Description, pairs: &[(&str, &str)]) -> Description {
    for (from, to) in pairs {
        assert!(description.sdp.contains(from), "{from} is not in {}", description.sdp);
        description.sdp = description.sdp.replace(from, to);
    }
    description
}

/// Both speak from port 5000 whatever they say: whoever listens to the other's word hears nothing from the port it names.
#[test]
fn the_sctp_port_of_the_description_is_the_one_that_is_spoken_to() {
    let mut couple = Couple::new(8, Link::millis(5));
    couple.open("chat");
    couple.negotiate_with(|description| altered(description, &[("a=sctp-port:5000", "a=sctp-port:5001")]));
    couple.world.run_for(5 * SECOND);
    for (end, what) in [(couple.a, "b speaks to 5001"), (couple.b, "b expects 5001 to speak")] {
        let stats = couple.world.machine(end).stats();
        assert!(stats.dtls.is_some(), "the floor below is fine");
        assert!(stats.sctp.expect("begun").dropped[limpid_sctp::DropReason::WrongPort] > 0, "{what}");
    }
}

/// The other role asks for another DTLS association (RFC 8842 §3.1), and one connection has one: who was the DTLS client can
/// not become the server in a later description, be it an offer or an answer.
#[test]
fn dtls_roles_stay_for_the_life_of_a_connection() {
    let mut couple = Couple::new(6, Link::millis(5));
    let ours = couple.open("chat");
    couple.negotiate();
    let theirs = couple.connect(2 * SECOND);
    let answer = couple.world.machine(couple.b).local_description().expect("negotiated");
    assert!(answer.sdp.contains("a=setup:active\r\n"), "b is the client");
    let refused = Err(Misuse::Description(limpid_sdp::JsepError::BadSetup(0)));

    let offer = couple.offer(couple.a);
    let answer = couple.world.with(couple.b, |b, now| {
        let flipped = altered(offer.clone(), &[("a=setup:actpass", "a=setup:active")]);
        assert_eq!(b.set_remote_description(now, flipped), refused);
        assert_eq!(b.signaling_state(), SignalingState::Stable);
        // The role that is the offerer's already may be said, or left open.
        let said = altered(offer, &[("a=setup:actpass", "a=setup:passive")]);
        b.set_remote_description(now, said).expect("their offer");
        let answer = b.create_answer().expect("an answer");
        assert!(answer.sdp.contains("a=setup:active\r\n"));
        b.set_local_description(now, answer.clone()).expect("our own");
        answer
    });
    couple.world.with(couple.a, |a, now| {
        let flipped = altered(answer.clone(), &[("a=setup:active", "a=setup:passive")]);
        assert_eq!(a.set_remote_description(now, flipped), refused);
        assert_eq!(a.signaling_state(), SignalingState::HaveLocalOffer);
        a.set_remote_description(now, answer).expect("the answer");
        write(a, now, ours, "still here");
    });
    couple.world.run_for(120 * SECOND);
    assert_eq!(couple.states(), (ConnectionState::Connected, ConnectionState::Connected));
    assert_eq!(couple.world.with(couple.b, |b, _| read_all(b, theirs)).len(), 1);
}

/// Whether an agent is lite is known when a session begins, and decides who controls it; it goes on as it began.
#[test]
fn a_peer_that_says_in_the_midst_that_it_is_lite_changes_nothing() {
    let mut couple = Couple::new(7, Link::millis(5));
    let ours = couple.open("chat");
    couple.negotiate();
    let theirs = couple.connect(2 * SECOND);
    for restarts in [false, true] {
        if restarts {
            couple.world.with(couple.a, |a, _| a.restart_ice());
        }
        couple.negotiate_with(|d| altered(d, &[("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n")]));
        couple.world.with(couple.a, |a, now| write(a, now, ours, "still here"));
        couple.world.run_for(120 * SECOND);
        assert_eq!(couple.states(), (ConnectionState::Connected, ConnectionState::Connected));
        assert_eq!(couple.world.with(couple.b, |b, _| read_all(b, theirs)).len(), 1);
        for peer in [couple.a, couple.b] {
            assert_eq!(couple.world.machine(peer).stats().ice.role_conflicts, 0, "who controls goes on to");
        }
    }
}

#[test]
fn a_restart_that_is_rolled_back_leaves_no_trace() {
    let mut couple = Couple::new(3, Link::millis(20));
    couple.open("chat");
    couple.negotiate();
    couple.connect(2 * SECOND);
    couple.world.with(couple.a, |a, now| {
        let before = a.local_ufrag().to_owned();
        a.restart_ice();
        let offer = a.create_offer().expect("an offer");
        assert_ne!(ufrag(&offer.sdp), before);
        a.set_local_description(now, offer).expect("our own");
        a.set_local_description(now, Description::rollback()).expect("taken back");
        assert_eq!((a.local_ufrag(), a.signaling_state()), (before.as_str(), SignalingState::Stable));
    });
    couple.world.run_for(120 * SECOND);
    assert_eq!(couple.states(), (ConnectionState::Connected, ConnectionState::Connected));
}

#[test]
fn candidates_may_come_one_by_one_before_and_after_the_description() {
    let mut couple = Couple::new(4, Link::millis(5));
    couple.open("chat");
    let strip = |mut d: Description| {
        let lines = d.sdp.split_inclusive("\r\n");
        let kept = lines.filter(|l| !l.starts_with("a=candidate") && !l.starts_with("a=end-of"));
        d.sdp = kept.collect();
        d
    };
    let early = couple.world.with(couple.a, |a, now| a.add_ice_candidate(now, "candidate:1", None));
    assert_eq!(early, Err(Misuse::NoRemoteDescription));
    couple.negotiate_with(strip);
    for (from, to) in [(couple.a, couple.b), (couple.b, couple.a)] {
        for (_, event) in couple.world.take_events(from) {
            if let Event::IceCandidate { candidate, username_fragment, .. } = event {
                let add = |peer: &mut limpid_peer::Peer, now| {
                    peer.add_ice_candidate(now, &candidate, Some(&username_fragment))
                };
                couple.world.with(to, add).expect("a candidate");
            }
        }
    }
    couple.connect(5 * SECOND);
}

#[test]
fn what_is_said_out_of_turn_changes_nothing() {
    let mut couple = Couple::new(5, Link::millis(5));
    couple.open("chat");
    couple.world.with(couple.a, |a, now| {
        assert_eq!(a.create_answer(), Err(Misuse::InvalidState(SignalingState::Stable)));
        let answer = Description::answer("v=0\r\n");
        assert!(a.set_remote_description(now, answer).is_err());
        let offer = a.create_offer().expect("an offer");
        let mut munged = offer.clone();
        munged.sdp.push_str("a=munged\r\n");
        assert_eq!(a.set_local_description(now, munged), Err(Misuse::NotAsCreated));
        assert_eq!(a.signaling_state(), SignalingState::Stable);
        a.set_local_description(now, offer).expect("as created");
        a.set_local_description(now, Description::rollback()).expect("taken back");
    });
    couple.negotiate();
    couple.connect(2 * SECOND);
}

//~ covers 9429-5.10-b neg
/// The one that offers refuses the wrong answer, and goes on with the other as if it had not come.
fn takes_only_the_true_one(
    couple: &mut Couple,
    (wrong, why): (Description, limpid_sdp::JsepError),
    answer: Description,
) {
    couple.world.with(couple.a, |a, now| {
        assert_eq!(a.set_remote_description(now, wrong), Err(Misuse::Description(why)));
        assert_eq!(a.signaling_state(), SignalingState::HaveLocalOffer);
        a.set_remote_description(now, answer).expect("the answer itself");
    });
    couple.world.run_for(60 * SECOND);
    assert_eq!(couple.states(), (ConnectionState::Connected, ConnectionState::Connected));
}

#[test]
fn an_answer_that_restarts_ice_though_nobody_asked_changes_nothing() {
    let mut couple = Couple::new(9, Link::millis(20));
    couple.open("chat");
    couple.negotiate();
    couple.connect(2 * SECOND);
    let offer = couple.offer(couple.a);
    let answer = couple.answer(couple.b, offer);
    let theirs = ufrag(&answer.sdp);
    let restarting = altered(answer.clone(), &[(&format!("a=ice-ufrag:{theirs}"), "a=ice-ufrag:another")]);
    takes_only_the_true_one(&mut couple, (restarting, limpid_sdp::JsepError::RestartNotAsked), answer);
}

//~ covers 9429-5.10-c neg, 8839-4.4.2.1-a
#[test]
fn an_answer_that_keeps_its_credentials_though_new_ones_were_asked_for_changes_nothing() {
    let mut couple = Couple::new(9, Link::millis(20));
    couple.open("chat");
    couple.negotiate();
    couple.connect(2 * SECOND);
    let before = couple.world.machine(couple.b).local_description().expect("negotiated").sdp;
    couple.world.with(couple.a, |a, _| a.restart_ice());
    let offer = couple.offer(couple.a);
    let answer = couple.answer(couple.b, offer);
    let (old, new) = (credentials(&before), credentials(&answer.sdp));
    assert!(old.iter().zip(new).all(|(old, new)| *old != new), "what we answer has new ones");
    let kept = altered(answer.clone(), &[(new[0], old[0]), (new[1], old[1])]);
    takes_only_the_true_one(&mut couple, (kept, limpid_sdp::JsepError::RestartNotAnswered), answer);
}
