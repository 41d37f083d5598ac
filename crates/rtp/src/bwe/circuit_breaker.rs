//! When sending has to end, whatever the congestion control believes. RFC 8083.
//!
//! One value for each stream that is sent. It knows the first three breakers: no RTCP at all (§4.1), media that does not
//! arrive (§4.2), and far more than a TCP flow would send at this loss (§4.3). Whether media is of any use (§4.4) only the
//! application knows.

use core::time::Duration;

use limpid_sansio::Instant;

/// Which breaker opened. RFC 8083 §4.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Trip {
    /// Media is sent and no RTCP comes. §4.1.
    RtcpTimeout,
    /// Reports say that media does not arrive. §4.2.
    MediaTimeout,
    /// More than ten times what TCP would send is sent, at this loss. §4.3.
    Congestion,
}

/// What the breaker is told of a report block about its stream.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Extended highest sequence number received.
    pub highest_sequence: u32,
    /// Fraction lost, out of 256.
    pub fraction_lost: u8,
    /// The round trip, as far as it is known.
    pub rtt: Option<Duration>,
}

/// Times of the stream. RFC 8083 §3.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Timing {
    /// Td: the sender's reporting interval without chance and with the fixed minimum. Default 5 s.
    pub reporting_interval: Duration,
    /// Tf: between two frames. Default 33 ms.
    pub frame_interval: Duration,
    /// G: frames that depend on each other. Default 1.
    pub group: u32,
}

impl Default for Timing {
    fn default() -> Self {
        let frame_interval = Duration::from_millis(33);
        Timing { reporting_interval: Duration::from_secs(5), frame_interval, group: 1 }
    }
}

/// The breaker of one stream. 1.5 KB: the last 64 reports.
#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    timing: Timing,
    /// Sent since the last report: packets and bytes, and when the first left since RTCP came.
    packets: u64,
    bytes: u64,
    waiting_since: Option<Instant>,
    last_report: Option<(Instant, u32)>,
    unreceived: Option<Unreceived>,
    congested_since: Option<Instant>,
    samples: [Sample; Self::SAMPLES],
    count: usize,
    rtt: Duration,
    tripped: Option<(Trip, Instant)>,
}

#[derive(Copy, Clone, Debug)]
struct Unreceived {
    /// The last report before them.
    since: Instant,
    reports: u32,
    limit: u32,
}

/// One reporting interval, or a few short ones.
#[derive(Copy, Clone, Default, Debug)]
struct Sample {
    /// The fraction that was lost, times the seconds.
    lost_seconds: f64,
    seconds: f64,
    packets: f64,
    bytes: f64,
}

impl CircuitBreaker {
    const SAMPLES: usize = 64;
    /// k: reports without progress that make a media timeout. §4.2 recommends 5.
    const K: u32 = 5;
    /// How many times TCP's rate is too much. §4.3.
    const TOO_MUCH: f64 = 10.0;
    /// Tdr is at least so long. With feedback, reports come early too, many in a frame's time (§5): it is not those that tell
    /// how often the other side reports by itself, and a moment's loss must not end a call.
    const REGULAR: Duration = Duration::from_secs(1);
    /// Reports that follow each other sooner make one sample, in seconds: all samples together reach back 16 s.
    const SHORTEST_SAMPLE: f64 = 0.25;

    /// Nothing was sent yet.
    pub fn new(timing: Timing) -> Self {
        CircuitBreaker {
            timing,
            packets: 0,
            bytes: 0,
            waiting_since: None,
            last_report: None,
            unreceived: None,
            congested_since: None,
            samples: [Sample::default(); Self::SAMPLES],
            count: 0,
            rtt: Duration::ZERO,
            tripped: None,
        }
    }

    /// An RTP packet of this stream was sent: bytes with all headers.
    pub fn sent(&mut self, now: Instant, bytes: usize) {
        self.packets += 1;
        self.bytes += bytes as u64;
        self.waiting_since.get_or_insert(now);
    }

    /// RTCP came from the receiver, of any kind: the way back works. §5.
    pub fn on_rtcp(&mut self) {
        self.waiting_since = None;
    }

    /// A report block about this stream came.
    pub fn on_report(&mut self, now: Instant, report: &Report) -> Option<Trip> {
        self.on_rtcp();
        self.rtt = match (report.rtt, self.rtt) {
            (None, rtt) | (Some(rtt), Duration::ZERO) => rtt,
            (Some(sample), smoothed) => (smoothed * 4 + sample) / 5, // §3: Tr
        };
        let Some((last, highest)) = self.last_report.replace((now, report.highest_sequence)) else {
            (self.packets, self.bytes) = (0, 0);
            return None;
        };
        let interval = now.since(last).max(Duration::from_millis(1));
        let was_sent = self.packets > 0;
        self.sample(report, interval);
        let trip = if !was_sent {
            None // nothing was sent that could have arrived
        } else if report.highest_sequence == highest {
            self.not_received(now, last)
        } else {
            self.unreceived = None;
            self.congested(now, interval)
        };
        self.trip(now, trip)
    }

    fn sample(&mut self, report: &Report, interval: Duration) {
        if self.count == 0 || self.samples[0].seconds >= Self::SHORTEST_SAMPLE {
            self.samples.rotate_right(1);
            self.samples[0] = Sample::default();
            self.count = (self.count + 1).min(Self::SAMPLES);
        }
        let sample = &mut self.samples[0];
        sample.lost_seconds += f64::from(report.fraction_lost) / 256.0 * seconds(interval);
        sample.seconds += seconds(interval);
        sample.packets += self.packets as f64;
        sample.bytes += self.bytes as f64;
        (self.packets, self.bytes) = (0, 0);
    }

    /// §4.2: the number of reports is found anew with each, and only grows while nothing arrives. They have to take the time
    /// of k regular ones.
    fn not_received(&mut self, now: Instant, last: Instant) -> Option<Trip> {
        let interval = now.since(last).max(Self::REGULAR);
        let longest = interval.max(self.rtt).max(self.timing.frame_interval).saturating_mul(Self::K);
        let limit = u32::try_from(longest.as_nanos().div_ceil(interval.as_nanos())).unwrap_or(u32::MAX);
        let state = self.unreceived.get_or_insert(Unreceived { since: last, reports: 0, limit });
        state.limit = state.limit.max(limit);
        state.reports += 1;
        let is_long = now >= state.since + Self::REGULAR.saturating_mul(Self::K);
        (is_long && state.reports >= state.limit).then_some(Trip::MediaTimeout)
    }

    /// §4.3. Whoever controls the rate gets one interval to bring it down, and another in which that shows.
    fn congested(&mut self, now: Instant, interval: Duration) -> Option<Trip> {
        let time = self.congestion_time(interval.max(Self::REGULAR));
        if !self.is_congested(time, interval) {
            self.congested_since = None;
            return None;
        }
        let since = *self.congested_since.get_or_insert(now);
        (now >= since + time * 2).then_some(Trip::Congestion)
    }

    /// With the simple equation and b = 1: X = s / (Tr · √(2p/3)).
    fn is_congested(&self, time: Duration, interval: Duration) -> bool {
        let Some(samples) = self.latest(time) else { return false };
        let total = |of: fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>();
        let (time, packets, bytes) =
            (total(|sample| sample.seconds), total(|sample| sample.packets), total(|sample| sample.bytes));
        let lost = total(|sample| sample.lost_seconds) / time;
        let rtt = seconds(self.rtt);
        // Less than one packet in a round trip or interval is no congestion.
        if packets < 1.0 || packets / time < 1.0 / rtt.max(seconds(interval)) {
            return false;
        }
        let (rate, size) = (bytes / time, bytes / packets);
        // rate > 10 · X, both sides squared: there is no square root in `core`.
        rate * rate * rtt * rtt * 2.0 * lost / 3.0 > Self::TOO_MUCH * Self::TOO_MUCH * size * size
    }

    /// CB_INTERVAL, as a time. §4.3.
    fn congestion_time(&self, interval: Duration) -> Duration {
        let frames = self.timing.frame_interval.saturating_mul(self.timing.group.saturating_mul(10));
        let react = frames.max(self.rtt * 10).max(interval * 3);
        react.min((self.timing.reporting_interval * 3).max(Duration::from_secs(15)))
    }

    /// The samples of so long a time. `None`: there are not enough yet.
    fn latest(&self, time: Duration) -> Option<&[Sample]> {
        let mut sum = 0.0;
        let last = self.samples[..self.count].iter().position(|sample| {
            sum += sample.seconds;
            sum >= seconds(time)
        })?;
        Some(&self.samples[..=last])
    }

    /// When [`handle_timeout`](CircuitBreaker::handle_timeout) has something to say.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.waiting_since.filter(|_| self.tripped.is_none()).map(|since| since + self.timeout())
    }

    /// §4.1: three reporting intervals.
    fn timeout(&self) -> Duration {
        self.timing.reporting_interval.max(Duration::from_secs(5)) * 3
    }

    /// Time passed. `Some`: sending has to end.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<Trip> {
        let is_due = self.poll_timeout().is_some_and(|due| now >= due);
        self.trip(now, is_due.then_some(Trip::RtcpTimeout))
    }

    fn trip(&mut self, now: Instant, trip: Option<Trip>) -> Option<Trip> {
        if let Some(trip) = trip {
            self.tripped.get_or_insert((trip, now));
        }
        trip
    }

    /// Why sending has to stay ended.
    pub fn tripped(&self) -> Option<Trip> {
        self.tripped.map(|(trip, _)| trip)
    }

    /// Begins anew, if the pause was as long as the slowest breaker takes to trip; `false`: too early. §4.5.
    pub fn restart(&mut self, now: Instant) -> bool {
        let may = self.tripped.is_none_or(|(_, at)| now >= at + self.timeout());
        if may {
            *self = CircuitBreaker::new(self.timing);
        }
        may
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// Reports each second about 100 packets of 1250 bytes (1 Mbit/s); the second and kind of the first trip.
    fn run(fraction_lost: u8, rtt: u64, grows: bool) -> Option<(u64, Trip)> {
        let mut breaker = CircuitBreaker::new(Timing::default());
        (1..60).find_map(|second| {
            (0..100).for_each(|_| breaker.sent(millis(second * 1000 - 500), 1250));
            let highest_sequence = if grows { second as u32 * 100 } else { 7 };
            let report = Report { highest_sequence, fraction_lost, rtt: Some(Duration::from_millis(rtt)) };
            breaker.on_report(millis(second * 1000), &report).map(|trip| (second, trip))
        })
    }

    #[test]
    fn without_rtcp_for_three_intervals_sending_ends() {
        //~ covers 8083-4.1-a
        let mut breaker = CircuitBreaker::new(Timing::default());
        assert_eq!(breaker.poll_timeout(), None);
        breaker.sent(millis(100), 1000);
        breaker.sent(millis(900), 1000);
        assert_eq!(
            (breaker.poll_timeout(), breaker.handle_timeout(millis(15_099))),
            (Some(millis(15_100)), None)
        );
        assert_eq!(breaker.handle_timeout(millis(15_100)), Some(Trip::RtcpTimeout));
    }

    #[test]
    fn any_rtcp_shows_that_the_way_back_works() {
        //~ covers 8083-5-a
        let mut breaker = CircuitBreaker::new(Timing::default());
        for second in 0..100 {
            breaker.sent(millis(second * 1000), 1000);
            assert_eq!(breaker.handle_timeout(millis(second * 1000)), None);
            breaker.on_rtcp();
        }
    }

    #[test]
    fn five_reports_without_progress_are_a_media_timeout() {
        //~ covers 8083-4.2-a, 8083-4.2-b
        assert_eq!(run(0, 50, false), Some((6, Trip::MediaTimeout)), "the first report sets the mark");
        assert_eq!(run(0, 2000, false), Some((11, Trip::MediaTimeout)), "a long way takes longer");
        let mut breaker = CircuitBreaker::new(Timing::default());
        let report = Report { highest_sequence: 7, fraction_lost: 235, rtt: Some(Duration::from_millis(50)) };
        let trip = (0..).find_map(|turn| {
            breaker.sent(millis(turn * 20), 1000);
            breaker.on_report(millis(turn * 20), &report).map(|trip| (turn * 20, trip))
        });
        assert_eq!(
            trip,
            Some((5000, Trip::MediaTimeout)),
            "early reports, fifty a second, prove it no sooner"
        );
        let mut breaker = CircuitBreaker::new(Timing::default());
        let idle = (0..100).find_map(|second| breaker.on_report(millis(second * 1000), &report));
        assert_eq!(idle, None, "nothing was sent");
    }

    #[test]
    fn ten_times_what_tcp_would_send_is_congestion() {
        //~ covers 8083-4.3-a, 8083-4.3-b
        // 100 packets/s · 0.5 s · √(2p/3) > 10 from p = 6 % on.
        assert_eq!(run(12, 500, true), None);
        assert_eq!(run(20, 500, true).map(|trip| trip.1), Some(Trip::Congestion));
        assert_eq!(run(128, 50, true), None, "a short way carries that");
    }

    #[test]
    fn a_rate_that_comes_down_within_an_interval_is_no_congestion() {
        // 2 Mbit/s, then the path takes a fifth of that; reports come every 100 ms, as they do with requests.
        let trip = |reacts_after: u64| {
            let mut breaker = CircuitBreaker::new(Timing::default());
            (1..300u64).find_map(|turn| {
                let is_narrow = turn > 100;
                let is_low = turn > 100 + reacts_after;
                (0..if is_low { 3 } else { 20 }).for_each(|_| breaker.sent(millis(turn * 100), 1250));
                let fraction_lost = if is_narrow && !is_low { 200 } else { 10 };
                let rtt = Some(Duration::from_millis(if is_narrow { 350 } else { 50 }));
                let report = Report { highest_sequence: turn as u32 * 20, fraction_lost, rtt };
                breaker.on_report(millis(turn * 100), &report).map(|trip| (turn, trip))
            })
        };
        assert_eq!(trip(15), None, "after 1.5 s");
        let (turn, why) = trip(1000).expect("never");
        assert_eq!(why, Trip::Congestion);
        assert!((130..190).contains(&turn), "{turn}");
    }

    #[test]
    fn a_breaker_stays_open_for_as_long_as_it_took() {
        //~ covers 8083-4.5-a
        let mut breaker = CircuitBreaker::new(Timing::default());
        breaker.sent(millis(0), 1000);
        breaker.handle_timeout(millis(15_000));
        assert!(!breaker.restart(millis(29_999)) && breaker.tripped() == Some(Trip::RtcpTimeout));
        assert!(breaker.restart(millis(30_000)) && breaker.tripped().is_none());
    }
}
