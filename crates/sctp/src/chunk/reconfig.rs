//! RE-CONFIG (RFC 6525 §3.1, §4): requests about streams, and their answers, as parameters.

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

use super::{Chunk, ChunkType};
use crate::param::{self, Parameter, ParameterType, Parameters};

/// How a request went (RFC 6525 §4.4). Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReconfigResult(pub u32);

impl ReconfigResult {
    /// Success: nothing to do.
    pub const NOTHING_TO_DO: Self = ReconfigResult(0);
    /// Success: performed.
    pub const PERFORMED: Self = ReconfigResult(1);
    /// Denied.
    pub const DENIED: Self = ReconfigResult(2);
    /// Error: wrong SSN.
    pub const WRONG_SSN: Self = ReconfigResult(3);
    /// Error: another request is in progress.
    pub const REQUEST_IN_PROGRESS: Self = ReconfigResult(4);
    /// Error: bad sequence number.
    pub const BAD_SEQUENCE_NUMBER: Self = ReconfigResult(5);
    /// In progress: ask again.
    pub const IN_PROGRESS: Self = ReconfigResult(6);
}

impl fmt::Debug for ReconfigResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::NOTHING_TO_DO => "nothing to do",
            Self::PERFORMED => "performed",
            Self::DENIED => "denied",
            Self::WRONG_SSN => "wrong SSN",
            Self::REQUEST_IN_PROGRESS => "request already in progress",
            Self::BAD_SEQUENCE_NUMBER => "bad sequence number",
            Self::IN_PROGRESS => "in progress",
            ReconfigResult(other) => return write!(f, "result {other}"),
        })
    }
}

/// One parameter of a RE-CONFIG chunk. Stream lists stay raw; [`Reconfig::streams`] reads them.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Reconfig<'a> {
    /// The sender resets streams that it sends on; no streams: all (§4.1).
    OutgoingReset {
        /// Counts the sender's requests.
        request: u32,
        /// The receiver's request that this answers, or the last one it has seen.
        response: u32,
        /// The last TSN before the reset.
        last_tsn: u32,
        /// Stream ids, two bytes each.
        streams: &'a [u8],
    },
    /// The sender asks that the receiver reset streams (§4.2).
    IncomingReset {
        /// Counts the sender's requests.
        request: u32,
        /// Stream ids, two bytes each.
        streams: &'a [u8],
    },
    /// The sender asks for a reset of all numbers (§4.3), or for more streams (§4.5, §4.6): parsed, and denied.
    Other {
        /// Which of them.
        kind: ParameterType,
        /// Counts the sender's requests.
        request: u32,
        /// How many streams to add; 0 for a reset of all numbers.
        count: u16,
    },
    /// An answer (§4.4).
    Response {
        /// The request that it answers.
        response: u32,
        /// How it went.
        result: ReconfigResult,
    },
}

impl<'a> Reconfig<'a> {
    /// The parameters of a chunk of this type: one or two.
    pub fn all(chunk: &Chunk<'a>) -> impl Iterator<Item = Result<Self, ParseError>> + use<'a> {
        Parameters::new(chunk.value, super::HEADER_LEN).map(|param| {
            param.and_then(|param| Self::parse(&param).map_err(|error| error.within(param.offset)))
        })
    }

    fn parse(param: &Parameter<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(param.value);
        let number = reader.u32("request sequence number")?;
        match param.kind {
            ParameterType::OUTGOING_RESET => Ok(Reconfig::OutgoingReset {
                request: number,
                response: reader.u32("response sequence number")?,
                last_tsn: reader.u32("last assigned TSN")?,
                streams: Self::stream_list(&reader)?,
            }),
            ParameterType::INCOMING_RESET => {
                Ok(Reconfig::IncomingReset { request: number, streams: Self::stream_list(&reader)? })
            }
            ParameterType::RECONFIG_RESPONSE => {
                Ok(Reconfig::Response { response: number, result: ReconfigResult(reader.u32("result")?) })
            }
            ParameterType::TSN_RESET => Ok(Reconfig::Other { kind: param.kind, request: number, count: 0 }),
            ParameterType::ADD_OUTGOING | ParameterType::ADD_INCOMING => {
                Ok(Reconfig::Other { kind: param.kind, request: number, count: reader.u16("new streams")? })
            }
            _ => Err(ParseError::new("parameter type", 0, ParseErrorKind::BadValue)),
        }
    }

    fn stream_list(reader: &Reader<'a>) -> Result<&'a [u8], ParseError> {
        let list = reader.rest();
        if list.len().is_multiple_of(2) {
            Ok(list)
        } else {
            Err(reader.error("stream numbers", ParseErrorKind::BadLength))
        }
    }

    /// The ids of a raw stream list.
    pub fn streams(list: &'a [u8]) -> impl Iterator<Item = u16> + 'a {
        list.chunks_exact(2).map(|id| u16::from_be_bytes([id[0], id[1]]))
    }

    fn write(&self, writer: &mut Writer<'_>) {
        match *self {
            Reconfig::OutgoingReset { request, response, last_tsn, streams } => {
                let numbers = [request.to_be_bytes(), response.to_be_bytes(), last_tsn.to_be_bytes()];
                param::write(writer, ParameterType::OUTGOING_RESET, &[numbers.as_flattened(), streams]);
            }
            Reconfig::IncomingReset { request, streams } => {
                param::write(writer, ParameterType::INCOMING_RESET, &[&request.to_be_bytes(), streams]);
            }
            Reconfig::Other { kind: ParameterType::TSN_RESET, request, .. } => {
                param::write(writer, ParameterType::TSN_RESET, &[&request.to_be_bytes()]);
            }
            Reconfig::Other { kind, request, count } => {
                param::write(writer, kind, &[&request.to_be_bytes(), &count.to_be_bytes(), &[0, 0]]);
            }
            Reconfig::Response { response, result } => {
                let numbers = [response.to_be_bytes(), result.0.to_be_bytes()];
                param::write(writer, ParameterType::RECONFIG_RESPONSE, &[numbers.as_flattened()]);
            }
        }
    }
}

/// Writes a RE-CONFIG chunk with one parameter, or with two of those that RFC 6525 §3.1 lets stand together.
pub fn write_reconfig(writer: &mut Writer<'_>, params: &[Reconfig<'_>]) {
    let chunk = super::open(writer, ChunkType::RECONFIG, 0);
    params.iter().for_each(|param| param.write(writer));
    super::close(writer, chunk);
}
