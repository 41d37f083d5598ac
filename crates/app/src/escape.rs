//! Names of strangers on a terminal: nothing that moves the cursor, hides, or turns text around.

use std::fmt;

/// A text that somebody else chose, for people to read.
///
/// Control characters, bidirectional overrides, zero-width and other invisible characters come out as `\u{…}`; the rest
/// as it is. Backslashes stay, so that the output is for eyes only.
#[derive(Copy, Clone, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_deceptive(c) {
                write!(f, "{}", c.escape_unicode())?;
            } else {
                fmt::Write::write_char(f, c)?;
            }
        }
        Ok(())
    }
}

/// Whether a character acts on its surroundings, or can not be seen.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}'                    // soft hyphen
            | '\u{34f}'                 // combining grapheme joiner
            | '\u{61c}'                 // Arabic letter mark
            | '\u{115f}' | '\u{1160}'   // Hangul fillers
            | '\u{17b4}' | '\u{17b5}'   // Khmer inherent vowels
            | '\u{180b}'..='\u{180f}'   // Mongolian selectors
            | '\u{200b}'..='\u{200f}'   // zero-width, marks of direction
            | '\u{2028}'..='\u{202e}'   // separators, embeddings, overrides
            | '\u{2060}'..='\u{206f}'   // word joiner, isolates
            | '\u{3164}'                // Hangul filler
            | '\u{fe00}'..='\u{fe0f}'   // variation selectors
            | '\u{feff}'                // byte order mark
            | '\u{ffa0}'                // half-width Hangul filler
            | '\u{fff0}'..='\u{fffb}'   // specials
            | '\u{e0000}'..='\u{e0fff}' // tags
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_and_overrides_become_visible() {
        assert_eq!(Escaped("a\x1b[2Jb").to_string(), "a\\u{1b}[2Jb");
        assert_eq!(Escaped("gpj.\u{202e}exe").to_string(), "gpj.\\u{202e}exe");
        assert_eq!(Escaped("Grüße 你好 🎉").to_string(), "Grüße 你好 🎉");
    }

    proptest! {
        #[test]
        fn no_control_byte_ever_comes_out(text: String) {
            let out = Escaped(&text).to_string();
            prop_assert!(out.chars().all(|c| !c.is_control()));
        }
    }
}
