//! What a verified peer that has gone bad can do with media: authentic packets made by hand. The data channel and the other
//! tracks go on, memory is bounded, and what goes nowhere is counted.

mod collision;
mod control;
mod streams;

use core::time::Duration;
use std::net::SocketAddr;
use std::sync::Arc;

use limpid_crypto::{Random, ring};
use limpid_dtls::Identity;
use limpid_rtp::codec::FrameToSend;
use limpid_rtp::rtcp::{self, Feedback};
use limpid_rtp::session::{DropReason as Dropped, Event as Rtp};
use limpid_rtp::{Extras, Form, Header, PacketWriter, PayloadType, Ssrc, send};
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::{Datagram, Instant, Machine, Path};
use limpid_sdp::jsep::MediaKind;

use super::{DropReason, places};
use crate::{
    ChannelConfig, ChannelId, Config, ConnectionState, Event, Kind, Misuse, Peer, Track, TransceiverId,
};

const A: ([u8; 4], u16) = ([192, 0, 2, 1], 5000);
const B: ([u8; 4], u16) = ([192, 0, 2, 2], 5000);
/// Under which the hand speaks in RTCP.
const HAND: Ssrc = Ssrc(0xbad);

/// `a` has a microphone and a camera, and sends what it likes beside; `b` is what it is done to.
struct Hand {
    a: Peer,
    b: Peer,
    now: Instant,
    srtp: limpid_srtp::Session,
    events: Vec<Event>,
    channels: [ChannelId; 2],
    mic: TransceiverId,
    camera: TransceiverId,
    number: u32,
    /// Datagrams and bytes that `b` has sent.
    sent: (u64, u64),
    heard: (u32, u32, u32),
}

fn peer(seed: u8, at: ([u8; 4], u16), now: Instant) -> Peer {
    let identity = Identity::generate(&ring::provider(), &mut Random::from_seed([seed; 32]), 0);
    let config = Config::new(ring::provider(), [seed; 32], Arc::new(identity.expect("an identity")));
    let mut peer = Peer::new(config, now);
    peer.add_local_address(now, SocketAddr::from(at));
    peer.end_of_local_addresses(now);
    let track = |kind, name: &str| Track::local(kind, name);
    peer.add_track(track(MediaKind::Audio, "mic"), &[]).expect("a track");
    peer.add_track(track(MediaKind::Video, "camera"), &[]).expect("a track");
    peer
}

fn exchange(a: &mut Peer, b: &mut Peer, now: Instant) {
    let offer = a.create_offer().expect("an offer");
    a.set_local_description(now, offer.clone()).expect("our own");
    b.set_remote_description(now, offer).expect("their offer");
    let answer = b.create_answer().expect("an answer");
    b.set_local_description(now, answer.clone()).expect("our own");
    a.set_remote_description(now, answer).expect("the answer");
}

impl Hand {
    fn connected() -> Hand {
        let now = Instant::ZERO;
        let (mut a, mut b) = (peer(1, A, now), peer(2, B, now));
        let config = ChannelConfig { label: "chat".into(), ..ChannelConfig::default() };
        let ours = a.create_data_channel(now, config).expect("a channel");
        exchange(&mut a, &mut b, now);
        let mut state = (a, b, now, Vec::new());
        for _ in 0..400 {
            pass(&mut state);
        }
        let (a, b, now, events) = state;
        assert_eq!(b.connection_state(), ConnectionState::Connected);
        let theirs = |event: &Event| if let Event::DataChannel(id) = event { Some(*id) } else { None };
        let theirs = events.iter().find_map(theirs).expect("a channel");
        let (mic, camera) = (a.transceivers()[0].id(), a.transceivers()[1].id());
        let srtp = copy_of_keys(&a);
        let channels = [ours, theirs];
        let (number, sent, heard) = (0, (0, 0), (0, 0, 0));
        Hand { a, b, now, srtp, events, channels, mic, camera, number, sent, heard }
    }

    /// A millisecond, in which all that is said arrives.
    fn pass(&mut self) {
        let Hand { a, b, now, events, .. } = self;
        *now += Duration::from_millis(1);
        let (datagrams, bytes) = turn(a, b, *now, events);
        self.sent = (self.sent.0 + datagrams, self.sent.1 + bytes);
    }

    /// 20 ms of an honest call, all of which is heard: counted in `heard`.
    fn call(&mut self, pictures: bool) {
        self.number += 1;
        let at = Duration::from_millis(20) * self.number;
        let frame = |data| send::Frame {
            media_time: at,
            captured: None,
            data,
            info: FrameToSend::default(),
            extras: Extras::default(),
        };
        self.a.write_frame(self.now, self.mic, &frame(&[0x78, 1, 2, 3])).expect("room");
        if pictures {
            let picture = picture(self.number.is_multiple_of(50) || self.number == 1);
            self.a.write_frame(self.now, self.camera, &frame(&picture)).expect("room");
        }
        let mut channel = self.a.channel(self.channels[0]).expect("open");
        channel.write(self.now, Kind::Text, b"hello").expect("room");
        (0..20).for_each(|_| self.pass());
        while self.b.read_frame(self.now, self.mic).is_some() {
            self.heard.0 += 1;
        }
        while self.b.read_frame(self.now, self.camera).is_some() {
            self.heard.1 += 1;
        }
        while self.b.channel(self.channels[1]).expect("open").read().is_some() {
            self.heard.2 += 1;
        }
    }

    /// Sound and messages, and pictures where they are not what is attacked, came as if nothing was.
    fn assert_unharmed(&self, pictures: bool) {
        let least = self.number.saturating_sub(5);
        assert!(self.heard.0 >= least && self.heard.2 >= least, "{:?} of {}", self.heard, self.number);
        assert!(!pictures || self.heard.1 >= least, "{:?} of {}", self.heard, self.number);
        assert_eq!(self.b.connection_state(), ConnectionState::Connected);
    }

    /// One plain packet of RTP or RTCP, protected with the keys of `a`.
    fn protect(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut packet = plain.to_vec();
        let protected = match limpid_srtp::is_rtcp(&packet) {
            true => self.srtp.outbound.protect_rtcp(&mut packet, 0),
            false => self.srtp.outbound.protect_rtp(&mut packet, 0),
        };
        protected.expect("protected");
        packet
    }

    /// A datagram reaches `b`.
    fn feed(&mut self, packet: &mut [u8]) {
        let path = Path::udp(SocketAddr::from(B), SocketAddr::from(A));
        let handled = self.b.handle_input(self.now, Datagram { path, ecn: None, payload: packet });
        assert_eq!(handled, Ok(()), "bad media is no end of a connection");
    }

    fn send(&mut self, plain: &[u8]) {
        let mut packet = self.protect(plain);
        self.feed(&mut packet);
    }

    /// The stream of the camera of `b`, which `a` is to receive.
    fn camera_of_b(&self) -> Ssrc {
        Ssrc(self.b.negotiated_media()[1].local_sources[0].ssrc)
    }

    /// The stream of the camera of `a`.
    fn camera_of_a(&self) -> Ssrc {
        Ssrc(self.a.negotiated_media()[1].local_sources[0].ssrc)
    }

    fn dropped(&mut self, reason: Dropped) -> u64 {
        self.b.rtp().dropped()[reason as usize]
    }

    fn id_of(&self, uri: &str) -> u8 {
        let extensions = &self.a.negotiated_media()[1].send_extensions;
        extensions.iter().find(|(_, known)| known.ends_with(uri)).expect("agreed on").0
    }
}

/// Both ends and what `b` says.
type Two = (Peer, Peer, Instant, Vec<Event>);

fn pass((a, b, now, events): &mut Two) -> (u64, u64) {
    *now += Duration::from_millis(1);
    turn(a, b, *now, events)
}

/// Until nobody has anything to say. What `b` has sent.
fn turn(a: &mut Peer, b: &mut Peer, now: Instant, events: &mut Vec<Event>) -> (u64, u64) {
    let _ = (a.handle_timeout(now), b.handle_timeout(now));
    let mut sent = (0, 0);
    loop {
        let from_a = checked_drain(a, now, |_, _| ());
        let from_b = checked_drain(b, now, |_, event| events.push(event));
        if from_a.is_empty() && from_b.is_empty() {
            return sent;
        }
        sent.0 += from_b.len() as u64;
        sent.1 += from_b.iter().map(|(_, payload)| payload.len() as u64).sum::<u64>();
        for (to, packets) in [(&mut *b, from_a), (&mut *a, from_b)] {
            for (transmit, mut payload) in packets {
                let path = transmit.route.reversed();
                let _ = to.handle_input(now, Datagram { path, ecn: None, payload: &mut payload });
            }
        }
    }
}

/// The same keys once more, for more streams than `a` has.
fn copy_of_keys(a: &Peer) -> limpid_srtp::Session {
    let profile = a.srtp_profile().expect("protected");
    let dtls = a.transport.dtls.as_ref().expect("connected");
    let keys = dtls.export(limpid_srtp::EXPORTER_LABEL, None, profile.keying_material_len()).expect("keys");
    let is_client = a.transport.is_dtls_client().expect("known");
    let config = limpid_srtp::Config { max_sources: 1 << 20, ..limpid_srtp::Config::default() };
    limpid_srtp::Session::from_dtls(&ring::provider(), profile, &keys, is_client, config).expect("keys")
}

fn picture(is_key: bool) -> Vec<u8> {
    let mut frame = match is_key {
        true => vec![0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00],
        false => vec![0x11, 0x02, 0x00, 0, 0, 0, 0, 0, 0, 0],
    };
    frame.resize(2000, 7);
    frame
}

fn packet(header: Header, elements: &[(u8, &[u8])], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, &header, Form::OneByte);
    for (id, data) in elements {
        writer.element(*id, data);
    }
    writer.payload().extend_from_slice(payload);
    out
}

fn random_bytes(random: &mut Random, len: usize) -> Vec<u8> {
    (0..len).map(|_| random.u32() as u8).collect()
}

const VP8: PayloadType = PayloadType(96);
const OPUS: PayloadType = PayloadType(111);
