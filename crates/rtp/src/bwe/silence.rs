//! No feedback at all: the rate goes down fast. RFC 8888 §5, RFC 8836 §2 (10).

use core::time::Duration;

use limpid_sansio::Instant;

/// Waits for feedback about what was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Silence {
    /// The first packet since feedback came was sent then.
    waiting_since: Option<Instant>,
    /// When the next cut is due.
    due: Option<Instant>,
    /// The rate before the first cut.
    before: Option<u64>,
    heard: bool,
    /// What is heard are reports, which come seldom.
    by_reports: bool,
}

impl Silence {
    /// So long nobody worries, once feedback came: several packets of it must be lost in a row.
    const LEAST: Duration = Duration::from_millis(600);
    const MOST: Duration = Duration::from_secs(2);
    /// At the beginning the path may still be opening.
    const AT_FIRST: Duration = Duration::from_secs(3);

    /// Where only reports come, one may be lost, and the next is up to so late. RFC 3550 §6.2: five seconds.
    const BETWEEN_REPORTS: Duration = Duration::from_secs(5);

    /// A packet was sent.
    pub(super) fn sent(&mut self, now: Instant, rtt: Duration) {
        if self.waiting_since.is_none() {
            self.waiting_since = Some(now);
            self.due = Some(now + self.patience(rtt));
        }
    }

    fn patience(&self, rtt: Duration) -> Duration {
        match self.heard {
            true if self.by_reports => Self::BETWEEN_REPORTS,
            true => (rtt * 4).clamp(Self::LEAST, Self::MOST),
            false => Self::AT_FIRST,
        }
    }

    /// Feedback came: the rate before the cuts, if there were any.
    pub(super) fn end(&mut self) -> Option<u64> {
        let before = self.before;
        *self = Silence { heard: true, ..Silence::default() };
        before
    }

    /// A report came, and there is no feedback about each packet: likewise.
    pub(super) fn end_by_report(&mut self) -> Option<u64> {
        let before = self.end();
        self.by_reports = true;
        before
    }

    /// When the next cut is due.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Time has come. `Some`: cut the rate to this.
    pub(super) fn handle_timeout(&mut self, now: Instant, rate: u64, rtt: Duration) -> Option<u64> {
        self.due.filter(|due| *due <= now)?;
        self.due = Some(now + self.patience(rtt).min(Self::MOST / 2));
        self.before.get_or_insert(rate);
        Some(rate / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    #[test]
    fn each_wait_in_vain_halves_the_rate_and_feedback_says_what_it_was() {
        //~ covers 8888-5-a, 8836-2.10-a
        let mut silence = Silence::default();
        silence.sent(Instant::ZERO, RTT);
        silence.end();
        assert_eq!(silence.poll_timeout(), None, "nothing was sent since");
        silence.sent(Instant::from_millis(1000), RTT);
        let mut rate = 1_000_000;
        for millis in [1600, 2200, 2800] {
            assert_eq!(silence.poll_timeout(), Some(Instant::from_millis(millis)));
            assert_eq!(silence.handle_timeout(Instant::from_millis(millis - 1), rate, RTT), None);
            rate = silence.handle_timeout(Instant::from_millis(millis), rate, RTT).expect("due");
        }
        assert_eq!((rate, silence.end(), silence.end()), (125_000, Some(1_000_000), None));
    }
}
