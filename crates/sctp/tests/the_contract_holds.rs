//! The contract of `limpid_sansio`, as checks that every machine is put through.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sansio::{Machine, conformance};
use limpid_sctp::{Association, ChannelConfig, Inbound};

/// The packets that end 1 got in an association with a channel and some messages, up to a time.
fn history() -> Vec<Vec<u8>> {
    let mut net = Net::connected(Link::PERFECT);
    let (ours, theirs) = net.channel(ChannelConfig::default());
    for n in 0..20 {
        net.send(0, ours, &pattern(n, 700 * n));
        net.send(1, theirs, &pattern(n, 10));
    }
    net.run(MS(1000));
    net.log.iter().filter(|entry| entry.1 == 0).map(|entry| entry.2.clone()).collect()
}

fn feed(end: &mut Association, now: limpid_sansio::Instant, bytes: &mut [u8]) {
    end.handle_input(now, Inbound { ecn: None, bytes }).unwrap();
}

fn end_one() -> Association {
    let mut end = Association::new(config(2), start());
    end.set_parity(limpid_sctp::Parity::Odd);
    end.connect(start());
    end
}

#[test]
fn a_burst_gives_the_same_facts_as_packets_one_by_one() {
    conformance::check_bursts_are_like_single_inputs(end_one, start(), &history(), feed);
}

#[test]
fn altered_packets_of_an_association_are_noise() {
    let mut noise = Vec::new();
    for (n, packet) in history().into_iter().enumerate() {
        for at in 0..8 {
            let mut altered = packet.clone();
            let place = (n * 13 + at * 37) % altered.len();
            altered[place] ^= 1 << at;
            noise.push(altered);
        }
        noise.push(packet[..packet.len() / 2].to_vec());
    }
    let mut end = end_one();
    conformance::check_noise_is_no_error(&mut end, start(), noise, |end, now, bytes| {
        end.handle_input(now, Inbound { ecn: None, bytes })
    });
}

#[test]
fn timeouts_move_on_at_every_step_of_a_lossy_life() {
    let mut net = Net::connected(Link { loss: 15, jitter: MS(4), ..Link::PERFECT });
    net.keep_log = false;
    let (ours, theirs) = net.channel(ChannelConfig::default());
    for n in 0..300 {
        let _ = net.write(0, ours, &pattern(n, 2000));
        let _ = net.write(1, theirs, &pattern(n, 50));
        net.run(MS(n as u64 % 40));
        for side in 0..2 {
            net.flush(side);
            conformance::check_early_timeout_is_harmless(&mut net.ends[side], net.now);
        }
        if n == 250 {
            let now = net.now;
            net.ends[0].shutdown(now);
        }
    }
    for _ in 0..200 {
        for side in 0..2 {
            if let Some(at) = net.ends[side].poll_timeout() {
                net.now = net.now.max(at);
                conformance::check_timeout_moves_on(&mut net.ends[side], net.now);
            }
        }
    }
    assert!(net.ends[0].finished(), "with nobody to answer, the guard has ended it");
}
