//! When a request is sent again and when it is given up. RFC 8489 §6.2.
//!
//! A value without packets: the STUN client of this crate, ICE's checks and TURN's requests each keep one beside what they
//! sent. With the defaults a request goes out at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s and is given up at 39.5 s.

use core::time::Duration;

use limpid_sansio::Instant;

/// The knobs of RFC 8489 §6.2.1 and §6.2.2.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Timing {
    /// The first wait; each following one is twice as long. Default 500 ms.
    pub rto: Duration,
    /// Rc: how often the request is sent in all. Default 7.
    pub rc: u32,
    /// Rm: after the last request, wait this many times the first wait. Default 16.
    pub rm: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Timing { rto: MIN_RTO, rc: 7, rm: 16 }
    }
}

/// The least RTO towards a server on the internet. RFC 8489 §6.2.1.
pub const MIN_RTO: Duration = Duration::from_millis(500);
/// Ti: how long a response may take over TCP or TLS, where nothing is sent again. RFC 8489 §6.2.2.
pub const TI: Duration = Duration::from_millis(39_500);

/// What a due timer asks for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Due {
    /// Send the same request once more.
    Send,
    /// The transaction has failed.
    GiveUp,
    /// It is not time yet, or all is over.
    Nothing,
}

/// The clock of one transaction. Its owner has just sent the request for the first time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retransmit {
    first_sent: Instant,
    next: Option<Instant>,
    wait: Duration,
    last_wait: Duration,
    sent: u32,
    rc: u32,
}

impl Retransmit {
    /// Over UDP or DTLS, with this first wait and the default counts.
    pub fn new(now: Instant, rto: Duration) -> Self {
        Self::with_timing(now, Timing { rto, ..Timing::default() })
    }

    /// Over UDP or DTLS.
    pub fn with_timing(now: Instant, timing: Timing) -> Self {
        // A wait of zero would never let time pass.
        let rto = timing.rto.max(Duration::from_millis(1));
        let last_wait = rto.saturating_mul(timing.rm.max(1));
        let wait = if timing.rc <= 1 { last_wait } else { rto };
        Retransmit { first_sent: now, next: Some(now + wait), wait: rto, last_wait, sent: 1, rc: timing.rc }
    }

    /// Over TCP or TLS: one request, and `ti` to wait for its response ([`TI`] by default).
    pub fn reliable(now: Instant, ti: Duration) -> Self {
        Self::with_timing(now, Timing { rto: ti, rc: 1, rm: 1 })
    }

    /// When [`on_timeout`](Retransmit::on_timeout) has something to say. `None`: given up.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// How often the request was sent.
    pub fn sent(&self) -> u32 {
        self.sent
    }

    /// What is due at `now`. A late call sends once, not several times.
    pub fn on_timeout(&mut self, now: Instant) -> Due {
        let Some(due) = self.next.filter(|at| *at <= now) else { return Due::Nothing };
        if self.sent >= self.rc {
            self.next = None;
            return Due::GiveUp;
        }
        self.sent += 1;
        self.wait = self.wait.saturating_mul(2);
        let wait = if self.sent == self.rc { self.last_wait } else { self.wait };
        // From when it should have been, so that a sluggish driver does not stretch the whole; but never at once again.
        let next = due + wait;
        self.next = Some(if next > now { next } else { now + wait });
        Due::Send
    }

    /// The round-trip time that a response at `now` shows; `None` after a retransmission, when nobody knows which request
    /// it answers (Karn, RFC 8489 §6.2.1).
    pub fn round_trip(&self, now: Instant) -> Option<Duration> {
        (self.sent == 1).then(|| now.since(self.first_sent))
    }
}

/// What is remembered of a server's round-trip time from one transaction to the next. RFC 8489 §6.2.1, RFC 6298 §2.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RtoEstimate {
    /// Smoothed round-trip time and its variation, and when they were last used.
    known: Option<(Duration, Duration, Instant)>,
}

impl RtoEstimate {
    /// An estimate that was not used for this long is forgotten. RFC 8489 §6.2.1.
    pub const STALE_AFTER: Duration = Duration::from_secs(600);

    /// Takes one measured round trip.
    pub fn sample(&mut self, now: Instant, round_trip: Duration) {
        self.forget_if_stale(now);
        let (srtt, rttvar) = match self.known {
            None => (round_trip, round_trip / 2),
            Some((srtt, rttvar, _)) => {
                let off = srtt.abs_diff(round_trip);
                (srtt * 7 / 8 + round_trip / 8, rttvar * 3 / 4 + off / 4)
            }
        };
        self.known = Some((srtt, rttvar, now));
    }

    /// The first wait for the next transaction: at least `floor`, to a millisecond, 60 s at most.
    pub fn rto(&mut self, now: Instant, floor: Duration) -> Duration {
        self.forget_if_stale(now);
        let Some((srtt, rttvar, used)) = &mut self.known else { return floor };
        *used = now;
        let rto = *srtt + rttvar.saturating_mul(4).max(Duration::from_millis(1));
        rto.clamp(floor, floor.max(Duration::from_secs(60)))
    }

    fn forget_if_stale(&mut self, now: Instant) {
        if self.known.is_some_and(|(_, _, used)| now.since(used) >= Self::STALE_AFTER) {
            self.known = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// The times of sending in ms, then the time of giving up.
    fn schedule(mut clock: Retransmit) -> Vec<u64> {
        let mut times = Vec::new();
        while let Some(at) = clock.next() {
            assert_eq!(clock.on_timeout(at - Duration::from_nanos(1)), Due::Nothing);
            times.push(at.as_nanos() / 1_000_000);
            if clock.on_timeout(at) == Due::GiveUp {
                assert_eq!((clock.next(), clock.on_timeout(at)), (None, Due::Nothing));
            }
        }
        times
    }

    #[test]
    fn seven_requests_with_doubling_waits_then_sixteen_times_the_first() {
        //~ covers 8489-6.2.1-a, 8489-6.2.1-b, 8489-6.2.1-c
        let expected = [500, 1500, 3500, 7500, 15_500, 31_500, 39_500];
        assert_eq!(schedule(Retransmit::new(Instant::ZERO, MIN_RTO)), expected);
        let timing = Timing { rto: Duration::from_millis(100), rc: 3, rm: 4 };
        assert_eq!(schedule(Retransmit::with_timing(Instant::ZERO, timing)), [100, 300, 700]);
    }

    #[test]
    fn over_tcp_nothing_is_sent_again() {
        //~ covers 8489-6.2.2-a
        assert_eq!(schedule(Retransmit::reliable(Instant::ZERO, TI)), [39_500]);
    }

    #[test]
    fn a_late_timeout_sends_once_and_looks_ahead() {
        let mut clock = Retransmit::new(Instant::ZERO, MIN_RTO);
        let late = Instant::from_millis(20_000);
        assert_eq!((clock.on_timeout(late), clock.on_timeout(late)), (Due::Send, Due::Nothing));
        assert!(clock.next() > Some(late));
    }

    #[test]
    fn only_a_request_that_was_sent_once_measures_the_round_trip() {
        //~ covers 8489-6.2.1-d
        let mut clock = Retransmit::new(Instant::ZERO, MIN_RTO);
        assert_eq!(clock.round_trip(Instant::from_millis(30)), Some(Duration::from_millis(30)));
        clock.on_timeout(Instant::from_millis(500));
        assert_eq!(clock.round_trip(Instant::from_millis(530)), None);
    }

    #[test]
    fn an_estimate_follows_rfc_6298_and_is_forgotten_after_ten_minutes() {
        //~ covers 8489-6.2.1-e, 8489-6.2.1-f
        let ms = Duration::from_millis;
        let mut estimate = RtoEstimate::default();
        assert_eq!(estimate.rto(Instant::ZERO, MIN_RTO), MIN_RTO);
        estimate.sample(Instant::ZERO, ms(400));
        assert_eq!(estimate.rto(Instant::ZERO, MIN_RTO), ms(400 + 4 * 200));
        estimate.sample(Instant::ZERO, ms(400));
        assert_eq!(estimate.rto(Instant::ZERO, MIN_RTO), ms(400 + 4 * 150), "not rounded up to a second");
        let later = Instant::ZERO + RtoEstimate::STALE_AFTER;
        assert_eq!(estimate.rto(later, MIN_RTO), MIN_RTO);
    }
}
