//! Loss × delay, jitter, reordering and duplicates: both ends complete on one pair, and how soon.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use limpid_ice::{Config, ConnectionState, Timing};
use limpid_netsim::Link;

/// Milliseconds until both are completed; checks that they agree and that payload crosses.
fn completed_after(seed: u64, link: Link, tweak: impl Fn(&mut Config)) -> u64 {
    let mut call = Call::direct(seed, tweak);
    for end in 0..2 {
        let host = call.ends[end].host;
        call.world.set_link(host, link);
    }
    call.signal();
    assert!(
        call.run_until_both(secs(39), ConnectionState::Completed),
        "seed {seed}, {link:?}: {:?} at {}",
        call.states(),
        call.world.now()
    );
    assert_eq!(call.selected(0), call.selected(1).map(|path| path.reversed()));
    call.world.now().as_nanos() / 1_000_000
}

#[test]
fn up_to_thirty_percent_each_way_at_every_delay() {
    for loss in [0.0, 0.05, 0.1, 0.2, 0.3] {
        for delay in [0, 10, 50, 150] {
            // A host's link carries packets of both directions, and there are two links: `loss` is of the whole way.
            let part = 1.0 - (1.0_f64 - loss).sqrt();
            let mut times: Vec<u64> =
                (0..15).map(|seed| completed_after(seed, Link::millis(delay).loss(part), |_| ())).collect();
            times.sort_unstable();
            // 20 ms of signalling, three trips each way at most without loss.
            let clean = 20 + 50 + 6 * 2 * delay;
            assert!(loss > 0.0 || times[14] <= clean, "{delay} ms: {times:?}");
            // Half of the runs need no more than a few retransmissions.
            assert!(times[7] <= clean + 4_000, "{loss} {delay} ms: {times:?}");
        }
    }
}

#[test]
fn jitter_reordering_and_duplicates_change_nothing() {
    for seed in 0..30 {
        let link = Link::millis(20).jitter(ms(40)).reorder(0.2, ms(80)).duplicate(0.3);
        assert!(completed_after(seed, link, |_| ()) < 2_000);
    }
}

//~ covers 8445-14.3-b
#[test]
fn the_timing_of_the_rfc_works_too_and_takes_longer_under_loss() {
    let sum = |timing: Timing| -> u64 {
        (0..20).map(|seed| completed_after(seed, Link::millis(10).loss(0.15), |c| c.timing = timing)).sum()
    };
    let (by_rfc, by_default) = (sum(Timing::RFC8445), sum(Timing::default()));
    assert!(by_default < by_rfc, "{by_default} ms by default, {by_rfc} ms by the RFC");
}
