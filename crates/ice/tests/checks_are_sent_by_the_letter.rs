//! What our checks carry, when they leave, and what their answers do. RFC 8445 §6.1.4, §7.1, §7.2, §14.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/hand.rs"]
mod hand;

use core::time::Duration;

use hand::*;
use limpid_ice::{
    CandidateKind, ComponentId, ConnectionState, DropReason, Event, Role, StreamId, Timing, priority,
};
use limpid_stun::{Class, ErrorCode};

//~ covers 8445-7.1.1-a, 8445-7.1.3-a, 8445-7.2.2-a, 8445-7.1.2-b, 8445-7.2.4-a
#[test]
fn a_check_carries_what_the_rfc_asks_for() {
    for role in [Role::Controlling, Role::Controlled] {
        let mut hand = Hand::begun(role, |_| ());
        let check = hand.only_sent(Class::Request);
        let message = check.message();
        assert_eq!((check.path.local, check.path.remote), (ours(), theirs()));
        assert_eq!(message.username(), Some(format!("{UFRAG}:{}", hand.our_ufrag()).as_str()));
        assert!(message.verify_integrity(&*key(PWD)).is_ok(), "keyed by the remote password");
        assert!(message.verify_fingerprint().is_ok());
        let learned = message.priority().unwrap();
        assert_eq!(learned >> 24, u32::from(CandidateKind::PeerReflexive.type_preference()));
        let Event::LocalCandidate { candidate, .. } = &hand.events[0] else { panic!("{:?}", hand.events) };
        let local_preference = (candidate.priority >> 8) as u16;
        assert_eq!(learned, priority(CandidateKind::PeerReflexive, local_preference, ComponentId(1)));
        assert_eq!(message.ice_controlling().is_some(), role == Role::Controlling);
        assert_eq!(message.ice_controlled().is_some(), role == Role::Controlled);
        assert!(!message.use_candidate());
    }
}

//~ covers 8445-8.1.1-b, 8445-7.1.2-a, 8445-7.1.2-b, 8445-7.2.5.3.4-a
#[test]
fn use_candidate_comes_from_the_controlling_side_after_a_success() {
    let mut hand = Hand::begun(Role::Controlling, |_| ());
    let check = hand.only_sent(Class::Request);
    hand.answer(&check);
    let nomination = hand.only_sent(Class::Request);
    assert!(nomination.message().use_candidate() && nomination.id() != check.id());
    assert_eq!(hand.agent.state(), ConnectionState::Connected);
    hand.answer(&nomination);
    assert!(hand.sent().is_empty());
    assert_eq!(hand.agent.state(), ConnectionState::Completed);

    let mut hand = Hand::begun(Role::Controlled, |_| ());
    let check = hand.only_sent(Class::Request);
    hand.answer(&check);
    assert!(hand.wait(Duration::from_secs(3)).iter().all(|(_, sent)| !sent.message().use_candidate()));
}

//~ covers 8445-14.2-b, 8445-6.1.4.2-a
#[test]
fn new_checks_leave_at_most_every_ta_best_first() {
    let mut hand = Hand::new(Role::Controlling, |_| ());
    hand.tell_credentials();
    for (foundation, priority) in [(1, 100), (2, 400), (3, 300), (4, 200)] {
        hand.tell(&format!(
            "candidate:{foundation} 1 udp {priority} 192.0.2.2 {} typ host",
            5000 + foundation
        ));
    }
    let sent = hand.wait(Duration::from_millis(190));
    let order: Vec<_> = sent.iter().map(|(at, sent)| (at.as_millis(), sent.path.remote.port())).collect();
    assert_eq!(order, [(0, 5002), (50, 5003), (100, 5004), (150, 5001)], "the first at once");
}

//~ covers 8445-14.2-b neg
#[test]
fn ta_is_never_below_five_milliseconds() {
    let timing = Timing { ta: Duration::ZERO, ..Timing::default() };
    let mut hand = Hand::new(Role::Controlling, |config| config.timing = timing);
    hand.tell_credentials();
    for port in 1..4 {
        hand.tell(&format!("candidate:{port} 1 udp 100 192.0.2.2 {port} typ host"));
    }
    let times: Vec<_> = hand.wait(Duration::from_millis(20)).iter().map(|(at, _)| at.as_millis()).collect();
    assert_eq!(times, [0, 5, 10]);
}

//~ covers 8445-14.3-a, 8445-7.2.5.2.3-a
#[test]
fn a_check_is_sent_again_byte_for_byte_and_given_up() {
    let mut hand = Hand::begun(Role::Controlling, |config| config.timing = Timing::RFC8445);
    let sent = hand.wait(Duration::from_secs(60));
    let times: Vec<_> = sent.iter().map(|(at, _)| at.as_millis()).collect();
    assert_eq!(times, [0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    assert!(sent.iter().all(|(_, again)| again.bytes == sent[0].1.bytes));
    assert_eq!(hand.agent.state(), ConnectionState::Failed);
    assert_eq!(limpid_sansio::Machine::poll_timeout(&hand.agent), None, "a failed agent is silent");
}

//~ covers 8445-7.2.5.2.1-a neg
#[test]
fn an_answer_from_elsewhere_fails_the_pair_though_it_is_authentic() {
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    let check = hand.only_sent(Class::Request);
    hand.answer_with(&check, ours(), Some(PWD), address("192.0.2.2:5001"));
    assert_eq!(hand.agent.stats().dropped[DropReason::Asymmetric], 1);
    assert!(hand.wait(Duration::from_secs(38)).is_empty(), "nothing is sent again");
    assert_eq!(hand.agent.state(), ConnectionState::Checking, "RFC 8863: not yet failed");
}

//~ covers 8445-7.2.5-a neg
#[test]
fn an_answer_that_is_not_authentic_changes_nothing() {
    let mut hand = Hand::begun(Role::Controlling, |_| ());
    let check = hand.only_sent(Class::Request);
    hand.answer_with(&check, ours(), None, theirs());
    hand.answer_with(&check, ours(), Some("aWrongPasswordOf24Letters"), theirs());
    assert_eq!(hand.agent.stats().dropped[DropReason::Integrity], 2);
    for code in
        [ErrorCode::BAD_REQUEST, ErrorCode::UNAUTHENTICATED, ErrorCode::FORBIDDEN, ErrorCode::ROLE_CONFLICT]
    {
        hand.refuse(&check, code, None);
    }
    assert_eq!(hand.agent.stats().dropped[DropReason::UnauthenticatedError], 4);
    assert_eq!(hand.agent.role(), Role::Controlling);
    hand.answer(&check);
    assert_eq!(hand.agent.state(), ConnectionState::Connected, "the transaction was still there");
    hand.answer(&check);
    assert_eq!(hand.agent.stats().dropped[DropReason::UnknownTransaction], 1);
}

//~ covers 8445-7.2.5.2.4-a
#[test]
fn an_authentic_error_fails_the_pair() {
    let mut hand = Hand::begun(Role::Controlling, |_| ());
    let check = hand.only_sent(Class::Request);
    hand.refuse(&check, ErrorCode::SERVER_ERROR, Some(PWD));
    assert!(hand.wait(Duration::from_secs(38)).is_empty());
}

//~ covers 8445-7.2.5.1-a
#[test]
fn a_487_turns_the_role_of_that_request_and_checks_again_with_a_new_tie_breaker() {
    let mut hand = Hand::begun(Role::Controlling, |_| ());
    let check = hand.only_sent(Class::Request);
    let old = check.message().ice_controlling().unwrap();
    hand.refuse(&check, ErrorCode::ROLE_CONFLICT, Some(PWD));
    assert_eq!(hand.agent.role(), Role::Controlled);
    let again = hand.only_sent(Class::Request);
    assert!(again.id() != check.id() && again.path == check.path);
    assert_ne!(again.message().ice_controlled().unwrap(), old);
    assert!(hand.events.contains(&Event::RoleChanged(Role::Controlled)));
}

//~ covers 8445-7.2.5.1-b neg
#[test]
fn two_487_in_flight_turn_the_role_once() {
    let mut hand = Hand::new(Role::Controlling, |_| ());
    hand.tell_credentials();
    hand.tell(HOST);
    hand.tell("candidate:2 1 udp 100 192.0.2.2 5001 typ host");
    let sent = hand.wait(Duration::from_millis(60));
    assert_eq!(sent.len(), 2);
    hand.refuse(&sent[0].1, ErrorCode::ROLE_CONFLICT, Some(PWD));
    hand.refuse(&sent[1].1, ErrorCode::ROLE_CONFLICT, Some(PWD));
    assert_eq!(hand.agent.role(), Role::Controlled, "both claimed to control; the answer is the same");
}

//~ covers 8445-7.2.5.3.1-a, 8445-7.2.5.3.2-a
#[test]
fn a_mapped_address_that_nobody_knows_is_a_peer_reflexive_candidate() {
    let mut hand = Hand::begun(Role::Controlling, |_| ());
    let check = hand.only_sent(Class::Request);
    hand.answer_with(&check, address("203.0.113.9:61000"), Some(PWD), theirs());
    let pair = hand.agent.selected_pair(STREAM, ComponentId(1)).unwrap();
    assert_eq!((pair.local, pair.remote), (CandidateKind::PeerReflexive, CandidateKind::Host));
    let path = hand.agent.path(hand.agent.selected(STREAM, ComponentId(1)).unwrap()).unwrap();
    assert_eq!((path.local, path.remote), (ours(), theirs()), "sent from the base");
    hand.sent();
    let told = hand.events.iter().filter(|event| matches!(event, Event::LocalCandidate { .. })).count();
    assert_eq!(told, 1);
}

#[test]
fn the_round_trip_is_measured_only_when_one_request_was_sent() {
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    let check = hand.only_sent(Class::Request);
    hand.now += Duration::from_millis(42);
    hand.answer(&check);
    let measured = |hand: &Hand| hand.agent.selected_pair(STREAM, ComponentId(1)).unwrap().round_trip;
    assert_eq!(measured(&hand), Some(Duration::from_millis(42)));
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    let sent = hand.wait(Duration::from_millis(150));
    assert_eq!(sent.len(), 2);
    hand.answer(&sent[0].1);
    assert_eq!(measured(&hand), None);
}

#[test]
fn no_check_goes_where_none_may_go() {
    let mut hand = Hand::new(Role::Controlling, |_| ());
    hand.tell_credentials();
    let useless = [
        "candidate:1 1 udp 1 224.0.0.251 5353 typ host",
        "candidate:1 1 udp 1 255.255.255.255 9 typ host",
        "candidate:1 1 udp 1 0.0.0.0 9 typ host",
        "candidate:1 1 udp 1 192.0.2.2 0 typ host",
        "candidate:1 1 udp 1 127.0.0.1 22 typ host",
        "candidate:1 1 udp 1 2001:db8::1 22 typ host",
        "candidate:1 1 tcp 1 192.0.2.2 9 typ host tcptype active",
        "candidate:1 1 sctp 1 192.0.2.2 9 typ host",
        "candidate:1 2 udp 1 192.0.2.2 9 typ host",
        "candidate:1 1 udp 1 www.example.com 9 typ host",
        "candidate:1 1 udp 1 printer.local 9 typ host",
    ];
    for line in useless {
        hand.tell(line);
    }
    assert!(hand.wait(Duration::from_secs(20)).is_empty());
    assert!(
        limpid_sansio::Driven::poll_wish(&mut hand.agent).is_none(),
        "no look-up of a name that hides nothing"
    );
    assert_eq!(hand.agent.pair_count(), 0);
}

//~ covers 7675-5.2-a, 7675-5.2-b neg
#[test]
fn an_authentic_403_ends_consent_and_a_forged_one_does_not() {
    let mut hand = Hand::completed(Role::Controlling);
    let path = hand.agent.selected(STREAM, ComponentId(1)).unwrap();
    let sent = hand.wait(Duration::from_secs(6));
    assert_eq!(sent.len(), 1);
    hand.refuse(&sent[0].1, ErrorCode::FORBIDDEN, None);
    hand.refuse(&sent[0].1, ErrorCode::UNAUTHENTICATED, None);
    assert!(hand.agent.may_send(path));
    hand.refuse(&sent[0].1, ErrorCode::FORBIDDEN, Some(PWD));
    assert!(!hand.agent.may_send(path));
    assert_eq!(hand.agent.state(), ConnectionState::Failed);
    // And nothing with these credentials brings it back.
    hand.request(Request { role: Some((Role::Controlled, 1)), ..hand.good_request() });
    hand.wait(Duration::from_secs(5));
    assert!(!hand.agent.may_send(path));
}

//~ covers 7675-5.1-a, 7675-5.1-b, 7675-5.1-e
#[test]
fn consent_checks_are_new_transactions_of_random_distance_and_any_answer_counts() {
    let mut hand = Hand::completed(Role::Controlling);
    let path = hand.agent.selected(STREAM, ComponentId(1)).unwrap();
    let start = hand.now;
    let sent = hand.wait(Duration::from_secs(28));
    let times: Vec<_> = sent.iter().map(|(at, _)| *at).collect();
    let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().all(|gap| (4000..=6000).contains(&gap.as_millis())), "{gaps:?}");
    assert!(gaps.windows(2).any(|pair| pair[0] != pair[1]), "a fresh number each time: {gaps:?}");
    let mut ids: Vec<_> = sent.iter().map(|(_, sent)| sent.id()).collect();
    ids.dedup();
    assert_eq!(ids.len(), sent.len());
    // The first of them is answered now, late: consent lasts another 30 s from here.
    hand.answer(&sent[0].1);
    assert_eq!(hand.now.since(start).as_secs(), 28);
    hand.wait(Duration::from_millis(29_900));
    assert!(hand.agent.may_send(path));
    hand.wait(Duration::from_millis(200));
    assert!(!hand.agent.may_send(path));
}

#[test]
fn a_487_to_a_consent_check_mends_the_role_and_costs_no_consent() {
    let mut hand = Hand::completed(Role::Controlling);
    let sent = hand.wait(Duration::from_secs(6));
    hand.refuse(&sent[0].1, ErrorCode::ROLE_CONFLICT, Some(PWD));
    assert_eq!(hand.agent.role(), Role::Controlled);
    assert_eq!(hand.agent.state(), ConnectionState::Completed);
}

//~ covers 7675-5.1-f
#[test]
fn no_payload_may_go_before_a_check_was_answered() {
    let mut hand = Hand::begun(Role::Controlling, |_| ());
    hand.request(hand.good_request());
    hand.sent();
    assert!(hand.feed(theirs(), &[22, 1]), "received from one who has our password");
    assert_eq!(hand.agent.selected(STREAM, ComponentId(1)), None, "and not sent to");
}

//~ covers 7675-5.1-d, 7675-5.1-g neg
#[test]
fn an_answer_after_consent_is_over_brings_nothing_back() {
    let mut hand = Hand::completed(Role::Controlling);
    let path = hand.agent.selected(STREAM, ComponentId(1)).unwrap();
    let sent = hand.wait(Duration::from_secs(31));
    assert!(!hand.agent.may_send(path));
    for (_, check) in &sent {
        hand.answer(check);
    }
    assert_eq!(hand.agent.stats().dropped[DropReason::UnknownTransaction], sent.len() as u64);
    assert!(!hand.agent.may_send(path));
    assert_eq!(hand.agent.state(), ConnectionState::Failed);
}

//~ covers 7675-5.1-i
#[test]
fn transaction_ids_depend_on_the_seed_and_never_repeat() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let mut hand = Hand::begun(Role::Controlled, |config| config.seed = [seed; 32]);
        let check = hand.only_sent(Class::Request);
        hand.answer(&check);
        assert!(seen.insert(check.id().0));
        for (_, sent) in hand.wait(Duration::from_secs(25)) {
            assert!(seen.insert(sent.id().0), "{:?} again", sent.id());
        }
    }
    assert!(seen.len() >= 20 * 5);
}

//~ covers 8445-16.1-a
#[test]
fn all_requests_of_all_streams_carry_one_tie_breaker() {
    let mut hand = Hand::new(Role::Controlling, |_| ());
    hand.agent.add_stream(hand.now, StreamId(1), 1);
    hand.tell_credentials();
    hand.agent.set_remote_credentials(hand.now, StreamId(1), "more", PWD).unwrap();
    hand.tell(HOST);
    let other = HOST.replace("candidate:1", "candidate:2"); // one foundation would wait for the other stream's
    hand.agent.add_remote_candidate(hand.now, StreamId(1), &other, None).unwrap();
    let sent = hand.wait(Duration::from_millis(90));
    let users: Vec<_> =
        sent.iter().map(|(_, sent)| sent.message().username().unwrap()[..4].to_string()).collect();
    assert!(users.contains(&"more".into()) && users.contains(&UFRAG.into()), "{users:?}");
    let first = sent[0].1.message().ice_controlling();
    assert!(first.is_some() && sent.iter().all(|(_, sent)| sent.message().ice_controlling() == first));
}

//~ covers 8445-5.3-a, 8839-5.4-a
#[test]
fn credentials_are_long_random_and_made_of_ice_chars() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let hand = Hand::new(Role::Controlling, |config| config.seed = [seed; 32]);
        let credentials = hand.agent.local_credentials(STREAM).unwrap();
        for (text, bits) in [(credentials.ufrag, 24), (credentials.pwd, 128)] {
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b)), "{text}");
            assert!(text.len() * 6 >= bits, "six bits a character");
            assert!(seen.insert(text.to_string()), "seen before: {text}");
        }
        assert!(!format!("{:?} {credentials:?}", hand.agent).contains(credentials.pwd), "never printed");
    }
}

//~ covers 8838-8-c
#[test]
fn an_empty_checklist_does_not_cost_the_others_their_turn() {
    let mut hand = Hand::new(Role::Controlling, |_| ());
    for stream in 0..4 {
        hand.agent.add_stream(hand.now, StreamId(stream), 1);
        hand.agent.set_remote_credentials(hand.now, StreamId(stream), &format!("peer{stream}"), PWD).unwrap();
    }
    for port in 5001..5004 {
        let text = format!("candidate:{port} 1 udp {port} 192.0.2.2 {port} typ host");
        hand.agent.add_remote_candidate(hand.now, StreamId(3), &text, None).unwrap();
    }
    let times: Vec<_> = hand.wait(Duration::from_millis(110)).iter().map(|(at, _)| at.as_millis()).collect();
    assert_eq!(times, [0, 50, 100]);
}
