//! The rate finds the width of a link, leaves it when it becomes narrow, and comes back: with transport-wide feedback and with
//! that of RFC 8888, over the same links and with the same floors.

mod common;

use std::time::Duration;

use common::Call;
use limpid_netsim::{Link, Side};
use limpid_rtp::session::Feedback;

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

/// Each link, with either kind of feedback.
fn both(test: impl Fn(Feedback)) {
    [Feedback::TransportWide, Feedback::CongestionControl].into_iter().for_each(test);
}

/// The feedback that was agreed on is what was gone by.
fn assert_told(call: &Call) {
    let stats = call.pair.a.machine.estimate();
    assert!(stats.feedbacks > 60, "{stats:?}");
}

fn call(seed: u64, feedback: Feedback) -> Call {
    Call::with_feedback(seed, Link::millis(25), feedback)
}

#[test]
fn a_link_of_two_megabits_is_found_within_seconds() {
    both(|feedback| is_found(&mut call(3, feedback), feedback));
}

fn is_found(call: &mut Call, feedback: Feedback) {
    call.pair.set_link(Side::Left, bottleneck(2_000_000, 0.0));
    call.run_for(Duration::from_secs(8));
    let sent = throughput(call, Duration::from_secs(4));
    assert!((1_400_000..2_150_000).contains(&sent), "{feedback:?}: {sent} bit/s");
    assert_told(call);
}

#[test]
fn a_step_down_is_followed_and_the_step_back_too() {
    both(|feedback| is_followed(&mut call(4, feedback), feedback));
}

fn is_followed(call: &mut Call, feedback: Feedback) {
    call.pair.set_link(Side::Left, bottleneck(2_000_000, 0.0));
    call.run_for(Duration::from_secs(15));
    call.pair.set_link(Side::Left, bottleneck(500_000, 0.0));
    call.run_for(Duration::from_secs(2));
    let sent = throughput(call, Duration::from_secs(3));
    assert!(sent < 520_000, "{feedback:?}: {sent} bit/s two seconds after the step");
    let start = call.seen.len();
    call.run_for(Duration::from_secs(3));
    let late = common::percentile(&call.seen[start..], 50);
    assert!(
        late < Duration::from_millis(25 + 300 + 40),
        "{feedback:?}: half of the pictures come within {late:?}"
    );
    call.pair.set_link(Side::Left, bottleneck(2_000_000, 0.0));
    call.run_for(Duration::from_secs(13));
    let sent = throughput(call, Duration::from_secs(2));
    assert!(sent > 1_600_000, "{feedback:?}: {sent} bit/s 15 s after the end of it");
    assert_told(call);
}

#[test]
fn ten_per_cent_of_loss_do_not_starve_the_pictures() {
    both(|feedback| is_not_starved(&mut call(6, feedback), feedback));
}

fn is_not_starved(call: &mut Call, feedback: Feedback) {
    call.pair.set_link(Side::Left, bottleneck(1_000_000, 0.1));
    call.run_for(Duration::from_secs(20));
    let sent = throughput(call, Duration::from_secs(10));
    assert!(sent > 700_000, "{feedback:?}: {sent} bit/s of 1 000 000");
    assert_told(call);
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
