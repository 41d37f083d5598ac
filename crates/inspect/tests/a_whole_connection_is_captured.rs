//! Two whole peers over a lossy network, each with a tap: what the taps remember is a capture that tshark decrypts and
//! finds nothing wrong with, and a ladder that climbs from ICE over DTLS to SCTP.

#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod common;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use common::*;
use limpid_crypto::{Random, ring};
use limpid_inspect::capture::{Capture, Detail, Limits};
use limpid_inspect::{describe, describe_datagram};
use limpid_netsim::{Handle, Link, World};
use limpid_peer::{ChannelConfig, Config, Event, Identity, Kind, Peer};

/// Two hosts with a peer and a tap each.
struct Couple {
    world: World,
    peers: [Handle<Peer>; 2],
    captures: [Capture; 2],
}

impl Couple {
    fn new() -> Self {
        let mut world = World::new(7);
        let captures = [(); 2].map(|()| Capture::new(Limits { keys: true, ..Limits::default() }));
        let peers = [1, 2].map(|number: u8| {
            let public = world.public();
            let ip = [192, 0, 2, number];
            let host = world.add_host(&format!("peer {number}"), public, &[IpAddr::from(ip)]);
            world.set_links(host, Link { loss: 0.05, ..Link::millis(10) }, Link::millis(0));
            let socket = world.bind(host, SocketAddr::from((ip, 5000)));
            let identity =
                Identity::generate(&ring::provider(), &mut Random::from_seed([number; 32]), 1_790_000_000);
            let config = Config::new(ring::provider(), world.seed(), Arc::new(identity.unwrap()));
            let mut peer = Peer::new(Config { key_log: true, ..config }, world.now());
            peer.set_tap(Some(captures[usize::from(number) - 1].tap()));
            peer.add_local_address(world.now(), socket);
            peer.end_of_local_addresses(world.now());
            world.install(host, peer)
        });
        Couple { world, peers, captures }
    }

    /// Offer, answer, a channel, a message.
    fn talk(&mut self) {
        let Couple { world, peers: [a, b], .. } = self;
        let channel = world.with(*a, |peer, now| {
            let channel = ChannelConfig { label: "chat".into(), ..ChannelConfig::default() };
            peer.create_data_channel(now, channel).unwrap()
        });
        let offer = world.with(*a, |peer, now| {
            let offer = peer.create_offer().unwrap();
            peer.set_local_description(now, offer).unwrap();
            peer.local_description().unwrap()
        });
        let answer = world.with(*b, |peer, now| {
            peer.set_remote_description(now, offer).unwrap();
            let answer = peer.create_answer().unwrap();
            peer.set_local_description(now, answer).unwrap();
            peer.local_description().unwrap()
        });
        world.with(*a, |peer, now| peer.set_remote_description(now, answer).unwrap());
        let b = *b;
        let is_open = |world: &mut World| {
            world.events(b).iter().any(|(_, event)| matches!(event, Event::DataChannel(_)))
        };
        assert!(world.run_until(Duration::from_secs(20), is_open), "a channel opened");
        world.with(*a, |peer, now| peer.channel(channel).unwrap().write(now, Kind::Text, b"hello").unwrap());
        world.run_for(Duration::from_secs(2));
    }
}

#[test]
fn from_the_first_check_to_the_first_message() {
    let mut couple = Couple::new();
    couple.talk();
    for (number, capture) in couple.captures.iter().enumerate() {
        assert_eq!(capture.fallen_out(), 0);
        every_packet_is_told(capture);
        ladder_climbs(capture);
        tshark_reads(number, capture);
    }
}

fn every_packet_is_told(capture: &Capture) {
    for entry in capture.entries() {
        let Some(bytes) = &entry.bytes else { continue };
        let tree = match entry.machine {
            "sctp" => describe::sctp(bytes).unwrap_or_else(|(tree, error)| panic!("{error}\n{tree}")),
            _ => describe_datagram(bytes),
        };
        assert!(tree.find("fault").is_none(), "{tree}");
        assert_tiles(&tree, bytes.len() * 8);
    }
}

fn ladder_climbs(capture: &Capture) {
    let ladder = capture.ladder(["this", "that"]);
    let first = |what: &str| ladder.find(what).unwrap_or_else(|| panic!("{what} in\n{ladder}"));
    let steps = [
        "Binding request",
        "ClientHello",
        "asks for an association",
        "DATA_CHANNEL_OPEN \"chat\"",
        "text, 5 bytes",
    ];
    let places = steps.map(first);
    assert!(places.is_sorted(), "{places:?} in\n{ladder}");
}

fn tshark_reads(number: usize, capture: &Capture) {
    let mut file = Vec::new();
    capture.write_pcapng(&mut file, Detail::Full, Duration::ZERO).unwrap();
    let file = TempFile::new(&format!("peer-{number}.SECRET.pcapng"), &file);
    let filter = "_ws.malformed || _ws.expert.severity == error";
    let Some(bad) = tshark(&["-r", file.path(), "-Y", filter]) else { return };
    assert_eq!(bad, "", "packets that tshark finds fault with");
    let columns = [
        "frame.interface_name",
        "sctp.chunk_type",
        "rtcdc.message_type",
        "dtls.handshake.verify_data",
        "data.data",
    ];
    let select: Vec<&str> = columns.iter().flat_map(|column| ["-e", column]).collect();
    let table = tshark(&[&["-r", file.path(), "-T", "fields"][..], &select].concat()).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|row| row.split('\t').collect()).collect();
    let chunk =
        |kind: &str| rows.iter().any(|row| row[0] == "sctp" && row[1].split(',').any(|chunk| chunk == kind));
    assert!(
        ["0", "1", "2", "3", "10", "11"].into_iter().all(chunk),
        "DATA, INIT, INIT ACK, SACK, cookies in\n{table}"
    );
    assert!(rows.iter().any(|row| row[0] == "sctp" && row[2] == "3"), "DCEP OPEN in\n{table}");
    assert!(
        rows.iter().any(|row| row[0] == "wire" && !row[3].is_empty()),
        "a decrypted Finished in\n{table}"
    );
    // What tshark decrypted on the wire is what stands on the second interface.
    let inner = capture.entries().into_iter().filter(|entry| entry.machine == "sctp");
    let packets = inner.filter_map(|entry| entry.bytes);
    let inner: Vec<String> =
        packets.map(|bytes| bytes.iter().map(|b| format!("{b:02x}")).collect()).collect();
    let decrypted: Vec<&str> = rows.iter().filter(|row| row[0] == "wire").map(|row| row[4]).collect();
    assert!(inner.len() > 5);
    for packet in &inner {
        assert!(decrypted.contains(&packet.as_str()), "{packet} was decrypted");
    }
}
