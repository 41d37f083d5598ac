//! INIT and INIT ACK (RFC 9260 §3.3.2, §3.3.3): what each side brings along.
//!
//! ```text
//! +---------------+---------------+-------------------------------+
//! |  type 1 or 2  |       0       |            length             |
//! +---------------+---------------+-------------------------------+
//! |                         initiate tag                          |
//! +---------------------------------------------------------------+
//! |          advertised receiver window credit (a_rwnd)           |
//! +-------------------------------+-------------------------------+
//! |       outbound streams        |        inbound streams        |
//! +-------------------------------+-------------------------------+
//! |                          initial TSN                          |
//! +---------------------------------------------------------------+
//! |  parameters                                                   |
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{Reader, Writer};

use super::Chunk;
use crate::param::{ParameterType, Parameters};

/// An INIT or INIT ACK chunk.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Init<'a> {
    /// Every packet to its sender carries this tag.
    pub initiate_tag: u32,
    /// How many bytes its sender can hold.
    pub a_rwnd: u32,
    /// Streams that its sender wants to send on.
    pub outbound_streams: u16,
    /// Streams that its sender takes at most.
    pub inbound_streams: u16,
    /// The first TSN of its sender.
    pub initial_tsn: u32,
    params: &'a [u8],
}

impl<'a> Init<'a> {
    /// The smallest legal window (RFC 9260 §3.3.2).
    pub const MIN_A_RWND: u32 = 1500;
    const FIXED_LEN: usize = 16;

    /// The fixed part, with no parameters yet.
    pub const fn new(initiate_tag: u32, a_rwnd: u32, streams: (u16, u16), initial_tsn: u32) -> Self {
        Init {
            initiate_tag,
            a_rwnd,
            outbound_streams: streams.0,
            inbound_streams: streams.1,
            initial_tsn,
            params: &[],
        }
    }

    /// Reads a chunk of either type. Forbidden values (tag 0, no streams) parse: see [`is_legal`](Init::is_legal).
    pub fn parse(chunk: &Chunk<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(chunk.value);
        Ok(Init {
            initiate_tag: reader.u32("initiate tag")?,
            a_rwnd: reader.u32("a_rwnd")?,
            outbound_streams: reader.u16("outbound streams")?,
            inbound_streams: reader.u16("inbound streams")?,
            initial_tsn: reader.u32("initial TSN")?,
            params: reader.rest(),
        })
    }

    /// Tag and both stream counts are not zero, and the window is not tiny.
    pub fn is_legal(&self) -> bool {
        self.initiate_tag != 0
            && self.outbound_streams != 0
            && self.inbound_streams != 0
            && self.a_rwnd >= Self::MIN_A_RWND
    }

    /// Its parameters.
    pub fn parameters(&self) -> Parameters<'a> {
        Parameters::new(self.params, super::HEADER_LEN + Self::FIXED_LEN)
    }

    /// The value of the State Cookie parameter.
    pub fn cookie(&self) -> Option<&'a [u8]> {
        let mut params = self.parameters().flatten();
        params.find(|param| param.kind == ParameterType::STATE_COOKIE).map(|param| param.value)
    }

    /// The fixed part; parameters follow, and the caller opens and closes the chunk.
    pub(crate) fn write_fixed(&self, writer: &mut Writer<'_>) {
        writer.u32(self.initiate_tag);
        writer.u32(self.a_rwnd);
        writer.u16(self.outbound_streams);
        writer.u16(self.inbound_streams);
        writer.u32(self.initial_tsn);
    }
}
