//! How associations end: in peace, from both sides at once, at once, and when the wire is bad.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sansio::Machine;
use limpid_sctp::chunk::{self, ChunkType};
use limpid_sctp::{ChannelConfig, CloseReason, Error, Event, Misuse, State, Timing};

//~ covers 9260-9.2-a, 9260-9.2-b, 9260-9.2-c
#[test]
fn shutdown_delivers_what_was_written_and_both_sides_are_done() {
    for (loss, both) in [(0, false), (0, true), (20, false), (20, true)] {
        let mut net = Net::connected(Link { loss, jitter: MS(2), ..Link::PERFECT });
        let (ours, theirs) = net.channel(ChannelConfig::default());
        for n in 0..20 {
            net.write(0, ours, &pattern(n, 3000)).unwrap();
        }
        let now = net.now;
        net.ends[0].shutdown(now);
        assert_eq!(net.ends[0].open_channel(now, ChannelConfig::default()), Err(Misuse::Closed));
        if both {
            net.ends[1].shutdown(now);
            net.flush(1);
        }
        net.flush(0);
        let over = net.run_until(MS(60_000), |net| net.ends.iter().all(|end| end.finished()));
        assert!(over, "loss {loss} both {both}");
        assert_eq!(net.messages(1, theirs).len(), 20, "loss {loss} both {both}");
        for side in 0..2 {
            let last = net.events[side].last().copied();
            let peaceful = last == Some(Event::Closed(CloseReason::Shutdown));
            // The very last packet may be lost over and over; the guard ends it then.
            assert!(peaceful || loss > 0, "side {side}: {last:?}");
            assert_eq!((net.ends[side].state(), net.ends[side].poll_timeout()), (State::Closed, None));
        }
    }
}

#[test]
fn an_idle_association_says_goodbye_within_one_and_a_half_round_trips() {
    let mut net = Net::connected(Link::PERFECT);
    net.run(MS(1000));
    let begin = net.now;
    net.ends[0].shutdown(begin);
    net.flush(0);
    net.run_until(MS(1000), |net| net.ends.iter().all(|end| end.finished()));
    assert_eq!(net.now.since(begin), MS(15));
    let last: Vec<_> = net.log.iter().rev().take(3).map(|entry| kinds(&entry.2)[0]).collect();
    assert_eq!(last, [ChunkType::SHUTDOWN_COMPLETE, ChunkType::SHUTDOWN_ACK, ChunkType::SHUTDOWN]);
}

//~ covers 9260-9.1-a
#[test]
fn abort_is_told_and_closes_every_channel() {
    let mut net = Net::connected(Link::PERFECT);
    let (ours, theirs) = net.channel(ChannelConfig::default());
    let now = net.now;
    net.ends[0].abort(now);
    net.flush(0);
    net.run(MS(100));
    assert!(net.events[0].ends_with(&[Event::ChannelClosed(ours), Event::Closed(CloseReason::Aborted)]));
    let reason = CloseReason::Failed(Error::AbortedByPeer(Some(12)));
    assert!(net.events[1].ends_with(&[Event::ChannelClosed(theirs), Event::Closed(reason)]));
    assert_eq!(net.ends[1].handle_timeout(net.now), Err(Error::AbortedByPeer(Some(12))));
    assert_eq!(net.ends[0].handle_timeout(net.now), Ok(()));
}

#[test]
fn a_shutdown_that_nobody_answers_ends_with_the_guard() {
    let mut net = Net::connected(Link::PERFECT);
    net.filter = Some(Box::new(|_, _, _| false));
    let now = net.now;
    net.ends[0].shutdown(now);
    net.flush(0);
    net.run(Timing::default().shutdown_guard * 2);
    let reason = CloseReason::Failed(Error::ShutdownTimedOut);
    assert_eq!(net.events[0].last(), Some(&Event::Closed(reason)));
    assert_eq!(net.sent(0).last().unwrap()[..], [ChunkType::ABORT]);
}

#[test]
fn shutdown_before_anything_began_is_over_at_once() {
    let mut net = Net::new(config(1), config(2), Link::PERFECT);
    let now = net.now;
    net.ends[0].shutdown(now);
    net.connect(0);
    net.run(MS(1000));
    assert!(net.ends[0].finished() && net.log.is_empty());
}

#[test]
fn a_lost_shutdown_complete_is_answered_out_of_the_blue() {
    let mut net = Net::connected(Link::PERFECT);
    let now = net.now;
    net.filter = Some(Box::new(|_, _, packet| !kinds(packet).contains(&ChunkType::SHUTDOWN_COMPLETE)));
    net.ends[0].shutdown(now);
    net.flush(0);
    net.run(MS(100));
    assert!(net.ends[0].finished() && !net.ends[1].finished());
    net.filter = None;
    net.run(MS(3000));
    assert_eq!(net.events[1].last(), Some(&Event::Closed(CloseReason::Shutdown)));
}

#[test]
fn chunks_of_the_end_mean_nothing_at_other_times() {
    let mut net = Net::connected(Link::PERFECT);
    let last = net.log.iter().rev().find(|entry| entry.1 == 0).unwrap();
    let tag = tag(&last.2);
    net.deliver(1, &forge(tag, chunk::write_shutdown_ack));
    net.deliver(1, &forge(tag, |w| chunk::write_shutdown_complete(w, false)));
    net.deliver(1, &forge(tag, chunk::write_cookie_ack));
    assert!(net.is_up());
    assert_eq!(net.ends[1].stats().dropped[limpid_sctp::DropReason::Unexpected], 3);
}
