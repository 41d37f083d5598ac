//! What came before it could be used: protected records whose keys are not there yet, and application data of a peer that
//! is not verified yet. Bounded; what does not fit is dropped, as if the network had lost it (RFC 6347 §4.2.4).

use std::collections::VecDeque;

/// A queue of byte strings that holds at most [`Held::MAX_RECORDS`] and [`Held::MAX_BYTES`].
#[derive(Debug, Default)]
struct Held {
    queue: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Held {
    const MAX_RECORDS: usize = 16;
    const MAX_BYTES: usize = 32 * 1024;

    fn push(&mut self, parts: [&[u8]; 2]) -> bool {
        let len = parts[0].len() + parts[1].len();
        if self.queue.len() == Self::MAX_RECORDS || self.bytes + len > Self::MAX_BYTES {
            return false;
        }
        self.queue.push_back(parts.concat());
        self.bytes += len;
        true
    }

    fn pop(&mut self) -> Option<Vec<u8>> {
        let first = self.queue.pop_front()?;
        self.bytes -= first.len();
        Some(first)
    }
}

/// Holds both kinds, each within the bounds of the module.
#[derive(Debug, Default)]
pub(crate) struct Early {
    sealed: Held,
    opened: Held,
}

impl Early {
    /// Keeps a record (header, then fragment) until its keys are there. `false`: no room.
    pub(crate) fn hold_sealed(&mut self, header: &[u8], fragment: &[u8]) -> bool {
        self.sealed.push([header, fragment])
    }

    /// The next record that waits for keys.
    pub(crate) fn pop_sealed(&mut self) -> Option<Vec<u8>> {
        self.sealed.pop()
    }

    /// Keeps application data until its sender is verified. `false`: no room.
    pub(crate) fn hold_opened(&mut self, content: &[u8]) -> bool {
        self.opened.push([content, &[]])
    }

    /// The next piece of application data, of a peer that has been verified meanwhile.
    pub(crate) fn pop_opened(&mut self) -> Option<Vec<u8>> {
        self.opened.pop()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Early::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_a_bounded_number_of_records_and_bytes() {
        let mut early = Early::default();
        let kept = (0..100).filter(|_| early.hold_opened(b"hello")).count();
        assert_eq!(kept, Held::MAX_RECORDS);
        let kept = (0..100).filter(|_| early.hold_sealed(&[0; 13], &[0; 8000])).count();
        assert_eq!(kept, Held::MAX_BYTES / 8013);
        assert_eq!(early.pop_sealed().map(|record| record.len()), Some(8013));
        assert!(early.hold_sealed(&[0; 13], &[0; 8000]), "what was taken makes room");
        early.clear();
        assert_eq!(early.pop_opened(), None);
    }
}
