//! Buffers of about a packet's size that go around: what a stream holds back costs no allocation once it runs.

use alloc::vec::Vec;

/// What a new buffer holds: a packet that fits a usual path.
const SLOT: usize = 1500;
/// A buffer that grew beyond this is given back to the allocator: one huge datagram must not be held for ever.
const LARGEST_KEPT: usize = 4096;

/// Empty buffers. Holds at most `limit` of them, each at most 4 KiB.
#[derive(Debug)]
pub(crate) struct Slots {
    free: Vec<Vec<u8>>,
    limit: usize,
}

impl Slots {
    /// None yet; they are made when they are asked for.
    pub(crate) fn with_limit(limit: usize) -> Self {
        Slots { free: Vec::new(), limit }
    }

    /// An empty buffer.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.free.pop().unwrap_or_else(|| Vec::with_capacity(SLOT))
    }

    /// Takes a buffer back.
    pub(crate) fn put(&mut self, mut slot: Vec<u8>) {
        if self.free.len() < self.limit && slot.capacity() <= LARGEST_KEPT && slot.capacity() > 0 {
            slot.clear();
            self.free.push(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_empty_and_huge_ones_do_not() {
        let mut slots = Slots::with_limit(1);
        let mut first = slots.take();
        first.extend_from_slice(b"abc");
        let place = first.as_ptr();
        slots.put(first);
        slots.put(Vec::with_capacity(SLOT));
        assert_eq!(slots.free.len(), 1, "no more than the limit");
        let again = slots.take();
        assert!(again.is_empty() && again.as_ptr() == place);
        slots.put(Vec::with_capacity(LARGEST_KEPT + 1));
        assert!(slots.free.is_empty());
    }
}
