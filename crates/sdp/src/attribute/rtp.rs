//! Codecs and who sends: `rtpmap`, `fmtp`, and the four directions. RFC 8866 §6.

use alloc::string::String;

use limpid_sansio::wire::ParseErrorKind;

use crate::lexer::{Words, number, push_number};
use crate::text::Text;

/// Who sends in a section (RFC 8866 §6.7), seen from the side that writes it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Both.
    SendRecv,
    /// This side.
    SendOnly,
    /// The other side.
    RecvOnly,
    /// None.
    Inactive,
}

impl Direction {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    /// From whether this side sends and whether it receives.
    pub fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }

    /// Whether the side that writes it sends.
    pub fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    /// Whether the side that writes it receives.
    pub fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// The same, seen from the other side.
    pub fn reversed(self) -> Self {
        Direction::new(self.receives(), self.sends())
    }

    /// What is in both, seen from one side.
    pub fn intersect(self, other: Self) -> Self {
        Direction::new(self.sends() && other.sends(), self.receives() && other.receives())
    }
}

/// A payload type's codec.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RtpMap {
    /// 0 to 127.
    pub payload_type: u8,
    /// `opus`, `VP8`, … compared without regard to case.
    pub encoding: Text,
    /// In hertz.
    pub clock_rate: u32,
    /// For audio, how many channels.
    pub parameters: Option<Text>,
}

impl RtpMap {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let (payload_type, codec) = (payload_type(words.word()?)?, words.word()?);
        words.finish()?;
        let mut parts = codec.splitn(3, '/');
        let encoding = parts.next().filter(|name| !name.is_empty()).ok_or(ParseErrorKind::Missing)?;
        let clock_rate = number(parts.next().ok_or(ParseErrorKind::Truncated)?)?;
        let parameters = parts.next().map(Text::from_line);
        Ok(RtpMap { payload_type, encoding: Text::from_line(encoding), clock_rate, parameters })
    }

    pub(super) fn write(&self, out: &mut String) {
        push_number(out, self.payload_type.into());
        out.push(' ');
        out.push_str(&self.encoding);
        out.push('/');
        push_number(out, self.clock_rate.into());
        if let Some(parameters) = &self.parameters {
            out.push('/');
            out.push_str(parameters);
        }
    }
}

/// A format's parameters, whose syntax is the codec's own: they stay text until the codec asks for them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Format {
    /// A payload type, mostly.
    pub format: Text,
    /// Whatever follows.
    pub parameters: Option<Text>,
}

impl Format {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        Ok(Format { format: words.text()?, parameters: words.rest().map(Text::from_line) })
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str(&self.format);
        if let Some(parameters) = &self.parameters {
            out.push(' ');
            out.push_str(parameters);
        }
    }
}

/// Seven bits.
pub(super) fn payload_type(word: &str) -> Result<u8, ParseErrorKind> {
    number(word).and_then(|number: u8| if number < 128 { Ok(number) } else { Err(ParseErrorKind::BadValue) })
}
