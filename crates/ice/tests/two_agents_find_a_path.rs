//! The plain case, and what it costs: checks, round trips, bytes.

mod common;

use common::*;
use limpid_ice::{ConnectionState, Event, Role};
use limpid_netsim::Link;

#[test]
fn both_sides_agree_on_one_pair_within_three_round_trips() {
    let mut call = Call::direct(1, |_| ());
    for end in 0..2 {
        call.world.set_link(call.ends[end].host, Link::millis(5)); // 10 ms one way
    }
    call.signalling = ms(0);
    call.signal();
    assert!(call.run_until_both(secs(1), ConnectionState::Completed));
    let [a, b] = [call.selected(0).unwrap(), call.selected(1).unwrap()];
    assert_eq!(a, b.reversed());
    assert!(call.world.now().as_nanos() <= 60_000_000, "completed at {}", call.world.now());
    // The first path is there after one round trip of checks.
    for end in &call.ends {
        let first = when(&end.log, |event| matches!(event, Event::PathChosen { .. })).unwrap();
        assert!(first.as_nanos() <= 20_000_000, "first path at {first}");
    }
    assert!(call.agent(0).stats().checks_sent <= 4, "{:?}", call.agent(0).stats());
    assert_eq!(call.agent(0).pair_count(), 1);
}

//~ covers 8445-7.2.5.4-a
#[test]
fn states_follow_the_words_of_the_w3c() {
    let mut call = Call::direct(2, |_| ());
    call.signal();
    assert!(call.run_until_both(secs(1), ConnectionState::Completed));
    use ConnectionState::*;
    for end in &call.ends {
        assert_eq!(end.states(), [Checking, Connected, Completed]);
    }
    call.with(0, |agent, now| agent.close(now));
    call.run_for(secs(1));
    assert_eq!(call.agent(0).state(), Closed);
}

//~ covers 8445-7.3-a
#[test]
fn a_check_before_the_answer_is_answered_and_remembered() {
    let mut call = Call::direct(3, |_| ());
    call.tell_credentials(0);
    assert!(call.run_until(secs(1), |call| call.agent(1).state() == ConnectionState::Connected));
    assert_eq!(call.agent(0).state(), ConnectionState::New, "no credentials of the peer's yet");
    assert!(call.agent(0).stats().checks_answered > 0);
    // Payload that follows the check is let through before the answer has come.
    assert!(call.send(1, &[22; 8]));
    call.run_for(ms(50));
    assert_eq!(call.ends[0].received.borrow().len(), 1);
    call.tell_credentials(1);
    assert!(call.run_until_both(secs(1), ConnectionState::Completed));
}

//~ covers 8445-12.2-a
#[test]
fn payload_comes_out_with_its_path_and_strangers_are_dropped() {
    let mut call = Call::direct(4, |_| ());
    call.signal();
    assert!(call.run_until_both(secs(1), ConnectionState::Completed));
    assert!(call.send(0, &[200, 1, 2, 3]));
    call.run_for(ms(10));
    let selected = call.agent(1).selected(STREAM, ONE).unwrap();
    assert_eq!(*call.ends[1].received.borrow(), [(selected, vec![200, 1, 2, 3])]);
    let to = call.selected(0).unwrap().remote;
    let public = call.world.public();
    let stranger = limpid_netsim::address("192.0.2.99:5");
    call.world.inject(public, limpid_netsim::Packet::udp(stranger, to, [200, 1, 2, 3]));
    call.run_for(ms(10));
    assert_eq!(call.ends[1].received.borrow().len(), 1);
    assert_eq!(call.agent(1).stats().dropped[limpid_ice::DropReason::UnknownPath], 1);
}

//~ covers 8445-8.1.1-a, 8445-8.1.1-b
#[test]
fn only_the_controlling_side_nominates_and_only_once() {
    let mut call = Call::direct(5, |_| ());
    call.signal();
    assert!(call.run_until_both(secs(1), ConnectionState::Completed));
    call.run_for(secs(60));
    assert_eq!(call.states(), [ConnectionState::Completed; 2]);
    for end in 0..2 {
        assert_eq!(call.ends[end].paths().len(), 1, "the first pair is the one that is nominated");
        let pair = call.agent(end).selected_pair(STREAM, ONE).unwrap();
        assert!(pair.is_nominated && pair.round_trip.is_some());
    }
    assert_eq!((call.agent(0).role(), call.agent(1).role()), (Role::Controlling, Role::Controlled));
}

#[test]
fn with_real_cryptography_the_same_happens() {
    let mut call = Call::direct(6, |config| config.provider = limpid_crypto::ring::provider());
    call.signal();
    assert!(call.run_until_both(secs(1), ConnectionState::Completed));
    call.run_for(secs(60));
    assert_eq!(call.states(), [ConnectionState::Completed; 2]);
    assert_eq!(call.agent(0).stats().dropped.total() + call.agent(1).stats().dropped.total(), 0);
}
