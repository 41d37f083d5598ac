//! Section and encoding of a stream, as SDES items in a header extension. RFC 7941 §4; RFC 9143 §15; RFC 8852 §3.

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use crate::names::{Mid, Rid};

/// The section. Write [`Mid::as_str`].
pub fn parse_mid(data: &[u8]) -> Result<Mid, ParseError> {
    Mid::from_bytes(data).ok_or_else(|| fault("MID", data))
}

/// The encoding, or the one that is repaired. Write [`Rid::as_str`].
///
/// Deviation: RFC 8852 §3 allows letters and digits alone, RFC 8851 §10 `-` and `_` as well, and browsers send what the
/// description says: whatever is visible ASCII is taken.
pub fn parse_rid(data: &[u8]) -> Result<Rid, ParseError> {
    Rid::from_bytes(data).ok_or_else(|| fault("RtpStreamId", data))
}

fn fault(field: &'static str, data: &[u8]) -> ParseError {
    let kind = match data.len() {
        0 => ParseErrorKind::Missing,
        1..=16 => ParseErrorKind::BadValue,
        _ => ParseErrorKind::TooLarge,
    };
    ParseError::new(field, 0, kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_to_sixteen_visible_characters_are_taken() {
        //~ covers 8852-3-a, 7941-4.1-a neg
        assert_eq!(parse_mid(b"audio-1").map(|mid| mid.as_str().len()), Ok(7));
        assert_eq!(parse_rid(b"hi_1").map(|rid| rid.as_str().len()), Ok(4));
        assert_eq!(parse_rid(b"").map_err(|error| error.kind), Err(ParseErrorKind::Missing));
        assert_eq!(parse_rid(b"a\0").map_err(|error| error.kind), Err(ParseErrorKind::BadValue));
        assert_eq!(parse_mid(&[b'a'; 17]).map_err(|error| error.kind), Err(ParseErrorKind::TooLarge));
    }
}
