//! DATA (RFC 9260 §3.3.1): a message, or a fragment of one.
//!
//! ```text
//! +---------------+---------+-+-+-+-+-----------------------------+
//! |    type 0     |   res   |I|U|B|E|            length           |
//! +---------------+---------+-+-+-+-+-----------------------------+
//! |                              TSN                              |
//! +-------------------------------+-------------------------------+
//! |       stream identifier       |    stream sequence number     |
//! +-------------------------------+-------------------------------+
//! |                 payload protocol identifier                   |
//! +---------------------------------------------------------------+
//! |  user data                                                    |
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Writer};

use super::{Chunk, ChunkType};

/// Bytes between chunk header and user data.
const FIXED: usize = Data::HEADER_LEN - super::HEADER_LEN;

/// One DATA chunk.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Data<'a> {
    /// Its flags: [`Data::IMMEDIATE`] and the others.
    pub flags: u8,
    /// Transmission sequence number: counts chunks, for acknowledgement.
    pub tsn: u32,
    /// Stream identifier.
    pub stream_id: u16,
    /// Stream sequence number: counts ordered messages of the stream, for delivery. Nothing when unordered.
    pub ssn: u16,
    /// Payload protocol identifier, handed through.
    pub ppid: u32,
    /// The user's bytes; never empty in a legal chunk.
    pub payload: &'a [u8],
}

impl<'a> Data<'a> {
    /// Bytes before the user data.
    pub const HEADER_LEN: usize = 16;
    /// I: the sender wants its SACK at once (RFC 9260 §6.2).
    pub const IMMEDIATE: u8 = 0x08;
    /// U: deliver without regard to order.
    pub const UNORDERED: u8 = 0x04;
    /// B: the first fragment.
    pub const BEGIN: u8 = 0x02;
    /// E: the last fragment.
    pub const END: u8 = 0x01;

    /// Reads a chunk of this type; written out, for it is on the way of every message. Empty user data parses: answering it with "No User Data" is policy.
    #[inline]
    pub fn parse(chunk: &Chunk<'a>) -> Result<Self, ParseError> {
        let Some((head, payload)) = chunk.value.split_first_chunk::<FIXED>() else {
            return Err(ParseError::new("DATA", chunk.value.len(), ParseErrorKind::Truncated));
        };
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *head;
        Ok(Data {
            flags: chunk.flags,
            tsn: u32::from_be_bytes([a, b, c, d]),
            stream_id: u16::from_be_bytes([e, f]),
            ssn: u16::from_be_bytes([g, h]),
            ppid: u32::from_be_bytes([i, j, k, l]),
            payload,
        })
    }

    /// Header alone, for `len` bytes of user data which the caller appends and pads.
    #[inline]
    pub fn write_header(&self, writer: &mut Writer<'_>, len: usize) {
        let mut header = [0; Data::HEADER_LEN];
        header[0] = ChunkType::DATA.0;
        header[1] = self.flags;
        header[2..4].copy_from_slice(&((Data::HEADER_LEN + len) as u16).to_be_bytes());
        header[4..8].copy_from_slice(&self.tsn.to_be_bytes());
        header[8..10].copy_from_slice(&self.stream_id.to_be_bytes());
        header[10..12].copy_from_slice(&self.ssn.to_be_bytes());
        header[12..16].copy_from_slice(&self.ppid.to_be_bytes());
        writer.bytes(&header);
    }

    /// The whole chunk.
    pub fn write(&self, writer: &mut Writer<'_>) {
        self.write_header(writer, self.payload.len());
        writer.bytes(self.payload);
        writer.zeros(super::padding(self.payload.len()));
    }
}
