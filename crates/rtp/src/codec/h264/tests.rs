//! H.264: the shape of each kind of payload, and everything that reassembly must cope with.

use super::super::{Depacketizer, FirstIds, Format, FrameToSend, Packetizer};
use super::*;
use alloc::vec;

const SPS: &[u8] = include_bytes!("../parameter_sets/h264_baseline_320x180.sps");

fn cut(mode: u8, frame: &[u8], max: usize) -> Result<Vec<Vec<u8>>, Unsendable> {
    let mut packetizer = Packetizer::new(Format::H264 { mode }, FirstIds::default());
    packetizer.start(frame, &FrameToSend::default(), max)?;
    let mut all = Vec::new();
    loop {
        let mut out = Vec::new();
        let Some(piece) = packetizer.next_payload(frame, &mut out) else { return Ok(all) };
        assert_eq!(piece.marker, piece.is_last);
        all.push(out);
    }
}

fn joined(payloads: &[&[u8]]) -> Result<(Vec<u8>, FrameInfo), Malformed> {
    let mut out = vec![];
    let mut depacketizer = Depacketizer::new(Format::H264 { mode: 1 });
    let info = depacketizer.depacketize(&mut payloads.iter().copied(), &mut out)?;
    Ok((out, info))
}

fn fault(payloads: &[&[u8]]) -> (usize, &'static str) {
    let error = joined(payloads).expect_err("malformed");
    (error.payload, error.fault.field)
}

fn annex_b(units: &[&[u8]]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
}

//~ covers 6184-5.7-a, 6184-5.7-b, 6184-5.7.1-a
#[test]
fn small_units_share_a_packet_whose_header_is_the_most_of_theirs() {
    let frame = annex_b(&[&[0x67, 1, 2], &[0x28, 3], &[0x06, 4], &[0x65, 5, 6, 7]]);
    let all = cut(1, &frame, 16).expect("fits");
    assert_eq!(all.len(), 2);
    assert_eq!(all[0], [0x60 | 24, 0, 3, 0x67, 1, 2, 0, 2, 0x28, 3, 0, 2, 0x06, 4]);
    assert_eq!(all[1], [0x65, 5, 6, 7], "alone, a unit needs no aggregate");
    // The forbidden bit of one is that of all.
    let all = cut(1, &annex_b(&[&[0x86, 1], &[0x21, 2]]), 16).expect("fits");
    assert_eq!(all[0][0], 0x80 | 0x20 | 24);
}

//~ covers 6184-5.8-a, 6184-5.8-b, 6184-5.8-c, 6184-5.1-a
#[test]
fn a_large_unit_is_cut_in_even_parts_and_never_in_one() {
    let unit: Vec<u8> = [0x65].into_iter().chain(1..=10).collect();
    let all = cut(1, &annex_b(&[&unit]), 6).expect("fits");
    let expected: [&[u8]; 3] = [&[0x7c, 0x85, 1, 2, 3, 4], &[0x7c, 0x05, 5, 6, 7], &[0x7c, 0x45, 8, 9, 10]];
    assert_eq!(all, expected);
    for room in 3..=unit.len() + 1 {
        for payload in cut(1, &annex_b(&[&unit]), room).expect("fits") {
            assert!(payload.len() <= room && (payload[0] != 0x7c || payload[1] & 0xc0 != 0xc0));
        }
    }
}

//~ covers 6184-6.2-a
#[test]
fn in_mode_0_each_unit_has_a_packet_and_none_is_cut() {
    let frame = annex_b(&[&[0x67, 1], &[0x68, 2], &[0x65, 3, 4]]);
    assert_eq!(cut(0, &frame, 3).expect("fits"), [&[0x67, 1][..], &[0x68, 2], &[0x65, 3, 4]]);
    assert_eq!(cut(0, &frame, 2), Err(Unsendable::TooLarge));
}

#[test]
fn bytes_that_are_no_access_unit_are_not_sent() {
    assert_eq!(cut(1, &[], 100), Err(Unsendable::Empty));
    for bad in [&[0x65, 1, 2][..], &[0, 1, 0x65], &[5, 0, 0, 1, 0x65], &[0, 0, 1], &[0, 0, 1, 0x7c, 0x85, 1]]
    {
        assert_eq!(cut(1, bad, 100), Err(Unsendable::Malformed), "{bad:?}");
    }
    assert_eq!(cut(1, &annex_b(&[&[0x65, 1, 2, 3]]), 2), Err(Unsendable::NoRoom));
}

//~ covers 6184-5.6-a
#[test]
fn a_key_frame_and_its_size_are_seen_whichever_way_they_come() {
    let single = joined(&[SPS, &[0x68, 1], &[0x65, 0x88, 9]]).expect("sound");
    let len = (SPS.len() as u16).to_be_bytes();
    let together =
        joined(&[&[&[24][..], &len, SPS, &[0, 2, 0x68, 1]].concat(), &[0x65, 0x88, 9]]).expect("sound");
    let parts = joined(&[
        &[&[0x7c, 0x87][..], &SPS[1..4]].concat(),
        &[&[0x7c, 0x47][..], &SPS[4..]].concat(),
        &[0x68, 1],
        &[0x7c, 0x85, 0x88],
        &[0x7c, 0x45, 9],
    ])
    .expect("sound");
    let expected = annex_b(&[SPS, &[0x68, 1], &[0x65, 0x88, 9]]);
    for (frame, info) in [single, together, parts] {
        assert_eq!((frame, info.is_key, info.size), (expected.clone(), true, Some((320, 180))));
    }
    let (_, info) = joined(&[&[0x41, 0x9a, 1]]).expect("sound");
    assert_eq!((info.is_key, info.size), (false, None));
}

#[test]
fn a_forgotten_end_bit_ends_with_what_follows() {
    // Before another unit that is cut, before a whole one, before an aggregate, and at the end of the frame.
    let (frame, _) = joined(&[
        &[0x7c, 0x85, 1],
        &[0x7c, 0x85, 2],
        &[0x06, 3],
        &[0x7c, 0x85, 4],
        &[24, 0, 2, 0x06, 5],
        &[0x5c, 0x81, 6],
    ])
    .expect("sound");
    assert_eq!(frame, annex_b(&[&[0x65, 1], &[0x65, 2], &[0x06, 3], &[0x65, 4], &[0x06, 5], &[0x41, 6]]));
}

//~ covers 6184-5.8-d
#[test]
fn a_whole_unit_in_one_part_and_empty_parts_are_borne() {
    let (frame, _) = joined(&[&[0x7c, 0xc5, 1, 2]]).expect("sound");
    assert_eq!(frame, annex_b(&[&[0x65, 1, 2]]));
    let (frame, _) = joined(&[&[0x7c, 0x85], &[0x7c, 0x25, 1], &[0x7c, 0x45]]).expect("sound");
    assert_eq!(frame, annex_b(&[&[0x65, 1]]), "the reserved bit says nothing");
}

//~ covers 6184-5.8-e neg, 6184-5.7-c neg
#[test]
fn lost_begins_nested_parts_and_lengths_that_run_over_are_faults() {
    assert_eq!(fault(&[&[0x7c, 0x05, 1]]), (0, "S"));
    assert_eq!(fault(&[&[0x7c, 0x45, 1]]), (0, "S"));
    assert_eq!(fault(&[&[0x7c, 0x85, 1], &[0x7c, 0x01, 1]]), (1, "S"), "of another unit");
    assert_eq!(fault(&[&[0x7c, 0xc5, 1], &[0x7c, 0x05, 1]]), (1, "S"), "after the end");
    for nested in [24, 28, 29, 0, 31] {
        assert_eq!(fault(&[&[0x7c, 0x80 | nested, 1, 2, 3]]), (0, "FU type"));
        assert_eq!(fault(&[&[24, 0, 3, nested, 0x85, 1]]), (0, "NAL unit in STAP-A"));
    }
    assert_eq!(fault(&[&[24, 0, 4, 0x65, 1, 2]]), (0, "NAL unit size"));
    assert_eq!(fault(&[&[24, 0, 2, 0x65, 1, 0]]), (0, "NAL unit size"), "half a length");
    assert_eq!(fault(&[&[24, 0, 0, 0, 1, 0x65]]), (0, "NAL unit in STAP-A"), "nothing in it");
    assert_eq!(fault(&[&[24]]), (0, "NAL unit size"));
    assert_eq!(fault(&[&[0x7c]]), (0, "FU header"));
    assert_eq!(fault(&[&[0x65, 1], &[]]), (1, "NAL unit header"));
    assert_eq!(fault(&[]), (0, "payload"));
}

//~ covers 6184-5.2-a, 6184-6.3-a neg
#[test]
fn reserved_types_are_passed_over_and_interleaved_ones_refused() {
    let (frame, _) = joined(&[&[30, 1], &[0x65, 1], &[31], &[0, 9]]).expect("sound");
    assert_eq!(frame, annex_b(&[&[0x65, 1]]));
    assert_eq!(fault(&[&[30, 1], &[0]]), (2, "NAL unit"), "nothing is left");
    for kind in [25, 26, 27, 29] {
        assert_eq!(fault(&[&[kind, 0, 0, 0, 0]]), (0, "NAL unit type"));
    }
}

#[test]
fn the_first_macroblock_tells_where_a_frame_begins() {
    let rows: [(&[u8], bool); 14] = [
        (&[0x65, 0x88], true),
        (&[0x65, 0x48], false),
        (&[0x41, 0x9a], true),
        (&[0x41, 0x1a], false),
        (&[0x67, 1], true),
        (&[0x09, 0xf0], true),
        (&[0x7c, 0x85, 0x88], true),
        (&[0x7c, 0x85, 0x08], false),
        (&[0x7c, 0x05, 0x88], false),
        (&[0x78, 0, 2, 0x67, 1], true),
        (&[0x78, 0, 2, 0x41, 0x1a], false),
        (&[0x78, 0], false),
        (&[0x65], false),
        (&[], false),
    ];
    for (payload, begins) in rows {
        assert_eq!(begins_frame(payload), begins, "{payload:x?}");
    }
}

#[test]
fn frames_are_bounded() {
    let payload = [&[24][..], &[0, 1, 0x41].repeat(10)].concat();
    let mut depacketizer = Depacketizer::new(Format::H264 { mode: 1 }).with_max_frame(49);
    let mut out = vec![1];
    let error = depacketizer.depacketize(&mut [&payload[..]].into_iter(), &mut out).expect_err("50 bytes");
    assert_eq!((error.fault.kind, out), (ParseErrorKind::TooLarge, vec![1]));
}
