//! AV1: the shape of each kind of payload, and parts that are lost.

use super::super::{Depacketizer, FirstIds, Format, FrameToSend, Packetizer};
use super::*;
use alloc::vec;

/// The types that appear here.
const DELIMITER: u8 = 2;
const FRAME: u8 = 6;
const TILE_LIST: u8 = 8;

/// An OBU with a size field.
fn obu(kind: u8, extension: Option<u8>, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![kind << 3 | 2 | u8::from(extension.is_some()) << 2];
    out.extend(extension);
    write_leb128(payload.len(), &mut out);
    out.extend_from_slice(payload);
    out
}

fn cut(frame: &[u8], max: usize) -> Result<Vec<Vec<u8>>, Unsendable> {
    let mut packetizer = Packetizer::new(Format::Av1, FirstIds::default());
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
    let info = Depacketizer::new(Format::Av1).depacketize(&mut payloads.iter().copied(), &mut out)?;
    Ok((out, info))
}

fn fault(payloads: &[&[u8]]) -> (usize, &'static str) {
    let error = joined(payloads).expect_err("malformed");
    (error.payload, error.fault.field)
}

//~ covers av1-4.4-a, av1-4.5-a, av1-5-b, av1-4.2-a
#[test]
fn elements_have_lengths_but_for_the_last_of_three_and_no_size_fields() {
    let frame = [
        obu(DELIMITER, None, &[]),
        obu(1, None, &[1, 2]),
        obu(FRAME, None, &[3, 4, 5]),
        obu(TILE_LIST, None, &[9]),
    ]
    .concat();
    assert_eq!(cut(&frame, 100).expect("fits"), [[0x20, 3, 0x08, 1, 2, 0x30, 3, 4, 5]]);
    let four = [1, 5, 5, 6].map(|kind| obu(kind, None, &[kind])).concat();
    assert_eq!(cut(&four, 100).expect("fits"), [[0x00, 2, 8, 1, 2, 40, 5, 2, 40, 5, 2, 48, 6]]);
    let three = [1, 5, 6].map(|kind| obu(kind, None, &[kind])).concat();
    assert_eq!(cut(&three, 100).expect("fits"), [[0x30, 2, 8, 1, 2, 40, 5, 48, 6]]);
    // The last OBU of a temporal unit need not have a size.
    assert_eq!(cut(&[0x30, 7, 8], 100).expect("fits"), [[0x10, 0x30, 7, 8]]);
}

//~ covers av1-4.4-a, av1-4.2-a
#[test]
fn an_obu_is_gone_on_with_in_the_next_packet() {
    let frame = [obu(1, None, &[1]), obu(FRAME, None, &[2, 3, 4, 5, 6, 7, 8])].concat();
    let expected: [&[u8]; 3] = [&[0x60, 2, 0x08, 1, 0x30, 2], &[0xd0, 3, 4, 5, 6, 7], &[0x90, 8]];
    assert_eq!(cut(&frame, 6).expect("fits"), expected);
    assert_eq!(joined(&expected).expect("sound").0, frame);
}

//~ covers av1-4.4-c
#[test]
fn the_first_packet_of_a_sequence_is_marked() {
    let header = include_bytes!("libaom_320x180.obu");
    let frame = [obu(1, None, header), obu(FRAME, None, &[0x10, 1, 2, 3])].concat();
    let all = cut(&frame, 8).expect("fits");
    assert_eq!(all.iter().map(|payload| payload[0] & 0x08).collect::<Vec<_>>(), [8, 0, 0]);
    let all: Vec<&[u8]> = all.iter().map(|payload| &payload[..]).collect();
    let (back, info) = joined(&all).expect("sound");
    assert_eq!((back, info.is_key, info.size), (frame, true, Some((320, 180))));
    assert_eq!(cut(&obu(FRAME, None, &[0x30]), 10).expect("fits")[0][0] & 0x08, 0);
}

//~ covers av1-5-c
#[test]
fn layers_do_not_share_a_packet() {
    let (low, high) = (Some(0x00), Some(0x28));
    let frame = [
        obu(1, None, &[1]),
        obu(5, low, &[2]),
        obu(FRAME, low, &[3]),
        obu(5, None, &[4]),
        obu(FRAME, high, &[5]),
    ]
    .concat();
    let all = cut(&frame, 100).expect("fits");
    let expected: [&[u8]; 2] =
        [&[0x00, 2, 8, 1, 3, 0x2c, 0, 2, 3, 0x34, 0, 3, 2, 40, 4], &[0x10, 0x34, 0x28, 5]];
    assert_eq!(all, expected);
    let (back, info) = joined(&expected).expect("sound");
    assert_eq!(back, frame);
    let layer = Layer { temporal_id: 1, spatial_id: 1, ..Layer::default() };
    assert_eq!(info.layer, Some(layer));
}

//~ covers av1-4.5-b, av1-5-a, av1-5-b
#[test]
fn sizes_are_borne_and_delimiters_dropped_however_they_come() {
    let frame = obu(FRAME, None, &[1, 2, 3]);
    let ways: [&[&[u8]]; 6] = [
        &[&[0x10, 0x30, 1, 2, 3]],
        &[&[0x10, 0x32, 3, 1, 2, 3]],
        &[&[0x00, 4, 0x30, 1, 2, 3]],
        &[&[0x20, 2, 0x12, 0, 0x30, 1, 2, 3]],
        &[&[0x00, 1, 0x10, 2, 0x40, 9, 4, 0x30, 1, 2, 3]],
        &[&[0x40, 1, 0x30], &[0xc0, 2, 1, 2], &[0x90, 3]],
    ];
    for way in ways {
        assert_eq!(joined(way).expect("sound").0, frame, "{way:x?}");
    }
    assert_eq!(fault(&[&[0x10, 0x12, 0]]), (1, "OBU"), "nothing is left");
}

//~ covers av1-4.4-d neg, av1-4.4-a neg, av1-4.4-b neg
#[test]
fn lost_parts_and_lengths_that_run_over_are_faults() {
    assert_eq!(fault(&[&[0x90, 1, 2]]), (0, "Z"), "what it goes on with was lost");
    assert_eq!(fault(&[&[0x50, 0x30, 1], &[0x10, 0x30, 1]]), (1, "Z"), "the rest was lost");
    assert_eq!(fault(&[&[0x50, 0x30, 1]]), (1, "Z"), "the end was lost");
    assert_eq!(fault(&[&[0x50, 0x30, 1], &[0x98, 1]]), (1, "N"));
    assert_eq!(fault(&[&[]]), (0, "aggregation header"));
    assert_eq!(fault(&[&[0x10]]), (0, "OBU element"));
    assert_eq!(fault(&[&[0x00, 0]]), (0, "OBU element"));
    assert_eq!(fault(&[&[0x00, 3, 0x30, 1]]), (0, "OBU element"), "longer than the packet");
    assert_eq!(fault(&[&[0x20, 1, 0x30]]), (0, "OBU element"), "one of two");
    assert_eq!(fault(&[&[0x20, 0x80]]), (0, "OBU element length"));
    assert_eq!(fault(&[&[0x10, 0x80, 1]]), (0, "obu_forbidden_bit"));
    assert_eq!(fault(&[&[0x10, 0x34]]), (0, "obu_extension_header"));
    assert_eq!(fault(&[&[0x10, 0x32, 2, 1]]), (0, "obu_size"));
    assert_eq!(fault(&[&[0x10, 0x32, 1, 1, 2]]), (0, "obu_size"), "more than one OBU");
}

#[test]
fn bytes_that_are_no_temporal_unit_are_not_sent() {
    assert_eq!(cut(&[], 100), Err(Unsendable::Empty));
    assert_eq!(cut(&[0x12, 0], 100), Err(Unsendable::Empty), "only a delimiter");
    assert_eq!(cut(&[0x32, 2, 1], 100), Err(Unsendable::Malformed));
    assert_eq!(cut(&[0x80], 100), Err(Unsendable::Malformed));
    assert_eq!(cut(&[0x30, 1], 1), Err(Unsendable::NoRoom));
}

#[test]
fn a_temporal_unit_is_bounded_with_its_size_fields() {
    let mut depacketizer = Depacketizer::new(Format::Av1).with_max_frame(4);
    let mut out = vec![9];
    let fits = depacketizer.depacketize(&mut [&[0x10, 0x30, 1, 2][..]].into_iter(), &mut out);
    assert!(fits.is_ok() && out == [9, 0x32, 2, 1, 2]);
    let error = depacketizer.depacketize(&mut [&[0x10, 0x30, 1, 2, 3][..]].into_iter(), &mut out);
    assert_eq!(error.map_err(|error| error.fault.kind), Err(ParseErrorKind::TooLarge));
    assert!(begins_frame(&[0x10]) && !begins_frame(&[0x90]) && !begins_frame(&[]));
}
