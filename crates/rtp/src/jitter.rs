//! When a frame is to be played: the adaptive delay of the jitter buffer.
//!
//! Of each frame it is known how much later it came than the fastest one of the last seconds did, by its timestamp. The
//! target delay is what 97 % (sound) or 95 % (picture) of the frames need, plus a round trip where packets are being
//! repaired, within the bounds. It grows at once, and shrinks by a hundredth of the time that passes, which no one hears.

use core::time::Duration;

use limpid_sansio::Instant;

use crate::clock::duration;
use crate::ext::PlayoutDelay;

/// The bounds of the playout delay.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// At least this. Default 0.
    pub min: Duration,
    /// At most this. Default 1 s.
    pub max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { min: Duration::ZERO, max: Duration::from_secs(1) }
    }
}

/// Width of a bucket of the histogram, and how many there are: a second.
const BUCKET: Duration = Duration::from_millis(5);
const BUCKETS: usize = 200;
/// After so many frames (10 s of sound) old ones count half.
const HALVE: u32 = 500;
/// The target is looked up again after so many frames.
const LOOK: u32 = 8;
/// The fastest frame of the last one to two of these spans counts as without delay. Clocks drift by less than 1 ms in it.
const SPAN: Duration = Duration::from_secs(5);
/// A frame that is off by more than this does not belong to the same line of timestamps.
const JUMP: Duration = Duration::from_secs(3);
/// For so long after a repair the next one is allowed for.
const REPAIR_MEMORY: Duration = Duration::from_secs(10);

/// The delays of recent frames.
#[derive(Clone, Debug)]
struct Histogram {
    buckets: [u32; BUCKETS],
    total: u32,
    added: u32,
}

impl Histogram {
    const fn new() -> Self {
        Histogram { buckets: [0; BUCKETS], total: 0, added: 0 }
    }

    fn add(&mut self, delay: Duration) {
        /// A frame counts so much, so that halving does not lose it at once.
        const WEIGHT: u32 = 64;
        let at = (delay.as_nanos() / BUCKET.as_nanos()) as usize;
        self.buckets[at.min(BUCKETS - 1)] += WEIGHT;
        self.total += WEIGHT;
        self.added += 1;
        if self.added >= HALVE {
            self.added = 0;
            self.buckets.iter_mut().for_each(|bucket| *bucket /= 2);
            self.total = self.buckets.iter().sum();
        }
    }

    /// The delay that this share of frames, in 1000ths, does not exceed.
    fn quantile(&self, share: u32) -> Duration {
        let wanted = (u64::from(self.total) * u64::from(share)).div_ceil(1000);
        let mut sum = 0;
        let place = self.buckets.iter().position(|&bucket| {
            sum += u64::from(bucket);
            sum >= wanted && sum > 0
        });
        // Up to a bucket's width there is nothing to be smoothed.
        place.map_or(Duration::ZERO, |at| BUCKET * at as u32)
    }
}

/// A frame's timestamp and arrival that others are compared with.
#[derive(Copy, Clone, Debug)]
struct Anchor {
    arrived: Instant,
    timestamp: u64,
    clock_rate: u32,
}

impl Anchor {
    /// How much later than the anchor's a moment is than its timestamp says, in ns.
    fn offset(&self, arrived: Instant, timestamp: u64) -> i64 {
        let passed = arrived.as_nanos() as i128 - self.arrived.as_nanos() as i128;
        (passed - self.media(timestamp)).clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// Media time since the anchor, in ns.
    fn media(&self, timestamp: u64) -> i128 {
        let units = timestamp as i128 - self.timestamp as i128;
        units * 1_000_000_000 / i128::from(self.clock_rate.max(1))
    }
}

/// The playout of one stream.
#[derive(Clone, Debug)]
pub(crate) struct Playout {
    limits: Limits,
    /// By the stream's packets themselves, within `limits`.
    wished: Option<Limits>,
    share: u32,
    anchor: Option<Anchor>,
    /// The least offset of this span and of the one before.
    fastest: (i64, i64),
    span_ends: Instant,
    newest: u64,
    histogram: Histogram,
    until_look: u32,
    repair: Option<(Instant, Duration)>,
    target: Duration,
    current: Duration,
    last: Instant,
}

impl Playout {
    pub(crate) fn new(limits: Limits, is_audio: bool) -> Self {
        Playout {
            limits,
            wished: None,
            share: if is_audio { 970 } else { 950 },
            anchor: None,
            fastest: (0, 0),
            span_ends: Instant::ZERO,
            newest: 0,
            histogram: Histogram::new(),
            until_look: 0,
            repair: None,
            target: limits.min,
            current: limits.min,
            last: Instant::ZERO,
        }
    }

    /// Other bounds.
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.until_look = 0;
    }

    /// The bounds that the sender wishes.
    pub(crate) fn wish(&mut self, wish: PlayoutDelay) {
        self.wished = Some(Limits { min: wish.min, max: wish.max.max(wish.min) });
        self.until_look = 0;
    }

    /// A frame was repaired by retransmission: the next ones may need it too.
    pub(crate) fn repaired(&mut self, now: Instant, rtt: Duration) {
        self.repair = Some((now + REPAIR_MEMORY, rtt));
    }

    /// A frame is complete and had no repair. One that is older than the newest says how late it is, no more.
    pub(crate) fn arrived(&mut self, now: Instant, timestamp: u64, clock_rate: u32) {
        let is_same_line = self.anchor.is_some_and(|anchor| {
            let offset = anchor.offset(now, timestamp) - self.fastest.0.min(self.fastest.1);
            anchor.clock_rate == clock_rate && offset.unsigned_abs() <= JUMP.as_nanos() as u64
        });
        if !is_same_line {
            self.anchor = Some(Anchor { arrived: now, timestamp, clock_rate });
            (self.fastest, self.span_ends, self.newest) = ((0, 0), now + SPAN, timestamp);
            self.last = Instant::ZERO;
        }
        let Some(anchor) = self.anchor else {
            return;
        };
        if timestamp < self.newest || (is_same_line && timestamp == self.newest) {
            return;
        }
        self.shrink(duration(timestamp - self.newest, clock_rate));
        self.newest = timestamp;
        let offset = anchor.offset(now, timestamp);
        if now >= self.span_ends {
            (self.fastest, self.span_ends) = ((self.fastest.1, offset), now + SPAN);
        }
        self.fastest.1 = self.fastest.1.min(offset);
        let delay = offset.saturating_sub(self.fastest.0.min(self.fastest.1));
        self.histogram.add(Duration::from_nanos(delay.max(0) as u64));
        self.look(now);
    }

    fn look(&mut self, now: Instant) {
        if self.until_look > 0 {
            self.until_look -= 1;
            return;
        }
        self.until_look = LOOK;
        let repair = self.repair.filter(|repair| repair.0 > now).map_or(Duration::ZERO, |repair| repair.1);
        let bounds = self.wished.unwrap_or(self.limits);
        // What the application asks for stands above what the sender wishes.
        let (min, max) = (bounds.min.max(self.limits.min), bounds.max.min(self.limits.max));
        self.target = (self.histogram.quantile(self.share) + repair).min(max).max(min.min(self.limits.max));
        self.current = self.current.max(self.target);
    }

    fn shrink(&mut self, passed: Duration) {
        self.current = self.current.saturating_sub(passed / 100).max(self.target);
    }

    /// The delay aimed at.
    pub(crate) fn target(&self) -> Duration {
        self.target
    }

    /// When a frame that is here `now` is to be played. `None` before the first frame, for units that others were not measured
    /// in, and where its time lies so far ahead that it must be of another line of timestamps, which has ended.
    pub(crate) fn at(&self, now: Instant, timestamp: u64, clock_rate: u32) -> Option<Instant> {
        let anchor = self.anchor.filter(|anchor| anchor.clock_rate == clock_rate)?;
        let offset = anchor.media(timestamp) + i128::from(self.fastest.0.min(self.fastest.1));
        let nanos = anchor.arrived.as_nanos() as i128 + offset + self.current.as_nanos() as i128;
        let latest = now + self.current + JUMP;
        Some(Instant::from_nanos(nanos.clamp(0, u64::MAX.into()) as u64)).filter(|at| *at <= latest)
    }

    /// The same for a frame that leaves the buffer: never before the one that left before it.
    pub(crate) fn leave(&mut self, now: Instant, timestamp: u64, clock_rate: u32) -> Instant {
        self.last = self.at(now, timestamp, clock_rate).unwrap_or(now).max(self.last);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of 20 ms at 48 kHz, each as many ms late as `late` says.
    fn play(playout: &mut Playout, first: u64, count: u64, late: impl Fn(u64) -> u64) {
        for frame in first..first + count {
            let now = Instant::from_millis(1000 + frame * 20 + late(frame));
            playout.arrived(now, 5_000 + frame * 960, 48_000);
        }
    }

    fn delay(playout: &Playout, frame: u64) -> Duration {
        let sent = Instant::from_millis(1000 + frame * 20);
        playout.at(sent, 5_000 + frame * 960, 48_000).expect("frames came").since(sent)
    }

    #[test]
    fn without_jitter_there_is_no_delay() {
        let mut playout = Playout::new(Limits::default(), true);
        assert_eq!(playout.at(Instant::ZERO, 0, 48_000), None);
        play(&mut playout, 0, 100, |_| 30);
        assert_eq!((playout.target(), delay(&playout, 100)), (Duration::ZERO, Duration::from_millis(30)));
    }

    #[test]
    fn the_delay_covers_what_nearly_all_frames_need_and_shrinks_unheard() {
        let mut playout = Playout::new(Limits::default(), true);
        play(&mut playout, 0, 400, |frame| if frame % 10 == 3 { 60 } else { frame % 3 });
        let target = playout.target();
        assert!((55..=65).contains(&target.as_millis()), "{target:?}");
        let before = delay(&playout, 400);
        play(&mut playout, 400, 50, |_| 0);
        assert!(before - delay(&playout, 450) <= Duration::from_millis(11), "a second takes 10 ms at most");
        play(&mut playout, 450, 6000, |_| 0);
        assert!(delay(&playout, 6450) < Duration::from_millis(6));
    }

    #[test]
    fn bounds_and_wishes_hold() {
        let limits = Limits { min: Duration::from_millis(40), max: Duration::from_millis(200) };
        let mut playout = Playout::new(limits, true);
        play(&mut playout, 0, 20, |_| 0);
        assert_eq!(playout.target(), limits.min);
        play(&mut playout, 20, 400, |frame| frame % 2 * 500);
        assert_eq!(playout.target(), limits.max);
        playout.wish(PlayoutDelay { min: Duration::ZERO, max: Duration::from_millis(100) });
        play(&mut playout, 420, 10, |_| 0);
        assert_eq!(playout.target(), Duration::from_millis(100));
    }

    #[test]
    fn repairs_are_allowed_for_while_they_happen() {
        let mut playout = Playout::new(Limits::default(), false);
        playout.repaired(Instant::from_millis(1000), Duration::from_millis(50));
        play(&mut playout, 0, 100, |_| 0);
        assert_eq!(playout.target(), Duration::from_millis(50));
        play(&mut playout, 100, 600, |_| 0);
        assert_eq!(playout.target(), Duration::ZERO);
    }

    #[test]
    fn a_line_that_jumps_or_changes_its_clock_begins_anew() {
        let mut playout = Playout::new(Limits::default(), true);
        play(&mut playout, 0, 50, |_| 0);
        let now = Instant::from_millis(2000);
        playout.arrived(now, 900_000_000, 48_000);
        assert_eq!(playout.at(now, 900_000_000, 48_000), Some(now));
        playout.arrived(now, 900_000_000, 8_000);
        assert_eq!(playout.at(now, 900_008_000, 8_000), Some(Instant::from_millis(3000)));
        assert_eq!(playout.leave(now, 900_008_000, 8_000), Instant::from_millis(3000));
        assert_eq!(playout.leave(now, 900_000_000, 8_000), Instant::from_millis(3000), "never back");
        playout.arrived(now, 5_000, 8_000);
        assert_eq!(playout.at(now, 900_008_000, 8_000), None, "that line has ended");
    }

    #[test]
    fn a_slow_clock_is_followed() {
        let mut playout = Playout::new(Limits::default(), true);
        // 100 ms of drift in 100 s.
        play(&mut playout, 0, 5000, |frame| frame / 50);
        let lag = delay(&playout, 5000);
        assert!((90..=130).contains(&lag.as_millis()), "{lag:?}");
    }
}
