//! REMB: how much a receiver believes to be able to take, all streams together. draft-alvestrand-rmcat-remb-03 §2.2.
//!
//! ```text
//! |  'R'          |  'E'          |  'M'          |  'B'          |
//! |  number of SSRCs | exponent 6 |  mantissa 18                  |
//! |  SSRC                                                     ×n  |
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::common::{CONTROL_AT, Feedback, Open, feedback_format};
use super::rate;
use crate::names::Ssrc;

const NAME: &[u8; 4] = b"REMB";
const MANTISSA_BITS: u32 = 18;

/// A receiver's estimate.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Remb<'a> {
    /// Who estimates.
    pub sender: Ssrc,
    /// Bits per second. What does not fit 64 bits reads as `u64::MAX`.
    pub bits_per_second: u64,
    streams: &'a [[u8; 4]],
}

impl<'a> Remb<'a> {
    /// Whether application-layer feedback is this kind.
    pub(super) fn is_here(feedback: &Feedback<'_>) -> bool {
        feedback.control.starts_with(NAME)
    }

    pub(super) fn parse(feedback: &Feedback<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(feedback.control);
        let within = |error: ParseError| error.within(CONTROL_AT);
        reader.bytes(NAME.len(), "unique identifier").map_err(within)?;
        let word = reader.u32("BR").map_err(within)?;
        let streams = reader.rest().as_chunks();
        if (streams.0.len(), streams.1.len()) != ((word >> 24) as usize, 0) {
            return Err(ParseError::new("Num SSRC", CONTROL_AT + NAME.len(), ParseErrorKind::BadLength));
        }
        let bits_per_second = rate::from_parts((word >> 18 & 0x3f) as u8, word & 0x3_ffff);
        Ok(Remb { sender: feedback.sender, bits_per_second, streams: streams.0 })
    }

    /// The streams that share the estimate, at most 255.
    pub fn streams(&self) -> impl ExactSizeIterator<Item = Ssrc> + Clone + use<'a> {
        self.streams.iter().map(|bytes| Ssrc(u32::from_be_bytes(*bytes)))
    }
}

/// Appends an estimate for these streams, the first 255 of them. The rate is rounded down to 18 significant bits.
pub fn write_remb(
    out: &mut Vec<u8>,
    sender: Ssrc,
    bits_per_second: u64,
    streams: impl IntoIterator<Item = Ssrc>,
) {
    let (exponent, mantissa) = rate::to_parts(bits_per_second, MANTISSA_BITS);
    let mut packet = Open::feedback(out, true, feedback_format::APPLICATION_LAYER, sender, Ssrc(0));
    packet.writer.bytes(NAME);
    let at = packet.writer.len();
    packet.writer.u32(u32::from(exponent) << 18 | mantissa);
    let mut count = 0;
    for stream in streams.into_iter().take(255) {
        packet.writer.u32(stream.0);
        count += 1;
    }
    packet.writer.written_mut()[at] = count;
    packet.finish();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};

    #[test]
    fn an_estimate_reads_back_and_a_wild_one_saturates() {
        let mut out = Vec::new();
        write_remb(&mut out, Ssrc(1), 2_500_003, [Ssrc(7), Ssrc(8)]);
        assert_eq!(&out[..16], *b"\x8f\xce\0\x06\0\0\0\x01\0\0\0\0REMB");
        let Some(Ok(Packet::Remb(found))) = packets(&out).next() else { panic!("{out:?}") };
        assert_eq!(found.bits_per_second, 2_500_000);
        assert!(found.streams().eq([Ssrc(7), Ssrc(8)]));
        out[17..20].fill(0xff);
        let Some(Ok(Packet::Remb(found))) = packets(&out).next() else { panic!("{out:?}") };
        assert_eq!(found.bits_per_second, u64::MAX);
    }

    #[test]
    fn the_count_of_streams_has_to_be_right() {
        let mut out = Vec::new();
        write_remb(&mut out, Ssrc(1), 1, [Ssrc(7)]);
        for count in [0, 2, 255] {
            out[16] = count;
            let fault = ParseError::new("Num SSRC", 16, ParseErrorKind::BadLength);
            assert_eq!(packets(&out).next(), Some(Err(fault)));
        }
    }

    #[test]
    fn other_feedback_of_applications_is_kept_as_it_is() {
        let bytes = *b"\x8f\xce\0\x03\0\0\0\x01\0\0\0\0REMA";
        let Some(Ok(Packet::Feedback(found))) = packets(&bytes).next() else { panic!("taken for REMB") };
        assert_eq!(found.control, b"REMA");
    }

    #[test]
    fn at_most_255_streams_are_named() {
        let mut out = Vec::new();
        write_remb(&mut out, Ssrc(1), 1, (0..300).map(Ssrc));
        let Some(Ok(Packet::Remb(found))) = packets(&out).next() else { panic!("not REMB") };
        assert_eq!(found.streams().len(), 255);
    }
}
