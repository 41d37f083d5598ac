//! Every source keeps its pace, begins again, and survives what is in its file.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use super::*;
use crate::media::{annexb, ivf, ogg, wav};
use limpid::limpid_rtp::codec::pcm::{from_a_law, from_mu_law};

const ONCE: Options = Options {
    repeat: false,
    tone_hertz: 440,
    card: Style { width: 320, height: 240, frames_per_second: 30, accent: [0; 3] },
    key_interval: 10,
};

/// A file with a content, in a folder that lives as long as the test.
fn file(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn frames(mut source: Source, count: usize) -> Vec<EncodedFrame> {
    (0..count).map_while(|_| source.next_frame().unwrap()).collect()
}

fn millis(frames: &[EncodedFrame]) -> Vec<u128> {
    frames.iter().map(|frame| frame.at.as_millis()).collect()
}

fn ivf_of(times: &[u64]) -> Vec<u8> {
    let header = ivf::Header { codec: Codec::Vp8, width: 0, height: 0, rate: 1000, scale: 1, frames: 0 };
    let mut writer = ivf::Writer::new(Cursor::new(Vec::new()), header).unwrap();
    for (n, time) in times.iter().enumerate() {
        let key = [0x10, 0, 0, 0x9d, 1, 0x2a, 64, 0, 48, 0, n as u8];
        let inter = [0x11, 0, 0, n as u8];
        writer.write(*time, if n == 0 { &key[..] } else { &inter[..] }).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn the_card_has_key_frames_as_often_as_told_and_when_asked_for() {
    let mut source = Source::video(Path::new("pattern"), &ONCE).unwrap();
    assert_eq!(source.codec(), Codec::Vp8);
    let mut keys = Vec::new();
    for n in 0..30_u32 {
        if n == 15 {
            source.request_key_frame();
        }
        let frame = source.next_frame().unwrap().unwrap();
        assert_eq!(frame.at, Duration::from_nanos(u64::from(n) * 1_000_000_000 / 30));
        assert_eq!(frame.is_key, frame.data[0] & 1 == 0);
        if frame.is_key {
            keys.push(n);
        }
    }
    assert_eq!(keys, [0, 10, 15, 25]);
}

#[test]
fn the_tone_is_a_frame_each_20_ms() {
    let source = Source::audio(Path::new("tone"), &ONCE).unwrap();
    assert_eq!(source.codec(), Codec::Pcmu);
    let frames = frames(source, 60);
    assert_eq!(frames[59].at, Duration::from_millis(59 * 20));
    assert_eq!(frames[0].data, frames[50].data, "a second later");
    assert_ne!(frames[0].data, frames[1].data, "440 Hz is not a multiple of 50 Hz");
}

#[test]
fn ivf_is_played_by_its_times_and_begins_again() {
    let (_folder, path) = file(&ivf_of(&[500, 540, 580, 700]));
    let source = Source::video(&path, &ONCE).unwrap();
    let once = frames(source, 100);
    assert_eq!(millis(&once), [0, 40, 80, 200]);
    assert_eq!(once[3].duration, Duration::from_millis(120), "the last one as long as the one before");
    assert_eq!(once.iter().map(|frame| frame.is_key).collect::<Vec<_>>(), [true, false, false, false]);
    let source = Source::video(&path, &Options { repeat: true, ..ONCE }).unwrap();
    assert_eq!(millis(&frames(source, 9)), [0, 40, 80, 200, 320, 360, 400, 520, 640]);
}

#[test]
fn times_that_jump_or_stand_still_do_not_stop_or_rush_it() {
    let (_folder, path) = file(&ivf_of(&[0, 40, 1 << 60, 20, 60, 60, 60, 60, u64::MAX]));
    let source = Source::video(&path, &ONCE).unwrap();
    // Jumps count as the frame before; of frames at one time, every second one waits.
    assert_eq!(millis(&frames(source, 100)), [0, 40, 80, 120, 160, 160, 161, 161, 162]);
    let (_folder, path) = file(&ivf_of(&[7; 50]));
    let source = Source::video(&path, &Options { repeat: true, ..ONCE }).unwrap();
    assert!(frames(source, 1001)[1000].at >= Duration::from_millis(500), "no rush");
}

#[test]
fn a_key_frame_is_the_beginning_of_the_file_but_not_twice_in_a_second() {
    let times: Vec<u64> = (0..100).map(|n| n * 100).collect();
    let (_folder, path) = file(&ivf_of(&times));
    let mut source = Source::video(&path, &ONCE).unwrap();
    let mut keys = Vec::new();
    for n in 0..40 {
        if (15..25).contains(&n) {
            source.request_key_frame();
        }
        let frame = source.next_frame().unwrap().unwrap();
        assert_eq!(frame.at, Duration::from_millis(100 * n));
        if frame.is_key {
            keys.push(n);
        }
    }
    assert_eq!(keys, [0, 15]);
}

#[test]
fn a_file_of_nothing_ends_even_if_it_should_begin_again() {
    let (_folder, path) = file(&ivf_of(&[]));
    let mut source = Source::video(&path, &Options { repeat: true, ..ONCE }).unwrap();
    assert_eq!(source.next_frame().unwrap(), None);
    assert_eq!(source.next_frame().unwrap(), None);
}

#[test]
fn ogg_is_played_with_its_holes() {
    let head = ogg::opus::Head { channels: 2, pre_skip: 312, input_rate: 48_000, gain: 0, family: 0 };
    let mut writer = ogg::Writer::new(Vec::new(), 3, &head).unwrap();
    for at in [0, 960, 4800] {
        writer.write(at, 960, &[0xfc, 1, 2]).unwrap();
    }
    let (_folder, path) = file(&writer.finish().unwrap());
    let source = Source::audio(&path, &Options { repeat: true, ..ONCE }).unwrap();
    assert_eq!(source.codec(), Codec::Opus { channels: 2 });
    let frames = frames(source, 5);
    assert_eq!(millis(&frames), [0, 20, 100, 120, 140]);
    assert!(frames.iter().all(|frame| frame.duration == Duration::from_millis(20) && frame.is_key));
}

#[test]
fn wav_of_any_kind_becomes_telephone_sound() {
    let play = |format: wav::Format, samples: &[u8]| {
        let mut writer = wav::Writer::new(Cursor::new(Vec::new()), format).unwrap();
        writer.write(samples).unwrap();
        let (_folder, path) = file(&writer.finish().unwrap().into_inner());
        let source = Source::audio(&path, &ONCE).unwrap();
        (source.codec(), frames(source, 100))
    };
    // A second and a sample of stereo at 48 kHz.
    let samples: Vec<u8> = (0..48_006).flat_map(|_| [1000_i16, 3000]).flat_map(i16::to_le_bytes).collect();
    let format = wav::Format { encoding: wav::Encoding::Pcm16, channels: 2, rate: 48_000 };
    let (codec, frames) = play(format, &samples);
    assert_eq!((codec, frames.len(), frames[50].at), (Codec::Pcmu, 51, Duration::from_secs(1)));
    assert!(
        frames[..50].iter().all(|frame| frame.data.iter().all(|code| from_mu_law(*code).abs_diff(2000) < 64))
    );
    assert_eq!(frames[50].data[1..], [0xff; 159], "filled up");
    // What is telephone sound already passes as it is.
    let codes: Vec<u8> = (0..320).map(|n| n as u8).collect();
    let format = wav::Format { encoding: wav::Encoding::ALaw, channels: 1, rate: 8000 };
    let (codec, frames) = play(format, &codes);
    assert_eq!((codec, frames.len()), (Codec::Pcma, 2));
    assert_eq!(frames.iter().flat_map(|frame| frame.data.to_vec()).collect::<Vec<_>>(), codes);
    assert_eq!(from_a_law(frames[0].data[0]), from_a_law(0));
}

#[test]
fn h264_is_played_picture_by_picture() {
    let mut bytes = Vec::new();
    for nal in [&[0x67, 1][..], &[0x68, 2], &[0x65, 0x88], &[0x41, 0x9a], &[0x41, 0x9b]] {
        annexb::write(nal, &mut bytes);
    }
    let (_folder, path) = file(&bytes);
    let frames = frames(Source::video(&path, &ONCE).unwrap(), 100);
    assert_eq!(millis(&frames), [0, 33, 66], "30 a second, as it says nothing else");
    assert_eq!(frames.iter().map(|frame| frame.is_key).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn files_of_the_wrong_kind_are_refused() {
    let (_folder, path) = file(&ivf_of(&[0]));
    assert_eq!(Source::audio(&path, &ONCE).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    for content in [&b""[..], b"Og", b"hello, world", b"RIFFxxxxWAVE", b"OggS"] {
        let (_folder, path) = file(content);
        assert!(Source::video(&path, &ONCE).is_err());
        assert!(Source::audio(&path, &ONCE).is_err());
    }
    assert_eq!(Source::audio(Path::new("/nowhere/x"), &ONCE).unwrap_err().kind(), io::ErrorKind::NotFound);
}
