//! close_notify both ways, and silence afterwards.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::{Pair, Side, ring_config};
use limpid_dtls::{DropReason, Event};
use limpid_sansio::Machine;

fn connected() -> Pair<'static> {
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    assert!(pair.connect());
    pair
}

//~ covers 5246-7.2.1-a, 5246-7.2.1-b
#[test]
fn close_notify_is_answered_and_both_ends_are_done() {
    for (closing, other) in [(Side::Client, Side::Server), (Side::Server, Side::Client)] {
        let mut pair = connected();
        let late = pair.seal(closing, b"too late");
        let now = pair.now;
        pair.end(closing).close(now);
        pair.end(closing).close(now);
        pair.settle();
        for side in [closing, other] {
            assert_eq!(pair.errors[side as usize], None);
            assert_eq!(pair.events[side as usize].iter().filter(|event| **event == Event::Closed).count(), 1);
            assert!(pair.end(side).finished() && !pair.end(side).is_connected());
            assert_eq!(pair.end(side).poll_timeout(), None);
        }
        // What arrives afterwards is dropped.
        pair.deliver(other, late);
        assert!(pair.received[other as usize].is_empty());
        assert!(pair.end(other).stats().dropped[DropReason::Closed as usize] >= 1);
        let mut out = Vec::new();
        let record = pair.end(closing).begin(&mut out);
        out.push(1);
        assert_eq!((pair.end(closing).seal(&mut out, record), out.len()), (0, 0));
    }
}

#[test]
fn an_end_that_gives_up_during_the_handshake_says_so() {
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    pair.run_until(Duration::from_millis(15), |_| false);
    let now = pair.now;
    pair.client.close(now);
    pair.settle();
    assert!(pair.happened(Side::Server, Event::Closed));
    assert!(pair.client.finished() && pair.server.finished());
}
