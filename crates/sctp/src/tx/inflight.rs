//! Chunks that were sent and are not acknowledged, in a ring that is indexed by TSN: no scans, no hashing.

use std::collections::VecDeque;

use limpid_sansio::Instant;

/// What became of a chunk.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// On its way: counts as outstanding.
    Outstanding,
    /// Taken as lost: waits to be sent again.
    Lost,
    /// Acknowledged by a gap block. The peer may take that back.
    Acked,
    /// Given up.
    Abandoned,
}

/// One chunk. 32 bytes, for there may be very many.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sent {
    pub(crate) sent_at: Instant,
    /// The number of the packet that carried it last; packets are counted for loss detection only.
    pub(crate) packet: u32,
    /// Where its bytes are: message and offset in the queue of the channel in this slot.
    pub(crate) message: u32,
    pub(crate) offset: u32,
    pub(crate) slot: u16,
    pub(crate) ssn: u16,
    pub(crate) len: u16,
    /// U, B and E of its DATA chunk.
    pub(crate) flags: u8,
    pub(crate) fate: Fate,
    /// How often it was sent; stays at 255.
    pub(crate) transmissions: u8,
}

#[derive(Debug)]
pub(crate) struct InFlight {
    ring: VecDeque<Sent>,
    /// The TSN of the first in the ring: one after the cumulative TSN ack.
    base: u64,
    /// Bytes of those that are outstanding.
    flight: usize,
}

impl InFlight {
    pub(crate) fn new(next_tsn: u64) -> Self {
        InFlight { ring: VecDeque::new(), base: next_tsn, flight: 0 }
    }

    /// The TSN that the next new chunk gets.
    pub(crate) fn next_tsn(&self) -> u64 {
        self.base + self.ring.len() as u64
    }

    /// One after the cumulative TSN ack.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// Outstanding bytes.
    pub(crate) fn flight(&self) -> usize {
        self.flight
    }

    /// All that was sent is acknowledged cumulatively.
    pub(crate) fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    pub(crate) fn get(&self, tsn: u64) -> Option<&Sent> {
        self.ring.get(usize::try_from(tsn.checked_sub(self.base)?).ok()?)
    }

    /// The outstanding chunk with the highest TSN.
    pub(crate) fn last_outstanding(&self) -> Option<(u64, Sent)> {
        let at = self.ring.iter().rposition(|sent| sent.fate == Fate::Outstanding)?;
        Some((self.base + at as u64, self.ring[at]))
    }

    /// A new chunk is sent; returns its TSN.
    #[inline]
    pub(crate) fn push(&mut self, sent: Sent) -> u64 {
        self.flight += if sent.fate == Fate::Outstanding { usize::from(sent.len) } else { 0 };
        self.ring.push_back(sent);
        self.next_tsn() - 1
    }

    /// Changes the fate of a chunk, and what counts as outstanding with it. Returns what it was.
    pub(crate) fn set_fate(&mut self, tsn: u64, fate: Fate) -> Option<Sent> {
        let index = usize::try_from(tsn.checked_sub(self.base)?).ok()?;
        let sent = self.ring.get_mut(index)?;
        let before = *sent;
        sent.fate = fate;
        let counted = |fate| if fate == Fate::Outstanding { usize::from(before.len) } else { 0 };
        self.flight = self.flight + counted(fate) - counted(before.fate);
        Some(before)
    }

    /// A chunk is sent again.
    pub(crate) fn resend(&mut self, tsn: u64, packet: u32, now: Instant) {
        self.set_fate(tsn, Fate::Outstanding);
        if let Some(sent) = self.ring.get_mut((tsn - self.base) as usize) {
            sent.packet = packet;
            sent.sent_at = now;
            sent.transmissions = sent.transmissions.saturating_add(1);
        }
    }

    /// Takes the first chunk out: the cumulative TSN ack has moved over it.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Sent> {
        let sent = self.ring.pop_front()?;
        self.base += 1;
        self.flight -= if sent.fate == Fate::Outstanding { usize::from(sent.len) } else { 0 };
        Some(sent)
    }

    /// Lets go of memory that idles.
    pub(crate) fn trim(&mut self) {
        if self.ring.is_empty() {
            self.ring = VecDeque::new();
        }
    }
}
