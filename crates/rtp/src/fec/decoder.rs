//! The packets of one stream and their parity, until what was lost comes out. RFC 5109 §9; RFC 8627 §6.3.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::Repair;
use crate::elements::{self, ElementIds};
use crate::header::Packet;
use crate::names::{PayloadType, Ssrc};
use crate::slots::Slots;

/// Brings back what one stream lost.
///
/// Numbers are full ones, which never wrap. Bounds: the last [`Decoder::WINDOW`] packets and [`Decoder::REPAIRS`] repair packets
/// that wait for another packet, each of at most [`Decoder::LONGEST`] bytes: 600 KB if all are as long as that, 400 KB at usual
/// sizes. What is older gives way.
#[derive(Debug)]
pub struct Decoder {
    ssrc: Ssrc,
    /// By the low bits of their numbers.
    sources: Vec<Option<Source>>,
    newest: Option<u64>,
    waiting: VecDeque<Waiting>,
    slots: Slots,
}

#[derive(Debug)]
struct Source {
    number: u64,
    bytes: Vec<u8>,
}

/// A repair packet that can not help yet.
#[derive(Debug)]
struct Waiting {
    base: u64,
    protected: super::Protected,
    first: [u8; 2],
    timestamp: u32,
    len: u16,
    payload: Vec<u8>,
}

/// What a repair packet is good for now.
enum Use {
    /// All is here, or it will never be.
    None,
    /// More than one packet is missing.
    Later,
    /// This one is missing.
    Brings(u64),
}

impl Decoder {
    /// Packets that are kept. Browsers protect at most 48 in a row.
    pub const WINDOW: usize = 256;
    /// Repair packets that are kept.
    pub const REPAIRS: usize = 32;
    /// What is longer is not kept, in bytes.
    pub const LONGEST: usize = 2048;

    /// For the packets of this stream.
    pub fn new(ssrc: Ssrc) -> Self {
        let slots = Slots::with_limit(Self::WINDOW + Self::REPAIRS);
        Decoder { ssrc, sources: Vec::new(), newest: None, waiting: VecDeque::new(), slots }
    }

    /// A packet came as it was protected.
    pub fn add_source(&mut self, number: u64, packet: &Packet<'_>, ids: &ElementIds) {
        let payload_type = packet.header.payload_type;
        self.add_wrapped(number, packet, (payload_type, packet.payload), ids);
    }

    /// A packet came in the wrapping of RED: what was protected is the packet with the payload type and the payload inside.
    /// RFC 5109 §14.2.
    pub fn add_wrapped(
        &mut self,
        number: u64,
        packet: &Packet<'_>,
        (payload_type, payload): (PayloadType, &[u8]),
        ids: &ElementIds,
    ) {
        let padding = usize::from(packet.padding);
        let whole = packet.bytes();
        let head = &whole[..whole.len() - padding - packet.payload.len()];
        if head.len() + payload.len() + padding > Self::LONGEST {
            return;
        }
        let mut bytes = self.slots.take();
        bytes.extend_from_slice(head);
        bytes[1] = bytes[1] & 0x80 | payload_type.0 & 0x7f;
        // What senders fill in when the packet leaves was zero when it was protected.
        elements::clear_late_ones(&mut bytes, ids);
        bytes.extend_from_slice(payload);
        bytes.extend_from_slice(&whole[whole.len() - padding..]);
        self.keep(number, bytes);
    }

    fn keep(&mut self, number: u64, bytes: Vec<u8>) {
        self.sources.resize_with(Self::WINDOW, || None);
        self.newest = self.newest.max(Some(number));
        let slot = &mut self.sources[number as usize % Self::WINDOW];
        if slot.as_ref().is_some_and(|source| source.number > number) {
            return self.slots.put(bytes);
        }
        if let Some(before) = slot.replace(Source { number, bytes }) {
            self.slots.put(before.bytes);
        }
    }

    /// A repair packet came. `base` is the full number of its lowest packet. `false`: it is of another stream, or spans too
    /// much, and was ignored.
    pub fn add_repair(&mut self, base: u64, repair: &Repair<'_>) -> bool {
        let is_other = repair.ssrc.is_some_and(|ssrc| ssrc != self.ssrc);
        let span = usize::from(repair.protected.span());
        if is_other || span >= Self::WINDOW || repair.payload.len() > Self::LONGEST {
            return false;
        }
        if self.waiting.len() == Self::REPAIRS
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.slots.put(oldest.payload);
        }
        let mut payload = self.slots.take();
        payload.extend_from_slice(repair.payload);
        let Repair { protected, first, timestamp, len, .. } = *repair;
        self.waiting.push_back(Waiting { base, protected, first, timestamp, len, payload });
        true
    }

    /// Whether repair packets wait, so that another packet may be of use to them.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Hands out each packet that can be brought back now, with its full number; what is brought back helps to bring back
    /// others. RFC 8627 §6.3.4.
    pub fn recover(&mut self, mut each: impl FnMut(u64, &Packet<'_>)) {
        while let Some((number, bytes)) = self.next() {
            if let Ok(packet) = Packet::parse(&bytes) {
                each(number, &packet);
                self.keep(number, bytes);
            } else {
                self.slots.put(bytes);
            }
        }
    }

    /// Nothing that came before counts any more.
    pub fn clear(&mut self) {
        self.newest = None;
        for source in self.sources.iter_mut().filter_map(Option::take) {
            self.slots.put(source.bytes);
        }
        for waiting in self.waiting.drain(..) {
            self.slots.put(waiting.payload);
        }
    }

    fn next(&mut self) -> Option<(u64, Vec<u8>)> {
        let mut at = 0;
        while let Some(waiting) = self.waiting.get(at) {
            let usage = self.usage(waiting);
            if let Use::Later = usage {
                at += 1;
                continue;
            }
            let waiting = self.waiting.remove(at)?;
            let found = match usage {
                Use::Brings(number) => self.restore(number, &waiting),
                _ => None,
            };
            self.slots.put(waiting.payload);
            if let Some(bytes) = found {
                return Some(bytes);
            }
        }
        None
    }

    fn usage(&self, waiting: &Waiting) -> Use {
        let oldest = self.newest.map_or(0, |newest| (newest + 1).saturating_sub(Self::WINDOW as u64));
        if waiting.base < oldest {
            return Use::None; // what it needs is gone
        }
        let mut missing = waiting
            .protected
            .offsets()
            .map(|offset| waiting.base + u64::from(offset))
            .filter(|&number| self.source(number).is_none());
        match (missing.next(), missing.next()) {
            (None, _) => Use::None,
            (Some(number), None) => Use::Brings(number),
            _ => Use::Later,
        }
    }

    fn source(&self, number: u64) -> Option<&[u8]> {
        let source = self.sources.get(number as usize % Self::WINDOW)?.as_ref()?;
        (source.number == number).then_some(&source.bytes)
    }

    /// What is left when all others are taken away. `None`: the parity does not cover it whole, or was made of other packets.
    fn restore(&mut self, number: u64, waiting: &Waiting) -> Option<(u64, Vec<u8>)> {
        let mut bytes = self.slots.take();
        let (mut first, mut timestamp, mut len) = (waiting.first, waiting.timestamp, waiting.len);
        bytes.resize(Packet::HEADER_LEN, 0);
        bytes.extend_from_slice(&waiting.payload);
        let others = waiting.protected.offsets().map(|offset| waiting.base + u64::from(offset));
        for source in others.filter_map(|number| self.source(number)) {
            let &[a, b, _, _, t0, t1, t2, t3, _, _, _, _, ref rest @ ..] = source else { continue };
            first = [first[0] ^ a, first[1] ^ b];
            timestamp ^= u32::from_be_bytes([t0, t1, t2, t3]);
            len ^= rest.len() as u16;
            for (byte, other) in bytes[Packet::HEADER_LEN..].iter_mut().zip(rest) {
                *byte ^= other;
            }
        }
        if usize::from(len) > waiting.payload.len() {
            self.slots.put(bytes);
            return None;
        }
        bytes.truncate(Packet::HEADER_LEN + usize::from(len));
        bytes[0] = 2 << 6 | first[0] & 0x3f;
        bytes[1] = first[1];
        bytes[2..4].copy_from_slice(&(number as u16).to_be_bytes());
        bytes[4..8].copy_from_slice(&timestamp.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.ssrc.0.to_be_bytes());
        Some((number, bytes))
    }
}
