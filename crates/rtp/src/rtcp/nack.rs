//! Generic NACK: packets that are missing. RFC 4585 §6.2.1.
//!
//! ```text
//! |  PID: a packet that is missing | BLP: which of the next 16 too |   ×n
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::ParseError;

use super::common::{Feedback, Open, feedback_format};
use crate::names::Ssrc;

/// One missing packet and up to sixteen behind it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct NackPair {
    /// The sequence number that is missing.
    pub packet_id: u16,
    /// Bit `i` is set: the packet `packet_id + i + 1` is missing too. A bit that is not set says nothing.
    pub following: u16,
}

impl NackPair {
    /// How many numbers behind the first a pair speaks of.
    pub const FOLLOWING: u16 = 16;
    /// Bytes of a pair.
    pub const LEN: usize = 4;

    fn from_bytes(&[a, b, c, d]: &[u8; 4]) -> Self {
        NackPair { packet_id: u16::from_be_bytes([a, b]), following: u16::from_be_bytes([c, d]) }
    }

    /// The sequence numbers that are missing, in order. They wrap.
    pub fn lost(self) -> impl Iterator<Item = u16> + Clone {
        let bits = u32::from(self.following) << 1 | 1;
        (0..17).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| self.packet_id.wrapping_add(bit))
    }

    /// Adds a packet; `false`: it is too far from the first.
    fn add(&mut self, sequence_number: u16) -> bool {
        match sequence_number.wrapping_sub(self.packet_id) {
            0 => true,
            ahead @ 1..=Self::FOLLOWING => {
                self.following |= 1 << (ahead - 1);
                true
            }
            _ => false,
        }
    }
}

/// A generic NACK.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Nack<'a> {
    /// Who misses packets.
    pub sender: Ssrc,
    /// The stream that they are missing from.
    pub media: Ssrc,
    pairs: &'a [[u8; 4]],
}

impl<'a> Nack<'a> {
    pub(super) fn parse(feedback: &Feedback<'a>) -> Result<Self, ParseError> {
        Ok(Nack { sender: feedback.sender, media: feedback.media, pairs: feedback.entries(1)? })
    }

    /// The pairs as they stand.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = NackPair> + Clone + use<'a> {
        self.pairs.iter().map(NackPair::from_bytes)
    }

    /// The sequence numbers that are missing, 17 a pair at most. The same may come twice.
    pub fn lost(&self) -> impl Iterator<Item = u16> + Clone + use<'a> {
        self.pairs().flat_map(NackPair::lost)
    }
}

/// Appends a NACK of these packets, in as few pairs as their order allows: ascending (with wraps) is best. `false`: there
/// were none, and nothing was written.
pub fn write_nack(out: &mut Vec<u8>, sender: Ssrc, media: Ssrc, lost: impl IntoIterator<Item = u16>) -> bool {
    let mut lost = lost.into_iter().peekable();
    let any = lost.peek().is_some();
    while lost.peek().is_some() {
        let mut packet = Open::feedback(out, false, feedback_format::NACK, sender, media);
        while packet.room() >= 4 {
            let Some(packet_id) = lost.next() else { break };
            let mut pair = NackPair { packet_id, following: 0 };
            while lost.next_if(|&next| pair.add(next)).is_some() {}
            packet.writer.u16(pair.packet_id);
            packet.writer.u16(pair.following);
        }
        packet.finish();
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};
    use limpid_sansio::wire::ParseErrorKind;

    fn parse(bytes: &[u8]) -> Nack<'_> {
        match packets(bytes).next() {
            Some(Ok(Packet::Nack(nack))) => nack,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn sixteen_behind_the_first_fit_into_its_pair_across_the_wrap() {
        //~ covers 4585-6.2.1-a, 4585-6.2.1-b
        let mut out = Vec::new();
        let lost = [0xfffe, 0xffff, 0, 14, 15, 0x8000];
        assert!(write_nack(&mut out, Ssrc(1), Ssrc(2), lost));
        let nack = parse(&out);
        assert_eq!((nack.sender, nack.media), (Ssrc(1), Ssrc(2)));
        let pairs: Vec<_> = nack.pairs().map(|pair| (pair.packet_id, pair.following)).collect();
        assert_eq!(pairs, [(0xfffe, 0x8003), (15, 0), (0x8000, 0)]);
        assert!(nack.lost().eq(lost));
        assert_eq!(&out[..4], [0x81, 205, 0, 2 + 3]);
    }

    #[test]
    fn nothing_lost_is_nothing_written() {
        let mut out = Vec::new();
        assert!(!write_nack(&mut out, Ssrc(1), Ssrc(2), []));
        assert!(out.is_empty());
    }

    #[test]
    fn more_than_a_packet_can_count_goes_into_a_second() {
        let mut out = Vec::new();
        let scattered = (0..70_000u32).map(|index| (index * 20) as u16);
        write_nack(&mut out, Ssrc(1), Ssrc(2), scattered.clone());
        assert_eq!(packets(&out).count(), 2);
        assert!(
            packets(&out).filter_map(Result::ok).eq([parse(&out), parse(&out[0x4_0000..])].map(Packet::Nack))
        );
    }

    #[test]
    fn an_empty_one_is_a_fault() {
        //~ covers 4585-6.2.1-c neg
        let bytes = [0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
        let fault = ParseError::new("FCI", 12, ParseErrorKind::Missing);
        assert_eq!(packets(&bytes).next(), Some(Err(fault)));
    }
}
