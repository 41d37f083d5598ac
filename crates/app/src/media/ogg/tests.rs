//! Pages that hold and pages that do not; packets come back with their times.

use std::io;

use limpid_sansio::wire::ParseErrorKind;
use proptest::prelude::*;

use super::opus::{Head, duration, tags};
use super::page::{Page, lace};
use super::*;

const HEAD: Head = Head { channels: 2, pre_skip: 312, input_rate: 48_000, gain: 0, family: 0 };
/// CELT, 20 ms, one frame, stereo.
const TOC: u8 = 0xfc;

fn read(bytes: &[u8]) -> io::Result<Vec<Packet>> {
    let mut reader = Reader::new(bytes)?;
    let mut packets = Vec::new();
    while let Some(packet) = reader.next_packet()? {
        packets.push(packet);
    }
    Ok(packets)
}

fn page(position: Option<u64>, sequence: u32, continued: bool, lacing: &[u8], body: &[u8]) -> Vec<u8> {
    let first = sequence == 0;
    let mut out = Vec::new();
    Page { continued, first, last: false, position, serial: 7, sequence, lacing, body }.write(&mut out);
    out
}

/// The beginning of every file.
fn headers() -> Vec<u8> {
    let tags = tags("x");
    [page(Some(0), 0, false, &[19], &HEAD.to_bytes()), page(Some(0), 1, false, &[tags.len() as u8], &tags)]
        .concat()
}

#[test]
fn the_checksum_is_that_of_other_programs() {
    // The first page of a file that ffmpeg made.
    let bytes: Vec<u8> =
        (0..47).map(|n| u8::from_str_radix(&FFMPEG[n * 2..n * 2 + 2], 16).unwrap()).collect();
    let (page, len) = Page::parse(&bytes).unwrap();
    assert_eq!((page.serial, page.position, len), (0x13d1_61d4, Some(0), 47));
    assert_eq!(Head::parse(page.body).unwrap(), Head { channels: 1, ..HEAD });
    let mut again = Vec::new();
    page.write(&mut again);
    assert_eq!(again, bytes);
}

const FFMPEG: &str = "4f67675300020000000000000000d461d11300000000eb696fae0113\
    4f707573486561640101380180bb0000000000";

#[test]
fn a_changed_bit_is_noticed() {
    let good = page(Some(960), 2, false, &[3], &[TOC, 1, 2]);
    assert!(Page::parse(&good).is_ok());
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let error = Page::parse(&bad).unwrap_err();
        let expected = match bit / 8 {
            0..=4 => ParseErrorKind::BadValue,
            26 | 27 => continue, // other lengths, and other bytes that are covered
            _ => ParseErrorKind::BadChecksum,
        };
        assert_eq!(error.kind, expected, "bit {bit}");
    }
}

#[test]
fn a_packet_over_several_pages_comes_in_one_piece() {
    let packet: Vec<u8> = [TOC].into_iter().chain((0..599).map(|n| n as u8)).collect();
    let bytes = [
        headers(),
        page(None, 2, false, &[255], &packet[..255]),
        page(None, 3, true, &[255], &packet[255..510]),
        page(Some(1920), 4, true, &[90, 1], &[&packet[510..], &[TOC]].concat()),
    ]
    .concat();
    let packets = read(&bytes).unwrap();
    assert_eq!(packets.len(), 2);
    assert_eq!((packets[0].at, &packets[0].data), (0, &packet));
    assert_eq!((packets[1].at, &packets[1].data[..]), (960, &[TOC][..]));
}

#[test]
fn the_end_of_a_packet_without_its_beginning_is_left_out() {
    let bytes = [headers(), page(Some(1920), 2, true, &[2, 1], &[1, 2, TOC])].concat();
    let packets = read(&bytes).unwrap();
    assert_eq!(packets, [Packet { at: 0, duration: 960, data: vec![TOC] }]);
}

#[test]
fn packets_without_end_are_refused_before_they_fill_the_memory() {
    let mut bytes = headers();
    for sequence in 2..5 {
        bytes.extend(page(None, sequence, sequence > 2, &[255; 255], &[0; 255 * 255]));
    }
    assert_eq!(read(&bytes).unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[test]
fn other_streams_are_passed_over() {
    let mut other = Vec::new();
    let stranger = Page {
        continued: false,
        first: true,
        last: false,
        position: Some(0),
        serial: 9,
        sequence: 0,
        lacing: &[4],
        body: b"what",
    };
    stranger.write(&mut other);
    let audio = page(Some(960), 2, false, &[1], &[TOC]);
    assert_eq!(read(&[other.clone(), headers(), audio.clone()].concat()).unwrap().len(), 1);
    assert!(read(&other).is_err(), "no Opus at all");
    assert!(read(&audio).is_err(), "no beginning");
}

#[test]
fn durations_are_those_of_rfc_6716() {
    // The first byte: configuration, stereo, how many frames.
    let ms = |bytes: &[u8]| duration(bytes).map(|samples| f64::from(samples) / 48.0);
    assert_eq!(ms(&[0]), Some(10.0));
    assert_eq!(ms(&[3 << 3]), Some(60.0));
    assert_eq!(ms(&[13 << 3]), Some(20.0));
    assert_eq!(ms(&[16 << 3]), Some(2.5));
    assert_eq!(ms(&[31 << 3 | 1]), Some(40.0));
    assert_eq!(ms(&[31 << 3 | 3, 6]), Some(120.0));
    assert_eq!(ms(&[31 << 3 | 3, 7]), None, "too long");
    assert_eq!(ms(&[31 << 3 | 3, 0]), None, "no frame");
    assert_eq!(ms(&[3]), None);
    assert_eq!(ms(&[]), None);
}

#[test]
fn segments_of_a_packet_end_with_one_that_is_not_full() {
    assert_eq!(lace(0).collect::<Vec<_>>(), [0]);
    assert_eq!(lace(255).collect::<Vec<_>>(), [255, 0]);
    assert_eq!(lace(600).collect::<Vec<_>>(), [255, 255, 90]);
}

#[test]
fn a_file_that_is_cut_off_is_read_up_to_its_last_whole_page() {
    let mut writer = Writer::new(Vec::new(), 1, &HEAD).unwrap();
    for n in 0..20 {
        writer.write(n * 960, 960, &[TOC, n as u8]).unwrap();
    }
    let bytes = writer.finish().unwrap();
    assert_eq!(read(&bytes).unwrap().len(), 20);
    assert_eq!(read(&bytes[..bytes.len() - 1]).unwrap().len(), 10);
}

proptest! {
    #[test]
    fn what_is_written_reads_back_with_its_holes(
        packets in proptest::collection::vec((0_u64..5000, proptest::collection::vec(any::<u8>(), 0..700)), 1..40),
    ) {
        let mut writer = Writer::new(Vec::new(), 1, &HEAD).unwrap();
        let (mut expected, mut at) = (Vec::new(), 0);
        for (n, (hole, tail)) in packets.into_iter().enumerate() {
            at += if n == 0 { 0 } else { hole.saturating_sub(2500) };
            let data = [&[TOC], tail.as_slice()].concat();
            writer.write(at, 960, &data).unwrap();
            expected.push(Packet { at, duration: 960, data });
            at += 960;
        }
        let read = read(&writer.finish().unwrap()).unwrap();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, flips in proptest::collection::vec((0_usize..400, any::<u8>()), 0..4)) {
        let _ = read(&bytes);
        let _ = read(&[headers(), bytes].concat());
        let mut bytes = [headers(), page(Some(960), 2, false, &[3], &[TOC, 1, 2])].concat();
        for (at, value) in flips {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let _ = read(&bytes);
    }
}
