//! How many pairs there may be, and which go first. RFC 8445 §6.1.2.5, RFC 8838 §10.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/hand.rs"]
mod hand;

use core::time::Duration;

use hand::*;
use limpid_ice::{ComponentId, Role};
use limpid_stun::ErrorCode;

//~ covers 8445-6.1.2.5-a
#[test]
fn pairs_are_capped_and_the_least_go_first() {
    let mut hand = Hand::new(Role::Controlling, |config| {
        config.max_pairs = 5;
        config.max_remote_candidates = 100;
    });
    hand.tell_credentials();
    for n in 1..=20u32 {
        hand.tell(&format!("candidate:{n} 1 udp {} 192.0.2.2 {} typ host", n * 10, 5000 + n));
    }
    assert_eq!(hand.agent.pair_count(), 5);
    let mut ports: Vec<_> =
        hand.wait(Duration::from_millis(240)).iter().map(|(_, s)| s.path.remote.port()).collect();
    ports.truncate(5);
    assert_eq!(ports, [5020, 5019, 5018, 5017, 5016]);
}

//~ covers 8838-10-b
#[test]
fn at_the_limit_failed_pairs_make_room() {
    let mut hand = Hand::new(Role::Controlling, |config| config.max_pairs = 2);
    hand.tell_credentials();
    hand.tell("candidate:1 1 udp 300 192.0.2.2 5001 typ host");
    hand.tell("candidate:2 1 udp 200 192.0.2.2 5002 typ host");
    let sent = hand.wait(Duration::from_millis(60));
    hand.refuse(&sent[0].1, ErrorCode::SERVER_ERROR, Some(PWD));
    hand.tell("candidate:3 1 udp 100 192.0.2.2 5003 typ host");
    let later = hand.wait(Duration::from_millis(90));
    assert!(later.iter().any(|(_, sent)| sent.path.remote.port() == 5003), "though it is worth the least");
    assert_eq!(hand.agent.pair_count(), 2);
}

#[test]
fn at_the_limit_a_restart_makes_room_among_what_it_leaves_behind() {
    let mut hand = Hand::new(Role::Controlled, |config| config.max_pairs = 2);
    hand.tell_credentials();
    hand.tell("candidate:1 1 udp 300 192.0.2.2 5001 typ host");
    hand.tell("candidate:2 1 udp 200 192.0.2.2 5002 typ host");
    for (_, check) in hand.wait(Duration::from_millis(60)) {
        hand.answer(&check);
    }
    let carries = hand.agent.selected(STREAM, ComponentId::FIRST);
    hand.agent.restart(hand.now);
    hand.agent.set_remote_credentials(hand.now, STREAM, "anew", "thePeersNewPasswordIsThis").unwrap();
    hand.tell("candidate:1 1 udp 100 192.0.2.2 5003 typ host");
    let later = hand.wait(Duration::from_millis(90));
    assert!(later.iter().any(|(_, sent)| sent.path.remote.port() == 5003), "the new session has its chance");
    assert_eq!(hand.agent.pair_count(), 2);
    assert_eq!(hand.agent.selected(STREAM, ComponentId::FIRST), carries, "and the old one carries on");
}
