//! How long answers to requests for packets take. Who only receives learns the round trip time from nobody else: reports tell
//! it to those who send.
//!
//! What is asked for too soon again is a try that is lost, as nobody sends a packet twice within a round trip; and who believes
//! that the way is shorter than it is gives up before the tries are spent. A long way at 10 % loss both ways, believed to take
//! 100 ms and not 150, loses six times as many pictures.

use core::time::Duration;

/// So many answers are remembered, and so many make a figure: most come to the first request, some to a later one, and some
/// packets come again unasked, to fill the path, so that neither the shortest time nor the mean is it.
const REMEMBERED: usize = 7;
const ENOUGH: usize = 3;

/// The last answers.
#[derive(Debug, Default)]
pub(super) struct Answers {
    times: [Duration; REMEMBERED],
    count: usize,
}

impl Answers {
    /// An answer came so long after the packet was first asked for.
    pub(super) fn came(&mut self, after: Duration) {
        self.times[self.count % REMEMBERED] = after;
        self.count += 1;
    }

    /// How long an answer takes. `None`: too few came.
    pub(super) fn usual(&self) -> Option<Duration> {
        let mut times = self.times;
        let known = times.get_mut(..self.count.min(REMEMBERED)).filter(|known| known.len() >= ENOUGH)?;
        known.sort_unstable();
        known.get(known.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_those_that_were_lost_nor_those_that_came_unasked_make_the_figure() {
        let mut answers = Answers::default();
        let mut usual = |millis: u64| {
            answers.came(Duration::from_millis(millis));
            answers.usual().map(|time| time.as_millis())
        };
        assert_eq!((usual(150), usual(310), usual(151)), (None, None, Some(151)));
        assert_eq!(
            (usual(10), usual(149), usual(12), usual(150)),
            (Some(151), Some(150), Some(150), Some(150))
        );
        let turned = (0..4).map(|_| usual(50)).last().flatten();
        assert_eq!(turned, Some(50), "another way, and most of those remembered");
    }
}
