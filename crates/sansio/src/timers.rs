//! A handful of named timers, and a queue of deadlines for collections. Nothing scans.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::time::Instant;

/// A few timers with names: `Timers::new([Rto, Ack])`. Linear, meant for up to about eight.
#[derive(Clone, Debug)]
pub struct Timers<K, const N: usize>([(K, Option<Instant>); N]);

impl<K: Copy + PartialEq, const N: usize> Timers<K, N> {
    /// All disarmed. Every name stands once.
    pub fn new(names: [K; N]) -> Self {
        Timers(names.map(|name| (name, None)))
    }

    /// Sets or moves one.
    pub fn arm(&mut self, name: K, at: Instant) {
        self.set(name, Some(at));
    }

    /// Stops one.
    pub fn disarm(&mut self, name: K) {
        self.set(name, None);
    }

    /// Stops all.
    pub fn clear(&mut self) {
        self.0.iter_mut().for_each(|timer| timer.1 = None);
    }

    /// When this one is due, if it is armed.
    pub fn at(&self, name: K) -> Option<Instant> {
        self.0.iter().find(|timer| timer.0 == name)?.1
    }

    /// The earliest.
    pub fn next(&self) -> Option<Instant> {
        self.0.iter().filter_map(|timer| timer.1).min()
    }

    /// The earliest that is due, disarmed. Handlers that arm again arm later than `now`.
    pub fn pop_due(&mut self, now: Instant) -> Option<K> {
        let due = self.0.iter_mut().filter(|timer| timer.1.is_some_and(|at| at <= now));
        let timer = due.min_by_key(|timer| timer.1)?;
        timer.1 = None;
        Some(timer.0)
    }

    fn set(&mut self, name: K, at: Option<Instant>) {
        if let Some(timer) = self.0.iter_mut().find(|timer| timer.0 == name) {
            timer.1 = at;
        }
    }
}

/// One deadline for each of many ids; finds the earliest without a scan. Grows with the number of armed ids only.
#[derive(Clone, Debug)]
pub struct DueQueue<Id> {
    by_time: BTreeSet<(Instant, Id)>,
    by_id: BTreeMap<Id, Instant>,
}

impl<Id: Copy + Ord> Default for DueQueue<Id> {
    fn default() -> Self {
        DueQueue { by_time: BTreeSet::new(), by_id: BTreeMap::new() }
    }
}

impl<Id: Copy + Ord> DueQueue<Id> {
    /// Sets, moves or (with `None`) stops the deadline of `id`.
    pub fn set(&mut self, id: Id, at: Option<Instant>) {
        let old = match at {
            Some(at) => self.by_id.insert(id, at),
            None => self.by_id.remove(&id),
        };
        if let Some(old) = old {
            self.by_time.remove(&(old, id));
        }
        if let Some(at) = at {
            self.by_time.insert((at, id));
        }
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|first| first.0)
    }

    /// The id with the earliest deadline that is due, taken out.
    pub fn pop_due(&mut self, now: Instant) -> Option<Id> {
        let &(at, id) = self.by_time.first()?;
        if at > now {
            return None;
        }
        self.set(id, None);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_timers_come_in_the_order_of_their_time() {
        let at = Instant::from_millis;
        let mut timers = Timers::new(['a', 'b', 'c']);
        timers.arm('a', at(30));
        timers.arm('b', at(10));
        timers.arm('c', at(20));
        timers.disarm('c');
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(
            (timers.pop_due(at(30)), timers.pop_due(at(30)), timers.pop_due(at(30))),
            (Some('b'), Some('a'), None)
        );
    }

    #[test]
    fn a_moved_deadline_counts_once() {
        let at = Instant::from_millis;
        let mut queue = DueQueue::default();
        queue.set(1, Some(at(10)));
        queue.set(2, Some(at(20)));
        queue.set(1, Some(at(30)));
        assert_eq!(
            (queue.pop_due(at(25)), queue.pop_due(at(25)), queue.next()),
            (Some(2), None, Some(at(30)))
        );
    }
}
