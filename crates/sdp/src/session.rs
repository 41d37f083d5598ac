//! A whole description: the session's lines, then its sections. RFC 8866 §5.

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use crate::attribute::{Attribute, Group};
use crate::lexer::{Lines, RawLine};
use crate::line::{Level, Line, Origin};
use crate::media::Media;
use crate::text::Text;

/// A session description, as a value that can be read, changed and written.
///
/// [`parse`](SessionDescription::parse) and [`write`](SessionDescription::write) lose nothing: a description in its
/// canonical form (CRLF, numbers without leading zeros, single spaces) comes back byte for byte, attributes that this crate
/// does not know included. Bounds: [`MAX_BYTES`](crate::MAX_BYTES) and [`MAX_LINES`](crate::MAX_LINES) when read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionDescription {
    /// `o=`.
    pub origin: Origin,
    /// `s=`; a dash when there is nothing to say.
    pub name: Text,
    /// What stands between `s=` and the first `m=`, in order.
    pub lines: Vec<Line>,
    /// The sections. Their number never shrinks in a session (RFC 3264 §8).
    pub media: Vec<Media>,
}

impl SessionDescription {
    /// Reads a description. Lines may end in a bare LF.
    ///
    /// A line out of its order, a type letter that is not of RFC 8866, or a known attribute that is malformed is a fault of
    /// the whole (RFC 9429 §5.8).
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut lines = Lines::new(text)?;
        let version = expect(&mut lines, b'v', "v=")?;
        if version.value != "0" {
            return Err(version.error("proto-version", ParseErrorKind::BadValue));
        }
        let origin = expect(&mut lines, b'o', "o=")?;
        let origin_value = Origin::parse(origin.value).map_err(|kind| origin.error("origin-field", kind))?;
        let name = expect(&mut lines, b's', "s=")?;
        let mut session = SessionDescription {
            origin: origin_value,
            name: Text::from_line(name.value),
            lines: Vec::with_capacity(8),
            media: Vec::new(),
        };
        let mut heading = section(&mut lines, Level::Session, &mut session.lines)?;
        if !session.lines.iter().any(|line| matches!(line, Line::Timing(_))) {
            return Err(ParseError::new("time-field", lines.offset(), ParseErrorKind::Missing));
        }
        while let Some(raw) = heading {
            let mut media = Media::parse_heading(raw.value).map_err(|kind| raw.error("media-field", kind))?;
            heading = section(&mut lines, Level::Media, &mut media.lines)?;
            session.media.push(media);
        }
        Ok(session)
    }

    /// The session's own attributes, in order.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        attributes(&self.lines)
    }

    /// The groups of sections, in order.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.attributes().filter_map(|attribute| match attribute {
            Attribute::Group(group) => Some(group),
            _ => None,
        })
    }
}

/// The attributes among these lines.
pub(crate) fn attributes(lines: &[Line]) -> impl Iterator<Item = &Attribute> {
    lines.iter().filter_map(|line| match line {
        Line::Attribute(attribute) => Some(attribute),
        _ => None,
    })
}

fn expect<'a>(lines: &mut Lines<'a>, letter: u8, field: &'static str) -> Result<RawLine<'a>, ParseError> {
    let start = lines.offset();
    match lines.next()? {
        Some(raw) if raw.letter == letter => Ok(raw),
        _ => Err(ParseError::new(field, start, ParseErrorKind::Missing)),
    }
}

/// Reads lines up to the next `m=`, which it returns, or to the end.
fn section<'a>(
    lines: &mut Lines<'a>,
    level: Level,
    out: &mut Vec<Line>,
) -> Result<Option<RawLine<'a>>, ParseError> {
    let mut rank = 0;
    while let Some(raw) = lines.next()? {
        if raw.letter == b'm' {
            return Ok(Some(raw));
        }
        let place = level.rank(raw.letter).ok_or(raw.error("type", ParseErrorKind::BadValue))?;
        if place < rank {
            return Err(raw.error("line order", ParseErrorKind::BadValue));
        }
        rank = place;
        Line::parse_into(raw, out)?;
    }
    Ok(None)
}
