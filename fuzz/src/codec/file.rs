//! Media files: whatever is in one is refused, or read to its end, written, and then reads the same.

use std::io::Cursor;

use limpid_app::media::frame::Codec;
use limpid_app::media::ogg::{self, opus};
use limpid_app::media::{annexb, bitstream, ivf, sps, wav};

use crate::Outcome;

/// What a reader gave, up to its end or to a fault.
fn all<T>(mut next: impl FnMut() -> std::io::Result<Option<T>>) -> Vec<T> {
    let mut found = Vec::new();
    while let Ok(Some(one)) = next() {
        found.push(one);
    }
    found
}

/// Reads, writes, reads again: packets and their times are the same.
pub fn ogg(data: &[u8]) -> Outcome {
    let read = |bytes: &[u8]| {
        let mut reader = ogg::Reader::new(bytes).ok()?;
        Some((*reader.head(), all(|| reader.next_packet())))
    };
    let Some((head, packets)) = read(data) else { return Outcome::Refused };
    assert!(packets.windows(2).all(|pair| pair[0].at + u64::from(pair[0].duration) <= pair[1].at));
    let mut writer = ogg::Writer::new(Vec::new(), 5, &opus::Head { family: 0, channels: 2, ..head }).unwrap();
    for packet in &packets {
        assert_eq!(opus::duration(&packet.data), Some(packet.duration));
        if writer.write(packet.at, packet.duration, &packet.data).is_err() {
            return Outcome::Accepted; // longer than a page of ours
        }
    }
    let (_, again) = read(&writer.finish().unwrap()).expect("what was written");
    let beginning = packets.first().map_or(0, |packet| packet.at);
    assert!(packets.iter().zip(&again).all(|(a, b)| a.at - beginning == b.at && a.data == b.data));
    assert_eq!(packets.len(), again.len());
    Outcome::Accepted
}

/// Reads, writes, reads again; and looks into every frame.
pub fn ivf(data: &[u8]) -> Outcome {
    let read = |bytes: &[u8]| {
        let mut reader = ivf::Reader::new(bytes).ok()?;
        Some((*reader.header(), all(|| reader.next_frame())))
    };
    let Some((header, frames)) = read(data) else { return Outcome::Refused };
    let mut writer = ivf::Writer::new(Cursor::new(Vec::new()), header).unwrap();
    for frame in &frames {
        bitstream::dimensions(header.codec, &frame.data);
        writer.write(frame.time, &frame.data).unwrap();
    }
    let again = read(&writer.finish().unwrap().into_inner());
    assert_eq!(again, Some((ivf::Header { frames: frames.len() as u32, ..header }, frames)));
    Outcome::Accepted
}

/// Reads all samples, at 8 kHz too.
pub fn wav(data: &[u8]) -> Outcome {
    let Ok(mut reader) = wav::Reader::new(data) else { return Outcome::Refused };
    let format = reader.format();
    let (mut samples, mut out) = (Vec::new(), Vec::new());
    while reader.read(160, &mut samples).is_ok_and(|count| count > 0) {}
    assert!(samples.len() <= data.len());
    let mut resampler = wav::Resampler::new(format.rate, 8000);
    samples.iter().for_each(|sample| resampler.push(*sample, &mut out));
    assert_eq!(out.len() as u64, samples.len() as u64 * 8000 / u64::from(format.rate));
    Outcome::Accepted
}

/// Reads in pictures and all at once: the NAL units are the same.
pub fn annexb(data: &[u8]) -> Outcome {
    let Ok(mut reader) = annexb::Reader::new(data) else { return Outcome::Refused };
    let units = all(|| reader.next_unit());
    if let Some(sps) = reader.sps() {
        sps::frame_duration(sps);
    }
    let pictures: Vec<&[u8]> = units.iter().flat_map(|unit| annexb::nal_units(&unit.data)).collect();
    assert_eq!(pictures, annexb::nal_units(data).collect::<Vec<_>>());
    let keys = units.iter().filter(|unit| bitstream::is_key(Codec::H264, &unit.data)).count();
    assert_eq!(keys, units.iter().filter(|unit| unit.is_key).count());
    Outcome::Accepted
}

/// With a hole, with a long packet, and with nothing in it.
pub fn ogg_seeds() -> Vec<Vec<u8>> {
    let head = opus::Head { channels: 2, pre_skip: 312, input_rate: 48_000, gain: 0, family: 0 };
    [&[(0, 3), (960, 20), (9600, 5)][..], &[(0, 700)], &[]]
        .map(|packets| {
            let mut writer = ogg::Writer::new(Vec::new(), 1, &head).unwrap();
            for (at, len) in packets {
                writer.write(*at, 960, &vec![0xfc; *len]).unwrap();
            }
            writer.finish().unwrap()
        })
        .into()
}

/// Of each codec, with key frames as encoders make them.
pub fn ivf_seeds() -> Vec<Vec<u8>> {
    const VP8: &[u8] = &[0x10, 0, 0, 0x9d, 1, 0x2a, 64, 0, 48, 0, 1];
    const VP9: &[u8] = &[0x82, 0x49, 0x83, 0x42, 0, 0x09, 0xf0, 0x07, 0x70];
    const AV1: &[u8] = &[0x12, 0, 0x0a, 0x0a, 0, 0, 0, 2, 0xaf, 0xff, 0x9b, 0x5f, 0x20, 8];
    [(Codec::Vp8, VP8), (Codec::Vp9, VP9), (Codec::Av1, AV1)]
        .map(|(codec, key)| {
            let header = ivf::Header { codec, width: 64, height: 48, rate: 30, scale: 1, frames: 0 };
            let mut writer = ivf::Writer::new(Cursor::new(Vec::new()), header).unwrap();
            for (time, frame) in [(0, key), (1, &key[..4]), (5, key)] {
                writer.write(time, frame).unwrap();
            }
            writer.finish().unwrap().into_inner()
        })
        .into()
}

/// Of each encoding.
pub fn wav_seeds() -> Vec<Vec<u8>> {
    use wav::Encoding::{ALaw, MuLaw, Pcm8, Pcm16};
    [(MuLaw, 1, 8000), (ALaw, 1, 8000), (Pcm16, 2, 48_000), (Pcm8, 1, 11_025)]
        .map(|(encoding, channels, rate)| {
            let format = wav::Format { encoding, channels, rate };
            let mut writer = wav::Writer::new(Cursor::new(Vec::new()), format).unwrap();
            writer.write(&(0..400).map(|n| n as u8).collect::<Vec<_>>()).unwrap();
            writer.finish().unwrap().into_inner()
        })
        .into()
}

/// Two pictures, the first with parameter sets (High, 160 × 120, 25 a second) and two slices.
pub fn annexb_seeds() -> Vec<Vec<u8>> {
    const SPS: &[u8] = &[
        0x67, 0x64, 0x00, 0x0b, 0xac, 0xd9, 0x42, 0x84, 0x7e, 0x5c, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40,
        0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0x65, 0x80,
    ];
    [
        &[SPS, &[0x68, 0xeb], &[0x65, 0x88, 1], &[0x65, 0x42, 2], &[0x41, 0x9a, 3]][..],
        &[&[9, 0x10], &[0x65, 0x88]],
    ]
    .map(|nals| {
        let mut out = Vec::new();
        nals.iter().for_each(|nal| annexb::write(nal, &mut out));
        out
    })
    .into()
}
