//! The packets of one stream that wait for their frame, by number.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use limpid_sansio::Instant;

use crate::elements::Extras;
use crate::names::PayloadType;
use crate::slots::Slots;

/// A packet that came.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) payload_type: PayloadType,
    /// The timestamp, unwrapped.
    pub(super) timestamp: u64,
    pub(super) arrived: Instant,
    pub(super) marker: bool,
    /// It fills a number and brings nothing.
    pub(super) is_filler: bool,
    /// A frame can begin with it.
    pub(super) begins: bool,
    /// A frame ends with it.
    pub(super) ends: bool,
    /// It came by retransmission, redundancy or parity.
    pub(super) is_repair: bool,
    pub(super) extras: Extras,
    /// The number of its frame in order of decoding, where frames are described: of a picture with several layers each packet
    /// has that of its layer.
    pub(super) frame_number: Option<u16>,
    /// The dependency descriptor where packets are passed on, then the payload.
    pub(super) bytes: Vec<u8>,
    /// Bytes of the descriptor.
    pub(super) described: usize,
}

impl Entry {
    pub(super) fn payload(&self) -> &[u8] {
        &self.bytes[self.described..]
    }

    pub(super) fn same_frame(&self, other: &Entry) -> bool {
        self.timestamp == other.timestamp && self.payload_type == other.payload_type
    }
}

/// Packets from the first number that was not read on. The last place is never empty.
#[derive(Debug)]
pub(super) struct Packets {
    first: u64,
    ring: VecDeque<Option<Entry>>,
    /// The first number from `first` on that is missing.
    gap: u64,
    bytes: usize,
    slots: Slots,
}

impl Packets {
    pub(super) fn new(limit: usize) -> Self {
        Packets { first: 0, ring: VecDeque::new(), gap: 0, bytes: 0, slots: Slots::with_limit(limit) }
    }

    /// The first number that was not read.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// One above the highest number.
    pub(super) fn end(&self) -> u64 {
        self.first + self.ring.len() as u64
    }

    /// Bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The first number that is missing while a later one is there.
    pub(super) fn gap(&self) -> Option<u64> {
        (self.gap < self.end()).then_some(self.gap)
    }

    pub(super) fn get(&self, sequence: u64) -> Option<&Entry> {
        let at = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        self.ring.get(at)?.as_ref()
    }

    /// The number below which at least so many bytes are held, or one above the highest.
    pub(super) fn after_bytes(&self, bytes: usize) -> u64 {
        let mut sum = 0;
        let at = self.ring.iter().position(|entry| {
            sum += entry.as_ref().map_or(0, |entry| entry.bytes.len());
            sum >= bytes
        });
        at.map_or(self.end(), |at| self.first + at as u64 + 1)
    }

    /// The first number from this one on that is there.
    pub(super) fn present_from(&self, sequence: u64) -> Option<u64> {
        (sequence..self.end()).find(|&sequence| self.get(sequence).is_some())
    }

    /// An empty buffer for a payload.
    pub(super) fn slot(&mut self) -> Vec<u8> {
        self.slots.take()
    }

    /// Nothing is held, and `first` is the next.
    pub(super) fn restart(&mut self, first: u64) {
        let end = self.end();
        self.release_until(end);
        (self.first, self.gap) = (first, first);
    }

    /// Numbers from here on are waited for though a later one came first.
    pub(super) fn extend_down(&mut self, first: u64) {
        for _ in first..self.first {
            self.ring.push_front(None);
        }
        (self.first, self.gap) = (first, first);
    }

    /// Holds a packet. `false`: it is too old or is there already. The caller sees to it that the ring does not grow without
    /// bound.
    pub(super) fn insert(&mut self, sequence: u64, entry: Entry) -> bool {
        let Some(at) = sequence.checked_sub(self.first).and_then(|at| usize::try_from(at).ok()) else {
            self.slots.put(entry.bytes);
            return false;
        };
        while self.ring.len() <= at {
            self.ring.push_back(None);
        }
        if self.ring[at].is_some() {
            self.slots.put(entry.bytes);
            return false;
        }
        self.bytes += entry.bytes.len();
        self.ring[at] = Some(entry);
        self.find_gap();
        true
    }

    /// Lets go of everything below this number.
    pub(super) fn release_until(&mut self, sequence: u64) {
        while self.first < sequence {
            if let Some(Some(entry)) = self.ring.pop_front() {
                self.bytes -= entry.bytes.len();
                self.slots.put(entry.bytes);
            }
            self.first += 1;
            if self.ring.is_empty() {
                self.first = sequence;
            }
        }
        // Without a packet behind them, empty places say nothing.
        self.gap = self.gap.max(self.first);
        self.find_gap();
    }

    fn find_gap(&mut self) {
        while self.get(self.gap).is_some() {
            self.gap += 1;
        }
    }

    /// The nearest packet above this one that brings something, if nothing between is missing.
    pub(super) fn right_of(&self, sequence: u64) -> Option<(u64, &Entry)> {
        for next in sequence + 1..self.end() {
            match self.get(next)? {
                entry if entry.is_filler => {}
                entry => return Some((next, entry)),
            }
        }
        None
    }

    /// The nearest packet below this one that brings something, if nothing between is missing.
    pub(super) fn left_of(&self, sequence: u64) -> Option<(u64, &Entry)> {
        for next in (self.first..sequence).rev() {
            match self.get(next)? {
                entry if entry.is_filler => {}
                entry => return Some((next, entry)),
            }
        }
        None
    }

    /// Whether nothing is missing between this packet and the one before it, or the beginning.
    pub(super) fn is_joined(&self, sequence: u64) -> bool {
        let below = (self.first..sequence).rev().map(|sequence| self.get(sequence));
        // Up to the first that is missing or brings something.
        below.take_while(|entry| entry.is_none_or(|entry| entry.is_filler)).all(|entry| entry.is_some())
    }

    /// Whether the packet before this one is there.
    pub(super) fn follows(&self, sequence: u64) -> bool {
        sequence.checked_sub(1).is_some_and(|before| self.get(before).is_some())
    }
}
