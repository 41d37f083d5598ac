//! Once a connection is up and its buffers have grown, a packet of sound or pictures costs no allocation on either side, from
//! `write_frame` through RTP, SRTP and the outbox to `read_frame`: lost packets, feedback, repair and reports included. Only
//! ICE's checks of consent, one in a few seconds, do.

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::config;
use limpid_peer::limpid_rtp::session::Event as Rtp;
use limpid_peer::limpid_rtp::{Extras, bwe::Limits, codec::FrameToSend, send};
use limpid_peer::{ConnectionState, Event, MediaKind, Peer, Track, TransceiverId};
use limpid_sansio::{Datagram, Instant, Machine, Outbox, Path, drain};

const A: ([u8; 4], u16) = ([192, 0, 2, 1], 5000);
const B: ([u8; 4], u16) = ([192, 0, 2, 2], 5000);
const STEP: Duration = Duration::from_millis(1);
const PICTURE: Duration = Duration::from_nanos(33_333_333);
const SOUND: Duration = Duration::from_millis(20);
/// Each so-many-th packet of media is lost.
const LOSS: u64 = 47;

/// One end, and what it has sent and seen.
struct Side {
    peer: Peer,
    sound: TransceiverId,
    pictures: TransceiverId,
    wants_key: bool,
    written: [u32; 2],
    read: u64,
    packets: u64,
    checks: u64,
}

impl Side {
    fn new(seed: u8, at: ([u8; 4], u16)) -> Side {
        let now = Instant::ZERO;
        let mut config = config(limpid_crypto::ring::provider(), [seed; 32]);
        config.bitrate = Limits { start: 2_000_000, max: 2_000_000, ..Limits::default() };
        let mut peer = Peer::new(config, now);
        peer.add_local_address(now, SocketAddr::from(at));
        peer.end_of_local_addresses(now);
        let mut add = |kind, name| peer.add_track(Track::local(kind, name), &["call"]).expect("a track");
        let (sound, pictures) = (add(MediaKind::Audio, "mic"), add(MediaKind::Video, "camera"));
        Side { peer, sound, pictures, wants_key: true, written: [0; 2], read: 0, packets: 0, checks: 0 }
    }

    /// Writes what is due, and reads what is there.
    fn attend(&mut self, now: Instant, start: Instant, bytes: &mut Vec<u8>) {
        if now >= start + PICTURE * self.written[0] {
            bytes.resize(4000, 7);
            let head: &[u8] = match core::mem::take(&mut self.wants_key) {
                true => &[0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00],
                false => &[0x11, 0x02, 0x00],
            };
            bytes[..head.len()].copy_from_slice(head);
            self.write(now, self.pictures, PICTURE * self.written[0], bytes);
            self.written[0] += 1;
        }
        if now >= start + SOUND * self.written[1] {
            bytes.resize(80, 7);
            bytes[0] = 0x78;
            self.write(now, self.sound, SOUND * self.written[1], bytes);
            self.written[1] += 1;
        }
        for id in [self.sound, self.pictures] {
            while self.peer.read_frame(now, id).is_some() {
                self.read += 1;
            }
        }
    }

    fn write(&mut self, now: Instant, id: TransceiverId, media_time: Duration, data: &[u8]) {
        let (info, extras) = (FrameToSend::default(), Extras::default());
        let frame = send::Frame { media_time, captured: None, data, info, extras };
        self.peer.write_frame(now, id, &frame).expect("room");
    }

    /// Carries all that it has to say to the other side. How much that was.
    fn carry(
        &mut self,
        now: Instant,
        to: &mut Side,
        outbox: &mut Outbox<Path>,
        bytes: &mut Vec<u8>,
    ) -> usize {
        let wants_key = &mut self.wants_key;
        drain(&mut self.peer, now, outbox, |_, event| {
            *wants_key |= matches!(event, Event::Rtp(Rtp::KeyFrameRequested(_)));
        })
        .expect("in good health");
        let mut count = 0;
        outbox.take_each(|transmit, datagram| {
            count += 1;
            let is_media = is_media(datagram);
            self.packets += u64::from(is_media);
            self.checks += u64::from(datagram.first().is_some_and(|first| *first < 4));
            if is_media && self.packets.is_multiple_of(LOSS) {
                return;
            }
            bytes.clear();
            bytes.extend_from_slice(datagram);
            let path = transmit.route.reversed();
            let _ = to.peer.handle_input(now, Datagram { path, ecn: None, payload: bytes });
        });
        count
    }
}

/// RTP, not RTCP, STUN or DTLS. RFC 7983 §7; RFC 5761 §4.
fn is_media(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, second, ..] if !(192..=223).contains(second))
}

struct Wire {
    a: Side,
    b: Side,
    outbox: Outbox<Path>,
    bytes: Vec<u8>,
    now: Instant,
    /// When media begins; before, nobody writes.
    start: Instant,
}

impl Wire {
    fn new() -> Wire {
        let (mut a, mut b, now) = (Side::new(1, A), Side::new(2, B), Instant::ZERO);
        let offer = a.peer.create_offer().expect("an offer");
        a.peer.set_local_description(now, offer).expect("our own");
        b.peer.set_remote_description(now, a.peer.local_description().expect("set")).expect("their offer");
        let answer = b.peer.create_answer().expect("an answer");
        b.peer.set_local_description(now, answer).expect("our own");
        a.peer.set_remote_description(now, b.peer.local_description().expect("set")).expect("the answer");
        let (outbox, bytes) = (Outbox::with_limit(64_000), Vec::with_capacity(8192));
        let start = now + Duration::from_millis(500);
        Wire { a, b, outbox, bytes, now, start }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += STEP;
            let Wire { a, b, outbox, bytes, now, start } = self;
            if *now >= *start {
                a.attend(*now, *start, bytes);
                b.attend(*now, *start, bytes);
            }
            while a.carry(*now, b, outbox, bytes) + b.carry(*now, a, outbox, bytes) > 0 {}
        }
    }
}

#[test]
fn packets_of_sound_and_pictures_cost_no_allocation() {
    let mut wire = Wire::new();
    wire.pass(Duration::from_millis(499));
    let states = [&wire.a, &wire.b].map(|side| side.peer.connection_state());
    assert_eq!(states, [ConnectionState::Connected; 2]);
    // Until all windows have turned once.
    wire.pass(Duration::from_secs(400));
    let before = [&wire.a, &wire.b].map(|side| (side.packets, side.read));
    let (mut allocations, mut steps_with_checks) = (0, 0);
    for _ in 0..20_000 {
        let checks = wire.a.checks + wire.b.checks;
        let counted = allocation_counter::measure(|| wire.pass(STEP));
        match wire.a.checks + wire.b.checks == checks {
            true => allocations += counted.count_total,
            false => steps_with_checks += 1,
        }
    }
    for (side, (packets, read)) in [&wire.a, &wire.b].into_iter().zip(before) {
        let (packets, read) = (side.packets - packets, side.read - read);
        assert!(packets > 3000 && read > 1550, "{packets} packets, {read} frames");
    }
    assert!(steps_with_checks < 20, "{steps_with_checks} checks in 20 seconds");
    assert_eq!(allocations, 0);
}
