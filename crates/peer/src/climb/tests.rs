//! What a verified peer that has gone bad can send: packets of SCTP made by hand, in good records.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use limpid_crypto::{Random, null};
use limpid_dtls::Identity;
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::tap::{Record, Tap};
use limpid_sansio::wire::Writer;
use limpid_sansio::{Datagram, Direction, Instant, Machine, Path};
use limpid_sctp::chunk::{ChunkType, Data, Init};
use limpid_sctp::datachannel::dcep::{Open, ppid};
use limpid_sctp::{DropReason, Reliability, packet};

use crate::{Config, ConnectionState, Event, Kind, Peer};

const A: ([u8; 4], u16) = ([192, 0, 2, 1], 5000);
const B: ([u8; 4], u16) = ([192, 0, 2, 2], 5000);

/// Remembers the association's numbers: the tag that the other side wants to see, and our first TSN.
#[derive(Clone, Default)]
struct Numbers(Arc<Mutex<(u32, u32)>>);

impl Tap for Numbers {
    fn record(&mut self, record: &Record<'_>) {
        let Some((Direction::Out, None)) = record.flow else { return };
        let packet = packet::Packet::parse(record.bytes.expect("a packet")).expect("of our own");
        let mut numbers = self.0.lock().expect("not poisoned");
        numbers.0 = packet.verification_tag;
        for chunk in packet.chunks().map(|chunk| chunk.expect("of our own")) {
            if [ChunkType::INIT, ChunkType::INIT_ACK].contains(&chunk.kind) {
                numbers.1 = Init::parse(&chunk).expect("of our own").initial_tsn;
            }
        }
    }
}

/// `a` writes packets by hand, once it is connected to `b`.
struct Hand {
    a: Peer,
    b: Peer,
    events: Vec<Event>,
    now: Instant,
    tag: u32,
    tsn: u32,
}

impl Hand {
    fn connected() -> Hand {
        let now = Instant::ZERO;
        let peer = |seed, at: ([u8; 4], u16)| {
            let identity = Identity::generate(&null::provider(), &mut Random::from_seed([seed; 32]), 0);
            let mut peer = Peer::new(
                Config::new(null::provider(), [seed; 32], Arc::new(identity.expect("an identity"))),
                now,
            );
            peer.add_local_address(now, SocketAddr::from(at));
            peer.end_of_local_addresses(now);
            peer
        };
        let (mut a, mut b) = (peer(1, A), peer(2, B));
        let numbers = Numbers::default();
        a.set_tap(Some(Box::new(numbers.clone())));
        let offer = a.create_offer().expect("an offer");
        a.set_local_description(now, offer.clone()).expect("our own");
        b.set_remote_description(now, offer).expect("their offer");
        let answer = b.create_answer().expect("an answer");
        b.set_local_description(now, answer.clone()).expect("our own");
        a.set_remote_description(now, answer).expect("the answer");
        let mut hand = Hand { a, b, events: Vec::new(), now, tag: 0, tsn: 0 };
        (0..300).for_each(|_| hand.pass());
        (hand.tag, hand.tsn) = *numbers.0.lock().expect("not poisoned");
        hand.a.set_tap(None);
        hand
    }

    /// A millisecond, in which all that is said arrives.
    fn pass(&mut self) {
        self.now += core::time::Duration::from_millis(1);
        let _ = (self.a.handle_timeout(self.now), self.b.handle_timeout(self.now));
        loop {
            let from_a = checked_drain(&mut self.a, self.now, |_, _| ());
            let from_b = checked_drain(&mut self.b, self.now, |_, event| self.events.push(event));
            if from_a.is_empty() && from_b.is_empty() {
                return;
            }
            for (to, packets) in [(&mut self.b, from_a), (&mut self.a, from_b)] {
                for (transmit, mut payload) in packets {
                    let path = transmit.route.reversed();
                    let _ = to.handle_input(self.now, Datagram { path, ecn: None, payload: &mut payload });
                }
            }
        }
    }

    /// One chunk of DATA in a packet, a record and a datagram of its own.
    fn send(&mut self, stream_id: u16, ppid: u32, flags: u8, payload: &[u8]) {
        let dtls = self.a.transport.dtls.as_mut().expect("connected");
        let mut datagram = Vec::new();
        let record = dtls.begin(&mut datagram);
        let start = datagram.len();
        let mut writer = Writer::new(&mut datagram);
        packet::begin(&mut writer, 5000, 5000, self.tag);
        Data { flags, tsn: self.tsn, stream_id, ssn: 0, ppid, payload }.write(&mut writer);
        packet::finish(&mut datagram[start..]);
        dtls.seal(&mut datagram, record);
        self.tsn = self.tsn.wrapping_add(1);
        let path = Path::udp(SocketAddr::from(B), SocketAddr::from(A));
        let handled = self.b.handle_input(self.now, Datagram { path, ecn: None, payload: &mut datagram });
        assert_eq!(handled, Ok(()), "a bad channel is no end of a connection");
    }

    /// A message of DCEP, in as many chunks as it needs.
    fn send_dcep(&mut self, stream_id: u16, message: &[u8]) {
        let last = message.len().div_ceil(1000) - 1;
        for (number, part) in message.chunks(1000).enumerate() {
            let begin = if number == 0 { Data::BEGIN } else { 0 };
            let end = if number == last { Data::END } else { 0 };
            self.send(stream_id, ppid::DCEP, begin | end, part);
            self.pass();
        }
    }

    fn accepted(&self) -> Vec<limpid_sctp::ChannelId> {
        let channel = |event: &Event| match event {
            Event::DataChannel(id) => Some(*id),
            _ => None,
        };
        self.events.iter().filter_map(channel).collect()
    }
}

fn open(label: &str, protocol: &str) -> Vec<u8> {
    let (ordered, reliability, priority) = (true, Reliability::Reliable, 256);
    let mut bytes = Vec::new();
    Open { ordered, reliability, priority, label, protocol }.write(&mut Writer::new(&mut bytes));
    bytes
}

#[test]
fn names_longer_than_their_message_open_nothing_are_counted_and_leave_nothing_behind() {
    let mut hand = Hand::connected();
    let bad = |label: u16, protocol: u16| {
        let mut message = open("label", "protocol");
        message[8..10].copy_from_slice(&label.to_be_bytes());
        message[10..12].copy_from_slice(&protocol.to_be_bytes());
        message
    };
    let all = [bad(u16::MAX, u16::MAX), bad(6, 8), bad(5, 9), bad(5, 7), bad(u16::MAX, 0), bad(0, u16::MAX)];
    let send_all = |hand: &mut Hand, streams: core::ops::Range<u16>| {
        for n in streams {
            hand.send_dcep(1 + 2 * n, &all[usize::from(n % 6)]);
        }
    };
    send_all(&mut hand, 0..100);
    hand.send_dcep(201, &open("good", ""));
    let id = hand.accepted()[0];
    assert_eq!(hand.b.channel(id).expect("open").info().expect("known").label, "good");
    let held = allocation_counter::measure(|| send_all(&mut hand, 101..6000));
    let sctp = hand.b.stats().sctp.expect("associated");
    // Who does not reset its own side holds the places of its channels: as many as there are, and no message in them.
    let places = sctp.dropped[DropReason::BadDcep];
    assert!((4000..4200).contains(&places), "{places}");
    assert_eq!((places + sctp.dropped[DropReason::NoChannel], sctp.receive_held), (5999, 0));
    assert!(held.bytes_max < 512 * places, "{held:?}");
    assert_eq!(hand.accepted(), [id]);
    assert_eq!(hand.b.connection_state(), ConnectionState::Connected);
}

#[test]
fn the_longest_names_that_dcep_can_say_are_taken() {
    let mut hand = Hand::connected();
    let (label, protocol) = ("l".repeat(0xffff), "p".repeat(0xffff));
    hand.send_dcep(1, &open(&label, &protocol));
    hand.send(1, ppid::BINARY, Data::UNORDERED | Data::BEGIN | Data::END, b"hello");
    let id = hand.accepted()[0];
    let mut channel = hand.b.channel(id).expect("open");
    let info = channel.info().expect("known");
    assert!(info.label == label && info.protocol == protocol);
    let message = channel.read().expect("arrived");
    assert_eq!((message.kind, message.bytes), (Kind::Binary, &b"hello"[..]));
}

#[test]
fn the_names_of_many_channels_take_no_more_than_the_window() {
    let mut hand = Hand::connected();
    let open = open(&"l".repeat(0xffff), &"p".repeat(0xffff));
    let held = allocation_counter::measure(|| (0..100).for_each(|n| hand.send_dcep(1 + 2 * n, &open)));
    let sctp = hand.b.stats().sctp.expect("associated");
    let window = hand.b.config.receive_window as usize;
    let opened = hand.accepted().len();
    assert_eq!((opened, sctp.dropped[DropReason::BadDcep]), (window / 0x1fffe, 100 - opened as u64));
    assert!(held.bytes_max < 2 * window as u64, "{held:?}");
}
