//! The packet's number among all packets of a transport. draft-holmer-rmcat-transport-wide-cc-extensions-01 §2, and the
//! second form, in which a packet asks for feedback: <http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02>.
//!
//! ```text
//! |  transport-wide sequence number 16  |T| count of packets 15  |    the second half in the second form only
//! ```

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::exactly;

/// A request for feedback on packets up to and with this one.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct FeedbackRequest {
    /// Arrival times are wanted; without them, only what came.
    pub with_times: bool,
    /// How many packets, this one included; 15 bits.
    pub count: u16,
}

/// The packet's number on its transport, and what it asks for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct TransportSequence {
    /// Grows by one with each packet of the transport; wraps.
    pub number: u16,
    /// Second form only.
    pub request: Option<FeedbackRequest>,
}

impl TransportSequence {
    /// Bytes without a request.
    pub const LEN: usize = 2;
    /// Bytes with a request.
    pub const LEN_WITH_REQUEST: usize = 4;

    /// Reads the first form.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        Ok(TransportSequence { number: u16::from_be_bytes(exactly(data, FIELD)?), request: None })
    }

    /// Reads the second form, with or without a request. A count of 0 asks for nothing.
    pub fn parse_02(data: &[u8]) -> Result<Self, ParseError> {
        match *data {
            [_, _] => Self::parse(data),
            [a, b, c, d] => {
                let asked = u16::from_be_bytes([c, d]);
                let request = FeedbackRequest { with_times: asked & 0x8000 != 0, count: asked & 0x7fff };
                let request = Some(request).filter(|request| request.count > 0);
                Ok(TransportSequence { number: u16::from_be_bytes([a, b]), request })
            }
            _ => Err(ParseError::new(FIELD, 0, ParseErrorKind::BadLength)),
        }
    }

    /// The second form with a request.
    pub fn to_bytes_02(number: u16, request: FeedbackRequest) -> [u8; Self::LEN_WITH_REQUEST] {
        let ([a, b], [c, d]) = (
            number.to_be_bytes(),
            (u16::from(request.with_times) << 15 | request.count & 0x7fff).to_be_bytes(),
        );
        [a, b, c, d]
    }
}

const FIELD: &str = "transport-wide sequence number";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_form_may_ask_for_feedback() {
        let request = FeedbackRequest { with_times: true, count: 300 };
        let bytes = TransportSequence::to_bytes_02(0xfffe, request);
        let read = TransportSequence { number: 0xfffe, request: Some(request) };
        assert_eq!(TransportSequence::parse_02(&bytes), Ok(read));
        assert_eq!(TransportSequence::parse_02(&[0, 7]), TransportSequence::parse(&[0, 7]));
        assert_eq!(TransportSequence::parse_02(&[0, 7, 0x80, 0]).map(|read| read.request), Ok(None));
        assert!(TransportSequence::parse(&bytes).is_err());
        assert!(TransportSequence::parse_02(&bytes[..3]).is_err());
    }
}
