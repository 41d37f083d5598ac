//! Which bytes of a message are there, as a short sorted list of ranges that do not touch.

/// Half-open byte ranges. Holds at most [`Ranges::LIMIT`], which a message that arrives in halfway sane order never needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    /// How many separate ranges are kept.
    pub const LIMIT: usize = 64;

    /// Adds `start..end`. `false`: the list is full and nothing changed.
    #[must_use]
    pub fn insert(&mut self, start: u32, end: u32) -> bool {
        // The ranges that the new one touches, which melt into it.
        let first = self.0.partition_point(|range| range.1 < start);
        let last = self.0.partition_point(|range| range.0 <= end);
        if first == last && self.0.len() == Self::LIMIT {
            return false;
        }
        let touched = &self.0[first..last];
        let start = touched.first().map_or(start, |range| range.0.min(start));
        let end = touched.last().map_or(end, |range| range.1.max(end));
        self.0.splice(first..last, [(start, end)]);
        true
    }

    /// Whether all of `0..len` is there. An empty message is there once an empty range was added.
    pub fn cover(&self, len: u32) -> bool {
        self.0.first().is_some_and(|range| range.0 == 0 && range.1 >= len)
    }

    /// The first missing range within `from..len`.
    pub fn gap(&self, from: u32, len: u32) -> Option<(u32, u32)> {
        let mut at = from;
        for &(start, end) in &self.0 {
            if start > at {
                return (at < len).then_some((at, start.min(len)));
            }
            at = at.max(end);
        }
        (at < len).then_some((at, len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_set_of_bytes(inserts in proptest::collection::vec((0u32..200, 0u32..40), 0..60), from in 0u32..200) {
            let (mut ranges, mut bytes) = (Ranges::default(), [false; 240]);
            for (start, len) in inserts {
                prop_assert!(ranges.insert(start, start + len));
                bytes[start as usize..(start + len) as usize].fill(true);
                prop_assert!(ranges.0.windows(2).all(|pair| pair[0].1 < pair[1].0), "sorted, and none touch");
            }
            let first_missing = (from..240).find(|at| !bytes[*at as usize]);
            prop_assert_eq!(ranges.gap(from, 240).map(|gap| gap.0), first_missing);
            if let Some((start, end)) = ranges.gap(from, 240) {
                prop_assert!(!bytes[start as usize..end as usize].contains(&true));
            }
        }
    }

    #[test]
    fn the_list_is_bounded() {
        let mut ranges = Ranges::default();
        for at in 0..Ranges::LIMIT as u32 {
            assert!(ranges.insert(at * 2, at * 2 + 1));
        }
        assert!(!ranges.insert(1000, 1001));
        assert!(ranges.insert(1, 2), "what fills a hole makes the list shorter");
        assert!(ranges.insert(1000, 1001));
    }

    #[test]
    fn an_empty_message_is_complete_once_it_was_seen() {
        let mut ranges = Ranges::default();
        assert!(!ranges.cover(0));
        assert!(ranges.insert(0, 0));
        assert!(ranges.cover(0));
        assert!(!ranges.cover(1));
    }
}
