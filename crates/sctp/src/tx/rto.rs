//! Round trips and the retransmission timeout (RFC 9260 §6.3.1).

use core::time::Duration;

use limpid_sansio::Instant;

use crate::config::Timing;

/// A clock ticks; the variation counts as at least this much (RFC 9260 §6.3.1 rule G1).
const GRANULARITY: Duration = Duration::from_millis(1);

#[derive(Clone, Debug)]
pub(crate) struct Rto {
    smoothed: Option<(Duration, Duration)>,
    latest: Duration,
    min: Duration,
    base: Duration,
    doublings: u32,
    next_sample: Instant,
}

impl Rto {
    pub(crate) fn new(timing: &Timing) -> Self {
        Rto {
            smoothed: None,
            latest: Duration::ZERO,
            min: Duration::MAX,
            base: timing.rto_initial,
            doublings: 0,
            next_sample: Instant::ZERO,
        }
    }

    /// A round trip of something that was sent once (Karn's rule). Smoothed once a round trip (rule C5).
    pub(crate) fn sample(&mut self, timing: &Timing, now: Instant, rtt: Duration) {
        self.latest = rtt;
        self.min = self.min.min(rtt);
        if now < self.next_sample {
            return;
        }
        let (srtt, var) = match self.smoothed {
            None => (rtt, rtt / 2),
            Some((srtt, var)) => ((7 * srtt + rtt) / 8, (3 * var + srtt.abs_diff(rtt)) / 4),
        };
        self.smoothed = Some((srtt, var));
        self.base = (srtt + 4 * var.max(GRANULARITY / 4)).clamp(timing.rto_min, timing.rto_max);
        self.doublings = 0;
        self.next_sample = now + srtt;
    }

    pub(crate) fn srtt(&self) -> Option<Duration> {
        self.smoothed.map(|(srtt, _)| srtt)
    }

    /// The shortest round trip so far; zero before the first.
    pub(crate) fn min(&self) -> Duration {
        if self.smoothed.is_some() { self.min } else { Duration::ZERO }
    }

    /// How long after a later packet was acknowledged an earlier one may still arrive: 9/8 of a round trip from its
    /// sending on.
    pub(crate) fn reordering_delay(&self) -> Duration {
        let rtt = self.latest.max(self.srtt().unwrap_or(self.base));
        (rtt + rtt / 8).max(GRANULARITY)
    }

    /// The timeout as it stands, doubled for each expiry in a row.
    pub(crate) fn current(&self, timing: &Timing) -> Duration {
        let limit = timing.rto_max.min(timing.rto_backoff_max.max(self.base));
        self.base.saturating_mul(1 << self.doublings.min(16)).min(limit)
    }

    /// It expired (RFC 9260 §6.3.3 rule E2).
    pub(crate) fn back_off(&mut self) {
        self.doublings = self.doublings.saturating_add(1);
    }

    /// New data was acknowledged.
    pub(crate) fn reset_backoff(&mut self) {
        self.doublings = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    //~ covers 9260-6.3.1-a, 9260-6.3.1-b
    #[test]
    fn the_first_sample_sets_it_and_later_ones_are_smoothed_once_a_round_trip() {
        let timing = Timing { rto_min: MS(1), ..Timing::default() };
        let mut rto = Rto::new(&timing);
        assert_eq!(rto.current(&timing), MS(500));
        rto.sample(&timing, Instant::from_millis(100), MS(100));
        assert_eq!((rto.srtt(), rto.current(&timing)), (Some(MS(100)), MS(300)));
        rto.sample(&timing, Instant::from_millis(150), MS(900));
        assert_eq!(rto.srtt(), Some(MS(100)), "within the same round trip");
        rto.sample(&timing, Instant::from_millis(200), MS(180));
        assert_eq!(rto.srtt(), Some(MS(110)));
        // RTTVAR = 3/4 * 50 + 1/4 * 80 = 57.5
        assert_eq!(rto.current(&timing), MS(110 + 230));
    }

    //~ covers 9260-6.3.3-b
    #[test]
    fn it_doubles_with_each_expiry_up_to_a_bound() {
        let timing = Timing::default();
        let mut rto = Rto::new(&timing);
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(rto.current(&timing));
            rto.back_off();
        }
        assert_eq!(seen, [MS(500), MS(1000), MS(2000), MS(3000)]);
        rto.reset_backoff();
        assert_eq!(rto.current(&timing), MS(500));
    }
}
