//! A goodbye mutes the track at once, and what comes late does not unmute it. W3C webrtc-pc §9.3.

mod common;

use std::time::Duration;

use common::Couple;
use limpid_netsim::Link;
use limpid_peer::limpid_rtp::codec::FrameToSend;
use limpid_peer::limpid_rtp::{Extras, send};
use limpid_peer::{Event, MediaKind, Track};

fn picture(number: u32) -> Vec<u8> {
    let mut frame = vec![0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00];
    frame.extend_from_slice(&number.to_be_bytes());
    frame
}

#[test]
fn a_goodbye_mutes_at_once() {
    let mut couple = Couple::new(5, Link::millis(10));
    let (a, b) = (couple.a, couple.b);
    let camera = couple.world.with(a, |peer, _| {
        peer.add_track(Track::local(MediaKind::Video, "camera"), &["call"]).expect("a track")
    });
    couple.negotiate();
    let shows = |couple: &mut Couple, number: u32| {
        let (data, info) = (picture(number), FrameToSend::default());
        let media_time = Duration::from_millis(33) * number;
        let frame = send::Frame { media_time, captured: None, data: &data, info, extras: Extras::default() };
        let _ = couple.world.with(a, |peer, now| peer.write_frame(now, camera, &frame));
        couple.world.run_for(Duration::from_millis(33));
    };
    couple.world.run_for(Duration::from_secs(2));
    (0..10).for_each(|number| shows(&mut couple, number));
    let said = |couple: &mut Couple| -> Vec<bool> {
        let events = couple.world.take_events(b);
        let muted = events.into_iter().filter_map(|(_, event)| match event {
            Event::TrackMuted(_) => Some(true),
            Event::TrackUnmuted(_) => Some(false),
            _ => None,
        });
        muted.collect()
    };
    assert_eq!(said(&mut couple), [false]);
    // Some of it is not read yet when the source leaves.
    shows(&mut couple, 10);
    couple.world.with(a, |peer, _| {
        let ssrc = peer.rtp().senders().next().expect("the camera");
        peer.rtp().remove_sender(ssrc);
    });
    couple.world.run_for(Duration::from_millis(700));
    assert_eq!(said(&mut couple), [true], "before anybody would call it silence");
    couple.world.run_for(Duration::from_secs(5));
    assert_eq!(said(&mut couple), [], "and once");
}
