//! ICE credentials: `ice-ufrag` and `ice-pwd`. RFC 8839 §5.4.

use limpid_sansio::wire::ParseErrorKind;

use crate::text::Text;

/// 4 to 256 characters.
pub(super) fn parse_ufrag(value: &str) -> Result<Text, ParseErrorKind> {
    parse_credential(value, 4)
}

/// 22 to 256 characters.
pub(super) fn parse_pwd(value: &str) -> Result<Text, ParseErrorKind> {
    parse_credential(value, 22)
}

fn parse_credential(value: &str, shortest: usize) -> Result<Text, ParseErrorKind> {
    let ice_char = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if !(shortest..=256).contains(&value.len()) {
        return Err(ParseErrorKind::BadLength);
    }
    // Deviation: `-`, `_`, `=` and `#` are no ice-char, but libwebrtc reads them too, for peers that write them.
    match value.bytes().all(|byte| ice_char(byte) || matches!(byte, b'-' | b'_' | b'=' | b'#')) {
        true => Ok(Text::from_line(value)),
        false => Err(ParseErrorKind::BadValue),
    }
}
