//! Whatever comes from the network is a frame or a fault: no panic, no growth over the bound, nothing left behind.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use limpid_rtp::codec::telephone_event::Listener;
use limpid_rtp::codec::{Depacketizer, FirstIds, Format, FrameToSend, Packetizer, opus, red};
use limpid_sansio::wire::ParseErrorKind;
use proptest::collection::vec;
use proptest::prelude::*;

const FORMATS: [Format; 9] = [
    Format::Vp8,
    Format::Vp9,
    Format::H264 { mode: 1 },
    Format::H265,
    Format::Av1,
    Format::Opus,
    Format::Pcmu,
    Format::TelephoneEvent,
    Format::Raw,
];

const MAX: usize = 600;

fn feed(format: Format, payloads: &[Vec<u8>]) {
    let mut depacketizer = Depacketizer::new(format).with_max_frame(MAX);
    let mut out = vec![1, 2, 3];
    let mut slices = payloads.iter().map(|payload| &payload[..]);
    for payload in payloads {
        let _ = (depacketizer.begins_frame(payload), depacketizer.ends_frame(payload));
    }
    match depacketizer.depacketize(&mut slices, &mut out) {
        Ok(_) => assert!(out.len() > 3 && out.len() <= MAX + 3),
        Err(error) => {
            assert_eq!(out.len(), 3, "{format:?}");
            assert!(error.payload <= payloads.len());
            let is_too_large = error.fault.kind == ParseErrorKind::TooLarge;
            assert!(!is_too_large || payloads.iter().map(Vec::len).sum::<usize>() > 4);
        }
    }
    assert_eq!(out[..3], [1, 2, 3]);
}

/// Bytes that begin as the headers of some format do.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        any::<u8>(),
        Just(0x90),                            // VP8 with extension and start
        Just(0xba),                            // VP9 with layers, begin and structure
        Just(0x78),                            // STAP-A
        Just(0x7c),                            // FU-A
        48_u8..102,                            // AP, FU, PACI of H.265
        (0_u8..16).prop_map(|bits| bits << 4), // AV1
    ];
    (head, vec(any::<u8>(), 0..80)).prop_map(|(head, rest)| [&[head][..], &rest].concat())
}

fn sample(format: Format) -> Option<Vec<u8>> {
    let noise: Vec<u8> = (1..250).collect();
    match format {
        Format::Vp8 => Some([&[0x10, 1, 2, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00][..], &noise].concat()),
        Format::Vp9 => Some([&[0x82, 0x49, 0x83, 0x42, 0x20, 0x13, 0xf0, 0x0e, 0xf0][..], &noise].concat()),
        Format::H264 { .. } => {
            Some([&[0, 0, 1, 0x67, 9, 9, 0, 0, 1, 0x68, 9, 0, 0, 1, 0x65][..], &noise].concat())
        }
        Format::H265 => Some([&[0, 0, 1, 64, 1, 9, 0, 0, 1, 66, 1, 9, 0, 0, 1, 38, 1][..], &noise].concat()),
        Format::Av1 => Some([&[0x0a, 2, 1, 1, 0x32, 0xf9, 0x01][..], &noise].concat()),
        _ => None,
    }
}

/// The payloads of a sound frame.
fn cut(format: Format, max: usize) -> Option<Vec<Vec<u8>>> {
    let frame = sample(format)?;
    let mut packetizer = Packetizer::new(format, FirstIds::default());
    packetizer.start(&frame, &FrameToSend::default(), max).ok()?;
    let mut payloads = Vec::new();
    loop {
        let mut out = Vec::new();
        if packetizer.next_payload(&frame, &mut out).is_none() {
            return Some(payloads);
        }
        payloads.push(out);
    }
}

/// What may happen to payloads on their way.
#[derive(Clone, Debug)]
enum Harm {
    Lose(prop::sample::Index),
    Repeat(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Flip(prop::sample::Index, prop::sample::Index, u8),
    Truncate(prop::sample::Index, prop::sample::Index),
}

fn harm() -> impl Strategy<Value = Harm> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        index().prop_map(Harm::Lose),
        index().prop_map(Harm::Repeat),
        (index(), index()).prop_map(|(a, b)| Harm::Swap(a, b)),
        (index(), index(), 0_u8..8).prop_map(|(at, byte, bit)| Harm::Flip(at, byte, bit)),
        (index(), index()).prop_map(|(at, len)| Harm::Truncate(at, len)),
    ]
}

fn apply(harm: &Harm, payloads: &mut Vec<Vec<u8>>) {
    if payloads.is_empty() {
        return;
    }
    let count = payloads.len();
    match harm {
        Harm::Lose(at) => drop(payloads.remove(at.index(count))),
        Harm::Repeat(at) => payloads.push(payloads[at.index(count)].clone()),
        Harm::Swap(a, b) => payloads.swap(a.index(count), b.index(count)),
        Harm::Flip(at, byte, bit) => {
            let payload = &mut payloads[at.index(count)];
            if !payload.is_empty() {
                let byte = byte.index(payload.len().min(16));
                payload[byte] ^= 1 << bit;
            }
        }
        Harm::Truncate(at, len) => {
            let payload = &mut payloads[at.index(count)];
            payload.truncate(len.index(payload.len() + 1));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_payloads(payloads in vec(payload(), 0..8)) {
        for format in FORMATS {
            feed(format, &payloads);
        }
    }

    #[test]
    fn sound_payloads_that_came_to_harm(
        which in 0_usize..5,
        max in 12_usize..120,
        harms in vec(harm(), 1..4),
    ) {
        let mut payloads = cut(FORMATS[which], max).unwrap();
        harms.iter().for_each(|harm| apply(harm, &mut payloads));
        feed(FORMATS[which], &payloads);
    }

    #[test]
    fn any_bytes_as_redundant_audio_opus_or_an_event(bytes in vec(any::<u8>(), 0..60), timestamp in any::<u32>()) {
        if let Ok(blocks) = red::Blocks::parse(&bytes) {
            let (all, mut bytes_seen) = (blocks.collect::<Vec<_>>(), 0);
            all.iter().for_each(|block| bytes_seen += block.data.len());
            prop_assert!(!all.is_empty() && all.last().unwrap().timestamp_offset == 0);
            let mut out = Vec::new();
            let (last, earlier) = all.split_last().unwrap();
            red::write(&mut out, earlier, last.payload_type, last.data);
            prop_assert_eq!(&out, &bytes);
            prop_assert!(bytes_seen < bytes.len());
        }
        if let Ok(ticks) = opus::ticks(&bytes) {
            prop_assert!(ticks > 0 && ticks <= 5760 && ticks % 120 == 0);
        }
        let mut listener = Listener::default();
        let _ = listener.receive(timestamp, &bytes, |_| {});
        let _ = listener.receive(timestamp.wrapping_add(0xffff), &bytes, |_| {});
    }
}

#[test]
fn a_payload_that_was_lost_is_found_missing_where_the_format_can_tell() {
    // In the middle of VP8 and VP9 only the sequence number tells; all others, and all ends, are told by the payloads.
    for format in [Format::Vp8, Format::Vp9, Format::H264 { mode: 1 }, Format::H265, Format::Av1] {
        let whole = cut(format, 60).unwrap();
        let joins = |payloads: &[Vec<u8>]| {
            let mut slices = payloads.iter().map(|payload| &payload[..]);
            Depacketizer::new(format).depacketize(&mut slices, &mut Vec::new()).is_ok()
        };
        assert!(joins(&whole) && whole.len() > 3);
        let first_part = whole.len() - 4; // of the last unit, which is cut in several
        assert!(!joins(&whole[1..]) || matches!(format, Format::H264 { .. } | Format::H265));
        assert!(!joins(&whole[first_part + 1..]), "{format:?}: it begins in the middle");
    }
}
