//! All parts joined: what was sent and what feedback says go in, the rate comes out.

mod receiver;

use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use super::acknowledged::Acknowledged;
use super::application_limited::ApplicationLimited;
use super::groups::Groups;
use super::limits::{Limits, Stats};
use super::loss::LossControl;
use super::overuse::{Detector, Usage};
use super::probe::{Planner, Probe, ProbeId, Situation};
use super::probe_results::ProbeResults;
use super::rate_control::{Input, RateControl};
use super::remote_clock::RemoteClock;
use super::report_loss::ReportLoss;
use super::sent::{Arrival, Sent};
use super::silence::Silence;
use super::standing_queue::{Advice, StandingQueue};
use crate::names::Ssrc;
use crate::rtcp::{ccfb, twcc};

const NANOS_PER_TICK: i64 = (1_000_000_000 / twcc::TICKS_PER_SECOND) as i64;

/// Says how much may be sent over one transport.
///
/// Bounded: the packets of the last 10 s, at most 16 384 (32 bytes each); 64 streams of 2048 numbers where feedback comes by
/// SSRC. Allocates nothing in a steady flow.
///
/// ```
/// use limpid_rtp::bwe::{Estimator, Limits};
/// use limpid_sansio::Instant;
///
/// let mut estimator = Estimator::new(Limits { start: 500_000, ..Limits::default() });
/// let now = Instant::from_millis(1000);
/// estimator.sent(now, 1, 1200, None); // transport-wide number 1, 1200 bytes
/// assert_eq!(estimator.target(), 500_000);
/// assert_eq!(estimator.poll_probe(now).map(|probe| probe.rate), Some(1_500_000));
/// ```
#[derive(Clone, Debug)]
pub struct Estimator {
    limits: Limits,
    sent: Sent,
    /// Of the feedback at hand; reused.
    arrivals: Vec<Arrival>,
    transport_clock: RemoteClock<24>,
    report_clock: RemoteClock<32>,
    acknowledged: Acknowledged,
    application: ApplicationLimited,
    delay: Delay,
    loss: LossControl,
    report_loss: ReportLoss,
    planner: Planner,
    results: ProbeResults,
    silence: Silence,
    asked: Asked,
    stats: Stats,
}

/// Delay becomes a rate.
#[derive(Clone, Debug)]
struct Delay {
    groups: Groups,
    detector: Detector,
    standing: StandingQueue,
    control: RateControl,
}

/// What others say.
#[derive(Clone, Debug, Default)]
struct Asked {
    /// A receiver takes no more: REMB, TMMBR.
    limit: Option<u64>,
    /// What the application can make use of at most.
    allocated: Option<u64>,
    rtt: Option<Duration>,
    has_transport_feedback: bool,
    last_media: Option<Instant>,
}

impl Estimator {
    /// Media may be sent this many times faster than the target, so that a frame does not wait long behind the last. Practice.
    const PACING: f64 = 2.5;
    /// A probe was worth it when it shows at least so many times the target.
    const WORTH: f64 = 1.2;
    /// Before a round trip was seen.
    const FIRST_RTT: Duration = Duration::from_millis(100);
    /// Longer round trips are nonsense or too slow to help.
    const MOST_RTT: Duration = Duration::from_secs(3);

    /// Knows nothing yet.
    pub fn new(limits: Limits) -> Self {
        let limits = limits.sound();
        let start = limits.start;
        Estimator {
            limits,
            sent: Sent::new(),
            arrivals: Vec::new(),
            transport_clock: RemoteClock::new(64e6),
            report_clock: RemoteClock::new(1e9 / 65_536.0),
            acknowledged: Acknowledged::default(),
            application: ApplicationLimited::new(),
            delay: Delay {
                groups: Groups::default(),
                detector: Detector::new(),
                standing: StandingQueue::new(),
                control: RateControl::new(start),
            },
            loss: LossControl::default(),
            report_loss: ReportLoss::default(),
            planner: Planner::new(),
            results: ProbeResults::default(),
            silence: Silence::default(),
            asked: Asked::default(),
            stats: Stats { target: start, ..Stats::default() },
        }
    }

    /// Changes the limits. An estimate outside of them moves to the nearer one.
    pub fn set_limits(&mut self, now: Instant, limits: Limits) {
        self.limits = limits.sound();
        self.settle(now);
    }

    /// What the application can make use of at most, in bits per second: no probe tries more than twice as much.
    pub fn set_allocated(&mut self, bits_per_second: Option<u64>) {
        self.asked.allocated = bits_per_second;
    }

    /// A packet left: its transport-wide number, which grows by one a packet; its size in bytes with all headers; and the
    /// probe that it belongs to.
    pub fn sent(&mut self, now: Instant, number: u64, size: usize, probe: Option<ProbeId>) {
        self.sent.add(now, number, size, probe);
        self.application.sent(now, size, self.stats.target);
        if probe.is_none() {
            self.asked.last_media = Some(now);
        }
        self.silence.sent(now, self.rtt());
    }

    /// The packet with this transport-wide number carries this RTP packet: needed where feedback comes by SSRC (RFC 8888).
    pub fn sent_rtp(&mut self, number: u64, ssrc: Ssrc, sequence: u16) {
        self.sent.add_rtp(number, ssrc, sequence);
    }

    /// Transport-wide feedback came.
    pub fn on_transport_feedback(&mut self, now: Instant, feedback: &twcc::View<'_>) {
        self.arrivals.clear();
        let Some(base) = self.sent.newest(feedback.base_sequence) else {
            self.stats.idle_feedbacks += 1;
            return;
        };
        let reference = self.transport_clock.nanos(feedback.reference_time as u32);
        for (ahead, ticks) in feedback.received() {
            let arrived = reference.saturating_add(ticks * NANOS_PER_TICK);
            self.arrivals.extend(self.sent.arrived(base + u64::from(ahead), arrived));
        }
        let lost = self.sent.lost_between(base, feedback.status_count.into());
        let untold = self.sent.untold_before(base, base + u64::from(feedback.status_count));
        self.digest(now, (lost, 0), untold);
    }

    /// Feedback by SSRC came. RFC 8888.
    pub fn on_congestion_feedback(&mut self, now: Instant, feedback: &ccfb::View<'_>) {
        self.arrivals.clear();
        let reported = self.report_clock.nanos(feedback.report_timestamp);
        let mut marked = 0;
        for block in feedback.blocks() {
            for (sequence, metric) in block.metrics() {
                let (Some(metric), Some(number)) = (metric, self.sent.number_of(block.ssrc, sequence)) else {
                    continue;
                };
                let before = metric.arrival.nanos();
                let Some(packet) = self.sent.arrived(number, reported.saturating_sub(before.unwrap_or(0)))
                else {
                    continue;
                };
                marked += u32::from(metric.is_congested());
                // Arrived, but when is not told: good for nothing more than not to be lost.
                self.arrivals.extend(before.map(|_| packet));
            }
        }
        let mut lost = 0;
        for block in feedback.blocks() {
            for (sequence, _) in block.metrics().filter(|(_, metric)| metric.is_none()) {
                let number = self.sent.number_of(block.ssrc, sequence);
                lost += u32::from(number.is_some_and(|number| self.sent.lost(number)));
            }
        }
        self.digest(now, (lost, marked), 0);
    }

    /// Everything that one feedback said.
    ///
    /// `untold` bytes were sent of which no feedback speaks, because it was lost itself.
    fn digest(&mut self, now: Instant, (lost, marked): (u32, u32), untold: u64) {
        if self.arrivals.is_empty() && lost == 0 {
            self.stats.idle_feedbacks += 1;
            return;
        }
        self.stats.feedbacks += 1;
        self.asked.has_transport_feedback = true;
        self.application.sent(now, 0, self.stats.target);
        if let Some(before) = self.silence.end() {
            self.planner.request(before);
        }
        self.arrivals.sort_unstable_by_key(|packet| packet.arrived);
        self.measure_rtt(now);
        if let Some(first) = self.arrivals.first() {
            // They arrived, or not, like their neighbours did.
            self.acknowledged.fill(first.arrived, (untold as f64 * (1.0 - self.loss.share())) as u64);
        }
        let usage = self.follow_delay();
        let found = self.arrivals.iter().filter(|packet| packet.was_lost).count() as u32;
        let arrived = self.arrivals.len() as u32;
        let share = f64::from(marked) / f64::from(arrived.max(1));
        let input = Input {
            now,
            usage,
            acknowledged: self.acknowledged.rate(),
            rtt: self.rtt(),
            is_application_limited: self.application.since().is_some(),
        };
        let before = self.delay.control.last_decrease();
        if marked > 0 {
            self.delay.control.marked(now, share, input.rtt);
        }
        self.delay.control.update(&input);
        let acknowledged = input.acknowledged.filter(|_| !input.is_application_limited);
        match self.delay.standing.update(now, acknowledged) {
            Advice::AtMost(rate) => self.delay.control.drain(now, rate),
            Advice::Resume(rate) => self.delay.control.resume(now, rate),
            Advice::None => {}
        }
        if self.delay.control.last_decrease() != before {
            self.planner.fell();
        }
        self.take_probe_result(now, usage);
        let counts = (arrived, lost.saturating_sub(found));
        self.loss.update(now, counts, (self.stats.target, acknowledged), input.rtt);
        self.settle(now);
    }

    /// The smallest round trip among the packets at hand, without the time that feedback waited for others.
    fn measure_rtt(&mut self, now: Instant) {
        let Some(last) = self.arrivals.last().map(|packet| packet.arrived) else { return };
        let held = |packet: &Arrival| Duration::from_nanos(last.saturating_sub(packet.arrived).max(0) as u64);
        let round_trips =
            self.arrivals.iter().map(|packet| now.since(packet.sent).saturating_sub(held(packet)));
        let Some(sample) = round_trips.min().map(|rtt| rtt.min(Self::MOST_RTT)) else { return };
        self.stats.rtt = match self.stats.rtt {
            Duration::ZERO => sample,
            smoothed => (smoothed * 7 + sample) / 8,
        };
    }

    fn follow_delay(&mut self) -> Usage {
        let mut is_overused = false;
        for packet in &self.arrivals {
            self.acknowledged.add(packet.arrived, packet.size);
            self.delay.standing.add(packet.sent, packet.arrived);
            if let Some(probe) = packet.probe {
                self.results.arrived(probe, packet);
            }
            if let Some(delta) = self.delay.groups.add(packet) {
                is_overused |= self.delay.detector.add(&delta) == Usage::Overuse;
            }
        }
        match self.delay.detector.usage() {
            Usage::Normal if is_overused => Usage::Overuse,
            usage => usage,
        }
    }

    fn take_probe_result(&mut self, now: Instant, usage: Usage) {
        let Some(result) = self.results.take() else { return };
        let result = result.min(self.limits.max);
        if usage != Usage::Overuse && result > self.stats.target {
            self.delay.control.probed(now, result, self.rtt());
            self.loss.lift(result);
            if result as f64 > self.stats.target as f64 * Self::WORTH {
                self.planner.succeeded(result);
            }
        }
    }

    /// Keeps the estimate within limits, and the smallest of all becomes the target.
    fn settle(&mut self, now: Instant) {
        let Limits { min, max, .. } = self.limits;
        let by_delay = self.delay.control.rate();
        if by_delay != by_delay.clamp(min, max) {
            self.delay.control.set(now, by_delay.clamp(min, max));
        }
        self.loss.keep_limit_within(min, by_delay);
        let others = [self.loss.limit(), self.asked.limit];
        let target = others.into_iter().flatten().fold(by_delay, u64::min);
        // What the receiver says is not for us to doubt.
        self.stats.target = target.clamp(min, max).min(self.taken());
    }

    /// A report block about one of our streams came: the share that was lost, out of 256. Counts only where there is no
    /// feedback about each packet.
    pub fn on_report_loss(&mut self, now: Instant, fraction_lost: u8) {
        if self.asked.has_transport_feedback {
            return;
        }
        if let Some(before) = self.silence.end_by_report() {
            self.delay.control.set(now, before);
        }
        let rate = self.delay.control.rate();
        let next = self.report_loss.update(now, fraction_lost, rate, self.rtt());
        // Nothing is learnt from what is not sent.
        if next < rate || self.application.since().is_none() {
            self.delay.control.set(now, next);
        }
        self.settle(now);
    }

    /// A round trip was measured by reports.
    pub fn on_rtt(&mut self, rtt: Duration) {
        self.asked.rtt = Some(rtt.min(Self::MOST_RTT));
    }

    fn rtt(&self) -> Duration {
        match (self.stats.rtt, self.asked.rtt) {
            (Duration::ZERO, None) => Self::FIRST_RTT,
            (Duration::ZERO, Some(rtt)) => rtt,
            (rtt, _) => rtt,
        }
    }

    /// When [`handle_timeout`](Estimator::handle_timeout) has something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.silence.poll_timeout()
    }

    /// Time passed. Lowers the rate when packets were sent and nobody says what became of them.
    pub fn handle_timeout(&mut self, now: Instant) {
        let rtt = self.rtt();
        if let Some(rate) = self.silence.handle_timeout(now, self.stats.target, rtt) {
            self.delay.control.set(now, rate);
            self.settle(now);
        }
    }

    /// A burst that is to be sent now to try a higher rate. To be asked when there is media to send, after each feedback, and
    /// not while a probe runs.
    pub fn poll_probe(&mut self, now: Instant) -> Option<Probe> {
        let useful = self.asked.allocated.map_or(u64::MAX, |rate| rate.saturating_mul(2));
        let taken = self.asked.limit.unwrap_or(u64::MAX);
        let situation = Situation {
            now,
            target: self.stats.target,
            most: self.limits.max.min(useful).min(taken),
            last_decrease: self.delay.control.last_decrease(),
            is_overused: self.delay.detector.usage() == Usage::Overuse,
            is_active: self.asked.last_media.is_some_and(|last| now <= last + Duration::from_secs(2)),
        };
        let probe = self.planner.poll(&situation)?;
        self.results.begin(&probe);
        self.stats.probes += 1;
        Some(probe)
    }

    /// Bits per second that may be sent, all streams and their headers together.
    pub fn target(&self) -> u64 {
        self.stats.target
    }

    /// Bits per second at which waiting packets leave.
    pub fn pacing_rate(&self) -> u64 {
        (self.stats.target as f64 * Self::PACING) as u64
    }

    /// What is known now.
    pub fn stats(&self) -> Stats {
        Stats {
            acknowledged: self.acknowledged.rate(),
            by_delay: self.delay.control.rate(),
            by_loss: self.loss.limit(),
            loss: self.loss.share(),
            rtt: self.rtt(),
            usage: self.delay.detector.usage(),
            is_application_limited: self.application.since().is_some(),
            ..self.stats
        }
    }
}
