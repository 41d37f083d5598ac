//! A whole session, and a side that sends what it likes: packets and reports of any content, pieces of what the session itself
//! sent, at any time. Whatever comes: it falls silent, each datagram fits the path, the rate stays within its limits, and what
//! was handled is due no more.

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use limpid_rtp::bwe::Limits;
use limpid_rtp::codec::Format;
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::fec;
use limpid_rtp::session::{Config, Feedback, Inbound, Meaning, Payload, Section, SenderConfig, Session};
use limpid_rtp::{Form, Header, Mid, PacketWriter, PayloadType, Ssrc, rtcp, send};
use limpid_sansio::{Instant, Machine, PathInfo};

use super::wire::seed::choice;
use crate::Outcome;

/// What happens.
#[derive(Arbitrary, Clone, PartialEq, Eq, Debug)]
enum Step {
    /// A packet of a stream, with a name or without.
    Packet {
        ssrc: u8,
        sequence: u16,
        payload_type: u8,
        is_named: bool,
        payload: Vec<u8>,
    },
    /// Packets are asked for again.
    Nack {
        ssrc: u8,
        lost: Vec<u16>,
    },
    /// Any bytes, as RTP or RTCP.
    Raw(Vec<u8>),
    /// What the session sent so long ago comes back, with one byte changed.
    Echo {
        back: u8,
        at: u8,
        flip: u8,
    },
    Write {
        is_video: bool,
        len: u16,
    },
    Pass(u16),
    Path {
        max_datagram: u8,
        is_new: bool,
    },
    Close,
}

const LIMITS: Limits = Limits { min: 50_000, start: 500_000, max: 5_000_000 };
const VIDEO: Ssrc = Ssrc(1);
const AUDIO: Ssrc = Ssrc(2);

fn payloads(is_video: bool) -> Vec<Payload> {
    let payload = |number, meaning| Payload {
        payload_type: PayloadType(number),
        meaning,
        clock_rate: if is_video { 90_000 } else { 48_000 },
        nack: is_video,
        pli: is_video,
        fir: false,
    };
    match is_video {
        true => vec![
            payload(96, Meaning::Media(Format::Vp8)),
            payload(97, Meaning::Retransmission(PayloadType(96))),
            payload(98, Meaning::Wrapping),
            payload(99, Meaning::Parity(fec::Form::Generic)),
            payload(100, Meaning::Parity(fec::Form::FlexibleDraft03)),
        ],
        false => vec![payload(111, Meaning::Media(Format::Opus))],
    }
}

struct Player {
    session: Session,
    now: Instant,
    largest: usize,
    sent: Vec<Vec<u8>>,
    is_closed: bool,
    packets: u64,
}

impl Player {
    fn new(feedback: u8) -> Self {
        let mut config = Config::new([feedback; 32], "fuzz");
        config.bitrate = LIMITS;
        config.feedback =
            [Feedback::None, Feedback::TransportWide, Feedback::CongestionControl][usize::from(feedback) % 3];
        config.reduced_size = feedback < 128;
        let mut session = Session::new(config);
        let mut map = Map::new();
        for (id, kind) in [(1, Kind::Mid), (3, Kind::TransportWide), (7, Kind::DependencyDescriptor)] {
            assert!(map.insert(id, kind));
        }
        session.set_extensions(&map);
        for (ssrc, mid, is_video) in [(VIDEO, "v", true), (AUDIO, "a", false)] {
            let section =
                Section { mid: Mid::new(mid), payloads: payloads(is_video), rids: Vec::new(), is_video };
            session.add_receiver(Instant::ZERO, section, None);
            let sender = SenderConfig {
                ssrc,
                repair: is_video.then_some(Ssrc(3)),
                mid: Mid::new(mid),
                rid: None,
                payloads: payloads(is_video),
                payload_type: PayloadType(if is_video { 96 } else { 111 }),
                is_video,
                history: Duration::from_secs(1),
            };
            session.add_sender(Instant::ZERO, sender).expect("free");
        }
        let now = Instant::from_millis(1000);
        Player { session, now, largest: 1150, sent: Vec::new(), is_closed: false, packets: 0 }
    }

    fn give(&mut self, bytes: &[u8]) {
        let Ok(()) = self.session.handle_input(self.now, Inbound { ecn: None, bytes });
    }

    fn obey(&mut self, step: &Step) {
        match step {
            Step::Packet { ssrc, sequence, payload_type, is_named, payload } => {
                let header = Header {
                    marker: ssrc & 0x80 != 0,
                    payload_type: PayloadType(96 + payload_type % 16),
                    sequence_number: *sequence,
                    timestamp: u32::from(*sequence) * 3000,
                    ssrc: Ssrc((ssrc & 0x0f).into()),
                };
                let mut out = Vec::new();
                let mut writer = PacketWriter::new(&mut out, &header, Form::OneByte);
                writer.element(3, &sequence.to_be_bytes());
                if *is_named {
                    writer.element(1, if payload_type % 16 == 15 { b"a" } else { b"v" });
                }
                writer.payload().extend_from_slice(payload);
                self.give(&out);
            }
            Step::Nack { ssrc, lost } => {
                let mut out = Vec::new();
                rtcp::write_nack(&mut out, Ssrc(9), Ssrc((ssrc & 3).into()), lost.iter().copied());
                self.give(&out);
            }
            Step::Raw(bytes) => self.give(bytes),
            Step::Echo { back, at, flip } => {
                let Some(from) = self.sent.len().checked_sub(1 + usize::from(*back)) else { return };
                let mut bytes = self.sent[from].clone();
                if let Some(byte) = bytes.get_mut(usize::from(*at)) {
                    *byte ^= flip;
                }
                self.give(&bytes);
            }
            Step::Write { is_video, len } => self.write(*is_video, usize::from(*len)),
            Step::Pass(millis) => self.now += Duration::from_millis((*millis % 2000).into()),
            Step::Path { max_datagram, is_new } => {
                self.largest = 512 + usize::from(*max_datagram) * 4;
                let info = PathInfo { max_datagram: self.largest, is_new_route: *is_new };
                self.session.path_changed(info);
            }
            Step::Close => {
                self.session.close();
                self.is_closed = true;
            }
        }
    }

    fn write(&mut self, is_video: bool, len: usize) {
        let head: &[u8] = if is_video { &[0x10, 2, 0, 0x9d, 1, 0x2a, 64, 1, 240, 0] } else { &[0x78] };
        let mut data = head.to_vec();
        data.resize(head.len() + len % if is_video { 20_000 } else { 300 }, 7);
        let (info, extras) = Default::default();
        let media_time = self.now.since(Instant::ZERO);
        let frame = send::Frame { media_time, captured: None, data: &data, info, extras };
        if let Some(mut sender) = self.session.sender(if is_video { VIDEO } else { AUDIO }) {
            // Refused where the queue is full or the stream has ceased.
            let _ = sender.write(self.now, &frame);
        }
    }

    fn send(&mut self) {
        let Ok(()) = self.session.handle_timeout(self.now);
        let mut out = Vec::new();
        for turn in 0.. {
            assert!(turn < 100_000, "it falls silent");
            let Some(transmit) = self.session.poll_transmit(self.now, &mut out) else { break };
            assert_eq!(transmit.len, out.len());
            // Frames that were cut before the path became narrow leave as they are.
            assert!(out.len() <= if rtcp::is_rtcp(&out) { self.largest } else { 1150 + 512 });
            assert!(!self.is_closed || rtcp::is_rtcp(&out), "who has closed says goodbye and no more");
            self.packets += 1;
            if self.sent.len() == 300 {
                self.sent.remove(0);
            }
            self.sent.push(std::mem::take(&mut out));
        }
        while self.session.poll_event().is_some() {}
    }

    /// Time, datagrams, events, frames; and what was read may have something to be asked for.
    fn drain(&mut self) {
        self.send();
        let ids: Vec<_> = self.session.receivers().map(|(id, ..)| id).collect();
        for id in ids {
            while self.session.receiver(id).and_then(|receiver| receiver.read(self.now)).is_some() {}
        }
        self.send();
        let target = self.session.target_bitrate();
        assert!((LIMITS.min..=LIMITS.max).contains(&target), "{target} bit/s");
        let due = self.session.poll_timeout();
        assert!(due.is_none_or(|due| due > self.now), "what was handled is due no more: {due:?}");
    }
}

/// Plays a script: the first byte says which feedback was agreed on.
pub fn play(data: &[u8]) -> Outcome {
    let mut player = Player::new(data.first().copied().unwrap_or_default());
    let mut u = Unstructured::new(data.get(1..).unwrap_or_default());
    for _ in 0..200 {
        let Ok(step) = u.arbitrary::<Step>() else { break };
        crate::show(&step);
        player.obey(&step);
        player.drain();
        if u.is_empty() {
            break;
        }
    }
    if player.packets > 3 { Outcome::Accepted } else { Outcome::Refused }
}

/// Scripts as bytes: a call in which something is lost, and an echo.
pub fn seeds() -> Vec<Vec<u8>> {
    let step = |which: u8, args: &[u8]| [&choice(which, 8)[..], args].concat();
    let bytes = |payload: &[u8]| [payload.iter().flat_map(|byte| [1, *byte]).collect(), vec![0]].concat();
    let picture = |number: u8| {
        let key = [0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00, 7];
        step(0, &[&[0x88, number, 0, 0, 1][..], &bytes(&key)].concat())
    };
    let call = [
        vec![1],
        step(4, &[1, 0x40, 0x1f]),
        picture(1),
        picture(4),
        step(5, &[50, 0]),
        step(4, &[0, 80, 0]),
        picture(5),
        step(5, &[0xe8, 3]),
        step(1, &[1, 1, 5, 0, 1, 6, 0, 0]),
        step(6, &[100, 1]),
        step(5, &[0xe8, 3]),
        step(7, &[]),
    ]
    .concat();
    let echo = [
        vec![2],
        step(4, &[1, 0x40, 0x1f]),
        step(3, &[0, 0, 0]),
        step(5, &[50, 0]),
        step(4, &[1, 0x40, 0x1f]),
        step(3, &[1, 3, 1]),
        step(5, &[0xe8, 3]),
        step(3, &[0, 8, 1]),
        step(5, &[0xe8, 3]),
    ]
    .concat();
    vec![call, echo]
}
