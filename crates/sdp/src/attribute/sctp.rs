//! The form of data channel descriptions before RFC 8841: `sctpmap` (draft-ietf-mmusic-sctp-sdp-05).
//!
//! `sctp-port` and `max-message-size`, which took its place, are plain numbers.

use alloc::string::String;

use limpid_sansio::wire::ParseErrorKind;

use crate::lexer::{Words, number, push_number};
use crate::text::Text;

/// Port, application and number of streams in one line; the `m=` line names the port as its format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SctpMap {
    /// The SCTP port.
    pub port: u16,
    /// `webrtc-datachannel`.
    pub application: Text,
    /// How many streams there may be.
    pub streams: Option<u16>,
}

impl SctpMap {
    pub(super) fn parse(value: &str) -> Result<Self, ParseErrorKind> {
        let mut words = Words::new(value);
        let (port, application) = (number(words.word()?)?, words.text()?);
        Ok(SctpMap { port, application, streams: words.rest().map(number).transpose()? })
    }

    pub(super) fn write(&self, out: &mut String) {
        push_number(out, self.port.into());
        out.push(' ');
        out.push_str(&self.application);
        if let Some(streams) = self.streams {
            out.push(' ');
            push_number(out, streams.into());
        }
    }
}
