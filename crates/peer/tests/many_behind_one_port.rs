//! Many peers behind one port: each datagram finds its peer, strangers cost nothing, a peer that goes takes all with it.

mod common;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use common::{config, read_all, write};
use limpid_netsim::{Handle, Link, Packet, World};
use limpid_peer::{ChannelConfig, ChannelId, ConnectionState, Event, Mux, Peer, PeerId};
use limpid_sansio::{Answer, Driven};

const SECOND: Duration = Duration::from_secs(1);

/// A host with a port for many, and `count` hosts with a peer each that offer to it.
struct Crowd {
    world: World,
    mux: Handle<Mux>,
    ids: Vec<PeerId>,
    guests: Vec<(Handle<Peer>, ChannelId)>,
    port: SocketAddr,
}

impl Crowd {
    fn gather(seed: u64, count: u8) -> Crowd {
        let mut world = World::new(seed);
        let public = world.public();
        let host = world.add_host("house", public, &[IpAddr::from([192, 0, 2, 100])]);
        world.set_link(host, Link::millis(5));
        let port = world.bind(host, SocketAddr::from(([192, 0, 2, 100], 4000)));
        let mux = world.install(host, Mux::new());
        let (mut ids, mut guests) = (Vec::new(), Vec::new());
        for guest in 0..count {
            let ip = [192, 0, 2, guest + 1];
            let host = world.add_host("guest", public, &[IpAddr::from(ip)]);
            let socket = world.bind(host, SocketAddr::from((ip, 5000)));
            let mut peer = Peer::new(config(limpid_crypto::ring::provider(), world.seed()), world.now());
            peer.add_local_address(world.now(), socket);
            peer.end_of_local_addresses(world.now());
            let named = ChannelConfig { label: format!("{guest}"), ..Default::default() };
            let channel = peer.create_data_channel(world.now(), named).expect("a channel");
            let guest = world.install(host, peer);
            let offer = world.with(guest, |peer, now| {
                let offer = peer.create_offer().expect("an offer");
                peer.set_local_description(now, offer).expect("our own");
                peer.local_description().expect("just set")
            });
            let seed = world.seed();
            let (id, answer) = world.with(mux, |mux, now| {
                let mut peer = Peer::new(config(limpid_crypto::ring::provider(), seed), now);
                peer.add_local_address(now, port);
                peer.end_of_local_addresses(now);
                peer.set_remote_description(now, offer).expect("their offer");
                let answer = peer.create_answer().expect("an answer");
                peer.set_local_description(now, answer).expect("our own");
                let answer = peer.local_description().expect("just set");
                (mux.insert(peer), answer)
            });
            world.with(guest, |peer, now| peer.set_remote_description(now, answer).expect("the answer"));
            ids.push(id);
            guests.push((guest, channel));
        }
        Crowd { world, mux, ids, guests, port }
    }

    fn accepted(&self) -> Vec<(PeerId, ChannelId)> {
        let events = self.world.events(self.mux).iter();
        let channels = events.filter_map(|(_, (peer, event))| match event {
            Event::DataChannel(channel) => Some((*peer, *channel)),
            _ => None,
        });
        channels.collect()
    }

    fn connect(&mut self) {
        let (mux, count) = (self.mux, self.guests.len());
        let all = self.world.run_until(5 * SECOND, |world| {
            let events = world.events(mux).iter();
            events.filter(|(_, (_, event))| matches!(event, Event::DataChannel(_))).count() == count
        });
        assert!(all, "{} of {count} connected", self.accepted().len());
    }
}

#[test]
fn every_guest_speaks_with_its_own_peer() {
    let mut crowd = Crowd::gather(1, 20);
    crowd.connect();
    for (number, (guest, channel)) in crowd.guests.clone().into_iter().enumerate() {
        crowd.world.with(guest, |peer, now| write(peer, now, channel, &format!("I am {number}")));
    }
    crowd.world.run_for(SECOND);
    for (id, channel) in crowd.accepted() {
        let heard = crowd.world.with(crowd.mux, |mux, _| mux.with(id, |peer| read_all(peer, channel)));
        let number = crowd.ids.iter().position(|known| *known == id).expect("one of ours");
        let heard: Vec<Vec<u8>> = heard.expect("there").into_iter().map(|(_, text)| text).collect();
        assert_eq!(heard, [format!("I am {number}").into_bytes()]);
    }
}

#[test]
fn strangers_are_counted_and_a_peer_that_goes_leaves_nothing_behind() {
    let mut crowd = Crowd::gather(2, 3);
    crowd.connect();
    let (port, public) = (crowd.port, crowd.world.public());
    let stranger = SocketAddr::from(([192, 0, 2, 200], 999));
    for bytes in
        [&b"hello"[..], &[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[22; 40]]
    {
        crowd.world.inject(public, Packet::udp(stranger, port, bytes));
    }
    crowd.world.run_for(SECOND);
    assert_eq!(crowd.world.machine(crowd.mux).strangers(), 3);
    let (guest, _) = crowd.guests[1];
    crowd.world.with(guest, |peer, now| peer.close(now));
    crowd.world.run_for(SECOND);
    let ended = crowd
        .world
        .events(crowd.mux)
        .iter()
        .any(|(_, (id, event))| *id == crowd.ids[1] && matches!(event, Event::Closed(_)));
    assert!(ended, "the goodbye of one guest reached its peer");
    let gone = crowd.ids[1];
    crowd.world.with(crowd.mux, |mux, _| assert!(mux.remove(gone).is_some() && mux.len() == 2));
    crowd.world.run_for(60 * SECOND);
    for (guest, _) in [crowd.guests[0], crowd.guests[2]] {
        assert_eq!(crowd.world.machine(guest).connection_state(), ConnectionState::Connected);
    }
}

#[test]
fn a_panic_in_one_connection_ends_that_connection_only() {
    let mut crowd = Crowd::gather(3, 3);
    crowd.connect();
    let victim = crowd.ids[0];
    std::panic::set_hook(Box::new(|_| ())); // quiet: it is meant to happen
    let nothing = crowd.world.with(crowd.mux, |mux, _| mux.with(victim, |_| panic!("a fault in a verb")));
    let _ = std::panic::take_hook();
    assert!(nothing.is_none());
    crowd.world.run_for(60 * SECOND);
    let mux = crowd.world.machine(crowd.mux);
    assert_eq!((mux.panics(), mux.len()), (1, 2));
    let told = crowd.world.events(crowd.mux).iter().any(|(_, (id, event))| {
        *id == victim && matches!(event, Event::Closed(limpid_peer::CloseReason::Failed))
    });
    assert!(told, "its owner was told");
    for (guest, _) in &crowd.guests[1..] {
        assert_eq!(crowd.world.machine(*guest).connection_state(), ConnectionState::Connected);
    }
}

/// Looks on, and fails.
struct Fault;

impl limpid_sansio::tap::Tap for Fault {
    fn record(&mut self, _: &limpid_sansio::tap::Record<'_>) {
        panic!("a fault while an answer is taken");
    }
}

#[test]
fn an_answer_that_makes_one_connection_panic_ends_that_one() {
    let now = limpid_sansio::Instant::from_millis(1000);
    let peer = |seed| Peer::new(config(limpid_crypto::ring::provider(), [seed; 32]), now);
    let (mut near, mut far) = (peer(1), peer(2));
    near.add_local_address(now, ([192, 0, 2, 1], 5000).into());
    near.create_data_channel(now, ChannelConfig::default()).expect("a channel");
    let offer = near.create_offer().expect("an offer");
    near.set_local_description(now, offer.clone()).expect("our own");
    far.set_remote_description(now, offer).expect("their offer");
    let answer = far.create_answer().expect("an answer");
    near.set_remote_description(now, answer).expect("their answer");
    let hidden = "candidate:1 1 udp 1 0a1b2c3d-0000-4000-8000-000000000001.local 9 typ host";
    near.add_ice_candidate(now, hidden, None).expect("a candidate");

    let mut mux = Mux::new();
    let (near, other) = (mux.insert(near), mux.insert(peer(3)));
    limpid_sansio::conformance::checked_drain(&mut mux, now, |_, _| ());
    let wish = mux.poll_wish().expect("who is that?");
    mux.with(near, |near| near.set_tap(Some(Box::new(Fault))));
    std::panic::set_hook(Box::new(|_| ())); // quiet: it is meant to happen
    mux.handle_answer(now, wish.id, Answer::Addresses(&[IpAddr::from([192, 0, 2, 9])]));
    let _ = std::panic::take_hook();
    assert_eq!((mux.panics(), mux.len()), (1, 1));
    assert!(mux.look(other).is_some());
}
