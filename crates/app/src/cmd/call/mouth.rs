//! What a source gives, to one member: in a format that the member takes, and never a picture that it could not understand.

use std::time::{Duration, Instant};

use limpid::limpid_rtp::codec::Format;
use limpid::{Error, Frame, Transceiver};
use limpid_app::media::{Codec, EncodedFrame};
use tokio::sync::broadcast::error::RecvError;

use super::pump::Pump;
use super::tally::Tally;

/// How long the answer to a request for a key frame is waited for, first and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The format in which frames of a codec are sent, among those that the other side takes.
pub(crate) fn format_of(codec: Codec, taken: &[limpid::Codec]) -> Option<Format> {
    let is_it = |format: &Format| codec_of(*format).is_some_and(|other| other.name() == codec.name());
    let formats = taken.iter().filter_map(|codec| Format::from_rtpmap(&codec.name, &codec.parameters));
    // H.264 in mode 0 can not carry what is larger than a packet.
    formats.filter(is_it).max_by_key(|format| matches!(format, Format::H264 { mode: 1 }))
}

/// The codec of a format, if it is one that files hold.
pub(crate) fn codec_of(format: Format) -> Option<Codec> {
    match format {
        Format::Opus => Some(Codec::Opus { channels: 2 }),
        Format::Pcmu => Some(Codec::Pcmu),
        Format::Pcma => Some(Codec::Pcma),
        Format::Vp8 => Some(Codec::Vp8),
        Format::Vp9 => Some(Codec::Vp9),
        Format::Av1 => Some(Codec::Av1),
        Format::H264 { .. } => Some(Codec::H264),
        _ => None,
    }
}

/// Sends what a pump gives until the connection ends. `refused` is told once if the other side takes no such codec.
pub(crate) async fn speak(transceiver: Transceiver, pump: Pump, tally: &Tally, refused: impl Fn(Codec)) {
    let mut frames = pump.listen();
    let mut mouth = Mouth {
        transceiver,
        pump,
        is_agreed: false,
        waits_for_key: true,
        asks: Asks::default(),
        is_refused: false,
    };
    mouth.begin_anew();
    loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                Ok(frame) => match mouth.send(&frame) {
                    Ok(true) => tally.sent(mouth.pump.codec().is_audio()),
                    Ok(false) if mouth.is_refused => {
                        refused(mouth.pump.codec());
                        return;
                    }
                    Ok(false) => {}
                    Err(()) => return,
                },
                Err(RecvError::Lagged(_)) => mouth.begin_anew(),
                Err(RecvError::Closed) => return,
            },
            () = mouth.transceiver.key_frame_requested() => mouth.pump.request_key_frame(),
        }
    }
}

struct Mouth {
    transceiver: Transceiver,
    pump: Pump,
    /// A format was chosen.
    is_agreed: bool,
    /// Pictures depend on those before: the next that may be sent is one that does not.
    waits_for_key: bool,
    asks: Asks,
    is_refused: bool,
}

/// When to ask the source for a key frame. All members get it: one whose stream takes nothing for some time must not have them
/// get nothing else.
#[derive(Debug)]
struct Asks {
    next: Option<Instant>,
    /// Until the next one, if this one is in vain.
    pause: Duration,
}

impl Default for Asks {
    fn default() -> Self {
        Asks { next: None, pause: FIRST_PAUSE }
    }
}

impl Asks {
    /// Whether to ask now: at once, then after a second, and later and later until a key frame was taken.
    fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.next.is_none_or(|next| next <= now);
        if is_due {
            self.next = Some(now + self.pause);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
        is_due
    }
}

impl Mouth {
    /// Whether it was sent. An error: the connection has ended.
    fn send(&mut self, frame: &EncodedFrame) -> Result<bool, ()> {
        if !self.is_agreed && !self.agree() {
            return Ok(false);
        }
        if self.waits_for_key && !frame.is_key {
            self.begin_anew();
            return Ok(false);
        }
        match self.transceiver.write(&Frame::new(frame.at, &frame.data)) {
            Ok(()) => {
                if core::mem::take(&mut self.waits_for_key) {
                    self.asks.pause = FIRST_PAUSE;
                }
                Ok(true)
            }
            Err(Error::Frame(limpid::FrameRefused::NotNegotiated)) => {
                self.is_agreed = false;
                self.begin_anew();
                Ok(false)
            }
            Err(Error::Frame(_)) => {
                self.begin_anew();
                Ok(false)
            }
            Err(_) => Err(()),
        }
    }

    /// Chooses a format once the other side has said what it takes.
    fn agree(&mut self) -> bool {
        let taken = self.transceiver.send_codecs();
        let format = format_of(self.pump.codec(), &taken);
        self.is_agreed = format.is_some_and(|format| self.transceiver.send_as(format));
        self.is_refused = !taken.is_empty() && format.is_none();
        self.is_agreed
    }

    fn begin_anew(&mut self) {
        self.waits_for_key = true;
        if self.asks.is_due(Instant::now()) {
            self.pump.request_key_frame();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_takes_nothing_asks_for_key_frames_less_and_less() {
        let (mut asks, start) = (Asks::default(), Instant::now());
        let at = |tenth: u32| start + Duration::from_millis(100) * tenth;
        let asked: Vec<u32> = (0..160).filter(|&tenth| asks.is_due(at(tenth))).collect();
        assert_eq!(asked, [0, 10, 30, 70, 110, 150]);
    }

    #[test]
    fn a_format_is_chosen_among_those_that_are_taken() {
        let h264 = |mode| {
            let parameters = format!("packetization-mode={mode};profile-level-id=42e01f");
            limpid::Codec::new(102, "H264", 90_000).with_parameters(&parameters)
        };
        let taken =
            [limpid::Codec::new(96, "vp8", 90_000), limpid::Codec::rtx(97, 96), h264(0), h264(1), h264(0)];
        assert_eq!(format_of(Codec::Vp8, &taken), Some(Format::Vp8));
        assert_eq!(format_of(Codec::H264, &taken), Some(Format::H264 { mode: 1 }));
        assert_eq!(format_of(Codec::H264, &taken[..3]), Some(Format::H264 { mode: 0 }));
        assert_eq!(format_of(Codec::Av1, &taken), None);
        let opus = [limpid::Codec::new(111, "opus", 48_000).with_channels(2)];
        assert_eq!(format_of(Codec::Opus { channels: 1 }, &opus), Some(Format::Opus));
    }
}
