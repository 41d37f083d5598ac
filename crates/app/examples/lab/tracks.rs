//! What comes: counted, and sent back where that was asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use limpid::limpid_rtp::codec::{Format, FrameToSend};
use limpid::limpid_rtp::session;
use limpid::{Event, Frame, MediaKind, PeerConnection, ReceivedFrame, Transceiver, TransceiverId};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::say;

/// What all tracks write on, and what they shall do.
#[derive(Debug, Default)]
pub(crate) struct Board {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    came: BTreeMap<String, Count>,
    sent: BTreeMap<&'static str, Count>,
    asked: u64,
    key_wanted_at: Option<Instant>,
    forward: Option<Forward>,
}

#[derive(Debug, Default)]
struct Count {
    frames: u64,
    keys: u64,
    bytes: u64,
    holes: u64,
    refused: u64,
    format: String,
    size: Option<(u32, u32)>,
}

/// Which layer goes back.
#[derive(Debug)]
struct Forward {
    rid: Option<String>,
    since: Instant,
    /// The layer that goes back until the wanted one can be decoded.
    now: Option<String>,
    has_begun: bool,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// From now on that layer goes back, as soon as it can be decoded by itself.
    pub(crate) fn forward(&self, rid: Option<&str>) {
        let rid = rid.map(str::to_owned);
        let mut state = self.lock();
        let (now, has_begun) = state.forward.take().map_or((None, false), |old| (old.now, old.has_begun));
        state.forward = Some(Forward { rid, since: Instant::now(), now, has_begun });
    }

    /// The next key frame of any layer is told of.
    pub(crate) fn want_key(&self) {
        self.lock().key_wanted_at = Some(Instant::now());
    }

    /// The other side can not go on.
    pub(crate) fn asked(&self) {
        let mut state = self.lock();
        state.asked += 1;
        say("asked", json!({ "times": state.asked }));
    }

    /// A frame left, or was not taken.
    pub(crate) fn sent(&self, kind: &'static str, bytes: usize, is_key: bool, taken: bool) {
        let mut state = self.lock();
        let count = state.sent.entry(kind).or_default();
        if !taken {
            count.refused += 1;
            return;
        }
        count.frames += 1;
        count.bytes += bytes as u64;
        if kind == "video" && is_key {
            count.keys += 1;
            say("key-sent", json!({ "number": count.keys }));
        }
    }

    /// All counts.
    pub(crate) fn report(&self) -> Value {
        let state = self.lock();
        let came: BTreeMap<_, _> = state.came.iter().map(|(name, count)| (name, count.to_json())).collect();
        let sent: BTreeMap<_, _> = state.sent.iter().map(|(name, count)| (name, count.to_json())).collect();
        json!({ "came": came, "sent": sent, "asked": state.asked })
    }

    /// Counts a frame; whether it goes back.
    fn came(&self, kind: &str, frame: &ReceivedFrame) -> bool {
        let mut state = self.lock();
        let rid = frame.rid.map(|rid| rid.to_string());
        let name = rid.as_ref().map_or_else(|| kind.to_owned(), |rid| format!("{kind} {rid}"));
        let count = state.came.entry(name).or_default();
        count.frames += 1;
        count.bytes += frame.data.len() as u64;
        count.holes += u64::from(frame.lost_before);
        count.keys += u64::from(frame.info.is_key);
        count.size = frame.info.size.or(count.size);
        count.format = format!("{:?}", frame.format);
        if frame.info.is_key
            && let Some(since) = state.key_wanted_at.take()
        {
            say("came-key", json!({ "rid": rid, "ms": since.elapsed().as_millis() as u64 }));
        }
        match &mut state.forward {
            None => false,
            Some(_) if kind == "audio" => true,
            Some(forward) => forward.takes(rid, frame),
        }
    }
}

impl Forward {
    fn takes(&mut self, rid: Option<String>, frame: &ReceivedFrame) -> bool {
        let is_wanted = self.rid == rid;
        let is_other = !self.has_begun || self.now != rid;
        if is_wanted && is_other && frame.info.is_key {
            (self.now, self.has_begun) = (rid.clone(), true);
            let ms = self.since.elapsed().as_millis() as u64;
            say("forwards", json!({ "rid": rid, "ms": ms, "size": frame.info.size }));
        }
        self.has_begun && self.now == rid
    }
}

impl Count {
    fn to_json(&self) -> Value {
        json!({
            "frames": self.frames, "keys": self.keys, "bytes": self.bytes, "holes": self.holes,
            "refused": self.refused, "format": self.format, "size": self.size,
        })
    }
}

/// Listens to every track, until the connection ends.
pub(crate) async fn listen_to_all(connection: Arc<PeerConnection>, board: Arc<Board>) {
    let mut known: Vec<TransceiverId> = Vec::new();
    while let Some(transceiver) = connection.next_track().await {
        // A track that was away for some time is told of again.
        if !known.contains(&transceiver.id()) {
            known.push(transceiver.id());
            tokio::spawn(listen(transceiver, board.clone()));
        }
    }
}

async fn listen(transceiver: Transceiver, board: Arc<Board>) {
    let kind = if transceiver.kind() == Some(MediaKind::Audio) { "audio" } else { "video" };
    let mut back = Back::default();
    while let Some(frame) = transceiver.recv().await {
        if board.came(kind, &frame) {
            back.write(&transceiver, &frame);
        }
    }
}

/// Tells which keys of a telephone are pressed, and when sending ceases or goes on, until the connection ends.
pub(crate) async fn listen_to_events(connection: Arc<PeerConnection>) {
    while let Some(event) = connection.next_event().await {
        match event {
            Event::ToneBegan(_, key) => say("key", json!({ "key": key })),
            Event::ToneEnded(_, key, duration) => {
                say("key-up", json!({ "key": key, "ms": duration.as_millis() as u64 }));
            }
            Event::Rtp(session::Event::SendingCeased { ssrc, trip }) => {
                say("ceased", json!({ "ssrc": ssrc.0, "trip": format!("{trip:?}") }));
            }
            Event::Rtp(session::Event::SendingResumed(ssrc)) => say("resumed", json!({ "ssrc": ssrc.0 })),
            _ => {}
        }
    }
}

/// One stream that is made of the frames of several layers, each with timestamps of its own.
#[derive(Default)]
struct Back {
    format: Option<Format>,
    begun: Option<Instant>,
    last: Duration,
}

impl Back {
    fn write(&mut self, transceiver: &Transceiver, frame: &ReceivedFrame) {
        if self.format != Some(frame.format) {
            self.format = transceiver.send_as(frame.format).then_some(frame.format);
        }
        // When it came is near enough to when it was made.
        let begun = *self.begun.get_or_insert_with(Instant::now);
        self.last = begun.elapsed().max(self.last + Duration::from_millis(1));
        let info = FrameToSend {
            layer: frame.info.layer,
            is_discardable: frame.info.is_discardable,
            ..FrameToSend::default()
        };
        let _ = transceiver.write(&Frame {
            media_time: self.last,
            data: &frame.data,
            info,
            extras: frame.extras,
        });
    }
}
