//! Which TSNs have arrived: the cumulative one, ranges beyond it, and duplicates (RFC 9260 §6.2).

use limpid_sansio::serial::Unwrap32;

use crate::chunk::GapBlock;
use crate::ranges::{Insertion, Ranges};

/// How many ranges beyond the cumulative TSN are kept; more are not taken, and come again.
pub(crate) const MAX_RANGES: usize = 512;
/// How far beyond the cumulative TSN is taken: what a gap block can say.
const MAX_AHEAD: u64 = 65_535;
/// How many duplicates one SACK reports at most.
const MAX_DUPLICATES: usize = 32;

/// What a TSN is to us. TSNs are counted without wrapping here.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Arrival {
    /// New.
    New(u64),
    /// Was here before.
    Duplicate,
    /// One gap too many, or too far ahead.
    Refused,
}

#[derive(Debug)]
pub(crate) struct Tracker {
    unwrap: Unwrap32,
    cumulative: u64,
    ahead: Ranges,
    duplicates: Vec<u32>,
}

impl Tracker {
    /// Waits for the peer's first TSN.
    pub(crate) fn new(initial_tsn: u32) -> Self {
        let before = initial_tsn.wrapping_sub(1);
        let unwrap = Unwrap32::starting_at(before);
        Tracker { unwrap, cumulative: unwrap.peek(before), ahead: Ranges::default(), duplicates: Vec::new() }
    }

    /// All up to this one are here.
    pub(crate) fn cumulative(&self) -> u64 {
        self.cumulative
    }

    /// The highest that is here.
    pub(crate) fn highest(&self) -> u64 {
        self.ahead.as_slice().last().map_or(self.cumulative, |range| range.end)
    }

    pub(crate) fn has_gaps(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// The full number of a TSN from the wire.
    pub(crate) fn unwrap(&self, tsn: u32) -> u64 {
        self.unwrap.peek(tsn)
    }

    /// Whether a TSN could be taken; changes nothing but the list of duplicates.
    pub(crate) fn look(&mut self, tsn: u32) -> Arrival {
        let full = self.unwrap.peek(tsn);
        if full <= self.cumulative || self.is_ahead(full) {
            if self.duplicates.len() < MAX_DUPLICATES {
                self.duplicates.push(tsn);
            }
            return Arrival::Duplicate;
        }
        let too_far = full - self.cumulative > MAX_AHEAD;
        if too_far { Arrival::Refused } else { Arrival::New(full) }
    }

    fn is_ahead(&self, full: u64) -> bool {
        let ranges = self.ahead.as_slice();
        let at = ranges.partition_point(|range| range.end < full);
        ranges.get(at).is_some_and(|range| range.start <= full)
    }

    /// Takes a new TSN; `false`: it opens one gap too many.
    pub(crate) fn take(&mut self, full: u64) -> bool {
        if full != self.cumulative + 1 {
            return self.ahead.insert(full, MAX_RANGES) != Insertion::Refused;
        }
        self.set_cumulative(full);
        true
    }

    /// Moves on over TSNs that will not come (RFC 3758 §3.6). `false`: that is behind us already.
    pub(crate) fn forward(&mut self, full: u64) -> bool {
        if full <= self.cumulative {
            return false;
        }
        self.set_cumulative(full);
        true
    }

    fn set_cumulative(&mut self, full: u64) {
        self.cumulative = full;
        if !self.ahead.is_empty() {
            self.ahead.remove_through(full);
            if let Some(first) = self.ahead.as_slice().first().filter(|first| first.start == full + 1) {
                self.cumulative = first.end;
                self.ahead.remove_through(self.cumulative);
            }
        }
        self.unwrap.advance(self.cumulative as u32);
    }

    /// Gap blocks for a SACK, at most `limit`.
    pub(crate) fn gaps(&self, limit: usize) -> impl ExactSizeIterator<Item = GapBlock> + '_ {
        let ranges = self.ahead.as_slice();
        ranges[..ranges.len().min(limit)].iter().map(|range| GapBlock {
            // At most MAX_AHEAD, so that they fit.
            start: (range.start - self.cumulative) as u16,
            end: (range.end - self.cumulative) as u16,
        })
    }

    /// Duplicates since the last SACK.
    pub(crate) fn duplicates(&self) -> &[u32] {
        &self.duplicates
    }

    pub(crate) fn clear_duplicates(&mut self) {
        self.duplicates.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tsns_are_followed_across_the_wrap() {
        let mut tracker = Tracker::new(u32::MAX);
        for tsn in [0, 2, u32::MAX] {
            let Arrival::New(full) = tracker.look(tsn) else { panic!("{tsn} is new") };
            assert!(tracker.take(full));
        }
        assert_eq!(tracker.cumulative() as u32, 0);
        assert_eq!(tracker.gaps(9).collect::<Vec<_>>(), [GapBlock { start: 2, end: 2 }]);
        assert_eq!((tracker.look(u32::MAX), tracker.look(2)), (Arrival::Duplicate, Arrival::Duplicate));
        assert_eq!(tracker.duplicates(), [u32::MAX, 2]);
    }

    #[test]
    fn a_forward_joins_what_waits_behind_it() {
        let mut tracker = Tracker::new(1);
        let base = tracker.cumulative();
        assert!(tracker.take(base + 5) && tracker.take(base + 7));
        assert!(tracker.forward(base + 4) && !tracker.forward(base + 2));
        assert_eq!(tracker.cumulative(), base + 5);
        assert!(tracker.has_gaps());
    }

    #[test]
    fn gaps_and_distance_are_bounded() {
        let mut tracker = Tracker::new(1);
        let base = tracker.cumulative();
        let taken = (1..2000).filter(|n| tracker.take(base + 2 * n)).count();
        assert_eq!(taken, MAX_RANGES);
        assert_eq!(tracker.look(1 + 70_000), Arrival::Refused);
    }
}
