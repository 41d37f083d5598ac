//! What was recorded is read again: the same bytes, at the same times.

use std::fs;
use std::time::Duration;

use super::*;
use crate::media::card::{Card, Style};
use crate::media::source::{Options, Source};
use crate::media::vp8::{DEFAULT_QUANTISER, Encoder};
use limpid::limpid_rtp::codec::pcm;

use crate::media::{EncodedFrame, annexb};

/// Plays a file once.
fn play(path: &Path, audio: bool) -> Vec<EncodedFrame> {
    let options = Options { repeat: false, ..Options::default() };
    let mut source =
        if audio { Source::audio(path, &options) } else { Source::video(path, &options) }.unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        frames.push(frame);
    }
    frames
}

fn times(frames: &[EncodedFrame]) -> Vec<u128> {
    frames.iter().map(|frame| frame.at.as_millis()).collect()
}

#[test]
fn opus_keeps_its_packets_and_its_holes() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(folder.path(), "a", Codec::Opus { channels: 2 }).unwrap();
    // 20 ms each; three are missing, one comes twice, one late, one is nothing.
    let packet = |n: u8| [0xfc, n];
    for n in [0, 1, 2, 6, 7, 7, 5, 8] {
        recorder.write(u64::from(n) * 960 + 77, &packet(n)).unwrap();
    }
    recorder.write(100_000, &[]).unwrap();
    let (path, stats) = recorder.finish().unwrap();
    assert_eq!(path, folder.path().join("a.ogg"));
    assert_eq!(stats, Stats { frames: 6, bytes: 12, dropped: 3, silence: 0 });
    let frames = play(&path, true);
    assert_eq!(frames.iter().map(|frame| frame.data[1]).collect::<Vec<_>>(), [0, 1, 2, 6, 7, 8]);
    assert_eq!(times(&frames), [0, 20, 40, 120, 140, 160]);
}

#[test]
fn telephone_sound_gets_silence_for_what_is_missing() {
    for (codec, silence) in [(Codec::Pcmu, pcm::MU_LAW_SILENCE), (Codec::Pcma, pcm::A_LAW_SILENCE)] {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::create(folder.path(), "a", codec).unwrap();
        for n in [0, 1, 3] {
            recorder.write((1 << 40) + n * 160, &[n as u8; 160]).unwrap();
        }
        let (path, stats) = recorder.finish().unwrap();
        assert_eq!(stats, Stats { frames: 3, bytes: 480, dropped: 0, silence: 160 });
        let bytes = fs::read(&path).unwrap();
        assert_eq!(bytes[58..], [[0; 160], [1; 160], [silence; 160], [3; 160]].concat());
        assert_eq!(play(&path, true).len(), 4);
    }
}

#[test]
fn a_forged_jump_in_time_does_not_fill_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(folder.path(), "a", Codec::Pcmu).unwrap();
    recorder.write(0, &[0; 160]).unwrap();
    for n in 1..100 {
        recorder.write(n << 31, &[0; 160]).unwrap();
    }
    recorder.write(u64::MAX, &[0; 160]).unwrap();
    let (path, stats) = recorder.finish().unwrap();
    assert_eq!((stats.frames, stats.dropped), (100, 1));
    assert!(stats.silence <= file::SPARE_SILENCE + stats.bytes);
    assert_eq!(fs::metadata(path).unwrap().len(), 58 + stats.bytes + stats.silence);
}

#[test]
fn video_keeps_its_times_and_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(folder.path(), "../v", Codec::Vp8).unwrap();
    let mut card = Card::new(Style::default());
    let mut encoder = Encoder::new(DEFAULT_QUANTISER);
    let mut sent = Vec::new();
    for n in [0, 1, 2, 5, 6] {
        let (frame, _) = encoder.encode(card.picture(n), false);
        recorder.write(1000 + u64::from(n) * 3000, &frame).unwrap();
        sent.push(frame);
    }
    let (path, _) = recorder.finish().unwrap();
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes[12..16], [320_u16.to_le_bytes(), 240_u16.to_le_bytes()].concat());
    assert_eq!(bytes[24..28], 5_u32.to_le_bytes());
    let frames = play(&path, false);
    assert_eq!(frames.iter().map(|frame| frame.data.to_vec()).collect::<Vec<_>>(), sent);
    assert_eq!(times(&frames), [0, 33, 66, 166, 200]);
    assert_eq!(
        frames.iter().map(|frame| frame.is_key).collect::<Vec<_>>(),
        [true, false, false, false, false]
    );
}

#[test]
fn a_recording_that_was_cut_short_is_readable() {
    let folder = tempfile::tempdir().unwrap();
    for (codec, data) in
        [(Codec::Pcmu, vec![7; 160]), (Codec::Opus { channels: 1 }, vec![0xf8, 1]), (Codec::Vp8, vec![1; 9])]
    {
        let mut recorder = Recorder::create(folder.path(), codec.name(), codec).unwrap();
        let step = u64::from(codec.clock_rate()) / 50;
        for n in 0..150 {
            recorder.write(n * step, &data).unwrap();
        }
        let path = recorder.path().to_owned();
        drop(recorder); // as by a signal: nothing is completed
        let played = play(&path, codec.is_audio());
        assert!(played.len() >= 140, "{codec}: {}", played.len());
        assert!(played.iter().all(|frame| frame.data == data));
    }
}

#[test]
fn av1_gets_back_what_rtp_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(folder.path(), "v", Codec::Av1).unwrap();
    recorder.write(0, &[0x32, 1, 0]).unwrap();
    recorder.write(3000, &[0x12, 0, 0x32, 1, 0]).unwrap();
    let frames = play(&recorder.finish().unwrap().0, false);
    assert!(frames.iter().all(|frame| frame.data[..] == [0x12, 0, 0x32, 1, 0]));
    assert_eq!(frames[1].at, Duration::from_nanos(33_333_333));
}

#[test]
fn h264_is_written_behind_start_codes() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(folder.path(), "v", Codec::H264).unwrap();
    let mut first = Vec::new();
    [&[0x67, 1][..], &[0x68, 2], &[0x65, 0x88]].iter().for_each(|nal| annexb::write(nal, &mut first));
    recorder.write(0, &first).unwrap();
    recorder.write(3000, &[0, 0, 1, 0x41, 0x9a]).unwrap();
    recorder.write(6000, b"no start code").unwrap();
    let (path, stats) = recorder.finish().unwrap();
    assert_eq!((stats.frames, stats.dropped), (2, 1));
    let frames = play(&path, false);
    assert_eq!(frames.iter().map(|frame| frame.is_key).collect::<Vec<_>>(), [true, false]);
    assert_eq!(frames[0].data, first);
}

#[test]
fn a_folder_is_made_and_what_can_not_be_one_is_known_before_anything_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b");
    Recorder::prepare(&deep).unwrap();
    Recorder::prepare(&deep).unwrap();
    assert!(deep.is_dir());
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    for path in [file.clone(), file.join("below")] {
        assert!(Recorder::prepare(&path).is_err(), "{}", path.display());
    }
}
