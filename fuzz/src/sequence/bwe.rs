//! The bandwidth estimator, fed with anything: whatever feedback says, the target stays within its limits, probes too, and
//! an honest link brings it back to life.

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use limpid_rtp::bwe::{Estimator, Limits, ProbeId};
use limpid_rtp::feedback::twcc::Recorder;
use limpid_rtp::rtcp::{ccfb, twcc};
use limpid_rtp::{Pacer, Ssrc};
use limpid_sansio::Instant;

use super::wire::seed::choice;
use crate::Outcome;

/// What happens.
#[derive(Arbitrary, Clone, PartialEq, Eq, Debug)]
enum Step {
    /// So many packets are sent, so far apart in milliseconds; every `lost`th is lost.
    Send {
        count: u8,
        gap: u8,
        size: u16,
        lost: u8,
    },
    /// The receiver tells of what arrived.
    Honest,
    /// Transport-wide feedback of any content.
    Transport(Vec<u8>),
    /// The same about the last packets that were sent: the base is filled in.
    Recent {
        back: u8,
        bytes: Vec<u8>,
    },
    /// Feedback by SSRC of any content.
    BySsrc(Vec<u8>),
    Report(u8),
    Limit(Option<u32>),
    Allocated(Option<u32>),
    Probe,
    Skip(u16),
    Pass(u16),
}

struct Loop {
    now: Instant,
    estimator: Estimator,
    recorder: Recorder,
    pacer: Pacer,
    number: u64,
    probe: Option<ProbeId>,
    /// What the receiver takes at most: it holds below our own minimum too, and is at least 1 kbit/s.
    taken: u64,
}

const LIMITS: Limits = Limits { min: 50_000, start: 400_000, max: 20_000_000 };

impl Loop {
    fn new() -> Self {
        Loop {
            now: Instant::from_millis(1000),
            estimator: Estimator::new(LIMITS),
            recorder: Recorder::new(),
            pacer: Pacer::new(LIMITS.start),
            number: 65_000,
            probe: None,
            taken: u64::MAX,
        }
    }

    fn pass(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        self.estimator.handle_timeout(self.now);
    }

    fn send(&mut self, size: usize, is_lost: bool) {
        self.number += 1;
        self.estimator.sent(self.now, self.number, size, self.probe);
        self.estimator.sent_rtp(self.number, Ssrc(u32::from(self.number as u8 & 1)), self.number as u16);
        self.pacer.sent(self.now, size);
        self.probe = self.pacer.probe();
        if !is_lost {
            self.recorder.received(self.now + Duration::from_millis(20), self.number as u16);
        }
    }

    fn transport(&mut self, control: &[u8]) {
        if let Ok(view) = twcc::View::parse(Ssrc(1), Ssrc(2), control) {
            self.estimator.on_transport_feedback(self.now, &view);
        }
    }

    fn honest(&mut self) {
        let mut out = Vec::new();
        let later = self.now + Duration::from_millis(300);
        while self.recorder.poll(later, Ssrc(1), Ssrc(2), &mut out) {
            let padding = if out[0] & 0x20 == 0 { 0 } else { usize::from(out[out.len() - 1]) };
            let control = out[12..out.len() - padding].to_vec();
            self.transport(&control);
            out.clear();
        }
    }

    fn obey(&mut self, step: &Step) {
        match step {
            Step::Send { count, gap, size, lost } => {
                for at in 0..*count {
                    self.pass(u64::from(*gap % 50));
                    self.send(usize::from(*size), *lost > 0 && at % lost == 0);
                }
            }
            Step::Honest => self.honest(),
            Step::Transport(control) => self.transport(control),
            Step::Recent { back, bytes } => {
                let base = (self.number as u16).wrapping_sub(u16::from(*back)).to_be_bytes();
                self.transport(&[&base[..], bytes].concat());
            }
            Step::BySsrc(body) => {
                if let Ok(view) = ccfb::View::parse(Ssrc(1), body) {
                    self.estimator.on_congestion_feedback(self.now, &view);
                }
            }
            Step::Report(fraction) => self.estimator.on_report_loss(self.now, *fraction),
            Step::Limit(rate) => {
                self.taken = rate.map_or(u64::MAX, |rate| u64::from(rate).max(1000));
                self.estimator.on_receiver_limit(self.now, rate.map(u64::from));
            }
            Step::Allocated(rate) => self.estimator.set_allocated(rate.map(u64::from)),
            Step::Probe => {
                if let Some(probe) = self.estimator.poll_probe(self.now) {
                    assert!(probe.rate <= LIMITS.max && probe.bytes > 0 && probe.packets > 0);
                    self.pacer.start_probe(self.now, &probe);
                    self.probe = Some(probe.id);
                }
            }
            Step::Skip(count) => self.number += u64::from(*count),
            Step::Pass(millis) => self.pass(u64::from(*millis)),
        }
        let target = self.estimator.target();
        let bounds = LIMITS.min.min(self.taken)..=LIMITS.max.min(self.taken);
        assert!(bounds.contains(&target), "{target} beyond {bounds:?}");
        let stats = self.estimator.stats();
        assert!((0.0..=1.0).contains(&stats.loss) && stats.rtt <= Duration::from_secs(3));
        self.pacer.set_rate(self.estimator.pacing_rate());
        let wake = self.pacer.poll_timeout(true).expect("something waits");
        assert!(wake <= self.now + Duration::from_millis(500));
    }
}

/// Plays a script; then ten seconds on an honest link that carries anything must raise the target from the floor.
pub fn play(data: &[u8]) -> Outcome {
    let mut u = Unstructured::new(data);
    let mut world = Loop::new();
    for _ in 0..200 {
        let Ok(step) = u.arbitrary::<Step>() else { break };
        crate::show(&step);
        world.obey(&step);
        if u.is_empty() {
            break;
        }
    }
    let outcome = if world.estimator.stats().feedbacks > 0 { Outcome::Accepted } else { Outcome::Refused };
    world.estimator.on_receiver_limit(world.now, None);
    world.estimator.set_allocated(None);
    for _ in 0..100 {
        for _ in 0..20 {
            world.pass(5);
            let size = (world.estimator.target() / 1600) as usize;
            world.send(size.max(50), false);
        }
        world.honest();
    }
    assert!(world.estimator.target() > LIMITS.min, "{:?}", world.estimator.stats());
    outcome
}

/// An honest flow, one that loses, one that is lied to.
pub fn seeds() -> Vec<Vec<u8>> {
    let step = |which: u8, args: &[u8]| [&choice(which, 11)[..], args].concat();
    let sent = step(0, &[50, 5, 232, 3, 0]);
    let honest =
        [step(8, &[]), sent.clone(), step(1, &[]), sent.clone(), step(1, &[]), step(10, &[100, 0])].concat();
    let lossy =
        [step(0, &[80, 5, 232, 3, 4]), step(1, &[]), step(0, &[80, 5, 232, 3, 4]), step(1, &[])].concat();
    let lied =
        [sent.clone(), step(3, &[20, 0, 4, 0, 0, 7, 1, 0x20, 4, 1, 2, 3, 4]), sent, step(1, &[])].concat();
    vec![honest.repeat(4), lossy.repeat(3), lied]
}
