//! One section: an `m=` line and what follows it. RFC 8866 §5.14.

use alloc::string::String;
use alloc::vec::Vec;

use limpid_sansio::wire::ParseErrorKind;

use crate::attribute::Attribute;
use crate::lexer::{Words, number, push_number};
use crate::line::Line;
use crate::session::attributes;
use crate::text::Text;

/// A section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Media {
    /// `audio`, `video`, `application`.
    pub kind: Text,
    /// 9 when the addresses are candidates; 0 when the section is rejected, unless it is an offer's `bundle-only` one.
    pub port: u16,
    /// How many ports, from the days of layered multicast.
    pub port_count: Option<u16>,
    /// `UDP/TLS/RTP/SAVPF`, `UDP/DTLS/SCTP`, …
    pub protocol: Text,
    /// Payload types or the application, as they stand; see [`formats`](Media::formats).
    pub format_list: Text,
    /// What stands under the `m=` line, in order.
    pub lines: Vec<Line>,
}

impl Media {
    pub(crate) fn parse_heading(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let kind = words.text()?;
        let ports = words.word()?;
        let (port, port_count) = match ports.split_once('/') {
            Some((port, count)) => (number(port)?, Some(number(count)?)),
            None => (number(ports)?, None),
        };
        let protocol = words.text()?;
        let format_list = Text::from_line(words.rest().ok_or(ParseErrorKind::Truncated)?);
        Ok(Media { kind, port, port_count, protocol, format_list, lines: Vec::with_capacity(16) })
    }

    pub(crate) fn write_heading(&self, out: &mut String) {
        out.push_str("m=");
        out.push_str(&self.kind);
        out.push(' ');
        push_number(out, self.port.into());
        if let Some(count) = self.port_count {
            out.push('/');
            push_number(out, count.into());
        }
        out.push(' ');
        out.push_str(&self.protocol);
        out.push(' ');
        out.push_str(&self.format_list);
        out.push_str("\r\n");
    }

    /// The formats, one by one.
    pub fn formats(&self) -> impl Iterator<Item = &str> {
        self.format_list.split(' ').filter(|format| !format.is_empty())
    }

    /// The attributes, in order.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        attributes(&self.lines)
    }

    /// The section's name.
    pub fn mid(&self) -> Option<&str> {
        self.attributes().find_map(|attribute| match attribute {
            Attribute::Mid(mid) => Some(mid.as_str()),
            _ => None,
        })
    }

    /// It carries `bundle-only`.
    pub fn is_bundle_only(&self) -> bool {
        self.attributes().any(|attribute| *attribute == Attribute::BundleOnly)
    }

    /// It describes data channels, in any of the forms that were ever in use.
    pub fn is_data(&self) -> bool {
        let protocol = ["UDP/DTLS/SCTP", "TCP/DTLS/SCTP", "DTLS/SCTP"].contains(&self.protocol.as_str());
        protocol && self.kind == "application"
    }
}
