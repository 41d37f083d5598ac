//! Files that are whole, cut off, odd, and none at all.

use std::io::{self, Cursor};

use proptest::prelude::*;

use super::*;
use limpid::limpid_rtp::codec::pcm::{from_mu_law, to_mu_law};

const MU_LAW: Format = Format { encoding: Encoding::MuLaw, channels: 1, rate: 8000 };

fn written(format: Format, samples: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new(Cursor::new(Vec::new()), format).unwrap();
    writer.write(samples).unwrap();
    writer.finish().unwrap().into_inner()
}

fn read(bytes: &[u8]) -> io::Result<(Format, Vec<i16>)> {
    let mut reader = Reader::new(bytes)?;
    let mut samples = Vec::new();
    while reader.read(100, &mut samples)? > 0 {}
    Ok((reader.format(), samples))
}

#[test]
fn lengths_are_where_they_should_be() {
    let bytes = written(MU_LAW, &[1, 2, 3]);
    assert_eq!(bytes.len(), 58 + 4, "padded");
    assert_eq!(bytes[4..8], 54_u32.to_le_bytes());
    assert_eq!(bytes[54..58], 3_u32.to_le_bytes());
    assert_eq!(read(&bytes).unwrap(), (MU_LAW, vec![from_mu_law(1), from_mu_law(2), from_mu_law(3)]));
}

#[test]
fn channels_are_mixed() {
    let format = Format { encoding: Encoding::Pcm16, channels: 2, rate: 48_000 };
    let samples: Vec<u8> =
        [1000_i16, 3000, -5, 5, i16::MIN, i16::MIN].iter().flat_map(|s| s.to_le_bytes()).collect();
    assert_eq!(read(&written(format, &samples)).unwrap().1, [2000, 0, i16::MIN]);
    let format = Format { encoding: Encoding::Pcm8, channels: 1, rate: 11_025 };
    assert_eq!(read(&written(format, &[0, 128, 255])).unwrap().1, [i16::MIN, 0, 32_512]);
}

#[test]
fn other_chunks_are_passed_over_and_a_missing_length_means_to_the_end() {
    let mut bytes = written(MU_LAW, &[1, 2, 3, 4]);
    bytes.splice(12..12, *b"LIST\x03\x00\x00\x00abc\x00");
    assert_eq!(read(&bytes).unwrap().1.len(), 4);
    let at = bytes.len() - 8;
    for length in [0, u32::MAX] {
        bytes[at..at + 4].copy_from_slice(&length.to_le_bytes());
        assert_eq!(read(&bytes).unwrap().1.len(), 4);
    }
    for len in 0..at + 4 {
        assert!(read(&bytes[..len]).is_err(), "{len}");
    }
}

#[test]
fn what_cannot_be_played_is_refused() {
    let good = written(MU_LAW, &[1, 2]);
    // Signature, samples of 24 bits, no channel, a rate of 0.
    for (at, value) in [(0, b'X'), (34, 24), (22, 0), (25, 0)] {
        let mut bad = good.clone();
        bad[at] = value;
        assert!(read(&bad).is_err(), "byte {at}");
    }
}

#[test]
fn the_extensible_header_hides_the_number_deeper() {
    let mut bytes = written(MU_LAW, &[1, 2]);
    bytes[20..22].copy_from_slice(&[0xfe, 0xff]);
    bytes[16..20].copy_from_slice(&40_u32.to_le_bytes());
    let mut more = vec![0; 22];
    more[6] = 7;
    bytes.splice(38..38, more);
    assert_eq!(read(&bytes).unwrap().0, MU_LAW);
}

#[test]
fn a_resampled_tone_keeps_its_pitch() {
    for from in [6000, 8000, 11_025, 44_100, 48_000] {
        let mut resampler = Resampler::new(from, 8000);
        let mut out = Vec::new();
        for n in 0..from {
            let turn = f64::from(n) * 440.0 / f64::from(from);
            resampler.push(((turn * std::f64::consts::TAU).sin() * 10_000.0) as i16, &mut out);
        }
        assert_eq!(out.len(), 8000, "{from}");
        let crossings = out.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!((438..=441).contains(&crossings), "{from}: {crossings}");
        let loudest = out.iter().max().unwrap();
        assert!((9_000..=10_000).contains(loudest), "{from}: {loudest}");
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(samples: Vec<i16>) {
        let codes: Vec<u8> = samples.iter().map(|sample| to_mu_law(*sample)).collect();
        let expected: Vec<i16> = codes.iter().map(|code| from_mu_law(*code)).collect();
        prop_assert_eq!(read(&written(MU_LAW, &codes)).unwrap().1, expected);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, flips in proptest::collection::vec((0_usize..64, any::<u8>()), 0..6)) {
        let _ = read(&bytes);
        let mut file = written(MU_LAW, &bytes);
        for (at, value) in flips {
            let at = at % file.len();
            file[at] = value;
        }
        let _ = read(&file);
    }
}
