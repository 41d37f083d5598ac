//! An application that sends less than it may: then nothing is learnt about the path, and the estimate stays.
//!
//! Practice ("ALR" in browsers); draft-ietf-rmcat-gcc-02 only caps the estimate at 1.5 times the rate that arrives.

use limpid_sansio::Instant;

/// A budget that fills at two thirds of the target rate and that all sent packets draw from. When it is nearly full, the
/// application is the limit.
#[derive(Clone, Debug)]
pub(super) struct ApplicationLimited {
    /// Bits; positive: less was sent.
    budget: f64,
    last: Option<Instant>,
    since: Option<Instant>,
}

impl ApplicationLimited {
    /// Of the target: what an encoder that follows it sends even in quiet moments.
    const USAGE: f64 = 0.65;
    /// The budget holds what is sent in so many seconds.
    const WINDOW: f64 = 0.5;
    /// Limited from this share of the budget on, and no more below that.
    const BEGIN: f64 = 0.8;
    const END: f64 = 0.5;

    pub(super) const fn new() -> Self {
        ApplicationLimited { budget: 0.0, last: None, since: None }
    }

    /// Time goes on, and a packet of this size was sent (0: none).
    pub(super) fn sent(&mut self, now: Instant, bytes: usize, target: u64) {
        let elapsed = now.since(self.last.unwrap_or(now)).as_nanos() as f64 / 1e9;
        self.last = Some(now);
        let rate = target as f64 * Self::USAGE;
        let most = rate * Self::WINDOW;
        self.budget = (self.budget + rate * elapsed - bytes as f64 * 8.0).clamp(-most, most);
        if self.budget > most * Self::BEGIN {
            self.since.get_or_insert(now);
        } else if self.budget < most * Self::END {
            self.since = None;
        }
    }

    /// Since when the application sends less than it may.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(share: u64) -> bool {
        let mut limited = ApplicationLimited::new();
        for at in 0..200 {
            limited.sent(Instant::from_millis(at * 20), (2500 * share / 100) as usize, 1_000_000);
        }
        limited.since().is_some()
    }

    #[test]
    fn who_sends_half_is_limited_and_who_sends_most_is_not() {
        assert_eq!([0, 30, 50, 80, 100, 150].map(run), [true, true, true, false, false, false]);
    }
}
