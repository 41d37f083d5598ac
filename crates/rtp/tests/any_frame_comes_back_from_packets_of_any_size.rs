//! Properties of the payload formats: a frame is cut into payloads that fit, and they make the same frame again.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use limpid_rtp::codec::{
    Depacketizer, FirstIds, Format, FrameInfo, FrameToSend, Layer, Packetizer, PictureId, Unsendable,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Cuts a frame; each payload is checked against the bound, and the last piece is where it says.
fn cut(
    packetizer: &mut Packetizer,
    frame: &[u8],
    info: &FrameToSend,
    max: usize,
) -> Result<(Vec<Vec<u8>>, FrameInfo), Unsendable> {
    let said = packetizer.start(frame, info, max)?;
    let (mut payloads, mut ended) = (Vec::new(), false);
    let mut out = vec![0xee; 12]; // as behind the header of a packet
    while let Some(piece) = packetizer.next_payload(frame, &mut out) {
        let payload = out.split_off(12);
        assert!(!payload.is_empty() && payload.len() <= max, "{} of {max}", payload.len());
        assert!(!ended, "nothing comes after the last");
        ended = piece.is_last;
        payloads.push(payload);
    }
    assert!(ended && out == [0xee; 12]);
    Ok((payloads, said))
}

fn join(format: Format, payloads: &[Vec<u8>]) -> (Vec<u8>, FrameInfo) {
    let mut depacketizer = Depacketizer::new(format);
    let mut out = vec![0xdd];
    let info = depacketizer
        .depacketize(&mut payloads.iter().map(|payload| &payload[..]), &mut out)
        .expect("what was cut is sound");
    assert_eq!(out[0], 0xdd);
    (out.split_off(1), info)
}

/// There and back; what the frame says of itself is the same on both sides.
fn round_trip(format: Format, frame: &[u8], expected: &[u8], info: &FrameToSend, max: usize) {
    let mut packetizer = Packetizer::new(format, FirstIds { picture_id: 0x7ffe, tl0_picture_index: 0xff });
    match cut(&mut packetizer, frame, info, max) {
        Ok((payloads, said)) => {
            let (back, heard) = join(format, &payloads);
            assert_eq!(back, expected);
            assert_eq!(heard, said);
        }
        // With references and a structure, VP9 needs the most.
        Err(refused) => assert!(refused == Unsendable::NoRoom && max < 18, "{refused} {max}"),
    }
}

/// Packets as small as can be, and as large as they are.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![1_usize..40, 40_usize..1500, Just(1200), Just(65_535)]
}

fn body(max: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..max), vec(0_u8..3, 0..60)]
}

fn vp8_frame() -> impl Strategy<Value = Vec<u8>> {
    let key = [0x10, 1, 2, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00];
    (any::<bool>(), body(5000)).prop_map(move |(is_key, body)| {
        if is_key { [&key[..], &body].concat() } else { [&[0x11][..], &body].concat() }
    })
}

fn vp9_frame() -> impl Strategy<Value = Vec<u8>> {
    let key = [0x82, 0x49, 0x83, 0x42, 0x20, 0x13, 0xf0, 0x0e, 0xf0];
    (any::<bool>(), body(5000)).prop_map(move |(is_key, body)| {
        if is_key { [&key[..], &body].concat() } else { [&[0x86][..], &body].concat() }
    })
}

/// The place among layers of a frame that may be a key frame.
fn layer(temporal: u8, spatial: u8) -> impl Strategy<Value = Option<Layer>> {
    let some = (0..temporal, 0..spatial, any::<bool>(), any::<bool>()).prop_map(|(t, s, up, down)| {
        let (spatial_id, uses_lower_layer) = (s, down && s > 0);
        Some(Layer { temporal_id: t, spatial_id, is_switching_point: up, uses_lower_layer })
    });
    prop_oneof![Just(None), some]
}

/// The bytes of a NAL unit after its header: no start code in it, no zero at its end.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    for &byte in bytes {
        if byte <= 3 && out.ends_with(&[0, 0]) {
            out.push(3);
        }
        out.push(byte);
    }
    if out.last() == Some(&0) {
        out.push(0x80);
    }
    out
}

/// Units behind start codes of either length, and the same with long ones.
fn annex_b(units: &[(Vec<u8>, bool)]) -> (Vec<u8>, Vec<u8>) {
    let short = |(unit, is_long): &(Vec<u8>, bool)| match is_long {
        true => [&[0, 0, 0, 1][..], unit].concat(),
        false => [&[0, 0, 1][..], unit].concat(),
    };
    let long = |(unit, _): &(Vec<u8>, bool)| [&[0, 0, 0, 1][..], unit].concat();
    (units.iter().flat_map(short).collect(), units.iter().flat_map(long).collect())
}

fn h264_units() -> impl Strategy<Value = Vec<(Vec<u8>, bool)>> {
    let unit = (any::<u8>(), 1_u8..24, body(4000), any::<bool>()).prop_map(|(top, kind, body, is_long)| {
        ([&[top & 0xe0 | kind][..], &escaped(&body)].concat(), is_long)
    });
    vec(unit, 1..12)
}

fn h265_units() -> impl Strategy<Value = Vec<(Vec<u8>, bool)>> {
    let header = (any::<bool>(), 0_u8..48, 0_u8..64, 1_u8..8);
    let unit = (header, body(4000), any::<bool>()).prop_map(|((f, kind, layer, tid), body, is_long)| {
        let header = [u8::from(f) << 7 | kind << 1 | layer >> 5, layer << 3 | tid];
        ([&header[..], &escaped(&body)].concat(), is_long)
    });
    vec(unit, 1..12)
}

/// One OBU: type, extension, payload.
type Obu = (u8, Option<u8>, Vec<u8>);

fn leb128(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn obu(obu: &Obu, has_size: bool) -> Vec<u8> {
    let (kind, extension, payload) = obu;
    let mut out = vec![kind << 3 | u8::from(extension.is_some()) << 2 | u8::from(has_size) << 1];
    out.extend(extension);
    if has_size {
        out.extend(leb128(payload.len()));
    }
    out.extend_from_slice(payload);
    out
}

fn av1_obus() -> impl Strategy<Value = Vec<Obu>> {
    let extension = prop_oneof![2 => Just(None), 1 => (0_u8..3).prop_map(|layer| Some(layer << 3))];
    vec((0_u8..16, extension, body(3000)), 1..10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    //~ covers 7741-4.2-c
    #[test]
    fn vp8(frame in vp8_frame(), layer in layer(4, 1), is_discardable in any::<bool>(), max in size()) {
        let info = FrameToSend { layer, is_discardable, ..FrameToSend::default() };
        round_trip(Format::Vp8, &frame, &frame, &info, max);
    }

    //~ covers 9628-4.2-b
    #[test]
    fn vp9(frame in vp9_frame(), layer in layer(1, 8), references in any::<[u8; 3]>(), max in size()) {
        let references = references.map(|distance| distance & 0x7f);
        let info = FrameToSend { layer, references, ..FrameToSend::default() };
        round_trip(Format::Vp9, &frame, &frame, &info, max);
    }

    #[test]
    fn h264(units in h264_units(), max in size()) {
        let (frame, expected) = annex_b(&units);
        round_trip(Format::H264 { mode: 1 }, &frame, &expected, &FrameToSend::default(), max);
        let longest = units.iter().map(|(unit, _)| unit.len()).max().unwrap();
        round_trip(Format::H264 { mode: 0 }, &frame, &expected, &FrameToSend::default(), longest);
    }

    #[test]
    fn h265(units in h265_units(), max in size()) {
        let (frame, expected) = annex_b(&units);
        round_trip(Format::H265, &frame, &expected, &FrameToSend::default(), max);
    }

    #[test]
    fn av1(obus in av1_obus(), last_has_size in any::<bool>(), max in size()) {
        let count = obus.len();
        let frame: Vec<u8> = obus
            .iter()
            .enumerate()
            .flat_map(|(number, one)| obu(one, last_has_size || number + 1 < count))
            .collect();
        let is_sent = |one: &&Obu| one.0 != 2 && one.0 != 8;
        let expected: Vec<u8> = obus.iter().filter(is_sent).flat_map(|one| obu(one, true)).collect();
        if expected.is_empty() {
            let mut packetizer = Packetizer::new(Format::Av1, FirstIds::default());
            let refused = if max < 2 { Unsendable::NoRoom } else { Unsendable::Empty };
            prop_assert_eq!(packetizer.start(&frame, &FrameToSend::default(), max), Err(refused));
        } else {
            round_trip(Format::Av1, &frame, &expected, &FrameToSend::default(), max);
        }
    }
}

/// One frame of each format that may be cut, with what comes back.
fn samples() -> Vec<(Format, Vec<u8>, Vec<u8>)> {
    let noise: Vec<u8> = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 1).collect();
    let vp8 = [&[0x10, 1, 2, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00][..], &noise].concat();
    let vp9 = [&[0x82, 0x49, 0x83, 0x42, 0x20, 0x13, 0xf0, 0x0e, 0xf0][..], &noise].concat();
    let h264: Vec<u8> =
        [&[0, 0, 0, 1, 0x67, 9, 9, 0, 0, 0, 1, 0x68, 9, 0, 0, 0, 1, 0x65][..], &noise].concat();
    let h265: Vec<u8> =
        [&[0, 0, 0, 1, 64, 1, 9, 0, 0, 0, 1, 66, 1, 9, 0, 0, 0, 1, 38, 1][..], &noise].concat();
    let parts =
        [(1, None, noise[..11].to_vec()), (6, None, noise.clone()), (5, Some(8), noise[..700].to_vec())];
    let av1: Vec<u8> = parts.iter().flat_map(|one| obu(one, true)).collect();
    let all = [
        (Format::Vp8, vp8),
        (Format::Vp9, vp9),
        (Format::H264 { mode: 1 }, h264),
        (Format::H265, h265),
        (Format::Av1, av1),
    ];
    all.into_iter().map(|(format, frame)| (format, frame.clone(), frame)).collect()
}

#[test]
fn at_every_packet_size_from_the_smallest_to_that_of_ethernet() {
    for (format, frame, expected) in samples() {
        let mut smallest = None;
        for max in 0..=1500 {
            let mut packetizer = Packetizer::new(format, FirstIds::default());
            match cut(&mut packetizer, &frame, &FrameToSend::default(), max) {
                Ok((payloads, _)) => {
                    smallest.get_or_insert(max);
                    assert_eq!(join(format, &payloads).0, expected, "{format:?} {max}");
                    assert!(Depacketizer::new(format).begins_frame(&payloads[0]), "{format:?} {max}");
                }
                Err(refused) => {
                    assert_eq!((refused, smallest), (Unsendable::NoRoom, None), "{format:?} {max}");
                }
            }
        }
        let expected = match format {
            Format::Vp8 => 5,
            Format::Vp9 => 12,
            Format::H264 { .. } => 3,
            Format::H265 => 4,
            _ => 2,
        };
        assert_eq!(smallest, Some(expected), "{format:?}: its own headers and one byte");
    }
}

//~ covers 7741-4.2-f, 9628-4.2-d
#[test]
fn picture_ids_count_frames_over_their_wrap() {
    for (format, frame, _) in samples().into_iter().take(2) {
        let mut packetizer = Packetizer::new(format, FirstIds { picture_id: 0x7ffd, tl0_picture_index: 0 });
        for expected in [0x7ffd, 0x7ffe, 0x7fff, 0, 1] {
            let (payloads, said) = cut(&mut packetizer, &frame, &FrameToSend::default(), 1200).unwrap();
            assert_eq!(said.picture_id, Some(PictureId::Long(expected)));
            assert_eq!(join(format, &payloads).1.picture_id, said.picture_id);
        }
    }
}
