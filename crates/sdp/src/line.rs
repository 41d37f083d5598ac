//! Every line that is neither `v=`, `o=`, `s=` nor `m=`, and the values of the typed ones. RFC 8866 §5.

use alloc::string::String;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use crate::attribute::Attribute;
use crate::lexer::{RawLine, Words, number, push_number};
use crate::text::Text;

/// `o=`: who made the description, and which version of which session it is (RFC 8866 §5.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The user's name, or `-`.
    pub username: Text,
    /// Digits; any number of them, as some peers put 64 random bits here. JSEP asks for less than 2⁶³.
    pub session_id: Text,
    /// Digits; rises with every change.
    pub session_version: Text,
    /// Where it was made. JSEP puts an address here that tells nothing.
    pub address: Connection,
}

impl Origin {
    pub(crate) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let username = words.text()?;
        let digits = |text: Text| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(text),
            false => Err(ParseErrorKind::BadValue),
        };
        let session_id = digits(words.text()?)?;
        let session_version = digits(words.text()?)?;
        Ok(Origin { username, session_id, session_version, address: Connection::parse_words(words)? })
    }

    pub(crate) fn write(&self, out: &mut String) {
        for word in [&self.username, &self.session_id, &self.session_version] {
            out.push_str(word);
            out.push(' ');
        }
        self.address.write(out);
    }

    /// The version as a number, if it is one of 64 bits.
    pub fn version(&self) -> Option<u64> {
        number(&self.session_version).ok()
    }
}

/// `c=`: an address (RFC 8866 §5.7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// `IN`.
    pub network: Text,
    /// `IP4` or `IP6`.
    pub family: Text,
    /// An address or a name; multicast addresses carry `/ttl` and `/count`.
    pub address: Text,
}

impl Connection {
    /// The address of those whose real addresses are candidates (RFC 8840 §4.1.3).
    pub fn unspecified() -> Self {
        Connection { network: "IN".into(), family: "IP4".into(), address: "0.0.0.0".into() }
    }

    pub(crate) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        Connection::parse_words(Words::new(value))
    }

    pub(crate) fn parse_words(mut words: Words<'_>) -> Result<Self, ParseErrorKind> {
        let connection = Connection { network: words.text()?, family: words.text()?, address: words.text()? };
        words.finish().map(|()| connection)
    }

    pub(crate) fn write(&self, out: &mut String) {
        out.push_str(&self.network);
        out.push(' ');
        out.push_str(&self.family);
        out.push(' ');
        out.push_str(&self.address);
    }
}

/// `b=`: a bandwidth (RFC 8866 §5.8). Unknown kinds are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bandwidth {
    /// `AS` (kbit/s), `TIAS` (bit/s, RFC 3890), `CT`, …
    pub kind: Text,
    /// In the kind's unit.
    pub value: u64,
}

impl Bandwidth {
    fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let (kind, value) = value.split_once(':').ok_or(ParseErrorKind::BadValue)?;
        if kind.is_empty() {
            return Err(ParseErrorKind::Missing);
        }
        Ok(Bandwidth { kind: Text::from_line(kind), value: number(value)? })
    }
}

/// `t=`: when a session takes place (RFC 8866 §5.9); `0 0` in all of WebRTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// NTP seconds; 0: at any time.
    pub start: u64,
    /// NTP seconds; 0: never.
    pub stop: u64,
}

impl Timing {
    fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let timing = Timing { start: number(words.word()?)?, stop: number(words.word()?)? };
        words.finish().map(|()| timing)
    }
}

/// One line. What JSEP does not look into is kept as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// `i=` (RFC 8866 §5.4).
    Information(Text),
    /// `u=` (RFC 8866 §5.5).
    Uri(Text),
    /// `e=` (RFC 8866 §5.6).
    Email(Text),
    /// `p=` (RFC 8866 §5.6).
    Phone(Text),
    /// `c=`.
    Connection(Connection),
    /// `b=`.
    Bandwidth(Bandwidth),
    /// `t=`.
    Timing(Timing),
    /// `r=` (RFC 8866 §5.10).
    Repeat(Text),
    /// `z=` (RFC 8866 §5.11).
    Zone(Text),
    /// `k=` (RFC 8866 §5.12): obsolete, kept and never used.
    Key(Text),
    /// `a=`.
    Attribute(Attribute),
}

/// Where a line may stand.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Level {
    Session,
    Media,
}

impl Line {
    /// `None`: this letter has no place on this level.
    pub(crate) fn parse(raw: RawLine<'_>, level: Level) -> Result<Option<Self>, ParseError> {
        let typed = |field, result: Result<Line, ParseErrorKind>| {
            result.map(Some).map_err(|kind| raw.error(field, kind))
        };
        let text = |line: fn(Text) -> Line| Ok(Some(line(Text::from_line(raw.value))));
        match (raw.letter, level) {
            (b'a', _) => match Attribute::from_line(raw.value) {
                Ok(attribute) => Ok(Some(Line::Attribute(attribute))),
                Err(error) => Err(error.within(raw.offset)),
            },
            (b'c', _) => typed("connection-field", Connection::parse(raw.value).map(Line::Connection)),
            (b'b', _) => typed("bandwidth-field", Bandwidth::parse(raw.value).map(Line::Bandwidth)),
            (b'i', _) => text(Line::Information),
            (b'k', _) => text(Line::Key),
            (b't', Level::Session) => typed("time-field", Timing::parse(raw.value).map(Line::Timing)),
            (b'u', Level::Session) => text(Line::Uri),
            (b'e', Level::Session) => text(Line::Email),
            (b'p', Level::Session) => text(Line::Phone),
            (b'r', Level::Session) => text(Line::Repeat),
            (b'z', Level::Session) => text(Line::Zone),
            _ => Ok(None),
        }
    }

    /// The line's place in the fixed order of RFC 8866 §5; `t=` and `r=` alternate and share one.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Line::Information(_) => 0,
            Line::Uri(_) => 1,
            Line::Email(_) => 2,
            Line::Phone(_) => 3,
            Line::Connection(_) => 4,
            Line::Bandwidth(_) => 5,
            Line::Timing(_) | Line::Repeat(_) => 6,
            Line::Zone(_) => 7,
            Line::Key(_) => 8,
            Line::Attribute(_) => 9,
        }
    }

    /// Appends the line with its CRLF.
    pub(crate) fn write(&self, out: &mut String) {
        let text = |out: &mut String, letter: &str, value: &str| {
            out.push_str(letter);
            out.push_str(value);
        };
        match self {
            Line::Attribute(attribute) => {
                out.push_str("a=");
                attribute.write(out);
            }
            Line::Connection(connection) => {
                out.push_str("c=");
                connection.write(out);
            }
            Line::Bandwidth(bandwidth) => {
                text(out, "b=", &bandwidth.kind);
                out.push(':');
                push_number(out, bandwidth.value);
            }
            Line::Timing(timing) => {
                out.push_str("t=");
                push_number(out, timing.start);
                out.push(' ');
                push_number(out, timing.stop);
            }
            Line::Information(value) => text(out, "i=", value),
            Line::Uri(value) => text(out, "u=", value),
            Line::Email(value) => text(out, "e=", value),
            Line::Phone(value) => text(out, "p=", value),
            Line::Repeat(value) => text(out, "r=", value),
            Line::Zone(value) => text(out, "z=", value),
            Line::Key(value) => text(out, "k=", value),
        }
        out.push_str("\r\n");
    }
}
