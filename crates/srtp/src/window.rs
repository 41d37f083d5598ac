//! The replay list: which indices have passed. RFC 3711 §3.3.2.

use alloc::boxed::Box;
use alloc::vec;

/// Remembers which of the last `64 × words` indices have passed, and how many there were.
///
/// The bits are allocated with the first index that is recorded, and can be given back: then everything below the highest
/// counts as passed.
#[derive(Clone, Default, Debug)]
pub(crate) struct Window {
    /// One above the highest index that passed; 0: none yet.
    next: u64,
    /// Bit `n % size` tells whether index `n` passed. Empty, or a power of two of words.
    seen: Box<[u64]>,
}

/// What a window says to an index.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It may pass.
    Fresh,
    /// It passed before.
    Replayed,
    /// It may have passed before.
    TooOld,
}

impl Window {
    /// One above the highest index that passed.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// How many indices back from the highest may still pass.
    fn size(&self) -> u64 {
        64 * self.seen.len() as u64
    }

    /// Whether `index` may pass. Changes nothing: a packet is only remembered once it is authentic.
    pub(crate) fn verdict(&self, index: u64) -> Verdict {
        if index >= self.next {
            Verdict::Fresh
        } else if self.next - index > self.size() {
            Verdict::TooOld
        } else if self.seen[self.word(index)] & bit(index) != 0 {
            Verdict::Replayed
        } else {
            Verdict::Fresh
        }
    }

    /// Remembers that `index`, which was fresh, has passed. `words` is a power of two.
    pub(crate) fn record(&mut self, index: u64, words: usize) {
        if self.seen.is_empty() {
            // Nothing yet: all may come. Bits that were given back: all below the highest may have come.
            self.seen = vec![if self.next == 0 { 0 } else { u64::MAX }; words].into_boxed_slice();
        }
        if index >= self.next {
            if index - self.next >= self.size() {
                self.seen.fill(0);
            } else {
                for skipped in self.next..index {
                    let word = self.word(skipped);
                    self.seen[word] &= !bit(skipped);
                }
            }
            self.next = index + 1;
        }
        let word = self.word(index);
        self.seen[word] |= bit(index);
    }

    /// Takes the next index, as a sender of numbered packets does.
    pub(crate) fn take_next(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Gives the bits back.
    pub(crate) fn close(&mut self) {
        self.seen = Box::default();
    }

    fn word(&self, index: u64) -> usize {
        (index / 64) as usize & (self.seen.len() - 1)
    }
}

const fn bit(index: u64) -> u64 {
    1 << (index % 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::vec::Vec;

    fn against_a_set(words: usize, steps: Vec<i64>) {
        let (mut window, mut seen, size) = (Window::default(), BTreeSet::new(), 64 * words as u64);
        let mut at = 100_000_u64;
        for step in steps {
            let index = at.saturating_add_signed(step);
            let highest = seen.last().copied();
            let expected = match highest {
                Some(highest) if index + size <= highest => Verdict::TooOld,
                Some(_) if seen.contains(&index) => Verdict::Replayed,
                _ => Verdict::Fresh,
            };
            assert_eq!(window.verdict(index), expected, "{index} below {highest:?}");
            if expected == Verdict::Fresh {
                window.record(index, words);
                seen.insert(index);
            }
            at = at.max(index);
            assert_eq!(seen.last().map(|last| last + 1), Some(window.next()));
        }
    }

    proptest! {
        //~ covers 3711-3.3.2-a, 3711-3.3.2-b, 3711-3.3.2-b neg, 3711-3.3.2-c
        #[test]
        fn agrees_with_a_set_of_all_indices(words in 0_u32..4, steps in prop::collection::vec(-300_i64..200, 1..400)) {
            against_a_set(1 << words, steps);
        }
    }

    #[test]
    fn bits_that_were_given_back_let_nothing_pass_twice() {
        let mut window = Window::default();
        [5, 3].into_iter().for_each(|index| window.record(index, 2));
        assert_eq!(window.verdict(4), Verdict::Fresh);
        window.close();
        assert_eq!([3, 4, 5].map(|index| window.verdict(index)), [Verdict::TooOld; 3]);
        assert_eq!(window.verdict(6), Verdict::Fresh);
        window.record(7, 2);
        assert_eq!([3, 4, 5, 7].map(|index| window.verdict(index)), [Verdict::Replayed; 4]);
        assert_eq!(window.verdict(6), Verdict::Fresh);
    }
}
