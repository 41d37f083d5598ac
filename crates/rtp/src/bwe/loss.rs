//! Loss that we cause, and loss that was there before.
//!
//! Deviation: draft-ietf-rmcat-gcc-02 §6 lowers the rate whenever more than a tenth is lost, which on a radio link that loses
//! a tenth at any rate ends at nothing. We ask the path instead: when more is lost than usual we send less for a moment; if as
//! much is lost as before, the loss is not ours, is from now on usual, and the rate comes back. If less is lost, we were the
//! cause and stay below.

use core::time::Duration;

use limpid_sansio::Instant;

/// The controller.
#[derive(Clone, Debug, Default)]
pub(super) struct LossControl {
    /// The share that is lost at any rate.
    usual: f64,
    /// Bits per second. `None`: loss sets no limit.
    limit: Option<f64>,
    counted: Counted,
    trial: Option<Trial>,
    last_share: f64,
}

#[derive(Copy, Clone, Default, Debug)]
struct Counted {
    since: Option<Instant>,
    arrived: u32,
    lost: u32,
}

/// Sending less, to see what is lost then.
#[derive(Copy, Clone, Debug)]
struct Trial {
    /// Packets sent at the lower rate are told of from here on.
    from: Instant,
    /// What was lost before.
    share: f64,
}

impl LossControl {
    /// Loss is looked at after so many packets and this time, or after twice the time and fewer packets.
    const PACKETS: u32 = 30;
    const FEW: u32 = 8;
    const TIME: Duration = Duration::from_millis(250);
    /// So much more than usual is not worth a thought. §6 holds the rate between 2 and 10 %.
    const MARGIN: f64 = 0.03;
    /// Standard deviations that chance is given.
    const SIGMAS: f64 = 2.0;
    /// A trial sends at most this share.
    const TRIAL: f64 = 0.8;
    /// If at least this share of the loss stays, it is not ours.
    const STAYS: f64 = 0.6;
    /// More than that is never usual.
    const MOST_USUAL: f64 = 0.35;
    /// Below the limit by loss the rate grows by this share a second.
    const GROWTH: f64 = 0.05;
    /// Packets that a trial looks at.
    const TRIAL_PACKETS: u32 = 40;

    /// Bits per second that may be sent at most.
    pub(super) fn limit(&self) -> Option<u64> {
        self.limit.map(|limit| limit as u64)
    }

    /// The share that was lost lately.
    pub(super) fn share(&self) -> f64 {
        self.last_share
    }

    /// A probe showed that more gets through.
    pub(super) fn lift(&mut self, rate: u64) {
        self.limit = self.limit.map(|limit| limit.max(rate as f64));
    }

    /// Feedback came: so many arrived and so many were lost; the target, and the rate that arrives.
    pub(super) fn update(
        &mut self,
        now: Instant,
        counts: (u32, u32),
        rates: (u64, Option<u64>),
        rtt: Duration,
    ) {
        if self.trial.is_some_and(|trial| now < trial.from) {
            return;
        }
        let since = *self.counted.since.get_or_insert(now);
        self.counted.arrived = self.counted.arrived.saturating_add(counts.0);
        self.counted.lost = self.counted.lost.saturating_add(counts.1);
        let total = self.counted.arrived.saturating_add(self.counted.lost);
        let elapsed = now.since(since);
        let wanted = if self.trial.is_some() { Self::TRIAL_PACKETS } else { Self::PACKETS };
        let is_enough =
            (elapsed >= Self::TIME && total >= wanted) || (elapsed >= Self::TIME * 4 && total >= Self::FEW);
        if !is_enough {
            return;
        }
        let share = f64::from(self.counted.lost) / f64::from(total);
        self.counted = Counted::default();
        self.last_share = share;
        match self.trial.take() {
            Some(trial) => self.end_trial(&trial, share),
            None => self.look(now, share, total, elapsed, (rates, rtt)),
        }
    }

    fn end_trial(&mut self, trial: &Trial, share: f64) {
        if share >= Self::STAYS * trial.share && share <= Self::MOST_USUAL {
            self.usual = self.usual.max((share + trial.share) / 2.0).min(Self::MOST_USUAL);
            self.limit = None;
        }
    }

    fn look(
        &mut self,
        now: Instant,
        share: f64,
        total: u32,
        elapsed: Duration,
        ((rate, acknowledged), rtt): ((u64, Option<u64>), Duration),
    ) {
        let excess = share - self.usual - Self::MARGIN;
        // Chance: the variance of a share of `total` packets, at what is usual or at 1 %.
        let expected = self.usual.max(0.01);
        let variance = expected * (1.0 - expected) / f64::from(total);
        let is_excessive = excess > 0.0 && excess * excess > Self::SIGMAS * Self::SIGMAS * variance;
        if is_excessive {
            let lower = (rate as f64 * Self::TRIAL).min(acknowledged.map_or(f64::MAX, |rate| rate as f64));
            self.limit = Some(lower);
            let from = now + rtt + Duration::from_millis(100);
            self.trial = Some(Trial { from, share });
            return;
        }
        // What is usual follows slowly, downwards faster.
        let weight = if share < self.usual { 0.05 } else { 0.02 };
        self.usual = (self.usual + weight * (share - self.usual)).min(Self::MOST_USUAL);
        let seconds = elapsed.as_nanos() as f64 / 1e9;
        let arrives = acknowledged.unwrap_or(0) as f64; // without too much loss
        self.limit = self.limit.map(|limit| (limit * (1.0 + Self::GROWTH * seconds.min(1.0))).max(arrives));
    }

    /// A limit far above all others is none, and no limit is below `least`.
    pub(super) fn keep_limit_within(&mut self, least: u64, others: u64) {
        let limit = self.limit.filter(|limit| *limit <= others as f64 * 1.2);
        self.limit = limit.map(|limit| limit.max(least as f64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    /// Feedback each 50 ms about 25 packets, of which `lost(rate)` are lost; what the rate is after so many.
    fn run(control: &mut LossControl, count: u64, lost: impl Fn(u64) -> f64) -> u64 {
        let mut rate = 1_000_000;
        let mut carry = 0.0;
        for at in 0..count {
            carry += lost(rate) * 25.0;
            let dropped = carry as u32;
            carry -= f64::from(dropped);
            let now = Instant::from_millis(at * 50);
            let acknowledged = rate * u64::from(25 - dropped) / 25;
            control.update(now, (25 - dropped, dropped), (rate, Some(acknowledged)), RTT);
            rate = control.limit().map_or(1_000_000, |limit| limit.min(1_000_000));
        }
        rate
    }

    #[test]
    fn loss_at_any_rate_is_found_to_be_usual() {
        let mut control = LossControl::default();
        assert_eq!(run(&mut control, 200, |_| 0.1), 1_000_000);
        assert!((0.05..0.15).contains(&control.usual), "{}", control.usual);
    }

    #[test]
    fn loss_that_we_cause_keeps_the_rate_near_the_capacity() {
        //~ covers gcc-6-a
        let mut control = LossControl::default();
        let overflow = |rate| (1.0 - 500_000.0 / rate as f64).max(0.0);
        let rate = run(&mut control, 100, overflow);
        assert!((400_000..700_000).contains(&rate), "{rate}");
    }

    #[test]
    fn little_loss_is_no_reason() {
        //~ covers gcc-6-b
        let mut control = LossControl::default();
        assert_eq!(run(&mut control, 100, |_| 0.02), 1_000_000);
        assert_eq!(control.limit(), None);
    }
}
