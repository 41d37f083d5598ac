//! A steady flow of packets and feedback, both ways, costs no allocation.

use core::time::Duration;

use limpid_rtp::bwe::{Estimator, Limits};
use limpid_rtp::feedback::{ccfb, twcc};
use limpid_rtp::rtcp;
use limpid_rtp::{Pacer, Ssrc};
use limpid_sansio::Instant;

struct Loop {
    now: Instant,
    number: u64,
    estimator: Estimator,
    pacer: Pacer,
    transport: twcc::Recorder,
    by_ssrc: ccfb::Recorder,
    out: Vec<u8>,
    feedbacks: u32,
}

impl Loop {
    /// One packet is sent and arrives, and feedback of both kinds is sent when it is due.
    fn step(&mut self) {
        self.now += Duration::from_millis(2);
        self.number += 1;
        let ssrc = Ssrc(self.number as u32 % 3);
        self.pacer.set_rate(self.estimator.pacing_rate());
        self.pacer.sent(self.now, 1200);
        self.estimator.sent(self.now, self.number, 1200, None);
        self.estimator.sent_rtp(self.number, ssrc, (self.number / 3) as u16);
        if !self.number.is_multiple_of(50) {
            self.transport.received(self.now, self.number as u16);
            self.by_ssrc.received(self.now, ssrc, (self.number / 3) as u16, None);
        }
        self.out.clear();
        if self.transport.poll(self.now, Ssrc(1), Ssrc(2), &mut self.out) {
            let padding = if self.out[0] & 0x20 == 0 { 0 } else { self.out[self.out.len() - 1].into() };
            let control = &self.out[12..self.out.len() - padding];
            let view = rtcp::twcc::View::parse(Ssrc(1), Ssrc(2), control).expect("our own");
            self.estimator.on_transport_feedback(self.now, &view);
            self.feedbacks += 1;
        }
        self.out.clear();
        if self.by_ssrc.poll(self.now, self.now.as_nanos() as u32, Ssrc(1), &mut self.out) {
            let view = rtcp::ccfb::View::parse(Ssrc(1), &self.out[8..]).expect("our own");
            self.estimator.on_congestion_feedback(self.now, &view);
            self.feedbacks += 1;
        }
        self.estimator.handle_timeout(self.now);
    }
}

#[test]
fn a_steady_flow_allocates_nothing() {
    let mut world = Loop {
        now: Instant::from_millis(1000),
        number: 0,
        estimator: Estimator::new(Limits::default()),
        pacer: Pacer::new(300_000),
        transport: twcc::Recorder::new(),
        by_ssrc: ccfb::Recorder::new(),
        out: Vec::with_capacity(1500),
        feedbacks: 0,
    };
    // The rings grow to what the flow needs: ten seconds of packets.
    (0..10_000).for_each(|_| world.step());
    let before = world.feedbacks;
    let counted = allocation_counter::measure(|| (0..10_000).for_each(|_| world.step()));
    assert_eq!(counted.count_total, 0);
    assert!(world.feedbacks > before + 300, "feedback flows");
}
