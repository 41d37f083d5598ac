//! A stream that comes in, and packets of any number, timestamp and content at any time. Whatever comes: what is held stays
//! within its bounds, frames are read in order and once, and what is due does not stay due.

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use limpid_rtp::codec::Format;
use limpid_rtp::fec;
use limpid_rtp::receive::{Codec, Config, Stream};
use limpid_rtp::rtcp::SenderInfo;
use limpid_rtp::{Form, Header, Packet, PacketWriter, PayloadType, Ssrc};
use limpid_sansio::Instant;

use super::wire::seed::choice;
use crate::Outcome;

/// What comes.
#[derive(Arbitrary, Clone, PartialEq, Eq, Debug)]
enum Step {
    /// A packet so many numbers and so many timestamps (of 1000) after the last.
    Packet {
        ahead: i8,
        later: i8,
        format: u8,
        marker: bool,
        payload: Vec<u8>,
    },
    /// The same, anywhere.
    Jump {
        sequence: u16,
        timestamp: u32,
        format: u8,
        payload: Vec<u8>,
    },
    /// A packet of the retransmission stream, of one so far back.
    Again {
        back: u8,
        payload: Vec<u8>,
    },
    /// Any bytes that are a packet.
    Raw(Vec<u8>),
    Report {
        ntp: u64,
        timestamp: u32,
    },
    KeyFrame,
    Pass(u16),
    Read,
    /// A packet of parity, as a stream of its own or inside RED: of the packets from so far back on.
    Parity {
        back: u8,
        mask: u16,
        is_wrapped: bool,
        payload: Vec<u8>,
    },
}

const SSRC: Ssrc = Ssrc(1);
const RTX: PayloadType = PayloadType(20);
const RED: PayloadType = PayloadType(21);
const FLEXIBLE: PayloadType = PayloadType(22);
const GENERIC: PayloadType = PayloadType(23);
const FORMATS: [Format; 6] =
    [Format::Vp8, Format::Vp9, Format::H264 { mode: 1 }, Format::H265, Format::Av1, Format::Opus];
const HELD: usize = 100_000;

struct Player {
    stream: Stream,
    now: Instant,
    sequence: u16,
    timestamp: u32,
    last: Option<u64>,
    playout: Instant,
    frames: u64,
}

impl Player {
    fn new(is_video: bool) -> Self {
        let formats = (0..).zip(FORMATS).map(|(number, format)| Codec::new(PayloadType(number), format));
        let config = Config {
            nack: true,
            rtx: (0..6).map(|number| (RTX, PayloadType(number))).collect(),
            red: Some(RED),
            parity: vec![(FLEXIBLE, fec::Form::FlexibleDraft03), (GENERIC, fec::Form::Generic)],
            bytes: HELD,
            packets: 300,
            ..Config::new(SSRC, is_video, formats.collect())
        };
        Player {
            stream: Stream::new(config),
            now: Instant::from_millis(1000),
            sequence: 65_500,
            timestamp: u32::MAX - 5000,
            last: None,
            playout: Instant::ZERO,
            frames: 0,
        }
    }

    fn packet(&mut self, format: u8, marker: bool, payload: &[u8]) -> Vec<u8> {
        let payload_type = if format % 8 == 7 { RED } else { PayloadType(format % 8) };
        let header = Header {
            marker,
            payload_type,
            sequence_number: self.sequence,
            timestamp: self.timestamp,
            ssrc: SSRC,
        };
        let mut out = Vec::new();
        PacketWriter::new(&mut out, &header, Form::OneByte).payload().extend_from_slice(payload);
        out
    }

    fn receive(&mut self, bytes: &[u8], is_rtx: bool) {
        let Ok(packet) = Packet::parse(bytes) else { return };
        match (is_rtx, packet.header.payload_type) {
            (true, _) => self.stream.receive_rtx(self.now, &packet),
            (_, FLEXIBLE) => self.stream.receive_parity(self.now, &packet),
            _ => self.stream.receive(self.now, &packet),
        };
        // One packet that is larger than all that may be held is held alone.
        assert!(self.stream.held_bytes() <= HELD.max(packet.payload.len()), "too much is held");
    }

    fn obey(&mut self, step: &Step) {
        match step {
            Step::Packet { ahead, later, format, marker, payload } => {
                self.sequence = self.sequence.wrapping_add_signed((*ahead).into());
                self.timestamp = self.timestamp.wrapping_add_signed(i32::from(*later) * 1000);
                let bytes = self.packet(*format, *marker, payload);
                self.receive(&bytes, false);
            }
            Step::Jump { sequence, timestamp, format, payload } => {
                (self.sequence, self.timestamp) = (*sequence, *timestamp);
                let bytes = self.packet(*format, true, payload);
                self.receive(&bytes, false);
            }
            Step::Again { back, payload } => {
                let original = self.sequence.wrapping_sub((*back).into());
                let mut bytes = self.packet(0, true, &original.to_be_bytes());
                bytes[1] = RTX.0;
                bytes.extend_from_slice(payload);
                self.receive(&bytes, true);
            }
            Step::Parity { back, mask, is_wrapped, payload } => {
                let base = self.sequence.wrapping_sub((*back).into()).to_be_bytes();
                let mut parity = payload.get(..8).unwrap_or(&[0; 8]).to_vec();
                parity[0] &= 0x3f;
                match is_wrapped {
                    true => {
                        parity.splice(2..2, base);
                        let len = payload.len() as u16;
                        parity.extend([len.to_be_bytes(), mask.to_be_bytes()].concat());
                        parity.insert(0, GENERIC.0);
                    }
                    false => {
                        parity.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 1]);
                        parity.extend([base, (mask | 0x8000).to_be_bytes()].concat());
                    }
                }
                parity.extend_from_slice(payload);
                self.sequence = self.sequence.wrapping_add((*is_wrapped).into());
                let mut bytes = self.packet(0, false, &parity);
                bytes[1] = if *is_wrapped { RED.0 } else { FLEXIBLE.0 };
                self.receive(&bytes, false);
            }
            Step::Raw(bytes) => self.receive(bytes, bytes.len() % 2 == 1),
            Step::Report { ntp, timestamp } => {
                let info = SenderInfo { ntp: *ntp, rtp_timestamp: *timestamp, packets: 0, octets: 0 };
                self.stream.on_sender_report(self.now, &info);
                self.stream.report_block(self.now);
            }
            Step::KeyFrame => self.stream.request_key_frame(),
            Step::Pass(millis) => self.now += Duration::from_millis((*millis).into()),
            Step::Read => {}
        }
    }

    /// Reads and polls all that there is.
    fn drain(&mut self) {
        let mut lost = Vec::new();
        self.stream.poll_nack(self.now, Duration::from_millis(40), usize::MAX, &mut lost);
        assert!(lost.len() <= 1000, "{} at once", lost.len());
        while let Some(frame) = self.stream.read(self.now) {
            assert!(self.last.is_none_or(|last| frame.first_sequence > last), "frames in order, and once");
            self.last = Some(frame.first_sequence + u64::from(frame.packets) - 1);
            self.playout = frame.playout;
            self.frames += 1;
        }
        self.stream.poll_key_frame_request(self.now);
        let due = due(&self.stream);
        assert!(due.is_none_or(|due| due > self.now), "what was handled is due no more");
    }
}

/// When there is something to ask for or to read.
fn due(stream: &Stream) -> Option<Instant> {
    Instant::earliest(stream.asks_at(true), stream.reads_on_at())
}

/// Plays a script: the first byte says whether it is of pictures.
pub fn play(data: &[u8]) -> Outcome {
    let mut player = Player::new(data.first().is_none_or(|first| first % 2 == 0));
    let mut u = Unstructured::new(data.get(1..).unwrap_or_default());
    for _ in 0..400 {
        let Ok(step) = u.arbitrary::<Step>() else { break };
        crate::show(&step);
        player.obey(&step);
        if step == Step::Read {
            player.drain();
        }
        if u.is_empty() {
            break;
        }
    }
    player.drain();
    // Whatever waits is given up in the end.
    for _ in 0..200 {
        let Some(due) = due(&player.stream).filter(|due| due.since(player.now).as_secs() < 60) else {
            break;
        };
        player.now = player.now.max(due);
        player.drain();
    }
    if player.frames > 0 { Outcome::Accepted } else { Outcome::Refused }
}

/// Scripts as bytes: sound in order, and pictures with a hole that is filled.
pub fn seeds() -> Vec<Vec<u8>> {
    let step = |which: u8, args: &[u8]| [&choice(which, 9)[..], args].concat();
    // More bytes follow while the number in front is odd.
    let bytes = |payload: &[u8]| [payload.iter().flat_map(|byte| [1, *byte]).collect(), vec![0]].concat();
    let packet = |ahead: u8, later: u8, format: u8, marker: u8, payload: &[u8]| {
        step(0, &[&[ahead, later, format, marker][..], &bytes(payload)].concat())
    };
    let sound = [
        vec![1],
        packet(1, 1, 5, 0, b"one"),
        packet(2, 2, 5, 0, b"three"),
        step(6, &[100, 0]),
        step(7, &[]),
        packet(1, 1, 7, 0, &[0x85, 0x01, 0xe0, 0x02, 5, 1, 2, 3, 4]),
        step(7, &[]),
    ]
    .concat();
    let key = [0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00, 7];
    let pictures = [
        vec![0],
        packet(1, 3, 0, 1, &key),
        packet(2, 3, 0, 1, &[0x00, 9]),
        step(2, &[&[1][..], &bytes(&[0x10, 0x11, 2, 0, 9])].concat()),
        step(7, &[]),
        packet(5, 3, 0, 1, &key),
        step(4, &[1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4]),
        step(6, &[200, 1]),
        step(5, &[]),
        step(7, &[]),
        packet(2, 3, 0, 1, &[0x10, 0x11, 2, 0, 9]),
        step(8, &[&[1, 0, 0xc0, 0][..], &bytes(&[0, 0, 0, 5, 0, 0, 11, 184, 9, 9, 9, 9, 9])].concat()),
        step(7, &[]),
        step(8, &[&[1, 0, 0xc0, 1][..], &bytes(&[0, 0, 0, 5, 0, 0, 11, 184, 9, 9, 9, 9, 9])].concat()),
        step(7, &[]),
    ]
    .concat();
    vec![sound, pictures]
}
