//! What the peer's checks are answered with, and what is learned from them. RFC 8445 §7.3, RFC 8489 §9.1.3.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/hand.rs"]
mod hand;

use core::time::Duration;

use hand::*;
use limpid_ice::{CandidateKind, ComponentId, ConnectionState, DropReason, Event, Role};
use limpid_sansio::{Datagram, Machine, Path};
use limpid_stun::Class;

const ONE: ComponentId = ComponentId(1);

fn answers(sent: &[Sent]) -> Vec<&Sent> {
    sent.iter().filter(|sent| sent.message().class() != Class::Request).collect()
}

//~ covers 8445-7.3-b, 8445-7.3.1.2-a
#[test]
fn an_authentic_check_is_answered_with_its_source_under_our_password() {
    let mut hand = Hand::new(Role::Controlled, |_| ());
    let request = hand.request(hand.good_request());
    let sent = hand.sent();
    assert_eq!(sent.len(), 1, "no check of ours without the peer's credentials");
    let message = sent[0].message();
    assert_eq!(message.class(), Class::Success);
    assert_eq!(sent[0].path, Path::udp(ours(), theirs()));
    assert_eq!(message.xor_mapped_address(), Some(theirs()));
    assert!(message.verify_integrity(&*hand.our_key()).is_ok() && message.verify_fingerprint().is_ok());
    assert_eq!(message.transaction_id(), limpid_stun::Message::parse(&request).unwrap().transaction_id());
    assert!(sent[0].bytes.len() <= request.len(), "no amplification");
}

//~ covers 8445-7.3-c neg, 8489-9.1.3-a neg, 8489-9.1.3-b neg, 8489-9.1.3-c neg
#[test]
fn what_is_not_authentic_is_refused_in_no_more_bytes_than_it_had_or_dropped() {
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    hand.sent();
    let good = hand.good_request();
    let long = |ufrag: &str| Some(format!("{ufrag}:{UFRAG}"));
    for (request, code, reason) in [
        (Request { username: None, ..good.clone() }, Some(400), DropReason::Integrity),
        (Request { password: None, ..good.clone() }, Some(400), DropReason::Integrity),
        (Request { username: long("someoneElse"), ..good.clone() }, Some(401), DropReason::Username),
        (Request { password: Some(PWD.into()), ..good.clone() }, Some(401), DropReason::Integrity),
        (Request { fingerprint: false, ..good.clone() }, None, DropReason::Fingerprint),
    ] {
        let before = hand.agent.stats().dropped[reason];
        let bytes = hand.request(request);
        let sent = hand.sent();
        let answer = answers(&sent).first().copied().cloned();
        assert_eq!(answer.as_ref().and_then(Sent::code), code, "{reason:?}");
        assert_eq!(hand.agent.stats().dropped[reason], before + 1);
        if let Some(answer) = answer {
            assert!(answer.bytes.len() <= bytes.len());
            assert!(!answer.message().has_integrity());
        }
    }
    // A request that is smaller than its refusal gets none.
    let tiny = Request { username: None, password: None, priority: None, role: None, ..good };
    hand.request(tiny);
    assert!(answers(&hand.sent()).is_empty());
    assert_eq!(hand.agent.stats().checks_answered, 0);
    assert_eq!(hand.agent.pair_count(), 1, "nothing was learned");
}

//~ covers 8445-7.3-d neg
#[test]
fn an_unknown_required_attribute_is_named_in_a_420() {
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    hand.sent();
    hand.request(Request { unknown: Some(0x7abc), ..hand.good_request() });
    let sent = hand.sent();
    let answer = answers(&sent)[0].clone();
    assert_eq!(answer.code(), Some(420));
    let unknown: Vec<_> = answer.message().unknown_attributes().unwrap().iter().map(|ty| ty.0).collect();
    assert_eq!(unknown, [0x7abc]);
    assert!(answer.message().verify_integrity(&*hand.our_key()).is_ok());
    // What need not be understood is passed over: GOOG-NETWORK-INFO and its like.
    hand.request(Request { unknown: Some(0xc057), ..hand.good_request() });
    assert_eq!(answers(&hand.sent())[0].message().class(), Class::Success);
}

#[test]
fn a_check_without_priority_is_a_bad_request() {
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    hand.sent();
    hand.request(Request { priority: None, ..hand.good_request() });
    assert_eq!(answers(&hand.sent())[0].code(), Some(400));
}

//~ covers 8445-7.3.1.3-a, 8445-7.3.1.4-b
#[test]
fn an_unknown_source_is_a_peer_reflexive_candidate_and_is_checked_at_once() {
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    hand.sent();
    let from = address("203.0.113.5:700");
    hand.request(Request { from, priority: Some(1_862_270_900), ..hand.good_request() });
    let sent = hand.sent();
    assert_eq!(sent.len(), 2, "the answer, and a triggered check: {sent:?}");
    assert_eq!(sent[1].path.remote, from);
    hand.answer(&sent[1]);
    let pair = hand.agent.selected_pair(STREAM, ONE).unwrap();
    assert_eq!(pair.remote, CandidateKind::PeerReflexive);
    // Told later, it becomes what it is, and the check is not repeated (RFC 8838 §11).
    hand.tell("candidate:9 1 udp 1694498815 203.0.113.5 700 typ srflx raddr 0.0.0.0 rport 9");
    assert_eq!(hand.agent.selected_pair(STREAM, ONE).unwrap().remote, CandidateKind::ServerReflexive);
    assert_eq!(hand.agent.pair_count(), 2);
    let later = hand.wait(Duration::from_millis(300));
    assert!(later.iter().all(|(_, sent)| sent.path.remote != from), "{later:?}");
}

//~ covers 8445-7.3.1.4-a
#[test]
fn a_check_for_a_pair_in_progress_ends_its_retransmissions_and_triggers_a_new_one() {
    let mut hand = Hand::begun(Role::Controlled, |config| config.timing = limpid_ice::Timing::RFC8445);
    let first = hand.only_sent(Class::Request);
    hand.request(hand.good_request());
    let sent: Vec<_> = hand.wait(Duration::from_millis(5_000)).into_iter().map(|(_, sent)| sent).collect();
    let checks: Vec<_> = sent.iter().filter(|sent| sent.is(Class::Request)).collect();
    assert!(checks.iter().all(|check| check.id() != first.id()), "the first is not sent again");
    assert!(checks.len() >= 2 && checks.iter().all(|check| check.id() == checks[0].id()));
    // A late answer to the first still counts.
    hand.answer(&first);
    assert_eq!(hand.agent.state(), ConnectionState::Connected);
}

//~ covers 8445-7.3.1.4-c
#[test]
fn a_check_revives_a_failed_pair_and_leaves_a_succeeded_one_alone() {
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    let check = hand.only_sent(Class::Request);
    hand.refuse(&check, limpid_stun::ErrorCode::SERVER_ERROR, Some(PWD));
    hand.request(hand.good_request());
    let sent = hand.sent();
    let again = sent.iter().find(|sent| sent.is(Class::Request)).expect("checked again");
    hand.answer(again);
    assert_eq!(hand.agent.state(), ConnectionState::Connected);
    hand.request(hand.good_request());
    assert!(hand.sent().iter().all(|sent| sent.is(Class::Success)), "only an answer");
}

//~ covers 8445-7.3.1.5-a, 8445-7.3.1.5-b
#[test]
fn a_nomination_before_our_own_check_is_answered_counts_when_it_is() {
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    let check = hand.only_sent(Class::Request);
    hand.request(Request { use_candidate: true, ..hand.good_request() });
    assert_eq!(hand.agent.state(), ConnectionState::Checking);
    hand.answer(&check);
    assert_eq!(hand.agent.state(), ConnectionState::Completed);

    let mut hand = Hand::begun(Role::Controlled, |_| ());
    let check = hand.only_sent(Class::Request);
    hand.answer(&check);
    assert_eq!(hand.agent.state(), ConnectionState::Connected);
    hand.request(Request { use_candidate: true, ..hand.good_request() });
    assert_eq!(hand.agent.state(), ConnectionState::Completed);
}

//~ covers 8445-8.1.1-c
#[test]
fn of_several_nominations_the_best_pair_is_used() {
    // A peer of RFC 5245 that nominates aggressively: every check carries USE-CANDIDATE, the worse pair comes first.
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    let worse = address("192.0.2.2:6000");
    hand.tell("candidate:2 1 udp 100 192.0.2.2 6000 typ host");
    let checks = hand.wait(Duration::from_millis(60));
    let to = |port: u16| checks.iter().find(|(_, sent)| sent.path.remote.port() == port).unwrap().1.clone();
    hand.request(Request { from: worse, use_candidate: true, ..hand.good_request() });
    hand.answer(&to(6000));
    assert_eq!(hand.agent.state(), ConnectionState::Completed);
    let selected = |hand: &Hand| hand.agent.path(hand.agent.selected(STREAM, ONE).unwrap()).unwrap().remote;
    assert_eq!(selected(&hand), worse);
    hand.request(Request { use_candidate: true, ..hand.good_request() });
    let sent = hand.sent();
    let is_it = |sent: &&Sent| sent.is(Class::Request) && sent.path.remote == theirs();
    let check = sent.iter().find(is_it).expect("a triggered check for the better pair");
    hand.answer(check);
    assert_eq!(selected(&hand), theirs(), "nominated too, and better");
    // The worse one again: nothing changes.
    hand.request(Request { from: worse, use_candidate: true, ..hand.good_request() });
    hand.sent();
    assert_eq!(selected(&hand), theirs());
}

//~ covers 8445-8.1.2-b
#[test]
fn after_completion_checks_are_answered_and_trigger_nothing() {
    for role in [Role::Controlling, Role::Controlled] {
        let mut hand = Hand::completed(role);
        for from in [theirs(), address("203.0.113.77:1")] {
            hand.request(Request { from, ..hand.good_request() });
            let sent = hand.sent();
            assert!(sent.len() == 1 && sent[0].is(Class::Success), "{role} {from}: {sent:?}");
        }
        assert_eq!(hand.agent.pair_count(), 1);
    }
}

//~ covers 8445-7.3.1.1-a, 8445-7.3.1.1-b, 8445-7.3.1.1-c
#[test]
fn role_conflicts_on_the_wire_follow_the_tie_breakers() {
    let largest = u64::MAX;
    for (role, theirs_tie, refused, becomes) in [
        (Role::Controlling, 0, true, Role::Controlling),
        (Role::Controlling, largest, false, Role::Controlled),
        (Role::Controlled, 0, false, Role::Controlling),
        (Role::Controlled, largest, true, Role::Controlled),
    ] {
        let mut hand = Hand::begun(role, |_| ());
        hand.sent();
        hand.request(Request { role: Some((role, theirs_tie)), ..hand.good_request() });
        let sent = hand.sent();
        let answer = answers(&sent)[0].clone();
        assert_eq!(answer.code(), refused.then_some(487), "{role} against {theirs_tie}");
        assert!(answer.message().verify_integrity(&*hand.our_key()).is_ok());
        assert_eq!(hand.agent.role(), becomes);
        assert_eq!(hand.events.contains(&Event::RoleChanged(becomes)), role != becomes);
        assert_eq!(hand.agent.stats().role_conflicts, 1);
    }
}

#[test]
fn a_peer_that_claims_no_role_is_taken_at_face_value() {
    let mut hand = Hand::begun(Role::Controlled, |_| ());
    hand.sent();
    hand.request(Request { role: None, ..hand.good_request() });
    assert_eq!(answers(&hand.sent())[0].message().class(), Class::Success);
}

#[test]
fn early_checks_are_bounded_and_taken_up_with_the_credentials() {
    let mut hand = Hand::new(Role::Controlled, |_| ());
    for port in 1..=100 {
        let from = address(&format!("203.0.113.1:{port}"));
        hand.request(Request { from, ..hand.good_request() });
    }
    assert_eq!(hand.agent.stats().checks_answered, 100, "all are answered");
    assert_eq!(hand.agent.stats().dropped[DropReason::Limit], 84);
    hand.tell_credentials();
    assert_eq!(hand.agent.pair_count(), 16);
    // Checks under another fragment than the peer's are of another generation: answered, and no pair is made of them.
    let stranger = Request { from: address("203.0.113.2:1"), ..hand.good_request() };
    let username = format!("{}:other", hand.our_ufrag());
    hand.request(Request { username: Some(username), ..stranger });
    assert_eq!(hand.agent.pair_count(), 16);
}

//~ covers 8445-7.3-b
#[test]
fn whoever_was_answered_may_send_from_there_though_we_never_send_to_it() {
    let mut hand = Hand::completed(Role::Controlled);
    let (old, late) = (address("203.0.113.2:1"), address("203.0.113.2:2"));
    for from in [old, late] {
        assert!(!hand.feed(from, &[128, 1]), "before its check it is a stranger");
    }
    // From a socket of a generation that has gone; and one beside the nominated pair.
    let username = Some(format!("{}:gone", hand.our_ufrag()));
    hand.request(Request { from: old, username, ..hand.good_request() });
    hand.request(Request { from: late, ..hand.good_request() });
    let sent = hand.sent();
    assert!(sent.iter().all(|sent| sent.is(Class::Success)), "{sent:?}");
    assert_eq!((sent.len(), hand.agent.pair_count()), (2, 1));
    for from in [old, late, theirs()] {
        assert!(hand.feed(from, &[128, 1]), "{from}");
    }
    assert_eq!(
        hand.agent.selected(STREAM, ONE).map(|id| hand.agent.path(id).map(|path| path.remote)),
        Some(Some(theirs()))
    );
    // A restart leaves only the chosen pair of the old session; the peer may still be on another one.
    let username = Some(format!("{}:{UFRAG}", hand.our_ufrag()));
    let (before, password) = (address("203.0.113.2:4"), hand.good_request().password);
    hand.agent.restart(hand.now);
    hand.request(Request { from: before, username, password, ..hand.good_request() });
    assert!(hand.feed(before, &[128, 1]));
    // Whoever does not know the password stays outside.
    hand.request(Request {
        from: address("203.0.113.2:3"),
        password: Some(PWD.into()),
        ..hand.good_request()
    });
    assert!(!hand.feed(address("203.0.113.2:3"), &[128, 1]));
}

#[test]
fn learned_candidates_are_bounded() {
    let mut hand = Hand::begun(Role::Controlled, |config| config.max_remote_candidates = 10);
    for port in 1..=100 {
        let from = address(&format!("203.0.113.1:{port}"));
        hand.request(Request { from, ..hand.good_request() });
        hand.sent();
    }
    assert_eq!(hand.agent.pair_count(), 10);
}

#[test]
fn a_shared_port_finds_its_agent_by_the_username() {
    let mut hand = Hand::completed(Role::Controlled);
    let old = hand.our_ufrag();
    assert!(hand.agent.answers_to(&format!("{old}:{UFRAG}")));
    assert!(!hand.agent.answers_to(&format!("{UFRAG}:{old}")) && !hand.agent.answers_to(""));
    hand.agent.restart(hand.now);
    let new = hand.our_ufrag();
    assert!(old != new && hand.agent.answers_to(&format!("{new}:x")));
    assert!(hand.agent.answers_to(&format!("{old}:x")), "the old session still carries payload");
}

#[test]
fn junk_is_counted_and_harmless() {
    let mut hand = Hand::completed(Role::Controlled);
    for (bytes, reason) in [
        (&[][..], DropReason::Empty),
        (&[0, 1, 0, 0], DropReason::Malformed),
        (&[3; 40], DropReason::Malformed),
        (&[20, 1, 2], DropReason::UnknownPath),
    ] {
        let before = hand.agent.stats().dropped[reason];
        assert!(!hand.feed(address("198.51.100.66:6"), bytes));
        assert_eq!(hand.agent.stats().dropped[reason], before + 1, "{reason:?}");
    }
    // Not addressed to any socket of ours.
    let request = hand.encode(&hand.good_request());
    let path = Path::udp(address("192.0.2.1:4001"), theirs());
    let mut bytes = request;
    hand.agent.handle_input(hand.now, Datagram { path, ecn: None, payload: &mut bytes }).unwrap();
    assert!(hand.sent().is_empty());
    assert!(hand.feed(theirs(), &[128, 1]), "and the path still carries payload");
}
