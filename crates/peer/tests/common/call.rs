//! Two peers with a microphone and a camera each, and frames between them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use limpid_netsim::{Handle, Link};
use limpid_peer::limpid_rtp::codec::FrameToSend;
use limpid_peer::limpid_rtp::{Extras, send};
use limpid_peer::{ConnectionState, MediaKind, Peer, Track, TransceiverId};
use limpid_sansio::{Direction, Record, Tap};

use super::Couple;

pub(crate) fn picture(number: u32, is_key: bool) -> Vec<u8> {
    let mut frame = match is_key {
        true => vec![0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00],
        false => vec![0x11, 0x02, 0x00, 0, 0, 0, 0, 0, 0, 0],
    };
    frame.extend_from_slice(&number.to_be_bytes());
    frame.resize(3000, 7);
    frame
}

pub(crate) fn write(couple: &mut Couple, side: Handle<Peer>, id: TransceiverId, number: u32, data: &[u8]) {
    assert!(try_write(couple, side, id, number, data), "no room");
}

/// Whether it was taken.
pub(crate) fn try_write(
    couple: &mut Couple,
    side: Handle<Peer>,
    id: TransceiverId,
    number: u32,
    data: &[u8],
) -> bool {
    let frame = send::Frame {
        media_time: Duration::from_millis(33) * number,
        captured: None,
        data,
        info: FrameToSend::default(),
        extras: Extras::default(),
    };
    couple.world.with(side, |peer, now| peer.write_frame(now, id, &frame)).is_ok()
}

pub(crate) fn read(couple: &mut Couple, side: Handle<Peer>, id: TransceiverId) -> Vec<Vec<u8>> {
    couple.world.with(side, |peer, now| {
        let mut frames = Vec::new();
        while let Some((frame, _)) = peer.read_frame(now, id) {
            frames.push(frame.data.to_vec());
        }
        frames
    })
}

/// Both sides have a microphone and a camera.
pub(crate) fn call(link: Link) -> (Couple, [TransceiverId; 2]) {
    let mut couple = Couple::new(11, link);
    for side in [couple.a, couple.b] {
        couple.world.with(side, |peer, _| {
            peer.add_track(Track::local(MediaKind::Audio, "mic"), &["call"]).expect("a track");
            peer.add_track(Track::local(MediaKind::Video, "camera"), &["call"]).expect("a track");
        });
    }
    couple.negotiate();
    let (a, b) = (couple.a, couple.b);
    let is_up = couple.world.run_until(Duration::from_secs(5), |world| {
        [a, b].iter().all(|side| world.machine(*side).connection_state() == ConnectionState::Connected)
    });
    assert!(is_up, "{:?}", couple.states());
    let ids = couple.world.machine(a).transceivers().iter().map(|transceiver| transceiver.id());
    let ids: Vec<TransceiverId> = ids.collect();
    (couple, [ids[0], ids[1]])
}

/// Everything that crosses a floor of one peer: floor, way, bytes.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Crossing>>>);

type Crossing = (&'static str, Direction, Vec<u8>);

impl Heard {
    /// Begins to listen to this side.
    pub(crate) fn on(couple: &mut Couple, side: Handle<Peer>) -> Heard {
        let heard = Heard::default();
        couple.world.with(side, |peer, _| peer.set_tap(Some(Box::new(heard.clone()))));
        heard
    }

    /// What crossed that floor that way.
    pub(crate) fn of(&self, floor: &str, way: Direction) -> Vec<Vec<u8>> {
        let all = self.0.lock().expect("one thread");
        let found = all.iter().filter(|(known, direction, _)| *known == floor && *direction == way);
        found.map(|(.., bytes)| bytes.clone()).collect()
    }
}

impl Tap for Heard {
    fn record(&mut self, record: &Record<'_>) {
        if let (Some((way, _)), Some(bytes)) = (record.flow, record.bytes) {
            self.0.lock().expect("one thread").push((record.machine, way, bytes.to_vec()));
        }
    }
}
