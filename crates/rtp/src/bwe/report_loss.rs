//! Where only receiver reports come: their loss alone sets the rate. draft-ietf-rmcat-gcc-02 §6.

use core::time::Duration;

use limpid_sansio::Instant;

/// The draft's controller, at each report.
#[derive(Clone, Debug, Default)]
pub(super) struct ReportLoss {
    last_decrease: Option<Instant>,
    last_report: Option<Instant>,
}

impl ReportLoss {
    /// The new rate in bits per second. `fraction` is out of 256.
    pub(super) fn update(&mut self, now: Instant, fraction: u8, rate: u64, rtt: Duration) -> u64 {
        let lost = u64::from(fraction);
        let elapsed = now.since(self.last_report.unwrap_or(now)).min(Duration::from_secs(1));
        self.last_report = Some(now);
        if lost * 100 < 2 * 256 {
            // ×1.05 a report, for reports that come each second.
            let millis = elapsed.as_millis() as u64;
            return rate + rate / 20 * millis / 1000;
        }
        let pause = rtt + Duration::from_millis(300);
        if lost * 100 <= 10 * 256 || self.last_decrease.is_some_and(|last| now < last + pause) {
            return rate;
        }
        self.last_decrease = Some(now);
        rate - rate * lost / 512
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_two_percent_up_above_ten_down_between_nothing() {
        //~ covers gcc-6-a, gcc-6-b
        let rate = |fraction| {
            let mut control = ReportLoss::default();
            control.update(Instant::from_millis(0), 10, 1_000_000, Duration::ZERO);
            control.update(Instant::from_millis(1000), fraction, 1_000_000, Duration::ZERO)
        };
        assert_eq!(
            [0, 5, 6, 25, 26, 128, 255].map(rate),
            [1_050_000, 1_050_000, 1_000_000, 1_000_000, 949_219, 750_000, 501_954]
        );
    }

    #[test]
    fn reports_in_quick_succession_lower_it_once_and_raise_it_by_their_time() {
        let mut control = ReportLoss::default();
        let mut rate = 1_000_000;
        for at in 0..100 {
            rate = control.update(Instant::from_millis(at * 10), 0, rate, Duration::ZERO);
        }
        assert!((1_045_000..1_055_000).contains(&rate), "{rate}");
        let lowered = control.update(Instant::from_millis(1000), 128, rate, Duration::ZERO);
        assert_eq!(control.update(Instant::from_millis(1200), 128, lowered, Duration::ZERO), lowered);
    }
}
