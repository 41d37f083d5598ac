//! What is written into a stream that goes out, and what is said of each packet that leaves.

use core::fmt;
use core::time::Duration;

use limpid_sansio::Instant;

use crate::codec::{FrameToSend, Unsendable};
use crate::elements::Extras;
use crate::names::{PayloadType, Ssrc};

/// An encoded frame: a picture, or one packet's worth of sound.
#[derive(Copy, Clone, Debug)]
pub struct Frame<'a> {
    /// Where it stands in its medium; the stream makes the timestamp of it.
    pub media_time: Duration,
    /// When it was captured; `None`: when it is written. Sender reports are made of it, so that sound and picture meet.
    pub captured: Option<Instant>,
    /// The bytes that the encoder made.
    pub data: &'a [u8],
    /// What the payload format writes down of it.
    pub info: FrameToSend,
    /// What the header extension tells of it.
    pub extras: Extras,
}

/// One packet whose payload was made elsewhere: forwarded by an SFU, or a telephone event.
#[derive(Copy, Clone, Debug)]
pub struct Payload<'a> {
    /// Its format.
    pub payload_type: PayloadType,
    /// Its timestamp as it is to stand in the packet; `None`: that of now on the stream's own line.
    pub timestamp: Option<u32>,
    /// The moment of that timestamp; `None`: now. Sender reports are made of it.
    pub captured: Option<Instant>,
    /// What stood before it was lost on its way here: its number leaves a hole, so that the receiver knows.
    pub lost_before: bool,
    /// The marker.
    pub marker: bool,
    /// The packet belongs to a key frame: names are sent with it.
    pub is_key: bool,
    /// The bytes behind the header.
    pub data: &'a [u8],
    /// What the header extension tells of it.
    pub extras: Extras,
    /// Which frames need which: the dependency descriptor as it is to stand in the packet, where that was agreed on.
    pub dependencies: Option<&'a [u8]>,
    /// Elements of other kinds: id on this transport, and data. Those that do not fit the form are left out.
    pub elements: &'a [(u8, &'a [u8])],
}

/// Why a frame was not taken.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The stream is paused.
    Paused,
    /// The stream ceased to send: its circuit breaker is open. RFC 8083.
    Ceased,
    /// Too many bytes wait to be sent: the encoder makes more than the path takes.
    QueueFull,
    /// The payload format can not carry these bytes, or not in packets of this size.
    Unsendable(Unsendable),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Paused => "the stream is paused",
            Refused::Ceased => "the network does not carry the stream",
            Refused::QueueFull => "too much waits to be sent",
            Refused::Unsendable(_) => "the payload format can not carry this frame",
        })
    }
}

impl core::error::Error for Refused {}

/// A packet that was appended to the caller's buffer.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Its SSRC: that of the stream, or of its retransmissions.
    pub ssrc: Ssrc,
    /// Its sequence number on that SSRC.
    pub sequence_number: u16,
    /// Bytes that were appended.
    pub len: usize,
    /// Why it left.
    pub kind: Kind,
    /// Where in the buffer the two bytes of the transport-wide sequence number are to be filled in.
    pub transport_wide_cc_at: Option<usize>,
    /// Where in the buffer the three bytes of the absolute send time are to be filled in.
    pub absolute_send_time_at: Option<usize>,
}

/// Why a packet left.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// For the first time.
    Media,
    /// Once more, because it was asked for.
    Retransmission,
    /// To fill the path.
    Padding,
}
