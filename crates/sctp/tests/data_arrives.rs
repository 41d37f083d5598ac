//! Whatever the wire does, what was written is what is read.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sctp::{ChannelConfig, Config, Event, WriteError};

fn sizes() -> Vec<usize> {
    vec![0, 1, 3, 4, 64, 1000, 1167, 1168, 1169, 1172, 1173, 2400, 5000, 65_535, 65_536, 100_000, 262_144]
}

fn transfer(link: Link, config_a: Config, config_b: Config, total: usize) -> Net {
    let mut net = Net::connected_with(config_a, config_b, link);
    net.keep_log = false;
    net.ends[0].set_remote_max_message_size(0);
    net.ends[1].set_remote_max_message_size(0);
    let ids = net.channel(ChannelConfig::default());
    let sizes = sizes();
    let mut sent = [Vec::new(), Vec::new()];
    let mut written = [0, 0];
    let done = net.run_until(MS(3_600_000), |net| {
        for side in 0..2 {
            let id = if side == 0 { ids.0 } else { ids.1 };
            while written[side] < total {
                let number = sent[side].len();
                let message = pattern(number + side, sizes[(number * 7 + side) % sizes.len()]);
                match net.write(side, id, &message) {
                    Ok(()) => {
                        written[side] += message.len() + 1;
                        sent[side].push(message);
                    }
                    Err(WriteError::Full) => break,
                    Err(other) => panic!("{other:?}"),
                }
            }
            net.flush(side);
        }
        let count = |side: usize, id| net.received[side].get(id).map_or(0, Vec::len);
        count(1, &ids.1) == sent[0].len() && count(0, &ids.0) == sent[1].len()
    });
    assert!(done, "not all arrived: {link:?}");
    assert!(net.messages(1, ids.1) == sent[0], "{link:?}");
    assert!(net.messages(0, ids.0) == sent[1], "{link:?}");
    net
}

//~ covers 9260-6.3.1-d
#[test]
fn what_waited_for_a_retransmission_measures_no_round_trip() {
    let mut net = Net::connected(Link::PERFECT);
    let (ours, theirs) = net.channel(Default::default());
    net.run(MS(100));
    // The first packet is lost, and for a while all answers to those behind it.
    net.link.loss = 100;
    net.send(0, ours, &[1; 1100]);
    net.link.loss = 0;
    net.filter = Some(Box::new(|side, _, _| side == 0));
    (2..6).for_each(|n| net.send(0, ours, &[n; 1100]));
    net.run(MS(300));
    assert_eq!(net.messages(1, theirs).len(), 0);
    net.filter = None;
    net.run(MS(2000));
    assert_eq!(net.messages(1, theirs).len(), 5);
    let srtt = net.ends[0].stats().srtt.unwrap();
    assert!(srtt < MS(15), "{srtt:?} on a path of 10 ms");
}

//~ covers 9260-5.1-c
#[test]
fn the_first_data_is_acknowledged_at_once() {
    let mut net = Net::connected(Link::PERFECT);
    net.run(MS(100));
    let negotiated = ChannelConfig { negotiated: Some(3), ..ChannelConfig::default() };
    let now = net.now;
    let id = net.ends[0].open_channel(now, negotiated).unwrap();
    net.send(0, id, b"first");
    net.run(MS(6));
    assert_eq!(net.ends[1].stats().sacks_sent, 1);
}

//~ covers 9260-6.9-a
#[test]
fn fragments_of_a_message_have_consecutive_tsns_and_one_ssn() {
    let mut net = Net::connected(Link::PERFECT);
    let (one, _) = net.channel(ChannelConfig::default());
    let (two, _) = net.channel(ChannelConfig::default());
    net.log.clear();
    for _ in 0..3 {
        net.write(0, one, &pattern(1, 6000)).unwrap();
        net.write(0, two, &pattern(2, 6000)).unwrap();
    }
    net.flush(0);
    net.run(MS(500));
    let packets: Vec<_> = net.log.iter().filter(|entry| entry.1 == 0).collect();
    let all = packets.iter().flat_map(|entry| chunks(&entry.2)).filter(|chunk| chunk.kind.0 == 0);
    let all: Vec<_> = all.map(|chunk| limpid_sctp::chunk::Data::parse(&chunk).unwrap()).collect();
    let mut messages = 0;
    for pair in all.windows(2) {
        assert_eq!(pair[1].tsn, pair[0].tsn.wrapping_add(1));
        let ends = pair[0].flags & 1 != 0;
        assert_eq!(ends, pair[1].flags & 2 != 0, "E, then B");
        messages += usize::from(ends);
        assert!(ends || (pair[0].stream_id, pair[0].ssn) == (pair[1].stream_id, pair[1].ssn));
    }
    assert_eq!(messages, 5);
}

//~ covers 9260-6.6-a
#[test]
fn an_unordered_message_does_not_wait_and_an_ordered_one_of_another_channel_neither() {
    let mut net = Net::connected(Link { delay: MS(50), ..Link::PERFECT });
    let (ordered, ordered_there) = net.channel(ChannelConfig::default());
    let (other, other_there) = net.channel(ChannelConfig::default());
    let unordered = ChannelConfig { ordered: false, ..ChannelConfig::default() };
    let (unordered, unordered_there) = net.channel(unordered);
    net.run(MS(500));
    let mut left = 1;
    net.filter = Some(Box::new(move |side, _, _| {
        let lose = side == 0 && left > 0;
        left -= i32::from(lose);
        !lose
    }));
    for (id, text) in [(ordered, b"lost"), (ordered, b"late"), (other, b"next"), (unordered, b"free")] {
        net.send(0, id, text);
    }
    net.run(MS(60));
    assert_eq!(net.messages(1, ordered_there).len(), 0);
    assert_eq!(net.messages(1, other_there), [b"next"]);
    assert_eq!(net.messages(1, unordered_there), [b"free"]);
    net.run(MS(1000));
    assert_eq!(net.messages(1, ordered_there), [b"lost", b"late"]);
}

#[test]
fn over_a_matrix_of_loss_delay_reordering_and_duplication() {
    for loss in [0, 1, 5, 30] {
        for (delay, jitter, duplicate) in [(0, 0, 0), (10, 0, 5), (25, 15, 20)] {
            let link = Link { delay: MS(delay), jitter: MS(jitter), loss, duplicate };
            let total = if loss == 30 { 150_000 } else { 600_000 };
            let seed = (loss + 3 * duplicate) as u8;
            transfer(link, config(seed + 1), config(seed + 2), total);
        }
    }
}

#[test]
fn in_batches_and_with_small_buffers() {
    let small = |seed| Config {
        send_quantum: 10_000,
        send_buffer: 50_000,
        receive_window: 600_000,
        max_datagram: 576,
        ..config(seed)
    };
    for loss in [0, 3] {
        let link = Link { delay: MS(5), jitter: MS(1), loss, duplicate: 1 };
        transfer(link, small(1), small(2), 1_500_000);
    }
}

#[test]
fn the_same_seeds_give_the_same_packets() {
    let run = || {
        let link = Link { delay: MS(10), jitter: MS(5), loss: 5, duplicate: 5 };
        let mut net = Net::connected(link);
        let (ours, _) = net.channel(ChannelConfig::default());
        for n in 0..50 {
            net.send(0, ours, &pattern(n, 3000));
            net.run(MS(3));
        }
        net.run(MS(20_000));
        net.log
    };
    let (first, second) = (run(), run());
    assert!(first.len() > 200);
    assert_eq!(first, second);
}

#[test]
fn a_lost_tail_is_sent_again_long_before_a_second() {
    let link = Link { delay: std::time::Duration::from_micros(30), ..Link::PERFECT };
    let mut net = Net::connected(link);
    let (ours, theirs) = net.channel(ChannelConfig::default());
    net.send(0, ours, b"warm");
    net.run(MS(50));
    // The next two packets of end 0 are lost: the message, and the first probe.
    let mut left = 2;
    net.filter = Some(Box::new(move |side, _, _| {
        let lose = side == 0 && left > 0;
        left -= i32::from(lose);
        !lose
    }));
    let begin = net.now;
    net.send(0, ours, b"tail");
    assert!(net.run_until(MS(1000), |net| net.messages(1, theirs).len() == 2));
    assert!(net.now.since(begin) < MS(50), "{:?}", net.now.since(begin));
    assert_eq!(net.ends[0].stats().timeouts, 0);
}

//~ covers 9260-7.2.4-a, 9260-7.2.3-a
#[test]
fn a_loss_in_the_middle_is_repaired_within_a_round_trip_and_cuts_the_window_once() {
    let mut net = Net::connected(Link { delay: MS(20), ..Link::PERFECT });
    let (ours, theirs) = net.channel(ChannelConfig::default());
    net.ends[0].set_remote_max_message_size(0);
    let mut data = 0;
    net.filter = Some(Box::new(move |side, _, packet| {
        let is_data = side == 0 && kinds(packet).contains(&limpid_sctp::chunk::ChunkType::DATA);
        data += i32::from(is_data);
        !(is_data && (data == 3 || data == 4))
    }));
    let begin = net.now;
    net.send(0, ours, &pattern(1, 11_000));
    assert!(net.run_until(MS(5000), |net| !net.messages(1, theirs).is_empty()));
    assert!(net.now.since(begin) <= MS(65), "{:?}", net.now.since(begin));
    net.run(MS(1000));
    let stats = net.ends[0].stats();
    assert_eq!((stats.fast_recoveries, stats.timeouts, stats.retransmits), (1, 0, 2));
}

#[test]
fn lost_retransmissions_are_noticed_without_a_timeout() {
    let mut net = Net::connected(Link { delay: MS(20), ..Link::PERFECT });
    let (ours, theirs) = net.channel(ChannelConfig::default());
    net.ends[0].set_remote_max_message_size(0);
    let mut seen = std::collections::BTreeMap::new();
    let mut first = None;
    net.filter = Some(Box::new(move |side, _, packet| {
        let tsns =
            chunks(packet).into_iter().filter_map(|chunk| limpid_sctp::chunk::Data::parse(&chunk).ok());
        let Some(tsn) = tsns.map(|data| data.tsn).next().filter(|_| side == 0) else { return true };
        let first = *first.get_or_insert(tsn);
        let times = seen.entry(tsn).or_insert(0);
        *times += 1;
        // The third packet is lost three times.
        !(tsn == first + 2 && *times <= 3)
    }));
    for n in 0..40 {
        net.send(0, ours, &pattern(n, 1100));
        net.run(MS(5));
    }
    assert!(net.run_until(MS(3000), |net| net.messages(1, theirs).len() == 40));
    assert_eq!(net.ends[0].stats().timeouts, 0);
}

//~ covers 9260-6.3.3-a, 9260-8.1-a
#[test]
fn a_peer_that_is_gone_is_given_up_after_backing_off() {
    let mut net = Net::connected(Link::PERFECT);
    let (ours, _) = net.channel(ChannelConfig::default());
    net.filter = Some(Box::new(|_, _, _| false));
    net.send(0, ours, b"anyone?");
    net.run(MS(300_000));
    let reason = limpid_sctp::CloseReason::Failed(limpid_sctp::Error::PeerUnreachable);
    assert_eq!(net.events[0].last(), Some(&Event::Closed(reason)));
    assert_eq!(net.ends[0].stats().timeouts, 11);
}

//~ covers 9260-8.3-a
#[test]
fn an_idle_path_is_asked_by_heartbeat() {
    let mut net = Net::connected(Link::PERFECT);
    net.run(MS(100_000));
    assert!(net.is_up());
    let asked =
        net.sent(0).iter().filter(|kinds| kinds.contains(&limpid_sctp::chunk::ChunkType::HEARTBEAT)).count();
    assert!((2..=4).contains(&asked), "{asked}");
    net.filter = Some(Box::new(|_, _, _| false));
    net.run(MS(600_000));
    assert!(net.ends[0].finished() && net.ends[1].finished());
}
