//! A ring of slots for numbers in a row: what arrived, what was sent.

use alloc::vec::Vec;

/// Slots for the numbers from `start` to `end`, at most `limit` of them.
///
/// Memory doubles as it is needed and is never given back, so that a steady flow allocates nothing.
#[derive(Clone, Debug)]
pub(crate) struct Window<T> {
    slots: Vec<T>,
    start: u64,
    end: u64,
    limit: usize,
}

impl<T: Copy + Default> Window<T> {
    /// Nothing yet. `limit` is a power of two.
    pub(crate) const fn new(limit: usize) -> Self {
        debug_assert!(limit.is_power_of_two(), "numbers are mapped to slots by a mask");
        Window { slots: Vec::new(), start: 0, end: 0, limit }
    }

    /// The smallest number that has a slot.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// One more than the largest number that has a slot.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// How many numbers have a slot.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// The slot of a number.
    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        self.covers(number).then(|| &self.slots[self.index(number)])
    }

    /// The slot of a number.
    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let at = self.index(number);
        if self.covers(number) { self.slots.get_mut(at) } else { None }
    }

    fn covers(&self, number: u64) -> bool {
        (self.start..self.end).contains(&number)
    }

    fn index(&self, number: u64) -> usize {
        number as usize & self.slots.len().wrapping_sub(1)
    }

    /// Makes room up to this number; numbers between get empty slots, the oldest beyond the limit are forgotten. `None`:
    /// the number is older than all that have a slot.
    pub(crate) fn reach(&mut self, number: u64) -> Option<&mut T> {
        if self.is_empty() || number >= self.end.saturating_add(self.limit as u64) {
            (self.start, self.end) = (number, number);
        }
        if number >= self.end {
            let start = self.start.max((number + 1).saturating_sub(self.limit as u64));
            self.start = start;
            self.grow((number + 1 - start) as usize);
            for fresh in self.end.max(start)..=number {
                let at = self.index(fresh);
                self.slots[at] = T::default();
            }
            self.end = number + 1;
        }
        self.get_mut(number)
    }

    fn grow(&mut self, len: usize) {
        let wanted = len.next_power_of_two().max(64.min(self.limit));
        if wanted <= self.slots.len() {
            return;
        }
        let mut larger = Vec::new();
        larger.resize(wanted, T::default());
        for number in self.start..self.end {
            larger[number as usize & (wanted - 1)] = self.slots[self.index(number)];
        }
        self.slots = larger;
    }

    /// Forgets the numbers below this one.
    pub(crate) fn forget_before(&mut self, number: u64) {
        self.start = number.clamp(self.start, self.end);
    }

    /// Forgets all, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.start = self.end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_slots_while_the_ring_grows_and_turns() {
        let mut window = Window::<u64>::new(256);
        for number in 1000..2000 {
            *window.reach(number).expect("in order") = number;
            let first = window.start();
            assert_eq!(first, (number + 1).saturating_sub(256).max(1000));
            assert!((first..=number).all(|kept| window.get(kept) == Some(&kept)));
        }
        assert_eq!((window.len(), window.slots.len()), (256, 256));
        assert_eq!(window.reach(1000), None);
    }

    #[test]
    fn a_gap_is_empty_and_a_leap_begins_anew() {
        let mut window = Window::<u8>::new(64);
        *window.reach(10).expect("first") = 1;
        *window.reach(70).expect("near") = 2;
        assert_eq!((window.get(10), window.get(40), window.get(70)), (Some(&1), Some(&0), Some(&2)));
        *window.reach(1 << 40).expect("far") = 3;
        assert_eq!((window.start(), window.len()), (1 << 40, 1));
        window.forget_before(u64::MAX);
        assert!(window.is_empty() && window.get(1 << 40).is_none());
    }
}
