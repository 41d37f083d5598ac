//! What a stream sends, and sends again.

mod key_frames;

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use super::{Config, Frame, Kind, Limits, Payload, Refused, Sent, Stream};
use crate::clock::Ntp;
use crate::codec::{Format, FrameToSend};
use crate::elements::{ElementIds, Extras};
use crate::ext::{Kind as Ext, VideoOrientation};
use crate::header::Packet;
use crate::names::{Mid, PayloadType, Rid, Ssrc};
use crate::rtcp::ReportBlock;
use crate::rtx::{self, Content, Rtx};

fn ids() -> ElementIds {
    let mut ids = ElementIds::default();
    let kinds = [
        Ext::Mid,
        Ext::RtpStreamId,
        Ext::RepairedRtpStreamId,
        Ext::TransportWide,
        Ext::AbsSendTime,
        Ext::TransmissionOffset,
        Ext::VideoOrientation,
    ];
    for (id, kind) in (1..).zip(kinds) {
        ids.map.insert(id, kind);
    }
    ids
}

const RTX: Rtx = Rtx { ssrc: Ssrc(2), payload_type: PayloadType(97), first_sequence_number: 500 };
const RTT: Duration = Duration::from_millis(50);

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn config() -> Config {
    Config {
        rtx: Some(RTX),
        mid: Mid::new("0"),
        rid: Rid::new("hi"),
        first_sequence_number: 65_534,
        first_timestamp: u32::MAX,
        ..Config::new(Ssrc(1), PayloadType(96), Format::Vp8)
    }
}

/// A VP8 frame.
fn picture(is_key: bool, len: usize) -> Vec<u8> {
    let mut frame = match is_key {
        true => vec![0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00],
        false => vec![0x11, 0x02, 0x00],
    };
    frame.resize(len, 9);
    frame
}

fn write(stream: &mut Stream, millis: u64, is_key: bool, len: usize) -> Result<(), Refused> {
    let data = picture(is_key, len);
    let extras = Extras { video_orientation: VideoOrientation::parse(&[1]).ok(), ..Extras::default() };
    let media_time = Duration::from_millis(millis);
    let frame = Frame { media_time, captured: None, data: &data, info: FrameToSend::default(), extras };
    stream.write(at(millis), &frame, 1000)
}

fn poll(stream: &mut Stream, millis: u64) -> Option<(Sent, Vec<u8>)> {
    let mut out = vec![0xee; 3];
    let sent = stream.poll_packet(at(millis), &ids(), &mut out)?;
    assert_eq!(out.len(), 3 + sent.len);
    for (place, len) in [(sent.transport_wide_cc_at, 2), (sent.absolute_send_time_at, 3)] {
        let place = place.expect("in every packet");
        assert_eq!(out[place..place + len], [0, 0, 0][..len]);
    }
    Some((sent, out.split_off(3)))
}

fn poll_all(stream: &mut Stream, millis: u64) -> Vec<(Sent, Vec<u8>)> {
    core::iter::from_fn(|| poll(stream, millis)).collect()
}

fn ask(stream: &mut Stream, millis: u64, lost: &[u16]) {
    stream.on_nack(at(millis), lost.iter().copied(), RTT);
}

fn block(ssrc: Ssrc) -> ReportBlock {
    ReportBlock { ssrc, ..ReportBlock::default() }
}

#[test]
fn a_frame_leaves_in_packets_with_numbers_timestamp_marker_and_names() {
    let mut stream = Stream::new(config());
    write(&mut stream, 0, true, 2500).expect("room");
    assert!(stream.queued_bytes() >= 2500 && stream.next_len(&ids()).is_some_and(|len| len > 800));
    let packets = poll_all(&mut stream, 10);
    assert_eq!(stream.queued_bytes(), 0);
    for (index, (sent, bytes)) in packets.iter().enumerate() {
        let packet = Packet::parse(bytes).expect("sound");
        assert_eq!(packet.header.sequence_number, 65_534u16.wrapping_add(index as u16));
        assert_eq!((packet.header.timestamp, packet.header.marker), (u32::MAX, index == packets.len() - 1));
        assert_eq!(
            (sent.ssrc, sent.kind, sent.sequence_number),
            (Ssrc(1), Kind::Media, packet.header.sequence_number)
        );
        assert_eq!((packet.element(1), packet.element(2)), (Some(&b"0"[..]), Some(&b"hi"[..])));
        assert_eq!((packet.element(7), packet.element(6)), (Some(&[1][..]), Some(&[0, 3, 0x84][..])));
    }
    assert_eq!(packets.len(), 3);
    let stats = stream.stats();
    assert_eq!((stats.packets_sent, stats.frames_sent, stats.key_frames_sent), (3, 1, 1));
    assert_eq!(stats.total_packet_send_delay, Duration::from_millis(30));
}

//~ covers 4588-4-a, 4588-4-d, 4588-4-e, 4588-4-f
#[test]
fn a_packet_is_sent_again_on_its_own_stream_once_a_round_trip_and_before_others() {
    let mut stream = Stream::new(config());
    write(&mut stream, 0, true, 2500).expect("room");
    let first = poll_all(&mut stream, 0);
    write(&mut stream, 33, false, 100).expect("room");
    ask(&mut stream, 40, &[65_535, 7, 65_535]);
    let (sent, bytes) = poll(&mut stream, 40).expect("asked for");
    let (again, original) =
        (Packet::parse(&bytes).expect("sound"), Packet::parse(&first[1].1).expect("sound"));
    assert_eq!((sent.ssrc, sent.kind, sent.sequence_number), (RTX.ssrc, Kind::Retransmission, 500));
    assert_eq!(
        (again.header.payload_type, again.header.timestamp),
        (RTX.payload_type, original.header.timestamp)
    );
    assert_eq!(rtx::parse(again.payload), Content::Original(65_535, original.payload));
    assert_eq!((again.element(2), again.element(3)), (None, Some(&b"hi"[..])), "the name that it repairs");
    ask(&mut stream, 89, &[65_535]);
    assert_eq!(poll(&mut stream, 89).map(|(sent, _)| sent.kind), Some(Kind::Media), "too soon for that one");
    ask(&mut stream, 90, &[65_535]);
    assert_eq!(poll(&mut stream, 90).map(|(sent, _)| sent.sequence_number), Some(501));
    ask(&mut stream, 2000, &[65_535]);
    assert_eq!(poll(&mut stream, 2000), None, "no longer kept");
    let stats = stream.stats();
    assert_eq!(
        (stats.nack_count, stats.retransmissions_refused, stats.retransmitted_packets_sent),
        (6, 4, 2)
    );
}

//~ covers 4588-7-a
#[test]
fn a_storm_of_requests_at_most_doubles_the_rate() {
    let mut stream = Stream::new(config());
    let (mut fresh, mut again) = (0, 0);
    for millis in 0..3000 {
        if millis % 33 == 0 {
            write(&mut stream, millis, false, 5000).expect("room");
        }
        let all: Vec<u16> = (0..=u16::MAX).step_by(if millis % 100 == 0 { 1 } else { 999 }).collect();
        ask(&mut stream, millis, &all);
        for (sent, _) in poll_all(&mut stream, millis) {
            *(if sent.kind == Kind::Media { &mut fresh } else { &mut again }) += sent.len;
        }
    }
    assert!(again < fresh * 11 / 10 + (32 << 10), "{again} again, {fresh} fresh");
    assert!(again > fresh / 2, "but it is answered: {again} of {fresh}");
}

#[test]
fn without_a_retransmission_stream_packets_are_sent_again_only_where_that_is_wanted() {
    for resends_in_place in [false, true] {
        let mut stream = Stream::new(Config { rtx: None, resends_in_place, ..config() });
        write(&mut stream, 0, false, 100).expect("room");
        poll_all(&mut stream, 0);
        ask(&mut stream, 9, &[65_534]);
        let again = poll(&mut stream, 9).map(|(sent, _)| (sent.ssrc, sent.sequence_number, sent.kind));
        assert_eq!(again, resends_in_place.then_some((Ssrc(1), 65_534, Kind::Retransmission)));
        assert_eq!(stream.poll_padding(at(9), 200, &ids(), &mut Vec::new()), None);
    }
}

#[test]
fn padding_is_a_recent_packet_once_more_or_an_empty_one() {
    let mut stream = Stream::new(config());
    let mut out = Vec::new();
    assert_eq!(stream.poll_padding(at(0), 500, &ids(), &mut out), None, "nothing was sent yet");
    write(&mut stream, 0, false, 900).expect("room");
    poll_all(&mut stream, 0);
    let useful = stream.poll_padding(at(5), 1200, &ids(), &mut out).expect("RTX");
    assert_eq!((useful.kind, useful.ssrc), (Kind::Padding, RTX.ssrc));
    assert!(useful.len <= 1200 && useful.len > 900);
    out.clear();
    let empty = stream.poll_padding(at(5), 200, &ids(), &mut out).expect("RTX");
    let packet = Packet::parse(&out).expect("sound");
    assert!(packet.payload.is_empty() && packet.padding > 100 && empty.len <= 200);
    assert_eq!(stream.stats().padding_packets_sent, 2);
}

#[test]
fn what_waits_is_bounded_and_can_be_dropped_without_a_hole() {
    let mut stream = Stream::new(Config { queue: 10_000, ..config() });
    for _ in 0..3 {
        write(&mut stream, 0, false, 3000).expect("room");
    }
    assert_eq!(write(&mut stream, 0, false, 3000), Err(Refused::QueueFull));
    poll(&mut stream, 0).expect("queued");
    stream.pause();
    assert_eq!(write(&mut stream, 9, false, 10), Err(Refused::Paused));
    let rest = poll_all(&mut stream, 9);
    assert!(rest.last().is_some_and(|(_, bytes)| bytes[1] & 0x80 != 0), "the frame that was begun ends");
    stream.resume();
    write(&mut stream, 60, false, 10).expect("room");
    let (next, _) = poll(&mut stream, 60).expect("queued");
    assert_eq!(next.sequence_number, rest.last().expect("some").0.sequence_number.wrapping_add(1));
    assert!(matches!(write(&mut stream, 99, false, 0), Err(Refused::Unsendable(_)) | Ok(())));
}

//~ covers 4588-8.1-a
#[test]
fn packets_are_kept_by_number_and_time() {
    let history = Limits { packets: 4, ..Limits::default() };
    let mut stream = Stream::new(Config { history, ..config() });
    for _ in 0..10 {
        write(&mut stream, 0, false, 50).expect("room");
    }
    poll_all(&mut stream, 0);
    ask(&mut stream, 1, &(65_530..=65_535).chain(0..20).collect::<Vec<u16>>());
    let osns: Vec<_> = poll_all(&mut stream, 1)
        .iter()
        .map(|(_, bytes)| match rtx::parse(Packet::parse(bytes).expect("sound").payload) {
            Content::Original(sequence, _) => sequence,
            Content::Padding => 0xffff,
        })
        .collect();
    assert_eq!(osns, [4, 5, 6, 7]);
}

//~ covers 3550-6.4.1-s, 3550-6.4.1-u
#[test]
fn reports_go_out_and_come_back() {
    let mut stream = Stream::new(config());
    let ntp = Ntp(3_900_000_000 << 32);
    assert_eq!(stream.sender_info(at(0), ntp), None);
    write(&mut stream, 1000, true, 2500).expect("room");
    let payload: usize = poll_all(&mut stream, 1000)
        .iter()
        .map(|(_, bytes)| Packet::parse(bytes).expect("sound").payload.len())
        .sum();
    let info = stream.sender_info(at(1500), ntp).expect("sent");
    assert_eq!((info.packets, info.octets as usize, info.ntp), (3, payload, ntp.0));
    assert_eq!(info.rtp_timestamp, u32::MAX.wrapping_add(90_000 + 45_000));
    let answer = ReportBlock {
        last_sender_report: ntp.middle(),
        delay_since_last: 1 << 15,
        fraction_lost: 7,
        ..block(Ssrc(1))
    };
    let rtt = stream.on_report(ntp.plus(Duration::from_millis(750)), &answer);
    assert_eq!(rtt, Some(Duration::from_millis(250)));
    let remote = stream.stats().remote.expect("reported");
    assert_eq!((remote.fraction_lost, remote.round_trip_time), (7, rtt));
}

//~ covers 5104-4.3.1.1-c
#[test]
fn a_full_intra_request_counts_once_for_each_that_asks() {
    let mut stream = Stream::new(config());
    let (one, other) = (Ssrc(7), Ssrc(8));
    assert!(
        stream.on_full_intra_request(at(0), one, 255) && !stream.on_full_intra_request(at(1000), one, 255)
    );
    assert!(stream.on_full_intra_request(at(1000), other, 255), "who numbers for itself asks anew");
    assert!(stream.on_full_intra_request(at(2000), other, 0), "numbers wrap");
    assert_eq!(stream.stats().fir_count, 3);
}

//~ covers 5104-4.3.1.2-b
#[test]
fn a_request_that_comes_too_soon_is_answered_a_little_later() {
    let mut stream = Stream::new(config());
    let write = |stream: &mut Stream, now, is_key| {
        let data = picture(is_key, 50);
        let (info, extras) = (FrameToSend::default(), Extras::default());
        let frame = Frame { media_time: Duration::ZERO, captured: None, data: &data, info, extras };
        stream.write(at(now), &frame, 1000).expect("room");
    };
    assert!(stream.on_picture_loss(at(0)));
    write(&mut stream, 30, true);
    assert!(
        !stream.on_full_intra_request(at(100), Ssrc(7), 1),
        "somebody new, who can not use what left before"
    );
    write(&mut stream, 130, false);
    assert_eq!(stream.key_frame_request_at(), Some(at(300)));
    assert!(!stream.poll_key_frame_request(at(299)) && stream.poll_key_frame_request(at(300)));
    assert_eq!((stream.key_frame_request_at(), stream.poll_key_frame_request(at(900))), (None, false));

    assert!(!stream.on_picture_loss(at(400)));
    write(&mut stream, 410, true);
    assert_eq!(stream.key_frame_request_at(), None, "the frame that was under way answers");
}

//~ covers 8285-6-a, 8285-6-b
#[test]
fn an_element_that_is_too_long_for_the_short_form_is_sent_only_where_forms_may_be_mixed() {
    let long = [7; 40];
    let leaves = |ids: &ElementIds, data: &[u8]| {
        let mut stream = Stream::new(config());
        let payload = Payload {
            payload_type: PayloadType(101),
            timestamp: None,
            captured: None,
            lost_before: false,
            marker: true,
            is_key: true,
            data: b"frame",
            extras: Extras::default(),
            dependencies: None,
            elements: &[(9, data)],
        };
        stream.write_payload(at(0), &payload).expect("room");
        let mut out = Vec::new();
        stream.poll_packet(at(0), ids, &mut out).expect("queued");
        let packet = Packet::parse(&out).expect("sound");
        let (profile, _) = packet.extension().expect("names at least");
        assert_eq!(packet.element(1), Some(&b"0"[..]), "what the stream writes itself is there in any form");
        assert_eq!(packet.payload, b"frame");
        (profile, packet.element(9).map(<[u8]>::len))
    };
    let mixed = ElementIds { mixed: true, ..ids() };
    assert_eq!((leaves(&ids(), &long), leaves(&ids(), b"abc")), ((0xbede, None), (0xbede, Some(3))));
    assert_eq!((leaves(&mixed, &long), leaves(&mixed, b"abc")), ((0x1000, Some(40)), (0xbede, Some(3))));
}

#[test]
fn payloads_made_elsewhere_leave_as_they_are() {
    let mut stream = Stream::new(config());
    let payload = Payload {
        captured: None,
        lost_before: false,
        payload_type: PayloadType(101),
        timestamp: Some(77),
        marker: true,
        is_key: false,
        data: b"event",
        extras: Extras::default(),
        dependencies: None,
        elements: &[(9, b"abc"), (10, &[5; 300])],
    };
    stream.write_payload(at(0), &payload).expect("room");
    let (_, bytes) = poll(&mut stream, 0).expect("queued");
    let packet = Packet::parse(&bytes).expect("sound");
    assert_eq!(
        (packet.header.payload_type, packet.header.timestamp, packet.payload),
        (PayloadType(101), 77, &b"event"[..])
    );
    assert_eq!((packet.element(9), packet.element(10)), (Some(&b"abc"[..]), None));
}

#[test]
fn names_are_sent_until_the_other_side_reports_and_with_each_key_frame() {
    let mut stream = Stream::new(config());
    let has_name = |stream: &mut Stream, is_key| {
        write(stream, 33, is_key, 100).expect("room");
        let (_, bytes) = poll(stream, 33).expect("queued");
        Packet::parse(&bytes).expect("sound").element(1).is_some()
    };
    assert!(has_name(&mut stream, true) && has_name(&mut stream, false));
    assert_eq!(stream.on_report(Ntp(1 << 40), &block(Ssrc(1))), None);
    assert!(!has_name(&mut stream, false) && has_name(&mut stream, true));
}
