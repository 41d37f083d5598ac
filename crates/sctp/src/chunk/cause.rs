//! ERROR and ABORT, and the causes that they carry (RFC 9260 §3.3.7, §3.3.10).

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sansio::wire::Writer;

use super::{Chunk, ChunkType, FLAG_T};
use crate::param::{self, Parameter, ParameterType, Parameters};

/// What went wrong. Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CauseCode(pub u16);

impl CauseCode {
    /// DATA on a stream that was not agreed on; the value is the stream id and two reserved bytes.
    pub const INVALID_STREAM: Self = CauseCode(1);
    /// A parameter that may not be left out was.
    pub const MISSING_PARAMETER: Self = CauseCode(2);
    /// The cookie was too old; the value says by how many microseconds.
    pub const STALE_COOKIE: Self = CauseCode(3);
    /// No memory for this.
    pub const OUT_OF_RESOURCE: Self = CauseCode(4);
    /// A chunk that we do not know; the value is the chunk.
    pub const UNRECOGNIZED_CHUNK: Self = CauseCode(6);
    /// A parameter with a forbidden value.
    pub const INVALID_PARAMETER: Self = CauseCode(7);
    /// Parameters that we do not know, in a COOKIE ECHO's answer.
    pub const UNRECOGNIZED_PARAMETERS: Self = CauseCode(8);
    /// DATA without data; the value is the TSN.
    pub const NO_USER_DATA: Self = CauseCode(9);
    /// A cookie came while shutting down.
    pub const COOKIE_WHILE_SHUTTING_DOWN: Self = CauseCode(10);
    /// The user ended it.
    pub const USER_ABORT: Self = CauseCode(12);
    /// A rule was broken.
    pub const PROTOCOL_VIOLATION: Self = CauseCode(13);

    /// The RFC's name, if we know it.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::INVALID_STREAM => "Invalid Stream Identifier",
            Self::MISSING_PARAMETER => "Missing Mandatory Parameter",
            Self::STALE_COOKIE => "Stale Cookie",
            Self::OUT_OF_RESOURCE => "Out of Resource",
            Self::UNRECOGNIZED_CHUNK => "Unrecognized Chunk Type",
            Self::INVALID_PARAMETER => "Invalid Mandatory Parameter",
            Self::UNRECOGNIZED_PARAMETERS => "Unrecognized Parameters",
            Self::NO_USER_DATA => "No User Data",
            Self::COOKIE_WHILE_SHUTTING_DOWN => "Cookie Received While Shutting Down",
            Self::USER_ABORT => "User-Initiated Abort",
            Self::PROTOCOL_VIOLATION => "Protocol Violation",
            _ => return None,
        })
    }
}

impl fmt::Debug for CauseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "cause {}", self.0),
        }
    }
}

/// One error cause.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Cause<'a> {
    /// What went wrong.
    pub code: CauseCode,
    /// Details.
    pub value: &'a [u8],
}

/// The causes of an ERROR or ABORT; they are shaped as parameters are.
#[derive(Clone, Debug)]
pub struct Causes<'a>(Parameters<'a>);

impl<'a> Causes<'a> {
    /// Of a chunk of either type.
    pub fn of(chunk: &Chunk<'a>) -> Self {
        Causes(Parameters::new(chunk.value, super::HEADER_LEN))
    }
}

impl<'a> Iterator for Causes<'a> {
    type Item = Result<Cause<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let cause = |param: Parameter<'a>| Cause { code: CauseCode(param.kind.0), value: param.value };
        self.0.next().map(|param| param.map(cause))
    }
}

fn write_cause(writer: &mut Writer<'_>, cause: &Cause<'_>) {
    param::write(writer, ParameterType(cause.code.0), &[cause.value]);
}

/// Reports a fault.
pub fn write_error(writer: &mut Writer<'_>, cause: &Cause<'_>) {
    let chunk = super::open(writer, ChunkType::ERROR, 0);
    write_cause(writer, cause);
    super::close(writer, chunk);
}

/// Ends the association. `reflected`: the tag is the one that came (RFC 9260 §8.4 rule 8).
pub fn write_abort(writer: &mut Writer<'_>, reflected: bool, cause: Option<&Cause<'_>>) {
    let chunk = super::open(writer, ChunkType::ABORT, if reflected { FLAG_T } else { 0 });
    if let Some(cause) = cause {
        write_cause(writer, cause);
    }
    super::close(writer, chunk);
}
