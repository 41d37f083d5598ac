//! VP8: descriptors bit by bit, and what is no frame.

use super::super::{Depacketizer, Format, Packetizer};
use super::*;
use alloc::vec;

const KEY: [u8; 12] = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x41, 5, 6];

fn payloads(packetizer: &mut Packetizer, frame: &[u8], info: &FrameToSend, max: usize) -> Vec<Vec<u8>> {
    packetizer.start(frame, info, max).expect("sound");
    let mut all = Vec::new();
    loop {
        let mut out = Vec::new();
        let Some(piece) = packetizer.next_payload(frame, &mut out) else { return all };
        assert_eq!(piece.marker, piece.is_last);
        all.push(out);
    }
}

fn join_vec(payloads: &[&[u8]]) -> Result<(Vec<u8>, FrameInfo), Malformed> {
    let mut out = vec![];
    let info = Depacketizer::new(Format::Vp8).depacketize(&mut payloads.iter().copied(), &mut out)?;
    Ok((out, info))
}

//~ covers 7741-4.2-a, 7741-4.2-c, 7741-4.2-d, 7741-4.2-e, 7741-4.1-a
#[test]
fn the_descriptor_is_the_same_in_each_packet_but_for_the_start() {
    let mut packetizer =
        Packetizer::new(Format::Vp8, FirstIds { picture_id: 0xffff, tl0_picture_index: 0xff });
    let all = payloads(&mut packetizer, &KEY, &FrameToSend::default(), 10);
    let expected: [&[u8]; 2] = [
        &[0x90, 0x80, 0xff, 0xff, 0x10, 0, 0, 0x9d, 0x01, 0x2a],
        &[0x80, 0x80, 0xff, 0xff, 0x80, 0x02, 0x68, 0x41, 5, 6],
    ];
    assert_eq!(all, expected);

    let layer = |temporal_id, is_switching_point| FrameToSend {
        layer: Some(Layer { temporal_id, is_switching_point, ..Layer::default() }),
        is_discardable: temporal_id > 0,
        ..FrameToSend::default()
    };
    let base = payloads(&mut packetizer, &[0x11, 7], &layer(0, false), 100);
    assert_eq!(base, [[0x90, 0xe0, 0x80, 0x00, 0x00, 0x00, 0x11, 7]], "both numbers wrapped");
    let above = payloads(&mut packetizer, &[0x11, 8], &layer(2, true), 100);
    assert_eq!(above, [[0xb0, 0xe0, 0x80, 0x01, 0x00, 0xa0, 0x11, 8]]);
    let base = payloads(&mut packetizer, &[0x11, 7], &layer(0, false), 100);
    assert_eq!(base[0][4], 1, "TL0PICIDX counts frames of the lowest layer");
}

//~ covers 7741-4.3-a
#[test]
fn a_key_frame_tells_its_size_without_the_scale() {
    let (frame, info) = join_vec(&[&[&[0x10][..], &KEY].concat()]).expect("sound");
    assert_eq!((frame, info.is_key, info.size), (KEY.to_vec(), true, Some((640, 360))));
    let (_, info) = join_vec(&[&[0x10, 0x11, 1]]).expect("sound");
    assert_eq!((info.is_key, info.size), (false, None));
    let (_, info) = join_vec(&[&[0x10, 0x10, 1]]).expect("the decoder will complain");
    assert_eq!((info.is_key, info.size), (true, None));
}

//~ covers 7741-4.2-b neg
#[test]
fn reserved_bits_and_fields_without_their_flag_are_not_looked_at() {
    let read = |bytes: &[u8]| {
        let mut reader = Reader::new(bytes);
        Descriptor::read(&mut reader).map(|descriptor| (descriptor, reader.remaining()))
    };
    let plain = Descriptor { begins_partition: true, ..Descriptor::default() };
    assert_eq!(read(&[0x58, 1, 2]), Ok((plain, 2)), "both R are set");
    assert_eq!(read(&[0x90, 0x0f, 1]), Ok((plain, 1)), "RSV is set");
    // K alone: the byte is there, but TID and Y say nothing. T alone: KEYIDX says nothing.
    assert_eq!(read(&[0x90, 0x10, 0xff]), Ok((Descriptor { key_index: Some(31), ..plain }, 0)));
    assert_eq!(read(&[0x90, 0x20, 0xff]), Ok((Descriptor { temporal: Some((3, true)), ..plain }, 0)));
    // A picture id of seven bits.
    let id = Some(PictureId::Short(17));
    assert_eq!(read(&[0x90, 0x80, 17, 9]), Ok((Descriptor { picture_id: id, ..plain }, 1)));
}

#[test]
fn each_field_that_is_cut_off_is_named() {
    let fields = [
        (&[][..], "X"),
        (&[0x90], "I"),
        (&[0x90, 0x80], "PictureID"),
        (&[0x90, 0x80, 0x81], "PictureID"),
        (&[0x90, 0x40], "TL0PICIDX"),
        (&[0x90, 0x20], "TID"),
        (&[0x90, 0x10], "TID"),
        (&[0x90, 0x80, 0x05], "VP8 payload"),
    ];
    for (payload, field) in fields {
        let error = join_vec(&[payload]).expect_err(field);
        assert_eq!((error.payload, error.fault.field), (0, field));
    }
}

//~ covers 7741-4.4-a neg
#[test]
fn a_frame_without_its_begin_or_with_pieces_of_another_is_refused() {
    for first in [0x00, 0x11, 0x01] {
        assert!(join_vec(&[&[first, 1, 2]]).is_err(), "{first:#x}");
        assert!(!begins_frame(&[first, 1, 2]));
    }
    let mixed: [&[u8]; 2] = [&[0x90, 0x80, 5, 0x11], &[0x80, 0x80, 6, 0x22]];
    assert_eq!(
        join_vec(&mixed).map_err(|error| (error.payload, error.fault.field)).err(),
        Some((1, "PictureID"))
    );
    // Partitions in packets of their own are one frame all the same.
    let partitions: [&[u8]; 3] = [&[0x10, 0x11], &[0x00, 2], &[0x11, 3]];
    assert_eq!(join_vec(&partitions).expect("sound").0, [0x11, 2, 3]);
}

#[test]
fn frames_that_can_not_be_sent_use_up_no_picture_id() {
    let mut packetizer = Packetizer::new(Format::Vp8, FirstIds::default());
    let plain = FrameToSend::default();
    let too_high = FrameToSend { layer: Some(Layer { temporal_id: 4, ..Layer::default() }), ..plain };
    assert_eq!(packetizer.start(&[], &plain, 100), Err(Unsendable::Empty));
    assert_eq!(packetizer.start(&[0x10, 1, 2, 3, 4, 5, 6, 7, 8, 9], &plain, 100), Err(Unsendable::Malformed));
    assert_eq!(packetizer.start(&[0x11], &plain, 4), Err(Unsendable::NoRoom));
    assert_eq!(packetizer.start(&[0x11], &too_high, 100), Err(Unsendable::BadLayer));
    assert_eq!(packetizer.next_payload(&[0x11], &mut Vec::new()), None);
    let info = packetizer.start(&[0x11], &plain, 5).expect("one byte fits");
    assert_eq!(info.picture_id, Some(PictureId::Long(0)));
}
