//! Back-pressure: a reader that never reads, a writer that never stops, and windows that shut and open.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sansio::Machine;
use limpid_sctp::chunk::{ChunkType, Sack};
use limpid_sctp::{ChannelConfig, Config, WriteError};

fn a_rwnds(net: &Net, side: usize) -> Vec<u32> {
    let of_side = net.log.iter().filter(|entry| entry.1 == side);
    of_side
        .flat_map(|entry| chunks(&entry.2))
        .filter(|chunk| chunk.kind == ChunkType::SACK)
        .map(|chunk| Sack::parse(&chunk).unwrap().a_rwnd)
        .collect()
}

//~ covers 9260-6.2-a, 9260-6.1-a, 9260-6.1-b
#[test]
fn a_reader_that_never_reads_shuts_the_window_and_reading_opens_it() {
    let small = Config { receive_window: 300_000, max_message_size: 100_000, ..config(2) };
    let mut net = Net::connected_with(Config { send_buffer: 1_000_000, ..config(1) }, small, Link::PERFECT);
    let (ours, theirs) = net.channel(ChannelConfig::default());
    net.reading[1] = false;
    let mut written = 0;
    for _ in 0..200 {
        while net.write(0, ours, &pattern(written, 10_000)).is_ok() {
            written += 1;
        }
        net.flush(0);
        net.run(MS(100));
    }
    let (a, b) = (net.ends[0].stats(), net.ends[1].stats());
    assert!(b.receive_held <= 400_000 && a.send_held <= 1_010_000, "{} {}", b.receive_held, a.send_held);
    assert!(net.is_up(), "a shut window is no failure");
    assert!(a_rwnds(&net, 1).iter().any(|window| *window < 2_000), "{:?}", a_rwnds(&net, 1).last());
    assert!(b.dropped[limpid_sctp::DropReason::WindowFull] < 60, "probes back off");

    net.reading[1] = true;
    let mut all = Vec::new();
    while let Some(message) = net.ends[1].read(theirs) {
        all.push(message.bytes.to_vec());
    }
    let count = all.len();
    net.flush(1);
    net.run(MS(60_000));
    all.extend(net.messages(1, theirs));
    assert!(count > 20 && all.len() == written, "{count} {} {written}", all.len());
    assert!(all.iter().enumerate().all(|(n, message)| *message == pattern(n, 10_000)));
}

#[test]
fn a_writer_that_never_stops_is_stopped_by_full() {
    let mut net = Net::connected_with(Config { send_buffer: 100_000, ..config(1) }, config(2), Link::PERFECT);
    let (ours, _) = net.channel(ChannelConfig::default());
    let now = net.now;
    let other = net.ends[0].open_channel(now, ChannelConfig::default()).unwrap();
    net.filter = Some(Box::new(|_, _, _| false));
    let mut results = [0, 0];
    for _ in 0..100_000 {
        match net.write(0, ours, &[1; 100]) {
            Ok(()) => results[0] += 1,
            Err(WriteError::Full) => results[1] += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(results[0] <= 1001 && results[1] > 90_000);
    assert_eq!(net.write(0, other, b"an empty channel is let in"), Ok(()));
    assert!(net.ends[0].stats().send_held < 102_000);
}

#[test]
fn a_message_as_long_as_half_the_window_gets_through() {
    let wide = |seed| Config { receive_window: 4 << 20, max_message_size: 2 << 20, ..config(seed) };
    let mut net = Net::connected_with(wide(1), wide(2), Link { loss: 1, ..Link::PERFECT });
    net.keep_log = false;
    net.ends[0].set_remote_max_message_size(2 << 20);
    let (ours, theirs) = net.channel(ChannelConfig::default());
    for n in 0..4 {
        net.send(0, ours, &pattern(n, 2 << 20));
    }
    assert!(net.run_until(MS(600_000), |net| net.received[1].get(&theirs).is_some_and(|all| all.len() == 4)));
    assert!(net.messages(1, theirs).iter().enumerate().all(|(n, message)| *message == pattern(n, 2 << 20)));
}

//~ covers 9260-6.2-b, 9260-6.2-c
#[test]
fn a_lone_packet_waits_for_its_sack_and_a_burst_gets_one() {
    let mut net = Net::connected(Link::PERFECT);
    let (ours, _) = net.channel(ChannelConfig::default());
    net.run(MS(1000));
    let now = net.now;
    for n in 0..40 {
        net.write(0, ours, &pattern(n, 1100)).unwrap();
    }
    // The whole burst at one time, then one drain.
    let mut out = Vec::new();
    let mut burst = Vec::new();
    while net.ends[0].poll_transmit(now, &mut out).is_some() {
        burst.push(std::mem::take(&mut out));
    }
    assert!(burst.len() >= 8, "{}", burst.len());
    let before = net.ends[1].stats().sacks_sent;
    for packet in &burst {
        let inbound = limpid_sctp::Inbound { ecn: None, bytes: packet };
        net.ends[1].handle_input(now, inbound).unwrap();
    }
    net.flush(1);
    assert_eq!(net.ends[1].stats().sacks_sent, before + 1);
}
