//! Two programs in a named room see and hear each other, and keep what they saw and heard: PROTOCOLS.md 11, 12.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::{Path, PathBuf};

use common::Running;
use limpid_app::media::{Codec, Options, Recorder, Source, annexb};
use rustix::process::Signal;
use serde_json::Value;

/// Reads events until one fits.
fn until(running: &mut Running, fits: impl Fn(&Value) -> bool) -> Value {
    loop {
        let event = running.event();
        assert!(event["event"] != "result" || fits(&event), "ended early: {event}");
        if fits(&event) {
            return event;
        }
    }
}

/// The server, and where it is.
fn serve() -> (Running, String) {
    let mut server = Running::start(&["serve", "--listen", "127.0.0.1:0"]);
    let url = until(&mut server, |event| event["event"] == "listening")["url"].as_str().unwrap().to_owned();
    (server, url)
}

fn join(url: &str, name: &str, more: &[&str]) -> Running {
    let mut arguments = vec!["call", "two programs", "--signal", url, "--name", name];
    arguments.extend(more);
    let mut running = Running::start(&arguments);
    until(&mut running, |event| event["event"] == "joined");
    running
}

/// Frames of one kind, as a `media` event tells.
fn has(event: &Value, kind: &str, codec: &str, frames: u64) -> bool {
    let is_it = event["event"] == "media" && event["kind"] == kind && event["codec"] == codec;
    is_it && event["frames"].as_u64().unwrap() >= frames
}

fn size(folder: &Path, name: &str) -> u64 {
    std::fs::metadata(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}")).len()
}

#[test]
fn tone_and_card_cross_both_ways_and_are_written_down() {
    let (_server, url) = serve();
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().to_str().unwrap();
    let sends = ["--audio", "tone", "--video", "pattern", "--record", record];
    let mut ann = join(&url, "Ann", &sends);
    let mut bob = join(&url, "Bob", &sends);
    let mut read = Vec::new();
    for (running, other) in [(&mut ann, "Bob"), (&mut bob, "Ann")] {
        // Which of the three is heard first is nobody's promise.
        let is_one =
            |event: &Value| ["connected", "member", "words"].iter().any(|name| event["event"] == *name);
        let all = [(); 3].map(|()| until(running, is_one));
        let named = |name| all.iter().find(|event| event["event"] == name).expect("each once");
        let (connected, member) = (named("connected"), named("member"));
        read.push(named("words")["words"].as_str().unwrap().to_owned());
        assert_eq!(
            (&member["name"], &member["kind"], &member["verified"]),
            (&other.into(), &"native".into(), &false.into())
        );
        assert_eq!(connected["peer"], "unverified");
        assert!(connected["cipher"]["srtp"].is_string(), "{connected}");
        let video = until(running, |event| has(event, "video", "VP8", 30));
        assert_eq!(video["name"], other);
        until(running, |event| has(event, "audio", "PCMU", 100));
    }
    assert_eq!((read[0].split(' ').count(), &read[0]), (4, &read[1]), "what both can read to each other");
    bob.signal(Signal::INT);
    let left = until(&mut ann, |event| event["event"] == "left");
    assert_eq!((&left["name"], &left["reason"]), (&"Bob".into(), &"done".into()));
    ann.signal(Signal::INT);
    for (mut running, other) in [(ann, "Bob"), (bob, "Ann")] {
        let result = until(&mut running, |event| event["event"] == "result");
        assert_eq!((&result["ok"], &result["members"]), (&true.into(), &1.into()), "{result}");
        for way in ["sent", "received"] {
            assert!(result[way]["audio"].as_u64().unwrap() >= 100, "{way}: {result}");
            assert!(result[way]["video"].as_u64().unwrap() >= 30, "{way}: {result}");
        }
        assert_eq!(result["recorded"].as_array().unwrap().len(), 2, "{result}");
        // 100 packets of 20 ms at 8 kHz; 30 pictures.
        assert!(size(folder.path(), &format!("{other}-audio.wav")) > 16_000);
        assert!(size(folder.path(), &format!("{other}-video.ivf")) > 5_000);
        assert_eq!(running.end(), Some(0));
    }
}

/// A file of frames that are told from each other, most of them longer than a packet.
fn film(folder: &Path, codec: Codec) -> PathBuf {
    let mut recorder = Recorder::create(folder, "source", codec).unwrap();
    let ticks = u64::from(codec.clock_rate() / if codec.is_audio() { 50 } else { 30 });
    for n in 0..60 {
        recorder.write(u64::from(n) * ticks, &frame(codec, n)).unwrap();
    }
    recorder.finish().unwrap().0
}

fn frame(codec: Codec, n: u8) -> Vec<u8> {
    let (is_first, picture) = (n == 0, [n + 1; 1500]);
    match codec {
        Codec::Opus { .. } => [&[0xf8][..], &[n; 80]].concat(), // 20 ms, RFC 6716 §3.1
        Codec::Vp8 if is_first => [&[0x10, 0, 0, 0x9d, 1, 0x2a, 64, 0, 48, 0][..], &picture].concat(),
        Codec::Vp8 => [&[0x11, 0, 0][..], &picture].concat(),
        Codec::H264 => {
            let mut bytes = Vec::new();
            let heads: &[&[u8]] = if is_first { &[&[0x67, 1], &[0x68, 2]] } else { &[] };
            // Begins with its first macroblock, 0.
            let slice = [&[if is_first { 0x65 } else { 0x41 }, 0x88][..], &picture].concat();
            heads.iter().copied().chain([&slice[..]]).for_each(|nal| annexb::write(nal, &mut bytes));
            bytes
        }
        _ => vec![n; 160],
    }
}

/// The frames of a file, and the codec that they are in.
fn frames(path: &Path) -> (Codec, Vec<Vec<u8>>) {
    let once = Options { repeat: false, ..Options::default() };
    let is_audio = path.extension().is_some_and(|it| it == "ogg" || it == "wav");
    let open = if is_audio { Source::audio } else { Source::video };
    let mut source = open(path, &once).unwrap();
    let codec = source.codec();
    let frames = std::iter::from_fn(|| source.next_frame().unwrap()).map(|frame| frame.data.to_vec());
    (codec, frames.collect())
}

#[test]
fn files_of_all_kinds_are_played_and_written_down_byte_for_byte() {
    let (_server, url) = serve();
    for (sound, picture) in [(Codec::Opus { channels: 2 }, Codec::Vp8), (Codec::Pcmu, Codec::H264)] {
        let (sources, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let played = [film(sources.path(), sound), film(sources.path(), picture)];
        let [audio, video] = played.each_ref().map(|path| path.to_str().unwrap());
        let mut keeper = join(&url, "Keeper", &["--record", kept.path().to_str().unwrap()]);
        let player = join(&url, "Player", &["--audio", audio, "--video", video]);
        for kind in ["audio", "video"] {
            let is_enough = |event: &Value| event["kind"] == kind && event["frames"].as_u64() > Some(90);
            until(&mut keeper, is_enough);
        }
        keeper.signal(Signal::INT);
        let result = until(&mut keeper, |event| event["event"] == "result");
        let recorded = result["recorded"].as_array().unwrap();
        assert_eq!(recorded.len(), 2, "{result}");
        for path in recorded.iter().map(|path| Path::new(path.as_str().unwrap())) {
            let source =
                played.iter().find(|it| it.extension() == path.extension()).expect("the same kind of file");
            let ((codec, played), (same, kept)) = (frames(source), frames(path));
            assert_eq!((codec.name(), played.len()), (same.name(), 60));
            assert!(kept.len() >= 60, "{codec}: {} frames", kept.len());
            // Each is one of those that were played, and but for a few they follow each other as they did there.
            let places: Vec<usize> = kept
                .iter()
                .map(|frame| {
                    played.iter().position(|it| it == frame).unwrap_or_else(|| panic!("{codec}: {frame:?}"))
                })
                .collect();
            let follow = places.windows(2).filter(|pair| (pair[0] + 1) % 60 == pair[1]).count();
            assert!(follow * 10 >= (places.len() - 1) * 9, "{codec}: {places:?}");
        }
        player.signal(Signal::INT);
        assert_eq!((keeper.end(), player.end()), (Some(0), Some(0)));
    }
}

#[test]
fn what_is_echoed_comes_back_and_a_duration_ends_it() {
    let (_server, url) = serve();
    let mut echo = join(&url, "Echo", &["--echo"]);
    let mut speaker = join(&url, "Speaker", &["--audio", "tone", "--video", "pattern", "--duration", "8"]);
    until(&mut speaker, |event| has(event, "audio", "PCMU", 50));
    until(&mut speaker, |event| has(event, "video", "VP8", 30));
    let result = until(&mut speaker, |event| event["event"] == "result");
    assert_eq!(result["ok"], true);
    assert!(result["seconds"].as_f64().unwrap() >= 8.0, "{result}");
    assert_eq!(speaker.end(), Some(0));
    assert_eq!(until(&mut echo, |event| event["event"] == "left")["reason"], "done");
}

#[test]
fn the_fifth_camera_waits_for_a_place_and_the_seventh_member_does_not_come_in() {
    let (_server, url) = serve();
    // Who echoes would send pictures, and says so.
    let mut cameras: Vec<Running> = Vec::new();
    for name in ["A", "B", "C", "D"] {
        cameras.push(join(&url, name, &["--echo"]));
    }
    let mut fifth = join(&url, "Fifth", &["--audio", "tone", "--video", "pattern"]);
    assert_eq!(until(&mut fifth, |event| event["event"] == "sound-only")["videos"], 4);
    for camera in &mut cameras {
        let is_from_fifth = |event: &Value| event["event"] == "media" && event["name"] == "Fifth";
        let of_sound = until(camera, |event| {
            assert!(!is_from_fifth(event) || event["kind"] == "audio", "{event}");
            is_from_fifth(event) && event["frames"].as_u64().unwrap() >= 100
        });
        assert_eq!(of_sound["codec"], "PCMU");
    }
    let sixth = join(&url, "Sixth", &[]);
    let mut seventh = Running::start(&["call", "two programs", "--signal", &url]);
    let refused = seventh.event();
    assert_eq!(
        (&refused["event"], &refused["error"], &refused["exit"]),
        (&"result".into(), &"call-full".into(), &11.into()),
        "{refused}"
    );
    assert_eq!(seventh.end(), Some(11));
    // Who leaves makes room.
    sixth.signal(Signal::INT);
    assert_eq!(sixth.end(), Some(0));
    join(&url, "Another", &[]);
    // So does a camera: its place is taken by whoever waited for one.
    let gone = cameras.remove(0);
    gone.signal(Signal::INT);
    assert_eq!(gone.end(), Some(0));
    assert_eq!(until(&mut fifth, |event| event["event"] == "with-video")["videos"], 3);
    let seen = until(&mut cameras[0], |event| event["name"] == "Fifth" && event["kind"] == "video");
    assert_eq!(seen["codec"], "VP8");
}
