//! Small scenes, each for one promise of the world.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use limpid_netsim::doc::Greeter;
use limpid_netsim::{
    DropCause, Handle, HostId, Injected, Link, NatConfig, Packet, Script, SegmentId, Verdict, World, address,
    ip,
};
use limpid_sansio::{Instant, Path, Transport, WishKind};

/// A host with one socket on port 5000 and somebody who listens.
fn person(world: &mut World, name: &str, segment: SegmentId, at: &str) -> Handle<Greeter> {
    let host = world.add_host(name, segment, &[ip(at)]);
    let socket = world.bind(host, (ip(at), 5000).into());
    world.install(host, Greeter::silent(socket, socket))
}

fn heard(world: &mut World, who: Handle<Greeter>) -> Vec<String> {
    world.take_events(who).into_iter().map(|(_, event)| event).collect()
}

fn two(link: Link) -> (World, Handle<Greeter>, Handle<Greeter>) {
    let mut world = World::new(1);
    let public = world.public();
    let a = person(&mut world, "a", public, "192.0.2.1");
    let b = person(&mut world, "b", public, "192.0.2.2");
    world.set_link(a, link);
    (world, a, b)
}

fn say(world: &mut World, who: Handle<Greeter>, to: &str, what: &str) {
    world.with(who, |greeter, _| greeter.send(address(to), what.as_bytes()));
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_datagram_takes_as_long_as_its_links() {
    let (mut world, a, b) = two(Link::millis(30));
    world.set_link(b, Link::millis(12));
    say(&mut world, a, "192.0.2.2:5000", "hi");
    world.run_for(SECOND);
    assert_eq!(world.events(b), [(Instant::from_millis(42), "hi".to_owned())]);
    assert_eq!(world.now(), Instant::from_millis(1000));
}

#[test]
fn drops_are_counted_by_their_cause() {
    let (mut world, a, b) = two(Link::default().mtu(1280));
    say(&mut world, a, "192.0.2.2:5001", "no such socket");
    say(&mut world, a, "192.0.2.9:5000", "no such host");
    say(&mut world, a, "192.0.2.2:5000", &"x".repeat(1280 - 27));
    say(&mut world, a, "192.0.2.2:5000", &"y".repeat(1280 - 28));
    world.run_for(SECOND);
    world.set_address(b, ip("192.0.2.2"), false);
    say(&mut world, a, "192.0.2.2:5000", "down");
    world.run_for(SECOND);
    for cause in [DropCause::NoSocket, DropCause::NoRoute, DropCause::TooBig, DropCause::Down] {
        assert_eq!(world.dropped(cause), 1, "{cause}");
    }
    assert_eq!(heard(&mut world, b), ["y".repeat(1252)]);
}

#[test]
fn a_host_reaches_itself_without_its_link() {
    let (mut world, a, _) = two(Link::millis(500).loss(1.0));
    let local = world.bind(a, address("127.0.0.1:7"));
    say(&mut world, a, "192.0.2.1:5000", "by address");
    world.with(a, |greeter, _| greeter.send_on(Path::udp(local, local), b"by loopback"));
    world.run_for(Duration::from_millis(1));
    assert_eq!(heard(&mut world, a), ["by address", "by loopback"]);
}

#[test]
fn scripts_drop_hold_and_repeat_what_a_host_sends() {
    let (mut world, a, b) = two(Link::millis(1));
    world.add_script(
        Script::new()
            .drop_nth(1, |p| p.bytes == b"1")
            .hold_nth(1, Duration::from_millis(50), |p| p.bytes == b"2")
            .repeat_nth(1, 2, |p| p.bytes == b"3"),
    );
    for what in ["1", "2", "3", "4"] {
        say(&mut world, a, "192.0.2.2:5000", what);
    }
    world.run_for(SECOND);
    assert_eq!(heard(&mut world, b), ["3", "4", "3", "3", "2"]);
    assert_eq!(world.dropped(DropCause::Script), 1);
}

#[test]
fn the_man_in_the_middle_alters_swallows_and_invents() {
    let (mut world, a, b) = two(Link::millis(1));
    let public = world.public();
    world.stand_between(public, |_: Instant, packet: &mut Packet, injected: &mut Injected| {
        match packet.bytes.as_slice() {
            b"alter" => packet.bytes = b"altered".to_vec(),
            b"swallow" => return Verdict::Drop,
            b"replay" => injected.send_later(Duration::from_millis(500), packet.clone()),
            b"forge" => injected.send(Packet::udp(packet.to, packet.from, *b"forged answer")),
            _ => {}
        }
        Verdict::Forward
    });
    for what in ["alter", "swallow", "replay", "forge"] {
        say(&mut world, a, "192.0.2.2:5000", what);
    }
    world.run_for(SECOND);
    assert_eq!(heard(&mut world, b), ["altered", "replay", "forge", "replay"]);
    assert_eq!(heard(&mut world, a), ["forged answer"]);
    assert_eq!(world.dropped(DropCause::Mitm), 1);
}

fn behind_a_nat(config: NatConfig) -> (World, SegmentId, Handle<Greeter>, Handle<Greeter>, Handle<Greeter>) {
    let mut world = World::new(1);
    let public = world.public();
    let home = world.add_nat(public, &[ip("203.0.113.1")], config);
    let a = person(&mut world, "a", home, "10.0.0.1");
    let b = person(&mut world, "b", home, "10.0.0.2");
    let server = person(&mut world, "server", public, "198.51.100.1");
    (world, home, a, b, server)
}

#[test]
fn who_is_behind_a_nat_can_answer_but_is_not_called() {
    let (mut world, _, a, _, server) = behind_a_nat(NatConfig::home());
    say(&mut world, server, "203.0.113.1:20000", "too early");
    say(&mut world, server, "10.0.0.1:5000", "not routed");
    world.run_for(SECOND);
    assert_eq!((world.dropped(DropCause::Filtered), world.dropped(DropCause::NoRoute)), (1, 1));
    say(&mut world, a, "198.51.100.1:5000", "hi");
    world.run_for(SECOND);
    say(&mut world, server, "203.0.113.1:20000", "hi yourself");
    world.run_for(SECOND);
    assert_eq!(heard(&mut world, a), ["hi yourself"]);
}

#[test]
fn two_behind_one_nat_reach_each_other_by_hairpin_if_it_has_one() {
    for hairpinning in [true, false] {
        let (mut world, _, a, b, _) = behind_a_nat(NatConfig { hairpinning, ..NatConfig::home() });
        say(&mut world, a, "198.51.100.1:5000", "hi");
        say(&mut world, b, "198.51.100.1:5000", "hi");
        world.run_for(SECOND);
        // The filter of RFC 4787 REQ-9 sees the outside address, so both must have sent.
        say(&mut world, b, "203.0.113.1:20000", "first is filtered");
        say(&mut world, a, "203.0.113.1:20002", "hello b");
        world.run_for(SECOND);
        assert_eq!(heard(&mut world, b), if hairpinning { vec!["hello b"] } else { vec![] });
    }
}

#[test]
fn after_a_restart_of_the_nat_the_old_address_is_dead() {
    let (mut world, home, a, _, server) = behind_a_nat(NatConfig::home());
    say(&mut world, a, "198.51.100.1:5000", "hi");
    world.run_for(SECOND);
    world.nat(home).rebind();
    say(&mut world, server, "203.0.113.1:20000", "lost");
    world.run_for(SECOND);
    assert_eq!(heard(&mut world, a), [""; 0]);
    say(&mut world, a, "198.51.100.1:5000", "hi again");
    world.run_for(SECOND);
    say(&mut world, server, "203.0.113.1:20002", "found");
    world.run_for(SECOND);
    assert_eq!(heard(&mut world, a), ["found"]);
}

#[test]
fn nats_may_stand_behind_nats() {
    let mut world = World::new(1);
    let public = world.public();
    let carrier = world.add_nat(public, &[ip("203.0.113.1")], NatConfig::home());
    let home = world.add_nat(carrier, &[ip("100.64.0.9")], NatConfig::home());
    let a = person(&mut world, "a", home, "10.0.0.1");
    let seen = Rc::new(RefCell::new(None));
    let note = seen.clone();
    world.add_responder("server", public, address("198.51.100.1:1"), move |from, request, reply| {
        *note.borrow_mut() = Some(from);
        reply.extend_from_slice(request);
        Some(reply.len())
    });
    say(&mut world, a, "198.51.100.1:1", "hi");
    world.run_for(SECOND);
    assert_eq!(*seen.borrow(), Some(address("203.0.113.1:20000")));
    assert_eq!(heard(&mut world, a), ["hi"]);
}

#[test]
fn ipv6_passes_a_home_router_untranslated_but_filtered() {
    let mut world = World::new(1);
    let public = world.public();
    let home = world.add_nat(public, &[ip("203.0.113.1")], NatConfig::home());
    let a = person(&mut world, "a", home, "2001:db8:1::1");
    let b = person(&mut world, "b", public, "2001:db8:2::1");
    say(&mut world, b, "[2001:db8:1::1]:5000", "filtered");
    world.run_for(SECOND);
    say(&mut world, a, "[2001:db8:2::1]:5000", "out");
    world.run_for(SECOND);
    say(&mut world, b, "[2001:db8:1::1]:5000", "in");
    world.run_for(SECOND);
    assert_eq!((heard(&mut world, a), heard(&mut world, b)), (vec!["in".to_owned()], vec!["out".to_owned()]));
}

#[test]
fn names_are_looked_up_and_local_ones_only_on_their_own_segment() {
    let (mut world, _, a, b, server) = behind_a_nat(NatConfig::home());
    world.set_name("stun.example", &[ip("198.51.100.1")]);
    world.with(a, |greeter, _| greeter.wish(1, WishKind::Announce("a.local".into(), ip("10.0.0.1"))));
    for who in [b, server] {
        world.with(who, |greeter, _| {
            greeter.wish(2, WishKind::Resolve("A.local".into()));
            greeter.wish(3, WishKind::Resolve("STUN.example".into()));
        });
    }
    world.run_for(SECOND);
    assert_eq!(heard(&mut world, a), ["1: Addresses([10.0.0.1])"]);
    assert_eq!(heard(&mut world, b), ["2: Addresses([10.0.0.1])", "3: Addresses([198.51.100.1])"]);
    assert_eq!(heard(&mut world, server), ["2: Failed(NotFound)", "3: Addresses([198.51.100.1])"]);
}

#[test]
fn a_stream_passes_a_firewall_that_blocks_udp_and_loses_nothing() {
    let (mut world, _, a, _, server) = behind_a_nat(NatConfig::udp_blocked());
    world.set_link(a, Link::millis(20).loss(0.2));
    world.listen(server, address("198.51.100.1:443"));
    let open =
        |port| WishKind::Open { transport: Transport::TcpFramed, remote: ([198, 51, 100, 1], port).into() };
    world.with(a, |greeter, _| {
        greeter.wish(1, open(443));
        greeter.wish(2, open(444));
        greeter.send(address("198.51.100.1:5000"), b"blocked");
    });
    world.run_for(10 * SECOND);
    let local = address("10.0.0.1:49152");
    let path = Path { transport: Transport::TcpFramed, local, remote: address("198.51.100.1:443") };
    let answers = heard(&mut world, a);
    assert!(answers.contains(&format!("1: Opened({path:?})")), "{answers:?}");
    assert!(answers.contains(&"2: Failed(Unreachable)".to_owned()), "{answers:?}");
    assert_eq!(world.dropped(DropCause::Blocked), 1);

    let frames: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    world.with(a, |greeter, _| frames.iter().for_each(|frame| greeter.send_on(path, frame.as_bytes())));
    world.run_for(100 * SECOND);
    assert_eq!(heard(&mut world, server), frames);

    let back =
        Path { transport: Transport::TcpFramed, local: path.remote, remote: address("203.0.113.1:20000") };
    world.with(server, |greeter, _| {
        greeter.send_on(back, b"back");
        greeter.wish(9, WishKind::Close(back));
    });
    world.run_for(10 * SECOND);
    assert_eq!(heard(&mut world, a), ["back", "1: Closed"]);
}

#[test]
fn a_machine_may_bind_more_sockets_and_close_them() {
    let (mut world, a, b) = two(Link::millis(1));
    world.with(a, |greeter, _| greeter.wish(1, WishKind::Bind(address("192.0.2.1:5000"))));
    world.run_for(SECOND);
    let socket = Path::udp(address("192.0.2.1:49152"), address("0.0.0.0:0"));
    assert_eq!(heard(&mut world, a), [format!("1: Opened({socket:?})")]);
    say(&mut world, b, "192.0.2.1:49152", "to the new socket");
    world.run_for(SECOND);
    world.with(a, |greeter, _| greeter.wish(2, WishKind::Close(socket)));
    say(&mut world, b, "192.0.2.1:49152", "too late");
    world.run_for(SECOND);
    assert_eq!(heard(&mut world, a), ["to the new socket"]);
}

#[test]
fn a_crashed_host_says_nothing_and_hears_nothing() {
    let (mut world, a, b) = two(Link::millis(1));
    world.crash(b);
    say(&mut world, a, "192.0.2.2:5000", "hello?");
    world.run_for(SECOND);
    assert_eq!(world.dropped(DropCause::NoSocket), 1);
}

#[test]
fn what_is_planned_happens_at_its_time() {
    let (mut world, a, b) = two(Link::millis(1));
    world.after(Duration::from_millis(250), move |world| say(world, a, "192.0.2.2:5000", "later"));
    assert!(world.run_until_quiet(SECOND));
    assert_eq!(world.events(b), [(Instant::from_millis(251), "later".to_owned())]);
}

#[test]
fn equal_seeds_give_equal_runs_and_other_seeds_others() {
    let run = |seed| {
        let mut world = World::new(seed);
        let public = world.public();
        let hosts: Vec<Handle<Greeter>> =
            (1..=4).map(|n| person(&mut world, &format!("h{n}"), public, &format!("192.0.2.{n}"))).collect();
        for host in &hosts {
            let link = Link::millis(5).jitter(Duration::from_millis(9)).loss(0.2).duplicate(0.1);
            world.set_link(*host, link.reorder(0.1, Duration::from_millis(7)));
        }
        for n in 0..200u32 {
            let to = format!("192.0.2.{}:5000", 1 + (n + 1) % 4);
            say(&mut world, hosts[n as usize % 4], &to, &n.to_string());
            world.run_for(Duration::from_millis(1));
        }
        world.run_for(SECOND);
        world.trace().hash()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_day_passes_in_a_moment() {
    let mut world = World::new(1);
    let public = world.public();
    let host: HostId = world.add_host("a", public, &[ip("192.0.2.1")]);
    let socket = world.bind(host, address("192.0.2.1:5000"));
    // Nobody answers: a packet every 100 ms.
    world.install(host, Greeter::new(socket, address("192.0.2.2:1")));
    world.run_for(Duration::from_secs(3600));
    assert_eq!(world.sent(host).packets, 36_001);
}
