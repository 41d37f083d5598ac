//! TMMBR and TMMBN: limits of the rate of streams, asked for and confirmed. RFC 5104 §4.2.1, §4.2.2.
//!
//! ```text
//! |                             SSRC                              |   ×n
//! | exponent 6 |  mantissa 17                |  overhead 9        |
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::ParseError;

use super::common::{Feedback, Open, feedback_format};
use super::rate;
use crate::names::Ssrc;

/// The largest overhead that nine bits hold.
const MAX_OVERHEAD: u16 = 511;
const MANTISSA_BITS: u32 = 17;

/// A limit: at most so many bits per second, each packet counted with what it costs below RTP.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct RateLimit {
    /// TMMBR: the stream that shall keep to it. TMMBN: who asked for it.
    pub ssrc: Ssrc,
    /// Bits per second, rounded down to 17 significant bits when written. What does not fit 64 bits reads as `u64::MAX`.
    pub bits_per_second: u64,
    /// Bytes in front of the RTP header of each packet, 0 to 511; larger ones are written as 511.
    pub overhead: u16,
}

impl RateLimit {
    fn from_bytes(&[a, b, c, d, e, f, g, h]: &[u8; 8]) -> Self {
        let word = u32::from_be_bytes([e, f, g, h]);
        RateLimit {
            ssrc: Ssrc(u32::from_be_bytes([a, b, c, d])),
            bits_per_second: rate::from_parts((word >> 26) as u8, word >> 9 & 0x1_ffff),
            overhead: (word & 0x1ff) as u16,
        }
    }
}

/// A list of limits.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Tmmb<'a> {
    /// Who asks, or confirms.
    pub sender: Ssrc,
    entries: &'a [[u8; 8]],
}

impl<'a> Tmmb<'a> {
    pub(super) fn parse(feedback: &Feedback<'a>, least: usize) -> Result<Self, ParseError> {
        Ok(Tmmb { sender: feedback.sender, entries: feedback.entries(least)? })
    }

    /// The limits.
    pub fn limits(&self) -> impl ExactSizeIterator<Item = RateLimit> + Clone + use<'a> {
        self.entries.iter().map(RateLimit::from_bytes)
    }
}

/// Appends a request for limits. `false`: there were none, and nothing was written. Limits beyond the 32766 that one packet
/// holds are left out.
pub fn write_tmmbr(out: &mut Vec<u8>, sender: Ssrc, limits: impl IntoIterator<Item = RateLimit>) -> bool {
    let mut packet = Open::feedback(out, false, feedback_format::TMMBR, sender, Ssrc(0));
    if entries(&mut packet, limits) {
        packet.finish();
        return true;
    }
    packet.abandon();
    false
}

/// Appends the answer to requests: the limits that hold, or none at all.
pub fn write_tmmbn(out: &mut Vec<u8>, sender: Ssrc, limits: impl IntoIterator<Item = RateLimit>) {
    let mut packet = Open::feedback(out, false, feedback_format::TMMBN, sender, Ssrc(0));
    entries(&mut packet, limits);
    packet.finish();
}

fn entries(packet: &mut Open<'_>, limits: impl IntoIterator<Item = RateLimit>) -> bool {
    let before = packet.room();
    for limit in limits {
        if packet.room() < 8 {
            break;
        }
        let (exponent, mantissa) = rate::to_parts(limit.bits_per_second, MANTISSA_BITS);
        packet.writer.u32(limit.ssrc.0);
        packet
            .writer
            .u32(u32::from(exponent) << 26 | mantissa << 9 | u32::from(limit.overhead.min(MAX_OVERHEAD)));
    }
    packet.room() < before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};
    use limpid_sansio::wire::ParseErrorKind;

    #[test]
    fn a_limit_reads_back_rounded_down_and_a_wild_one_saturates() {
        //~ covers 5104-4.2.1.1-a, 5104-4.2.1.1-b
        let limit = |bits_per_second, overhead| RateLimit { ssrc: Ssrc(7), bits_per_second, overhead };
        let mut out = Vec::new();
        assert!(write_tmmbr(&mut out, Ssrc(1), [limit(1_000_001, 40), limit(u64::MAX, 999)]));
        assert_eq!(&out[..12], [0x83, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0]);
        let Some(Ok(Packet::Tmmbr(found))) = packets(&out).next() else { panic!("{out:?}") };
        assert!(found.limits().eq([limit(1_000_000, 40), limit(0x1_ffff << 47, 511)]));
        out[16..20].fill(0xff);
        let Some(Ok(Packet::Tmmbr(found))) = packets(&out).next() else { panic!("{out:?}") };
        assert_eq!(found.limits().next(), Some(limit(u64::MAX, 511)));
    }

    #[test]
    fn a_request_is_never_empty_and_a_notification_may_be() {
        //~ covers 5104-4.2.1.1-c neg, 5104-4.2.2.1-a
        let mut out = Vec::new();
        assert!(!write_tmmbr(&mut out, Ssrc(1), []));
        assert!(out.is_empty());
        write_tmmbn(&mut out, Ssrc(1), []);
        let Some(Ok(Packet::Tmmbn(found))) = packets(&out).next() else { panic!("{out:?}") };
        assert_eq!(found.limits().len(), 0);
        out[0] = 0x83;
        let fault = ParseError::new("FCI", 12, ParseErrorKind::Missing);
        assert_eq!(packets(&out).next(), Some(Err(fault)));
    }
}
