//! A piece of one line: owned, immutable, and unable to end the line.
//!
//! A description has hundreds of short words. Up to 22 bytes lie in place, longer ones on the heap: parsing the offer of a
//! browser allocates for about every third line.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::ops::Deref;

/// How many bytes lie in place.
const INLINE: usize = 22;

/// Part of a line: UTF-8 without NUL, CR and LF (RFC 8866 §9, `byte-string`). Derefs to `str`.
///
/// Made of anything that is `Into<Text>`; what would end the line is cut off with all that follows, so that no value,
/// wherever it came from, can smuggle a second line into a description.
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(Box<str>),
}

impl Text {
    /// Nothing.
    pub const EMPTY: Text = Text(Repr::Inline { len: 0, bytes: [0; INLINE] });

    /// The same as a `&str`.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // invariant: copied whole from a `str` by `from_line`.
            Repr::Inline { len, bytes } => {
                core::str::from_utf8(&bytes[..usize::from(*len)]).unwrap_or_default()
            }
            Repr::Heap(text) => text,
        }
    }

    /// From a slice of a line that the lexer has already cut and checked.
    pub(crate) fn from_line(text: &str) -> Self {
        if text.len() > INLINE {
            return Text(Repr::Heap(text.into()));
        }
        let mut bytes = [0; INLINE];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Text(Repr::Inline { len: text.len() as u8, bytes })
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text::from_line(text.split(['\0', '\r', '\n']).next().unwrap_or_default())
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Text::from(text.as_str())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text::from(text.as_str())
    }
}

impl Default for Text {
    fn default() -> Self {
        Text::EMPTY
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_words_read_back() {
        for word in [
            "",
            "x",
            "exactly-22-bytes-long!",
            "exactly-23-bytes-long!!",
            "äöü",
            "日本語のとても長い文字列です",
        ] {
            assert_eq!(Text::from(word), word);
        }
    }

    #[test]
    fn no_text_can_end_its_line() {
        assert_eq!(Text::from("safe\r\na=candidate:evil"), "safe");
        assert_eq!(Text::from("nul\0byte"), "nul");
    }

    #[test]
    fn a_text_is_as_small_as_a_string() {
        assert_eq!(size_of::<Text>(), size_of::<String>());
    }
}
