//! RTCP packets to SRTCP and back, and which of the two a datagram is. RFC 3711 §3.4, RFC 5761 §4.

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use crate::config::MAX_RTCP_PACKETS;
use crate::context::Context;
use crate::error::{DropReason, Error};
use crate::rtp::MAX_PACKET_LEN;
use crate::sources::RTCP_WORDS;
use crate::transform::{RTCP_CLEAR, RtcpWord};
use crate::window::Verdict;

/// Whether a datagram of media is RTCP: its second byte, where RTP has marker and payload type, is 192 to 223 (RFC 5761 §4). What
/// is neither is told apart before, by the first byte (RFC 9443).
pub fn is_rtcp(datagram: &[u8]) -> bool {
    datagram.get(1).is_some_and(|second| (192..=223).contains(second))
}

/// Reads the sender's SSRC from the first packet of a compound.
fn ssrc(packet: &[u8]) -> Result<u32, ParseError> {
    let Some([first, _, _, _, ssrc @ ..]) = packet.first_chunk::<RTCP_CLEAR>() else {
        return Err(ParseError::new("RTCP header", 0, ParseErrorKind::Truncated));
    };
    if packet.len() > MAX_PACKET_LEN {
        return Err(ParseError::new("RTCP packet", 0, ParseErrorKind::TooLarge));
    }
    if first >> 6 != 2 {
        return Err(ParseError::new("version", 0, ParseErrorKind::BadValue));
    }
    Ok(u32::from_be_bytes(*ssrc))
}

impl Context {
    /// Protects the (compound) RTCP packet that lies in `packet[start..]`, and grows it at its end by
    /// [`Profile::rtcp_overhead`](crate::Profile::rtcp_overhead). After an error the packet is as it was.
    pub fn protect_rtcp(&mut self, packet: &mut Vec<u8>, start: usize) -> Result<(), Error> {
        let ssrc = ssrc(packet.get(start..).unwrap_or_default())?;
        let slot = self.sources.find(ssrc).ok_or(Error::TooManySources)?;
        let index = self.sources.next_rtcp(slot);
        if self.stats.rtcp >= self.config.rtcp_lifetime || index >= MAX_RTCP_PACKETS {
            return Err(Error::KeyExhausted);
        }
        let word = RtcpWord { encrypted: self.config.encrypt_rtcp, index };
        self.rtcp.seal_rtcp(ssrc, word, packet, start);
        self.sources.settle(slot, ssrc).rtcp.take_next();
        self.stats.rtcp += 1;
        Ok(())
    }

    /// Opens an SRTCP packet where it lies, and gives the RTCP packet. State changes only once it is authentic. What was
    /// dropped is counted, and the bytes of `packet` are then unspecified.
    pub fn unprotect_rtcp<'a>(&mut self, packet: &'a mut [u8]) -> Result<&'a mut [u8], DropReason> {
        match self.open_rtcp(packet) {
            Ok(len) => Ok(&mut packet[..len]),
            Err(reason) => self.dropped(reason),
        }
    }

    fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, DropReason> {
        let end = packet.len().checked_sub(self.profile.rtcp_overhead()).ok_or(DropReason::Malformed)?;
        let ssrc = ssrc(&packet[..end]).map_err(|_| DropReason::Malformed)?;
        let word = self.rtcp.rtcp_word(packet).ok_or(DropReason::Malformed)?;
        if self.stats.rtcp >= self.config.rtcp_lifetime {
            return Err(DropReason::KeyExhausted);
        }
        let slot = self.sources.find(ssrc).ok_or(DropReason::TooManySources)?;
        match self.sources.judge_rtcp(slot, word.index) {
            Verdict::Fresh => {}
            Verdict::Replayed => return Err(DropReason::Replayed),
            Verdict::TooOld => return Err(DropReason::TooOld),
        }
        let len = self.rtcp.open_rtcp(ssrc, word, packet).ok_or(DropReason::NotAuthentic)?;
        self.sources.settle(slot, ssrc).rtcp.record(word.index, RTCP_WORDS);
        self.stats.rtcp += 1;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rtcp_is_known_by_its_packet_type() {
        assert!([192, 200, 201, 205, 206, 207, 223].iter().all(|second| is_rtcp(&[0x80, *second])));
        // Payload type 96 with and without marker; 191 and 224 lie just outside.
        assert!([96, 96 | 0x80, 191, 224, 0].iter().all(|second| !is_rtcp(&[0x80, *second])));
        assert!(!is_rtcp(&[]) && !is_rtcp(&[0x80]));
    }
}
