//! Names of sections, and groups of names: `mid` and `group`. RFC 5888, RFC 9143.

use alloc::string::String;

use limpid_sansio::wire::ParseErrorKind;

use crate::lexer::{Words, is_token};
use crate::text::Text;

/// A section's name is one token.
pub(super) fn parse_mid(value: &str) -> Result<Text, ParseErrorKind> {
    if is_token(value) { Ok(Text::from_line(value)) } else { Err(ParseErrorKind::BadValue) }
}

/// Sections that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// `BUNDLE`, `LS`, …
    pub semantics: Text,
    names: Option<Text>,
}

impl Group {
    /// A `BUNDLE` group of these mids, in this order.
    pub fn bundle<'a>(mids: impl IntoIterator<Item = &'a str>) -> Self {
        Group::of("BUNDLE", mids)
    }

    /// An `LS` group of these mids: what they carry is played in step (RFC 5888 §7).
    pub fn lip_sync<'a>(mids: impl IntoIterator<Item = &'a str>) -> Self {
        Group::of("LS", mids)
    }

    fn of<'a>(semantics: &str, mids: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = String::new();
        for mid in mids {
            if !names.is_empty() {
                names.push(' ');
            }
            names.push_str(mid);
        }
        Group { semantics: semantics.into(), names: (!names.is_empty()).then(|| names.into()) }
    }

    /// The mids, in order; the first one is the tag (RFC 9143 §7.2.1).
    pub fn mids(&self) -> impl Iterator<Item = &str> {
        self.names.iter().flat_map(|names| names.split(' ')).filter(|name| !name.is_empty())
    }

    /// It is a `BUNDLE` group.
    pub fn is_bundle(&self) -> bool {
        self.semantics == "BUNDLE"
    }

    /// It is an `LS` group.
    pub fn is_lip_sync(&self) -> bool {
        self.semantics == "LS"
    }

    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let semantics = words.word()?;
        if !is_token(semantics) {
            return Err(ParseErrorKind::BadValue);
        }
        Ok(Group { semantics: Text::from_line(semantics), names: words.rest().map(Text::from_line) })
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str(&self.semantics);
        if let Some(names) = &self.names {
            out.push(' ');
            out.push_str(names);
        }
    }
}
