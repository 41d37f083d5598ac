//! From one master key to all session keys: the pseudorandom function of RFC 3711 §4.3.3, with the keys of RFC 6188 §3.
//!
//! The key derivation rate is zero, as DTLS-SRTP has it: keys are derived once.

use alloc::vec;
use core::fmt;

use limpid_crypto::{Provider, Secret};

use crate::error::Error;
use crate::profile::Profile;

/// What a key is for. RFC 3711 §4.3.1 and §4.3.2, RFC 6904 §3.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Label {
    RtpEncryption = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpEncryption = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
    HeaderEncryption = 6,
    HeaderSalt = 7,
}

/// Bytes of the HMAC-SHA1 key (RFC 3711 §5.2).
pub(crate) const AUTHENTICATION_KEY_LEN: usize = 20;

/// A master key and its salt, for one direction. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    key: Secret,
    salt: Secret,
}

impl MasterKey {
    /// Copies both. The lengths are those of the [`Profile`]; they are checked where the key is used.
    pub fn new(key: &[u8], salt: &[u8]) -> Self {
        MasterKey { key: Secret::copy_of(key), salt: Secret::copy_of(salt) }
    }

    /// Whether the lengths are those of the profile.
    pub(crate) fn check(&self, profile: Profile) -> Result<(), Error> {
        let fits = self.key.len() == profile.key_len() && self.salt.len() == profile.salt_len();
        if fits { Ok(()) } else { Err(Error::KeyLength) }
    }

    /// `len` bytes for `label`.
    pub(crate) fn derive(&self, provider: &Provider, label: Label, len: usize) -> Result<Secret, Error> {
        let aes = provider.cipher.aes(&self.key).ok_or(Error::Unsupported)?;
        // The salt has 14 bytes; the shorter one of GCM is filled up at its end. With a rate of zero, key_id is the label and
        // six zero bytes, and is XORed to the end of the salt. The block counter follows in the last two bytes.
        let mut block = [0; 16];
        let salt = self.salt.get(..14).unwrap_or(&self.salt);
        block[..salt.len()].copy_from_slice(salt);
        block[7] ^= label as u8;
        let mut out = Secret::new(vec![0; len]);
        aes.counter_mode(&block, &mut out);
        Ok(out)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({} + {} bytes)", self.key.len(), self.salt.len())
    }
}

#[cfg(test)]
pub(crate) mod tests;
