//! When to try a higher rate for a moment, and which. Practice; RFC 8836 §2 (4) asks for a quick start.
//!
//! A probe is a handful of packets at a higher rate: too short to fill a queue, long enough to see how fast they arrive.

use core::time::Duration;

use limpid_sansio::Instant;

/// Names the packets of one probe.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ProbeId(pub u32);

/// A burst that somebody shall send: media first, padding where there is none.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// To be told with each packet of it.
    pub id: ProbeId,
    /// Bits per second to send at.
    pub rate: u64,
    /// How many bytes, at least.
    pub bytes: usize,
    /// How many packets, at least.
    pub packets: u32,
}

/// What the planner has to know.
#[derive(Copy, Clone, Debug)]
pub(super) struct Situation {
    pub(super) now: Instant,
    /// Bits per second.
    pub(super) target: u64,
    /// No probe goes beyond.
    pub(super) most: u64,
    pub(super) last_decrease: Option<Instant>,
    pub(super) is_overused: bool,
    /// Something else than padding was sent lately.
    pub(super) is_active: bool,
}

/// Plans probes: at the start ×3 and ×6, behind a success twice the result, and from time to time ×2.
#[derive(Clone, Debug)]
pub(super) struct Planner {
    next_id: u32,
    /// Rates to try, next first.
    queue: [Option<u64>; 2],
    has_begun: bool,
    /// The last probe that was handed out.
    last: Option<(Instant, u64)>,
    /// Time until the next regular probe: longer after each that brought nothing.
    pause: Duration,
}

impl Planner {
    /// A probe lasts this long at least.
    const TIME: Duration = Duration::from_millis(15);
    const PACKETS: u32 = 5;
    const PACKET_BYTES: usize = 1000;
    /// Regular probes.
    const PAUSE: Duration = Duration::from_secs(4);
    const MOST_PAUSE: Duration = Duration::from_secs(16);
    /// The same until a probe brought something or the rate fell for the first time: feedback about one may be lost.
    const FIRST_PAUSE: Duration = Duration::from_millis(1000);
    /// After a decrease the path has time to settle.
    const SETTLE: Duration = Duration::from_secs(2);
    /// Behind a success the next follows at once, if the result was at least this share of what was tried.
    const GOES_ON: f64 = 0.7;

    pub(super) const fn new() -> Self {
        Planner { next_id: 1, queue: [None, None], has_begun: false, last: None, pause: Self::FIRST_PAUSE }
    }

    /// Tries this rate soon: it was good before.
    pub(super) fn request(&mut self, rate: u64) {
        self.queue = [Some(rate), None];
    }

    /// The next probe, when it is time for one.
    pub(super) fn poll(&mut self, situation: &Situation) -> Option<Probe> {
        let now = situation.now;
        if !self.has_begun {
            self.has_begun = true;
            self.queue = [Some(situation.target * 3), Some(situation.target * 6)];
        }
        if situation.is_overused {
            // What was planned before the queue filled is no longer of use.
            self.queue = [None, None];
            return None;
        }
        let is_settled = situation.last_decrease.is_none_or(|last| now >= last + Self::SETTLE);
        let is_due = self.last.is_some_and(|(last, _)| now >= last + self.pause);
        if self.queue[0].is_none() && is_due && is_settled && situation.is_active {
            self.queue[0] = Some(situation.target * 2);
            self.pause = (self.pause * 2).min(Self::MOST_PAUSE);
        }
        let wanted = self.queue[0].take()?;
        self.queue = [self.queue[1].take(), None];
        let rate = wanted.min(situation.most);
        self.last = Some((now, rate));
        if rate <= situation.target + situation.target / 10 {
            return None;
        }
        let id = ProbeId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        let bytes = rate as f64 / 8.0 * Self::TIME.as_nanos() as f64 / 1e9;
        let bytes = (bytes as usize).max(Self::PACKETS as usize * Self::PACKET_BYTES);
        Some(Probe { id, rate, bytes, packets: Self::PACKETS })
    }

    /// A probe showed that this rate gets through, which is more than the target was.
    pub(super) fn succeeded(&mut self, result: u64) {
        self.pause = Self::PAUSE;
        let tried = self.last.map_or(0, |(_, rate)| rate);
        if result as f64 >= Self::GOES_ON * tried as f64 && self.queue[0].is_none() {
            self.queue[0] = Some(result * 2);
        }
    }

    /// The path changed for the worse: regular probes come sooner again, to see when it is over.
    pub(super) fn fell(&mut self) {
        self.pause = Self::PAUSE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64, target: u64) -> Situation {
        Situation {
            now: Instant::from_millis(millis),
            target,
            most: 10_000_000,
            last_decrease: None,
            is_overused: false,
            is_active: true,
        }
    }

    #[test]
    fn the_start_tries_three_and_six_times_and_a_success_twice_as_much() {
        let mut planner = Planner::new();
        let mut rate = |situation: &Situation| {
            planner.poll(situation).map(|probe| (probe.id.0, probe.rate, probe.bytes))
        };
        assert_eq!(rate(&at(0, 300_000)), Some((1, 900_000, 5000)));
        assert_eq!(rate(&at(0, 300_000)), Some((2, 1_800_000, 5000)));
        assert_eq!(rate(&at(0, 300_000)), None);
        planner.succeeded(1_700_000);
        let probe = planner.poll(&at(100, 1_700_000)).expect("goes on");
        assert_eq!((probe.rate, probe.bytes), (3_400_000, 6375));
        planner.succeeded(2_000_000);
        assert_eq!(planner.poll(&at(200, 2_000_000)), None, "the path's own rate was found");
    }

    #[test]
    fn regular_probes_wait_longer_when_they_bring_nothing() {
        let mut planner = Planner::new();
        let mut times = std::vec::Vec::new();
        for millis in (0..60_000).step_by(100) {
            if planner.poll(&at(millis, 1_000_000)).is_some_and(|probe| probe.rate == 2_000_000) {
                times.push(millis / 1000);
            }
        }
        assert_eq!(times, [1, 3, 7, 15, 31, 47]);
    }

    #[test]
    fn nothing_is_tried_beyond_the_limit_in_overuse_or_in_silence() {
        let limited = Situation { most: 1_000_000, ..at(0, 1_000_000) };
        assert_eq!(Planner::new().poll(&limited), None);
        let overused = Situation { is_overused: true, ..at(0, 300_000) };
        assert_eq!(Planner::new().poll(&overused), None);
        let mut planner = Planner::new();
        while planner.poll(&at(0, 300_000)).is_some() {}
        let idle = Situation { is_active: false, ..at(100_000, 300_000) };
        assert_eq!(planner.poll(&idle), None);
    }
}
