//! The examples of the front page do what they say, and are what it shows.
#![allow(clippy::unwrap_used, dead_code, reason = "examples and helpers of tests")]

use std::time::Duration;

use limpid::{Description, DescriptionKind};
use tokio::sync::oneshot;

#[path = "../examples/play.rs"]
mod play;
#[path = "../examples/record.rs"]
mod record;

const SOON: Duration = Duration::from_secs(20);
const README: &str = include_str!("../../../README.md");

/// The frames of a film: when each is shown, in ticks of 1/100 s, and its bytes.
fn film() -> Vec<(u64, Vec<u8>)> {
    // A key frame of VP8 and others: RFC 6386 §9.1. One of them takes several packets.
    let heads: [&[u8]; 2] = [&[0x10, 2, 0, 0x9d, 1, 0x2a, 64, 0, 64, 0], &[0x11, 2, 0]];
    let frame =
        |number: usize| [heads[usize::from(number > 0)], &vec![number as u8; 40 + number * 300]].concat();
    // Not at an even pace: the times of the file count.
    (0..12).map(|number| (number as u64 * 3 + u64::from(number > 6) * 7, frame(number))).collect()
}

fn ivf(frames: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut file = b"DKIF\0\0\x20\0VP80\x40\0\x40\0\x64\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    for (time, frame) in frames {
        file.extend_from_slice(&(frame.len() as u32).to_le_bytes());
        file.extend_from_slice(&time.to_le_bytes());
        file.extend_from_slice(frame);
    }
    file
}

fn frames(mut ivf: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut frames = Vec::new();
    ivf = &ivf[32..];
    while let Some((head, rest)) = ivf.split_first_chunk::<12>() {
        let len = u32::from_le_bytes(head[..4].try_into().unwrap()) as usize;
        frames.push((u64::from_le_bytes(head[4..].try_into().unwrap()), rest[..len].to_vec()));
        ivf = &rest[len..];
    }
    frames
}

#[tokio::test]
async fn a_film_that_is_played_is_recorded_frame_by_frame_at_its_own_pace() {
    let (offered, offer) = oneshot::channel::<Description>();
    let (answered, answer) = oneshot::channel::<Description>();
    let film = film();
    let file = ivf(&film);
    // As a program of its own, whose runtime ends with it.
    let playing = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let exchange = async |offer| {
            offered.send(offer).unwrap();
            Ok(answer.await?)
        };
        runtime.block_on(play::play(&file, exchange)).map_err(|error| error.to_string())
    });
    let recording = async {
        let offer = offer.await.unwrap();
        assert_eq!(offer.kind, DescriptionKind::Offer);
        record::record(offer, async |answer| answered.send(answer).map_err(|_| "nobody waits".into())).await
    };
    let recorded = tokio::time::timeout(SOON, recording).await.expect("nobody says that it ended");
    assert_eq!(playing.join().unwrap(), Ok(()));
    let recorded = frames(&recorded.unwrap());
    let expected: Vec<_> = film.into_iter().map(|(time, frame)| (time * 900, frame)).collect();
    assert_eq!(recorded.len(), expected.len());
    for (came, sent) in recorded.iter().zip(&expected) {
        assert_eq!(came.0.abs_diff(sent.0), 0, "a frame is shown at {} and not at {}", came.0, sent.0);
        assert!(came.1 == sent.1, "a frame is {} bytes and not {}", came.1.len(), sent.1.len());
    }
}

#[test]
fn the_front_page_shows_what_runs_and_keeps_it_short() {
    let (play, record) = (include_str!("../examples/play.rs"), include_str!("../examples/record.rs"));
    let alone = include_str!("../../srtp/examples/alone.rs");
    for (example, name, most) in [(play, "async fn play(", 60), (record, "async fn record(", 50)] {
        let from = example.find(name).unwrap();
        let len = example[from..].find("\n}\n").unwrap() + 3;
        assert!(README.contains(&example[from..from + len]), "the front page shows another `{name}`");
        assert!(example.lines().count() <= most, "{} lines of {name}", example.lines().count());
    }
    assert!(alone.lines().count() <= 25);
}
