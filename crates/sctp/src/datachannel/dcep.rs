//! The Data Channel Establishment Protocol (RFC 8832): OPEN and ACK.
//!
//! ```text
//! +---------------+---------------+-------------------------------+
//! | message type 3| channel type  |           priority            |
//! +---------------+---------------+-------------------------------+
//! |                     reliability parameter                     |
//! +-------------------------------+-------------------------------+
//! |         label length          |        protocol length        |
//! +-------------------------------+-------------------------------+
//! |  label, then protocol: UTF-8                                  |
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

use crate::config::Reliability;

/// What the payload of a DATA chunk is (RFC 8831 §8).
pub mod ppid {
    /// OPEN and ACK.
    pub const DCEP: u32 = 50;
    /// Text.
    pub const STRING: u32 = 51;
    /// Part of binary data; deprecated.
    pub const BINARY_PARTIAL: u32 = 52;
    /// Binary data.
    pub const BINARY: u32 = 53;
    /// Part of a text; deprecated.
    pub const STRING_PARTIAL: u32 = 54;
    /// Text of no bytes, sent as one zero byte.
    pub const STRING_EMPTY: u32 = 56;
    /// Binary data of no bytes, sent as one zero byte.
    pub const BINARY_EMPTY: u32 = 57;
}

/// A DCEP message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Dcep<'a> {
    /// Opens a channel on the stream that it arrives on (§5.1).
    Open(Open<'a>),
    /// Answers OPEN (§5.2).
    Ack,
}

/// A DATA_CHANNEL_OPEN message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Open<'a> {
    /// Messages arrive in order.
    pub ordered: bool,
    /// How hard the channel tries.
    pub reliability: Reliability,
    /// Weight between channels.
    pub priority: u16,
    /// The channel's name.
    pub label: &'a str,
    /// The subprotocol.
    pub protocol: &'a str,
}

const MESSAGE_ACK: u8 = 2;
const MESSAGE_OPEN: u8 = 3;
const UNORDERED: u8 = 0x80;
const TYPE_RELIABLE: u8 = 0;
const TYPE_RETRANSMITS: u8 = 1;
const TYPE_LIFETIME: u8 = 2;
/// Bytes of OPEN before its label.
pub const OPEN_FIXED_LEN: usize = 12;

impl<'a> Dcep<'a> {
    /// Reads a message of PPID 50. Unknown channel types, bad UTF-8 and lengths that do not fit are faults (§6).
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(message);
        match reader.u8("message type")? {
            MESSAGE_ACK => Ok(Dcep::Ack), // some peers pad it
            MESSAGE_OPEN => Open::parse(reader).map(Dcep::Open),
            _ => Err(ParseError::new("message type", 0, ParseErrorKind::BadValue)),
        }
    }
}

impl<'a> Open<'a> {
    fn parse(mut reader: Reader<'a>) -> Result<Self, ParseError> {
        let kind = reader.u8("channel type")?;
        let priority = reader.u16("priority")?;
        let parameter = reader.u32("reliability parameter")?;
        // Larger than a channel of ours can say: as good as the largest.
        let limit = u16::try_from(parameter).unwrap_or(u16::MAX);
        let reliability = match kind & !UNORDERED {
            TYPE_RELIABLE => Reliability::Reliable,
            TYPE_RETRANSMITS => Reliability::Retransmits(limit),
            TYPE_LIFETIME => Reliability::Lifetime(limit),
            _ => return Err(ParseError::new("channel type", 1, ParseErrorKind::BadValue)),
        };
        let label_len = usize::from(reader.u16("label length")?);
        let protocol_len = usize::from(reader.u16("protocol length")?);
        let label = text(&mut reader, label_len, "label")?;
        let protocol = text(&mut reader, protocol_len, "protocol")?;
        reader.finish("OPEN")?;
        Ok(Open { ordered: kind & UNORDERED == 0, reliability, priority, label, protocol })
    }

    /// Writes OPEN. Label and protocol are at most 65535 bytes each.
    pub fn write(&self, writer: &mut Writer<'_>) {
        let (kind, parameter) = match self.reliability {
            Reliability::Reliable => (TYPE_RELIABLE, 0),
            Reliability::Retransmits(count) => (TYPE_RETRANSMITS, count.into()),
            Reliability::Lifetime(millis) => (TYPE_LIFETIME, millis.into()),
        };
        writer.u8(MESSAGE_OPEN);
        writer.u8(if self.ordered { kind } else { kind | UNORDERED });
        writer.u16(self.priority);
        writer.u32(parameter);
        writer.u16(self.label.len() as u16);
        writer.u16(self.protocol.len() as u16);
        writer.bytes(self.label.as_bytes());
        writer.bytes(self.protocol.as_bytes());
    }
}

/// The whole of an ACK.
pub const ACK: [u8; 1] = [MESSAGE_ACK];

fn text<'a>(reader: &mut Reader<'a>, len: usize, field: &'static str) -> Result<&'a str, ParseError> {
    let at = reader.offset();
    let bytes = reader.bytes(len, field)?;
    core::str::from_utf8(bytes)
        .map_err(|error| ParseError::new(field, at + error.valid_up_to(), ParseErrorKind::BadValue))
}
