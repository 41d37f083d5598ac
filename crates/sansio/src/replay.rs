//! Replay windows: each number passes once, and numbers that are too old do not pass (RFC 4303 §3.4.3's sliding window).

/// Remembers which of the last `64 × WORDS` numbers have passed.
#[derive(Clone, Debug)]
pub struct ReplayWindow<const WORDS: usize = 1> {
    /// One above the highest number that passed; 0: none yet.
    next: u64,
    /// Bit `n % size` tells whether number `n` passed, for the last `size` numbers.
    seen: [u64; WORDS],
}

impl<const WORDS: usize> Default for ReplayWindow<WORDS> {
    fn default() -> Self {
        ReplayWindow { next: 0, seen: [0; WORDS] }
    }
}

impl<const WORDS: usize> ReplayWindow<WORDS> {
    /// How many numbers back from the highest may still pass.
    pub const SIZE: u64 = 64 * WORDS as u64;

    /// Whether `number` may pass. Changes nothing: a packet is only remembered once it is authentic.
    pub fn may_pass(&self, number: u64) -> bool {
        number >= self.next || (number + Self::SIZE >= self.next && !self.bit(number))
    }

    /// Remembers an authentic `number`. `false`: it must not pass.
    pub fn pass(&mut self, number: u64) -> bool {
        if !self.may_pass(number) {
            return false;
        }
        if number >= self.next {
            // Numbers skipped on the way up have not been seen.
            if number - self.next >= Self::SIZE {
                self.seen = [0; WORDS];
            } else {
                (self.next..number).for_each(|skipped| self.set(skipped, false));
            }
            self.next = number + 1;
        }
        self.set(number, true);
        true
    }

    fn bit(&self, number: u64) -> bool {
        let at = number % Self::SIZE;
        self.seen[(at / 64) as usize] & (1 << (at % 64)) != 0
    }

    fn set(&mut self, number: u64, seen: bool) {
        let at = number % Self::SIZE;
        let word = &mut self.seen[(at / 64) as usize];
        *word = (*word & !(1 << (at % 64))) | (u64::from(seen) << (at % 64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn agrees_with_a_set_of_all_numbers() {
        let (mut window, mut seen, mut highest, mut state) =
            (ReplayWindow::<2>::default(), BTreeSet::new(), 0u64, 1u64);
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = (highest + (state >> 33) % 200).saturating_sub(150);
            let expected = !seen.contains(&number) && (seen.is_empty() || number + 128 > highest);
            assert_eq!(window.may_pass(number), expected, "{number} below {highest}");
            assert_eq!(window.pass(number), expected);
            if expected {
                seen.insert(number);
                highest = highest.max(number);
            }
        }
        assert!(seen.len() > 1000);
    }
}
