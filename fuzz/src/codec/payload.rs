//! RTP payload formats: payloads of a frame, as a jitter buffer hands them over.

use limpid_rtp::PayloadType;
use limpid_rtp::codec::telephone_event::{Heard, Listener};
use limpid_rtp::codec::{Depacketizer, FirstIds, Format, FrameToSend, Packetizer, opus, red};

use crate::Outcome;

/// Frames are bounded so that a bound is met.
const MAX_FRAME: usize = 4096;

const FORMATS: [Format; 6] =
    [Format::Vp8, Format::Vp9, Format::H264 { mode: 1 }, Format::H265, Format::Av1, Format::Opus];

/// The first byte says the format, the second how long payloads may be when the frame is cut again; then come payloads, each
/// behind its length in one byte. What is put together is cut again, and must come out the same.
pub fn payload(data: &[u8]) -> Outcome {
    let [which, max, rest @ ..] = data else { return Outcome::Refused };
    let payloads = payloads(rest);
    match FORMATS.get(usize::from(*which)) {
        Some(format) => frame(*format, &payloads, usize::from(*max)),
        None if which % 2 == 0 => redundant(rest),
        None => events(&payloads),
    }
}

fn payloads(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut payloads = Vec::new();
    while let [len, behind @ ..] = rest {
        let (payload, behind) = behind.split_at(behind.len().min(usize::from(*len)));
        payloads.push(payload);
        rest = behind;
    }
    payloads
}

fn frame(format: Format, payloads: &[&[u8]], max: usize) -> Outcome {
    let mut depacketizer = Depacketizer::new(format).with_max_frame(MAX_FRAME);
    for payload in payloads {
        let _ = (depacketizer.begins_frame(payload), depacketizer.ends_frame(payload));
    }
    let mut frame = vec![0xaa];
    if depacketizer.depacketize(&mut payloads.iter().copied(), &mut frame).is_err() {
        assert_eq!(frame, [0xaa], "nothing is left behind");
        return Outcome::Refused;
    }
    let frame = frame.split_off(1);
    assert!(!frame.is_empty() && frame.len() <= MAX_FRAME);
    let Some(again) = there_and_back(format, &frame, max) else { return Outcome::Accepted };
    if matches!(format, Format::H264 { .. } | Format::H265) {
        // A unit may have held what looks like a start code; once that is one, all stays as it is.
        assert_eq!(there_and_back(format, &again, max).as_ref(), Some(&again));
    } else {
        assert_eq!(again, frame);
    }
    Outcome::Accepted
}

/// Cuts a frame and puts it together. `None`: it can not be sent in packets of this size.
fn there_and_back(format: Format, frame: &[u8], max: usize) -> Option<Vec<u8>> {
    let mut packetizer = Packetizer::new(format, FirstIds::default());
    let said = packetizer.start(frame, &FrameToSend::default(), max).ok()?;
    let (mut payloads, mut ended) = (Vec::new(), false);
    let mut out = Vec::new();
    while let Some(piece) = packetizer.next_payload(frame, &mut out) {
        assert!(!out.is_empty() && out.len() <= max && !ended);
        ended = piece.is_last;
        payloads.push(std::mem::take(&mut out));
    }
    assert!(ended);
    let mut back = Vec::new();
    let heard = Depacketizer::new(format)
        .depacketize(&mut payloads.iter().map(|payload| &payload[..]), &mut back)
        .expect("what was cut is sound");
    assert_eq!(heard, said);
    Some(back)
}

fn redundant(payload: &[u8]) -> Outcome {
    let Ok(blocks) = red::Blocks::parse(payload) else { return Outcome::Refused };
    let blocks: Vec<_> = blocks.collect();
    let (last, earlier) = blocks.split_last().expect("at least one");
    let mut out = Vec::new();
    red::write(&mut out, earlier, last.payload_type, last.data);
    assert_eq!(out, payload);
    Outcome::Accepted
}

/// Each payload in a packet, the first four bytes of which are its timestamp.
fn events(payloads: &[&[u8]]) -> Outcome {
    let (mut listener, mut outcome) = (Listener::default(), Outcome::Refused);
    let (mut began, mut ended) = (0, 0);
    for packet in payloads {
        let Some((timestamp, payload)) = packet.split_first_chunk() else { continue };
        let _ = opus::ticks(payload);
        let heard = listener.receive(u32::from_be_bytes(*timestamp), payload, |what| match what {
            Heard::Began { .. } => began += 1,
            Heard::Ended { .. } => ended += 1,
        });
        if heard.is_ok() {
            outcome = Outcome::Accepted;
        }
        assert!(began == ended || began == ended + 1, "each event ends once, before the next begins");
    }
    ended += usize::from(listener.lapse().is_some());
    assert_eq!(began, ended);
    outcome
}

/// A frame of each format in packets, redundant audio, and events.
pub fn payload_seeds() -> Vec<Vec<u8>> {
    let noise: Vec<u8> = (1..200).collect();
    let frames: [Vec<u8>; 6] = [
        [&[0x10, 1, 2, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00][..], &noise].concat(),
        [&[0x82, 0x49, 0x83, 0x42, 0x20, 0x13, 0xf0, 0x0e, 0xf0][..], &noise].concat(),
        [&[0, 0, 1, 0x67, 9, 9, 0, 0, 1, 0x68, 9, 0, 0, 1, 0x65][..], &noise].concat(),
        [&[0, 0, 1, 64, 1, 9, 0, 0, 1, 66, 1, 9, 0, 0, 1, 38, 1][..], &noise].concat(),
        [&[0x0a, 2, 1, 1, 0x30][..], &noise].concat(),
        [&[0xfc][..], &noise[..80]].concat(),
    ];
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for (which, (format, frame)) in FORMATS.iter().zip(&frames).enumerate() {
        let mut packetizer = Packetizer::new(*format, FirstIds::default());
        let max = 90;
        packetizer.start(frame, &FrameToSend::default(), max).expect("sound");
        let (mut seed, mut out) = (vec![which as u8, max as u8], Vec::new());
        while packetizer.next_payload(frame, &mut out).is_some() {
            seed.push(out.len() as u8);
            seed.append(&mut out);
        }
        seeds.push(seed);
    }
    let mut redundant = vec![6, 0];
    let earlier = red::Block { payload_type: PayloadType(111), timestamp_offset: 960, data: &[1, 2, 3] };
    red::write(&mut redundant, &[earlier], PayloadType(111), &[4, 5, 6]);
    seeds.push(redundant);
    let reports: [[u8; 4]; 3] = [[5, 10, 0, 160], [5, 10, 0xff, 0xff], [5, 0x8a, 1, 0]];
    let mut events = vec![7, 0];
    for (timestamp, report) in [[0, 0, 0, 1], [0, 0, 0, 1], [0, 1, 0, 0]].iter().zip(reports) {
        events.push(8);
        events.extend_from_slice(&[&timestamp[..], &report].concat());
    }
    seeds.push(events);
    // A VP9 picture of two layers with a structure, a PACI of H.265, and AV1 with lengths for all.
    seeds.push(vec![1, 60, 9, 0xba, 1, 0x00, 0x18, 1, 4, 1, 0x86, 1, 4, 0xac, 1, 0x02, 7]);
    seeds.push(vec![3, 60, 8, 0x64, 1, 0x26, 0x18, 0xee, 0x80, 1, 2]);
    seeds.push(vec![4, 60, 11, 0x00, 2, 0x08, 1, 2, 0x28, 5, 3, 0x30, 6, 7]);
    seeds
}
