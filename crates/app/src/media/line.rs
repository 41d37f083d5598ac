//! One line of timestamps out of several: those of a stream that ends and begins anew, in the same section, lie anywhere.

use std::time::Duration;

/// What a timestamp and the time that really passed may be apart before they speak of different lines.
const JUMP: Duration = Duration::from_secs(10);

/// Puts the timestamps of one section in a line.
#[derive(Clone, Debug, Default)]
pub struct Line {
    last: Option<Last>,
}

/// The last frame: its own timestamp, the one that it was given, its units a second, and when it came.
#[derive(Copy, Clone, Debug)]
struct Last {
    own: u64,
    given: u64,
    clock_rate: u32,
    came: Duration,
}

impl Line {
    /// The timestamp on the line of a frame that came `now`, by any clock. It is as far from the last one as its own says,
    /// unless that is ten seconds from what has really passed, or has other units: then it is as far as that.
    pub fn place(&mut self, now: Duration, own: u64, clock_rate: u32) -> u64 {
        let given = self.last.map_or(own, |last| {
            let ticks = |time: Duration| (time.as_nanos() * u128::from(clock_rate) / 1_000_000_000) as i128;
            let passed = ticks(now.saturating_sub(last.came));
            let said = i128::from(own) - i128::from(last.own);
            let is_same_line =
                last.clock_rate == clock_rate && (said - passed).unsigned_abs() <= ticks(JUMP).unsigned_abs();
            let forth = if is_same_line { said } else { passed.max(1) };
            (i128::from(last.given) + forth).clamp(0, u64::MAX.into()) as u64
        });
        // One that was overtaken is measured from those before, and the next is not measured from it.
        if self.last.is_none_or(|last| given > last.given) {
            self.last = Some(Last { own, given, clock_rate, came: now });
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 90_000;

    #[test]
    fn a_stream_that_begins_anew_goes_on_by_the_time_that_passed() {
        for anew in [1_000_000_000, 5_000_000_000, 1 << 40] {
            let mut line = Line::default();
            let mut place = |millis: u64, own: u64| line.place(Duration::from_millis(millis), own, RATE);
            let first = 3_000_000_000;
            assert_eq!(place(0, first), first);
            // It may come late, and overtaken.
            assert_eq!(place(900, first + 3000), first + 3000);
            assert_eq!(place(905, first + 9000), first + 9000);
            assert_eq!(place(910, first + 6000), first + 6000);
            // An hour of the same source is a hole of an hour, by its own clock.
            let hour = 3600 * u64::from(RATE);
            assert_eq!(place(3_600_905, first + hour), first + hour);
            // Another one, a second later.
            let next = first + hour + u64::from(RATE);
            assert_eq!(place(3_601_905, anew), next, "{anew}");
            assert_eq!(place(3_601_938, anew + 3000), next + 3000);
        }
    }

    #[test]
    fn other_units_go_on_too() {
        let mut line = Line::default();
        assert_eq!(line.place(Duration::ZERO, 700, 8_000), 700);
        assert_eq!(line.place(Duration::from_millis(20), 90_000, 48_000), 700 + 960);
        assert_eq!(line.place(Duration::from_millis(20), 5, 8_000), 700 + 961, "never twice the same");
    }
}
