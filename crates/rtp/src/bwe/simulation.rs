//! A closed loop in virtual time: senders, a bottleneck, receivers, and feedback on its way back. For tests.

use std::collections::VecDeque;
use std::vec::Vec;

use core::time::Duration;

use limpid_crypto::Random;
use limpid_sansio::Instant;

use super::{Estimator, Limits, ProbeId};
use crate::feedback::twcc::Recorder;
use crate::names::Ssrc;
use crate::pacer::Pacer;
use crate::rtcp::twcc::View;

/// The path.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// Bits per second from a time in seconds on.
    pub(super) rates: Vec<(f64, f64)>,
    /// The queue, in bytes; what exceeds it is dropped.
    pub(super) queue: usize,
    /// One way, in milliseconds.
    pub(super) delay: u64,
    /// Up to so many milliseconds more, at random; order is kept unless `overtakes`.
    pub(super) jitter: f64,
    pub(super) overtakes: bool,
    /// The share that is lost before the queue.
    pub(super) loss: f64,
    /// The share of feedback that is lost, and a time in seconds when none comes through.
    pub(super) feedback_loss: f64,
    pub(super) deaf: (f64, f64),
    /// Bits per second that others send from one second to another, in packets of 1200 bytes.
    pub(super) cross: (f64, f64, f64),
}

impl Link {
    pub(super) fn of(rate: f64) -> Self {
        Link {
            rates: std::vec![(0.0, rate)],
            queue: (rate / 8.0) as usize, // a second
            delay: 25,
            jitter: 0.0,
            overtakes: false,
            loss: 0.0,
            feedback_loss: 0.0,
            deaf: (0.0, 0.0),
            cross: (0.0, 0.0, 0.0),
        }
    }

    fn rate(&self, now: f64) -> f64 {
        self.rates.iter().rfind(|(from, _)| *from <= now).map_or(1e6, |(_, rate)| *rate)
    }
}

#[derive(Copy, Clone, Debug)]
struct InFlight {
    flow: Option<usize>,
    number: u64,
    size: usize,
    at: Instant,
}

/// What one flow did in one step of 100 ms.
#[derive(Copy, Clone, Default, Debug)]
pub(super) struct Step {
    pub(super) target: f64,
    /// Bits per second that were sent and that arrived.
    pub(super) sent: f64,
    pub(super) arrived: f64,
}

/// One sender and its receiver.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) estimator: Estimator,
    pacer: Pacer,
    recorder: Recorder,
    number: u64,
    waiting: VecDeque<usize>,
    next_frame: Instant,
    /// When the flow begins, and the most it has to say in bits per second from a time in seconds on.
    pub(super) begins: f64,
    pub(super) demand: Vec<(f64, f64)>,
    feedback: VecDeque<(Instant, Vec<u8>)>,
    pub(super) steps: Vec<Step>,
}

impl Flow {
    pub(super) fn new() -> Self {
        Flow {
            estimator: Estimator::new(Limits::default()),
            pacer: Pacer::new(300_000),
            recorder: Recorder::new(),
            number: 65_000,
            waiting: VecDeque::new(),
            next_frame: Instant::ZERO,
            begins: 0.0,
            demand: std::vec![(0.0, 1e9)],
            feedback: VecDeque::new(),
            steps: Vec::new(),
        }
    }

    /// The average over a span of seconds.
    pub(super) fn mean(&self, from: f64, to: f64, of: impl Fn(&Step) -> f64) -> f64 {
        let steps = &self.steps[(from * 10.0) as usize..(to * 10.0) as usize];
        steps.iter().map(of).sum::<f64>() / steps.len() as f64
    }
}

/// Flows that share a link.
#[derive(Debug)]
pub(super) struct World {
    pub(super) link: Link,
    pub(super) flows: Vec<Flow>,
    random: Random,
    queue: VecDeque<InFlight>,
    queued: usize,
    /// Bits that the link may still carry in this millisecond.
    credit: f64,
    on_the_way: Vec<InFlight>,
    last_arrival: Instant,
    cross_bits: f64,
    /// The queue's delay in milliseconds, each 100 ms.
    pub(super) delays: Vec<f64>,
}

const TICK: Duration = Duration::from_millis(1);

impl World {
    pub(super) fn new(link: Link, flows: Vec<Flow>) -> Self {
        World {
            link,
            flows,
            random: Random::from_seed([7; 32]),
            queue: VecDeque::new(),
            queued: 0,
            credit: 0.0,
            on_the_way: Vec::new(),
            last_arrival: Instant::ZERO,
            cross_bits: 0.0,
            delays: Vec::new(),
        }
    }

    fn chance(&mut self) -> f64 {
        f64::from(self.random.below(1 << 24)) / f64::from(1 << 24)
    }

    pub(super) fn run(&mut self, seconds: f64) {
        let start = self.delays.len() * 100;
        for millis in start..start + (seconds * 1000.0) as usize {
            // Not at zero: clocks do not begin with the call.
            let now = Instant::from_millis(5000 + millis as u64);
            let time = millis as f64 / 1000.0;
            if millis % 100 == 0 {
                self.sample(time);
            }
            for flow in 0..self.flows.len() {
                if time >= self.flows[flow].begins {
                    self.send(flow, now, time);
                }
            }
            self.cross(now, time);
            self.transmit(now, time);
            self.receive(now, time);
        }
    }

    fn sample(&mut self, time: f64) {
        self.delays.push(self.queued as f64 * 8e3 / self.link.rate(time));
        for flow in &mut self.flows {
            flow.steps.push(Step { target: flow.estimator.target() as f64, ..Step::default() });
        }
    }

    fn send(&mut self, index: usize, now: Instant, time: f64) {
        let flow = &mut self.flows[index];
        flow.estimator.handle_timeout(now);
        if now >= flow.next_frame {
            flow.next_frame = flow.next_frame.max(now - TICK) + Duration::from_micros(33_333);
            let demand = flow.demand.iter().rfind(|(from, _)| *from <= time).map_or(0.0, |(_, most)| *most);
            // An encoder that keeps to the target, less what waits already.
            let backlog = flow.waiting.iter().sum::<usize>();
            let frame =
                ((flow.estimator.target() as f64).min(demand) / 30.0 / 8.0 * 1150.0 / 1200.0) as usize;
            let mut left = if backlog > 8 * frame { 0 } else { frame };
            while left > 0 {
                let size = left.min(1150);
                left -= size;
                flow.waiting.push_back(size + 50);
            }
        }
        flow.pacer.set_rate(flow.estimator.pacing_rate());
        let may_probe = flow.pacer.probe().is_none() && (!flow.waiting.is_empty() || flow.number > 65_000);
        if let Some(probe) = may_probe.then(|| flow.estimator.poll_probe(now)).flatten() {
            flow.pacer.start_probe(now, &probe);
        }
        let mut leaving = Vec::new();
        while flow.pacer.may_send(now) {
            let padding = flow.pacer.padding_wanted();
            let Some(size) = flow.waiting.pop_front().or((padding > 0).then_some(1000)) else { break };
            let probe: Option<ProbeId> = flow.pacer.probe();
            flow.number += 1;
            flow.pacer.sent(now, size);
            flow.estimator.sent(now, flow.number, size, probe);
            leaving.push(InFlight { flow: Some(index), number: flow.number, size, at: now });
        }
        for packet in leaving {
            self.step(index).sent += packet.size as f64 * 80.0;
            self.enqueue(packet);
        }
    }

    fn step(&mut self, flow: usize) -> &mut Step {
        self.flows[flow].steps.last_mut().expect("sampled at the begin of each step")
    }

    fn enqueue(&mut self, packet: InFlight) {
        let is_lost = packet.flow.is_some() && self.link.loss > 0.0 && self.chance() < self.link.loss;
        if !is_lost && self.queued + packet.size <= self.link.queue {
            self.queued += packet.size;
            self.queue.push_back(packet);
        }
    }

    fn cross(&mut self, now: Instant, time: f64) {
        let (rate, from, to) = self.link.cross;
        if time >= from && time < to {
            self.cross_bits += rate / 1000.0;
            while self.cross_bits >= 9600.0 {
                self.cross_bits -= 9600.0;
                self.enqueue(InFlight { flow: None, number: 0, size: 1200, at: now });
            }
        }
    }

    fn transmit(&mut self, now: Instant, time: f64) {
        self.credit += self.link.rate(time) / 1000.0;
        while let Some(packet) = self.queue.front().copied() {
            let bits = packet.size as f64 * 8.0;
            if bits > self.credit {
                return;
            }
            self.credit -= bits;
            self.queued -= packet.size;
            self.queue.pop_front();
            let extra = self.chance() * self.link.jitter;
            let mut at =
                now + Duration::from_millis(self.link.delay) + Duration::from_micros((extra * 1000.0) as u64);
            if !self.link.overtakes {
                at = at.max(self.last_arrival);
                self.last_arrival = at;
            }
            self.on_the_way.push(InFlight { at, ..packet });
        }
        self.credit = self.credit.min(0.0);
    }

    fn receive(&mut self, now: Instant, time: f64) {
        self.on_the_way.sort_by_key(|packet| packet.at);
        let due = self.on_the_way.iter().take_while(|packet| packet.at <= now).count();
        let arrived: Vec<_> = self.on_the_way.drain(..due).collect();
        for packet in arrived {
            if let Some(flow) = packet.flow {
                self.flows[flow].recorder.received(packet.at, packet.number as u16);
                self.step(flow).arrived += packet.size as f64 * 80.0;
            }
        }
        for flow in 0..self.flows.len() {
            self.feed_back(flow, now, time);
        }
    }

    fn feed_back(&mut self, index: usize, now: Instant, time: f64) {
        let back = now + Duration::from_millis(self.link.delay);
        let is_deaf = time >= self.link.deaf.0 && time < self.link.deaf.1;
        let mut out = Vec::new();
        let flow = &mut self.flows[index];
        flow.recorder.set_send_rate(1_000_000);
        while flow.recorder.poll(now, Ssrc(1), Ssrc(2), &mut out) {
            let packet = core::mem::take(&mut out);
            let draw = f64::from(self.random.below(1 << 24)) / f64::from(1 << 24);
            if draw >= self.link.feedback_loss && !is_deaf {
                flow.feedback.push_back((back, packet));
            }
        }
        while flow.feedback.front().is_some_and(|(at, _)| *at <= now) {
            let Some((_, packet)) = flow.feedback.pop_front() else { break };
            let padding = if packet[0] & 0x20 != 0 { usize::from(packet[packet.len() - 1]) } else { 0 };
            let control = &packet[12..packet.len() - padding];
            let view = View::parse(Ssrc(1), Ssrc(2), control).expect("our own");
            flow.estimator.on_transport_feedback(now, &view);
        }
    }
}
