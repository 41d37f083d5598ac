//! AES-GCM. RFC 7714 §8, §9.
//!
//! ```text
//! RTP                   header | payload, encrypted | tag             authenticated besides: the header
//! RTCP, encrypted       8 bytes | rest, encrypted | tag | E, index    besides: the 8 bytes and the last word
//! RTCP, not encrypted   all | tag | E, index                          besides: all and the last word
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;

use limpid_crypto::{AeadAlgorithm, AeadKey, NONCE_LEN, Provider, Secret, TAG_LEN};

use super::{PacketId, RTCP_CLEAR, Region, RtcpWord};
use crate::error::Error;
use crate::profile::RTCP_WORD_LEN;

/// The prepared key.
pub(crate) struct AesGcm {
    key: Box<dyn AeadKey>,
    salt: Secret,
}

impl AesGcm {
    pub(crate) fn new(
        provider: &Provider,
        algorithm: AeadAlgorithm,
        key: &[u8],
        salt: &[u8],
    ) -> Result<Self, Error> {
        let key = provider.aead.key(algorithm, key).ok_or(Error::Unsupported)?;
        Ok(AesGcm { key, salt: Secret::copy_of(salt) })
    }

    /// Two zero bytes, SSRC and index, mixed into the salt (RFC 7714 §8.1; the same for RTCP in §9.1).
    fn nonce(&self, id: PacketId) -> [u8; NONCE_LEN] {
        let mut nonce = [0; NONCE_LEN];
        // invariant: the salt of GCM has as many bytes (RFC 7714 §8.1)
        nonce.copy_from_slice(&self.salt);
        id.mix_into(&mut nonce[2..]);
        nonce
    }

    pub(super) fn seal_rtp(&self, id: PacketId, region: Region, packet: &mut Vec<u8>, start: usize) {
        let bytes = &mut packet[start..];
        region.gather(bytes);
        let (clear, secret) = bytes.split_at_mut(region.from);
        let tag = self.key.seal(&self.nonce(id), clear, secret);
        region.scatter(bytes);
        packet.extend_from_slice(&tag);
    }

    pub(super) fn open_rtp(&self, id: PacketId, region: Region, packet: &mut [u8]) -> Option<usize> {
        region.gather(packet);
        let (clear, secret) = packet.split_at_mut_checked(region.from)?;
        self.key.open(&self.nonce(id), clear, secret)?;
        region.scatter(packet);
        packet.len().checked_sub(TAG_LEN)
    }

    pub(super) fn seal_rtcp(&self, ssrc: u32, word: RtcpWord, packet: &mut Vec<u8>, start: usize) {
        let nonce = self.nonce(PacketId { ssrc, index: word.index });
        if word.encrypted {
            let (clear, secret) = packet[start..].split_at_mut(RTCP_CLEAR);
            let tag = self.key.seal(&nonce, &clear_and_word(clear, word), secret);
            packet.extend_from_slice(&tag);
            packet.extend_from_slice(&word.bytes());
        } else {
            packet.extend_from_slice(&word.bytes());
            let tag = self.key.seal(&nonce, &packet[start..], &mut []);
            packet.extend_from_slice(&tag);
            swap_end(packet, TAG_LEN);
        }
    }

    pub(super) fn open_rtcp(&self, ssrc: u32, word: RtcpWord, packet: &mut [u8]) -> Option<usize> {
        let nonce = self.nonce(PacketId { ssrc, index: word.index });
        let end = packet.len().checked_sub(RTCP_WORD_LEN)?;
        let len = end.checked_sub(TAG_LEN)?;
        if word.encrypted {
            let (clear, secret) = packet[..end].split_at_mut_checked(RTCP_CLEAR)?;
            self.key.open(&nonce, &clear_and_word(clear, word), secret)?;
        } else {
            swap_end(packet, RTCP_WORD_LEN);
            let (clear, tag) = packet.split_at_mut(len + RTCP_WORD_LEN);
            self.key.open(&nonce, clear, tag)?;
        }
        Some(len)
    }
}

/// What is authenticated besides of an encrypted RTCP packet, which lies apart on the wire.
fn clear_and_word(clear: &[u8], word: RtcpWord) -> [u8; RTCP_CLEAR + RTCP_WORD_LEN] {
    let mut bytes = [0; RTCP_CLEAR + RTCP_WORD_LEN];
    bytes.iter_mut().zip(clear).for_each(|(to, from)| *to = *from);
    bytes[RTCP_CLEAR..].copy_from_slice(&word.bytes());
    bytes
}

/// Puts the last `len` of the final 20 bytes first: the tag stands in front of the word on the wire, but behind it for the
/// cipher.
fn swap_end(packet: &mut [u8], len: usize) {
    let end = packet.len().saturating_sub(TAG_LEN + RTCP_WORD_LEN);
    packet[end..].rotate_right(len);
}
