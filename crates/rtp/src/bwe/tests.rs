//! The whole loop against links: how fast, how full, how fair; and hostile feedback.

use core::time::Duration;
use std::vec;
use std::vec::Vec;

use limpid_crypto::Random;
use limpid_sansio::{Ecn, Instant};

use super::simulation::{Flow, Link, World};
use super::{Estimator, Limits};
use crate::names::Ssrc;
use crate::rtcp::ccfb::{self, ArrivalOffset, Metric, ReportWriter};
use crate::rtcp::twcc::View;

fn run(link: Link, seconds: f64) -> World {
    let mut world = World::new(link, vec![Flow::new()]);
    world.run(seconds);
    world
}

impl World {
    /// Average rates of the first flow over a span of seconds, as shares of `rate`.
    fn share(&self, from: f64, to: f64, rate: f64) -> f64 {
        self.flows[0].mean(from, to, |step| step.arrived) / rate
    }

    fn longest_delay(&self, from: f64, to: f64) -> f64 {
        self.delays[(from * 10.0) as usize..(to * 10.0) as usize]
            .iter()
            .fold(0.0, |most: f64, delay| most.max(*delay))
    }
}

#[test]
fn any_link_is_nearly_full_after_five_seconds_and_its_queue_short() {
    //~ covers 8836-2.4-a, 8836-2.1-a
    for rate in [0.5e6, 1e6, 2e6, 5e6] {
        let world = run(Link::of(rate), 20.0);
        let (early, late) = (world.share(4.0, 6.0, rate), world.share(5.0, 20.0, rate));
        assert!(early >= 0.85 && late >= 0.85, "{rate}: {early:.2}, then {late:.2}");
        let delay = world.longest_delay(5.0, 20.0);
        assert!(delay < 200.0, "{rate}: {delay} ms");
    }
}

#[test]
fn a_link_that_becomes_slow_is_followed_down_and_up_again() {
    //~ covers 8836-2.1-b
    for queue in [60_000, 125_000, 250_000] {
        let rates = vec![(0.0, 2e6), (15.0, 0.5e6), (30.0, 2e6)];
        let world = run(Link { rates, queue, ..Link::of(2e6) }, 50.0);
        let sent = world.flows[0].mean(17.0, 19.0, |step| step.sent);
        assert!(sent < 0.5e6, "{queue}: {sent} two seconds after the step");
        let delay = world.longest_delay(20.0, 30.0);
        assert!(delay < 300.0, "{queue}: {delay} ms five seconds after the step");
        assert!(world.share(20.0, 30.0, 0.5e6) >= 0.8, "{queue}: the slow link is used");
        let back = (0..10).map(|second| world.share(35.0 + f64::from(second), 36.0 + f64::from(second), 2e6));
        assert!(back.clone().all(|share| share >= 0.8), "{queue}: {:?}", back.collect::<Vec<_>>());
    }
}

#[test]
fn at_ten_percent_random_loss_most_of_the_link_is_used() {
    for rate in [0.5e6, 1e6, 2e6] {
        let world = run(Link { loss: 0.1, ..Link::of(rate) }, 60.0);
        for from in [5.0, 20.0, 40.0] {
            let share = world.share(from, from + 20.0, rate);
            assert!(share >= 0.75, "{rate} from {from} s: {share:.2}");
        }
    }
}

#[test]
fn a_shallow_queue_that_overflows_is_not_taken_for_random_loss() {
    let world = run(Link { queue: 10_000, ..Link::of(2e6) }, 40.0);
    assert!(world.share(5.0, 40.0, 2e6) >= 0.85);
    let (sent, arrived) = (
        world.flows[0].mean(5.0, 40.0, |step| step.sent),
        world.flows[0].mean(5.0, 40.0, |step| step.arrived),
    );
    assert!(arrived / sent > 0.97, "{:.3} is lost", 1.0 - arrived / sent);
}

#[test]
fn jitter_with_and_without_reordering_leaves_most_of_the_link() {
    for (rate, overtakes) in [(0.5e6, false), (2e6, false), (0.5e6, true), (2e6, true)] {
        let world = run(Link { jitter: 40.0, overtakes, ..Link::of(rate) }, 40.0);
        let share = world.share(5.0, 40.0, rate);
        assert!(share >= 0.75, "{rate} {overtakes}: {share:.2}");
    }
}

#[test]
fn an_application_with_nothing_to_say_neither_breaks_the_estimate_nor_lets_it_run_away() {
    //~ covers 8836-2.1-c, 8836-2.5-a
    let mut quiet = Flow::new();
    quiet.demand = vec![(0.0, 1e9), (10.0, 40e3), (40.0, 1e9)];
    let mut silent = Flow::new();
    silent.demand = vec![(0.0, 1e9), (10.0, 0.0), (40.0, 1e9)];
    for flow in [quiet, silent] {
        let mut world = World::new(Link::of(2e6), vec![flow]);
        world.run(60.0);
        let target = world.flows[0].mean(15.0, 40.0, |step| step.target);
        assert!((1.2e6..2.2e6).contains(&target), "{target}");
        assert!(world.share(41.0, 43.0, 2e6) >= 0.65, "goes on where it was");
        assert!(world.share(45.0, 60.0, 2e6) >= 0.8);
        assert!(world.longest_delay(40.0, 60.0) < 250.0);
    }
}

#[test]
fn feedback_that_is_lost_now_and_then_costs_little() {
    //~ covers 8888-5-b
    let world = run(Link { feedback_loss: 0.2, ..Link::of(2e6) }, 40.0);
    assert!(world.share(10.0, 40.0, 2e6) >= 0.8, "{:.2}", world.share(10.0, 40.0, 2e6));
}

#[test]
fn without_any_feedback_the_rate_falls_fast_and_comes_back() {
    //~ covers 8888-5-a, 8836-2.10-a
    let world = run(Link { deaf: (10.0, 15.0), ..Link::of(2e6) }, 35.0);
    assert!(world.flows[0].mean(11.0, 12.0, |step| step.sent) < 0.8e6);
    assert!(world.flows[0].mean(13.0, 15.0, |step| step.sent) < 0.1e6);
    assert!(world.share(22.0, 35.0, 2e6) >= 0.8);
}

#[test]
fn two_flows_share_a_link() {
    //~ covers 8836-2.2-a
    let mut late = Flow::new();
    late.begins = 10.0;
    let mut world = World::new(Link::of(2e6), vec![Flow::new(), late]);
    world.run(70.0);
    for from in [20.0, 45.0] {
        let [first, second] =
            [0, 1].map(|flow| world.flows[flow].mean(from, from + 25.0, |step| step.arrived));
        assert!(first / second < 2.0 && second / first < 2.0, "{first} and {second}");
        assert!(first + second >= 1.6e6);
    }
}

#[test]
fn traffic_of_others_takes_its_part_and_gives_it_back() {
    let world = run(Link { cross: (1e6, 10.0, 25.0), ..Link::of(2e6) }, 45.0);
    let beside = world.share(15.0, 25.0, 1e6);
    assert!((0.75..1.05).contains(&beside), "{beside:.2}");
    assert!(world.longest_delay(15.0, 25.0) < 300.0);
    assert!(world.share(32.0, 45.0, 2e6) >= 0.8);
}

fn twcc(base: u16, count: u16, reference: [u8; 3], rest: &[u8]) -> Vec<u8> {
    let mut control = Vec::new();
    control.extend(base.to_be_bytes());
    control.extend(count.to_be_bytes());
    control.extend(reference);
    control.push(0);
    control.extend(rest);
    control
}

/// An estimator that has sent 1000 packets with the numbers from 60 000 on.
fn estimator() -> Estimator {
    let mut estimator = Estimator::new(Limits::default());
    for number in 0..1000 {
        estimator.sent(Instant::from_millis(number * 2), 60_000 + number, 1000, None);
        estimator.sent_rtp(60_000 + number, Ssrc(9), number as u16);
    }
    estimator
}

#[test]
fn nonsense_in_feedback_changes_nothing() {
    let mut estimator = estimator();
    let now = Instant::from_millis(2100);
    let all_missing: Vec<u8> = [0x1f, 0xff].repeat(9);
    let untimed: Vec<u8> = [0x7f, 0xff].repeat(9);
    let nonsense = [
        twcc(10, 65_535, [0; 3], &all_missing),
        twcc(60_000, 65_535, [0; 3], &untimed),
        twcc(0xffff, 1, [9, 9, 9], &[0x20, 1, 7]),
        twcc(61_000, 1, [0x7f, 0xff, 0xff], &[0x20, 1, 7]),
        twcc(3000, 1, [0x80, 0, 0], &[0x40, 1, 0x80, 0]),
    ];
    for _ in 0..1000 {
        for control in &nonsense {
            let view = View::parse(Ssrc(1), Ssrc(2), control).expect("sound in itself");
            estimator.on_transport_feedback(now, &view);
        }
    }
    let stats = estimator.stats();
    assert_eq!((stats.target, stats.feedbacks, stats.idle_feedbacks), (300_000, 0, 5000));
}

#[test]
fn duplicates_negative_deltas_and_times_that_leap_are_harmless() {
    let mut estimator = estimator();
    let mut now = Instant::from_millis(2100);
    let mut random = Random::from_seed([3; 32]);
    for round in 0..2000u32 {
        let mut deltas = vec![0x40, 5];
        deltas.extend((0..10).map(|_| random.u32() as u8));
        let reference = random.u32().to_be_bytes();
        let control =
            twcc(60_000 + (round % 900) as u16, 5, [reference[0], reference[1], reference[2]], &deltas);
        let view = View::parse(Ssrc(1), Ssrc(2), &control).expect("sound in itself");
        for _ in 0..2 {
            estimator.on_transport_feedback(now, &view);
        }
        let target = estimator.target();
        assert!((Limits::default().min..=Limits::default().max).contains(&target));
        now += Duration::from_millis(20);
    }
    assert!(estimator.stats().idle_feedbacks >= 2000, "a duplicate says nothing");
}

/// Feedback by SSRC: packets of 1000 bytes, one each 4 ms (2 Mbit/s), a share of them marked; the target after so long.
fn by_ssrc(seconds: u64, marked: u64) -> Estimator {
    let mut estimator = Estimator::new(Limits { start: 2_000_000, ..Limits::default() });
    let mut out = Vec::new();
    for number in 0..seconds * 250 {
        let now = Instant::from_millis(number * 4);
        estimator.sent(now, number, 1000, None);
        estimator.sent_rtp(number, Ssrc(9), number as u16);
        if number % 25 != 24 {
            continue;
        }
        let arrived = now + Duration::from_millis(30);
        out.clear();
        let mut writer = ReportWriter::new(&mut out, Ssrc(1));
        let metrics = (number - 24..=number).map(|told| {
            let ecn = if told % 100 < marked { Ecn::Ce } else { Ecn::Ect1 };
            let ago = Duration::from_millis((number - told) * 4).as_nanos() as u64;
            Some(Metric { ecn: Some(ecn), arrival: ArrivalOffset::from_nanos(ago) })
        });
        writer.block(Ssrc(9), (number - 24) as u16, metrics);
        writer.finish((arrived.as_nanos() as u128 * 65_536 / 1_000_000_000) as u32);
        let view = ccfb::View::parse(Ssrc(1), &out[8..]).expect("our own");
        estimator.on_congestion_feedback(now + Duration::from_millis(60), &view);
    }
    estimator
}

#[test]
fn feedback_by_ssrc_works_like_transport_wide_feedback_and_marks_lower_the_rate() {
    let unmarked = by_ssrc(10, 0);
    let stats = unmarked.stats();
    assert_eq!((stats.loss, stats.feedbacks, stats.acknowledged), (0.0, 100, Some(2_000_000)));
    assert!(unmarked.target() > 2_200_000, "{}", unmarked.target());
    assert!(by_ssrc(3, 25).target() < 1_500_000, "{}", by_ssrc(3, 25).target());
}

#[test]
fn receivers_limit_the_rate_and_reports_alone_steer_it() {
    let now = Instant::from_millis;
    let mut estimator = estimator();
    estimator.on_receiver_limit(now(2000), Some(100_000));
    assert_eq!(estimator.target(), 100_000);
    estimator.on_receiver_limit(now(2000), None);
    assert_eq!(estimator.target(), 300_000);
    estimator.on_report_loss(now(3000), 0);
    estimator.on_report_loss(now(4000), 0);
    assert_eq!(estimator.target(), 315_000);
    estimator.on_report_loss(now(5000), 128);
    assert_eq!(estimator.target(), 236_250);
    estimator.set_limits(now(5000), Limits { max: 200_000, ..Limits::default() });
    assert_eq!(estimator.target(), 200_000);
}

/// A peer without feedback about each packet: its reports alone, one a second, keep the rate up.
#[test]
fn between_two_reports_nobody_takes_the_path_for_dead() {
    let limits = Limits { start: 1_000_000, ..Limits::default() };
    let mut estimator = Estimator::new(limits);
    for millis in (0..60_000).step_by(20) {
        let now = Instant::from_millis(millis);
        estimator.sent(now, millis / 20, 1100, None);
        estimator.handle_timeout(now);
        if millis % 1400 == 1000 {
            estimator.on_report_loss(now, 0);
        }
        assert!(estimator.target() >= 1_000_000, "{} at {millis} ms", estimator.target());
    }
    // Where they cease the rate falls, and comes back with the next one.
    let before = estimator.target();
    for millis in (60_000..80_000).step_by(20) {
        let now = Instant::from_millis(millis);
        estimator.sent(now, millis / 20, 1100, None);
        estimator.handle_timeout(now);
    }
    assert!(estimator.target() < before / 4, "{}", estimator.target());
    estimator.on_report_loss(Instant::from_millis(80_000), 0);
    assert!(estimator.target() >= before * 9 / 10, "{}", estimator.target());
}
