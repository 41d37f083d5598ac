//! HEARTBEAT and HEARTBEAT ACK (RFC 9260 §3.3.5, §3.3.6): a question whose words come back.

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Writer};

use super::{Chunk, ChunkType};
use crate::param::{self, ParameterType, Parameters};

/// A HEARTBEAT, or its answer.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Heartbeat<'a> {
    /// Opaque to all but the asker.
    pub info: &'a [u8],
}

impl<'a> Heartbeat<'a> {
    /// Reads a chunk of either type.
    pub fn parse(chunk: &Chunk<'a>) -> Result<Self, ParseError> {
        let missing = ParseError::new("Heartbeat Info", super::HEADER_LEN, ParseErrorKind::Missing);
        let info = Parameters::new(chunk.value, super::HEADER_LEN).next().ok_or(missing)??;
        if info.kind != ParameterType::HEARTBEAT_INFO {
            return Err(missing);
        }
        Ok(Heartbeat { info: info.value })
    }

    /// The question, or with `HEARTBEAT_ACK` the answer.
    pub fn write(&self, writer: &mut Writer<'_>, kind: ChunkType) {
        let chunk = super::open(writer, kind, 0);
        param::write(writer, ParameterType::HEARTBEAT_INFO, &[self.info]);
        super::close(writer, chunk);
    }
}
