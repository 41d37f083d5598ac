//! AES in counter mode with HMAC-SHA1. RFC 3711 §4.1.1, §4.2.1; RFC 6188 §2.
//!
//! ```text
//! RTP    header | payload, encrypted | tag                            MAC over header, payload, ROC
//! RTCP   8 bytes | rest, encrypted | E, index | tag                   MAC over all in front of the tag
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;

use limpid_crypto::{AesKey, HashAlgorithm, MacKey, Provider, Secret};

use super::{PacketId, RTCP_CLEAR, Region, RtcpWord};
use crate::error::Error;
use crate::profile::RTCP_WORD_LEN;

/// The prepared keys.
pub(crate) struct AesCm {
    cipher: Box<dyn AesKey>,
    mac: Box<dyn MacKey>,
    salt: Secret,
    tag_len: usize,
}

impl AesCm {
    pub(crate) fn new(
        provider: &Provider,
        key: &[u8],
        mac_key: &[u8],
        salt: &[u8],
        tag_len: usize,
    ) -> Result<Self, Error> {
        let cipher = provider.cipher.aes(key).ok_or(Error::Unsupported)?;
        let mac = provider.mac.key(HashAlgorithm::Sha1, mac_key).ok_or(Error::Unsupported)?;
        Ok(AesCm { cipher, mac, salt: Secret::copy_of(salt), tag_len })
    }

    fn apply(&self, id: PacketId, bytes: &mut [u8]) {
        self.cipher.counter_mode(&counter(&self.salt, id), bytes);
    }

    pub(super) fn seal_rtp(&self, id: PacketId, region: Region, packet: &mut Vec<u8>, start: usize) {
        let bytes = &mut packet[start..];
        region.gather(bytes);
        self.apply(id, &mut bytes[region.from..]);
        region.scatter(bytes);
        let tag = self.mac.sign(&[bytes, &id.rollover_counter()]);
        packet.extend_from_slice(&tag[..self.tag_len]);
    }

    pub(super) fn open_rtp(&self, id: PacketId, region: Region, packet: &mut [u8]) -> Option<usize> {
        let (bytes, tag) = packet.split_at_mut_checked(packet.len().checked_sub(self.tag_len)?)?;
        if !self.mac.verify(&[bytes, &id.rollover_counter()], tag) {
            return None;
        }
        region.gather(bytes);
        self.apply(id, &mut bytes[region.from..]);
        region.scatter(bytes);
        Some(bytes.len())
    }

    pub(super) fn seal_rtcp(&self, ssrc: u32, word: RtcpWord, packet: &mut Vec<u8>, start: usize) {
        if word.encrypted {
            self.apply(PacketId { ssrc, index: word.index }, &mut packet[start + RTCP_CLEAR..]);
        }
        packet.extend_from_slice(&word.bytes());
        let tag = self.mac.sign(&[&packet[start..]]);
        packet.extend_from_slice(&tag[..self.tag_len]);
    }

    pub(super) fn open_rtcp(&self, ssrc: u32, word: RtcpWord, packet: &mut [u8]) -> Option<usize> {
        let (bytes, tag) = packet.split_at_mut_checked(packet.len().checked_sub(self.tag_len)?)?;
        if !self.mac.verify(&[bytes], tag) {
            return None;
        }
        let len = bytes.len().checked_sub(RTCP_WORD_LEN)?;
        if word.encrypted {
            self.apply(PacketId { ssrc, index: word.index }, bytes.get_mut(RTCP_CLEAR..len)?);
        }
        Some(len)
    }
}

/// The first counter block: the salt, with SSRC and index mixed into it, and room for the number of the block.
pub(crate) fn counter(salt: &[u8], id: PacketId) -> [u8; 16] {
    let mut block = [0; 16];
    block.iter_mut().zip(salt.iter().take(14)).for_each(|(byte, salt)| *byte = *salt);
    id.mix_into(&mut block[4..14]);
    block
}
