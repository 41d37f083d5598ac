//! Chunks: type, flags, length, value, padding (RFC 9260 §3.2). One kind a file.
//!
//! ```text
//!  0                   1                   2                   3
//! +---------------+---------------+-------------------------------+
//! |     type      |     flags     |  length, padding left out     |
//! +---------------+---------------+-------------------------------+
//! |  value, padded with zeros to four bytes                       |
//! ```

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sansio::wire::{OpenLength, ParseErrorKind, Reader, Writer};

mod cause;
mod cookie;
mod data;
mod forward_tsn;
mod heartbeat;
mod init;
mod reconfig;
mod sack;
mod shutdown;

pub use cause::{Cause, CauseCode, Causes, write_abort, write_error};
pub use cookie::{write_cookie_ack, write_cookie_echo};
pub use data::Data;
pub use forward_tsn::ForwardTsn;
pub use heartbeat::Heartbeat;
pub use init::Init;
pub use reconfig::{Reconfig, ReconfigResult, write_reconfig};
pub use sack::{GapBlock, Sack};
pub use shutdown::{Shutdown, write_shutdown_ack, write_shutdown_complete};

/// Bytes of a chunk header.
pub const HEADER_LEN: usize = 4;
/// The T bit of ABORT and SHUTDOWN COMPLETE: the tag is the receiver's peer's, reflected (RFC 9260 §8.5.1).
pub const FLAG_T: u8 = 0x01;

/// What kind of chunk. Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkType(pub u8);

/// What to do with a chunk or parameter that we do not know, by the two highest bits of its type (RFC 9260 §3.2).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Unknown {
    /// Go on with what follows; else what follows is dropped as well.
    pub skip: bool,
    /// Tell the sender.
    pub report: bool,
}

impl ChunkType {
    /// User data.
    pub const DATA: Self = ChunkType(0);
    /// Begins an association.
    pub const INIT: Self = ChunkType(1);
    /// Answers INIT.
    pub const INIT_ACK: Self = ChunkType(2);
    /// Acknowledges DATA.
    pub const SACK: Self = ChunkType(3);
    /// Are you there?
    pub const HEARTBEAT: Self = ChunkType(4);
    /// Yes.
    pub const HEARTBEAT_ACK: Self = ChunkType(5);
    /// Ends an association at once.
    pub const ABORT: Self = ChunkType(6);
    /// Ends an association in peace.
    pub const SHUTDOWN: Self = ChunkType(7);
    /// Answers SHUTDOWN.
    pub const SHUTDOWN_ACK: Self = ChunkType(8);
    /// Reports a fault.
    pub const ERROR: Self = ChunkType(9);
    /// Brings the cookie back.
    pub const COOKIE_ECHO: Self = ChunkType(10);
    /// Answers COOKIE ECHO.
    pub const COOKIE_ACK: Self = ChunkType(11);
    /// Explicit congestion notification echo (RFC 9260 appendix B); never negotiated here.
    pub const ECNE: Self = ChunkType(12);
    /// Congestion window reduced; never negotiated here.
    pub const CWR: Self = ChunkType(13);
    /// Answers SHUTDOWN ACK.
    pub const SHUTDOWN_COMPLETE: Self = ChunkType(14);
    /// DATA that interleaves (RFC 8260); not announced here.
    pub const I_DATA: Self = ChunkType(64);
    /// Stream reset (RFC 6525).
    pub const RECONFIG: Self = ChunkType(130);
    /// Nothing but length (RFC 4820).
    pub const PAD: Self = ChunkType(132);
    /// Tells of abandoned data (RFC 3758).
    pub const FORWARD_TSN: Self = ChunkType(192);
    /// The same for I-DATA (RFC 8260); not announced here.
    pub const I_FORWARD_TSN: Self = ChunkType(194);

    /// The RFC's name, if we know it.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::DATA => "DATA",
            Self::INIT => "INIT",
            Self::INIT_ACK => "INIT ACK",
            Self::SACK => "SACK",
            Self::HEARTBEAT => "HEARTBEAT",
            Self::HEARTBEAT_ACK => "HEARTBEAT ACK",
            Self::ABORT => "ABORT",
            Self::SHUTDOWN => "SHUTDOWN",
            Self::SHUTDOWN_ACK => "SHUTDOWN ACK",
            Self::ERROR => "ERROR",
            Self::COOKIE_ECHO => "COOKIE ECHO",
            Self::COOKIE_ACK => "COOKIE ACK",
            Self::ECNE => "ECNE",
            Self::CWR => "CWR",
            Self::SHUTDOWN_COMPLETE => "SHUTDOWN COMPLETE",
            Self::I_DATA => "I-DATA",
            Self::RECONFIG => "RE-CONFIG",
            Self::PAD => "PAD",
            Self::FORWARD_TSN => "FORWARD TSN",
            Self::I_FORWARD_TSN => "I-FORWARD TSN",
            _ => return None,
        })
    }

    /// What its type asks of those who do not know it.
    pub const fn if_unknown(self) -> Unknown {
        Unknown { skip: self.0 & 0x80 != 0, report: self.0 & 0x40 != 0 }
    }
}

impl fmt::Debug for ChunkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "chunk type {}", self.0),
        }
    }
}

/// One chunk, not looked into.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Chunk<'a> {
    /// What it is.
    pub kind: ChunkType,
    /// Its flags.
    pub flags: u8,
    /// What stands behind the header, without padding.
    pub value: &'a [u8],
    /// The whole chunk, without padding.
    pub whole: &'a [u8],
    /// Where it begins, in bytes from the start of the packet.
    pub offset: usize,
}

/// The chunks of a packet. Ends after the first that does not parse.
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    reader: Reader<'a>,
}

impl<'a> Chunks<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Self {
        Chunks { reader: Reader::new(body) }
    }

    fn read(&mut self) -> Result<Chunk<'a>, ParseError> {
        let rest = self.reader.rest();
        let offset = crate::packet::HEADER_LEN + self.reader.offset();
        let kind = ChunkType(self.reader.u8("chunk type")?);
        let flags = self.reader.u8("chunk flags")?;
        let len = usize::from(self.reader.u16("chunk length")?);
        if len < HEADER_LEN {
            return Err(ParseError::new("chunk length", self.reader.offset() - 2, ParseErrorKind::BadLength));
        }
        let value = self.reader.bytes(len - HEADER_LEN, "chunk value")?;
        let padding = padding(len).min(self.reader.remaining()); // the last chunk's may be missing
        self.reader.bytes(padding, "chunk padding")?;
        Ok(Chunk { kind, flags, value, whole: &rest[..len], offset })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let chunk = self.read();
        if chunk.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(chunk.map_err(|error| error.within(crate::packet::HEADER_LEN)))
    }
}

/// How many zeros follow `len` bytes.
pub const fn padding(len: usize) -> usize {
    len.wrapping_neg() % 4
}

/// `len` and the padding behind it.
pub const fn padded(len: usize) -> usize {
    len + padding(len)
}

/// A chunk that is being written.
#[must_use]
pub(crate) struct OpenChunk {
    length: OpenLength,
    start: usize,
}

/// Writes a chunk header whose length [`close`] fills in.
pub(crate) fn open(writer: &mut Writer<'_>, kind: ChunkType, flags: u8) -> OpenChunk {
    let start = writer.len();
    writer.u8(kind.0);
    writer.u8(flags);
    OpenChunk { length: writer.open(2), start }
}

/// Fills in the length, header included, and pads.
pub(crate) fn close(writer: &mut Writer<'_>, chunk: OpenChunk) {
    let len = writer.len() - chunk.start;
    writer.close(chunk.length);
    debug_assert!(len <= usize::from(u16::MAX), "a chunk fits its length field");
    writer.written_mut()[chunk.start + 2..chunk.start + 4].copy_from_slice(&(len as u16).to_be_bytes());
    writer.zeros(padding(len));
}

/// A chunk without a value.
pub(crate) fn write_empty(writer: &mut Writer<'_>, kind: ChunkType, flags: u8) {
    writer.u8(kind.0);
    writer.u8(flags);
    writer.u16(HEADER_LEN as u16);
}

/// Fills up with a PAD chunk of `len` bytes, header included; `len` is a multiple of four, at least four.
pub(crate) fn write_pad(writer: &mut Writer<'_>, len: usize) {
    let pad = open(writer, ChunkType::PAD, 0);
    writer.zeros(len.saturating_sub(HEADER_LEN));
    close(writer, pad);
}
