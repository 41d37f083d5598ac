//! Cuts a description into lines and a line into words. RFC 8866 §5 and §9.

use crate::text::Text;
use limpid_sansio::wire::{ParseError, ParseErrorKind};

/// The longest description that is read, in bytes. A full offer of a browser has 5 to 20 thousand.
pub const MAX_BYTES: usize = 64 * 1024;
/// The most lines that are read. A full offer of a browser has 100 to 400.
pub const MAX_LINES: usize = 2000;

/// One line: its letter, what stands behind the `=`, and where that begins in the whole text.
#[derive(Copy, Clone, Debug)]
pub(crate) struct RawLine<'a> {
    pub(crate) letter: u8,
    pub(crate) value: &'a str,
    pub(crate) offset: usize,
}

impl RawLine<'_> {
    /// A fault in this line.
    pub(crate) fn error(&self, field: &'static str, kind: ParseErrorKind) -> ParseError {
        ParseError::new(field, self.offset, kind)
    }
}

/// Takes lines from the front of a text, one look ahead.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    at: usize,
    count: usize,
}

impl<'a> Lines<'a> {
    /// Refuses what is longer than [`MAX_BYTES`] or holds a NUL.
    pub(crate) fn new(text: &'a str) -> Result<Self, ParseError> {
        if text.len() > MAX_BYTES {
            return Err(ParseError::new("description", MAX_BYTES, ParseErrorKind::TooLarge));
        }
        match text.bytes().fold(false, |found, byte| found | (byte == 0)) {
            true => {
                let at = text.bytes().position(|byte| byte == 0).unwrap_or(0);
                Err(ParseError::new("byte-string", at, ParseErrorKind::BadValue))
            }
            false => Ok(Lines { text, at: 0, count: 0 }),
        }
    }

    /// Bytes read so far.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// The next line. Lines end in CRLF; a bare LF is read too, and empty lines at the very end.
    pub(crate) fn next(&mut self) -> Result<Option<RawLine<'a>>, ParseError> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let (line, used) = match find(rest.as_bytes(), b'\n') {
            Some(end) => (&rest[..end], end + 1),
            None => (rest, rest.len()),
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        let start = self.at;
        let bytes = line.as_bytes();
        if bytes.len() < 2 || bytes[1] != b'=' {
            let blank = rest.bytes().all(|byte| matches!(byte, b'\r' | b'\n'));
            if !blank {
                return Err(ParseError::new("type", start, ParseErrorKind::BadValue));
            }
            self.at = self.text.len();
            return Ok(None);
        }
        if find(bytes, b'\r').is_some() {
            return Err(ParseError::new("byte-string", start, ParseErrorKind::BadValue));
        }
        self.count += 1;
        if self.count > MAX_LINES {
            return Err(ParseError::new("description", start, ParseErrorKind::TooLarge));
        }
        // A letter that is not ASCII leaves no char boundary at 2.
        let value = line.get(2..).ok_or(ParseError::new("type", start, ParseErrorKind::BadValue))?;
        self.at = start + used;
        Ok(Some(RawLine { letter: bytes[0], value, offset: start + 2 }))
    }
}

/// The place of the first `byte`, looking at eight bytes a time.
pub(crate) fn find(bytes: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let pattern = ONES * u64::from(byte);
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let differing = u64::from_le_bytes(*word) ^ pattern;
        // The lowest zero byte is the lowest byte whose top bit this leaves set.
        let zeros = differing.wrapping_sub(ONES) & !differing & (ONES << 7);
        if zeros != 0 {
            return Some(8 * index + (zeros.trailing_zeros() / 8) as usize);
        }
    }
    let place = tail.iter().position(|candidate| *candidate == byte)?;
    Some(8 * words.len() + place)
}

/// Takes words, split by single spaces, from the front of a value.
#[derive(Clone, Debug)]
pub(crate) struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    pub(crate) fn new(value: &'a str) -> Self {
        Words(value)
    }

    /// The next word; an empty one is a fault, as the grammar knows single spaces only.
    pub(crate) fn word(&mut self) -> Result<&'a str, ParseErrorKind> {
        let (word, rest) = match find(self.0.as_bytes(), b' ') {
            Some(at) => (&self.0[..at], &self.0[at + 1..]),
            None => (self.0, ""),
        };
        if word.is_empty() {
            return Err(ParseErrorKind::Truncated);
        }
        self.0 = rest;
        Ok(word)
    }

    /// The next word, owned.
    pub(crate) fn text(&mut self) -> Result<Text, ParseErrorKind> {
        self.word().map(Text::from_line)
    }

    /// What is left, if anything is.
    pub(crate) fn rest(self) -> Option<&'a str> {
        (!self.0.is_empty()).then_some(self.0)
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), ParseErrorKind> {
        if self.0.is_empty() { Ok(()) } else { Err(ParseErrorKind::TrailingBytes) }
    }
}

/// A number of decimal digits alone: no sign, no space, and no more than its type holds.
pub(crate) fn number<N: TryFrom<u64>>(text: &str) -> Result<N, ParseErrorKind> {
    if text.is_empty() || text.len() > 20 {
        return Err(ParseErrorKind::BadValue);
    }
    let mut value = 0u64;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(ParseErrorKind::BadValue);
        }
        let next = value.checked_mul(10).and_then(|value| value.checked_add(digit.into()));
        value = next.ok_or(ParseErrorKind::BadValue)?;
    }
    N::try_from(value).map_err(|_| ParseErrorKind::BadValue)
}

/// RFC 8866 §9, `token`.
pub(crate) fn is_token(text: &str) -> bool {
    const TOKEN: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0x21;
        while byte < 0x7f {
            table[byte] = !matches!(
                byte as u8,
                b'"' | b'('
                    | b')'
                    | b','
                    | b'/'
                    | b':'
                    | b';'
                    | b'<'
                    | b'='
                    | b'>'
                    | b'?'
                    | b'@'
                    | b'['
                    | b'\\'
                    | b']'
            );
            byte += 1;
        }
        table
    };
    !text.is_empty() && text.bytes().all(|byte| TOKEN[usize::from(byte)])
}

/// Appends a number without the machinery of `fmt`.
pub(crate) fn push_number(out: &mut alloc::string::String, mut value: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    // invariant: digits are ASCII.
    out.push_str(core::str::from_utf8(&digits[at..]).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_wherever_it_stands() {
        let text = b"0123456789abcdefghij\xffklm";
        for (place, byte) in text.iter().enumerate() {
            assert_eq!(find(text, *byte), Some(place));
        }
        assert_eq!(find(text, b'\n'), None);
        assert_eq!(find(b"\x0b\x0b\x0b\x0a\x0a\x0b\x0b\x0b", b'\x0a'), Some(3));
    }

    #[test]
    fn numbers_are_digits_that_fit() {
        assert_eq!(number::<u16>("65535"), Ok(65535));
        for wrong in
            ["", "65536", "+1", "-1", " 1", "1 ", "0x1", "99999999999999999999", "184467440737095516160"]
        {
            assert_eq!(number::<u16>(wrong), Err(ParseErrorKind::BadValue), "{wrong}");
        }
        assert_eq!(number::<u64>("18446744073709551615"), Ok(u64::MAX));
        let mut out = alloc::string::String::new();
        [0, 7, 10, u64::MAX].into_iter().for_each(|value| push_number(&mut out, value));
        assert_eq!(out, "071018446744073709551615");
    }

    #[test]
    fn lines_end_in_crlf_or_lf_and_blank_ones_stand_at_the_end_only() {
        let mut lines = Lines::new("a=x\r\nb=y\nc=z\r\n\r\n\n").unwrap();
        let values = core::iter::from_fn(|| lines.next().unwrap()).map(|line| (line.letter, line.value));
        assert!(values.eq([(b'a', "x"), (b'b', "y"), (b'c', "z")]));

        let mut lines = Lines::new("a=x\r\n\r\nb=y\r\n").unwrap();
        lines.next().unwrap();
        assert_eq!(lines.next().unwrap_err(), ParseError::new("type", 5, ParseErrorKind::BadValue));
    }

    #[test]
    fn stray_carriage_returns_and_nul_are_refused() {
        assert!(Lines::new("a=x\0\r\n").is_err());
        assert!(Lines::new("a=x\ry\r\n").unwrap().next().is_err());
        assert!(Lines::new("ä=x\r\n").unwrap().next().is_err());
    }
}
