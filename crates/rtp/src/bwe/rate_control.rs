//! Up a little, down a lot: the rate that the delay allows. draft-ietf-rmcat-gcc-02 §5.5.

use core::time::Duration;

use limpid_sansio::Instant;

use super::overuse::Usage;

/// Figure 2 of §5.5: what the detector's signal leads to.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum State {
    Hold,
    Increase,
}

/// What is known when the rate is changed.
#[derive(Copy, Clone, Debug)]
pub(super) struct Input {
    pub(super) now: Instant,
    pub(super) usage: Usage,
    /// The rate that arrives, bits per second.
    pub(super) acknowledged: Option<u64>,
    pub(super) rtt: Duration,
    pub(super) is_application_limited: bool,
}

/// The controller.
#[derive(Clone, Debug)]
pub(super) struct RateControl {
    state: State,
    /// Bits per second.
    rate: f64,
    last_increase: Option<Instant>,
    last_decrease: Option<Instant>,
    /// A probe raised the rate; until then what arrives is measured in part from before.
    probed_until: Option<Instant>,
    capacity: Capacity,
}

impl RateControl {
    /// A decrease goes to this share of the rate that arrives. §5.5 (beta).
    const BETA: f64 = 0.85;
    /// Far from the last overuse the rate grows by this share a second. §5.5 (eta).
    const ETA: f64 = 0.08;
    /// What one response time may add near the last overuse, in bits per second, at least. §5.5 asks for 1000 a response
    /// time; browsers take 4000 a second.
    const LEAST_ADDED: f64 = 4000.0;
    /// The rate stays below so many times the rate that arrives, and this much more. §5.5.
    const AHEAD: f64 = 1.5;
    const AHEAD_PLUS: f64 = 10_000.0;
    /// The rate that arrives is measured over this time.
    const MEASURED_IN: Duration = Duration::from_millis(550);

    pub(super) fn new(rate: u64) -> Self {
        RateControl {
            state: State::Increase,
            rate: rate as f64,
            last_increase: None,
            last_decrease: None,
            probed_until: None,
            capacity: Capacity::default(),
        }
    }

    /// Bits per second.
    pub(super) fn rate(&self) -> u64 {
        self.rate as u64
    }

    /// When the rate was last decreased.
    pub(super) fn last_decrease(&self) -> Option<Instant> {
        self.last_decrease
    }

    /// A probe showed that this rate gets through.
    pub(super) fn probed(&mut self, now: Instant, rate: u64, rtt: Duration) {
        if rate as f64 > self.rate {
            self.set(now, rate);
            self.probed_until = Some(now + Self::MEASURED_IN + rtt);
        }
    }

    /// Somebody knows better: a limit, silence.
    pub(super) fn set(&mut self, now: Instant, rate: u64) {
        self.rate = rate as f64;
        self.last_increase = Some(now);
    }

    /// Packets were marked by a queue that grows: a light overuse. RFC 8888 §3.1 carries the marks; a share `marked` of all
    /// lowers the rate by half of it, once a round trip (RFC 9330: a scalable reaction).
    pub(super) fn marked(&mut self, now: Instant, marked: f64, rtt: Duration) {
        if self.last_decrease.is_none_or(|last| now >= last + rtt) {
            self.rate *= 1.0 - marked.clamp(0.0, 1.0) / 2.0;
            self.decreased(now);
        }
    }

    /// A queue stands and shall drain: no more than this, in bits per second, for now.
    pub(super) fn drain(&mut self, now: Instant, most: u64) {
        if most as f64 <= self.rate {
            self.rate = most as f64;
            self.decreased(now);
        }
    }

    /// The queue has drained: at least this, in bits per second.
    pub(super) fn resume(&mut self, now: Instant, least: u64) {
        if least as f64 > self.rate {
            self.set(now, least);
        }
    }

    fn decreased(&mut self, now: Instant) {
        self.last_decrease = Some(now);
        self.last_increase = None;
        self.state = State::Hold;
    }

    /// Follows the signal. To be called at each feedback.
    pub(super) fn update(&mut self, input: &Input) {
        match input.usage {
            Usage::Overuse => {
                if self.may_decrease(input) {
                    self.decrease(input);
                }
            }
            // The queue drains: that shall go on until it is empty.
            Usage::Underuse => {
                self.state = State::Hold;
                self.last_increase = None;
            }
            Usage::Normal => match self.state {
                State::Hold => {
                    self.state = State::Increase;
                    self.last_increase = Some(input.now);
                }
                State::Increase => self.increase(input),
            },
        }
    }

    /// What was lowered needs a round trip to show; unless much less than half of it arrives.
    fn may_decrease(&self, input: &Input) -> bool {
        let pause = input.rtt.clamp(Duration::from_millis(10), Duration::from_millis(200))
            + Duration::from_millis(100);
        self.last_decrease.is_none_or(|last| {
            let is_far_off = input.acknowledged.is_some_and(|rate| (rate as f64) < 0.5 * self.rate);
            input.now >= last + pause || (is_far_off && !self.was_probed(input.now))
        })
    }

    fn was_probed(&self, now: Instant) -> bool {
        self.probed_until.is_some_and(|until| now < until)
    }

    fn decrease(&mut self, input: &Input) {
        let acknowledged = input.acknowledged.map_or(self.rate, |rate| rate as f64);
        // Little was sent, so little arrived: that is no measure of the path.
        let is_unmeasured = input.is_application_limited || self.was_probed(input.now);
        let from = if is_unmeasured { acknowledged.max(self.rate) } else { acknowledged };
        self.rate = self.rate.min(from * Self::BETA);
        if !is_unmeasured && input.acknowledged.is_some() {
            self.capacity.overused_at(acknowledged);
        }
        self.decreased(input.now);
    }

    fn increase(&mut self, input: &Input) {
        let elapsed = input.now.since(self.last_increase.unwrap_or(input.now)).min(Duration::from_secs(1));
        self.last_increase = Some(input.now);
        if input.is_application_limited {
            return;
        }
        let Some(acknowledged) = input.acknowledged.map(|rate| rate as f64) else { return };
        self.capacity.forget_if_exceeded(acknowledged);
        let elapsed = elapsed.as_nanos() as f64 / 1e9;
        let added = match self.capacity.is_known() {
            true => self.added_a_second(input.rtt) * elapsed,
            false => (self.rate * Self::ETA).max(Self::LEAST_ADDED) * elapsed,
        };
        let most = acknowledged * Self::AHEAD + Self::AHEAD_PLUS;
        self.rate = self.rate.max((self.rate + added).min(most));
    }

    /// Near the last overuse: half a packet each response time, for packets of 1200 bytes and 30 frames a second.
    fn added_a_second(&self, rtt: Duration) -> f64 {
        let frame_bits = self.rate / 30.0;
        let packets = (frame_bits / (1200.0 * 8.0)) as u64 + 1;
        let response = rtt.as_nanos() as f64 / 1e9 + 0.1;
        (frame_bits / packets as f64 / response).max(Self::LEAST_ADDED)
    }
}

/// What arrived when the path was overused: a smoothed mean and its relative variance.
#[derive(Clone, Debug, Default)]
struct Capacity {
    /// Kilobits per second.
    mean: Option<f64>,
    /// Of the mean, normalised by it.
    variance: f64,
}

impl Capacity {
    /// How much a new sample weighs. §5.5 (smoothing 0.95).
    const WEIGHT: f64 = 0.05;
    /// How many standard deviations away is somewhere else. §5.5.
    const SIGMAS: f64 = 3.0;

    fn is_known(&self) -> bool {
        self.mean.is_some()
    }

    fn overused_at(&mut self, rate: f64) {
        let sample = rate / 1000.0;
        let mean = match self.mean {
            // Far below: the path is another now.
            Some(mean) if sample >= mean || self.is_near(sample, mean) => {
                (1.0 - Self::WEIGHT) * mean + Self::WEIGHT * sample
            }
            _ => {
                self.variance = 0.4;
                sample
            }
        };
        let error = mean - sample;
        let variance = (1.0 - Self::WEIGHT) * self.variance + Self::WEIGHT * error * error / mean.max(1.0);
        self.variance = variance.clamp(0.4, 2.5);
        self.mean = Some(mean);
    }

    fn forget_if_exceeded(&mut self, rate: f64) {
        let sample = rate / 1000.0;
        self.mean = self.mean.filter(|&mean| sample <= mean || self.is_near(sample, mean));
    }

    fn is_near(&self, sample: f64, mean: f64) -> bool {
        // |sample - mean| ≤ 3 σ, squared: there is no square root in `core`.
        let distance = sample - mean;
        distance * distance <= Self::SIGMAS * Self::SIGMAS * self.variance * mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(millis: u64, usage: Usage, acknowledged: u64) -> Input {
        Input {
            now: Instant::from_millis(millis),
            usage,
            acknowledged: Some(acknowledged),
            rtt: Duration::from_millis(100),
            is_application_limited: false,
        }
    }

    #[test]
    fn far_from_the_last_overuse_the_rate_grows_by_eight_percent_a_second() {
        //~ covers gcc-5.5-a
        let mut control = RateControl::new(1_000_000);
        for millis in (0..=1000).step_by(100) {
            control.update(&input(millis, Usage::Normal, 1_000_000));
        }
        assert!((1_079_000..1_084_000).contains(&control.rate()), "{}", control.rate());
    }

    #[test]
    fn overuse_lowers_it_to_most_of_what_arrives_and_near_that_it_grows_slowly() {
        //~ covers gcc-5.5-b, gcc-5.5-c
        let mut control = RateControl::new(1_000_000);
        control.update(&input(0, Usage::Overuse, 900_000));
        assert_eq!(control.rate(), 765_000);
        control.update(&input(50, Usage::Overuse, 900_000));
        assert_eq!(control.rate(), 765_000, "a round trip has not passed");
        for millis in (100..=1100).step_by(100) {
            control.update(&input(millis, Usage::Normal, 800_000));
        }
        let grown = control.rate() - 765_000;
        assert!((20_000..50_000).contains(&grown), "{grown} a second");
        // What arrives shows that the path carries more than it did.
        for millis in (1200..=2200).step_by(100) {
            control.update(&input(millis, Usage::Normal, 1_200_000));
        }
        assert!(control.rate() > 840_000);
    }

    #[test]
    fn it_never_grows_far_beyond_what_arrives() {
        //~ covers gcc-5.5-d
        let mut control = RateControl::new(1_000_000);
        for millis in (0..100_000).step_by(100) {
            control.update(&input(millis, Usage::Normal, 1_000_000));
        }
        assert_eq!(control.rate(), 1_510_000);
        for millis in (100_000..101_000).step_by(100) {
            control.update(&input(millis, Usage::Normal, 10_000));
        }
        assert_eq!(control.rate(), 1_510_000, "and does not fall for that");
    }

    #[test]
    fn what_a_probe_showed_is_not_undone_by_a_measure_from_before() {
        let mut control = RateControl::new(500_000);
        control.probed(Instant::from_millis(0), 1_900_000, Duration::from_millis(100));
        control.update(&input(100, Usage::Overuse, 500_000));
        assert_eq!(control.rate(), 1_615_000);
        control.update(&input(700, Usage::Overuse, 500_000));
        assert_eq!(control.rate(), 425_000);
    }

    #[test]
    fn an_application_that_sends_little_neither_raises_nor_breaks_it() {
        let mut control = RateControl::new(1_000_000);
        let limited = |millis, usage| Input { is_application_limited: true, ..input(millis, usage, 40_000) };
        (0..100).for_each(|step| control.update(&limited(step * 100, Usage::Normal)));
        assert_eq!(control.rate(), 1_000_000);
        control.update(&limited(10_000, Usage::Overuse));
        assert_eq!(control.rate(), 850_000);
    }
}
