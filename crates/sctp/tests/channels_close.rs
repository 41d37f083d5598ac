//! Channels: how they close, and how their stream identifiers come back.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sctp::chunk::ChunkType;
use limpid_sctp::{ChannelConfig, ChannelState, Event, WriteError};

//~ covers 8831-6.7-a, 8831-6.7-b, 6525-5.1.2-a
#[test]
fn closing_delivers_what_was_written_then_resets_both_ways_and_frees_the_id() {
    for loss in [0, 25] {
        let mut net = Net::connected(Link { loss, jitter: MS(3), ..Link::PERFECT });
        let (ours, theirs) = net.channel(ChannelConfig::default());
        for n in 0..50 {
            net.write(0, ours, &pattern(n, 5000)).unwrap();
        }
        let now = net.now;
        net.ends[0].close_channel(now, ours);
        assert_eq!(net.write(0, ours, b"late"), Err(WriteError::NotOpen));
        net.flush(0);
        let closed = |net: &mut Net| {
            net.events[0].contains(&Event::ChannelClosed(ours))
                && net.events[1].contains(&Event::ChannelClosed(theirs))
        };
        assert!(net.run_until(MS(120_000), closed), "loss {loss}");
        assert_eq!(net.messages(1, theirs), (0..50).map(|n| pattern(n, 5000)).collect::<Vec<_>>());
        assert!(net.events[1].contains(&Event::ChannelClosing(theirs)));
        assert!(net.ends[0].channel(ours).is_none() && net.ends[1].channel(theirs).is_none());
        let (again, there) = net.channel(ChannelConfig::default());
        assert_eq!(net.ends[0].channel(again).unwrap().stream_id, Some(0));
        net.send(0, again, b"a new life");
        net.run(MS(30_000));
        assert_eq!(net.messages(1, there), [b"a new life"]);
    }
}

#[test]
fn an_id_that_is_used_again_before_the_last_answer_arrives_is_a_new_channel() {
    let mut net = Net::connected(Link::PERFECT);
    let (ours, theirs) = net.channel(ChannelConfig::default());
    // The answer to end 1's reset is lost: the second RE-CONFIG of end 0.
    let mut seen = 0;
    net.filter = Some(Box::new(move |side, _, packet| {
        seen += usize::from(side == 0 && kinds(packet).contains(&ChunkType::RECONFIG));
        !(side == 0 && seen == 2 && kinds(packet).contains(&ChunkType::RECONFIG))
    }));
    let now = net.now;
    net.ends[0].close_channel(now, ours);
    net.flush(0);
    assert!(net.run_until(MS(300), |net| net.events[0].contains(&Event::ChannelClosed(ours))));
    assert!(!net.events[1].contains(&Event::ChannelClosed(theirs)), "it still waits");
    let (again, there) = net.channel(ChannelConfig::default());
    assert_eq!(net.ends[0].channel(again).unwrap().stream_id, Some(0));
    assert!(net.events[1].contains(&Event::ChannelClosed(theirs)));
    net.send(0, again, b"one");
    net.run(MS(3000));
    net.send(1, there, b"two");
    net.send(0, again, b"three");
    net.run(MS(3000));
    assert_eq!(net.messages(1, there), [&b"one"[..], b"three"]);
    assert_eq!(net.messages(0, again), [b"two"]);
}

#[test]
fn both_sides_may_close_at_once_and_many_channels_in_turn() {
    let mut net = Net::connected(Link { loss: 5, ..Link::PERFECT });
    net.keep_log = false;
    for round in 0..60 {
        let (ours, theirs) = net.channel(ChannelConfig::default());
        net.send(0, ours, &pattern(round, 100));
        net.run(MS(2000));
        let now = net.now;
        net.ends[0].close_channel(now, ours);
        if round % 2 == 0 {
            net.ends[1].close_channel(now, theirs);
        }
        net.flush(0);
        net.flush(1);
        let closed = |net: &mut Net| {
            net.events[0].contains(&Event::ChannelClosed(ours))
                && net.events[1].contains(&Event::ChannelClosed(theirs))
        };
        assert!(net.run_until(MS(60_000), closed), "round {round}");
    }
    assert_eq!(net.ends[0].stats().send_held, 0);
    assert_eq!(net.ends[1].stats().receive_held, 0);
}

#[test]
fn a_closed_channel_goes_when_its_last_message_is_read_either_way() {
    for lent in [true, false] {
        let mut net = Net::connected(Link::PERFECT);
        let (ours, theirs) = net.channel(ChannelConfig::default());
        net.reading[1] = false;
        net.send(0, ours, b"read late");
        net.run(MS(100));
        let now = net.now;
        net.ends[0].close_channel(now, ours);
        net.flush(0);
        net.run(MS(100));
        assert!(net.events[1].contains(&Event::ChannelClosed(theirs)));
        let end = &mut net.ends[1];
        assert_eq!(end.channel(theirs).unwrap().state, ChannelState::Closed);
        let mut read = || match lent {
            true => end.read(theirs).map(|message| message.bytes.to_vec()),
            false => end.read_bytes(theirs).map(|(_, bytes)| bytes.to_vec()),
        };
        assert_eq!((read().as_deref(), read()), (Some(&b"read late"[..]), None));
        assert!(end.channel(theirs).is_none(), "lent {lent}");
    }
}
