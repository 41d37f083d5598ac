//! A queue that stands: no more growth, so the trend is content, but every packet waits. RFC 8836 §2 (1) asks for low delay.
//!
//! Beyond draft-ietf-rmcat-gcc-02, which looks at growth alone: after a link became slow its queue would stay full for as
//! long as the call. So the shortest way that a packet took lately is remembered, and when all take much longer, less is sent
//! for a moment, so that the queue drains. Where it does not, it is not ours (another flow keeps it full, or the way became
//! longer), and it is taken as it is.

use core::time::Duration;

use limpid_sansio::Instant;

/// Measures the queue and says when to send less than arrives.
#[derive(Clone, Debug)]
pub(super) struct StandingQueue {
    /// The shortest ways of this and of the last span, in nanoseconds; clocks differ, so only differences have a meaning.
    shortest: [i64; 2],
    span_ends: Option<Instant>,
    /// The shortest way in the feedback at hand.
    now_shortest: i64,
    drain: Option<Drain>,
    not_before: Option<Instant>,
}

#[derive(Copy, Clone, Debug)]
struct Drain {
    until: Instant,
    /// The longest that it was since.
    longest: Duration,
    /// What the link carries, in bits per second: as long as a queue stands, it is what arrives.
    capacity: f64,
}

/// What the queue asks for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Advice {
    /// Nothing.
    None,
    /// Send no more than this, in bits per second.
    AtMost(u64),
    /// It has drained: so much is fine again.
    Resume(u64),
}

impl StandingQueue {
    /// How long the shortest way is remembered, at least: clocks drift, routes change.
    const SPAN: Duration = Duration::from_secs(15);
    /// A queue of this length is drained, down to that.
    const LONG: Duration = Duration::from_millis(120);
    const SHORT: Duration = Duration::from_millis(40);
    /// It shall be gone after so many seconds; no less and no more than these shares of the capacity are sent for it.
    const IN: f64 = 1.0;
    const LEAST: f64 = 0.5;
    const MOST: f64 = 0.8;
    /// Afterwards this share of the capacity is used.
    const RESUME: f64 = 0.9;
    /// After this time it is decided whether it was ours.
    const PATIENCE: Duration = Duration::from_millis(3500);
    /// The next attempt waits so long.
    const PAUSE: Duration = Duration::from_secs(1);
    const FAR: i64 = i64::MAX;

    pub(super) const fn new() -> Self {
        StandingQueue {
            shortest: [Self::FAR; 2],
            span_ends: None,
            now_shortest: Self::FAR,
            drain: None,
            not_before: None,
        }
    }

    /// A packet of the feedback at hand was on its way from `sent` to `arrived`.
    pub(super) fn add(&mut self, sent: Instant, arrived: i64) {
        let way = arrived.saturating_sub(i64::try_from(sent.as_nanos()).unwrap_or(i64::MAX));
        self.now_shortest = self.now_shortest.min(way);
    }

    /// The feedback is complete.
    pub(super) fn update(&mut self, now: Instant, acknowledged: Option<u64>) -> Advice {
        let Some(queue) = self.measure(now) else { return Advice::None };
        let is_long = queue >= Self::LONG;
        let Some(drain) = &mut self.drain else {
            let may_begin = is_long && self.not_before.is_none_or(|from| now >= from);
            let capacity = acknowledged.filter(|_| may_begin).map(|rate| rate as f64);
            let until = now + Self::PATIENCE;
            self.drain = capacity.map(|capacity| Drain { until, longest: queue, capacity });
            return Advice::None;
        };
        drain.longest = drain.longest.max(queue);
        if let Some(rate) = acknowledged.filter(|_| is_long) {
            drain.capacity = drain.capacity.min(rate as f64);
        }
        let capacity = drain.capacity;
        if queue <= Self::SHORT || now >= drain.until {
            if queue * 3 >= drain.longest * 2 {
                self.shortest = [self.now_length(queue), Self::FAR];
            }
            self.drain = None;
            self.not_before = Some(now + Self::PAUSE);
            return Advice::Resume((capacity * Self::RESUME) as u64);
        }
        let seconds = queue.as_nanos() as f64 / 1e9;
        Advice::AtMost((capacity * (1.0 - seconds / Self::IN).clamp(Self::LEAST, Self::MOST)) as u64)
    }

    /// The way that is now taken as the shortest.
    fn now_length(&self, queue: Duration) -> i64 {
        let shortest = self.shortest[0].min(self.shortest[1]);
        shortest.saturating_add(i64::try_from(queue.as_nanos()).unwrap_or(i64::MAX))
    }

    fn measure(&mut self, now: Instant) -> Option<Duration> {
        let way = core::mem::replace(&mut self.now_shortest, Self::FAR);
        if way == Self::FAR {
            return None;
        }
        if self.span_ends.is_none_or(|ends| now >= ends) {
            self.span_ends = Some(now + Self::SPAN);
            self.shortest = [Self::FAR, self.shortest[0]];
        }
        self.shortest[0] = self.shortest[0].min(way);
        let shortest = self.shortest[0].min(self.shortest[1]);
        Some(Duration::from_nanos(way.saturating_sub(shortest).max(0) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feedback each 50 ms over a link of 1 Mbit/s whose queue has this length in milliseconds, fed with what may be sent;
    /// `ours`: it drains then. Returns the queue's length at the end and whether the rate was held down.
    fn run(
        standing: &mut StandingQueue,
        start: u64,
        mut queue: f64,
        seconds: u64,
        ours: bool,
    ) -> (f64, bool) {
        let mut is_held = false;
        for step in 0..seconds * 20 {
            let now = Instant::from_millis(start + step * 50);
            let way = (30.0 + queue) * 1e6;
            standing.add(now, now.as_nanos() as i64 + way as i64);
            let advice = standing.update(now, Some(1_000_000));
            is_held = matches!(advice, Advice::AtMost(_));
            if let (Advice::AtMost(limit), true) = (advice, ours) {
                queue = (queue - 50.0 * (1.0 - limit as f64 / 1e6)).max(0.0);
            }
        }
        (queue, is_held)
    }

    #[test]
    fn a_queue_that_stands_is_drained_within_three_seconds() {
        let mut standing = StandingQueue::new();
        assert_eq!(run(&mut standing, 0, 10.0, 2, true), (10.0, false));
        let (queue, is_held) = run(&mut standing, 2000, 1000.0, 3, true);
        assert!(queue < 60.0 && !is_held, "{queue}");
    }

    #[test]
    fn a_queue_that_does_not_drain_is_taken_as_it_is() {
        let mut standing = StandingQueue::new();
        run(&mut standing, 0, 10.0, 2, true);
        assert!(run(&mut standing, 2000, 500.0, 1, false).1);
        assert!(!run(&mut standing, 3000, 500.0, 4, false).1);
        assert!(!run(&mut standing, 7000, 500.0, 60, false).1);
    }

    #[test]
    fn extreme_clocks_do_no_harm() {
        let mut standing = StandingQueue::new();
        for arrived in [0, i64::MIN, i64::MAX, 5] {
            standing.add(Instant::from_millis(1), arrived);
            let advice = standing.update(Instant::from_millis(1), Some(u64::MAX));
            assert!(!matches!(advice, Advice::AtMost(limit) if limit < u64::MAX / 2));
        }
    }
}
