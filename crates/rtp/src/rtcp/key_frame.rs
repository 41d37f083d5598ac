//! Requests for a picture that depends on no other: PLI, when one was lost, and FIR, when a decoder is new. RFC 4585 §6.3.1,
//! RFC 5104 §4.3.1.
//!
//! ```text
//! |                             SSRC                              |   ×n, FIR only
//! | sequence nr   |                 reserved                      |
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::common::{CONTROL_AT, Feedback, Open, feedback_format};
use crate::names::Ssrc;

/// A PLI has no control information; its length is 2.
pub(super) fn parse_picture_loss_indication(feedback: &Feedback<'_>) -> Result<(), ParseError> {
    match feedback.control {
        [] => Ok(()),
        _ => Err(ParseError::new("PLI", CONTROL_AT, ParseErrorKind::TrailingBytes)),
    }
}

/// Appends a picture loss indication: `sender` lost a picture of `media`.
pub fn write_picture_loss_indication(out: &mut Vec<u8>, sender: Ssrc, media: Ssrc) {
    Open::feedback(out, true, feedback_format::PICTURE_LOSS, sender, media).finish();
}

/// One stream that is asked.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct FullIntraEntry {
    /// The stream.
    pub ssrc: Ssrc,
    /// Grows by one with each new request, and stays when a request is repeated; wraps.
    pub sequence_number: u8,
}

/// A full intra request.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct FullIntraRequest<'a> {
    /// Who asks.
    pub sender: Ssrc,
    entries: &'a [[u8; 8]],
}

impl<'a> FullIntraRequest<'a> {
    pub(super) fn parse(feedback: &Feedback<'a>) -> Result<Self, ParseError> {
        Ok(FullIntraRequest { sender: feedback.sender, entries: feedback.entries(1)? })
    }

    /// The streams that are asked.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = FullIntraEntry> + Clone + use<'a> {
        self.entries.iter().map(|&[a, b, c, d, sequence_number, ..]| FullIntraEntry {
            ssrc: Ssrc(u32::from_be_bytes([a, b, c, d])),
            sequence_number,
        })
    }
}

/// Appends a full intra request. `false`: no stream is asked, and nothing was written. Streams beyond the 32766 that one
/// packet holds are left out.
pub fn write_full_intra_request(
    out: &mut Vec<u8>,
    sender: Ssrc,
    entries: impl IntoIterator<Item = FullIntraEntry>,
) -> bool {
    // The field for the media's SSRC is 0: entries name their own. RFC 5104 §4.3.1.2.
    let mut packet = Open::feedback(out, true, feedback_format::FULL_INTRA, sender, Ssrc(0));
    let before = packet.room();
    for entry in entries {
        if packet.room() < 8 {
            break;
        }
        packet.writer.u32(entry.ssrc.0);
        packet.writer.bytes(&[entry.sequence_number, 0, 0, 0]);
    }
    if packet.room() == before {
        packet.abandon();
        return false;
    }
    packet.finish();
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};

    #[test]
    fn a_picture_loss_is_twelve_bytes_and_names_the_stream_in_its_header() {
        //~ covers 4585-6.3.1.2-a, 4585-6.3.1.2-b neg
        let mut out = Vec::new();
        write_picture_loss_indication(&mut out, Ssrc(1), Ssrc(2));
        assert_eq!(out, [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]);
        let found = Packet::PictureLossIndication { sender: Ssrc(1), media: Ssrc(2) };
        assert_eq!(packets(&out).next(), Some(Ok(found)));
        out[3] = 3;
        out.extend([0; 4]);
        let fault = ParseError::new("PLI", 12, ParseErrorKind::TrailingBytes);
        assert_eq!(packets(&out).next(), Some(Err(fault)));
    }

    #[test]
    fn a_full_intra_request_names_streams_in_its_entries_and_none_in_its_header() {
        //~ covers 5104-4.3.1.1-a, 5104-4.3.1.1-b, 5104-4.3.1.2-a
        let entries = [(7, 255), (8, 0)]
            .map(|(ssrc, sequence_number)| FullIntraEntry { ssrc: Ssrc(ssrc), sequence_number });
        let mut out = Vec::new();
        assert!(write_full_intra_request(&mut out, Ssrc(1), entries));
        assert_eq!(&out[..16], [0x84, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]);
        let Some(Ok(Packet::FullIntraRequest(found))) = packets(&out).next() else { panic!("{out:?}") };
        assert!(found.entries().eq(entries));
        assert!(!write_full_intra_request(&mut out, Ssrc(1), []));
        assert_eq!(out.len(), 28);
    }

    #[test]
    fn half_an_entry_and_no_entry_are_faults() {
        //~ covers 5104-4.3.1.1-a neg
        let mut bytes = std::vec![0x84, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7];
        let fault = |kind| Some(Err(ParseError::new("FCI", 12, kind)));
        assert_eq!(packets(&bytes).next(), fault(ParseErrorKind::BadLength));
        bytes.truncate(12);
        bytes[3] = 2;
        assert_eq!(packets(&bytes).next(), fault(ParseErrorKind::Missing));
    }
}
