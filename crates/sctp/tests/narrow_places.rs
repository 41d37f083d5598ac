//! How a long path with a narrow place is filled.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sctp::{ChannelConfig, Config};

/// MB/s of messages in the seconds from `from` to `to`, over 50 ms and 200 Mbit/s with a queue of one round trip.
fn rate(loss: u32, quantum: usize, from: u64, to: u64) -> f64 {
    let wide = |seed| Config { send_quantum: quantum, ..config(seed) };
    let mut net = Net::connected_with(wide(1), wide(2), Link { delay: MS(25), loss, ..Link::PERFECT });
    net.keep_log = false;
    net.bottleneck = Some(Bottleneck { rate: 25_000_000, queue: 1_250_000 });
    let (ours, theirs) = net.channel(ChannelConfig::default());
    let message = pattern(1, 65_536);
    let mut counts = Vec::new();
    for _ in 0..to * 20 {
        let until = net.now + MS(50);
        loop {
            while net.write(0, ours, &message).is_ok() {}
            net.flush(0);
            if !net.step(until) {
                break;
            }
        }
        let all = net.received[1].get_mut(&theirs).map(std::mem::take).unwrap_or_default();
        assert!(all.iter().all(|(_, bytes)| bytes.len() == message.len()));
        counts.push(all.len());
    }
    let bytes = counts[from as usize * 20..].iter().sum::<usize>() * message.len();
    bytes as f64 / (to - from) as f64 / 1e6
}

#[test]
fn without_loss_a_narrow_place_is_kept_busy() {
    assert!(rate(0, 0, 1, 6) > 20.0);
    assert!(rate(0, 63_000, 1, 6) > 20.0);
}

#[test]
fn with_loss_the_rate_is_that_of_a_fair_sender() {
    // Mathis: 1.22 * 1168 B / (50 ms * sqrt(0.01)) = 0.28 MB/s.
    let rate = rate(1, 0, 2, 20);
    assert!(rate > 0.2, "{rate}");
}
