//! H.265: the shape of each kind of payload, and everything that reassembly must cope with.

use super::super::{Depacketizer, FirstIds, Format, FrameToSend, Packetizer};
use super::*;
use alloc::vec;

const SPS: &[u8] = include_bytes!("../parameter_sets/h265_main_426x240.sps");

fn cut(frame: &[u8], max: usize) -> Result<Vec<Vec<u8>>, Unsendable> {
    let mut packetizer = Packetizer::new(Format::H265, FirstIds::default());
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
    let info = Depacketizer::new(Format::H265).depacketize(&mut payloads.iter().copied(), &mut out)?;
    Ok((out, info))
}

fn fault(payloads: &[&[u8]]) -> (usize, &'static str) {
    let error = joined(payloads).expect_err("malformed");
    (error.payload, error.fault.field)
}

fn annex_b(units: &[&[u8]]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
}

/// The first byte of a header by its type, layer 0.
const fn ty(kind: u8) -> u8 {
    kind << 1
}

//~ covers 7798-4.4.2-a, 7798-4.4.2-b
#[test]
fn small_units_share_a_packet_whose_header_is_the_least_of_theirs() {
    let frame = annex_b(&[&[ty(32), 1, 7], &[ty(39) | 1, 0x0b, 8], &[0x80 | ty(1), 0x12, 9]]);
    let all = cut(&frame, 100).expect("fits");
    assert_eq!(
        all,
        [[0x80 | ty(48), 0x01, 0, 3, ty(32), 1, 7, 0, 3, ty(39) | 1, 0x0b, 8, 0, 3, 0x80 | ty(1), 0x12, 9]]
    );
    let all = cut(&annex_b(&[&[ty(39) | 1, 0x0b, 8], &[ty(1) | 1, 0x12, 9]]), 100).expect("fits");
    assert_eq!(all[0][..2], [ty(48) | 1, 0x0a], "layer 33 and 34, temporal 3 and 2");
    let all = cut(&annex_b(&[&[ty(1), 1, 9]]), 100).expect("fits");
    assert_eq!(all, [[ty(1), 1, 9]], "alone, a unit needs no aggregate");
}

//~ covers 7798-4.4.3-a, 7798-4.4.3-b, 7798-4.1-a
#[test]
fn a_large_unit_is_cut_in_even_parts_and_never_in_one() {
    let unit: Vec<u8> = [ty(19), 1].into_iter().chain(1..=9).collect();
    let all = cut(&annex_b(&[&unit]), 7).expect("fits");
    let expected: [&[u8]; 3] =
        [&[ty(49), 1, 0x93, 1, 2, 3], &[ty(49), 1, 0x13, 4, 5, 6], &[ty(49), 1, 0x53, 7, 8, 9]];
    assert_eq!(all, expected);
    for room in 4..=unit.len() + 1 {
        for payload in cut(&annex_b(&[&unit]), room).expect("fits") {
            assert!(payload.len() <= room && (payload[0] != ty(49) || payload[2] & 0xc0 != 0xc0));
        }
    }
    assert_eq!(cut(&annex_b(&[&unit]), 3), Err(Unsendable::NoRoom));
}

#[test]
fn bytes_that_are_no_access_unit_are_not_sent() {
    assert_eq!(cut(&[], 100), Err(Unsendable::Empty));
    for bad in [&[0, 0, 1, 2][..], &[1, 1, 0, 0, 1, 2, 1], &[0, 0, 1, ty(48), 1], &[2, 1, 9]] {
        assert_eq!(cut(bad, 100), Err(Unsendable::Malformed), "{bad:?}");
    }
}

//~ covers 7798-4.4.1-a
#[test]
fn a_key_frame_its_size_and_layer_are_seen_whichever_way_they_come() {
    let expected = annex_b(&[SPS, &[ty(19), 1, 0x80, 9]]);
    let len = (SPS.len() as u16).to_be_bytes();
    let ways: [&[&[u8]]; 3] = [
        &[SPS, &[ty(19), 1, 0x80, 9]],
        &[&[&[ty(48), 1][..], &len, SPS, &[0, 4, ty(19), 1, 0x80, 9]].concat()],
        &[
            &[&[ty(49), 1, 0x80 | 33][..], &SPS[2..9]].concat(),
            &[&[ty(49), 1, 0x40 | 33][..], &SPS[9..]].concat(),
            &[ty(49), 1, 0x93, 0x80],
            &[ty(49), 1, 0x53, 9],
        ],
    ];
    for way in ways {
        let (frame, info) = joined(way).expect("sound");
        assert_eq!((frame, info.is_key, info.size), (expected.clone(), true, Some((426, 240))));
        assert_eq!(info.layer, Some(Layer::default()));
    }
    let (_, info) = joined(&[&[ty(1), 3, 0x80]]).expect("sound");
    assert_eq!((info.is_key, info.layer.map(|layer| layer.temporal_id)), (false, Some(2)));
}

//~ covers 7798-4.4.4-a
#[test]
fn extensions_are_passed_over_whatever_they_wrap() {
    let paci = |a: u8, inner: u8, size: u8| [ty(50), 1, a | inner << 1 | size >> 4, size << 4 | 0x08];
    let unit = [&paci(0, 19, 3)[..], &[0xaa, 0xbb, 0xcc], &[0x80, 9]].concat();
    assert_eq!(joined(&[&unit]).expect("sound").0, annex_b(&[&[ty(19), 1, 0x80, 9]]));
    let marked = [&paci(0x80, 1, 0)[..], &[0x80, 9]].concat();
    assert_eq!(joined(&[&marked]).expect("sound").0, annex_b(&[&[0x80 | ty(1), 1, 0x80, 9]]));
    let part = [&paci(0, 49, 17)[..], &[0xee; 17], &[0x93, 1]].concat();
    assert_eq!(joined(&[&part, &[ty(49), 1, 0x53, 2]]).expect("sound").0, annex_b(&[&[ty(19), 1, 1, 2]]));
    let aggregate = [&paci(0, 48, 0)[..], &[0, 2, ty(35), 1, 0, 3, ty(1), 1, 5]].concat();
    assert_eq!(joined(&[&aggregate]).expect("sound").0, annex_b(&[&[ty(35), 1], &[ty(1), 1, 5]]));
    assert_eq!(fault(&[&paci(0, 50, 0)]), (0, "cType"), "one in another");
    assert_eq!(fault(&[&paci(0, 1, 1)]), (0, "PHES"));
    assert_eq!(fault(&[&[ty(50), 1, 2]]), (0, "cType"));
}

#[test]
fn a_forgotten_end_bit_ends_with_what_follows() {
    let (frame, _) =
        joined(&[&[ty(49), 1, 0x81, 1], &[ty(49), 1, 0x81, 2], &[ty(39), 1, 3], &[ty(49), 1, 0x81, 4]])
            .expect("sound");
    assert_eq!(frame, annex_b(&[&[ty(1), 1, 1], &[ty(1), 1, 2], &[ty(39), 1, 3], &[ty(1), 1, 4]]));
}

//~ covers 7798-4.4.3-c neg, 7798-4.4.2-c neg
#[test]
fn lost_begins_nested_parts_and_lengths_that_run_over_are_faults() {
    assert_eq!(fault(&[&[ty(49), 1, 0x01, 1]]), (0, "S"));
    assert_eq!(fault(&[&[ty(49), 1, 0x81, 1], &[ty(49), 1, 0x02, 1]]), (1, "S"), "of another unit");
    assert_eq!(fault(&[&[ty(49), 1, 0xc1, 1], &[ty(49), 1, 0x01, 1]]), (1, "S"), "after the end");
    assert_eq!(fault(&[&[ty(49), 1, 0x81]]), (0, "FU payload"));
    assert_eq!(fault(&[&[ty(49), 1]]), (0, "FU header"));
    for nested in [48, 49, 50, 63] {
        assert_eq!(fault(&[&[ty(49), 1, 0x80 | nested, 1]]), (0, "FuType"));
        assert_eq!(fault(&[&[ty(48), 1, 0, 3, ty(nested), 1, 1]]), (0, "NAL unit in AP"));
    }
    assert_eq!(fault(&[&[ty(48), 1, 0, 4, ty(1), 1, 1]]), (0, "NALU size"));
    assert_eq!(fault(&[&[ty(48), 1, 0, 1, ty(1)]]), (0, "NAL unit in AP"), "half a header");
    assert_eq!(fault(&[&[ty(48), 1]]), (0, "NALU size"));
    assert_eq!(fault(&[&[ty(1)]]), (0, "PayloadHdr"));
    assert_eq!(fault(&[&[ty(51), 1, 9]]), (1, "NAL unit"), "nothing is left");
}

#[test]
fn the_first_slice_tells_where_a_frame_begins() {
    let rows: [(&[u8], bool); 12] = [
        (&[ty(1), 1, 0x80], true),
        (&[ty(1), 1, 0x40], false),
        (&[ty(32), 1, 0], true),
        (&[ty(40), 1, 0], false),
        (&[ty(49), 1, 0x93, 0x80], true),
        (&[ty(49), 1, 0x93, 0x00], false),
        (&[ty(49), 1, 0x13, 0x80], false),
        (&[ty(48), 1, 0, 3, ty(35), 1, 0], true),
        (&[ty(48), 1, 0, 3, ty(1), 1, 0], false),
        (&[ty(48), 1, 0], false),
        (&[ty(1), 1], false),
        (&[ty(1)], false),
    ];
    for (payload, begins) in rows {
        assert_eq!(begins_frame(payload), begins, "{payload:x?}");
    }
}
