//! Every line that is neither `v=`, `o=`, `s=` nor `m=`, and the values of the typed ones. RFC 8866 §5.

use alloc::string::String;
use alloc::vec::Vec;

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

impl Level {
    /// The place of a letter in the fixed order of RFC 8866 §5; `None`: it has no place here. `t=` and `r=` alternate and
    /// share one.
    pub(crate) fn rank(self, letter: u8) -> Option<usize> {
        let order: [&[u8]; 10] = match self {
            Level::Session => [b"i", b"u", b"e", b"p", b"c", b"b", b"tr", b"z", b"k", b"a"],
            Level::Media => [b"i", b"", b"", b"", b"c", b"b", b"", b"", b"k", b"a"],
        };
        order.iter().position(|letters| letters.contains(&letter))
    }
}

impl Line {
    /// Appends one line to `out`.
    pub(crate) fn parse_into(raw: RawLine<'_>, out: &mut Vec<Line>) -> Result<(), ParseError> {
        let fault = |field| move |kind| raw.error(field, kind);
        let text = || Text::from_line(raw.value);
        let line = match raw.letter {
            b'a' => {
                let put = |attribute| out.push(Line::Attribute(attribute));
                return Attribute::parse_into(raw.value, put).map_err(|error| error.within(raw.offset));
            }
            b'c' => Line::Connection(Connection::parse(raw.value).map_err(fault("connection-field"))?),
            b'b' => Line::Bandwidth(Bandwidth::parse(raw.value).map_err(fault("bandwidth-field"))?),
            b't' => Line::Timing(Timing::parse(raw.value).map_err(fault("time-field"))?),
            b'i' => Line::Information(text()),
            b'u' => Line::Uri(text()),
            b'e' => Line::Email(text()),
            b'p' => Line::Phone(text()),
            b'r' => Line::Repeat(text()),
            b'z' => Line::Zone(text()),
            b'k' => Line::Key(text()),
            _ => return Err(raw.error("type", ParseErrorKind::BadValue)),
        };
        out.push(line);
        Ok(())
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
