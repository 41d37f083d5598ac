//! The whole loop against links: how fast, how full, how fair.

use std::vec;

use super::simulation::{Flow, Link, World};

fn run(link: Link, seconds: f64) -> World {
    let mut world = World::new(link, vec![Flow::new()]);
    world.run(seconds);
    world
}

#[test]
fn explore() {
    let show = |name: &str, world: &World| {
        std::println!("== {name}");
        for second in 0..world.delays.len() / 10 {
            let (from, to) = (second as f64, second as f64 + 1.0);
            let rows: vec::Vec<_> = world
                .flows
                .iter()
                .map(|flow| {
                    std::format!(
                        "t{:5.0} s{:5.0} a{:5.0}",
                        flow.mean(from, to, |step| step.target) / 1e3,
                        flow.mean(from, to, |step| step.sent) / 1e3,
                        flow.mean(from, to, |step| step.arrived) / 1e3
                    )
                })
                .collect();
            let delay = world.delays[second * 10..second * 10 + 10].iter().fold(0.0, |a: f64, b| a.max(*b));
            std::println!("{second:3} {rows:?} q{delay:4.0}");
        }
        for flow in &world.flows {
            std::println!("{:?}", flow.estimator.stats());
        }
    };
    for rate in [0.5e6, 1e6, 2e6, 5e6] {
        show(&std::format!("steady {rate}"), &run(Link::of(rate), 20.0));
    }
    show(
        "step",
        &run(
            Link { rates: vec![(0.0, 2e6), (15.0, 0.5e6), (30.0, 2e6)], queue: 250_000, ..Link::of(2e6) },
            50.0,
        ),
    );
    for rate in [0.5e6, 2e6] {
        show(&std::format!("loss {rate}"), &run(Link { loss: 0.1, ..Link::of(rate) }, 40.0));
        show(&std::format!("jitter {rate}"), &run(Link { jitter: 40.0, ..Link::of(rate) }, 30.0));
        show(
            &std::format!("jitter overtakes {rate}"),
            &run(Link { jitter: 40.0, overtakes: true, ..Link::of(rate) }, 30.0),
        );
    }
    show("shallow", &run(Link { queue: 10_000, ..Link::of(2e6) }, 30.0));
    show("feedback lost", &run(Link { feedback_loss: 0.2, ..Link::of(2e6) }, 30.0));
    show("deaf", &run(Link { deaf: (10.0, 15.0), ..Link::of(2e6) }, 30.0));
    show("cross", &run(Link { cross: (1e6, 10.0, 25.0), ..Link::of(2e6) }, 45.0));
    let mut late = Flow::new();
    late.begins = 10.0;
    let mut world = World::new(Link::of(2e6), vec![Flow::new(), late]);
    world.run(90.0);
    show("two", &world);
    let mut quiet = Flow::new();
    quiet.demand = vec![(0.0, 1e9), (10.0, 40e3), (40.0, 1e9)];
    let mut world = World::new(Link::of(2e6), vec![quiet]);
    world.run(60.0);
    show("alr", &world);
}
