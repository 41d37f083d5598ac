//! What stands around the SFU: hosts in a simulated network, peers on them, the exchange of two texts, pictures to send.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use limpid_crypto::{Random, ring};
use limpid_netsim::{Handle, HostId, Link, World};
use limpid_peer::limpid_rtp::codec::Format;
use limpid_peer::limpid_rtp::ext::{Kind, Map};
use limpid_peer::limpid_rtp::session::{Feedback, Meaning, Payload, Section, SenderConfig};
use limpid_peer::limpid_rtp::{PayloadType, Ssrc};
use limpid_peer::{Config, Identity, Misuse, Mux, Peer, PeerId};

pub(crate) fn host(world: &mut World, ip: u8, link: Link) -> (HostId, SocketAddr) {
    let (public, ip) = (world.public(), IpAddr::from([192, 0, 2, ip]));
    let host = world.add_host("host", public, &[ip]);
    world.set_link(host, link);
    (host, world.bind(host, (ip, 5000).into()))
}

pub(crate) fn peer(world: &mut World, socket: SocketAddr) -> Peer {
    let mut random = Random::from_seed(world.seed());
    let identity = Identity::generate(&ring::provider(), &mut random, 1_790_000_000).expect("a certificate");
    let mut peer = Peer::new(Config::new(ring::provider(), world.seed(), Arc::new(identity)), world.now());
    peer.add_local_address(world.now(), socket);
    peer.end_of_local_addresses(world.now());
    // All know this from elsewhere: packets are numbered over all streams, so that the sender learns what the path carries.
    let mut extensions = Map::new();
    extensions.insert(1, Kind::TransportWide);
    peer.rtp().set_extensions(&extensions);
    peer.rtp().set_feedback(Feedback::TransportWide, true);
    peer
}

/// The guest offers, the end that the SFU has for it answers.
pub(crate) fn connect(
    world: &mut World,
    guest: Handle<Peer>,
    end: (Handle<Mux>, PeerId),
) -> Result<(), Misuse> {
    let offer = world.with(guest, |peer, now| {
        let offer = peer.create_offer()?;
        peer.set_local_description(now, offer).map(|()| peer.local_description().expect("was just set"))
    })?;
    let answer = world.with(end.0, |mux, now| {
        let answer = mux.with(end.1, |peer| {
            peer.set_remote_description(now, offer)?;
            let answer = peer.create_answer()?;
            peer.set_local_description(now, answer).map(|()| peer.local_description().expect("was just set"))
        });
        answer.expect("is there")
    })?;
    world.with(guest, |peer, now| peer.set_remote_description(now, answer))
}

fn payloads() -> Vec<Payload> {
    let payload = |number, meaning| {
        let payload_type = PayloadType(number);
        Payload { payload_type, meaning, clock_rate: 90_000, nack: true, pli: true, fir: false }
    };
    vec![payload(96, Meaning::Media(Format::Vp8)), payload(97, Meaning::Retransmission(PayloadType(96)))]
}

/// What a receiver takes.
pub(crate) fn section() -> Section {
    Section { mid: None, payloads: payloads(), rids: Vec::new(), is_video: true }
}

/// A stream of pictures under this number.
pub(crate) fn stream(ssrc: u32) -> SenderConfig {
    SenderConfig {
        ssrc: Ssrc(ssrc),
        repair: Some(Ssrc(ssrc + 1000)),
        mid: None,
        rid: None,
        payloads: payloads(),
        payload_type: PayloadType(96),
        is_video: true,
        history: Duration::from_secs(1),
    }
}

/// Something that looks like a picture of VP8.
pub(crate) fn picture(is_key: bool) -> Vec<u8> {
    let mut frame = match is_key {
        true => vec![0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00],
        false => vec![0x11, 0x02, 0x00, 0, 0, 0, 0, 0, 0, 0],
    };
    frame.resize(if is_key { 6000 } else { 2000 }, 7);
    frame
}
