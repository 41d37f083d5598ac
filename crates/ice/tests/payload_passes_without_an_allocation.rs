//! What a payload datagram costs, what a check costs, and what an idle agent holds.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/hand.rs"]
mod hand;

use core::time::Duration;

use hand::*;
use limpid_ice::{Agent, ComponentId, Config, Role, Yield};
use limpid_sansio::{Datagram, Machine, Path};

#[test]
fn payload_on_the_chosen_path_allocates_nothing() {
    let mut hand = Hand::completed(Role::Controlled);
    let path = hand.agent.selected(STREAM, ComponentId(1)).unwrap();
    let mut bytes = [23; 1200];
    let count = allocation_counter::measure(|| {
        for n in 0..1000 {
            let now = hand.now + Duration::from_micros(n);
            let input = Datagram { path: Path::udp(ours(), theirs()), ecn: None, payload: &mut bytes };
            assert!(matches!(hand.agent.handle_input(now, input), Ok(Yield::Payload(at, _)) if at == path));
            assert!(hand.agent.may_send(path) && hand.agent.path(path).is_some());
            assert!(hand.agent.poll_timeout().is_some() && hand.agent.poll_event().is_none());
        }
    });
    assert_eq!(count.count_total, 0);
}

#[test]
fn strangers_and_junk_allocate_nothing() {
    let mut hand = Hand::completed(Role::Controlled);
    let mut stranger = hand.encode(&Request { password: Some(PWD.into()), ..hand.good_request() });
    let mut junk = [23; 1200];
    let _ = hand.feed(theirs(), &stranger.clone());
    hand.sent();
    let count = allocation_counter::measure(|| {
        for _ in 0..100 {
            let from = Path::udp(ours(), address("203.0.113.1:1"));
            for payload in [&mut junk[..], &mut stranger[..19]] {
                let _ =
                    hand.agent.handle_input(hand.now, Datagram { path: from, ecn: None, payload }).unwrap();
            }
        }
    });
    assert_eq!(count.count_total, 0);
}

#[test]
fn an_idle_connected_agent_is_small() {
    let mut agent: Option<Agent> = None;
    let mut scratch: Vec<Hand> = Vec::new();
    let held = allocation_counter::measure(|| {
        let mut hand = Hand::completed(Role::Controlling);
        hand.wait(Duration::from_secs(120)); // unanswered consent checks lie around
        scratch.push(hand);
        let mut hand = Hand::completed(Role::Controlling);
        for _ in 0..10 {
            for (_, check) in hand.wait(Duration::from_secs(6)) {
                hand.answer(&check);
            }
        }
        scratch.push(hand);
        agent = Some(Agent::new(Config::new(limpid_crypto::null::provider(), [1; 32]), hand_now()));
    });
    let each = held.bytes_current / 2;
    assert!(each < 12_000, "{each} bytes an agent, test harness included");
    assert!(core::mem::size_of::<Agent>() < 2_000, "{}", core::mem::size_of::<Agent>());
}

fn hand_now() -> limpid_sansio::Instant {
    limpid_sansio::Instant::from_millis(1)
}
