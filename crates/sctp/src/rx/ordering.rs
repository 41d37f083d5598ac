//! Ordered messages of one stream leave in the order of their stream sequence numbers (RFC 9260 §6.6).

use std::collections::BTreeMap;

use limpid_sansio::serial::before16;

/// A message that is whole, and waits for those before it.
#[derive(Debug)]
pub(crate) struct Early {
    pub(crate) ppid: u32,
    pub(crate) bytes: Vec<u8>,
}

/// What a message that waits costs beside its bytes.
const OVERHEAD: usize = 96;

/// The receiving side of one stream.
#[derive(Debug, Default)]
pub(crate) struct Ordering {
    next: u16,
    /// By distance-preserving key: the SSN less the next one when it came would wrap, so the SSN itself is the key, and
    /// "the smallest" is asked for by name.
    early: BTreeMap<u16, Early>,
}

impl Ordering {
    /// What a waiting message counts against the window.
    pub(crate) const fn cost(len: usize) -> usize {
        len + OVERHEAD
    }

    /// Whether a message with this SSN may leave at once.
    pub(crate) fn is_next(&self, ssn: u16) -> bool {
        ssn == self.next
    }

    /// One message left in its turn.
    pub(crate) fn advance(&mut self) {
        self.next = self.next.wrapping_add(1);
    }

    /// Keeps a message for later. `false`: its turn is over, or its place is taken.
    pub(crate) fn hold(&mut self, ssn: u16, early: Early) -> bool {
        if !before16(self.next, ssn) || self.early.contains_key(&ssn) {
            return false;
        }
        self.early.insert(ssn, early);
        true
    }

    /// The message whose turn it is now, if it is here.
    pub(crate) fn pop(&mut self) -> Option<Early> {
        if self.early.is_empty() {
            return None;
        }
        let early = self.early.remove(&self.next)?;
        self.advance();
        Some(early)
    }

    /// Messages up to this SSN will not come (RFC 3758 §3.6): those that are here leave now, in order.
    pub(crate) fn skip_through(&mut self, ssn: u16, mut leave: impl FnMut(Early)) {
        if before16(ssn, self.next) {
            return;
        }
        let mut here: Vec<u16> = self.early.keys().copied().filter(|at| !before16(ssn, *at)).collect();
        here.sort_by_key(|at| at.wrapping_sub(self.next));
        for at in here {
            self.early.remove(&at).into_iter().for_each(&mut leave);
        }
        self.next = ssn.wrapping_add(1);
    }

    /// The stream begins anew (RFC 6525). Returns what the dropped messages cost.
    pub(crate) fn reset(&mut self) -> usize {
        self.next = 0;
        let early = std::mem::take(&mut self.early);
        early.values().map(|early| Ordering::cost(early.bytes.len())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn early(n: u8) -> Early {
        Early { ppid: 53, bytes: vec![n] }
    }

    #[test]
    fn a_skip_lets_go_of_what_is_here_in_order_across_the_wrap() {
        let mut order = Ordering { next: 0xfffe, ..Ordering::default() };
        assert!(order.hold(0, early(2)) && order.hold(0xffff, early(1)) && order.hold(2, early(4)));
        assert!(!order.hold(0xfffd, early(9)) && !order.hold(0, early(9)));
        let mut left = Vec::new();
        order.skip_through(0, |early| left.push(early.bytes[0]));
        assert_eq!(left, [1, 2]);
        assert!(order.is_next(1) && order.pop().is_none());
        order.advance();
        assert_eq!(order.pop().map(|early| early.bytes), Some(vec![4]));
    }
}
