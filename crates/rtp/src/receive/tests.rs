//! What a stream reads, over any path.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use super::{Codec, Config, Stream, Verdict};
use crate::codec::Format;
use crate::elements::ElementIds;
use crate::ext::{Kind, Map};
use crate::header::{Form, Header, Packet, PacketWriter};
use crate::names::{PayloadType, Ssrc};

mod path;
mod property;
mod sound;

const SSRC: Ssrc = Ssrc(7);
const VIDEO: PayloadType = PayloadType(96);
const RTX: PayloadType = PayloadType(97);
/// The element that tells which frames need which.
const DESCRIPTOR: u8 = 6;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn video() -> Stream {
    let formats = vec![Codec::new(VIDEO, Format::Vp8)];
    Stream::new(Config { nack: true, rtx: vec![(RTX, VIDEO)], ..Config::new(SSRC, true, formats) })
}

/// A VP8 frame of 320 × 240 with a number in it.
fn picture(is_key: bool, number: u32, len: usize) -> Vec<u8> {
    let head: &[u8] = match is_key {
        true => &[0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00],
        false => &[0x11, 0x02, 0x00],
    };
    let mut frame = head.to_vec();
    frame.extend_from_slice(&number.to_be_bytes());
    frame.resize(frame.len().max(len), number as u8);
    frame
}

/// One packet.
fn packet(sequence: u16, timestamp: u32, marker: bool, payload: &[u8]) -> Vec<u8> {
    let header = Header { marker, payload_type: VIDEO, sequence_number: sequence, timestamp, ssrc: SSRC };
    let mut out = Vec::new();
    PacketWriter::new(&mut out, &header, Form::OneByte).payload().extend_from_slice(payload);
    out
}

/// The packets of a frame of `count` packets, without picture ids.
fn frame(sequence: u16, number: u32, is_key: bool, count: u16) -> Vec<Vec<u8>> {
    let bytes = picture(is_key, number, 10 * usize::from(count));
    let piece = bytes.len().div_ceil(usize::from(count));
    let pieces = bytes.chunks(piece).enumerate();
    pieces
        .map(|(index, piece)| {
            let payload = [&[if index == 0 { 0x10 } else { 0 }], piece].concat();
            let sequence = sequence.wrapping_add(index as u16);
            packet(sequence, number * 3000, index as u16 == count - 1, &payload)
        })
        .collect()
}

/// When there is something to ask for or to read.
fn due(stream: &Stream) -> Option<Instant> {
    Instant::earliest(stream.asks_at(true), stream.reads_on_at())
}

fn give(stream: &mut Stream, millis: u64, bytes: &[u8]) -> Verdict {
    stream.receive(at(millis), &Packet::parse(bytes).expect("sound"))
}

/// The numbers of the frames that can be read, and whether something was lost before each.
fn read(stream: &mut Stream, millis: u64) -> Vec<(u32, bool)> {
    let mut seen = Vec::new();
    while let Some(frame) = stream.read(at(millis)) {
        let number = &frame.data[if frame.info.is_key { 10 } else { 3 }..][..4];
        seen.push((u32::from_be_bytes(number.try_into().expect("four")), frame.lost_before));
    }
    seen
}

#[test]
fn a_frame_is_read_when_all_its_packets_are_there_in_any_order_once() {
    let mut stream = video();
    let packets = [frame(65_534, 1, true, 3), frame(1, 2, false, 2)].concat();
    for index in [1, 0, 4, 3] {
        assert_eq!(give(&mut stream, 0, &packets[index]), Verdict::Fresh);
        assert_eq!(read(&mut stream, 0), []);
    }
    assert_eq!(give(&mut stream, 1, &packets[3]), Verdict::Duplicate);
    assert_eq!(give(&mut stream, 1, &packets[2]), Verdict::Fresh);
    assert_eq!(read(&mut stream, 1), [(1, false), (2, false)]);
    assert_eq!(give(&mut stream, 2, &packets[2]), Verdict::Duplicate);
    let stats = stream.stats();
    assert_eq!((stats.frames_received, stats.key_frames_received, stats.frames_dropped), (2, 1, 0));
    // Two came twice, and one came before the first by which is counted (RFC 3550 A.3).
    assert_eq!((stats.packets_received, stats.packets_lost, stats.packets_duplicated), (7, -3, 2));
}

/// A frame of one packet that is counted: by its picture id, or in the header extension.
fn counted(is_described: bool, sequence: u16, number: u32, count: u16) -> Vec<u8> {
    let header = Header {
        marker: true,
        payload_type: VIDEO,
        sequence_number: sequence,
        timestamp: number * 3000,
        ssrc: SSRC,
    };
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, &header, Form::OneByte);
    let [high, low] = count.to_be_bytes();
    if is_described {
        writer.element(DESCRIPTOR, &[0xc0, high, low]);
    }
    let payload = writer.payload();
    let descriptor: &[u8] = if is_described { &[0x10] } else { &[0x90, 0x80, high | 0x80, low] };
    payload.extend_from_slice(descriptor);
    payload.extend_from_slice(&picture(number == 1, number, 0));
    out
}

//~ covers 7741-4.2-g
#[test]
fn a_number_that_had_no_picture_is_not_waited_for() {
    for (is_described, wrap) in [(false, 0x7fff), (true, 0xffff)] {
        let mut stream = video();
        let mut map = Map::new();
        assert!(map.insert(DESCRIPTOR, Kind::DependencyDescriptor));
        assert!(stream.reconfigure(Config { elements: ElementIds::of(&map), ..stream.config().clone() }));
        let empty = packet(14, 9000, false, &[]);
        give(&mut stream, 0, &counted(is_described, 10, 1, wrap - 1));
        // 11 was parity, as were 13 and 14, of which one came; 16 was a picture.
        for (sequence, number, count) in [(12, 2, wrap), (15, 3, 0), (17, 5, 2)] {
            if sequence == 15 {
                assert_eq!(give(&mut stream, 0, &empty), Verdict::Filler);
            }
            give(&mut stream, 0, &counted(is_described, sequence, number, count));
            assert!(sequence == 17 || stream.is_readable(at(0)));
        }
        assert_eq!(read(&mut stream, 0), [(1, false), (2, false), (3, false)]);
        assert!(!stream.is_readable(at(0)));
        let mut lost = Vec::new();
        stream.poll_nack(at(20), Duration::from_millis(20), usize::MAX, &mut lost);
        assert_eq!(lost, [16], "and the others are not asked for");
        give(&mut stream, 21, &counted(is_described, 16, 4, 1));
        assert_eq!(read(&mut stream, 21), [(4, false), (5, false)]);
        assert_eq!(stream.stats().frames_dropped, 0);
    }
}

#[test]
fn what_can_not_be_repaired_is_given_up_and_a_key_frame_is_asked_for_until_it_comes() {
    let mut stream = video();
    for bytes in frame(0, 1, true, 2).iter().chain(&frame(2, 2, false, 2)[..1]).chain(&frame(4, 3, false, 2))
    {
        give(&mut stream, 0, bytes);
    }
    assert_eq!(read(&mut stream, 0), [(1, false)]);
    assert!(!stream.poll_key_frame_request(at(0)));
    let due = due(&stream).expect("one is missing");
    assert_eq!(due, at(5), "asked for after the time of reordering");
    let mut lost = Vec::new();
    stream.poll_nack(at(5), Duration::from_millis(20), usize::MAX, &mut lost);
    assert_eq!(lost, [3]);
    assert_eq!(read(&mut stream, 399), []);
    assert!(!stream.poll_key_frame_request(at(399)));
    assert_eq!(read(&mut stream, 400), [], "a frame without the one before it is of no use");
    assert!(stream.poll_key_frame_request(at(400)) && !stream.poll_key_frame_request(at(699)));
    assert!(stream.poll_key_frame_request(at(700)), "again");
    frame(6, 4, false, 1).iter().chain(&frame(7, 5, true, 1)).for_each(|bytes| {
        give(&mut stream, 800, bytes);
    });
    assert_eq!(read(&mut stream, 800), [(5, true)]);
    assert!(!stream.poll_key_frame_request(at(2000)));
    assert_eq!((stream.stats().pli_count, stream.stats().frames_dropped), (2, 3));
}

#[test]
fn a_key_frame_is_not_held_up_by_what_is_missing_before_it() {
    let mut stream = video();
    for bytes in frame(0, 1, true, 1).iter().chain(&frame(2, 3, false, 1)) {
        give(&mut stream, 0, bytes);
    }
    // Eight round trips of 100 ms, which is what is believed until one was measured.
    assert_eq!(read(&mut stream, 800), [(1, false)]);
    for bytes in frame(4, 5, false, 1).iter().chain(&frame(6, 7, true, 2)) {
        give(&mut stream, 801, bytes);
    }
    assert_eq!(read(&mut stream, 801), [(7, true)], "3 and 5 are still missing");
}

#[test]
fn padding_takes_numbers_and_no_frames() {
    let mut stream = video();
    frame(0, 1, true, 2).iter().for_each(|bytes| {
        give(&mut stream, 0, bytes);
    });
    let mut padding = packet(2, 3000, false, &[0, 0, 3]);
    padding[0] |= 0x20;
    frame(3, 2, false, 1).iter().for_each(|bytes| {
        give(&mut stream, 0, bytes);
    });
    assert_eq!(read(&mut stream, 0), [(1, false)]);
    assert_eq!(give(&mut stream, 1, &padding), Verdict::Filler);
    assert_eq!(read(&mut stream, 1), [(2, false)]);
    assert_eq!(stream.stats().packets_lost, 0);
}

//~ covers 3550-A.1-a neg, 3550-A.1-b
#[test]
fn a_source_that_begins_anew_is_believed_at_its_second_packet() {
    let mut stream = video();
    frame(100, 1, true, 1).iter().for_each(|bytes| {
        give(&mut stream, 0, bytes);
    });
    assert_eq!(read(&mut stream, 0), [(1, false)]);
    let anew = frame(40_000, 900, true, 3);
    assert_eq!(give(&mut stream, 1, &anew[0]), Verdict::OutOfRange);
    assert_eq!(
        give(&mut stream, 1, &frame(101, 2, false, 1)[0]),
        Verdict::Fresh,
        "one alone changes nothing"
    );
    assert_eq!(read(&mut stream, 1), [(2, false)]);
    assert_eq!(give(&mut stream, 2, &anew[0]), Verdict::OutOfRange);
    assert_eq!(give(&mut stream, 2, &anew[1]), Verdict::Fresh);
    frame(40_003, 901, true, 1).iter().for_each(|bytes| {
        give(&mut stream, 3, bytes);
    });
    give(&mut stream, 3, &anew[2]);
    assert_eq!(read(&mut stream, 3), [(901, true)]);
    assert_eq!(stream.stats().packets_lost, 0, "counted from the new beginning");
}

//~ covers 4588-4-c, 4588-5.3-a
#[test]
fn a_packet_that_is_sent_again_fills_its_place() {
    let mut stream = video();
    let packets = frame(10, 1, true, 3);
    let wrap = |inner: &[u8], payload_type| {
        let original = Packet::parse(inner).expect("sound");
        let header = Header { payload_type, ssrc: Ssrc(8), sequence_number: 5, ..original.header };
        let mut out = Vec::new();
        PacketWriter::new(&mut out, &header, Form::OneByte).payload();
        crate::rtx::write(&mut out, original.header.sequence_number, original.payload);
        out
    };
    let give_rtx =
        |stream: &mut Stream, bytes: &[u8]| stream.receive_rtx(at(9), &Packet::parse(bytes).expect("sound"));
    assert_eq!(give_rtx(&mut stream, &wrap(&packets[0], RTX)), Verdict::Useless, "of a stream unknown");
    give(&mut stream, 0, &packets[0]);
    give(&mut stream, 0, &packets[2]);
    assert_eq!(give_rtx(&mut stream, &wrap(&packets[1], PayloadType(99))), Verdict::Useless, "no such apt");
    assert_eq!(give_rtx(&mut stream, &wrap(&packets[1], RTX)), Verdict::Fresh);
    assert_eq!(give_rtx(&mut stream, &wrap(&packets[1], RTX)), Verdict::Duplicate);
    assert_eq!(give_rtx(&mut stream, &wrap(&packet(9, 0, false, &[]), RTX)), Verdict::Filler);
    assert_eq!(read(&mut stream, 9), [(1, false)]);
    let stats = stream.stats();
    assert_eq!((stats.retransmitted_packets_received, stats.packets_received), (5, 2));
    assert_eq!(stats.packets_lost, 1, "reports speak of the original stream");
}

#[test]
fn what_is_held_is_bounded_in_number_and_in_bytes() {
    let formats = vec![Codec::new(VIDEO, Format::Vp8)];
    let config = Config { packets: 16, bytes: 4000, ..Config::new(SSRC, true, formats) };
    let mut stream = Stream::new(config);
    give(&mut stream, 0, &packet(0, 0, false, &[0x10]));
    for sequence in 2..4000u16 {
        give(&mut stream, 0, &packet(sequence, 5, false, &[0; 300]));
        assert!(stream.packets.bytes() <= 4000);
        assert!(stream.packets.end() - stream.packets.first() <= 16);
    }
    assert_eq!(read(&mut stream, 10_000), []);
    assert!(stream.poll_key_frame_request(at(10_000)));
}

#[test]
fn a_switch_of_formats_ends_a_frame() {
    let formats = vec![Codec::new(VIDEO, Format::Vp8), Codec::new(PayloadType(100), Format::Raw)];
    let mut stream = Stream::new(Config::new(SSRC, true, formats));
    give(&mut stream, 0, &frame(0, 1, true, 1)[0]);
    let mut other = packet(1, 3000, true, b"raw");
    other[1] = 0x80 | 100;
    give(&mut stream, 0, &other);
    assert_eq!(stream.read(at(0)).map(|frame| frame.format), Some(Format::Vp8));
    let raw = stream.read(at(0)).expect("complete");
    assert_eq!((raw.format, raw.data), (Format::Raw, &b"raw"[..]));
}
