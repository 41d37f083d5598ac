//! The circuit breakers of RFC 8083, as the application sees them.

mod common;

use std::time::Duration;

use common::{AUDIO_SSRC, Call, VIDEO_SSRC};
use limpid_netsim::{Link, Side};
use limpid_rtp::bwe::{Limits, Trip};
use limpid_rtp::session::Event;
use limpid_rtp::{Ssrc, send};
use limpid_sansio::{Instant, PathInfo};

fn nothing() -> Link {
    Link { loss: 1.0, ..Link::millis(25) }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// When a stream ceased, and why.
fn ceased(call: &Call, ssrc: Ssrc) -> Option<(Instant, Trip)> {
    call.told.iter().find_map(|(at, event)| match *event {
        Event::SendingCeased { ssrc: of, trip } if of == ssrc => Some((*at, trip)),
        _ => None,
    })
}

fn resumed(call: &Call, ssrc: Ssrc) -> Option<Instant> {
    call.told.iter().find(|(_, event)| *event == Event::SendingResumed(ssrc)).map(|(at, _)| *at)
}

/// Nothing that is sent has arrived for twelve seconds.
fn dead_one_way() -> Call {
    let mut call = Call::new(2, Link::millis(25));
    call.run_for(seconds(3));
    call.pair.set_link(Side::Left, nothing());
    call.run_for(seconds(12));
    call
}

/// Packets of RTP that left within so long.
fn packets(call: &mut Call, time: Duration) -> u64 {
    fn count(call: &mut Call) -> u64 {
        let stats = |ssrc| call.pair.a.machine.sender(ssrc).expect("there").stats().packets_sent;
        [VIDEO_SSRC, AUDIO_SSRC].map(stats).iter().sum()
    }
    let before = count(call);
    call.run_for(time);
    count(call) - before
}

//~ covers 8083-4.1-b, 8083-4.5-b
#[test]
fn without_rtcp_all_streams_cease_and_go_on_when_it_comes_back() {
    let mut call = Call::new(1, Link::millis(25));
    call.run_for(seconds(3));
    call.pair.set_link(Side::Right, nothing());
    call.run_for(seconds(14));
    assert_eq!(ceased(&call, VIDEO_SSRC), None);
    call.run_for(seconds(2));
    for ssrc in [VIDEO_SSRC, AUDIO_SSRC] {
        assert_eq!(ceased(&call, ssrc).expect("15 s").1, Trip::RtcpTimeout);
    }
    assert_eq!(packets(&mut call, seconds(5)), 0);
    let mut sender = call.pair.a.machine.sender(VIDEO_SSRC).expect("there");
    assert_eq!(sender.ceased(), Some(Trip::RtcpTimeout));
    let frame = common::picture(0, true, 100);
    let frame = send::Frame {
        media_time: seconds(1),
        captured: None,
        data: &frame,
        info: Default::default(),
        extras: Default::default(),
    };
    assert_eq!(sender.write(Instant::from_millis(22_000), &frame), Err(send::Refused::Ceased));
    // The way back carries again: no sooner than it took to find out.
    call.pair.set_link(Side::Right, Link::millis(25));
    call.run_for(seconds(20));
    let (since, _) = ceased(&call, VIDEO_SSRC).expect("ceased");
    let until = resumed(&call, VIDEO_SSRC).expect("resumed");
    assert!((15..17).contains(&until.since(since).as_secs()), "{until:?} after {since:?}");
    let before = call.seen.len();
    call.run_for(seconds(2));
    assert!(call.seen.len() - before > 45, "{} pictures", call.seen.len() - before);
}

//~ covers 8083-4.2-a, 8083-4.5-a, 8083-4.5-b
#[test]
fn what_does_not_arrive_ceases_until_there_is_reason_to_try_again() {
    let mut call = dead_one_way();
    let (since, trip) = ceased(&call, VIDEO_SSRC).expect("five reports");
    assert_eq!(trip, Trip::MediaTimeout);
    assert!(since < Instant::from_millis(12_000), "{since:?}");
    call.pair.set_link(Side::Left, Link::millis(25));
    assert_eq!(packets(&mut call, seconds(2)), 0, "RTCP alone is no reason");
    let resume = |call: &mut Call| {
        call.pair.left(|session, now| session.sender(VIDEO_SSRC).expect("there").resume(now))
    };
    assert!(!resume(&mut call), "too early");
    call.run_for(seconds(15));
    assert_eq!(resumed(&call, VIDEO_SSRC), None);
    assert!(resume(&mut call));
    call.run_for(seconds(3));
    assert!(resumed(&call, VIDEO_SSRC).is_some() && call.seen.last().expect("seen").at > since + seconds(15));
    assert_eq!(resumed(&call, AUDIO_SSRC), None, "each by itself");
    // Something came back.
    call.pair.left(|session, now| session.path_answered(now));
    call.run_for(seconds(1));
    assert!(resumed(&call, AUDIO_SSRC).is_some());
}

//~ covers 8083-4.5-b
#[test]
fn on_another_route_all_begins_anew() {
    let mut call = dead_one_way();
    call.pair.set_link(Side::Left, Link::millis(25));
    assert_eq!(ceased(&call, AUDIO_SSRC).map(|(_, trip)| trip), Some(Trip::MediaTimeout));
    call.pair.left(|session, _| session.path_changed(PathInfo { max_datagram: 1150, is_new_route: true }));
    call.run_for(seconds(1));
    assert!(resumed(&call, AUDIO_SSRC).is_some());
}

//~ covers 8083-4.3-a
#[test]
fn ten_times_what_tcp_would_send_is_too_much() {
    let far = |loss| Link { loss, ..Link::millis(250) };
    for (loss, expected) in [(0.01, None), (0.25, Some(Trip::Congestion))] {
        // An application that does not care.
        let limits = Limits { min: 1_000_000, start: 1_000_000, max: 1_000_000 };
        let mut call = Call::with_limits(3, far(0.0), limits);
        call.pair.set_link(Side::Left, far(loss));
        call.run_for(seconds(40));
        assert_eq!(ceased(&call, VIDEO_SSRC).map(|(_, trip)| trip), expected, "{loss}");
    }
}

//~ covers 8083-4.1-b neg
#[test]
fn who_turns_the_breakers_off_sends_on() {
    let mut call = Call::new(4, nothing());
    call.pair.a.machine = {
        let mut config = limpid_rtp::session::Config::new([1; 32], "somebody");
        config.circuit_breakers = false;
        limpid_rtp::Session::new(config)
    };
    call.add_senders(common::video_payloads());
    call.run_for(seconds(20));
    assert_eq!(ceased(&call, VIDEO_SSRC), None);
    assert!(packets(&mut call, seconds(1)) > 50);
}
