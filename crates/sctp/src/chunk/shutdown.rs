//! SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE (RFC 9260 §3.3.8, §3.3.9, §3.3.13).

use limpid_sansio::ParseError;
use limpid_sansio::wire::{Reader, Writer};

use super::{Chunk, ChunkType, FLAG_T};

/// A SHUTDOWN: no more data from its sender, who has all of ours up to a TSN.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Shutdown {
    /// As in a SACK.
    pub cumulative_tsn_ack: u32,
}

impl Shutdown {
    /// Reads a chunk of this type.
    pub fn parse(chunk: &Chunk<'_>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(chunk.value);
        let cumulative_tsn_ack = reader.u32("cumulative TSN ack")?;
        reader.finish("SHUTDOWN")?;
        Ok(Shutdown { cumulative_tsn_ack })
    }

    /// Writes it.
    pub fn write(&self, writer: &mut Writer<'_>) {
        let chunk = super::open(writer, ChunkType::SHUTDOWN, 0);
        writer.u32(self.cumulative_tsn_ack);
        super::close(writer, chunk);
    }
}

/// Everything has arrived on this side too.
pub fn write_shutdown_ack(writer: &mut Writer<'_>) {
    super::write_empty(writer, ChunkType::SHUTDOWN_ACK, 0);
}

/// Done. `reflected`: the tag is the one that came (RFC 9260 §8.4 rule 5).
pub fn write_shutdown_complete(writer: &mut Writer<'_>, reflected: bool) {
    super::write_empty(writer, ChunkType::SHUTDOWN_COMPLETE, if reflected { FLAG_T } else { 0 });
}
