//! RTCP: `rtcp-fb` and `rtcp`. RFC 4585 §4.2, RFC 3605 §2.1.

use alloc::string::String;

use limpid_sansio::wire::ParseErrorKind;

use super::rtp::payload_type;
use crate::lexer::{Words, number, push_number};
use crate::line::Connection;
use crate::text::Text;

/// One kind of feedback.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RtcpFeedback {
    /// For this payload type; `None`: for all (`*`).
    pub payload_type: Option<u8>,
    /// `nack pli`, `transport-cc`, …
    pub feedback: Text,
}

impl RtcpFeedback {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let payload_type = match words.word()? {
            "*" => None,
            word => Some(payload_type(word)?),
        };
        let feedback = words.rest().ok_or(ParseErrorKind::Truncated)?;
        Ok(RtcpFeedback { payload_type, feedback: Text::from_line(feedback) })
    }

    pub(super) fn write(&self, out: &mut String) {
        match self.payload_type {
            Some(payload_type) => push_number(out, payload_type.into()),
            None => out.push('*'),
        }
        out.push(' ');
        out.push_str(&self.feedback);
    }
}

/// Where RTCP goes when it is not multiplexed. Without a meaning under ICE.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RtcpAddress {
    /// The port.
    pub port: u16,
    /// The address, if it is another one than that of the section.
    pub address: Option<Connection>,
}

impl RtcpAddress {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let port = number(words.word()?)?;
        let address = words.rest().map(Connection::parse).transpose()?;
        Ok(RtcpAddress { port, address })
    }

    pub(super) fn write(&self, out: &mut String) {
        push_number(out, self.port.into());
        if let Some(address) = &self.address {
            out.push(' ');
            address.write(out);
        }
    }
}
