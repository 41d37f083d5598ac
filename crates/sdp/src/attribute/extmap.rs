//! RTP header extensions: `extmap`. RFC 8285 §5.

use alloc::string::String;

use limpid_sansio::wire::ParseErrorKind;

use super::rtp::Direction;
use crate::lexer::{Words, number, push_number};
use crate::text::Text;

/// A number that stands for a URI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExtMap {
    /// 1 to 14 in one-byte headers, to 255 in two-byte ones; 4096 to 4351 while it is only offered.
    pub id: u16,
    /// Who uses it, if not both.
    pub direction: Option<Direction>,
    /// What it is.
    pub uri: Text,
    /// Details of the extension itself.
    pub attributes: Option<Text>,
}

impl ExtMap {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let head = words.word()?;
        let (id, direction) = match head.split_once('/') {
            Some((id, direction)) => (id, Some(parse_direction(direction)?)),
            None => (head, None),
        };
        let (id, uri) = (number(id)?, words.text()?);
        Ok(ExtMap { id, direction, uri, attributes: words.rest().map(Text::from_line) })
    }

    pub(super) fn write(&self, out: &mut String) {
        push_number(out, self.id.into());
        if let Some(direction) = self.direction {
            out.push('/');
            out.push_str(direction.as_str());
        }
        out.push(' ');
        out.push_str(&self.uri);
        if let Some(attributes) = &self.attributes {
            out.push(' ');
            out.push_str(attributes);
        }
    }
}

fn parse_direction(word: &str) -> Result<Direction, ParseErrorKind> {
    let all = [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive];
    all.into_iter().find(|direction| direction.as_str() == word).ok_or(ParseErrorKind::BadValue)
}
