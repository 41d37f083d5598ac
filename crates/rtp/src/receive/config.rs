//! What a stream that comes in is made of, what became of a packet, and what is read.

use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use crate::clock::Ntp;
use crate::codec::{Format, FrameInfo};
use crate::elements::{ElementIds, Extras};
use crate::fec::Form;
use crate::jitter::Limits;
use crate::names::{PayloadType, Ssrc};

/// A format and the payload type that says it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Codec {
    /// The number in the packets.
    pub payload_type: PayloadType,
    /// The payload format.
    pub format: Format,
    /// Units of the timestamp in a second. Of events and comfort noise it is that of the sound beside them.
    pub clock_rate: u32,
}

impl Codec {
    /// With the format's usual clock.
    pub fn new(payload_type: PayloadType, format: Format) -> Self {
        Codec { payload_type, format, clock_rate: format.clock_rate() }
    }
}

/// What a stream that comes in is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its SSRC.
    pub ssrc: Ssrc,
    /// Pictures or sound: whether a frame that is missing makes those after it useless.
    pub is_video: bool,
    /// The formats that its packets may have.
    pub formats: Vec<Codec>,
    /// The SSRC of its retransmissions; for reports only, as the caller finds the stream.
    pub rtx_ssrc: Option<Ssrc>,
    /// Which format a packet of the retransmission stream has: its payload type there, and the original's (`apt`).
    pub rtx: Vec<(PayloadType, PayloadType)>,
    /// The payload type of redundant audio, or of what wraps all formats (RFC 2198).
    pub red: Option<PayloadType>,
    /// The payload types of parity, and how it is written. Generic parity comes inside `red`.
    pub parity: Vec<(PayloadType, Form)>,
    /// Packets are asked for again.
    pub nack: bool,
    /// The header extension of its transport.
    pub elements: ElementIds,
    /// Bounds of the playout delay.
    pub delay: Limits,
    /// Packets that may be held. Default 2048 for pictures, 256 for sound.
    pub packets: usize,
    /// Bytes of payload that may be held. Default 8 MiB for pictures, 256 KiB for sound.
    pub bytes: usize,
    /// Packets are read, not frames: they are passed on as they are, and nobody here decodes. Key frames are then asked for
    /// only when somebody says so. Default `false`.
    pub by_packet: bool,
    /// A picture waits for a packet that was asked for at most so long. Default 1.5 s.
    pub longest_repair: Duration,
}

impl Config {
    /// A stream of pictures or sound without repair.
    pub fn new(ssrc: Ssrc, is_video: bool, formats: Vec<Codec>) -> Self {
        Config {
            ssrc,
            is_video,
            formats,
            rtx_ssrc: None,
            rtx: Vec::new(),
            red: None,
            parity: Vec::new(),
            nack: false,
            elements: ElementIds::default(),
            delay: Limits::default(),
            packets: if is_video { 2048 } else { 256 },
            bytes: if is_video { 8 << 20 } else { 256 << 10 },
            by_packet: false,
            longest_repair: Duration::from_millis(1500),
        }
    }
}

/// What became of a packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is held, and may complete a frame.
    Fresh,
    /// It brings nothing but its number, or is of a format that was not agreed on.
    Filler,
    /// It was here before.
    Duplicate,
    /// Its frame was read or given up.
    TooOld,
    /// Its number is too far from the others; if the next one follows it the source began anew.
    OutOfRange,
    /// It repairs a stream of which nothing is known yet, or is too short.
    Useless,
}

/// A frame as it is read. It lies in the stream's buffer until the next one is read.
#[derive(Copy, Clone, Debug)]
pub struct Frame<'a> {
    /// Its timestamp, unwrapped: grows where that of the packets wraps.
    pub timestamp: u64,
    /// Its payload type.
    pub payload_type: PayloadType,
    /// Its format.
    pub format: Format,
    /// Its bytes, as the format's decoder takes them.
    pub data: &'a [u8],
    /// What its packets said of it.
    pub info: FrameInfo,
    /// The marker of its last packet: of sound, that a talkspurt begins.
    pub marker: bool,
    /// When it is to be played.
    pub playout: Instant,
    /// When its last packet came.
    pub completed: Instant,
    /// When it was captured, by the sender's clock: from the header extension, or by the last sender report.
    pub captured: Option<Ntp>,
    /// What the header extension told of it.
    pub extras: Extras,
    /// Something is missing between this frame and the one before.
    pub lost_before: bool,
    /// The number of its first packet, unwrapped.
    pub first_sequence: u64,
    /// Its packets.
    pub packets: u32,
}
