//! Datagrams laid end to end as machines append them, cut into the runs that one system call can carry.

use alloc::vec::Vec;

use crate::net::{Ecn, Transmit};

/// Datagrams that wait for their socket.
///
/// Holds at most its limit plus one datagram. What the socket did not take stays: while the outbox is not empty its driver
/// does not fill it again, and that is the back-pressure of the whole stack.
#[derive(Debug)]
pub struct Outbox<R> {
    bytes: Vec<u8>,
    list: Vec<Transmit<R>>,
    limit: usize,
    sent: usize,
    at: usize,
}

/// `count` datagrams to one route: all `segment` bytes long but the last, which may be shorter.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch<'a, R> {
    /// Where they go.
    pub route: R,
    /// Their common mark.
    pub ecn: Option<Ecn>,
    /// Must not be fragmented.
    pub probe: bool,
    /// The size of each but the last.
    pub segment: usize,
    /// How many.
    pub count: usize,
    /// All of them.
    pub bytes: &'a [u8],
}

impl<R: Copy + PartialEq> Outbox<R> {
    /// `limit`: the bytes after which [`drain`](crate::drain) stops asking. One GSO call carries at most 65 507 of them.
    pub fn with_limit(limit: usize) -> Self {
        Outbox { bytes: Vec::new(), list: Vec::new(), limit, sent: 0, at: 0 }
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.sent == self.list.len()
    }

    /// How many datagrams wait.
    pub fn len(&self) -> usize {
        self.list.len() - self.sent
    }

    /// Whether one more datagram may be appended.
    pub fn has_room(&self) -> bool {
        self.bytes.len() < self.limit
    }

    /// Lets `pack` append one datagram and remembers it. `false`: nothing was appended.
    pub fn fill(&mut self, pack: impl FnOnce(&mut Vec<u8>) -> Option<Transmit<R>>) -> bool {
        let before = self.bytes.len();
        match pack(&mut self.bytes) {
            Some(transmit) => {
                debug_assert_eq!(self.bytes.len(), before + transmit.len, "a machine appends what it says");
                self.list.push(transmit);
                true
            }
            None => {
                debug_assert_eq!(self.bytes.len(), before, "after None the length is what it was");
                false
            }
        }
    }

    /// The next run of at most `max_count` datagrams and `max_bytes` bytes that share route, mark and size.
    pub fn batch(&self, max_count: usize, max_bytes: usize) -> Option<Batch<'_, R>> {
        let first = self.list.get(self.sent)?;
        let (mut count, mut len) = (1, first.len);
        for next in &self.list[self.sent + 1..] {
            let fits = count < max_count && len + next.len <= max_bytes && next.len <= first.len;
            let alike = next.route == first.route && next.ecn == first.ecn && !next.probe && !first.probe;
            if !fits || !alike {
                break;
            }
            (count, len) = (count + 1, len + next.len);
            if next.len < first.len {
                break; // a short one ends a batch
            }
        }
        Some(Batch {
            route: first.route,
            ecn: first.ecn,
            probe: first.probe,
            segment: first.len,
            count,
            bytes: &self.bytes[self.at..self.at + len],
        })
    }

    /// The first `count` datagrams are gone: sent, or dropped because their socket is full or dead.
    pub fn advance(&mut self, count: usize) {
        self.at += self.list[self.sent..self.sent + count].iter().map(|t| t.len).sum::<usize>();
        self.sent += count;
        if self.is_empty() {
            self.bytes.clear();
            self.list.clear();
            (self.sent, self.at) = (0, 0);
        }
    }

    /// Hands out every waiting datagram, one by one, and empties the outbox. For drivers that do not batch.
    pub fn take_each(&mut self, mut each: impl FnMut(Transmit<R>, &[u8])) {
        let mut at = self.at;
        for transmit in &self.list[self.sent..] {
            each(*transmit, &self.bytes[at..at + transmit.len]);
            at += transmit.len;
        }
        self.advance(self.list.len() - self.sent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(sizes: &[(u8, usize)]) -> Outbox<u8> {
        let mut outbox = Outbox::with_limit(100_000);
        for &(route, len) in sizes {
            assert!(outbox.fill(|out| {
                out.resize(out.len() + len, route);
                Some(Transmit::new(route, len))
            }));
        }
        outbox
    }

    fn runs(mut outbox: Outbox<u8>, max_count: usize, max_bytes: usize) -> Vec<(u8, usize, usize)> {
        let mut runs = Vec::new();
        while let Some(batch) = outbox.batch(max_count, max_bytes) {
            assert!(batch.bytes.iter().all(|b| *b == batch.route));
            let (count, run) = (batch.count, (batch.route, batch.count, batch.bytes.len()));
            runs.push(run);
            outbox.advance(count);
        }
        assert!(outbox.is_empty());
        runs
    }

    #[test]
    fn a_short_datagram_ends_its_batch_and_a_longer_one_begins_another() {
        let sizes = [(1, 10), (1, 10), (1, 4), (1, 10), (1, 12)];
        assert_eq!(runs(outbox(&sizes), 64, 65_507), [(1, 3, 24), (1, 1, 10), (1, 1, 12)]);
    }

    #[test]
    fn routes_and_limits_cut_batches() {
        let sizes = [(1, 10), (2, 10), (2, 10), (2, 10)];
        assert_eq!(runs(outbox(&sizes), 2, 65_507), [(1, 1, 10), (2, 2, 20), (2, 1, 10)]);
        assert_eq!(runs(outbox(&sizes), 64, 25), [(1, 1, 10), (2, 2, 20), (2, 1, 10)]);
    }

    #[test]
    fn what_a_socket_refused_stays_for_the_next_turn() {
        let mut outbox = outbox(&[(1, 10), (2, 10)]);
        outbox.advance(1);
        assert_eq!(outbox.len(), 1);
        assert_eq!(outbox.batch(64, 100).map(|b| b.route), Some(2));
    }
}
