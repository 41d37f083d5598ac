//! Which channel sends next: weighted fair queueing between messages (RFC 8260 §3.6, RFC 8831 §6.4).
//!
//! Each channel has a *pass*, which grows by what it sends over its weight; the channel with the smallest pass sends. One
//! that comes back from silence begins at the pass of the others: what it did not send it has not saved. Only whole messages
//! take turns, for the fragments of one have consecutive TSNs.

use std::collections::BTreeSet;

/// How finely passes are counted: bytes times this over the weight.
const SCALE: u64 = 1 << 16;
/// How far ahead of the others the current channel may run before it gives way, so that small messages do not change
/// places one by one: about 1 KiB at weight 256.
const SLACK: u64 = (1024 * SCALE) >> 8;

#[derive(Debug, Default)]
pub(crate) struct Schedule {
    current: Option<(u64, u16)>,
    waiting: BTreeSet<(u64, u16)>,
    /// Where newcomers begin.
    clock: u64,
}

impl Schedule {
    /// A channel has something to send, and had nothing; `pass` is what [`leave`](Schedule::leave) gave it.
    pub(crate) fn enter(&mut self, slot: u16, pass: u64) {
        let entry = (pass.max(self.clock), slot);
        if self.current.is_none() {
            self.current = Some(entry);
        } else {
            self.waiting.insert(entry);
        }
    }

    /// Whose turn it is at the beginning of a message.
    #[inline]
    pub(crate) fn pick(&mut self) -> Option<u16> {
        let current = self.current?;
        if let Some(first) = self.waiting.first().copied().filter(|first| first.0 + SLACK < current.0) {
            self.waiting.remove(&first);
            self.waiting.insert(current);
            self.current = Some(first);
        }
        self.current.map(|(_, slot)| slot)
    }

    /// Who is in the middle of a message, or had the last turn.
    pub(crate) fn current(&self) -> Option<u16> {
        self.current.map(|(_, slot)| slot)
    }

    /// The current channel sent so many bytes.
    #[inline]
    pub(crate) fn charge(&mut self, bytes: usize, priority: u16) {
        if let Some(current) = self.current.as_mut() {
            current.0 += bytes as u64 * SCALE / u64::from(priority.max(1));
        }
    }

    /// The current channel has nothing more to send. Returns its pass.
    pub(crate) fn leave(&mut self) -> u64 {
        let pass = self.current.map_or(self.clock, |current| current.0);
        self.clock = self.waiting.first().map_or(pass, |first| first.0.min(pass)).max(self.clock);
        self.current = self.waiting.pop_first();
        pass
    }

    /// A channel goes away, wherever it stands.
    pub(crate) fn remove(&mut self, slot: u16) {
        if self.current() == Some(slot) {
            self.leave();
        } else {
            self.waiting.retain(|entry| entry.1 != slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_share_by_weight_and_silence_saves_nothing() {
        let mut schedule = Schedule::default();
        let weights = [128u16, 256, 1024];
        for slot in 0..3 {
            schedule.enter(slot, 0);
        }
        let mut sent = [0u64; 3];
        for turn in 0..14_000 {
            let slot = schedule.pick().unwrap();
            // Slot 1 is silent in the middle third.
            if slot == 1 && turn > 4000 && turn < 9000 {
                schedule.leave();
                continue;
            }
            schedule.charge(1000, weights[usize::from(slot)]);
            sent[usize::from(slot)] += 1;
            if turn == 9000 && schedule.current() != Some(1) {
                schedule.enter(1, 0);
            }
        }
        assert!((7..=9).contains(&(sent[2] / sent[0])), "{sent:?}");
        assert!(sent[1] < 2 * sent[0], "{sent:?}");
    }

    #[test]
    fn a_giant_message_is_paid_for_afterwards() {
        let mut schedule = Schedule::default();
        schedule.enter(0, 0);
        schedule.enter(1, 0);
        assert_eq!(schedule.pick(), Some(0));
        schedule.charge(1 << 20, 256);
        let turns = (0..1000).take_while(|_| {
            let other = schedule.pick() == Some(1);
            schedule.charge(4096, 256);
            other
        });
        assert_eq!(turns.count(), 257, "256 are paid for, and the slack is one");
    }
}
