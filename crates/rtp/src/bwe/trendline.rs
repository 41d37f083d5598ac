//! How fast delay grows: the slope of a line through the last samples.
//!
//! Deviation: draft-ietf-rmcat-gcc-02 §5.3 filters with a Kalman filter. Browsers fit a line by least squares since 2016, and
//! so do we: it has no noise model to get wrong.

use super::groups::GroupDelta;

/// Samples that the line goes through.
const SAMPLES: usize = 20;
/// How much of the smoothed delay stays at each sample.
const SMOOTHING: f64 = 0.9;

/// The last samples: 320 bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Trendline {
    /// When (milliseconds since the first), and the smoothed delay since the first (milliseconds).
    samples: [(f64, f64); SAMPLES],
    next: usize,
    count: u32,
    first_at: f64,
    delay: f64,
    smoothed: f64,
}

impl Trendline {
    /// How many samples are enough for full confidence.
    const CONFIDENT: u32 = 60;

    /// Takes one sample; returns milliseconds of delay that each millisecond adds. 0 until there are enough samples.
    pub(super) fn add(&mut self, delta: &GroupDelta) -> f64 {
        if self.count == 0 {
            self.first_at = delta.at;
        }
        self.count = (self.count + 1).min(1000);
        self.delay += delta.arrived - delta.sent;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.delay;
        self.samples[self.next] = (delta.at - self.first_at, self.smoothed);
        self.next = (self.next + 1) % SAMPLES;
        if self.count < SAMPLES as u32 { 0.0 } else { self.slope() }
    }

    /// How many samples were seen, up to the number that gives full confidence.
    pub(super) fn confidence(&self) -> f64 {
        f64::from(self.count.min(Self::CONFIDENT))
    }

    /// Least squares.
    fn slope(&self) -> f64 {
        let count = SAMPLES as f64;
        let (sum_x, sum_y) =
            self.samples.iter().fold((0.0, 0.0), |(x, y), sample| (x + sample.0, y + sample.1));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let (mut above, mut below) = (0.0, 0.0);
        for (x, y) in self.samples {
            above += (x - mean_x) * (y - mean_y);
            below += (x - mean_x) * (x - mean_x);
        }
        if below > 0.0 { above / below } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope(extra: impl Fn(usize) -> f64) -> f64 {
        let mut line = Trendline::default();
        let mut at = 5000.0;
        let mut slope = 0.0;
        for sample in 0..200 {
            let arrived = 10.0 + extra(sample);
            at += arrived;
            slope = line.add(&GroupDelta { sent: 10.0, arrived, at });
        }
        slope
    }

    #[test]
    fn steady_growth_is_the_slope_and_jitter_is_none() {
        assert_eq!(slope(|_| 0.0), 0.0);
        // Each 11 ms one more of delay.
        assert!((slope(|_| 1.0) - 1.0 / 11.0).abs() < 1e-3);
        assert!((slope(|_| -1.0) + 1.0 / 9.0).abs() < 1e-3);
        assert!(slope(|sample| if sample % 2 == 0 { 5.0 } else { -5.0 }).abs() < 0.01);
    }

    #[test]
    fn few_samples_say_nothing() {
        let mut line = Trendline::default();
        for sample in 1..SAMPLES {
            let at = sample as f64 * 20.0;
            assert_eq!(line.add(&GroupDelta { sent: 10.0, arrived: 20.0, at }), 0.0);
        }
        assert!(line.add(&GroupDelta { sent: 10.0, arrived: 20.0, at: 400.0 }) > 0.1);
    }
}
