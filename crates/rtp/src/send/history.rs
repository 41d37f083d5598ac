//! What was sent, for as long as it may be asked for again. RFC 4588 §3, RFC 4585 §6.2.1.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use super::dependencies::Written;
use crate::elements::Extras;
use crate::names::PayloadType;
use crate::slots::Slots;

/// A packet without its SSRC and sequence number.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) payload_type: PayloadType,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) is_key: bool,
    /// When its frame was captured.
    pub(crate) captured: Instant,
    /// When it was written.
    pub(crate) written: Instant,
    pub(crate) extras: Extras,
    /// Which frames need which, where we say so ourselves.
    pub(super) dependencies: Written,
    /// The dependency descriptor as it was given, elements as they were given (id, length, data), then the payload.
    pub(crate) bytes: Vec<u8>,
    /// Bytes of the descriptor.
    pub(crate) described: usize,
    /// Where the elements end.
    pub(crate) elements: usize,
    /// Its number leaves a hole before it.
    pub(crate) lost_before: bool,
}

impl Packet {
    pub(crate) fn payload(&self) -> &[u8] {
        &self.bytes[self.elements..]
    }

    /// Which frames need which. Empty: that is not said.
    pub(crate) fn dependencies(&self) -> &[u8] {
        match self.described {
            0 => self.dependencies.as_bytes(),
            described => &self.bytes[..described],
        }
    }

    /// Elements that were given with the packet.
    pub(crate) fn elements(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let mut rest = &self.bytes[self.described..self.elements];
        core::iter::from_fn(move || {
            let [id, len, data @ ..] = rest else {
                return None;
            };
            let (element, behind) = data.split_at_checked(usize::from(*len))?;
            rest = behind;
            Some((*id, element))
        })
    }
}

/// A packet that was sent, and how often.
#[derive(Debug)]
pub(crate) struct Past {
    pub(crate) packet: Packet,
    pub(crate) sent: Instant,
    /// When it was sent again for the last time.
    resent: Option<Instant>,
    is_queued: bool,
}

/// How long packets are remembered.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// At most so many packets. Default 1024: a second of 10 Mbit/s. At most 32768, as older numbers are ambiguous.
    pub packets: usize,
    /// At most so long. Default 1 s; the `rtx-time` of RFC 4588 §8.1.
    pub time: Duration,
    /// Bytes that may be sent again in one burst. Default 256 KiB.
    pub burst: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { packets: 1024, time: Duration::from_secs(1), burst: 256 << 10 }
    }
}

/// Bytes that may be sent again before anything was sent: a first key frame may lose a few packets.
const FIRST_CREDIT: usize = 32 << 10;

/// Sent packets by sequence number, and those among them that are to be sent again. Bound: [`Limits::packets`] packets.
///
/// Each byte that is sent for the first time is worth one byte of retransmission, up to [`Limits::burst`]: a storm of
/// requests at most doubles the rate.
#[derive(Debug)]
pub(crate) struct History {
    limits: Limits,
    /// The sequence number of the front.
    first: u16,
    ring: VecDeque<Past>,
    again: VecDeque<u16>,
    credit: usize,
    /// Which packet served as padding last.
    padding: u16,
}

impl History {
    pub(crate) fn new(limits: Limits, first: u16) -> Self {
        let limits = Limits { packets: limits.packets.clamp(1, 1 << 15), ..limits };
        let credit = FIRST_CREDIT.min(limits.burst);
        History { limits, first, ring: VecDeque::new(), again: VecDeque::new(), credit, padding: first }
    }

    /// The sequence number of the next packet.
    pub(crate) fn next(&self) -> u16 {
        self.first.wrapping_add(self.ring.len() as u16)
    }

    /// A packet left under the next number. What is too old or too much goes.
    pub(crate) fn push(&mut self, now: Instant, packet: Packet, slots: &mut Slots) {
        self.credit = (self.credit + packet.bytes.len()).min(self.limits.burst);
        self.ring.push_back(Past { packet, sent: now, resent: None, is_queued: false });
        while let Some(oldest) = self.ring.front() {
            let is_held = self.ring.len() <= self.limits.packets && oldest.sent + self.limits.time >= now;
            if is_held || self.ring.len() == 1 {
                break;
            }
            if let Some(past) = self.ring.pop_front() {
                slots.put(past.packet.bytes);
            }
            self.first = self.first.wrapping_add(1);
        }
    }

    /// The next number is nobody's: what would have it was never here, and can not be asked for.
    pub(crate) fn skip(&mut self, now: Instant, like: &Packet) {
        let packet = Packet { bytes: Vec::new(), described: 0, elements: 0, ..*like };
        self.ring.push_back(Past { packet, sent: now, resent: None, is_queued: false });
    }

    /// Nothing that was sent can be asked for any more. Numbers go on.
    pub(crate) fn forget(&mut self, slots: &mut Slots) {
        self.first = self.next();
        self.ring.drain(..).for_each(|past| slots.put(past.packet.bytes));
        self.again.clear();
    }

    /// Nothing is to be sent again, until it is asked for anew.
    pub(crate) fn settle(&mut self) {
        while let Some(sequence) = self.again.pop_front() {
            if let Some(past) = self.get_mut(sequence) {
                past.is_queued = false;
            }
        }
    }

    /// The next packet has this number, and nothing was sent before.
    pub(crate) fn restart(&mut self, first: u16, slots: &mut Slots) {
        self.forget(slots);
        (self.first, self.padding) = (first, first);
    }

    fn get_mut(&mut self, sequence: u16) -> Option<&mut Past> {
        self.ring.get_mut(usize::from(sequence.wrapping_sub(self.first)))
    }

    /// A packet is asked for. `false`: it is gone, was sent again less than a round trip ago, or is queued already.
    pub(crate) fn ask(&mut self, now: Instant, sequence: u16, rtt: Duration) -> bool {
        let oldest = now - self.limits.time;
        let Some(past) = self.get_mut(sequence) else {
            return false;
        };
        // The first answer goes at once: the request itself shows that a round trip is over.
        let is_early = past.resent.is_some_and(|resent| resent + rtt > now);
        if is_early || past.is_queued || past.sent < oldest || past.packet.bytes.is_empty() {
            return false;
        }
        past.is_queued = true;
        self.again.push_back(sequence);
        true
    }

    /// The next packet that is to be sent again, without taking it.
    pub(crate) fn peek_again(&self) -> Option<&Packet> {
        let affordable = |&&sequence: &&u16| self.find(sequence).is_some();
        self.again.iter().find(affordable).and_then(|&sequence| self.find(sequence)).map(|past| &past.packet)
    }

    fn find(&self, sequence: u16) -> Option<&Past> {
        self.ring.get(usize::from(sequence.wrapping_sub(self.first)))
    }

    /// Takes the next packet that is to be sent again and that the budget allows. Also how many were beyond the budget.
    pub(crate) fn take_again(&mut self, now: Instant) -> (Option<(u16, &Past)>, u64) {
        let mut refused = 0;
        while let Some(sequence) = self.again.pop_front() {
            let credit = self.credit;
            let Some(past) = self.get_mut(sequence) else {
                continue;
            };
            past.is_queued = false;
            let len = past.packet.bytes.len();
            if len > credit {
                refused += 1;
                continue;
            }
            past.resent = Some(now);
            self.credit -= len;
            return (self.find(sequence).map(|past| (sequence, past)), refused);
        }
        (None, refused)
    }

    /// A packet of at most `largest` bytes of payload that is worth sending once more though nobody asked: the newest ones
    /// in turn.
    pub(crate) fn for_padding(&mut self, now: Instant, largest: usize) -> Option<(u16, &Past)> {
        /// So many candidates are looked at.
        const LOOK: u16 = 16;
        let oldest_useful = now - self.limits.time;
        for _ in 0..LOOK.min(self.ring.len() as u16) {
            let next = self.padding.wrapping_sub(1);
            let is_recent = self.next().wrapping_sub(next) <= LOOK && self.find(next).is_some();
            self.padding = if is_recent { next } else { self.next().wrapping_sub(1) };
            let sequence = self.padding;
            let fits = self.find(sequence).is_some_and(|past| {
                let len = past.packet.payload().len();
                len <= largest && len * 2 >= largest && past.sent >= oldest_useful
            });
            if fits {
                return self.find(sequence).map(|past| (sequence, past));
            }
        }
        None
    }

    pub(crate) fn len(&self) -> usize {
        self.ring.len()
    }
}
