//! Several encodings of one source: `rid` and `simulcast`. RFC 8851, RFC 8853.

use alloc::string::String;

use limpid_sansio::wire::ParseErrorKind;

use crate::lexer::Words;
use crate::text::Text;

/// Which way a restricted stream flows, seen from the side that writes it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum RidDirection {
    /// This side sends it.
    Send,
    /// This side receives it.
    Recv,
}

impl RidDirection {
    fn parse(word: &str) -> Result<Self, ParseErrorKind> {
        match word {
            "send" => Ok(RidDirection::Send),
            "recv" => Ok(RidDirection::Recv),
            _ => Err(ParseErrorKind::BadValue),
        }
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            RidDirection::Send => "send",
            RidDirection::Recv => "recv",
        }
    }
}

/// A stream with a name and limits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rid {
    /// Letters and digits; `-` and `_` are read, as RFC 8851 allows them, and cannot be sent in RTP (RFC 8852).
    pub id: Text,
    /// Which way.
    pub direction: RidDirection,
    /// `pt=…;max-width=…`.
    pub restrictions: Option<Text>,
}

impl Rid {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let id = words.word()?;
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return Err(ParseErrorKind::BadValue);
        }
        let direction = RidDirection::parse(words.word()?)?;
        Ok(Rid { id: Text::from_line(id), direction, restrictions: words.rest().map(Text::from_line) })
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str(&self.id);
        out.push(' ');
        out.push_str(self.direction.as_str());
        if let Some(restrictions) = &self.restrictions {
            out.push(' ');
            out.push_str(restrictions);
        }
    }
}

/// Streams (`;`) with alternatives (`,`), some paused (`~`), for one or both ways.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Simulcast {
    /// The way that stands first, and its streams.
    pub first: (RidDirection, Text),
    /// The other way.
    pub second: Option<(RidDirection, Text)>,
}

impl Simulcast {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let first = (RidDirection::parse(words.word()?)?, words.text()?);
        let Some(rest) = words.rest() else { return Ok(Simulcast { first, second: None }) };
        let mut words = Words::new(rest);
        let second = (RidDirection::parse(words.word()?)?, words.text()?);
        if first.0 == second.0 {
            return Err(ParseErrorKind::Repeated);
        }
        words.finish().map(|()| Simulcast { first, second: Some(second) })
    }

    pub(super) fn write(&self, out: &mut String) {
        let way = |out: &mut String, (direction, streams): &(RidDirection, Text)| {
            out.push_str(direction.as_str());
            out.push(' ');
            out.push_str(streams);
        };
        way(out, &self.first);
        if let Some(second) = &self.second {
            out.push(' ');
            way(out, second);
        }
    }
}
