//! One packet of a group is lost: its parity gives it back, whole, whatever it was. What is no parity changes nothing.

mod common;
#[path = "common/parity.rs"]
mod parity;

use std::collections::BTreeMap;

use limpid_rtp::bwe::Limits;
use limpid_rtp::codec::Format;
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::fec::{Decoder, Form, Parity, Repair};
use limpid_rtp::session::{Inbound, Meaning, Payload, Session};
use limpid_rtp::{
    ElementIds, Form as ElementForm, Header, Mid, Packet, PacketWriter, PayloadType, Ssrc, rtcp, send,
};
use limpid_sansio::{Instant, Machine};
use proptest::collection::vec;
use proptest::prelude::*;

const FORMS: [Form; 3] = [Form::Generic, Form::Flexible, Form::FlexibleDraft03];
const SSRC: Ssrc = Ssrc(7);
const PARITY: (u32, u8, u16) = (8, 49, 0);

/// A packet as its parts are drawn.
#[derive(Clone, Debug)]
struct Drawn {
    payload_type: u8,
    marker: bool,
    timestamp: u32,
    element: Option<Vec<u8>>,
    payload: Vec<u8>,
}

prop_compose! {
    fn drawn()(
        payload_type in 0u8..128,
        marker: bool,
        timestamp: u32,
        element in proptest::option::of(vec(any::<u8>(), 1..16)),
        payload in vec(any::<u8>(), 0..300),
    ) -> Drawn {
        Drawn { payload_type, marker, timestamp, element, payload }
    }
}

fn write(drawn: &Drawn, sequence_number: u16) -> Vec<u8> {
    let header = Header {
        marker: drawn.marker,
        payload_type: PayloadType(drawn.payload_type),
        sequence_number,
        timestamp: drawn.timestamp,
        ssrc: SSRC,
    };
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, &header, ElementForm::OneByte);
    if let Some(element) = &drawn.element {
        writer.element(5, element);
    }
    writer.payload().extend_from_slice(&drawn.payload);
    out
}

fn packets(all: &[Drawn], base: u16) -> Vec<Vec<u8>> {
    all.iter().zip(0..).map(|(drawn, index)| write(drawn, base.wrapping_add(index))).collect()
}

/// Full numbers are the low ones here, far from a wrap.
fn add(decoder: &mut Decoder, bytes: &[u8]) {
    let packet = Packet::parse(bytes).expect("sound");
    decoder.add_source(packet.header.sequence_number.into(), &packet, &ElementIds::default());
}

fn add_repair(decoder: &mut Decoder, form: Form, bytes: &[u8]) -> bool {
    let packet = Packet::parse(bytes).expect("sound");
    let Ok(Parity::Repair(repair)) = form.parse(&packet) else { return false };
    decoder.add_repair(repair.protected.base.into(), &repair)
}

fn recovered(decoder: &mut Decoder) -> BTreeMap<u64, Vec<u8>> {
    let mut found = BTreeMap::new();
    decoder.recover(|number, packet| {
        found.insert(number, packet.bytes().to_vec());
    });
    found
}

proptest! {
    //~ covers 5109-9.1-a, 5109-9.2-a, 8627-6.3.2-a, 8627-6.3.3-a
    #[test]
    fn any_one_of_any_group_comes_back_whole(
        all in vec(drawn(), 1..48),
        chosen in vec(any::<bool>(), 48),
        lost in any::<prop::sample::Index>(),
        early: bool,
    ) {
        let all = packets(&all, 60_000);
        let mut group: Vec<&[u8]> =
            all.iter().zip(&chosen).filter(|(_, chosen)| **chosen).map(|(packet, _)| &packet[..]).collect();
        if group.is_empty() {
            group.push(&all[0]);
        }
        let lost = lost.get(&group).to_vec();
        for form in FORMS {
            let mut decoder = Decoder::new(SSRC);
            let repair = parity::packet(form, PARITY, &group);
            if early {
                prop_assert!(add_repair(&mut decoder, form, &repair));
            }
            all.iter().filter(|packet| **packet != lost).for_each(|packet| add(&mut decoder, packet));
            if !early {
                prop_assert!(add_repair(&mut decoder, form, &repair));
            }
            let number = u64::from(u16::from_be_bytes([lost[2], lost[3]]));
            prop_assert_eq!(recovered(&mut decoder), BTreeMap::from([(number, lost.clone())]), "{:?}", form);
            prop_assert!(!decoder.is_waiting());
        }
    }

    //~ covers 8627-4.2.2-a neg
    #[test]
    fn garbage_gives_nothing_back_that_is_no_packet(
        all in vec(drawn(), 2..8),
        garbage in vec(any::<u8>(), 0..80),
        count in 1..4usize,
    ) {
        let all = packets(&all, 300);
        for form in FORMS {
            let mut decoder = Decoder::new(SSRC);
            all.iter().for_each(|packet| add(&mut decoder, packet));
            let mut bytes = all[0][..12].to_vec();
            bytes[0] = 0x80;
            bytes.extend_from_slice(&garbage);
            for _ in 0..count {
                if let Ok(Parity::Repair(repair)) = form.parse(&Packet::parse(&bytes).expect("a header")) {
                    decoder.add_repair(300, &Repair { ssrc: None, ..repair });
                }
            }
            for (_, packet) in recovered(&mut decoder) {
                prop_assert!(packet.len() <= 12 + Decoder::LONGEST);
                prop_assert_eq!(Packet::parse(&packet).expect("sound").header.ssrc, SSRC);
            }
        }
    }
}

fn plain(sequence: u16) -> Vec<u8> {
    let payload = vec![sequence as u8; 20 + usize::from(sequence % 7)];
    let drawn =
        Drawn { payload_type: 96, marker: sequence.is_multiple_of(3), timestamp: 9, element: None, payload };
    write(&drawn, sequence)
}

//~ covers 8627-6.3.4-a
#[test]
fn rows_and_columns_help_each_other() {
    // The example of RFC 8627 §6.3.4: 1, 2, 10 and 11 of twelve are lost.
    let all: Vec<Vec<u8>> = (1..=12).map(plain).collect();
    let of = |numbers: &[usize]| numbers.iter().map(|number| &all[number - 1][..]).collect::<Vec<_>>();
    let mut decoder = Decoder::new(SSRC);
    for packet in all.iter().filter(|packet| ![1, 2, 10, 11].contains(&packet[3])) {
        add(&mut decoder, packet);
    }
    let rows = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]];
    let columns = [[1, 5, 9], [2, 6, 10], [3, 7, 11], [4, 8, 12]];
    for row in &rows {
        assert!(add_repair(&mut decoder, Form::Flexible, &parity::packet(Form::Flexible, PARITY, &of(row))));
    }
    assert!(recovered(&mut decoder).is_empty(), "two of each are missing");
    for column in &columns {
        let repair = parity::packet(Form::Flexible, PARITY, &of(column));
        assert!(add_repair(&mut decoder, Form::Flexible, &repair));
    }
    let expected = [1, 2, 10, 11].map(|number: u64| (number, plain(number as u16)));
    assert_eq!(recovered(&mut decoder), BTreeMap::from(expected));
}

//~ covers 8627-4.2.2.2-b, 5109-9.2-b
#[test]
fn what_can_not_help_is_let_go() {
    let mut decoder = Decoder::new(SSRC);
    let all: Vec<Vec<u8>> = (0..600).map(plain).collect();
    // Two are missing of each: they wait, and the oldest give way.
    for start in (0..500).step_by(5) {
        let group: Vec<&[u8]> = all[start..start + 5].iter().map(Vec::as_slice).collect();
        add(&mut decoder, group[0]);
        assert!(add_repair(&mut decoder, Form::Generic, &parity::packet(Form::Generic, PARITY, &group)));
    }
    assert!(recovered(&mut decoder).is_empty() && decoder.is_waiting());
    // The stream goes on: what they protect is out of reach.
    all[500..]
        .iter()
        .chain((600..900).map(plain).collect::<Vec<_>>().iter())
        .for_each(|p| add(&mut decoder, p));
    assert!(recovered(&mut decoder).is_empty() && !decoder.is_waiting());
    // A set that is wider than what is kept, and another stream's.
    let mut wide = parity::packet(Form::Flexible, PARITY, &[&all[0][..]]);
    wide[16] |= 0x40;
    wide[26..28].copy_from_slice(&[100, 100]);
    assert!(!add_repair(&mut decoder, Form::Flexible, &wide));
    let mut foreign = parity::packet(Form::FlexibleDraft03, PARITY, &[&all[0][..]]);
    foreign[27] = 99;
    assert!(!add_repair(&mut decoder, Form::FlexibleDraft03, &foreign));
    // Parity that covers less than the packet.
    let mut short = parity::payload(Form::Generic, &[&plain(899), &plain(901)]);
    short.truncate(short.len() - 10);
    let protection = (short.len() - 14) as u16;
    short[10..12].copy_from_slice(&protection.to_be_bytes());
    let repair = Form::parse_generic(&short).expect("sound");
    assert!(decoder.add_repair(899, &repair));
    assert!(recovered(&mut decoder).is_empty() && !decoder.is_waiting());
}

fn payload(number: u8, meaning: Meaning) -> Payload {
    Payload {
        payload_type: PayloadType(number),
        meaning,
        clock_rate: 90_000,
        nack: false,
        pli: true,
        fir: false,
    }
}

fn receiver(payloads: Vec<Payload>) -> (Session, limpid_rtp::session::ReceiverId) {
    let mut session = common::session(2, Limits::default());
    let mut map = Map::new();
    for (id, kind) in [(1, Kind::Mid), (3, Kind::TransportWide), (2, Kind::AbsSendTime)] {
        assert!(map.insert(id, kind));
    }
    session.set_extensions(&map);
    let id = session.add_receiver(Instant::ZERO, common::section("v", payloads, true), None);
    (session, id)
}

/// Packets of 40 pictures of a few packets each, with all that senders fill in late.
fn pictures() -> Vec<Vec<u8>> {
    let mut sender = common::session(1, Limits { start: 5_000_000, ..Limits::default() });
    let config = limpid_rtp::session::SenderConfig {
        ssrc: SSRC,
        repair: None,
        mid: Mid::new("v"),
        rid: None,
        payloads: vec![payload(96, Meaning::Media(Format::Vp8))],
        payload_type: PayloadType(96),
        is_video: true,
        history: std::time::Duration::ZERO,
    };
    sender.add_sender(Instant::ZERO, config).expect("free");
    let mut all = Vec::new();
    for number in 0..40u32 {
        let now = Instant::ZERO + common::PICTURE * number;
        let data = common::picture(number, number == 0, 3300);
        let (info, extras) = Default::default();
        let frame =
            send::Frame { media_time: common::PICTURE * number, captured: None, data: &data, info, extras };
        sender.sender(SSRC).expect("there").write(now, &frame).expect("room");
        for step in 0..30 {
            let (now, mut out) = (now + std::time::Duration::from_millis(step), Vec::new());
            while sender.poll_transmit(now, &mut out).is_some() {
                let packet = std::mem::take(&mut out);
                all.extend((!rtcp::is_rtcp(&packet)).then_some(packet));
            }
        }
    }
    all
}

/// The packet as it was when parity was made of it: without what is filled in when it leaves.
fn before_it_left(packet: &[u8]) -> Vec<u8> {
    let mut early = packet.to_vec();
    let parsed = Packet::parse(packet).expect("sound");
    for (id, data) in parsed.elements() {
        if id == 2 || id == 3 {
            let at = packet.windows(data.len()).position(|window| window.as_ptr() == data.as_ptr());
            let at = at.expect("it lies in the packet");
            early[at..at + data.len()].fill(0);
        }
    }
    early
}

fn read_all(session: &mut Session, id: limpid_rtp::session::ReceiverId) -> Vec<u32> {
    let mut numbers = Vec::new();
    while let Some(frame) = session.receiver(id).expect("there").read(Instant::ZERO) {
        numbers.push(u32::from_be_bytes(frame.data[10..14].try_into().expect("long enough")));
    }
    numbers
}

//~ covers 8627-4.2.1-a, 8627-draft-b
#[test]
fn a_session_repairs_a_stream_by_its_stream_of_parity() {
    for form in [Form::Flexible, Form::FlexibleDraft03] {
        for is_bound in [false, true] {
            let payloads =
                vec![payload(96, Meaning::Media(Format::Vp8)), payload(PARITY.1, Meaning::Parity(form))];
            let (mut session, id) = receiver(payloads);
            if is_bound {
                session.bind(id, SSRC, None);
                session.bind_parity(id, Ssrc(PARITY.0));
            }
            let all = pictures();
            for (turn, group) in all.chunks(4).enumerate() {
                for (index, packet) in
                    group.iter().enumerate().filter(|(index, _)| *index != turn % 4 || turn == 0)
                {
                    assert!(index < 4);
                    let Ok(()) = session.handle_input(Instant::ZERO, Inbound { ecn: None, bytes: packet });
                }
                let early: Vec<Vec<u8>> = group.iter().map(|packet| before_it_left(packet)).collect();
                let early: Vec<&[u8]> = early.iter().map(Vec::as_slice).collect();
                let repair = parity::packet(form, (PARITY.0, PARITY.1, turn as u16), &early);
                let Ok(()) = session.handle_input(Instant::ZERO, Inbound { ecn: None, bytes: &repair });
            }
            assert_eq!(read_all(&mut session, id), (0..40).collect::<Vec<_>>(), "{form:?} {is_bound}");
            let stats = session.receiver(id).expect("there").stats().expect("came");
            let groups = all.len().div_ceil(4) as u64;
            assert_eq!((stats.parity_packets_received, stats.fec_packets_received), (groups, groups - 1));
            assert_eq!((stats.nack_count, stats.pli_count, stats.frames_dropped), (0, 0, 0));
            let number = session.inbound().next().and_then(|stream| stream.parity);
            assert_eq!(number, Some(Ssrc(PARITY.0)), "its own stream");
        }
    }
}

/// The packet in the wrapping of RED, and under another number.
fn wrapped(packet: &[u8], sequence: u16) -> Vec<u8> {
    let parsed = Packet::parse(packet).expect("sound");
    let head = packet.len() - parsed.payload.len();
    let mut out = packet[..head].to_vec();
    out[1] = out[1] & 0x80 | 120;
    out[2..4].copy_from_slice(&sequence.to_be_bytes());
    out.push(parsed.header.payload_type.0);
    out.extend_from_slice(parsed.payload);
    out
}

//~ covers 5109-14.2-a
#[test]
fn a_session_repairs_a_stream_by_parity_inside_red() {
    let payloads = vec![
        payload(96, Meaning::Media(Format::Vp8)),
        payload(120, Meaning::Wrapping),
        payload(121, Meaning::Parity(Form::Generic)),
    ];
    let (mut session, id) = receiver(payloads);
    let all = pictures();
    let mut next = 65_500u16;
    for (turn, group) in all.chunks(5).enumerate() {
        let mut early = Vec::new();
        for (index, packet) in group.iter().enumerate() {
            let red = wrapped(packet, next);
            // What is protected is the packet without its wrapping, under the number that it leaves with.
            let mut inner = before_it_left(packet);
            inner[2..4].copy_from_slice(&next.to_be_bytes());
            early.push(inner);
            next = next.wrapping_add(1);
            if index != turn % 5 || turn == 0 {
                let Ok(()) = session.handle_input(Instant::ZERO, Inbound { ecn: None, bytes: &red });
            }
        }
        let early: Vec<&[u8]> = early.iter().map(Vec::as_slice).collect();
        let mut repair = vec![0x80, 120];
        repair.extend_from_slice(&next.to_be_bytes());
        repair.extend_from_slice(&group[0][4..12]);
        repair.push(121);
        repair.extend(parity::payload(Form::Generic, &early));
        next = next.wrapping_add(1);
        let Ok(()) = session.handle_input(Instant::ZERO, Inbound { ecn: None, bytes: &repair });
    }
    assert_eq!(read_all(&mut session, id), (0..40).collect::<Vec<_>>());
    let stats = session.receiver(id).expect("there").stats().expect("came");
    let groups = all.len().div_ceil(5) as u64;
    assert_eq!((stats.parity_packets_received, stats.fec_packets_received), (groups, groups - 1));
    assert_eq!((stats.pli_count, stats.parity_packets_discarded), (0, 0));
}
