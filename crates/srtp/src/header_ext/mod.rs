//! Header extensions of RTP that are encrypted: all at once (RFC 9335), or one by one (RFC 6904).
//!
//! Only what both need to know of RFC 8285 is here: where the elements lie. What they mean is no matter of this crate.

pub(crate) mod cryptex;
mod encrypted;

use core::ops::Range;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

pub(crate) use encrypted::{HeaderCipher, check as check_elements};

/// "Defined by profile" of one-byte elements (RFC 8285 §4.2).
pub(crate) const ONE_BYTE: u16 = 0xbede;
/// "Defined by profile" of two-byte elements; the low four bits are the application's (RFC 8285 §4.3).
pub(crate) const TWO_BYTE: u16 = 0x1000;

/// A set of identifiers of RFC 8285, as `a=extmap` numbers them.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct ExtensionIds([u64; 4]);

impl ExtensionIds {
    /// Adds one. 0 is padding, and not an identifier; nothing is ever encrypted for it.
    pub fn insert(&mut self, id: u8) {
        self.0[usize::from(id / 64)] |= 1 << (id % 64);
    }

    /// Whether it is in the set.
    pub fn contains(&self, id: u8) -> bool {
        self.0[usize::from(id / 64)] & (1 << (id % 64)) != 0
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }
}

impl FromIterator<u8> for ExtensionIds {
    fn from_iter<I: IntoIterator<Item = u8>>(ids: I) -> Self {
        let mut set = ExtensionIds::default();
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}

/// How elements are laid out.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    OneByte,
    TwoByte,
}

impl Form {
    /// By the "defined by profile" field; `None`: no extension of RFC 8285.
    pub(crate) fn of(profile: u16) -> Option<Form> {
        match profile {
            ONE_BYTE => Some(Form::OneByte),
            _ if profile & 0xfff0 == TWO_BYTE => Some(Form::TwoByte),
            _ => None,
        }
    }
}

/// Identifier 15 of one-byte elements: what follows is not looked at (RFC 8285 §4.2).
const STOP: u8 = 15;

/// The next element at or after `at`: its identifier and where its data lie; `None`: no more.
pub(crate) fn next_element(
    form: Form,
    body: &[u8],
    mut at: usize,
) -> Result<Option<(u8, Range<usize>)>, ParseError> {
    let truncated = |at| ParseError::new("header extension element", at, ParseErrorKind::Truncated);
    while body.get(at) == Some(&0) {
        at += 1;
    }
    let Some(first) = body.get(at) else { return Ok(None) };
    let (id, len, data) = match form {
        Form::OneByte if first >> 4 == STOP => return Ok(None),
        Form::OneByte => (first >> 4, usize::from(first & 0x0f) + 1, at + 1),
        Form::TwoByte => (*first, usize::from(*body.get(at + 1).ok_or(truncated(at))?), at + 2),
    };
    if data + len > body.len() {
        return Err(truncated(at));
    }
    Ok(Some((id, data..data + len)))
}
