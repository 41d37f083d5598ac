//! One stream that comes in: packets in, whole frames in order with their time of playout out, and what is to be said to the
//! sender: reports, requests for packets and for key frames. RFC 3550 §6.4, A.1, A.3, A.8; RFC 4585 §6.2.1, §6.3.1; RFC 4588.
//!
//! Sound is read packet by packet; a missing one is waited for until the next one is to be played. Of pictures only those
//! are read that can be decoded: a missing packet is asked for and waited for; when it is given up, the stream asks for a key
//! frame and drops what needs the lost frame.

mod answers;
mod config;
mod decodable;
mod forward;
mod frames;
mod leave;
mod packets;
mod parity;
mod read;
mod report;
#[cfg(test)]
mod tests;
mod wake;

use alloc::boxed::Box;
use core::time::Duration;

use limpid_sansio::Instant;
use limpid_sansio::replay::ReplayWindow;
use limpid_sansio::serial::Unwrap32;

pub use crate::jitter::Limits;
pub use config::{Codec, Config, Frame, Verdict};
pub use forward::PacketRead;

use crate::clock::Mapping;
use crate::codec::red::Blocks;
use crate::codec::{Depacketizer, Format};
use crate::elements::Told;
use crate::ext::dependency;
use crate::fec::Decoder;
use crate::header::{Header, Packet};
use crate::jitter::Playout;
use crate::nack::Losses;
use crate::names::{PayloadType, Ssrc};
use crate::rtx::{self, Content};
use crate::statistics::{Inbound, MAX_MISORDER, Place, Reception};
use answers::Answers;
use frames::Frames;
use packets::{Entry, Packets};
use read::Reading;
use report::KeyFrames;

/// One stream that comes in.
///
/// Bounds: [`Config::packets`] and [`Config::bytes`] are held, 1000 numbers are missed at once, one frame lies in the buffer
/// for reading.
#[derive(Debug)]
pub struct Stream {
    config: Config,
    reception: Reception,
    seen: ReplayWindow<64>,
    timestamps: Option<Unwrap32>,
    packets: Packets,
    frames: Frames,
    losses: Losses,
    answers: Answers,
    playout: Playout,
    mapping: Mapping,
    reading: Reading,
    key_frames: KeyFrames,
    /// Made when the first parity comes.
    decoder: Option<Box<Decoder>>,
    has_left: bool,
    rtt: Duration,
    stats: Inbound,
}

/// How a packet came.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Way {
    Itself,
    Retransmission,
    Redundancy,
}

impl Stream {
    /// A stream of which nothing came yet.
    pub fn new(config: Config) -> Self {
        Stream {
            reception: Reception::new(),
            seen: ReplayWindow::default(),
            timestamps: None,
            packets: Packets::new(config.packets),
            frames: Frames::default(),
            losses: Losses::new(),
            answers: Answers::default(),
            playout: Playout::new(config.delay, !config.is_video),
            mapping: Mapping::default(),
            reading: Reading::new(config.is_video),
            key_frames: KeyFrames::default(),
            decoder: None,
            has_left: false,
            // Until it was measured: that of a long way.
            rtt: Duration::from_millis(100),
            stats: Inbound::default(),
            config,
        }
    }

    /// Another agreement on formats, repair and header extension; what is held stays. `false`: a payload type means something
    /// else than before, so that the stream can not go on, and nothing was changed.
    pub fn reconfigure(&mut self, config: Config) -> bool {
        let is_rebound = |codec: &Codec| {
            let now = config.formats.iter().find(|now| now.payload_type == codec.payload_type);
            now.is_some_and(|now| now != codec)
        };
        if config.ssrc != self.config.ssrc || self.config.formats.iter().any(is_rebound) {
            return false;
        }
        self.config = Config { delay: self.config.delay, ..config };
        true
    }

    /// A packet of the stream's own SSRC came.
    pub fn receive(&mut self, now: Instant, packet: &Packet<'_>) -> Verdict {
        let header = packet.header;
        self.stats.packets_received += 1;
        self.stats.bytes_received += packet.payload.len() as u64;
        self.stats.header_bytes_received += header_len(packet) as u64;
        self.stats.last_packet = Some((now, header.payload_type));
        let before = self.reception.highest();
        let losses = &self.losses;
        let full = match self.reception.place(header.sequence_number, |full| losses.since(full).is_some()) {
            Place::OutOfRange => {
                self.stats.packets_discarded += 1;
                return Verdict::OutOfRange;
            }
            Place::Restarted(full) => {
                self.restart(full);
                full
            }
            Place::At(full) => {
                match before {
                    None => self.restart(full),
                    Some(highest) if full > highest => {
                        let packets = &self.packets;
                        self.losses
                            .overtaken(now, highest + 1, full, |sequence| packets.get(sequence).is_some());
                    }
                    Some(_) => {}
                }
                full
            }
        };
        let (payload_type, payload) = self.primary(header.payload_type, packet.payload);
        if let Some(codec) = self.codec(payload_type) {
            self.reception.jitter().arrived(now, header.timestamp, codec.clock_rate);
        }
        let told = Told::read(packet, &self.config.elements);
        let verdict = self.take(now, full, (Header { payload_type, ..header }, payload, told), Way::Itself);
        if self.config.red == Some(header.payload_type) {
            self.take_redundancy(now, full, (header, packet.payload));
        }
        if verdict != Verdict::Duplicate {
            self.note_source(now, full, packet, (payload_type, payload));
        }
        verdict
    }

    /// A packet of the stream's retransmission stream came.
    pub fn receive_rtx(&mut self, now: Instant, packet: &Packet<'_>) -> Verdict {
        self.stats.retransmitted_packets_received += 1;
        self.stats.retransmitted_bytes_received += packet.payload.len() as u64;
        let Content::Original(sequence_number, payload) = rtx::parse(packet.payload) else {
            return Verdict::Filler;
        };
        let apt = self.config.rtx.iter().find(|(number, _)| *number == packet.header.payload_type);
        let full = self.reception.peek(sequence_number);
        // What was lost at the tail may lie a little ahead of all that came.
        let highest = self.reception.highest().map_or(0, |highest| highest + MAX_MISORDER);
        let (Some(&(_, payload_type)), Some(full)) = (apt, full.filter(|&full| full <= highest)) else {
            self.stats.packets_discarded += 1;
            return Verdict::Useless;
        };
        let (is_wrapped, wrapped) = (self.config.red == Some(payload_type), payload);
        let (payload_type, payload) = self.primary(payload_type, payload);
        let header = Header { payload_type, sequence_number, ssrc: self.config.ssrc, ..packet.header };
        let told = Told::read(packet, &self.config.elements);
        let verdict = self.take(now, full, (header, payload, told), Way::Retransmission);
        if is_wrapped && verdict != Verdict::Duplicate {
            self.look_for_parity(wrapped);
            self.recover(now);
        }
        verdict
    }

    /// What a packet is about: of redundant audio the last block (RFC 2198 §3).
    fn primary<'a>(&self, payload_type: PayloadType, payload: &'a [u8]) -> (PayloadType, &'a [u8]) {
        let blocks = Some(payload_type).filter(|_| self.config.red == Some(payload_type));
        let last = blocks.and_then(|_| Blocks::parse(payload).ok()).and_then(Iterator::last);
        last.map_or((payload_type, payload), |block| (block.payload_type, block.data))
    }

    /// The other blocks of redundant audio are the packets before this one, where those are missing.
    fn take_redundancy(&mut self, now: Instant, full: u64, (header, payload): (Header, &[u8])) {
        let Ok(blocks) = Blocks::parse(payload) else {
            return;
        };
        let before = blocks.clone().count().saturating_sub(1);
        for (block, back) in blocks.zip((1..=before as u64).rev()) {
            let missing = full.saturating_sub(back);
            let is_wanted = missing >= self.packets.first() && self.packets.get(missing).is_none();
            if !is_wanted || block.data.is_empty() || self.codec(block.payload_type).is_none() {
                continue;
            }
            let header = Header {
                marker: false,
                payload_type: block.payload_type,
                sequence_number: missing as u16,
                timestamp: header.timestamp.wrapping_sub(u32::from(block.timestamp_offset)),
                ssrc: header.ssrc,
            };
            let verdict = self.take(now, missing, (header, block.data, Told::default()), Way::Redundancy);
            self.stats.fec_packets_received += u64::from(verdict == Verdict::Fresh);
        }
    }

    fn restart(&mut self, first: u64) {
        if let Some(decoder) = &mut self.decoder {
            decoder.clear();
        }
        self.packets.restart(first);
        self.frames.clear();
        self.losses.clear();
        // Timestamps go on: after an outage they are those of the same source.
        self.reading.restart(self.config.is_video);
    }

    fn codec(&self, payload_type: PayloadType) -> Option<Codec> {
        self.config.formats.iter().find(|codec| codec.payload_type == payload_type).copied()
    }

    /// How late a frame is. Events lie beside the sound: their timestamps stand still while they last.
    fn measure(&mut self, now: Instant, timestamp: u64, codec: &Codec) {
        if codec.format != Format::TelephoneEvent {
            self.playout.arrived(now, timestamp, codec.clock_rate);
        }
    }

    /// A packet under its own number, whichever way it came.
    fn take(
        &mut self,
        now: Instant,
        full: u64,
        (header, payload, told): (Header, &[u8], Told<'_>),
        way: Way,
    ) -> Verdict {
        if !self.seen.pass(full) {
            self.stats.packets_duplicated += u64::from(way == Way::Itself);
            return Verdict::Duplicate;
        }
        if way == Way::Retransmission
            && let Some(asked) = self.losses.asked(full)
        {
            self.answers.came(now.since(asked));
        }
        let was_missing = self.losses.arrived(now, full, way == Way::Itself);
        let is_late_begin = full < self.packets.first()
            && !self.reading.has_begun()
            && self.packets.first() - full <= MAX_MISORDER
            && self.packets.end() - full <= self.config.packets as u64;
        if is_late_begin {
            self.losses.precede(now, full + 1, self.packets.first());
            self.packets.extend_down(full);
        }
        let timestamp = self.unwrap(header.timestamp);
        let known = self.codec(header.payload_type);
        if full < self.packets.first() {
            self.stats.packets_discarded += 1;
            match (known, way) {
                (Some(codec), Way::Itself) => self.measure(now, timestamp, &codec),
                (_, Way::Retransmission) => self.playout.repaired(now, self.rtt),
                _ => {}
            }
            return Verdict::TooOld;
        }
        self.make_room(full, payload.len());
        if was_missing && way == Way::Retransmission {
            self.playout.repaired(now, self.rtt);
        }
        let known = known.filter(|_| !payload.is_empty());
        if let (Some(_), Some(wish)) = (known, told.extras.playout_delay) {
            self.playout.wish(wish);
        }
        let mut bytes = self.packets.slot();
        let dependencies = told.dependencies.filter(|_| self.config.by_packet && known.is_some());
        bytes.extend_from_slice(dependencies.unwrap_or_default());
        let described = bytes.len();
        if known.is_some() {
            bytes.extend_from_slice(payload);
        }
        let entry = Entry {
            payload_type: header.payload_type,
            timestamp,
            arrived: now,
            marker: header.marker,
            is_filler: known.is_none(),
            begins: known.is_some_and(|codec| Depacketizer::new(codec.format).begins_frame(payload)),
            ends: known.is_some_and(|codec| {
                (codec.format.is_video() && header.marker)
                    || Depacketizer::new(codec.format).ends_frame(payload)
            }),
            is_repair: way != Way::Itself,
            extras: told.extras,
            frame_number: told.dependencies.and_then(dependency::frame_number),
            bytes,
            described,
        };
        self.packets.insert(full, entry);
        self.look(now, full);
        if known.is_some() { Verdict::Fresh } else { Verdict::Filler }
    }

    fn unwrap(&mut self, timestamp: u32) -> u64 {
        self.timestamps.get_or_insert_with(|| Unwrap32::starting_at(timestamp)).advance(timestamp)
    }

    /// Which frames are complete now, and how late they are.
    fn look(&mut self, now: Instant, sequence: u64) {
        for span in self.frames.look(&self.packets, sequence).into_iter().flatten() {
            let Some(first) = self.packets.get(span.first) else {
                continue;
            };
            let was_repaired = (span.first..span.end)
                .any(|sequence| self.packets.get(sequence).is_some_and(|entry| entry.is_repair));
            let (timestamp, codec) = (first.timestamp, self.codec(first.payload_type));
            if let Some(codec) = codec.filter(|_| !was_repaired) {
                self.measure(now, timestamp, &codec);
            }
        }
    }

    /// Sees to it that a packet fits: what is oldest is given up for it.
    fn make_room(&mut self, full: u64, len: usize) {
        let lowest = (full + 1).saturating_sub(self.config.packets.max(1) as u64);
        if self.packets.first() < lowest {
            self.give_up_until(lowest);
        }
        let excess = (self.packets.bytes() + len).saturating_sub(self.config.bytes);
        if excess > 0 {
            self.give_up_until(self.packets.after_bytes(excess).min(full));
        }
    }

    /// Bounds of the playout delay, from now on.
    pub fn set_delay(&mut self, limits: Limits) {
        self.playout.set_limits(limits);
    }

    /// The delay that the buffer aims at: what another stream needs at least to be played together with this one.
    pub fn target_delay(&self) -> Duration {
        self.playout.target()
    }

    /// Bytes of payload that are held.
    pub fn held_bytes(&self) -> usize {
        self.packets.bytes()
    }

    /// Whether a later number has come already.
    pub(crate) fn is_old(&self, sequence: u16) -> bool {
        self.reception.peek(sequence) < self.reception.highest()
    }

    /// Its SSRC.
    pub fn ssrc(&self) -> Ssrc {
        self.config.ssrc
    }

    /// What it is made of.
    pub fn config(&self) -> &Config {
        &self.config
    }
}

/// What a packet has beside its payload, in bytes.
fn header_len(packet: &Packet<'_>) -> usize {
    let extension = packet.extension().map_or(0, |(_, words)| 4 + words.len());
    Packet::HEADER_LEN + packet.csrcs().count() * 4 + extension + usize::from(packet.padding)
}
