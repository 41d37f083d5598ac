//! An SFU made of streams without descriptions: the example, run over good and bad links, and what it is made of.

mod common;
#[path = "../examples/sfu/main.rs"]
#[allow(dead_code, reason = "its `main` prints")]
mod sfu;

use std::time::Duration;

use common::call::{call, picture, read, write};
use limpid_netsim::Link;
use limpid_peer::limpid_rtp::session::{self, Section};
use limpid_peer::limpid_rtp::{Mid, Ssrc};
use limpid_peer::{Event, payloads_of};

#[test]
fn three_watchers_see_what_one_camera_sends() {
    let (sent, seen) = sfu::run(Link::millis(20), 150);
    assert!(seen.len() == 3 && seen.iter().all(|seen| *seen >= sent - 8), "{seen:?} of {sent}");
}

#[test]
fn loss_on_either_side_is_repaired_there_and_requests_for_key_frames_find_the_camera() {
    let (sent, seen) = sfu::run(Link { loss: 0.03, ..Link::millis(20) }, 300);
    assert!(seen.iter().all(|seen| *seen >= sent * 9 / 10), "{seen:?} of {sent}");
}

/// A description that says nothing of a stream, and the stream that comes all the same.
#[test]
fn a_stream_that_nobody_announced_is_told_of_and_can_be_taken() {
    let (mut couple, [_, camera]) = call(Link::millis(5));
    let (a, b) = (couple.a, couple.b);
    // `b` forgets the camera: its stream is a stranger's.
    let receivers = couple.world.machine(b).receivers_of(camera);
    let codecs = couple.world.machine(b).negotiated_media()[1].receive_codecs.clone();
    couple.world.with(b, |peer, _| receivers.iter().for_each(|(_, id)| peer.rtp().remove_receiver(*id)));
    for number in 0..20 {
        write(&mut couple, a, camera, number, &picture(number, number == 0));
        couple.world.run_for(Duration::from_millis(33));
    }
    let strangers: Vec<_> = couple
        .world
        .events(b)
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Rtp(session::Event::Unsignalled { ssrc, payload_type, mid }) => {
                Some((*ssrc, *payload_type, *mid))
            }
            _ => None,
        })
        .collect();
    let (_, ssrc) = couple.world.machine(a).senders_of(camera)[0];
    // The second is that of its retransmissions.
    let [(told, payload_type, mid), ..] = strangers[..] else { panic!("nobody was told") };
    assert_eq!((told, payload_type.0, mid, strangers.len()), (ssrc, 96, Mid::new("1"), 2), "{strangers:?}");
    let section = Section { mid: None, payloads: payloads_of(&codecs), rids: Vec::new(), is_video: true };
    let taken = couple.world.with(b, |peer, now| {
        let receiver = peer.rtp().add_receiver(now, section, None);
        peer.rtp().bind(receiver, Ssrc(told.0), None);
        receiver
    });
    let mut seen = 0;
    for number in 20..60 {
        write(&mut couple, a, camera, number, &picture(number, number.is_multiple_of(20)));
        couple.world.run_for(Duration::from_millis(33));
        couple.world.with(b, |peer, now| {
            while peer.rtp().receiver(taken).expect("added").read(now).is_some() {
                seen += 1;
            }
        });
        assert!(read(&mut couple, b, camera).is_empty(), "it is no transceiver's");
    }
    assert!(seen >= 35, "{seen} of 40");
}
