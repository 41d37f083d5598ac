//! Times of different clocks brought together: NTP time, the timestamps of a stream, and our own instants. RFC 3550 §4,
//! §6.4.1, §6.4.2.
//!
//! A sender report says which timestamp and which NTP time are the same moment. With it the frames of two streams of one
//! participant (one CNAME) can be played together: both are brought to the sender's NTP clock, and that to our own.

use core::time::Duration;

use limpid_sansio::Instant;
use limpid_sansio::serial::Unwrap32;

/// Seconds since 1900 in 32 bits, and 32 bits of fraction. RFC 3550 §4.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Ntp(pub u64);

impl Ntp {
    /// The middle 32 bits: units of 1/65536 s. RFC 3550 §4.
    pub const fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// This much later.
    pub const fn plus(self, duration: Duration) -> Ntp {
        Ntp(self.0.wrapping_add(units(duration)))
    }

    /// This much earlier.
    pub const fn minus(self, duration: Duration) -> Ntp {
        Ntp(self.0.wrapping_sub(units(duration)))
    }

    /// How long after `earlier`; zero when it is not.
    pub const fn since(self, earlier: Ntp) -> Duration {
        let distance = self.0.wrapping_sub(earlier.0) as i64;
        let distance = if distance > 0 { distance as u128 } else { 0 };
        Duration::from_nanos(((distance * 1_000_000_000) >> 32) as u64)
    }
}

/// A duration in units of 2⁻³² s, wrapping with the era.
const fn units(duration: Duration) -> u64 {
    ((duration.as_nanos() << 32) / 1_000_000_000) as u64
}

/// Units of a clock in a duration.
pub(crate) const fn ticks(duration: Duration, clock_rate: u32) -> u64 {
    (duration.as_nanos() * clock_rate as u128 / 1_000_000_000) as u64
}

/// The duration of some units of a clock. A clock that stands still makes none.
pub(crate) const fn duration(ticks: u64, clock_rate: u32) -> Duration {
    match clock_rate {
        0 => Duration::ZERO,
        rate => {
            let nanos = ticks as u128 * 1_000_000_000 / rate as u128;
            Duration::from_nanos(if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 })
        }
    }
}

/// The sender's side: which timestamp a moment has.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Timeline {
    clock_rate: u32,
    /// The timestamp and the media time where this part of the line begins.
    begin: (u32, Duration),
    /// A new source continues the line instead of jumping.
    joins: bool,
    /// The last frame: when it was captured, and its timestamp.
    last: Option<(Instant, u32)>,
}

impl Timeline {
    pub(crate) fn new(first: u32, clock_rate: u32) -> Self {
        Timeline { clock_rate, begin: (first, Duration::ZERO), joins: false, last: None }
    }

    pub(crate) fn clock_rate(&self) -> u32 {
        self.clock_rate
    }

    /// The timestamp of a frame. After [`join`](Timeline::join), once a frame was there, the line goes on from the last frame by the time passed.
    pub(crate) fn at(&mut self, captured: Instant, media_time: Duration) -> u32 {
        if core::mem::take(&mut self.joins) {
            let begin = match self.last {
                // Two frames have two timestamps, however soon one follows the other.
                Some((_, last)) if last == self.extrapolate(captured) => last.wrapping_add(1),
                _ => self.extrapolate(captured),
            };
            self.begin = (begin, media_time);
        }
        let (begin, from) = self.begin;
        let forth = ticks(media_time.saturating_sub(from), self.clock_rate) as u32;
        let back = ticks(from.saturating_sub(media_time), self.clock_rate) as u32;
        let timestamp = begin.wrapping_add(forth).wrapping_sub(back);
        self.note(captured, timestamp);
        timestamp
    }

    /// A frame that brought its own timestamp.
    pub(crate) fn note(&mut self, captured: Instant, timestamp: u32) {
        self.last = Some((captured, timestamp));
    }

    /// The next frame comes from another source.
    pub(crate) fn join(&mut self) {
        self.joins = true;
    }

    /// The next frame is in units of another clock. RFC 7160 §4.2's formula.
    pub(crate) fn join_by(&mut self, now: Instant, clock_rate: u32) {
        if clock_rate != self.clock_rate && self.last.is_some() {
            let timestamp = self.extrapolate(now);
            self.last = Some((now, timestamp));
        }
        self.clock_rate = clock_rate;
        self.join();
    }

    /// The timestamp that this moment has, by the last frame. RFC 3550 §6.4.1 asks for it in sender reports.
    pub(crate) fn extrapolate(&self, now: Instant) -> u32 {
        let Some((captured, timestamp)) = self.last else {
            return self.begin.0;
        };
        let forth = ticks(now.since(captured), self.clock_rate) as u32;
        let back = ticks(captured.since(now), self.clock_rate) as u32;
        timestamp.wrapping_add(forth).wrapping_sub(back)
    }
}

/// The receiver's side: which NTP time of the sender a timestamp has, by its last sender report.
#[derive(Copy, Clone, Debug, Default)]
pub struct Mapping(Option<Pair>);

#[derive(Copy, Clone, Debug)]
struct Pair {
    ntp: Ntp,
    timestamp: Unwrap32,
    full: u64,
    came: Instant,
}

impl Mapping {
    /// A sender report came. Of several at one moment the first counts: the others speak of clocks that the stream had before
    /// (RFC 7160 §4.1).
    pub fn on_sender_report(&mut self, now: Instant, ntp: Ntp, timestamp: u32) {
        if self.0.is_some_and(|pair| pair.came == now) {
            return;
        }
        let unwrap = Unwrap32::starting_at(timestamp);
        self.0 = Some(Pair { ntp, timestamp: unwrap, full: unwrap.peek(timestamp), came: now });
    }

    /// The sender's time of a timestamp within 2³¹ units of the report. `None` before the first report.
    pub fn ntp(&self, timestamp: u32, clock_rate: u32) -> Option<Ntp> {
        let pair = self.0?;
        let full = pair.timestamp.peek(timestamp);
        let later = duration(full.saturating_sub(pair.full), clock_rate);
        let earlier = duration(pair.full.saturating_sub(full), clock_rate);
        Some(pair.ntp.plus(later).minus(earlier))
    }

    /// What a report block says of the last sender report: its middle bits, and how long ago it came, in 1/65536 s.
    pub fn last_sender_report(&self, now: Instant) -> (u32, u32) {
        let Some(pair) = self.0 else {
            return (0, 0);
        };
        let delay = (now.since(pair.came).as_nanos() << 16) / 1_000_000_000;
        (pair.ntp.middle(), u32::try_from(delay).unwrap_or(u32::MAX))
    }
}

/// How many reports in a row may be slower than the fastest before the clocks are compared anew.
const WINDOW: u32 = 16;

/// One participant's NTP clock beside ours: what all its streams have in common. The fastest report counts, as the others
/// waited in queues; every 16 reports the search begins anew, as clocks drift.
#[derive(Copy, Clone, Debug, Default)]
pub struct Common {
    /// Our instant and their time that are the same moment, plus the least delay of the path.
    pair: Option<(Instant, Ntp)>,
    candidate: Option<(Instant, Ntp)>,
    reports: u32,
}

impl Common {
    /// A sender report of any of the participant's streams came.
    pub fn on_sender_report(&mut self, now: Instant, ntp: Ntp) {
        let is_faster = |than: Option<(Instant, Ntp)>| match than {
            None => true,
            // Less of our time passed than of theirs.
            Some((then, theirs)) => {
                ntp.since(theirs) > now.since(then)
                    || (theirs.0 > ntp.0 && theirs.since(ntp) > Duration::from_secs(60))
            }
        };
        if is_faster(self.pair) {
            self.pair = Some((now, ntp));
        }
        if is_faster(self.candidate) {
            self.candidate = Some((now, ntp));
        }
        self.reports += 1;
        if self.reports >= WINDOW {
            (self.pair, self.candidate, self.reports) = (self.candidate, None, 0);
        }
    }

    /// Our instant of their time, the least delay of the path included. `None` before the first report.
    pub fn local(&self, ntp: Ntp) -> Option<Instant> {
        let (then, theirs) = self.pair?;
        Some(then + ntp.since(theirs) - theirs.since(ntp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn ntp_time_adds_and_subtracts_over_the_end_of_its_era() {
        let end = Ntp(u64::MAX);
        assert_eq!(end.plus(SECOND).since(end), SECOND);
        assert_eq!(end.since(end.plus(SECOND)), Duration::ZERO);
        assert_eq!(end.plus(SECOND).minus(SECOND), end);
    }

    //~ covers 7160-4.2-a
    #[test]
    fn a_line_of_timestamps_goes_on_over_sources_and_clock_rates() {
        let at = Instant::from_millis;
        let mut line = Timeline::new(u32::MAX - 89_999, 90_000);
        assert_eq!(line.at(at(0), Duration::ZERO), u32::MAX - 89_999);
        assert_eq!(line.at(at(1000), SECOND), 0, "wraps");
        line.join();
        assert_eq!(line.at(at(2000), 70 * SECOND), 90_000, "a second later, whatever the source says");
        assert_eq!(line.extrapolate(at(2100)), 99_000);
        line.join();
        assert_eq!(line.at(at(2000), SECOND), 90_001, "another frame");
        line.join_by(at(3000), 8_000);
        assert_eq!(line.at(at(4000), Duration::ZERO), 180_001 + 8_000);
        assert_eq!(line.at(at(4020), Duration::from_millis(20)), 180_001 + 8_160);
    }

    //~ covers 3550-6.4.1-t, 7160-4.3-b
    #[test]
    fn timestamps_on_both_sides_of_a_report_have_a_time() {
        let mut mapping = Mapping::default();
        assert_eq!(mapping.ntp(7, 90_000), None);
        assert_eq!(mapping.last_sender_report(Instant::ZERO), (0, 0));
        let ntp = Ntp(0x1234_5678_9abc_def0);
        mapping.on_sender_report(Instant::from_millis(10), ntp, 45_000);
        mapping.on_sender_report(Instant::from_millis(10), ntp, 99);
        assert_eq!(mapping.ntp(45_000u32.wrapping_sub(90_000), 90_000), Some(ntp.minus(SECOND)));
        assert_eq!(mapping.ntp(135_000, 90_000), Some(ntp.plus(SECOND)));
        assert_eq!(mapping.last_sender_report(Instant::from_millis(1510)), (0x5678_9abc, 0x1_8000));
    }

    #[test]
    fn two_streams_meet_on_the_common_clock() {
        let at = Instant::from_millis;
        let mut common = Common::default();
        let ntp = Ntp(500 << 32);
        assert_eq!(common.local(ntp), None);
        // 40 ms of path, then a report that waited 100 ms more, then one of 20 ms.
        common.on_sender_report(at(40), ntp);
        common.on_sender_report(at(1140), ntp.plus(SECOND));
        assert_eq!(common.local(ntp.plus(SECOND)), Some(at(1040)));
        common.on_sender_report(at(2020), ntp.plus(2 * SECOND));
        let local = common.local(ntp.plus(3 * SECOND)).expect("known");
        assert_eq!(local, at(3020));
        // A slower path is taken over in time.
        for second in 3..40u64 {
            common.on_sender_report(at(second * 1000 + 90), ntp.plus(Duration::from_secs(second)));
        }
        assert_eq!(common.local(ntp.plus(50 * SECOND)), Some(at(50_090)));
    }
}
