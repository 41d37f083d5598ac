//! Protection profiles: which cipher, which MAC, which lengths. RFC 5764 §4.1.2, RFC 7714 §14.2, RFC 6188 §4.

use core::fmt;

use limpid_crypto::AeadAlgorithm;

/// A protection profile.
///
/// The first four have a number in the registry "DTLS-SRTP Protection Profiles" and are what WebRTC negotiates. The suites of
/// RFC 6188 have none: they are for keys that come another way.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Profile {
    /// AES-128 in counter mode, HMAC-SHA1 cut to 80 bits. Every implementation has it (RFC 8827 §6.5).
    Aes128CmSha1_80,
    /// The same, with 32 bits for RTP; RTCP keeps 80 (RFC 5764 §4.1.2).
    Aes128CmSha1_32,
    /// AES-128-GCM with 16-byte tags (RFC 7714).
    AeadAes128Gcm,
    /// AES-256-GCM with 16-byte tags (RFC 7714).
    AeadAes256Gcm,
    /// AES-192 in counter mode, HMAC-SHA1 cut to 80 bits (RFC 6188 §4).
    Aes192CmSha1_80,
    /// The same, with 32 bits for RTP.
    Aes192CmSha1_32,
    /// AES-256 in counter mode, HMAC-SHA1 cut to 80 bits (RFC 6188 §4).
    Aes256CmSha1_80,
    /// The same, with 32 bits for RTP.
    Aes256CmSha1_32,
}

/// What a profile is made of.
#[derive(Copy, Clone, Debug)]
pub(crate) enum Transform {
    /// Counter mode, and a MAC over RTP packets of so many bytes.
    Cm { rtp_tag_len: usize },
    /// GCM.
    Gcm(AeadAlgorithm),
}

/// Bytes of the SRTCP tag with HMAC-SHA1, and of the RTP tag of the `_80` profiles (RFC 3711 §5.2).
pub(crate) const LONG_TAG: usize = 10;
/// Bytes of the RTP tag of the `_32` profiles.
const SHORT_TAG: usize = 4;
/// Bytes of the encrypt flag and the SRTCP index (RFC 3711 §3.4).
pub(crate) const RTCP_WORD_LEN: usize = 4;

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 8] = [
        Profile::Aes128CmSha1_80,
        Profile::Aes128CmSha1_32,
        Profile::AeadAes128Gcm,
        Profile::AeadAes256Gcm,
        Profile::Aes192CmSha1_80,
        Profile::Aes192CmSha1_32,
        Profile::Aes256CmSha1_80,
        Profile::Aes256CmSha1_32,
    ];

    /// Those that DTLS can negotiate.
    pub const DTLS: [Profile; 4] =
        [Profile::AeadAes128Gcm, Profile::AeadAes256Gcm, Profile::Aes128CmSha1_80, Profile::Aes128CmSha1_32];

    /// The profile with this number in the DTLS-SRTP registry; `None`: unknown, or one without encryption.
    pub const fn from_code(code: u16) -> Option<Profile> {
        Some(match code {
            0x0001 => Profile::Aes128CmSha1_80,
            0x0002 => Profile::Aes128CmSha1_32,
            0x0007 => Profile::AeadAes128Gcm,
            0x0008 => Profile::AeadAes256Gcm,
            _ => return None,
        })
    }

    /// Its number in the DTLS-SRTP registry; `None` for the suites of RFC 6188.
    pub const fn code(self) -> Option<u16> {
        Some(match self {
            Profile::Aes128CmSha1_80 => 0x0001,
            Profile::Aes128CmSha1_32 => 0x0002,
            Profile::AeadAes128Gcm => 0x0007,
            Profile::AeadAes256Gcm => 0x0008,
            _ => return None,
        })
    }

    /// The registered name: of the DTLS-SRTP registry, or of the SDP security descriptions for RFC 6188.
    pub const fn name(self) -> &'static str {
        match self {
            Profile::Aes128CmSha1_80 => "SRTP_AES128_CM_HMAC_SHA1_80",
            Profile::Aes128CmSha1_32 => "SRTP_AES128_CM_HMAC_SHA1_32",
            Profile::AeadAes128Gcm => "SRTP_AEAD_AES_128_GCM",
            Profile::AeadAes256Gcm => "SRTP_AEAD_AES_256_GCM",
            Profile::Aes192CmSha1_80 => "AES_192_CM_HMAC_SHA1_80",
            Profile::Aes192CmSha1_32 => "AES_192_CM_HMAC_SHA1_32",
            Profile::Aes256CmSha1_80 => "AES_256_CM_HMAC_SHA1_80",
            Profile::Aes256CmSha1_32 => "AES_256_CM_HMAC_SHA1_32",
        }
    }

    /// Bytes of the master key, and of each encryption key that is derived from it.
    pub const fn key_len(self) -> usize {
        match self {
            Profile::Aes128CmSha1_80 | Profile::Aes128CmSha1_32 | Profile::AeadAes128Gcm => 16,
            Profile::Aes192CmSha1_80 | Profile::Aes192CmSha1_32 => 24,
            Profile::Aes256CmSha1_80 | Profile::Aes256CmSha1_32 | Profile::AeadAes256Gcm => 32,
        }
    }

    /// Bytes of the master salt.
    pub const fn salt_len(self) -> usize {
        match self.transform() {
            Transform::Cm { .. } => 14,
            Transform::Gcm(_) => 12,
        }
    }

    /// Bytes that the DTLS exporter gives: two keys and two salts (RFC 5764 §4.2).
    pub const fn keying_material_len(self) -> usize {
        2 * (self.key_len() + self.salt_len())
    }

    /// Bytes of the authentication tag of an RTP packet.
    pub const fn rtp_tag_len(self) -> usize {
        match self.transform() {
            Transform::Cm { rtp_tag_len } => rtp_tag_len,
            Transform::Gcm(_) => limpid_crypto::TAG_LEN,
        }
    }

    /// Bytes by which an RTP packet grows: the tag. Cryptex adds four more to packets that have CSRCs and no extension.
    pub const fn rtp_overhead(self) -> usize {
        self.rtp_tag_len()
    }

    /// Bytes by which an RTCP packet grows: the tag, the encrypt flag and the index.
    pub const fn rtcp_overhead(self) -> usize {
        RTCP_WORD_LEN
            + match self.transform() {
                Transform::Cm { .. } => LONG_TAG,
                Transform::Gcm(_) => limpid_crypto::TAG_LEN,
            }
    }

    pub(crate) const fn transform(self) -> Transform {
        match self {
            Profile::AeadAes128Gcm => Transform::Gcm(AeadAlgorithm::Aes128Gcm),
            Profile::AeadAes256Gcm => Transform::Gcm(AeadAlgorithm::Aes256Gcm),
            Profile::Aes128CmSha1_80 | Profile::Aes192CmSha1_80 | Profile::Aes256CmSha1_80 => {
                Transform::Cm { rtp_tag_len: LONG_TAG }
            }
            Profile::Aes128CmSha1_32 | Profile::Aes192CmSha1_32 | Profile::Aes256CmSha1_32 => {
                Transform::Cm { rtp_tag_len: SHORT_TAG }
            }
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 5764-4.1.2-a, 7714-14.2-a, 6188-4-a, 3711-5.2-a, 7714-12-a, 7714-13.2-a
    #[test]
    fn codes_names_and_lengths_are_those_of_the_registries() {
        for profile in Profile::ALL {
            assert_eq!(profile.code().and_then(Profile::from_code), profile.code().map(|_| profile));
        }
        let lengths = |profile: Profile| {
            (profile.key_len(), profile.salt_len(), profile.rtp_overhead(), profile.rtcp_overhead())
        };
        assert_eq!(Profile::from_code(1).map(lengths), Some((16, 14, 10, 14)));
        assert_eq!(Profile::from_code(2).map(lengths), Some((16, 14, 4, 14)));
        assert_eq!(Profile::from_code(7).map(lengths), Some((16, 12, 16, 20)));
        assert_eq!(Profile::from_code(8).map(lengths), Some((32, 12, 16, 20)));
        assert_eq!(lengths(Profile::Aes192CmSha1_80), (24, 14, 10, 14));
        assert_eq!(lengths(Profile::Aes256CmSha1_32), (32, 14, 4, 14));
        assert_eq!(Profile::from_code(7).map(Profile::name), Some("SRTP_AEAD_AES_128_GCM"));
        // 5 and 6 have no encryption; 3 and 4 were never given to anyone.
        assert!([0, 3, 4, 5, 6, 9, 0xffff].iter().all(|code| Profile::from_code(*code).is_none()));
    }
}
