//! Whether delay grows too fast: a threshold that adapts to what is usual. draft-ietf-rmcat-gcc-02 §5.4.

use super::groups::GroupDelta;
use super::trendline::Trendline;

/// What the delay says about the bottleneck.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Usage {
    /// Its queue neither grows nor shrinks.
    #[default]
    Normal,
    /// Its queue grows: more arrives than leaves.
    Overuse,
    /// Its queue shrinks.
    Underuse,
}

/// Compares the trend with an adaptive threshold.
#[derive(Clone, Debug)]
pub(super) struct Detector {
    line: Trendline,
    threshold: f64,
    last_at: Option<f64>,
    over_for: f64,
    over_count: u32,
    previous: f64,
    usage: Usage,
}

impl Detector {
    /// The threshold to begin with, in milliseconds. §5.4 (del_var_th(0)).
    const START: f64 = 12.5;
    /// It stays within these. §5.4.
    const LEAST: f64 = 6.0;
    const MOST: f64 = 600.0;
    /// A trend so far above it, in milliseconds, is a leap of the route and does not move it. §5.4.
    const LEAP: f64 = 15.0;
    /// How fast it rises and falls, a millisecond. Practice: browsers left the draft's 0.01 and 0.00018, with which the
    /// threshold hardly came down, when they changed to the trend line.
    const UP: f64 = 0.0087;
    const DOWN: f64 = 0.039;
    /// The trend is made comparable to milliseconds by this factor and the number of samples. Practice.
    const GAIN: f64 = 4.0;
    /// Growth that lasts less, in milliseconds, is none yet. §5.4 (overuse_time_th).
    const LASTING: f64 = 10.0;

    pub(super) fn new() -> Self {
        Detector {
            line: Trendline::default(),
            threshold: Self::START,
            last_at: None,
            over_for: 0.0,
            over_count: 0,
            previous: 0.0,
            usage: Usage::Normal,
        }
    }

    /// What the last sample said.
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Takes one sample.
    pub(super) fn add(&mut self, delta: &GroupDelta) -> Usage {
        let slope = self.line.add(delta);
        let trend = slope * self.line.confidence() * Self::GAIN;
        if trend > self.threshold {
            // The first sample may have begun to grow anywhere since the one before.
            self.over_for += if self.over_count == 0 { delta.sent / 2.0 } else { delta.sent };
            self.over_count += 1;
            if self.over_for > Self::LASTING && self.over_count > 1 && slope >= self.previous {
                (self.over_for, self.over_count) = (0.0, 0);
                self.usage = Usage::Overuse;
            }
        } else {
            (self.over_for, self.over_count) = (0.0, 0);
            self.usage = if trend < -self.threshold { Usage::Underuse } else { Usage::Normal };
        }
        self.previous = slope;
        self.adapt(trend.max(-trend), delta.at);
        self.usage
    }

    fn adapt(&mut self, trend: f64, at: f64) {
        let elapsed = self.last_at.map_or(0.0, |last| (at - last).clamp(0.0, 100.0));
        self.last_at = Some(at);
        if trend > self.threshold + Self::LEAP {
            return;
        }
        let speed = if trend < self.threshold { Self::DOWN } else { Self::UP };
        let step = (speed * elapsed).min(1.0) * (trend - self.threshold);
        self.threshold = (self.threshold + step).clamp(Self::LEAST, Self::MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Feed(Detector, f64);

    impl Feed {
        fn new() -> Self {
            Feed(Detector::new(), 0.0)
        }

        /// Samples 10 ms apart, with this much more delay each; the usages seen.
        fn samples(&mut self, count: usize, extra: impl Fn(usize) -> f64) -> std::vec::Vec<Usage> {
            let added = (0..count).map(|sample| {
                let arrived = 10.0 + extra(sample);
                self.1 += arrived;
                self.0.add(&GroupDelta { sent: 10.0, arrived, at: self.1 })
            });
            added.collect()
        }
    }

    #[test]
    fn growth_is_overuse_and_shrinking_underuse() {
        //~ covers gcc-5.4-a, gcc-5.4-b
        let mut feed = Feed::new();
        assert!(feed.samples(100, |_| 0.0).iter().all(|usage| *usage == Usage::Normal));
        let grown = feed.samples(60, |_| 2.0);
        let seen = grown.iter().position(|usage| *usage == Usage::Overuse);
        assert!(seen.is_some_and(|after| after < 15), "{seen:?}");
        let shrunk = feed.samples(60, |_| -2.0);
        assert_eq!(shrunk.last(), Some(&Usage::Underuse));
    }

    #[test]
    fn the_threshold_follows_what_is_usual_and_stays_within_limits() {
        //~ covers gcc-5.4-c
        let mut detector = Detector::new();
        assert_eq!(detector.threshold, Detector::START);
        (0..300).for_each(|step| detector.adapt(0.0, f64::from(step) * 10.0));
        assert_eq!(detector.threshold, Detector::LEAST);
        (300..900).for_each(|step| detector.adapt(18.0, f64::from(step) * 10.0));
        assert!((17.0..18.0).contains(&detector.threshold), "{}", detector.threshold);
    }

    #[test]
    fn a_leap_of_the_route_does_not_move_the_threshold() {
        //~ covers gcc-5.4-d
        let mut detector = Detector::new();
        detector.adapt(0.0, 0.0);
        detector.adapt(Detector::START + Detector::LEAP + 1.0, 100.0);
        assert_eq!(detector.threshold, Detector::START);
    }
}
