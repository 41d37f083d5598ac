//! Parameters: the fields of variable length in INIT, INIT ACK, HEARTBEAT and RE-CONFIG (RFC 9260 §3.2.1).
//!
//! ```text
//! +-------------------------------+-------------------------------+
//! |             type              |  length, padding left out     |
//! +-------------------------------+-------------------------------+
//! |  value, padded with zeros to four bytes                       |
//! ```
//! The padding of a chunk's last parameter counts for nothing: it lies outside the chunk's length as well.

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

use crate::chunk::{Unknown, padding};

/// What kind of parameter. Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterType(pub u16);

impl ParameterType {
    /// Opaque words of a HEARTBEAT.
    pub const HEARTBEAT_INFO: Self = ParameterType(1);
    /// The state of a handshake, kept by the peer.
    pub const STATE_COOKIE: Self = ParameterType(7);
    /// A parameter that was not understood, whole.
    pub const UNRECOGNIZED: Self = ParameterType(8);
    /// Outgoing SSN Reset Request (RFC 6525 §4.1).
    pub const OUTGOING_RESET: Self = ParameterType(13);
    /// Incoming SSN Reset Request (RFC 6525 §4.2).
    pub const INCOMING_RESET: Self = ParameterType(14);
    /// SSN/TSN Reset Request (RFC 6525 §4.3).
    pub const TSN_RESET: Self = ParameterType(15);
    /// Re-configuration Response (RFC 6525 §4.4).
    pub const RECONFIG_RESPONSE: Self = ParameterType(16);
    /// Add Outgoing Streams Request (RFC 6525 §4.5).
    pub const ADD_OUTGOING: Self = ParameterType(17);
    /// Add Incoming Streams Request (RFC 6525 §4.6).
    pub const ADD_INCOMING: Self = ParameterType(18);
    /// Chunk types that the sender knows (RFC 5061 §4.2.7).
    pub const SUPPORTED_EXTENSIONS: Self = ParameterType(0x8008);
    /// The sender takes FORWARD TSN (RFC 3758 §3.1).
    pub const FORWARD_TSN_SUPPORTED: Self = ParameterType(0xc000);

    /// The RFC's name, if we know it.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::HEARTBEAT_INFO => "Heartbeat Info",
            Self::STATE_COOKIE => "State Cookie",
            Self::UNRECOGNIZED => "Unrecognized Parameter",
            Self::OUTGOING_RESET => "Outgoing SSN Reset Request",
            Self::INCOMING_RESET => "Incoming SSN Reset Request",
            Self::TSN_RESET => "SSN/TSN Reset Request",
            Self::RECONFIG_RESPONSE => "Re-configuration Response",
            Self::ADD_OUTGOING => "Add Outgoing Streams Request",
            Self::ADD_INCOMING => "Add Incoming Streams Request",
            Self::SUPPORTED_EXTENSIONS => "Supported Extensions",
            Self::FORWARD_TSN_SUPPORTED => "Forward-TSN-Supported",
            _ => return None,
        })
    }

    /// What its type asks of those who do not know it.
    pub const fn if_unknown(self) -> Unknown {
        Unknown { skip: self.0 & 0x8000 != 0, report: self.0 & 0x4000 != 0 }
    }
}

impl fmt::Debug for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "parameter {:#06x}", self.0),
        }
    }
}

/// One parameter, not looked into.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Parameter<'a> {
    /// What it is.
    pub kind: ParameterType,
    /// What stands behind the header, without padding.
    pub value: &'a [u8],
    /// The whole parameter, without padding.
    pub whole: &'a [u8],
    /// Where it begins, in bytes from the start of the chunk.
    pub offset: usize,
}

/// The parameters of a chunk. Ends after the first that does not parse.
#[derive(Clone, Debug)]
pub struct Parameters<'a> {
    reader: Reader<'a>,
    base: usize,
}

impl<'a> Parameters<'a> {
    /// `base`: where `bytes` begin, in bytes from the start of the chunk.
    pub fn new(bytes: &'a [u8], base: usize) -> Self {
        Parameters { reader: Reader::new(bytes), base }
    }

    fn read(&mut self) -> Result<Parameter<'a>, ParseError> {
        let rest = self.reader.rest();
        let offset = self.base + self.reader.offset();
        let kind = ParameterType(self.reader.u16("parameter type")?);
        let len = usize::from(self.reader.u16("parameter length")?);
        if len < HEADER_LEN {
            let at = self.reader.offset() - 2;
            return Err(ParseError::new("parameter length", at, ParseErrorKind::BadLength));
        }
        let value = self.reader.bytes(len - HEADER_LEN, "parameter value")?;
        let padding = padding(len).min(self.reader.remaining());
        self.reader.bytes(padding, "parameter padding")?;
        Ok(Parameter { kind, value, whole: &rest[..len], offset })
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Result<Parameter<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let param = self.read().map_err(|error| error.within(self.base));
        if param.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(param)
    }
}

/// Bytes of a parameter header.
pub const HEADER_LEN: usize = 4;

/// Writes a parameter, behind the padding of what stands in front of it. Its own padding is left to what follows: behind
/// the last parameter it is the chunk's, and the chunk's length does not count it (RFC 9260 §3.2). The writer began at a
/// multiple of four bytes of the packet. `value` is short enough for the 16-bit length.
pub fn write(writer: &mut Writer<'_>, kind: ParameterType, value: &[&[u8]]) {
    let len = HEADER_LEN + value.iter().map(|part| part.len()).sum::<usize>();
    debug_assert!(len <= usize::from(u16::MAX), "a parameter fits its length field");
    writer.zeros(padding(writer.len()));
    writer.u16(kind.0);
    writer.u16(len as u16);
    value.iter().for_each(|part| writer.bytes(part));
}
