//! The way out: a description as text.

use alloc::string::String;
use core::fmt;

use crate::session::SessionDescription;

impl SessionDescription {
    /// Appends the description, every line with its CRLF.
    pub fn write(&self, out: &mut String) {
        // A line of a browser has 35 bytes on average.
        let lines =
            4 + self.lines.len() + self.media.iter().map(|media| 1 + media.lines.len()).sum::<usize>();
        out.reserve(lines * 40);
        out.push_str("v=0\r\no=");
        self.origin.write(out);
        out.push_str("\r\ns=");
        out.push_str(&self.name);
        out.push_str("\r\n");
        self.lines.iter().for_each(|line| line.write(out));
        for media in &self.media {
            media.write_heading(out);
            media.lines.iter().for_each(|line| line.write(out));
        }
    }
}

impl fmt::Display for SessionDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        f.write_str(&text)
    }
}

impl core::str::FromStr for SessionDescription {
    type Err = limpid_sansio::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        SessionDescription::parse(text)
    }
}
