//! SACK (RFC 9260 §3.3.4): what has arrived.
//!
//! ```text
//! +---------------+---------------+-------------------------------+
//! |    type 3     |       0       |            length             |
//! +---------------+---------------+-------------------------------+
//! |                      cumulative TSN ack                       |
//! +---------------------------------------------------------------+
//! |                            a_rwnd                             |
//! +-------------------------------+-------------------------------+
//! |     number of gap blocks      |     number of duplicates      |
//! +-------------------------------+-------------------------------+
//! |  start, end of each block as offsets to the cumulative TSN    |
//! |  duplicate TSNs                                               |
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

use super::{Chunk, ChunkType};

/// TSNs that arrived beyond a gap: offsets to the cumulative TSN ack, both inclusive.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct GapBlock {
    /// The first, at least 2 in a sound SACK.
    pub start: u16,
    /// The last, at least `start` in a sound SACK.
    pub end: u16,
}

/// One SACK chunk.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sack<'a> {
    /// All up to this one arrived.
    pub cumulative_tsn_ack: u32,
    /// How many more bytes the receiver can hold.
    pub a_rwnd: u32,
    gaps: &'a [u8],
    duplicates: &'a [u8],
}

impl<'a> Sack<'a> {
    /// Bytes of a SACK without blocks and duplicates.
    pub const FIXED_LEN: usize = 16;

    /// Reads a chunk of this type. Blocks are not checked for order.
    pub fn parse(chunk: &Chunk<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(chunk.value);
        let cumulative_tsn_ack = reader.u32("cumulative TSN ack")?;
        let a_rwnd = reader.u32("a_rwnd")?;
        let gaps = usize::from(reader.u16("number of gap blocks")?);
        let duplicates = usize::from(reader.u16("number of duplicates")?);
        if reader.remaining() != 4 * (gaps + duplicates) {
            return Err(reader.error("gap blocks", ParseErrorKind::BadLength));
        }
        let gaps = reader.bytes(4 * gaps, "gap blocks")?;
        Ok(Sack { cumulative_tsn_ack, a_rwnd, gaps, duplicates: reader.rest() })
    }

    /// How many blocks it has.
    pub fn gap_count(&self) -> usize {
        self.gaps.len() / 4
    }

    /// Its blocks.
    pub fn gaps(&self) -> impl Iterator<Item = GapBlock> + 'a {
        self.gaps.chunks_exact(4).map(|block| GapBlock {
            start: u16::from_be_bytes([block[0], block[1]]),
            end: u16::from_be_bytes([block[2], block[3]]),
        })
    }

    /// TSNs that arrived again.
    pub fn duplicates(&self) -> impl Iterator<Item = u32> + 'a {
        self.duplicates.chunks_exact(4).map(|tsn| u32::from_be_bytes([tsn[0], tsn[1], tsn[2], tsn[3]]))
    }

    /// Writes a SACK.
    pub fn write(
        writer: &mut Writer<'_>,
        cumulative_tsn_ack: u32,
        a_rwnd: u32,
        gaps: impl ExactSizeIterator<Item = GapBlock>,
        duplicates: &[u32],
    ) {
        let chunk = super::open(writer, ChunkType::SACK, 0);
        writer.u32(cumulative_tsn_ack);
        writer.u32(a_rwnd);
        writer.u16(gaps.len() as u16);
        writer.u16(duplicates.len() as u16);
        gaps.for_each(|block| {
            writer.u16(block.start);
            writer.u16(block.end);
        });
        duplicates.iter().for_each(|tsn| writer.u32(*tsn));
        super::close(writer, chunk);
    }
}
