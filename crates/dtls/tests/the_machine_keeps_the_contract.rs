//! The rules that every machine of Limpid keeps, and what this one promises beyond them.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::{Pair, Side, Wire, null_config, ring_config};
use limpid_dtls::{Endpoint, Event};
use limpid_sansio::conformance::{check_early_timeout_is_harmless, check_timeout_moves_on, checked_drain};
use limpid_sansio::{Instant, Machine};
use proptest::prelude::*;

/// Stops a handshake after that many steps.
fn stopped_after(steps: usize) -> Pair<'static> {
    let mut pair = Pair::new(null_config(1), null_config(2));
    (0..steps).for_each(|_| {
        pair.step();
    });
    pair
}

#[test]
fn timeouts_early_late_and_on_time() {
    for steps in 0..12 {
        for side in [Side::Client, Side::Server] {
            let mut pair = stopped_after(steps);
            let now = pair.now;
            check_early_timeout_is_harmless(pair.end(side), now);
            for _ in 0..12 {
                let Some(next) = pair.end(side).poll_timeout() else { break };
                check_early_timeout_is_harmless(pair.end(side), next - Duration::from_nanos(1));
                check_timeout_moves_on(pair.end(side), next);
            }
            let late = now + Duration::from_secs(100_000);
            check_timeout_moves_on(pair.end(side), late);
        }
    }
}

#[test]
fn a_burst_of_input_has_the_same_outcome_as_single_ones() {
    let run = |burst: bool| {
        let (mut client, mut server) = (null_config(1), null_config(2));
        (client.mtu, server.mtu) = (200, 200);
        let now = Instant::from_millis(5);
        let mut ends = [Endpoint::client(client, now), Endpoint::server(server, now)];
        ends.iter_mut().for_each(|end| end.accept_any_peer(now));
        let mut events: [Vec<Event>; 2] = Default::default();
        for turn in 0..12 {
            let (from, to) = (turn % 2, 1 - turn % 2);
            let mut waiting = checked_drain(&mut ends[from], now, |_, event| events[from].push(event));
            for (_, datagram) in &mut waiting {
                let mut rest = &mut datagram[..];
                while !rest.is_empty() {
                    rest = ends[to].handle_input(now, rest).unwrap().rest;
                }
                if !burst {
                    while let Some(event) = ends[to].poll_event() {
                        events[to].push(event);
                    }
                }
            }
        }
        assert!(ends.iter().all(Endpoint::is_connected));
        events
    };
    assert_eq!(run(true), run(false));
}

/// Same seed, same inputs, same bytes.
#[test]
fn a_seed_decides_every_byte() {
    let run = |seed: u8| {
        let wire = Wire { loss: 20, double: 10, jitter: Duration::from_millis(50), ..Wire::default() };
        let mut pair = Pair::new(null_config(seed), null_config(seed + 100)).seed_wire(9, wire);
        assert!(pair.connect());
        let record = pair.seal(Side::Client, b"content");
        (pair.sent, record, pair.now)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).0, run(2).0);
}

#[test]
fn sealing_and_opening_allocate_nothing() {
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    assert!(pair.connect());
    let (now, content) = (pair.now, [7; 1200]);
    let mut out = Vec::with_capacity(64 * 1300);
    let mut opened = 0;
    let counted = allocation_counter::measure(|| {
        for _ in 0..1000 {
            out.clear();
            for _ in 0..50 {
                let record = pair.client.begin(&mut out);
                out.extend_from_slice(&content);
                assert_eq!(pair.client.seal(&mut out, record), 1200 + pair.client.overhead());
            }
            let mut rest = &mut out[..];
            while !rest.is_empty() {
                let result = pair.server.handle_input(now, rest).unwrap();
                opened += result.plaintext.map_or(0, |plaintext| plaintext.len());
                rest = result.rest;
            }
        }
    });
    assert_eq!(opened, 1000 * 50 * 1200);
    assert_eq!(counted.count_total, 0);
    assert_eq!(pair.client.stats().records_sent, 50_000);
    assert_eq!(pair.server.stats().records_received, 50_000);
}

#[test]
fn an_idle_connection_is_small() {
    let (now, server_config, client_config) = (Instant::from_millis(1), ring_config(2), ring_config(1));
    let linger = Duration::from_secs(240);
    let mut kept = None;
    let counted = allocation_counter::measure(|| {
        let mut ends =
            [Endpoint::client(client_config.clone(), now), Endpoint::server(server_config.clone(), now)];
        ends.iter_mut().for_each(|end| end.accept_any_peer(now));
        let mut out = Vec::new();
        for turn in 0..6 {
            while ends[turn % 2].poll_transmit(now, &mut out).is_some() {
                let mut rest = &mut out[..];
                while !rest.is_empty() {
                    rest = ends[1 - turn % 2].handle_input(now, rest).unwrap().rest;
                }
                out.clear();
            }
        }
        ends.iter_mut().for_each(|end| {
            while end.poll_event().is_some() {}
            while end.pop_note().is_some() {}
            end.handle_timeout(now + linger).unwrap();
        });
        drop(out);
        kept = Some(ends);
    });
    let ends = kept.unwrap();
    assert!(ends.iter().all(Endpoint::is_connected));
    let each = size_of::<Endpoint>() as i64 + counted.bytes_current / 2;
    assert!(each < 5 * 1024, "{each} bytes, {} of them in place", size_of::<Endpoint>());
}

#[test]
fn states_are_noted_for_a_tap() {
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    assert!(pair.connect());
    let now = pair.now;
    pair.client.close(now);
    let states: Vec<&str> = std::iter::from_fn(|| pair.client.pop_note()).map(|note| note.to).collect();
    let expected = [
        "wait ServerHello",
        "wait Certificate",
        "wait ServerKeyExchange",
        "wait ServerHelloDone",
        "wait Finished",
        "established",
        "closed",
    ];
    assert_eq!(states, expected);
}

#[derive(Clone, Debug)]
enum Step {
    Run,
    Timeout(u32),
    Seal(Side, u8),
    Close(Side),
    Garbage(Side, Vec<u8>),
    Expect(Side),
}

fn step() -> impl Strategy<Value = Step> {
    let side = || prop_oneof![Just(Side::Client), Just(Side::Server)];
    prop_oneof![
        8 => Just(Step::Run),
        2 => (0u32..3000).prop_map(Step::Timeout),
        2 => (side(), any::<u8>()).prop_map(|(side, byte)| Step::Seal(side, byte)),
        1 => side().prop_map(Step::Close),
        2 => (side(), proptest::collection::vec(any::<u8>(), 0..80)).prop_map(|(side, bytes)| Step::Garbage(side, bytes)),
        1 => side().prop_map(Step::Expect),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Verbs in any order: no panic, and what comes out is what went in, each record at most once.
    #[test]
    fn verbs_may_come_in_any_order(steps in proptest::collection::vec(step(), 0..80)) {
        let wire = Wire { loss: 10, double: 20, jitter: Duration::from_millis(30), ..Wire::default() };
        let mut pair = Pair::new(null_config(1), null_config(2)).seed_wire(3, wire);
        let mut said: [Vec<u8>; 2] = Default::default();
        for step in steps {
            let now = pair.now;
            match step {
                Step::Run => { pair.step(); }
                Step::Timeout(millis) => {
                    pair.now = now + Duration::from_millis(millis.into());
                    let now = pair.now;
                    let _ = pair.client.handle_timeout(now);
                    let _ = pair.server.handle_timeout(now);
                }
                Step::Seal(side, byte) => {
                    let mut out = Vec::new();
                    let record = pair.end(side).begin(&mut out);
                    out.push(byte);
                    if pair.end(side).seal(&mut out, record) > 0 {
                        said[side as usize].push(byte);
                        pair.put(if side == Side::Client { Side::Server } else { Side::Client }, out);
                    }
                }
                Step::Close(side) => pair.end(side).close(now),
                Step::Garbage(side, bytes) => if bytes.first() != Some(&21) { pair.deliver(side, bytes) },
                Step::Expect(side) => {
                    let other = common::fingerprint(&if side == Side::Client { null_config(2) } else { null_config(1) });
                    let _ = pair.end(side).expect_fingerprints(now, &[other]);
                }
            }
        }
        pair.flush();
        for (from, to) in [(Side::Client, Side::Server), (Side::Server, Side::Client)] {
            let mut left = said[from as usize].clone();
            for got in &pair.received[to as usize] {
                let place = left.iter().position(|byte| got == &[*byte]);
                prop_assert!(place.is_some(), "{got:?} was never said, or came twice");
                left.swap_remove(place.unwrap());
            }
        }
    }
}
