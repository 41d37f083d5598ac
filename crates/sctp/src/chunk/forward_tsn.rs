//! FORWARD TSN (RFC 3758 §3.2): abandoned data will not come; take it as received.
//!
//! ```text
//! +---------------+---------------+-------------------------------+
//! |   type 192    |       0       |            length             |
//! +---------------+---------------+-------------------------------+
//! |                    new cumulative TSN                         |
//! +-------------------------------+-------------------------------+
//! |  stream, and its highest skipped SSN, for ordered data only   |
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

use super::{Chunk, ChunkType};

/// One FORWARD TSN chunk.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ForwardTsn<'a> {
    /// All up to this one count as received.
    pub new_cumulative_tsn: u32,
    skipped: &'a [u8],
}

impl<'a> ForwardTsn<'a> {
    /// Bytes of one without streams.
    pub const FIXED_LEN: usize = 8;

    /// Reads a chunk of this type.
    pub fn parse(chunk: &Chunk<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(chunk.value);
        let new_cumulative_tsn = reader.u32("new cumulative TSN")?;
        if !reader.remaining().is_multiple_of(4) {
            return Err(reader.error("skipped streams", ParseErrorKind::BadLength));
        }
        Ok(ForwardTsn { new_cumulative_tsn, skipped: reader.rest() })
    }

    /// Stream ids, and the highest SSN that was skipped on each.
    pub fn skipped(&self) -> impl Iterator<Item = (u16, u16)> + 'a {
        self.skipped
            .chunks_exact(4)
            .map(|pair| (u16::from_be_bytes([pair[0], pair[1]]), u16::from_be_bytes([pair[2], pair[3]])))
    }

    /// Writes one.
    pub fn write(writer: &mut Writer<'_>, new_cumulative_tsn: u32, skipped: &[(u16, u16)]) {
        let chunk = super::open(writer, ChunkType::FORWARD_TSN, 0);
        writer.u32(new_cumulative_tsn);
        for (stream_id, ssn) in skipped {
            writer.u16(*stream_id);
            writer.u16(*ssn);
        }
        super::close(writer, chunk);
    }
}
