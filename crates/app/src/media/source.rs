//! Where frames come from: a tone, a card, or a file, each at its own pace.

mod files;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::media::card::{Card, Style};
use crate::media::frame::{Codec, EncodedFrame};
use crate::media::tone::Tone;
use crate::media::vp8::{DEFAULT_QUANTISER, Encoder};

use files::FileSource;

/// How test signals look and sound, and how files are played.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Whether a file begins again at its end. It does unless told otherwise. Test signals do not end.
    pub repeat: bool,
    /// The pitch of the tone in hertz; 440 unless told otherwise. Different ones tell senders apart.
    pub tone_hertz: u16,
    /// The look of the card.
    pub card: Style,
    /// Frames of the card from one key frame to the next, if nobody asks for one; 150 unless told otherwise.
    pub key_interval: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { repeat: true, tone_hertz: 440, card: Style::default(), key_interval: 150 }
    }
}

/// Gives encoded frames with the time at which each is due. Reads files as it goes, and holds two frames at most.
#[derive(Debug)]
pub struct Source {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Tone(Tone),
    Card(Box<CardSource>),
    File(Box<FileSource>),
}

/// A card and its encoder.
#[derive(Debug)]
struct CardSource {
    card: Card,
    encoder: Encoder,
    number: u32,
    key_interval: u32,
    /// Frames since the last key frame.
    since_key: u32,
    key_wanted: bool,
}

impl Source {
    /// `tone`, or a file of Ogg or WAV. (A file that is called `tone` is `./tone`.)
    pub fn audio(spec: &Path, options: &Options) -> io::Result<Self> {
        if spec == Path::new("tone") {
            return Ok(Source { kind: Kind::Tone(Tone::new(options.tone_hertz)) });
        }
        Source::open(spec, options, true)
    }

    /// `pattern`, or a file of IVF or H.264.
    pub fn video(spec: &Path, options: &Options) -> io::Result<Self> {
        if spec == Path::new("pattern") {
            let card = CardSource {
                card: Card::new(options.card),
                encoder: Encoder::new(DEFAULT_QUANTISER),
                number: 0,
                key_interval: options.key_interval.max(1),
                since_key: 0,
                key_wanted: false,
            };
            return Ok(Source { kind: Kind::Card(Box::new(card)) });
        }
        Source::open(spec, options, false)
    }

    /// What kind of file it is, its content says and not its name.
    fn open(path: &Path, options: &Options, audio: bool) -> io::Result<Self> {
        let file = FileSource::open(path, options.repeat)?;
        if file.codec().is_audio() != audio {
            let kind =
                if audio { "holds no sound that can be played" } else { "holds no video that can be played" };
            return Err(io::Error::new(io::ErrorKind::InvalidInput, kind));
        }
        Ok(Source { kind: Kind::File(Box::new(file)) })
    }

    /// How the frames are encoded.
    pub fn codec(&self) -> Codec {
        match &self.kind {
            Kind::Tone(_) => Codec::Pcmu,
            Kind::Card(_) => Codec::Vp8,
            Kind::File(file) => file.codec(),
        }
    }

    /// The next frame; `None` at the end of a file that does not begin again.
    pub fn next_frame(&mut self) -> io::Result<Option<EncodedFrame>> {
        match &mut self.kind {
            Kind::Tone(tone) => Ok(Some(tone.next_frame())),
            Kind::Card(card) => Ok(Some(card.next_frame())),
            Kind::File(file) => file.next_frame(),
        }
    }

    /// Asks for a frame with which decoding can begin. The card makes its next one such; a file of video begins again
    /// from its start, unless that was less than a second ago; sound has no others.
    pub fn request_key_frame(&mut self) {
        match &mut self.kind {
            Kind::Tone(_) => {}
            Kind::Card(card) => card.key_wanted = true,
            Kind::File(file) => file.request_key_frame(),
        }
    }
}

impl CardSource {
    fn next_frame(&mut self) -> EncodedFrame {
        let number = self.number;
        self.number = self.number.wrapping_add(1);
        let key = self.key_wanted || self.since_key >= self.key_interval;
        let (data, is_key) = self.encoder.encode(self.card.picture(number), key);
        self.key_wanted = false;
        self.since_key = if is_key { 1 } else { self.since_key + 1 };
        let at = self.card.time(number);
        let duration = self.card.time(number.saturating_add(1)).saturating_sub(at);
        EncodedFrame { at, duration, data: data.into(), is_key }
    }
}

/// How long a hole in a file may be. What claims to be longer is taken for a fault of the file.
const MAX_HOLE: Duration = Duration::from_secs(10);
/// What a frame of video lasts whose file does not say.
const DEFAULT_FRAME: Duration = Duration::from_nanos(33_333_333);
