//! Sound and pictures of a probe: every frame carries a number, and what comes back is counted.

use std::path::Path;
use std::time::Duration;

use limpid::limpid_rtp::codec::Format;
use limpid::{Frame, MediaKind, PeerConnection, ReceivedFrame, Transceiver, TransceiverInit};
use limpid_app::exit::Exit;
use limpid_app::media::{Options, Source};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep_until};

use super::stamp;
use crate::cmd::say::{Trouble, millis};

/// How long the last frames may take to come back.
const GRACE: Duration = Duration::from_millis(1500);

/// A tone and a card on their way to the other side.
pub(super) struct Media {
    audio: Track,
    video: Track,
}

struct Track {
    transceiver: Transceiver,
    source: Source,
    format: Format,
    count: Count,
}

/// What one track has sent, and what came back.
#[derive(Default)]
struct Count {
    /// When each frame was sent, by its number; those that came back have left.
    sent: Vec<Option<Instant>>,
    /// Frames of any content that came.
    received: u64,
    /// Those of them that were ours, byte for byte, with their times on the way.
    latencies: Vec<f64>,
}

impl Media {
    /// Adds both tracks; an offer has to follow.
    pub(super) fn add(connection: &PeerConnection) -> Result<Self, Trouble> {
        let options = Options::default();
        let audio = Source::audio(Path::new("tone"), &options).map_err(Trouble::unexpected)?;
        let video = Source::video(Path::new("pattern"), &options).map_err(Trouble::unexpected)?;
        Ok(Media {
            audio: Track::add(connection, MediaKind::Audio, audio, Format::Pcmu)?,
            video: Track::add(connection, MediaKind::Video, video, Format::Vp8)?,
        })
    }

    /// Sends for that time, waits for the last frames, and reports.
    pub(super) async fn run(mut self, time: Duration) -> Result<Map<String, Value>, Trouble> {
        let (audio, video) = tokio::join!(self.audio.run(time), self.video.run(time));
        audio.and(video)?;
        let latencies = [&self.audio.count, &self.video.count].map(|count| &count.latencies[..]).concat();
        let mut result = Map::new();
        result.insert("audio".into(), self.audio.count.report());
        result.insert("video".into(), self.video.count.report());
        result.insert("latency_ms".into(), spread(latencies));
        Ok(result)
    }
}

impl Track {
    fn add(
        connection: &PeerConnection,
        kind: MediaKind,
        source: Source,
        format: Format,
    ) -> Result<Self, Trouble> {
        let init = TransceiverInit { streams: vec!["probe".into()], ..TransceiverInit::default() };
        let transceiver = connection.add_transceiver(kind, init).map_err(Trouble::unexpected)?;
        Ok(Track { transceiver, source, format, count: Count::default() })
    }

    async fn run(&mut self, time: Duration) -> Result<(), Trouble> {
        let name = self.source.codec().name();
        if !self.transceiver.send_as(self.format) {
            let message = format!("the other side does not take {name}");
            return Err(Trouble::new(Exit::PeerProtocol, "no-codec", message));
        }
        let start = Instant::now();
        let mut next = self.source.next_frame().map_err(Trouble::unexpected)?;
        loop {
            let (due, ends) = match &next {
                Some(frame) if frame.at < time => (start + frame.at, false),
                _ if self.count.is_complete() => break,
                _ => (start + time + GRACE, true),
            };
            tokio::select! {
                () = sleep_until(due) => match next.take() {
                    Some(frame) if !ends => {
                        self.send(frame.at, &frame.data);
                        next = self.source.next_frame().map_err(Trouble::unexpected)?;
                    }
                    _ => break,
                },
                () = self.transceiver.key_frame_requested() => self.source.request_key_frame(),
                frame = self.transceiver.recv() => match frame {
                    Some(frame) => self.count.came(self.format, &frame),
                    None => break,
                },
            }
        }
        match self.count.received {
            0 => Err(Trouble::new(Exit::Interrupted, "no-media", format!("no {name} came back"))),
            _ => Ok(()),
        }
    }

    fn send(&mut self, at: Duration, data: &[u8]) {
        let number = self.count.sent.len() as u32;
        let data = stamp::put(self.format, number, data);
        // What the stream does not take is no loss of the path.
        if self.transceiver.write(&Frame::new(at, &data)).is_ok() {
            self.count.sent.push(Some(Instant::now()));
        }
    }
}

impl Count {
    fn came(&mut self, format: Format, frame: &ReceivedFrame) {
        self.received += 1;
        let number = stamp::get(format, &frame.data).filter(|_| frame.format == format);
        let sent = number.and_then(|number| self.sent.get_mut(number as usize));
        if let Some(sent) = sent.and_then(Option::take) {
            self.latencies.push(millis(sent.elapsed()));
        }
    }

    fn is_complete(&self) -> bool {
        self.latencies.len() == self.sent.len()
    }

    /// Frames that the other side encoded anew have lost their numbers: then their count is all that is known.
    fn report(&self) -> Value {
        let (sent, same) = (self.sent.len() as u64, self.latencies.len() as u64);
        let arrived = if same > 0 { same } else { self.received };
        json!({ "sent": sent, "received": self.received, "same": same, "lost": sent.saturating_sub(arrived) })
    }
}

fn spread(mut latencies: Vec<f64>) -> Value {
    latencies.sort_by(f64::total_cmp);
    json!({ "min": latencies.first(), "median": latencies.get(latencies.len() / 2), "max": latencies.last() })
}
