//! What was sent and received in a call, for its result.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// Counts of all members together.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    sent: Frames,
    received: Frames,
    members: AtomicU64,
    recorded: Mutex<Vec<PathBuf>>,
    saved: Mutex<Vec<PathBuf>>,
}

#[derive(Debug, Default)]
struct Frames {
    audio: AtomicU64,
    video: AtomicU64,
}

impl Frames {
    fn count(&self, is_audio: bool) {
        let of = if is_audio { &self.audio } else { &self.video };
        of.fetch_add(1, Ordering::Relaxed);
    }

    fn members(&self) -> Value {
        json!({ "audio": self.audio.load(Ordering::Relaxed), "video": self.video.load(Ordering::Relaxed) })
    }
}

impl Tally {
    /// A frame left.
    pub(crate) fn sent(&self, is_audio: bool) {
        self.sent.count(is_audio);
    }

    /// A frame came.
    pub(crate) fn received(&self, is_audio: bool) {
        self.received.count(is_audio);
    }

    /// Somebody was met for the first time.
    pub(crate) fn met(&self) {
        self.members.fetch_add(1, Ordering::Relaxed);
    }

    /// A file is complete.
    pub(crate) fn recorded(&self, file: PathBuf) {
        if let Ok(mut files) = self.recorded.lock() {
            files.push(file);
        }
    }

    /// A file that somebody sent is complete.
    pub(crate) fn saved(&self, file: PathBuf) {
        if let Ok(mut files) = self.saved.lock() {
            files.push(file);
        }
    }

    /// The members of `result`.
    pub(crate) fn result(&self, seconds: f64) -> Value {
        json!({
            "seconds": (seconds * 1000.0).round() / 1000.0,
            "members": self.members.load(Ordering::Relaxed),
            "sent": self.sent.members(),
            "received": self.received.members(),
            "recorded": names(&self.recorded),
            "saved": names(&self.saved),
        })
    }
}

fn names(files: &Mutex<Vec<PathBuf>>) -> Vec<String> {
    let files = files.lock().map(|files| files.clone()).unwrap_or_default();
    files.iter().map(|file| file.display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_tells_both_kinds_both_ways_and_the_files() {
        let tally = Tally::default();
        tally.sent(true);
        tally.received(false);
        tally.received(false);
        tally.met();
        tally.recorded("a/Ann-audio.wav".into());
        tally.saved("a/notes.txt".into());
        assert_eq!(
            tally.result(1.23456),
            json!({
                "seconds": 1.235, "members": 1, "sent": { "audio": 1, "video": 0 },
                "received": { "audio": 0, "video": 2 }, "recorded": ["a/Ann-audio.wav"],
                "saved": ["a/notes.txt"],
            })
        );
    }
}
