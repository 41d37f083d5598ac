//! The time of what is sent back.

use std::time::Duration;

use limpid_app::media::line::Line;

/// Turns timestamps into time: as far apart as they came, whatever the clock rate.
#[derive(Default)]
pub(crate) struct Clock {
    line: Line,
    /// A timestamp, its clock rate, and the time that it stands for.
    from: Option<(u64, u32, Duration)>,
    last: Duration,
}

impl Clock {
    /// The media time of a frame that came `now`, by any clock. A stream that begins anew goes on by the time that passed.
    pub(crate) fn media_time(&mut self, now: Duration, timestamp: u64, rate: u32) -> Duration {
        let rate = rate.max(1);
        let timestamp = self.line.place(now, timestamp, rate);
        let (first, _, base) = match self.from {
            // Frames of layers may come out of order by a little, and never before the first.
            Some(from) if from.1 == rate && timestamp >= from.0 => from,
            // Another rate counts from elsewhere: it goes on where the one before stopped.
            _ => *self.from.insert((timestamp, rate, self.last)),
        };
        let (ticks, rate) = (timestamp - first, u64::from(rate));
        let nanos = ticks % rate * 1_000_000_000 / rate;
        self.last = base + Duration::from_secs(ticks / rate) + Duration::from_nanos(nanos);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_as_it_came_through_a_change_of_rate() {
        let mut clock = Clock::default();
        let start = u64::from(u32::MAX) - 100;
        let mut at = |millis: u64, timestamp, rate| {
            clock.media_time(Duration::from_millis(millis), timestamp, rate).as_nanos()
        };
        assert_eq!(at(0, start, 48_000), 0);
        assert_eq!(at(25, start + 960, 48_000), 20_000_000);
        let day = 86_400_000;
        assert_eq!(at(day, start + 48_000 * 86_400, 48_000), 86_400_000_000_000);
        assert_eq!(at(day + 30, 5, 8_000), 86_400_000_000_000, "the other clock begins where this one was");
        assert_eq!(at(day + 40, 5 + 80, 8_000), 86_400_010_000_000);
        assert_eq!(at(day + 60, 1 << 33, 8_000), 86_400_030_000_000, "another stream");
    }
}
