//! When how much may leave: spreads a burst over time, so that it does not stand in the queue of the bottleneck.
//!
//! A gate, not a queue: the packets wait in their streams, and whoever sends asks here first. Audio passes without asking
//! and is counted. draft-ietf-rmcat-gcc-02 §4.

use core::time::Duration;

use limpid_sansio::Instant;

use crate::bwe::{Probe, ProbeId};

/// Lets packets through at a rate, in bursts of at most [`Pacer::BURST`]; while a probe runs, at the probe's rate.
///
/// ```
/// use limpid_rtp::Pacer;
/// use limpid_sansio::Instant;
///
/// let mut pacer = Pacer::new(800_000); // 100 bytes a millisecond
/// let now = Instant::from_millis(1000);
/// assert!(pacer.may_send(now));
/// pacer.sent(now, 1200);
/// assert!(!pacer.may_send(now));
/// assert_eq!(pacer.poll_timeout(true), Some(Instant::from_millis(1012)));
/// ```
#[derive(Clone, Debug)]
pub struct Pacer {
    /// Bits per second.
    rate: u64,
    /// When all that was sent will have left at the rate.
    drained_at: Instant,
    /// When something passed without asking for the last time.
    passed_at: Instant,
    probe: Option<RunningProbe>,
}

#[derive(Copy, Clone, Debug)]
struct RunningProbe {
    id: ProbeId,
    rate: u64,
    bytes: usize,
    packets: u32,
    until: Instant,
}

impl Pacer {
    /// How much may leave at once, in time at the rate.
    pub const BURST: Duration = Duration::from_millis(5);
    /// How far ahead of the rate packets that do not ask may bring it; beyond, they are not held against the others.
    const MAX_DEBT: Duration = Duration::from_millis(500);
    /// A probe that has not left after this time is over.
    const MAX_PROBE: Duration = Duration::from_millis(500);

    /// A gate that lets through this many bits per second.
    pub const fn new(bits_per_second: u64) -> Self {
        Pacer { rate: bits_per_second, drained_at: Instant::ZERO, passed_at: Instant::ZERO, probe: None }
    }

    /// Changes the rate, in bits per second. What was sent before is counted at the rate of its time.
    pub fn set_rate(&mut self, bits_per_second: u64) {
        self.rate = bits_per_second;
    }

    /// The rate now: the probe's, while one runs.
    pub fn rate(&self) -> u64 {
        self.probe.map_or(self.rate, |probe| probe.rate.max(self.rate)).max(1)
    }

    /// From now on packets leave at the probe's rate and belong to it, until enough have left.
    pub fn start_probe(&mut self, now: Instant, probe: &Probe) {
        let until = now + Self::MAX_PROBE;
        self.drained_at = self.drained_at.min(now);
        self.probe = Some(RunningProbe {
            id: probe.id,
            rate: probe.rate,
            bytes: probe.bytes,
            packets: probe.packets,
            until,
        });
    }

    /// Ends the probe that runs, if one does: there is nothing to send for it.
    pub fn stop_probe(&mut self) {
        self.probe = None;
    }

    /// The probe that packets which leave now belong to.
    pub fn probe(&self) -> Option<ProbeId> {
        self.probe.map(|probe| probe.id)
    }

    /// Bytes that the probe still wants. Where no packet waits, padding has to stand in.
    pub fn padding_wanted(&self) -> usize {
        self.probe.map_or(0, |probe| probe.bytes.max(1))
    }

    /// Whether a packet may leave now.
    pub fn may_send(&self, now: Instant) -> bool {
        // A probe measures: its packets leave one by one.
        if self.probe.is_some() { self.drained_at <= now } else { self.drained_at < now + Self::BURST }
    }

    /// A packet of this size left that did not ask: sound. It is counted, but takes half of the time at most, so that there
    /// are pictures too where the rate is below that of sound.
    pub fn passed(&mut self, now: Instant, bytes: usize) {
        let half = now.since(self.passed_at) / 2;
        self.passed_at = now;
        self.count(now, bytes, self.time_of(bytes).min(half));
    }

    /// A packet of this size left.
    pub fn sent(&mut self, now: Instant, bytes: usize) {
        self.count(now, bytes, self.time_of(bytes));
    }

    fn time_of(&self, bytes: usize) -> Duration {
        Duration::from_nanos(bytes as u64 * 8 * 1_000_000_000 / self.rate())
    }

    fn count(&mut self, now: Instant, bytes: usize, time: Duration) {
        let drained_at = self.drained_at.max(now) + time;
        self.drained_at = drained_at.min(now + Self::MAX_DEBT);
        if let Some(probe) = &mut self.probe {
            probe.bytes = probe.bytes.saturating_sub(bytes);
            probe.packets = probe.packets.saturating_sub(1);
            if (probe.bytes == 0 && probe.packets == 0) || now >= probe.until {
                self.probe = None;
            }
        }
    }

    /// When the next packet may leave. `None` while none waits.
    pub fn poll_timeout(&self, has_waiting: bool) -> Option<Instant> {
        (has_waiting || self.probe.is_some()).then_some(self.drained_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends whenever it may, at its timeouts, for so long; returns bytes and the most at one time.
    fn run(pacer: &mut Pacer, millis: u64, size: usize) -> (usize, usize) {
        let start = Instant::from_millis(1000);
        let (mut now, mut total, mut most) = (start, 0, 0);
        while now < start + Duration::from_millis(millis) {
            let mut burst = 0;
            while pacer.may_send(now) {
                pacer.sent(now, size);
                burst += size;
            }
            (total, most) = (total + burst, most.max(burst));
            now = pacer.poll_timeout(true).expect("one waits").max(now);
        }
        (total, most)
    }

    #[test]
    fn a_second_lets_the_rate_through_in_bursts_of_five_milliseconds() {
        //~ covers gcc-4-a
        for rate in [80_000, 1_000_000, 20_000_000, 1_000_000_000] {
            let (total, burst) = run(&mut Pacer::new(rate), 1000, 1000);
            let expected = rate as usize / 8;
            assert!(total >= expected && total <= expected + expected / 200 + 2000, "{total} of {expected}");
            assert!(burst <= expected / 200 + 1000, "{burst} at once at {rate}");
        }
    }

    #[test]
    fn time_that_passed_is_not_saved_up() {
        let mut pacer = Pacer::new(80_000);
        run(&mut pacer, 100, 100);
        let later = Instant::from_millis(100_000);
        let burst = (0..100).take_while(|_| {
            let may = pacer.may_send(later);
            pacer.sent(later, 100);
            may
        });
        assert_eq!(burst.count(), 1);
    }

    #[test]
    fn what_does_not_ask_is_counted_but_holds_the_rest_back_only_so_long() {
        let mut pacer = Pacer::new(10_000);
        let now = Instant::from_millis(7);
        for _ in 0..1000 {
            pacer.sent(now, 1000);
        }
        assert_eq!(pacer.poll_timeout(true), Some(now + Pacer::MAX_DEBT));
        assert_eq!(pacer.poll_timeout(false), None);
    }

    #[test]
    fn sound_beyond_the_rate_leaves_half_of_it_to_the_pictures() {
        let mut pacer = Pacer::new(30_000);
        let mut pictures = 0;
        for millis in 0..10_000 {
            let now = Instant::from_millis(1000 + millis);
            // G.711 alone is 80 kbit/s.
            if millis % 20 == 0 {
                pacer.passed(now, 200);
            }
            while pacer.may_send(now) {
                pacer.sent(now, 100);
                pictures += 100;
            }
        }
        let half = 30_000 / 8 / 2 * 10;
        assert!((half * 9 / 10..=half * 11 / 10).contains(&pictures), "{pictures} of {half}");
    }

    #[test]
    fn a_probe_leaves_at_its_own_rate_and_ends_with_its_last_byte() {
        let mut pacer = Pacer::new(100_000);
        let now = Instant::from_millis(1);
        let probe = Probe { id: ProbeId(3), rate: 8_000_000, bytes: 6000, packets: 5 };
        pacer.start_probe(now, &probe);
        let mut sent = 0;
        while pacer.probe() == Some(ProbeId(3)) {
            let at = pacer.poll_timeout(false).expect("a probe wants to leave");
            assert!(at < now + Duration::from_millis(7), "6000 bytes take 6 ms");
            pacer.sent(at, 1000);
            sent += 1000;
        }
        assert_eq!((sent, pacer.rate(), pacer.padding_wanted()), (6000, 100_000, 0));
    }

    #[test]
    fn a_probe_that_cannot_leave_ends() {
        let mut pacer = Pacer::new(100_000);
        pacer.start_probe(Instant::ZERO, &Probe { id: ProbeId(1), rate: 900_000, bytes: 6000, packets: 5 });
        pacer.sent(Instant::from_millis(501), 10);
        assert_eq!(pacer.probe(), None);
    }
}
