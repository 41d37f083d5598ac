//! The ciphers, as SRTP uses them: which bytes are encrypted, which are authenticated, where the tag stands.

mod aes_cm;
mod aes_gcm;

use alloc::vec::Vec;

use limpid_crypto::Provider;

use crate::error::Error;
use crate::kdf::{AUTHENTICATION_KEY_LEN, Label, MasterKey};
use crate::profile::{self, LONG_TAG, Profile};
pub(crate) use aes_cm::{AesCm, counter};
pub(crate) use aes_gcm::AesGcm;

/// What makes the key stream of a packet its own.
#[derive(Copy, Clone, Debug)]
pub(crate) struct PacketId {
    pub(crate) ssrc: u32,
    /// 48 bits for RTP, 31 for RTCP.
    pub(crate) index: u64,
}

impl PacketId {
    /// ROC, which the MAC of RTP covers.
    fn rollover_counter(self) -> [u8; 4] {
        ((self.index >> 16) as u32).to_be_bytes()
    }

    /// XORs SSRC and index into ten bytes of a salt: the same arithmetic in both modes (RFC 3711 §4.1.1, RFC 7714 §8.1).
    fn mix_into(self, block: &mut [u8]) {
        let bytes = (u128::from(self.ssrc) << 48 | u128::from(self.index)).to_be_bytes();
        block.iter_mut().zip(&bytes[6..]).for_each(|(salt, byte)| *salt ^= byte);
    }
}

/// Which bytes of an RTP packet are encrypted: all from `from` on. With cryptex, so are the CSRCs, which are moved behind the
/// header of the extension meanwhile (RFC 9335 §6.2).
#[derive(Copy, Clone, Debug)]
pub(crate) struct Region {
    /// How many bytes in front stay readable.
    pub(crate) from: usize,
    /// Bytes of CSRCs to be moved.
    pub(crate) csrcs: usize,
}

impl Region {
    /// Brings together what is encrypted.
    fn gather(self, packet: &mut [u8]) {
        if self.csrcs > 0 {
            packet[self.from - 4..self.from + self.csrcs].rotate_right(4);
        }
    }

    /// Puts it back as it stands on the wire.
    fn scatter(self, packet: &mut [u8]) {
        if self.csrcs > 0 {
            packet[self.from - 4..self.from + self.csrcs].rotate_left(4);
        }
    }
}

/// The encrypt flag of the last word of SRTCP; the index is the rest (RFC 3711 §3.4).
const E_FLAG: u32 = 1 << 31;

/// The E flag and the index of an SRTCP packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct RtcpWord {
    pub(crate) encrypted: bool,
    pub(crate) index: u64,
}

impl RtcpWord {
    fn read(bytes: [u8; 4]) -> Self {
        let word = u32::from_be_bytes(bytes);
        RtcpWord { encrypted: word & E_FLAG != 0, index: (word & !E_FLAG).into() }
    }

    fn bytes(self) -> [u8; 4] {
        (self.index as u32 & !E_FLAG | if self.encrypted { E_FLAG } else { 0 }).to_be_bytes()
    }
}

/// Bytes of an RTCP header that stay readable (RFC 3711 §3.4).
pub(crate) const RTCP_CLEAR: usize = 8;

/// The session keys of RTP or of RTCP.
pub(crate) enum Transform {
    Cm(AesCm),
    Gcm(AesGcm),
}

impl Transform {
    /// The keys of RTP.
    pub(crate) fn rtp(provider: &Provider, profile: Profile, master: &MasterKey) -> Result<Self, Error> {
        let labels = [Label::RtpEncryption, Label::RtpAuthentication, Label::RtpSalt];
        Transform::new(provider, profile, master, labels, profile.rtp_tag_len())
    }

    /// The keys of RTCP. Its tag is never short.
    pub(crate) fn rtcp(provider: &Provider, profile: Profile, master: &MasterKey) -> Result<Self, Error> {
        let labels = [Label::RtcpEncryption, Label::RtcpAuthentication, Label::RtcpSalt];
        Transform::new(provider, profile, master, labels, LONG_TAG)
    }

    fn new(
        provider: &Provider,
        profile: Profile,
        master: &MasterKey,
        [encryption, authentication, salt]: [Label; 3],
        tag_len: usize,
    ) -> Result<Self, Error> {
        let key = master.derive(provider, encryption, profile.key_len())?;
        let salt = master.derive(provider, salt, profile.salt_len())?;
        Ok(match profile.transform() {
            profile::Transform::Cm { .. } => {
                let mac = master.derive(provider, authentication, AUTHENTICATION_KEY_LEN)?;
                Transform::Cm(AesCm::new(provider, &key, &mac, &salt, tag_len)?)
            }
            profile::Transform::Gcm(algorithm) => {
                Transform::Gcm(AesGcm::new(provider, algorithm, &key, &salt)?)
            }
        })
    }

    /// Encrypts what lies in `packet[start..]` and appends the tag.
    #[inline]
    pub(crate) fn seal_rtp(&self, id: PacketId, region: Region, packet: &mut Vec<u8>, start: usize) {
        match self {
            Transform::Cm(cm) => cm.seal_rtp(id, region, packet, start),
            Transform::Gcm(gcm) => gcm.seal_rtp(id, region, packet, start),
        }
    }

    /// Checks the tag, decrypts, and gives the length without the tag; `None`: not authentic. `packet` holds a tag, and the
    /// region is in front of it.
    #[inline]
    pub(crate) fn open_rtp(&self, id: PacketId, region: Region, packet: &mut [u8]) -> Option<usize> {
        match self {
            Transform::Cm(cm) => cm.open_rtp(id, region, packet),
            Transform::Gcm(gcm) => gcm.open_rtp(id, region, packet),
        }
    }

    /// Encrypts what lies in `packet[start..]`, at least eight bytes, and appends tag and word.
    pub(crate) fn seal_rtcp(&self, ssrc: u32, word: RtcpWord, packet: &mut Vec<u8>, start: usize) {
        match self {
            Transform::Cm(cm) => cm.seal_rtcp(ssrc, word, packet, start),
            Transform::Gcm(gcm) => gcm.seal_rtcp(ssrc, word, packet, start),
        }
    }

    /// Checks the tag, decrypts, and gives the length without tag and word; `None`: not authentic. `word` was read from
    /// `packet`.
    pub(crate) fn open_rtcp(&self, ssrc: u32, word: RtcpWord, packet: &mut [u8]) -> Option<usize> {
        match self {
            Transform::Cm(cm) => cm.open_rtcp(ssrc, word, packet),
            Transform::Gcm(gcm) => gcm.open_rtcp(ssrc, word, packet),
        }
    }

    /// The word of an SRTCP packet; `None`: too short.
    pub(crate) fn rtcp_word(&self, packet: &[u8]) -> Option<RtcpWord> {
        let after = match self {
            Transform::Cm(_) => LONG_TAG,
            Transform::Gcm(_) => 0,
        };
        let end = packet.len().checked_sub(after)?;
        packet[..end].last_chunk().map(|bytes| RtcpWord::read(*bytes))
    }
}

#[cfg(test)]
mod tests;
