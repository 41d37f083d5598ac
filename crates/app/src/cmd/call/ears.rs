//! What comes from one member in one section: counted, told, written down, sent back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use limpid::limpid_rtp::codec::Format;
use limpid::{Frame, MediaKind, ReceivedFrame, Transceiver};
use limpid_app::escape::Escaped;
use limpid_app::media::Recorder;
use limpid_app::media::line::Line;
use serde_json::json;

use super::Call;
use super::mouth::codec_of;
use crate::cmd::echo::clock::Clock;

/// Programs hear of the count this often.
const FOR_PROGRAMS: Duration = Duration::from_secs(1);

/// One section of one member.
pub(crate) struct Ear {
    pub(crate) call: Arc<Call>,
    pub(crate) transceiver: Transceiver,
    /// Who.
    pub(crate) member: String,
    pub(crate) name: String,
    /// `audio`, `video`, `screen`, `sound`.
    pub(crate) track: &'static str,
    /// What comes goes back.
    pub(crate) is_echo: bool,
}

impl Ear {
    /// Listens until the connection ends. What came before the member had proved who it is does not count.
    pub(crate) async fn listen(self) {
        while let Ok(Some(_)) = self.transceiver.try_recv() {}
        let is_audio = self.transceiver.kind() != Some(MediaKind::Video);
        self.transceiver.request_key_frame();
        let mut heard = Heard::default();
        loop {
            let frame = tokio::select! {
                frame = self.transceiver.recv() => frame,
                () = self.transceiver.key_frame_requested(), if self.is_echo => {
                    self.transceiver.request_key_frame();
                    continue;
                }
            };
            let Some(frame) = frame else { return };
            self.call.tally.received(is_audio);
            heard.frames += 1;
            self.tell(&mut heard, &frame);
            if self.is_echo && (is_audio || *self.call.shows.borrow()) {
                self.echo(&mut heard, &frame);
            }
            self.record(&mut heard, &frame);
        }
    }

    /// The first frame of each codec is told to everybody, the count to programs.
    fn tell(&self, heard: &mut Heard, frame: &ReceivedFrame) {
        let codec =
            codec_of(frame.format).map_or_else(|| format!("{:?}", frame.format), |codec| codec.to_string());
        let is_first = heard.format != Some(frame.format);
        heard.format = Some(frame.format);
        let is_time = heard.told.is_none_or(|told| told.elapsed() >= FOR_PROGRAMS);
        let is_worth_it = is_first || (is_time && self.call.events.is_json());
        if !is_worth_it {
            return;
        }
        heard.told = Some(Instant::now());
        let members = json!({
            "member": self.member, "name": self.name, "kind": self.track, "codec": codec,
            "frames": heard.frames, "size": frame.info.size.map(|(width, height)| [width, height]),
        });
        self.call
            .events
            .say("media", &members, || format!("{}: {} in {codec}", Escaped(&self.name), self.track));
    }

    fn echo(&self, heard: &mut Heard, frame: &ReceivedFrame) {
        if heard.echoes != Some(frame.format) {
            if !self.transceiver.send_as(frame.format) {
                return;
            }
            heard.echoes = Some(frame.format);
        }
        let at =
            heard.clock.media_time(self.call.start.elapsed(), frame.timestamp, frame.format.clock_rate());
        match self.transceiver.write(&Frame::new(at, &frame.data)) {
            Ok(()) => self.call.tally.sent(!frame.format.is_video()),
            // What the other side misses now, it can not do without.
            Err(_) => self.transceiver.request_key_frame(),
        }
    }

    fn record(&self, heard: &mut Heard, frame: &ReceivedFrame) {
        let (Some(folder), Some(codec)) = (&self.call.record, codec_of(frame.format)) else { return };
        if heard.recording.as_ref().is_none_or(|recording| recording.format != frame.format) {
            // A film begins with a picture that can be decoded.
            if frame.format.is_video() && !frame.info.is_key {
                return;
            }
            // The file before is complete.
            heard.recording = None;
            let created = Recorder::create(folder, &format!("{}-{}", self.name, self.track), codec);
            if let Err(error) = &created {
                self.call.trouble("cannot-write", &error.to_string());
            }
            let (call, format) = (self.call.clone(), frame.format);
            heard.recording = Some(Recording { call, format, recorder: created.ok() });
        }
        let at = heard.line.place(self.call.start.elapsed(), frame.timestamp, frame.format.clock_rate());
        let Some(Recording { recorder, .. }) = &mut heard.recording else { return };
        if let Some(Err(error)) = recorder.as_mut().map(|it| it.write(at, &frame.data)) {
            *recorder = None;
            self.call.trouble("cannot-write", &error.to_string());
        }
    }
}

/// What an ear knows of what it heard.
#[derive(Default)]
struct Heard {
    frames: u64,
    format: Option<Format>,
    told: Option<Instant>,
    /// The format that is sent back, and the time there.
    echoes: Option<Format>,
    clock: Clock,
    /// The time of what is written down.
    line: Line,
    recording: Option<Recording>,
}

/// A file that is made complete however its ear ends.
struct Recording {
    call: Arc<Call>,
    format: Format,
    /// `None`: it could not go on.
    recorder: Option<Recorder>,
}

impl Drop for Recording {
    fn drop(&mut self) {
        let Some(recorder) = self.recorder.take() else { return };
        match recorder.finish() {
            Ok((path, _)) => self.call.tally.recorded(path),
            Err(error) => self.call.trouble("cannot-write", &error.to_string()),
        }
    }
}
