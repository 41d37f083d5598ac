//! How often feedback is sent. RFC 8888 §4; what browsers do with transport-wide feedback.

use core::time::Duration;

/// Time between two feedback packets: a twentieth of the rate that this side may send with goes into feedback, within
/// 50 to 250 ms. As long as the rate is not known: 100 ms.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Interval(Duration);

impl Interval {
    /// The shortest.
    pub const MIN: Duration = Duration::from_millis(50);
    /// The longest.
    pub const MAX: Duration = Duration::from_millis(250);
    /// An average feedback packet with all its headers: IPv4, UDP, SRTP, and 20 to 40 bytes.
    const PACKET_BITS: u64 = 68 * 8;

    /// For a rate in bits per second.
    pub fn of_rate(bits_per_second: u64) -> Self {
        // packet bits / (rate / 20), in microseconds.
        let micros = Self::PACKET_BITS * 20 * 1_000_000 / bits_per_second.max(1);
        Interval(Duration::from_micros(micros).clamp(Self::MIN, Self::MAX))
    }

    /// The time.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl Default for Interval {
    fn default() -> Self {
        Interval(Duration::from_millis(100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twentieth_of_the_rate_goes_into_feedback_within_limits() {
        let millis = |rate| Interval::of_rate(rate).get().as_millis();
        assert_eq!([0, 30_000, 108_800, 300_000, 5_000_000].map(millis), [250, 250, 100, 50, 50]);
    }
}
