//! Requests that wait for an answer: checks, consent checks, questions to servers. RFC 8445 §14.3, RFC 8489 §6.2.

use core::time::Duration;

use limpid_sansio::{Instant, Path};
use limpid_stun::TransactionId;

use crate::config::Timing;
use crate::id::PathId;
use crate::role::Role;

/// What a request was sent for.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(crate) enum Purpose {
    /// A connectivity check.
    Check(Check),
    /// A consent check (RFC 7675): sent once.
    Consent {
        /// Of this pair.
        pair: PathId,
        /// The role that it claimed.
        role: Role,
    },
    /// A question to a STUN server.
    Gather {
        /// Its place in the config.
        server: usize,
    },
    /// A question to a STUN server that was answered before: keeps the mapping of a NAT alive.
    Refresh,
}

/// What a check said of itself. A 487 is about the role that *this request* claimed, not the one we have by now
/// (RFC 8445 §7.2.5.1).
#[derive(Copy, Clone, PartialEq, Debug)]
pub(crate) struct Check {
    pub(crate) pair: PathId,
    pub(crate) role: Role,
    pub(crate) priority: u32,
    pub(crate) is_nominating: bool,
}

/// One request and its clock.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// Names its timer.
    pub(crate) serial: u32,
    pub(crate) id: TransactionId,
    pub(crate) path: Path,
    pub(crate) purpose: Purpose,
    /// What is sent again, byte for byte; empty when it never is.
    pub(crate) request: Vec<u8>,
    schedule: Schedule,
}

impl Transaction {
    pub(crate) fn pair(&self) -> Option<PathId> {
        match self.purpose {
            Purpose::Check(Check { pair, .. }) | Purpose::Consent { pair, .. } => Some(pair),
            Purpose::Gather { .. } | Purpose::Refresh => None,
        }
    }

    /// Never sent again, and its silence proves nothing; a late answer still counts (RFC 8445 §7.3.1.4, §8.1.2).
    pub(crate) fn cancel(&mut self) {
        self.schedule.is_cancelled = true;
        self.request = Vec::new();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.schedule.is_cancelled
    }

    /// The round trip, if only one request can have been answered (Karn's rule, RFC 8489 §6.2.1).
    pub(crate) fn round_trip(&self, now: Instant) -> Option<Duration> {
        (self.schedule.sent == 1).then(|| now.since(self.schedule.first_sent))
    }
}

/// When a request is sent again and when it is given up.
///
/// The wait doubles up to a ceiling until the time is over. With RFC 8445's floor of 500 ms and no ceiling the request leaves
/// at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s and is given up at 39.5 s, which are Rc = 7 and Rm = 16 of RFC 8489 §6.2.1.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    first_sent: Instant,
    give_up: Instant,
    wait: Duration,
    ceiling: Duration,
    sent: u32,
    is_cancelled: bool,
}

/// What a timer of a transaction means.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    Send,
    GiveUp,
    /// It was cancelled; its answer is still welcome.
    Wait,
    /// It was cancelled, and its time is over.
    Forget,
}

/// 2⁶ - 1 waits of doubling length and Rm = 16: RFC 8489 §6.2.1 in units of the first wait.
const WHOLE: u32 = 63 + 16;
/// The same with a first wait of 500 ms.
pub(crate) const FULL_TRANSACTION: Duration = Duration::from_millis(39_500);

impl Schedule {
    /// A check: RTO = max(floor, Ta × checks that are due or out).
    pub(crate) fn of_check(now: Instant, timing: &Timing, busy: usize) -> Schedule {
        let share = timing.ta.saturating_mul(u32::try_from(busy).unwrap_or(u32::MAX));
        let rto = share.max(timing.rto_floor).max(Duration::from_millis(1));
        let whole = rto.saturating_mul(WHOLE).max(FULL_TRANSACTION);
        Schedule::new(now, rto, timing.rto_ceiling.max(rto), whole)
    }

    /// Sent once, remembered for `whole`.
    pub(crate) fn once(now: Instant, whole: Duration) -> Schedule {
        Schedule::new(now, whole, whole, whole)
    }

    pub(crate) fn new(now: Instant, rto: Duration, ceiling: Duration, whole: Duration) -> Schedule {
        Schedule { first_sent: now, give_up: now + whole, wait: rto, ceiling, sent: 1, is_cancelled: false }
    }

    /// When the timer is to be set after a request left at `now`.
    fn next(&self, now: Instant) -> Instant {
        if self.is_cancelled { self.give_up } else { (now + self.wait).min(self.give_up) }
    }

    fn on_due(&mut self, now: Instant) -> Due {
        match (now >= self.give_up, self.is_cancelled) {
            (true, true) => Due::Forget,
            (false, true) => Due::Wait,
            (true, false) => Due::GiveUp,
            (false, false) => {
                self.sent += 1;
                self.wait = self.wait.saturating_mul(2).min(self.ceiling);
                Due::Send
            }
        }
    }
}

/// All requests that are out. At most a few for each pair; looked through, not hashed.
#[derive(Default, Debug)]
pub(crate) struct Transactions {
    list: Vec<Transaction>,
    next_serial: u32,
}

impl Transactions {
    /// Cancelled checks of one pair that may still be answered.
    const LATE: usize = 8;

    /// Remembers a request that leaves now. Returns its timer and when it is due.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        (id, path, purpose): (TransactionId, Path, Purpose),
        request: Vec<u8>,
        schedule: Schedule,
    ) -> (u32, Instant) {
        let serial = self.next_serial;
        self.next_serial = serial.wrapping_add(1);
        let next = schedule.next(now);
        self.list.push(Transaction { serial, id, path, purpose, request, schedule });
        (serial, next)
    }

    /// What the timer `serial` asks for, and when it is due again.
    pub(crate) fn on_due(&mut self, now: Instant, serial: u32) -> Option<(&Transaction, Due, Instant)> {
        let transaction = self.list.iter_mut().find(|transaction| transaction.serial == serial)?;
        let due = transaction.schedule.on_due(now);
        let next = transaction.schedule.next(now);
        Some((transaction, due, next))
    }

    pub(crate) fn find(&self, id: TransactionId) -> Option<&Transaction> {
        self.list.iter().find(|transaction| transaction.id == id)
    }

    pub(crate) fn remove(&mut self, serial: u32) -> Option<Transaction> {
        let position = self.list.iter().position(|transaction| transaction.serial == serial)?;
        Some(self.list.swap_remove(position))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Transaction> {
        self.list.iter()
    }

    /// Cancels all checks of a pair. Returns the oldest if more of them wait for a late answer than [`Transactions::LATE`]:
    /// a peer that checks without end must not fill the list.
    pub(crate) fn cancel(&mut self, pair: PathId) -> Option<u32> {
        let of_pair = |transaction: &&mut Transaction| transaction.pair() == Some(pair);
        self.list.iter_mut().filter(of_pair).for_each(Transaction::cancel);
        let cancelled = || self.list.iter().filter(|t| t.pair() == Some(pair) && t.is_cancelled());
        let is_over = cancelled().count() > Self::LATE;
        cancelled().map(|transaction| transaction.serial).min().filter(|_| is_over)
    }

    /// Takes out all that `which` picks; their timers are to be stopped.
    pub(crate) fn take(&mut self, which: impl Fn(&Transaction) -> bool) -> Vec<u32> {
        let taken = self.list.iter().filter(|transaction| which(transaction)).map(|t| t.serial).collect();
        self.list.retain(|transaction| !which(transaction));
        if self.list.is_empty() {
            self.list.shrink_to(4);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times of sending in ms, the last one of giving up.
    fn times(mut schedule: Schedule) -> Vec<u64> {
        let (mut now, mut times) = (Instant::ZERO, vec![0]);
        loop {
            now = schedule.next(now);
            times.push(now.as_nanos() / 1_000_000);
            if schedule.on_due(now) != Due::Send {
                return times;
            }
        }
    }

    //~ covers 8445-14.3-a, 8445-14.3-b
    #[test]
    fn by_the_rfc_a_check_leaves_seven_times_in_half_a_minute() {
        let schedule = Schedule::of_check(Instant::ZERO, &Timing::RFC8445, 1);
        assert_eq!(times(schedule), [0, 500, 1500, 3500, 7500, 15_500, 31_500, 39_500]);
        // Twenty checks at 50 ms each: the wait is their common length, and the whole grows with it.
        let schedule = Schedule::of_check(Instant::ZERO, &Timing::RFC8445, 20);
        assert_eq!(times(schedule), [0, 1000, 3000, 7000, 15_000, 31_000, 63_000, 79_000]);
    }

    #[test]
    fn by_default_it_begins_sooner_and_keeps_trying_for_as_long() {
        let times = times(Schedule::of_check(Instant::ZERO, &Timing::default(), 1));
        assert_eq!(times[..7], [0, 100, 300, 700, 1500, 3100, 4700]);
        assert_eq!(times.last(), Some(&39_500));
        assert!(times.len() < 30, "{}", times.len());
    }
}
