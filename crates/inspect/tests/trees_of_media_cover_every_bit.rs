//! RTP and RTCP: every bit is told once, with or without numbers of header extensions; and malformed packets up to the fault.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "a test that can not go on fails")]

mod common;

use common::*;
use limpid_inspect::{Described, Layer, Node, describe, describe_datagram};
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::rtcp::*;
use limpid_rtp::{Form, Header, PacketWriter, PayloadType, Ssrc};
use proptest::prelude::*;

const ELEMENTS: [(u8, Kind, &[u8]); 14] = [
    (1, Kind::AudioLevel, &[0x9e]),
    (2, Kind::AbsSendTime, &[0x06, 0x00, 0x00]),
    (3, Kind::TransportWide, &[0x12, 0x34]),
    (4, Kind::Mid, b"audio-1"),
    (5, Kind::VideoOrientation, &[0x05]),
    (6, Kind::PlayoutDelay, &[0x00, 0xc0, 0xff]),
    (7, Kind::TransmissionOffset, &[0xff, 0xff, 0xff]),
    (8, Kind::AbsCaptureTime, &[0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0, 0, 0]),
    (9, Kind::TransportWide02, &[0, 7, 0x80, 5]),
    (10, Kind::CsrcAudioLevel, &[1, 127]),
    (11, Kind::DependencyDescriptor, &[0xc5, 0x00, 0x07]),
    (12, Kind::VideoLayersAllocation, &[0]),
    (13, Kind::VideoContentType, &[1]),
    (14, Kind::RtpStreamId, b"hi"),
];

const TEXTS: [(&str, &str); 14] = [
    ("audio level", "-30 dBov, voice"),
    ("abs-send-time", "left at 1.500000 s of 64"),
    ("transport-wide-cc", "#4660 of the transport"),
    ("MID", "audio-1"),
    ("video orientation", "turn by 90°, mirrored"),
    ("playout delay", "hold it 120 to 2550 ms"),
    ("transmission offset", "left -1 ticks after its timestamp"),
    ("abs-capture-time", "captured at 9 s of NTP, offset 1500 ms"),
    ("transport-wide-cc", "#7 of the transport, asks for feedback on 5"),
    ("CSRC audio level", "-1 dBov, -127 dBov"),
    ("dependency descriptor", "all of frame 7, like template 5"),
    ("video layers allocation", "0 streams, 0 layers"),
    ("video content type", "a screen"),
    ("RtpStreamId", "hi"),
];

fn packet(form: Form) -> Vec<u8> {
    let header = Header {
        marker: true,
        payload_type: PayloadType(96),
        sequence_number: 0xfffe,
        timestamp: 90_000,
        ssrc: Ssrc(0xdead_beef),
    };
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, &header, form);
    for (id, _, data) in ELEMENTS {
        writer.element(id, data).unwrap();
    }
    writer.payload().extend_from_slice(b"payload\0\0\x03");
    out[0] |= 0x20;
    out
}

fn numbers() -> Map {
    let mut map = Map::new();
    ELEMENTS.iter().for_each(|(id, kind, _)| assert!(map.insert(*id, *kind)));
    map
}

fn sound(described: Described) -> Node {
    described.unwrap_or_else(|(tree, error)| panic!("{error}\n{tree}"))
}

#[test]
fn every_header_extension_is_told_where_its_number_is_known() {
    for form in [Form::OneByte, Form::TwoByte] {
        let bytes = packet(form);
        let tree = sound(describe::rtp(&bytes, &numbers()));
        assert_tiles(&tree, bytes.len() * 8);
        assert_eq!(
            tree.text,
            "payload type 96, #65534 of 0xdeadbeef, time 90000, marker, 7 bytes of payload, 3 of padding"
        );
        assert_eq!(tree.layer, Some(Layer::Rtp));
        let elements = &tree.find("header extension").unwrap().children[2..];
        let told: Vec<(&str, &str)> = elements
            .iter()
            .filter(|node| node.name != "padding")
            .map(|node| (&*node.name, &*node.text))
            .collect();
        assert_eq!(told, TEXTS);
    }
}

#[test]
fn elements_of_unknown_numbers_stay_bytes() {
    let bytes = packet(Form::OneByte);
    let tree = sound(describe::rtp(&bytes, &Map::new()));
    assert_tiles(&tree, bytes.len() * 8);
    let elements = tree.find_all("element");
    assert_eq!(elements.len(), ELEMENTS.len());
    assert_eq!(elements[3].find("data").unwrap().value, "617564696f2d31");
}

#[test]
fn what_is_no_value_of_its_extension_leaves_the_packet_sound() {
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, &Header::default(), Form::OneByte);
    // Id 1 is the audio level: one byte. Then what ends the reading: id 15.
    writer.element(1, &[1, 2, 3]).unwrap();
    let at = writer.element(2, &[0, 0, 0]).unwrap();
    writer.payload();
    out[at - 1] = 0xf0;
    let tree = sound(describe::rtp(&out, &numbers()));
    assert_tiles(&tree, out.len() * 8);
    assert_eq!(tree.find("audio level").unwrap().text, "malformed");
    assert_eq!(tree.find("header extension").unwrap().text, "1 elements");
}

/// One of each.
fn datagram() -> Vec<u8> {
    let mut out = Vec::new();
    let block = ReportBlock {
        ssrc: Ssrc(2),
        fraction_lost: 64,
        cumulative_lost: -3,
        highest_sequence: 0x1_0005,
        jitter: 90,
        last_sender_report: 1 << 16,
        delay_since_last: 1 << 15,
    };
    let info = SenderInfo { ntp: 5 << 32 | 1 << 31, rtp_timestamp: 7, packets: 8, octets: 9 };
    write_sender_report(&mut out, Ssrc(1), &info, [block]);
    write_receiver_report(&mut out, Ssrc(1), [block, block]);
    write_cname(&mut out, [Ssrc(1), Ssrc(2)], "name\u{1b}");
    write_application(&mut out, &Application { subtype: 3, source: Ssrc(1), name: *b"qtsi", data: b"1234" });
    write_nack(&mut out, Ssrc(1), Ssrc(2), [7, 8, 23, 100]);
    write_picture_loss_indication(&mut out, Ssrc(1), Ssrc(2));
    write_full_intra_request(&mut out, Ssrc(1), [FullIntraEntry { ssrc: Ssrc(2), sequence_number: 4 }]);
    write_remb(&mut out, Ssrc(1), 2_500_000, [Ssrc(2)]);
    let limit = RateLimit { ssrc: Ssrc(2), bits_per_second: 64_000, overhead: 40 };
    write_tmmbr(&mut out, Ssrc(1), [limit]);
    write_tmmbn(&mut out, Ssrc(2), []);
    let answer = LastReceiverReport { ssrc: Ssrc(2), last_report: 1, delay_since_last: 1 << 16 };
    let report =
        ExtendedReportWriter::new(&mut out, Ssrc(1)).reference_time(1 << 40).answers([answer, answer]);
    report.block(6, 0xe0, &[0; 36]).finish();
    // Transport-wide feedback: 14 one-bit statuses, then a run of two large deltas (draft-holmer … §3.1.3, §3.1.4).
    out.extend(hex("8fcd 0007 00000001 00000002 fffe0010 ffffff 05 a001 4002 04 08 fffc 0004 0000"));
    // Congestion control feedback: three packets of one stream, none of another (RFC 8888 §3.1).
    out.extend(hex("8bcd 0008 00000001 00000002 fffe0003 8200 0000 fffe 0000 00000003 00000000 00010000"));
    // A slice loss, an unknown type, and a goodbye with padding.
    out.extend(hex("82ce 0003 00000001 00000002 00000000 80df 0001 01020304"));
    out.extend(hex("a1cb 0003 00000001 03627965 00000004"));
    out
}

#[test]
fn a_datagram_of_every_kind_of_report_and_feedback() {
    let bytes = datagram();
    let tree = sound(describe::rtcp(&bytes));
    assert_tiles(&tree, bytes.len() * 8);
    let told: Vec<String> = tree.children.iter().map(|node| format!("{} {}", node.name, node.text)).collect();
    let blocks = "of 0x00000002 -3 lost, 25 % of late";
    assert_eq!(
        told,
        [
            &format!("SR of 0x00000001: time 7, 8 packets, 9 bytes sent, {blocks}"),
            &format!("RR of 0x00000001, {blocks}, {blocks}"),
            r#"SDES 0x00000001 CNAME "name\u{1b}", 0x00000002 CNAME "name\u{1b}""#,
            "APP \"qtsi\" 3 of 0x00000001, 4 bytes",
            "NACK for 0x00000002: #7 and 3 more are missing",
            "PLI for 0x00000002: a key frame, please",
            "FIR for 0x00000002: key frame, request 4",
            "AFB REMB: takes 2.5 Mbit/s for 1 streams",
            "TMMBR 0x00000002 at most 64.0 kbit/s",
            "TMMBN no limit",
            "XR of 0x00000001: RRTR its time is 256 s of NTP, DLRR answers 2, Statistics Summary 36 bytes",
            "TWCC 4 of 16 packets from #65534 have arrived",
            "CCFB of 0x00000001: 2 of 3 packets from #65534 of 0x00000002 have arrived, \
             0 of 0 packets from #0 of 0x00000003 have arrived",
            "SLI for 0x00000002, 4 bytes",
            "unknown packet of type 223",
            "BYE 0x00000001: \"bye\"",
        ]
    );
    let deltas: Vec<&str> = tree.find_all("recv delta").iter().map(|node| &*node.text).collect();
    assert_eq!(
        deltas,
        [
            "#65534 came 1.00 ms after the one before",
            "#11 came 2.00 ms after the one before",
            "#12 came -1.00 ms after the one before",
            "#13 came 1.00 ms after the one before"
        ]
    );
    assert_eq!(tree.find("reference time").unwrap().text, "-64 ms on the receiver's clock");
    assert!(packets(&bytes).all(|packet| packet.is_ok()));
}

#[test]
fn on_the_wire_only_the_heads_are_in_the_clear() {
    let bytes = packet(Form::OneByte);
    let tree = describe_datagram(&bytes);
    assert_tiles(&tree, bytes.len() * 8);
    assert_eq!((&*tree.name, tree.layer), ("SRTP packet", Some(Layer::Rtp)));
    assert_eq!(tree.find("SSRC").unwrap().value, "0xdeadbeef");
    let tree = describe_datagram(&datagram());
    assert_tiles(&tree, datagram().len() * 8);
    assert_eq!((&*tree.name, tree.layer), ("SRTCP packet", Some(Layer::Rtcp)));
    assert_eq!(tree.text, format!("SR from 0x00000001, {} bytes encrypted", datagram().len() - 8));
}

/// The tree up to the fault: its last leaf says where.
fn assert_faulty(described: Described, len: usize) {
    let (tree, error) = described.unwrap_err();
    let found = leaves(&tree);
    let faults: Vec<_> = found.iter().filter(|leaf| leaf.name == "fault").collect();
    let [fault] = faults[..] else { panic!("one fault, in\n{tree}") };
    assert_eq!(fault.value, format!("offset {}", error.offset));
    assert!(error.offset <= len, "{error} lies within {len} bytes");
    assert_nests(&tree);
}

#[test]
fn packets_cut_anywhere() {
    let bytes = packet(Form::TwoByte);
    let head = bytes.len() - 10;
    (0..head).for_each(|len| assert_faulty(describe::rtp(&bytes[..len], &numbers()), len));
    let bytes = datagram();
    for len in 0..bytes.len() {
        let is_whole = raw_packets(&bytes).any(|packet| packet.unwrap().offset == len && len > 0);
        if !is_whole {
            assert_faulty(describe::rtcp(&bytes[..len]), len);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_told_without_harm_and_sound_ones_to_the_last_bit(
        bytes in proptest::collection::vec(any::<u8>(), 0..90),
        kind in 199u8..209,
        count in 0u8..32,
        flip in any::<(usize, u8)>(),
    ) {
        let mut whole = vec![0x80 | count, kind, 0, (bytes.len() / 4) as u8];
        whole.extend(&bytes);
        let mut altered = datagram();
        let at = flip.0 % altered.len();
        altered[at] = flip.1;
        for datagram in [&bytes, &whole, &altered] {
            match describe::rtcp(datagram) {
                Ok(tree) => {
                    assert_tiles(&tree, datagram.len() * 8);
                    prop_assert!(packets(datagram).all(|packet| packet.is_ok()));
                }
                Err((tree, _)) => assert_nests(&tree),
            }
            match describe::rtp(datagram, &numbers()) {
                Ok(tree) => {
                    assert_tiles(&tree, datagram.len() * 8);
                    prop_assert!(limpid_rtp::Packet::parse(datagram).is_ok());
                }
                Err((tree, _)) => {
                    assert_nests(&tree);
                    prop_assert!(limpid_rtp::Packet::parse(datagram).is_err());
                }
            }
            let _ = describe::srtp(datagram);
        }
    }
}
