//! What is kept for each SSRC: the rollover counter and the replay lists. RFC 3711 §3.2.1, §3.3.1.

use alloc::vec::Vec;

use crate::window::{Verdict, Window};

/// How many removed SSRCs are remembered, for each that may be in use.
pub(crate) const REMOVED_PER_SOURCE: usize = 4;

/// Words of the replay list of RTCP: 128 packets, which are minutes.
pub(crate) const RTCP_WORDS: usize = 2;

/// The highest index so far, to which others are compared: ROC in the upper 32 bits, s_l in the lower 16.
#[derive(Copy, Clone, Default, Debug)]
pub(crate) struct Highest {
    index: u64,
    /// Whether s_l is known: some packet was seen.
    seen: bool,
}

impl Highest {
    /// ROC.
    pub(crate) fn rollover_counter(&self) -> u32 {
        (self.index >> 16) as u32
    }

    /// The index that a packet with this sequence number has: the nearest to the highest so far (RFC 3711 appendix A). `None`:
    /// the rollover counter would lie below zero or beyond 32 bits.
    pub(crate) fn estimate(&self, sequence_number: u16) -> Option<u64> {
        let (roc, s_l) = (self.rollover_counter(), self.index as u16);
        let roc = if !self.seen {
            roc
        } else if s_l < 1 << 15 {
            if i32::from(sequence_number) - i32::from(s_l) > 1 << 15 { roc.checked_sub(1)? } else { roc }
        } else if i32::from(s_l) - (1 << 15) > i32::from(sequence_number) {
            roc.checked_add(1)?
        } else {
            roc
        };
        Some(u64::from(roc) << 16 | u64::from(sequence_number))
    }

    /// A packet with this index is authentic. Only ever goes up.
    pub(crate) fn advance(&mut self, index: u64) {
        if !self.seen || index > self.index {
            *self = Highest { index, seen: true };
        }
    }

    /// Puts ROC at a later value. `false`: it would go back.
    pub(crate) fn set_rollover_counter(&mut self, roc: u32) -> bool {
        let forward = roc >= self.rollover_counter();
        if forward {
            self.index = u64::from(roc) << 16 | self.index & 0xffff;
        }
        forward
    }
}

/// The state of one SSRC.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    ssrc: u32,
    /// Removed: counts no longer, but its indices are not used again.
    removed: bool,
    pub(crate) highest: Highest,
    pub(crate) rtp: Window,
    pub(crate) rtcp: Window,
}

/// Where the source of a packet stands in the table, or will stand.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Slot {
    at: usize,
    known: bool,
}

/// All sources of one context, sorted by SSRC.
#[derive(Debug)]
pub(crate) struct Sources {
    table: Vec<Source>,
    in_use: usize,
    /// At most so many in use.
    max: usize,
    /// Where the last packet's source stands: packets come in trains.
    last: usize,
}

impl Sources {
    pub(crate) fn new(max: usize) -> Self {
        Sources { table: Vec::new(), in_use: 0, max, last: 0 }
    }

    /// How many are in use.
    pub(crate) fn len(&self) -> usize {
        self.in_use
    }

    /// The SSRCs in use.
    pub(crate) fn ssrcs(&self) -> impl Iterator<Item = u32> {
        self.table.iter().filter(|source| !source.removed).map(|source| source.ssrc)
    }

    /// Whether it is in use.
    pub(crate) fn is_in_use(&self, ssrc: u32) -> bool {
        self.get(ssrc).is_some_and(|source| !source.removed)
    }

    /// What is kept for an SSRC, removed or not.
    pub(crate) fn get(&self, ssrc: u32) -> Option<&Source> {
        self.position(ssrc).ok().map(|at| &self.table[at])
    }

    /// Where the source stands or will stand. Changes nothing. `None`: it is not in use, and no more may be.
    pub(crate) fn find(&self, ssrc: u32) -> Option<Slot> {
        let (at, known) = match self.position(ssrc) {
            Ok(at) if !self.table[at].removed => return Some(Slot { at, known: true }),
            Ok(at) => (at, true),
            Err(at) => (at, false),
        };
        let room =
            self.in_use < self.max && (known || self.table.len() < self.max * (1 + REMOVED_PER_SOURCE));
        room.then_some(Slot { at, known })
    }

    fn position(&self, ssrc: u32) -> Result<usize, usize> {
        if self.table.get(self.last).is_some_and(|source| source.ssrc == ssrc) {
            return Ok(self.last);
        }
        self.table.binary_search_by_key(&ssrc, |source| source.ssrc)
    }

    /// The index of an RTP packet, and whether it may pass.
    pub(crate) fn judge_rtp(&self, slot: Slot, sequence_number: u16) -> Option<(u64, Verdict)> {
        if !slot.known {
            return Some((sequence_number.into(), Verdict::Fresh));
        }
        let source = &self.table[slot.at];
        let index = source.highest.estimate(sequence_number)?;
        Some((index, source.rtp.verdict(index)))
    }

    /// Whether an RTCP packet may pass.
    pub(crate) fn judge_rtcp(&self, slot: Slot, index: u64) -> Verdict {
        if slot.known { self.table[slot.at].rtcp.verdict(index) } else { Verdict::Fresh }
    }

    /// The next index of RTCP that we send.
    pub(crate) fn next_rtcp(&self, slot: Slot) -> u64 {
        if slot.known { self.table[slot.at].rtcp.next() } else { 0 }
    }

    /// A packet is authentic, or ours: its source is in use from now on.
    pub(crate) fn settle(&mut self, slot: Slot, ssrc: u32) -> &mut Source {
        if !slot.known {
            let (highest, window) = (Highest::default(), Window::default());
            let source = Source { ssrc, removed: false, highest, rtp: window.clone(), rtcp: window };
            self.table.insert(slot.at, source);
            self.in_use += 1;
        }
        self.last = slot.at;
        let source = &mut self.table[slot.at];
        if source.removed {
            source.removed = false;
            self.in_use += 1;
        }
        source
    }

    /// Takes a source out of the table. `false`: it is not in use.
    pub(crate) fn forget(&mut self, ssrc: u32) -> bool {
        let Some(at) = self.position(ssrc).ok().filter(|at| !self.table[*at].removed) else { return false };
        self.table.remove(at);
        self.in_use -= 1;
        true
    }

    /// Takes a source out of use. `false`: it is not in use, or as many removed ones are remembered as may be.
    pub(crate) fn remove(&mut self, ssrc: u32) -> bool {
        let Ok(at) = self.position(ssrc) else { return false };
        let remembered = self.table.len() - self.in_use;
        let source = &mut self.table[at];
        if source.removed || remembered >= self.max * REMOVED_PER_SOURCE {
            return false;
        }
        source.removed = true;
        source.rtp.close();
        source.rtcp.close();
        self.in_use -= 1;
        true
    }
}

#[cfg(test)]
mod tests;
