//! Sorted sets of numbers as ranges: TSNs that arrived beyond a gap, TSNs that gap blocks acknowledged.
//!
//! Everything costs by the number of ranges, never by the numbers in them.

/// From `start` to `end`, both inclusive.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// What became of an insertion.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Insertion {
    Added,
    Present,
    /// It would begin one range too many.
    Refused,
}

/// Ranges in ascending order that neither touch nor overlap.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Ranges(Vec<Range>);

impl Ranges {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_slice(&self) -> &[Range] {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends a range that begins after the last one ends; `false`: it does not.
    pub(crate) fn push(&mut self, range: Range) -> bool {
        match self.0.last_mut() {
            _ if range.start > range.end => return false,
            Some(last) if range.start <= last.end => return false,
            Some(last) if range.start == last.end + 1 => last.end = range.end,
            _ => self.0.push(range),
        }
        true
    }

    /// Adds one number, if that needs no more than `limit` ranges.
    pub(crate) fn insert(&mut self, number: u64, limit: usize) -> Insertion {
        // The first range that ends at or after the number's predecessor.
        let at = self.0.partition_point(|range| range.end + 1 < number);
        let next_touches = |ranges: &[Range]| ranges.get(at + 1).is_some_and(|next| next.start == number + 1);
        match self.0.get(at).copied() {
            Some(range) if range.start <= number && number <= range.end => return Insertion::Present,
            Some(range) if range.end + 1 == number => {
                self.0[at].end = number;
                if next_touches(&self.0) {
                    self.0[at].end = self.0[at + 1].end;
                    self.0.remove(at + 1);
                }
            }
            Some(range) if range.start == number + 1 => self.0[at].start = number,
            _ if self.0.len() >= limit => return Insertion::Refused,
            _ => self.0.insert(at, Range { start: number, end: number }),
        }
        Insertion::Added
    }

    /// Forgets all numbers up to `number`.
    pub(crate) fn remove_through(&mut self, number: u64) {
        let gone = self.0.partition_point(|range| range.end <= number);
        self.0.drain(..gone);
        if let Some(first) = self.0.first_mut() {
            first.start = first.start.max(number + 1);
        }
    }
}

/// Calls `each` with what lies in `a` and not in `b`, in ascending order.
pub(crate) fn difference(a: &[Range], b: &[Range], mut each: impl FnMut(Range)) {
    let mut b = b.iter().peekable();
    for range in a {
        let mut start = range.start;
        while let Some(hole) = b.peek() {
            if hole.end < start {
                b.next();
                continue;
            }
            if hole.start > range.end {
                break;
            }
            if hole.start > start {
                each(Range { start, end: hole.start - 1 });
            }
            start = hole.end + 1;
            if hole.end > range.end {
                break;
            }
        }
        if start <= range.end {
            each(Range { start, end: range.end });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn ranges(set: &BTreeSet<u64>) -> Ranges {
        let mut ranges = Ranges::default();
        for number in set {
            assert_eq!(ranges.insert(*number, usize::MAX), Insertion::Added);
        }
        ranges
    }

    fn numbers(ranges: &[Range]) -> BTreeSet<u64> {
        ranges.iter().flat_map(|range| range.start..=range.end).collect()
    }

    proptest! {
        #[test]
        fn a_set_of_ranges_behaves_as_a_set(list in prop::collection::vec(1u64..64, 0..80), through in 0u64..64) {
            let mut set = BTreeSet::new();
            let mut ours = Ranges::default();
            for number in list {
                let expected = if set.insert(number) { Insertion::Added } else { Insertion::Present };
                prop_assert_eq!(ours.insert(number, usize::MAX), expected);
            }
            prop_assert_eq!(numbers(ours.as_slice()), set.clone());
            prop_assert!(ours.as_slice().windows(2).all(|pair| pair[0].end + 1 < pair[1].start));
            ours.remove_through(through);
            set.retain(|number| *number > through);
            prop_assert_eq!(numbers(ours.as_slice()), set);
        }

        #[test]
        fn a_difference_of_ranges_is_the_difference_of_the_sets(
            a in prop::collection::btree_set(1u64..64, 0..40),
            b in prop::collection::btree_set(1u64..64, 0..40),
        ) {
            let mut found = Vec::new();
            difference(ranges(&a).as_slice(), ranges(&b).as_slice(), |range| found.push(range));
            prop_assert_eq!(numbers(&found), a.difference(&b).copied().collect());
        }
    }

    #[test]
    fn the_limit_refuses_new_ranges_but_not_their_growth() {
        let mut ours = Ranges::default();
        assert_eq!((ours.insert(10, 1), ours.insert(12, 1)), (Insertion::Added, Insertion::Refused));
        assert_eq!((ours.insert(11, 1), ours.insert(9, 1)), (Insertion::Added, Insertion::Added));
    }
}
