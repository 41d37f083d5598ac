//! Which packets are missing, which to ask for again, and when. RFC 4585 §6.2.1; RFC 4588 §6.3.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use crate::rtcp::NackPair;

/// At most so many packets are missed at once; of a longer gap the oldest are given up.
pub(crate) const MAX_MISSING: usize = 1000;
/// A packet is asked for so often.
pub(crate) const MAX_TRIES: u8 = 10;
/// How long a packet may be late by another way through the network before it counts as lost.
const REORDERING: Duration = Duration::from_millis(5);
/// That wait grows with what is seen, up to this.
const MAX_REORDERING: Duration = Duration::from_millis(20);
/// So many packets missing in a row were dropped, not overtaken.
const BURST: u64 = 4;
/// What an answer needs beside the round trip: pacing, and the timers on both sides.
const MARGIN: Duration = Duration::from_millis(5);

#[derive(Copy, Clone, Debug)]
struct Missing {
    sequence: u64,
    since: Instant,
    next: Instant,
    tries: u8,
    /// When it was asked for first.
    asked: Option<Instant>,
}

/// The packets that are missing, oldest first. Bound: 1000.
#[derive(Debug)]
pub(crate) struct Losses {
    list: VecDeque<Missing>,
    reordering: Duration,
    /// No entry is due before this.
    due: Option<Instant>,
}

impl Losses {
    pub(crate) fn new() -> Self {
        Losses { list: VecDeque::new(), reordering: REORDERING, due: None }
    }

    /// The packets from `first` up to, not including, `end` were overtaken by that one. Those that `is_here` knows came by
    /// another way. Each range lies above those before it.
    pub(crate) fn overtaken(&mut self, now: Instant, first: u64, end: u64, is_here: impl Fn(u64) -> bool) {
        let first = first.max(end.saturating_sub(MAX_MISSING as u64));
        let wait = if end - first >= BURST { Duration::ZERO } else { self.reordering };
        let next = now + wait;
        for sequence in (first..end).filter(|&sequence| !is_here(sequence)) {
            if self.list.len() == MAX_MISSING {
                self.list.pop_front();
            }
            self.list.push_back(Missing { sequence, since: now, next, tries: 0, asked: None });
            self.due = Instant::earliest(self.due, Some(next));
        }
    }

    /// The packets from `first` up to, not including, `end` lie below all others and are missed only now: the stream began
    /// earlier than it seemed. No more than fit.
    pub(crate) fn precede(&mut self, now: Instant, first: u64, end: u64) {
        let next = now + self.reordering;
        for sequence in (first..end).rev().take(MAX_MISSING - self.list.len()) {
            self.list.push_front(Missing { sequence, since: now, next, tries: 0, asked: None });
            self.due = Instant::earliest(self.due, Some(next));
        }
    }

    fn position(&self, sequence: u64) -> Option<usize> {
        self.list.binary_search_by_key(&sequence, |missing| missing.sequence).ok()
    }

    /// A packet came. `by_itself`: not because it was asked for. Whether it was missing.
    pub(crate) fn arrived(&mut self, now: Instant, sequence: u64, by_itself: bool) -> bool {
        let Some(missing) = self.position(sequence).and_then(|at| self.list.remove(at)) else {
            return false;
        };
        if by_itself && missing.tries == 0 {
            let seen = now.since(missing.since) * 5 / 4;
            self.reordering = self.reordering.max(seen).min(MAX_REORDERING);
        } else {
            // It shrinks slowly: one path that reorders does so again.
            self.reordering = REORDERING.max(self.reordering * 31 / 32);
        }
        true
    }

    /// Since when a packet is missing. `None`: it is not, or it was given up.
    pub(crate) fn since(&self, sequence: u64) -> Option<Instant> {
        self.position(sequence).map(|at| self.list[at].since)
    }

    /// When a missing packet was asked for first.
    pub(crate) fn asked(&self, sequence: u64) -> Option<Instant> {
        self.position(sequence).and_then(|at| self.list[at].asked)
    }

    /// Whatever is older than this is of no use any more.
    pub(crate) fn forget_below(&mut self, sequence: u64) {
        while self.list.front().is_some_and(|missing| missing.sequence < sequence) {
            self.list.pop_front();
        }
    }

    /// Nothing is missing.
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.due = None;
    }

    /// Appends the numbers that are to be asked for now; each again after a round trip, later and later. No more than `pairs`
    /// of a NACK hold: the others stay due.
    pub(crate) fn poll(&mut self, now: Instant, rtt: Duration, pairs: usize, lost: &mut Vec<u16>) {
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        self.due = None;
        let (mut used, mut last) = (0, None);
        self.list.retain_mut(|missing| {
            if missing.next <= now {
                if missing.tries == MAX_TRIES {
                    return false;
                }
                if last.is_none_or(|last| missing.sequence - last > u64::from(NackPair::FOLLOWING)) {
                    if used == pairs {
                        self.due = Some(now);
                        return true;
                    }
                    (used, last) = (used + 1, Some(missing.sequence));
                }
                missing.tries += 1;
                missing.asked = missing.asked.or(Some(now));
                missing.next = now + interval(rtt, missing.tries);
                lost.push(missing.sequence as u16);
            }
            self.due = Instant::earliest(self.due, Some(missing.next));
            true
        });
    }

    /// When the next is to be asked for. Not later, and now and then earlier than needed.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.due.filter(|_| !self.list.is_empty())
    }
}

/// How long the answer to the n-th request is waited for: the first two for a round trip, each further a quarter longer.
fn interval(rtt: Duration, tries: u8) -> Duration {
    rtt + rtt * u32::from(tries.saturating_sub(2)) / 4 + MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn poll(losses: &mut Losses, millis: u64) -> Vec<u16> {
        let mut lost = Vec::new();
        losses.poll(at(millis), RTT, usize::MAX, &mut lost);
        lost
    }

    //~ covers 4588-6.3-a, 4588-6.3-b
    #[test]
    fn a_packet_is_asked_for_after_a_short_wait_then_once_a_round_trip_and_ten_times() {
        let mut losses = Losses::new();
        losses.overtaken(at(0), 70_000, 70_001, |_| false);
        assert_eq!(poll(&mut losses, 4), []);
        assert_eq!(losses.poll_timeout(), Some(at(5)));
        assert_eq!(poll(&mut losses, 5), [70_000u64 as u16]);
        assert_eq!(poll(&mut losses, 59), []);
        assert_eq!(poll(&mut losses, 60).len(), 1);
        let mut asked = 2;
        while let Some(due) = losses.poll_timeout() {
            losses.poll(due, RTT, usize::MAX, &mut Vec::new());
            asked += usize::from(losses.since(70_000).is_some());
        }
        assert_eq!(asked, usize::from(MAX_TRIES));
        assert_eq!(losses.since(70_000), None, "given up");
    }

    #[test]
    fn bursts_are_asked_for_at_once_and_what_came_is_not_missing() {
        let mut losses = Losses::new();
        losses.overtaken(at(0), 10, 15, |sequence| sequence == 12);
        assert_eq!(poll(&mut losses, 0), [10, 11, 13, 14]);
        assert!(losses.arrived(at(1), 11, false) && !losses.arrived(at(1), 12, false));
        losses.forget_below(14);
        assert_eq!((losses.since(13), losses.since(14)), (None, Some(at(0))));
    }

    #[test]
    fn what_does_not_fit_is_asked_for_with_the_next_poll() {
        let mut losses = Losses::new();
        (0..10).for_each(|turn| losses.overtaken(at(0), turn * 20, turn * 20 + 5, |_| false));
        let mut lost = Vec::new();
        losses.poll(at(0), RTT, 3, &mut lost);
        assert_eq!(lost, [0, 1, 2, 3, 4, 20, 21, 22, 23, 24, 40, 41, 42, 43, 44]);
        assert_eq!(losses.poll_timeout(), Some(at(0)), "there is more");
        losses.poll(at(0), RTT, 7, &mut lost);
        assert_eq!((lost.len(), lost[49]), (50, 184));
        assert_eq!(losses.poll_timeout(), Some(at(55)));
    }

    #[test]
    fn on_a_path_that_reorders_the_wait_grows_and_shrinks_again() {
        let mut losses = Losses::new();
        losses.overtaken(at(0), 1, 2, |_| false);
        assert!(losses.arrived(at(4), 1, true));
        assert_eq!(losses.reordering, REORDERING);
        losses.overtaken(at(10), 3, 4, |_| false);
        losses.list[0].next = at(30);
        assert!(losses.arrived(at(22), 3, true));
        assert_eq!(losses.reordering, Duration::from_millis(15));
        for sequence in 10..100u64 {
            losses.overtaken(at(100), sequence, sequence + 1, |_| false);
            losses.arrived(at(100), sequence, false);
        }
        assert_eq!(losses.reordering, REORDERING);
    }

    #[test]
    fn a_gap_of_any_length_is_bounded() {
        let mut losses = Losses::new();
        losses.overtaken(at(0), 0, 1 << 40, |_| false);
        losses.overtaken(at(0), 1 << 41, (1 << 41) + 10, |_| false);
        assert_eq!(losses.list.len(), MAX_MISSING);
        assert!(losses.since((1 << 41) + 9).is_some());
        losses.clear();
        assert_eq!(losses.poll_timeout(), None);
    }
}
