//! The contract holds together: toy machines that know nothing of each other become a peer, and the simulated network drives
//! it through loss, batches, two paths, a stream and a look-up, with nothing but the five verbs and the wishes.

mod toy;

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use limpid_netsim::{Handle, Injected, Link, Packet, Script, Verdict, World};
use limpid_sansio::{Driven, Instant, Machine, WishKind, conformance};
use toy::agent::{Agent, DIRECT, RELAYED};
use toy::peer::{Event, Peer};
use toy::records::Records;
use toy::relay::RelayServer;

const ALICE: &str = "192.0.2.1";
const BOB: &str = "198.51.100.2";
const RELAY: &str = "203.0.113.3:3478";

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn at(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

struct Scene {
    world: World,
    alice: Handle<Peer>,
    bob: Handle<Peer>,
    /// What Bob has read.
    read: Vec<u8>,
}

impl Scene {
    /// Alice looks Bob's name up, and also asks a relay for an address; Bob just waits.
    fn new(seed: u64, link: Link) -> Self {
        let mut world = World::new(seed);
        let public = world.public();
        let hosts = [("alice", ALICE), ("bob", BOB), ("relay", "203.0.113.3")]
            .map(|(name, address)| world.add_host(name, public, &[ip(address)]));
        world.set_link(hosts[0], link);
        world.set_name("alice.example", &[ip(ALICE)]);
        world.set_name("bob.example", &[ip(BOB)]);
        world.listen(hosts[2], at(RELAY));
        world.install(hosts[2], RelayServer::new(at(RELAY)));
        let mut peer = |host, address: &str, other, relay| {
            let local = world.bind(host, SocketAddr::new(ip(address), 5000));
            let agent = Agent::new(local, other, 5000, relay);
            world.install(host, Peer::new(agent, Records::new(address == ALICE, 0x5a)))
        };
        let alice = peer(hosts[0], ALICE, "bob.example", Some(at(RELAY)));
        let bob = peer(hosts[1], BOB, "alice.example", None);
        Scene { world, alice, bob, read: Vec::new() }
    }

    /// Alice sends all of `data`; Bob reads as it comes. `at_half` happens once Bob has half of it.
    fn send(&mut self, data: &[u8], at_half: impl FnOnce(&mut World)) -> bool {
        let (alice, bob) = (self.alice, self.bob);
        let (mut written, mut at_half) = (0, Some(at_half));
        let read = &mut self.read;
        let done = self.world.run_until(Duration::from_secs(60), |world| {
            world.with(alice, |peer, _| {
                while written < data.len() {
                    let end = data.len().min(written + 10_000);
                    if peer.association.write(&data[written..end]).is_err() {
                        break;
                    }
                    written = end;
                }
            });
            world.with(bob, |peer, _| {
                while let Some(bytes) = peer.association.read() {
                    read.extend_from_slice(bytes);
                }
            });
            if read.len() >= data.len() / 2
                && let Some(at_half) = at_half.take()
            {
                at_half(world);
            }
            read.len() == data.len()
        });
        done && self.read == data
    }
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn direct_udp(packet: &Packet) -> bool {
    let ends = [packet.from.ip(), packet.to.ip()];
    ends.contains(&ip(ALICE)) && ends.contains(&ip(BOB))
}

#[test]
fn a_file_crosses_a_lossy_network_and_the_change_from_one_path_to_the_other() {
    let data = pattern(300_000);
    for loss in [0.0, 0.02, 0.1] {
        let mut scene = Scene::new(1, Link::millis(10).jitter(Duration::from_millis(3)).loss(loss));
        let complete = scene.send(&data, |world| world.add_script(Script::new().drop_all(direct_udp)));
        assert!(complete, "{} of {} bytes at loss {loss}", scene.read.len(), data.len());
        let chosen: Vec<_> =
            scene.world.take_events(scene.alice).into_iter().map(|(_, event)| event).collect();
        assert!(chosen.contains(&Event::PathChosen(DIRECT)) && chosen.contains(&Event::PathChosen(RELAYED)));
        assert_eq!(scene.world.machine(scene.alice).path(), Some(RELAYED));
        let heard = scene.world.machine(scene.bob).heard();
        assert!(heard[DIRECT.0] > 100 && heard[RELAYED.0] > 100, "{heard:?}");
        scene.world.run_for(Duration::from_secs(1));
        assert!(scene.world.machine(scene.alice).association.is_all_acknowledged());
    }
}

#[test]
fn when_the_relay_refuses_the_direct_path_carries_all() {
    let mut scene = Scene::new(2, Link::millis(10));
    let relay = scene.world.find_host("relay").expect("it was added");
    scene.world.crash(relay);
    assert!(scene.send(&pattern(50_000), |_| ()));
    assert_eq!(scene.world.machine(scene.alice).path(), Some(DIRECT));
}

#[test]
fn a_full_window_leaves_in_a_few_system_calls() {
    let mut scene = Scene::new(3, Link::millis(10));
    assert!(scene.send(&pattern(500_000), |_| ()));
    let sent = scene.world.sent(scene.alice);
    assert!(sent.packets > 420, "{sent:?}");
    assert!(sent.batches * 8 < sent.packets, "{sent:?}");
}

#[test]
fn both_records_of_a_datagram_are_opened() {
    let mut scene = Scene::new(4, Link::millis(10));
    // Somebody glues every two datagrams of records to one; the flight of the handshake has two of its own accord.
    let held: Rc<RefCell<Option<Vec<u8>>>> = Rc::default();
    let glued = Rc::new(RefCell::new(0));
    let count = glued.clone();
    let public = scene.world.public();
    scene.world.set_link(scene.bob, Link::default().mtu(9000));
    scene.world.stand_between(public, move |_: Instant, packet: &mut Packet, _: &mut Injected| {
        if packet.bytes[0] != 23 || packet.from.ip() != ip(ALICE) {
            return Verdict::Forward;
        }
        let Some(first) = held.borrow_mut().take() else {
            *held.borrow_mut() = Some(packet.bytes.clone());
            return Verdict::Drop;
        };
        packet.bytes = [first, packet.bytes.clone()].concat();
        *count.borrow_mut() += 1;
        Verdict::Forward
    });
    assert!(scene.send(&pattern(100_000), |_| ()));
    assert!(*glued.borrow() > 40);
    assert_eq!(scene.world.machine(scene.bob).dropped(), 0);
}

#[test]
fn one_acknowledgement_answers_a_burst_and_single_packets_get_one_for_two() {
    let acknowledgements = |one_by_one: bool| {
        let mut scene = Scene::new(5, Link::millis(10));
        if one_by_one {
            scene.world.deliver_one_by_one();
        }
        assert!(scene.send(&pattern(200_000), |_| ()));
        scene.world.machine(scene.bob).association.acks_sent
    };
    let (bursts, singles) = (acknowledgements(false), acknowledgements(true));
    assert!(bursts * 8 < singles, "{bursts} for bursts, {singles} for single packets");
}

#[test]
fn altered_records_are_dropped_and_counted_and_the_stream_goes_on() {
    let mut scene = Scene::new(6, Link::millis(10));
    let public = scene.world.public();
    let mut seen = 0;
    scene.world.stand_between(public, move |_: Instant, packet: &mut Packet, _: &mut Injected| {
        if packet.bytes[0] == 23 {
            seen += 1;
            if seen % 20 == 0 {
                packet.bytes[7] ^= 0x10;
            }
        }
        Verdict::Forward
    });
    assert!(scene.send(&pattern(100_000), |_| ()));
    assert!(scene.world.machine(scene.bob).dropped() > 2);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut scene = Scene::new(seed, Link::millis(10).jitter(Duration::from_millis(5)).loss(0.05));
        assert!(scene.send(&pattern(100_000), |_| ()));
        (scene.world.trace().hash(), scene.world.now())
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).0, run(8).0);
}

#[test]
fn the_composed_peer_keeps_the_contract() {
    let mut peer = Peer::new(Agent::new(at("192.0.2.1:5000"), "bob", 5000, None), Records::new(true, 1));
    let now = Instant::from_millis(5);
    let wish = peer.poll_wish().unwrap();
    assert_eq!(wish.kind, WishKind::Resolve("bob".into()));
    assert_eq!(peer.poll_wish(), None);
    peer.handle_answer(now, wish.id, limpid_sansio::Answer::Addresses(&[ip(BOB)]));
    conformance::check_early_timeout_is_harmless(&mut peer, now);
    for _ in 0..20 {
        let at = peer.poll_timeout().expect("checks go on");
        conformance::check_timeout_moves_on(&mut peer, at);
    }
}

#[test]
fn bursts_and_noise_are_handled_as_the_contract_says() {
    let make = || {
        let mut peer = Peer::new(Agent::new(at("192.0.2.1:5000"), "bob", 5000, None), Records::new(true, 1));
        let wish = peer.poll_wish().expect("it looks the name up");
        let now = Instant::from_millis(5);
        peer.handle_answer(now, wish.id, limpid_sansio::Answer::Addresses(&[ip(BOB)]));
        peer
    };
    let path = limpid_sansio::Path::udp(at("192.0.2.1:5000"), at("198.51.100.2:5000"));
    let feed = |peer: &mut Peer, now: Instant, payload: &mut [u8]| {
        peer.handle_input(now, limpid_sansio::Datagram { path, ecn: None, payload })
    };
    // Answers to checks, a flight of two records, the same again, rubbish between them.
    let mut server = Records::new(false, 1);
    let mut flight = Vec::new();
    let mut hello = Vec::new();
    let mut client = Records::new(true, 1);
    assert!(client.poll_transmit(Instant::ZERO, &mut hello).is_some());
    server.handle_input(Instant::ZERO, &mut hello).expect("a hello is no error");
    assert!(server.poll_transmit(Instant::ZERO, &mut flight).is_some());
    let packets: Vec<Vec<u8>> = (0..64u8)
        .map(|n| match n % 4 {
            0 => vec![0, b'!', 0],
            1 => flight.clone(),
            2 => vec![n; usize::from(n)],
            _ => vec![0, b'?', 1],
        })
        .collect();
    let now = Instant::from_millis(10);
    conformance::check_bursts_are_like_single_inputs(make, now, &packets, |peer, now, packet| {
        feed(peer, now, packet).expect("no packet is an error");
    });
    let noise = (0..=255u8).map(|n| vec![n; usize::from(n) / 3]);
    conformance::check_noise_is_no_error(&mut make(), now, noise, feed);
}
