//! Two whole sessions, pictures and sound both ways, packets lost and sent again, reports and feedback of either kind: once
//! buffers have grown, not one allocation.

mod common;

use std::collections::VecDeque;
use std::time::Duration;

use common::{AUDIO_SSRC, PICTURE, SOUND, VIDEO_SSRC};
use limpid_rtp::bwe::Limits;
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::session::{Event, Feedback, Inbound, ReceiverId, Session};
use limpid_rtp::{Ssrc, rtcp, send};
use limpid_sansio::{Instant, Machine};

const STEP: Duration = Duration::from_millis(1);
const DELAY: Duration = Duration::from_millis(20);
/// Of either kind, each so-many-th packet is lost.
const LOSS: u64 = 47;

/// One way of the link. Its buffers go around.
struct Wire {
    flying: VecDeque<(Instant, Vec<u8>)>,
    free: Vec<Vec<u8>>,
    packets: u64,
    controls: u64,
}

impl Wire {
    fn new() -> Self {
        let free = (0..500).map(|_| Vec::with_capacity(2000)).collect();
        Wire { flying: VecDeque::with_capacity(500), free, packets: 0, controls: 0 }
    }
}

struct Side {
    session: Session,
    video: ReceiverId,
    audio: ReceiverId,
    wants_key: bool,
    frames: u64,
    pictures: u32,
    sounds: u32,
}

impl Side {
    fn new(seed: u8, feedback: Feedback) -> Self {
        let limits = Limits { start: 1_200_000, max: 1_200_000, ..Limits::default() };
        let mut session = common::session(seed, limits);
        session.set_feedback(feedback, true);
        let mut map = Map::new();
        for (id, kind) in [(1, Kind::Mid), (3, Kind::TransportWide), (7, Kind::DependencyDescriptor)] {
            assert!(map.insert(id, kind));
        }
        session.set_extensions(&map);
        let now = Instant::ZERO;
        let video = session.add_receiver(now, common::section("v", common::video_payloads(), true), None);
        let audio = session.add_receiver(now, common::section("a", common::audio_payloads(), false), None);
        session.add_sender(now, common::video_sender(VIDEO_SSRC, Some(Ssrc(0x1111_1112)))).expect("free");
        session.add_sender(now, common::audio_sender(AUDIO_SSRC)).expect("free");
        Side { session, video, audio, wants_key: true, frames: 0, pictures: 0, sounds: 0 }
    }

    fn produce(&mut self, now: Instant, bytes: &mut Vec<u8>) {
        if now >= Instant::ZERO + PICTURE * self.pictures {
            bytes.resize(4000, 7);
            let head: &[u8] = match core::mem::take(&mut self.wants_key) {
                true => &[0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00],
                false => &[0x11, 0x02, 0x00],
            };
            bytes[..head.len()].copy_from_slice(head);
            self.write(now, VIDEO_SSRC, PICTURE * self.pictures, bytes);
            self.pictures += 1;
        }
        if now >= Instant::ZERO + SOUND * self.sounds {
            bytes.resize(80, 7);
            bytes[0] = 0x78;
            self.write(now, AUDIO_SSRC, SOUND * self.sounds, bytes);
            self.sounds += 1;
        }
    }

    fn write(&mut self, now: Instant, ssrc: Ssrc, media_time: Duration, data: &[u8]) {
        let (info, extras) = Default::default();
        let frame = send::Frame { media_time, captured: None, data, info, extras };
        self.session.sender(ssrc).expect("there").write(now, &frame).expect("room");
    }

    fn attend(&mut self, now: Instant) {
        if self.session.poll_timeout().is_some_and(|at| at <= now) {
            let Ok(()) = self.session.handle_timeout(now);
        }
        while let Some(event) = self.session.poll_event() {
            self.wants_key |= event == Event::KeyFrameRequested(VIDEO_SSRC);
        }
        for id in [self.video, self.audio] {
            while self.session.receiver(id).and_then(|receiver| receiver.read(now)).is_some() {
                self.frames += 1;
            }
        }
    }

    fn send(&mut self, now: Instant, out: &mut Vec<u8>, wire: &mut Wire) {
        while self.session.poll_transmit(now, out).is_some() {
            let is_control = rtcp::is_rtcp(out);
            let count = if is_control { &mut wire.controls } else { &mut wire.packets };
            *count += 1;
            if !count.is_multiple_of(LOSS) {
                let mut buffer = wire.free.pop().expect("enough for a quarter of a second");
                buffer.extend_from_slice(out);
                wire.flying.push_back((now + DELAY, buffer));
            }
            out.clear();
        }
    }

    fn receive(&mut self, now: Instant, wire: &mut Wire) {
        while wire.flying.front().is_some_and(|(at, _)| *at <= now) {
            let (_, mut bytes) = wire.flying.pop_front().expect("just seen");
            let Ok(()) = self.session.handle_input(now, Inbound { ecn: None, bytes: &bytes });
            bytes.clear();
            wire.free.push(bytes);
        }
    }
}

struct World {
    now: Instant,
    sides: [Side; 2],
    wires: [Wire; 2],
    bytes: Vec<u8>,
    out: Vec<u8>,
}

impl World {
    fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += STEP;
            for at in [0, 1] {
                self.sides[at].receive(self.now, &mut self.wires[1 - at]);
                self.sides[at].produce(self.now, &mut self.bytes);
                self.sides[at].attend(self.now);
                self.sides[at].send(self.now, &mut self.out, &mut self.wires[at]);
            }
        }
    }

    fn packets(&self) -> [u64; 2] {
        [0, 1].map(|at| self.wires[at].packets)
    }
}

#[test]
fn packets_repair_reports_and_feedback_cost_no_allocation() {
    for feedback in [Feedback::TransportWide, Feedback::CongestionControl] {
        let mut world = World {
            now: Instant::ZERO,
            sides: [1, 2].map(|seed| Side::new(seed, feedback)),
            wires: [Wire::new(), Wire::new()],
            bytes: Vec::with_capacity(4000),
            out: Vec::with_capacity(2000),
        };
        // Until the windows have turned once: ten seconds of what was sent, 1024 packets of each stream that comes, of which
        // retransmissions are the slowest.
        world.run_for(Duration::from_secs(400));
        let (packets, controls, frames) = (world.packets(), world.wires[1].controls, world.sides[0].frames);
        let repaired = world.sides[0].session.sender(VIDEO_SSRC).expect("there").stats();
        let info = allocation_counter::measure(|| world.run_for(Duration::from_secs(20)));
        let after = world.packets();
        assert!(after[0] - packets[0] > 3000 && after[1] - packets[1] > 3000, "{after:?}");
        assert!(world.wires[1].controls - controls > 150, "reports and feedback");
        assert!(world.sides[0].frames - frames > 1550, "{} frames", world.sides[0].frames - frames);
        let now_repaired = world.sides[0].session.sender(VIDEO_SSRC).expect("there").stats();
        let again = now_repaired.retransmitted_packets_sent - repaired.retransmitted_packets_sent;
        assert!(again > 30, "{again} packets were sent again");
        assert_eq!(info.count_total, 0, "{feedback:?}: {info:?}");
    }
}
