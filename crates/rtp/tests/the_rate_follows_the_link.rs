//! The rate finds the width of a link, leaves it when it becomes narrow, and comes back.

mod common;

use std::time::Duration;

use common::Call;
use limpid_netsim::{Link, Side};

fn bottleneck(rate: u64, loss: f64) -> Link {
    // A queue of one second at this rate.
    Link { rate: Some(rate), queue: (rate / 8) as usize, loss, ..Link::millis(25) }
}

/// Bits per second that arrived in the last stretch.
fn throughput(call: &mut Call, time: Duration) -> u64 {
    let before = call.pair.a.sent.1;
    call.run_for(time);
    (call.pair.a.sent.1 - before) * 8 * 1000 / time.as_millis() as u64
}

#[test]
fn a_link_of_two_megabits_is_found_within_seconds() {
    let mut call = Call::new(3, Link::millis(25));
    call.pair.set_link(Side::Left, bottleneck(2_000_000, 0.0));
    call.run_for(Duration::from_secs(8));
    let sent = throughput(&mut call, Duration::from_secs(4));
    assert!((1_400_000..2_150_000).contains(&sent), "{sent} bit/s");
}

#[test]
fn a_step_down_is_followed_and_the_step_back_too() {
    let mut call = Call::new(4, Link::millis(25));
    call.pair.set_link(Side::Left, bottleneck(2_000_000, 0.0));
    call.run_for(Duration::from_secs(15));
    call.pair.set_link(Side::Left, bottleneck(500_000, 0.0));
    call.run_for(Duration::from_secs(2));
    let sent = throughput(&mut call, Duration::from_secs(3));
    assert!(sent < 520_000, "{sent} bit/s two seconds after the step");
    let start = call.seen.len();
    call.run_for(Duration::from_secs(3));
    let late = common::percentile(&call.seen[start..], 50);
    assert!(late < Duration::from_millis(25 + 300 + 40), "half of the pictures come within {late:?}");
    call.pair.set_link(Side::Left, bottleneck(2_000_000, 0.0));
    call.run_for(Duration::from_secs(13));
    let sent = throughput(&mut call, Duration::from_secs(2));
    assert!(sent > 1_600_000, "{sent} bit/s 15 s after the end of it");
}

#[test]
fn ten_per_cent_of_loss_do_not_starve_the_pictures() {
    let mut call = Call::new(6, Link::millis(25));
    call.pair.set_link(Side::Left, bottleneck(1_000_000, 0.1));
    call.run_for(Duration::from_secs(20));
    let sent = throughput(&mut call, Duration::from_secs(10));
    assert!(sent > 700_000, "{sent} bit/s of 1 000 000");
}

/// Without a stream of retransmissions there is nothing to fill the path with while it is probed.
#[test]
fn without_repair_a_probe_that_finds_nothing_to_send_ends() {
    let mut call = Call::without_repair(7, Link::millis(25));
    // So little that a probe has to be filled up; the pair panics where a machine is never silent.
    call.bitrate = Some(20_000);
    call.run_for(Duration::from_secs(10));
    assert!(call.seen.len() > 280, "{} pictures", call.seen.len());
}
