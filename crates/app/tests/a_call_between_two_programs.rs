//! Two programs in a named room see and hear each other, and keep what they saw and heard: PROTOCOLS.md 11, 12.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;

use common::Running;
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
    for (running, other) in [(&mut ann, "Bob"), (&mut bob, "Ann")] {
        // Which of the two is heard first is nobody's promise.
        let is_either = |event: &Value| event["event"] == "connected" || event["event"] == "member";
        let both = [until(running, is_either), until(running, is_either)];
        let named = |name| both.iter().find(|event| event["event"] == name).expect("each once");
        let (connected, member) = (named("connected"), named("member"));
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
fn the_fifth_camera_is_not_shown_and_the_seventh_member_does_not_come_in() {
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
}
