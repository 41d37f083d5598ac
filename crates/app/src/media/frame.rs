//! What goes in and out: encoded frames, and which codec they are of.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

/// How frames are encoded.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Codec {
    /// RFC 6716. RTP always says two channels (RFC 7587 §4); these are the file's own.
    Opus {
        /// 1 or 2, rarely more.
        channels: u8,
    },
    /// µ-law of G.711, mono at 8 kHz.
    Pcmu,
    /// A-law of G.711, mono at 8 kHz.
    Pcma,
    /// RFC 6386.
    Vp8,
    /// VP9.
    Vp9,
    /// AV1; frames are temporal units of OBUs that tell their sizes.
    Av1,
    /// H.264; frames are access units behind start codes (Annex B).
    H264,
}

impl Codec {
    /// Whether it is heard rather than seen.
    pub fn is_audio(self) -> bool {
        matches!(self, Codec::Opus { .. } | Codec::Pcmu | Codec::Pcma)
    }

    /// Units of RTP timestamps in a second.
    pub fn clock_rate(self) -> u32 {
        match self {
            Codec::Opus { .. } => 48_000,
            Codec::Pcmu | Codec::Pcma => 8_000,
            Codec::Vp8 | Codec::Vp9 | Codec::Av1 | Codec::H264 => 90_000,
        }
    }

    /// As `a=rtpmap` names it.
    pub fn name(self) -> &'static str {
        match self {
            Codec::Opus { .. } => "opus",
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
            Codec::Vp8 => "VP8",
            Codec::Vp9 => "VP9",
            Codec::Av1 => "AV1",
            Codec::H264 => "H264",
        }
    }

    /// How the name of a file ends that holds it.
    pub fn extension(self) -> &'static str {
        match self {
            Codec::Opus { .. } => "ogg",
            Codec::Pcmu | Codec::Pcma => "wav",
            Codec::Vp8 | Codec::Vp9 | Codec::Av1 => "ivf",
            Codec::H264 => "h264",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One frame of video, or one packet of audio.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EncodedFrame {
    /// When it is due, counted from the first frame. Never falls.
    pub at: Duration,
    /// How long it lasts.
    pub duration: Duration,
    /// As a packetiser takes it.
    pub data: Bytes,
    /// Whether decoding can begin here. True of all audio.
    pub is_key: bool,
}
