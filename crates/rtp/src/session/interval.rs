//! How long from report to report. RFC 3550 §6.2, §6.3.1; RFC 4585 §3.4.
//!
//! Two participants share a transport: each side's streams report together (RFC 8108 §5.3), so that there are never more and
//! never fewer. A side may use half of the twentieth of the rate that RTCP has.

use core::time::Duration;

use limpid_crypto::Random;

/// Not more often, on average. The 360 kbit/s of RFC 4585 §3.4's formula give one second; browsers keep to it for pictures.
const MINIMUM: Duration = Duration::from_secs(1);
/// The part of the rate that is for RTCP, as a divisor. §6.2: five per cent.
const SHARE: u64 = 20;
/// Who shares it.
const PARTICIPANTS: u64 = 2;
/// What IPv4 and UDP add to a datagram, which §6.2 counts.
const OVERHEAD: usize = 28;

/// The sizes that were seen.
#[derive(Debug, Default)]
pub(super) struct Interval {
    /// Sixteen times the bytes of all reports of a round, smoothed by a sixteenth. §6.3.3.
    scaled: u64,
    /// Of the round at hand.
    current: u64,
}

impl Interval {
    /// A datagram of a round of reports was written.
    pub(super) fn wrote(&mut self, len: usize, ends_round: bool) {
        self.current += (len + OVERHEAD) as u64;
        if ends_round {
            let size = core::mem::take(&mut self.current);
            self.scaled = match self.scaled {
                0 => size * 16,
                scaled => scaled - scaled / 16 + size,
            };
        }
    }

    /// Without chance. §6.3.1.
    fn deterministic(&self, rate: u64) -> Duration {
        let micros = self.scaled / 16 * 8 * 1_000_000 * PARTICIPANTS * SHARE / rate.max(1);
        Duration::from_micros(micros).max(MINIMUM)
    }

    /// With chance: half to one and a half of it, divided by e − 3/2, as who draws again when the time has come
    /// (reconsideration) draws the longer one more often. §6.3.1.
    pub(super) fn draw(&self, rate: u64, random: &mut Random) -> Duration {
        let factor = 500_000 + u128::from(random.below(1_000_001));
        let nanos = self.deterministic(rate).as_nanos() * factor / 1_218_282;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    //~ covers 3550-6.2-a, 3550-6.3.1-a
    #[test]
    fn reports_take_no_more_than_their_share_and_come_at_random() {
        let mut interval = Interval::default();
        let mut random = Random::from_seed([1; 32]);
        for (size, rate, mean) in [(100, 300_000, 1000), (5000, 300_000, 5363), (5000, 10_000_000, 1000)] {
            (0..200).for_each(|_| interval.wrote(size, true));
            let deterministic = interval.deterministic(rate);
            assert_eq!(deterministic.as_millis(), mean, "{size} bytes at {rate} bit/s");
            let drawn: Vec<f64> = (0..1000)
                .map(|_| interval.draw(rate, &mut random).as_secs_f64() / deterministic.as_secs_f64())
                .collect();
            assert!(drawn.iter().all(|part| (0.410..=1.232).contains(part)));
            assert!(drawn.iter().any(|part| *part < 0.45) && drawn.iter().any(|part| *part > 1.19));
        }
    }
}
