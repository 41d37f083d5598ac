//! VP9: descriptors bit by bit, modes, layers, structures, and what is no picture.

use super::super::{Depacketizer, Format, Packetizer};
use super::*;
use alloc::vec;

/// A key frame of 320 × 240 and an inter frame.
const KEY: [u8; 10] = [0x82, 0x49, 0x83, 0x42, 0x20, 0x13, 0xf0, 0x0e, 0xf0, 7];
const INTER: [u8; 3] = [0x86, 1, 2];

fn layer(temporal_id: u8, spatial_id: u8) -> Layer {
    Layer { temporal_id, spatial_id, ..Layer::default() }
}

fn send(packetizer: &mut Packetizer, frame: &[u8], info: &FrameToSend, max: usize) -> Vec<(Vec<u8>, Piece)> {
    packetizer.start(frame, info, max).expect("sound");
    let mut all = Vec::new();
    loop {
        let mut out = Vec::new();
        let Some(piece) = packetizer.next_payload(frame, &mut out) else { return all };
        all.push((out, piece));
    }
}

fn joined(payloads: &[&[u8]]) -> Result<(Vec<u8>, FrameInfo), Malformed> {
    let mut out = vec![];
    let info = Depacketizer::new(Format::Vp9).depacketize(&mut payloads.iter().copied(), &mut out)?;
    Ok((out, info))
}

fn fault(payloads: &[&[u8]]) -> (usize, &'static str) {
    let error = joined(payloads).expect_err("malformed");
    (error.payload, error.fault.field)
}

fn packetizer(picture_id: u16, tl0_picture_index: u8) -> Packetizer {
    Packetizer::new(Format::Vp9, FirstIds { picture_id, tl0_picture_index })
}

//~ covers 9628-4.2-a, 9628-4.2-b, 9628-4.2-c, 9628-4.2-h, 9628-4.2.1-a, 9628-4.1-a
#[test]
fn without_layers_each_picture_refers_to_the_one_before() {
    let mut packetizer = packetizer(0x7fff, 0);
    let all = send(&mut packetizer, &KEY, &FrameToSend::default(), 16);
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].0, [&[0x8a, 0xff, 0xff, 0x18, 1, 0x40, 0, 0xf0, 1, 4, 1][..], &KEY[..5]].concat());
    assert_eq!(all[1].0, [&[0x84, 0xff, 0xff][..], &KEY[5..]].concat());
    assert_eq!(all.iter().map(|(_, piece)| piece.marker).collect::<Vec<_>>(), [false, true]);
    let all = send(&mut packetizer, &INTER, &FrameToSend::default(), 100);
    assert_eq!(all[0].0, [0xcc, 0x80, 0x00, 0x86, 1, 2], "the picture id wrapped");
}

//~ covers 9628-4.2-e, 9628-4.2-f, 9628-4.2-g
#[test]
fn with_layers_references_are_told_and_a_picture_has_one_id() {
    let mut packetizer = packetizer(5, 0);
    let base = FrameToSend { layer: Some(layer(0, 0)), more_layers_follow: true, ..FrameToSend::default() };
    let upper = FrameToSend {
        layer: Some(Layer { uses_lower_layer: true, ..layer(0, 1) }),
        ..FrameToSend::default()
    };
    let all = send(&mut packetizer, &KEY, &base, 100);
    assert_eq!(all[0].0, [&[0xbc, 0x80, 5, 0x00][..], &KEY].concat());
    assert!(all[0].1.is_last && !all[0].1.marker, "the picture goes on");
    let all = send(&mut packetizer, &INTER, &upper, 100);
    assert_eq!(all[0].0, [0xbc, 0x80, 5, 0x03, 0x86, 1, 2], "not predicted from another picture");
    assert!(all[0].1.marker);

    let second = FrameToSend {
        layer: Some(Layer { is_switching_point: true, ..layer(2, 0) }),
        references: [1, 2, 127],
        ..FrameToSend::default()
    };
    let all = send(&mut packetizer, &INTER, &second, 100);
    assert_eq!(all[0].0, [0xfc, 0x80, 6, 0x50, 0x03, 0x05, 0xfe, 0x86, 1, 2]);
    let third = FrameToSend { layer: Some(layer(1, 0)), ..FrameToSend::default() };
    let all = send(&mut packetizer, &INTER, &third, 100);
    assert_eq!(all[0].0, [0xfc, 0x80, 7, 0x20, 0x02, 0x86, 1, 2], "the one before, if none is named");
}

//~ covers 9628-4.2-f, 9628-4.2-h
#[test]
fn the_mode_stays_until_the_next_key_frame() {
    let mut packetizer = packetizer(0, 0xff);
    send(&mut packetizer, &KEY, &FrameToSend::default(), 100);
    let layered = |temporal_id| FrameToSend { layer: Some(layer(temporal_id, 0)), ..FrameToSend::default() };
    let all = send(&mut packetizer, &INTER, &layered(0), 100);
    assert_eq!(
        all[0].0,
        [0xec, 0x80, 1, 0x00, 1, 0x86, 1, 2],
        "TL0PICIDX of the second picture of its layer"
    );
    let all = send(&mut packetizer, &INTER, &layered(1), 100);
    assert_eq!(all[0].0[4], 1);
    let all = send(&mut packetizer, &KEY, &layered(0), 100);
    assert_eq!(all[0].0, [&[0xbe, 0x80, 3, 0x00, 0x10, 1, 0x40, 0, 0xf0][..], &KEY].concat());
}

//~ covers 9628-4.2-j neg
#[test]
fn frames_that_can_not_be_sent_use_up_no_picture_id() {
    let mut packetizer = packetizer(9, 0);
    let plain = FrameToSend::default();
    let bad = [
        FrameToSend { layer: Some(layer(8, 0)), ..plain },
        FrameToSend { layer: Some(layer(0, 8)), ..plain },
        FrameToSend { layer: Some(layer(1, 0)), ..plain },
        FrameToSend { layer: Some(Layer { uses_lower_layer: true, ..layer(0, 0) }), ..plain },
        FrameToSend { references: [128, 0, 0], ..plain },
    ];
    for info in bad {
        assert_eq!(packetizer.start(&KEY, &info, 100), Err(Unsendable::BadLayer), "{info:?}");
    }
    assert_eq!(packetizer.start(&[], &plain, 100), Err(Unsendable::Empty));
    assert_eq!(packetizer.start(&[0x12], &plain, 100), Err(Unsendable::Malformed));
    assert_eq!(packetizer.start(&KEY, &plain, 11), Err(Unsendable::NoRoom));
    assert_eq!(packetizer.next_payload(&KEY, &mut Vec::new()), None);
    let info = packetizer.start(&KEY, &plain, 12).expect("one byte fits");
    assert_eq!((info.picture_id, info.size), (Some(PictureId::Long(9)), Some((320, 240))));
}

//~ covers 9628-4.2.1-a, 9628-4.2.1-b
#[test]
fn a_structure_with_sizes_and_a_group_reads_whole() {
    let bytes = [
        0x3f, 1, 0x40, 0, 0xf0, 2, 0x80, 1, 0xe0, // two layers; the reserved bits are set
        3, 0x04, 4, 0x50, 0x4b, 1, 2, // three pictures
    ];
    let structure = Structure::parse(&bytes).expect("sound");
    assert_eq!(structure.spatial_layers(), 2);
    assert_eq!(structure.sizes().collect::<Vec<_>>(), [(320, 240), (640, 480)]);
    let pictures: Vec<_> = structure
        .group()
        .map(|picture| {
            (picture.temporal_id, picture.is_switching_point, picture.references.as_slice().to_vec())
        })
        .collect();
    assert_eq!(pictures, [(0, false, vec![4]), (2, true, vec![]), (2, false, vec![1, 2])]);
    for len in 0..bytes.len() {
        assert!(Structure::parse(&bytes[..len]).is_err(), "{len}");
    }
    assert!(Structure::parse(&[0x00, 1]).is_err(), "nothing may follow");
    // In a picture, the size of the highest layer is that of the picture.
    let (_, info) = joined(&[&[&[0x0e][..], &bytes, &KEY].concat()]).expect("sound");
    assert_eq!((info.size, info.is_key), (Some((640, 480)), true));
}

//~ covers 9628-4.2-i neg, 9628-4.2-e
#[test]
fn fields_that_are_cut_off_or_out_of_range_are_named() {
    let rows: [(&[u8], &str); 13] = [
        (&[], "I"),
        (&[0x88], "PICTURE ID"),
        (&[0x88, 0x80], "PICTURE ID"),
        (&[0x28], "TID"),
        (&[0x28, 0], "TL0PICIDX"),
        (&[0xd8, 1], "P_DIFF"),
        (&[0xd8, 1, 0x00, 9], "P_DIFF"),
        (&[0xd8, 1, 0x03, 0x03, 0x03, 9], "P_DIFF"),
        (&[0x0a], "N_S"),
        (&[0x0a, 0x10, 0, 1], "WIDTH"),
        (&[0x0a, 0x08, 1], "TID"),
        (&[0x0a, 0x08, 1, 0x0c, 1], "P_DIFF"),
        (&[0x0c], "VP9 payload"),
    ];
    for (payload, field) in rows {
        let (_, found) = fault(&[payload]);
        assert_eq!(found.replace("PictureID", "PICTURE ID"), field, "{payload:x?}");
    }
    // F without I says nothing: the byte behind is of the frame.
    assert_eq!(joined(&[&[0x5c, 0x86]]).expect("sound").0, [0x86]);
}

//~ covers 9628-4.3-a neg, 9628-4.2-d
#[test]
fn a_picture_is_all_its_frames_and_none_of_another() {
    let picture: [&[u8]; 3] =
        [&[0xa8, 0x05, 0x00, 9, 0x82], &[0xa4, 0x05, 0x00, 9, 0x49], &[0xac, 0x05, 0x03, 9, 0x86]];
    let (frame, info) = joined(&picture).expect("sound");
    assert_eq!(frame, [0x82, 0x49, 0x86]);
    assert_eq!(info.layer.map(|layer| layer.spatial_id), Some(1), "the highest");
    assert_eq!((info.tl0_picture_index, info.picture_id), (Some(9), Some(PictureId::Short(5))));
    assert_eq!(fault(&picture[1..]), (0, "B"));
    assert_eq!(fault(&[picture[0], picture[1], picture[1]]), (2, "B"), "a frame without its begin");
    assert_eq!(fault(&[picture[0], &[0xa4, 0x06, 0x00, 9, 0x49]]), (1, "PICTURE ID"));
    // An end bit that was forgotten does no harm.
    assert!(joined(&[picture[0], picture[2]]).is_ok());
}

#[test]
fn where_a_picture_begins_and_ends_is_told_by_its_lowest_layer() {
    let begins = [
        (&[0x0c, 1][..], true),
        (&[0x04, 1], false),
        (&[0x28, 0x02, 1], true),
        (&[0x28, 0x03, 1], false),
        (&[], false),
    ];
    assert!(begins.iter().all(|(payload, begins)| begins_frame(payload) == *begins));
    let ends = [(&[0x0c, 1][..], true), (&[0x08, 1], false), (&[0x24, 0x02, 1], false)];
    assert!(ends.iter().all(|(payload, ends)| ends_frame(payload) == *ends));
}
