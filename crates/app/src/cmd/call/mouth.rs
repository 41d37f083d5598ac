//! What a source gives, to one member: in a format that the member takes, and never a picture that it could not understand.

use limpid::limpid_rtp::codec::Format;
use limpid::{Error, Frame, Transceiver};
use limpid_app::media::{Codec, EncodedFrame};
use tokio::sync::broadcast::error::RecvError;

use super::pump::Pump;
use super::tally::Tally;

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
    let mut mouth = Mouth { transceiver, pump, is_agreed: false, waits_for_key: true, is_refused: false };
    mouth.pump.request_key_frame();
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
    is_refused: bool,
}

impl Mouth {
    /// Whether it was sent. An error: the connection has ended.
    fn send(&mut self, frame: &EncodedFrame) -> Result<bool, ()> {
        if !self.is_agreed && !self.agree() || self.waits_for_key && !frame.is_key {
            return Ok(false);
        }
        match self.transceiver.write(&Frame::new(frame.at, &frame.data)) {
            Ok(()) => {
                self.waits_for_key = false;
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
        self.pump.request_key_frame();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
