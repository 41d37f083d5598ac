//! MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256: who knew the key, and that nobody changed the message. RFC 8489 §14.5, §14.6.
//!
//! The MAC covers the header and all attributes before it, with a header length that ends behind the MAC itself. What
//! follows (the other MAC, FINGERPRINT) made the real length larger, so the length is put right on the fly.

use limpid_crypto::MacKey;

use crate::error::IntegrityError;
use crate::message::{HEADER_LEN, Message};

/// Bytes of a MESSAGE-INTEGRITY value: all of HMAC-SHA1.
pub(crate) const SHA1_LEN: usize = 20;
/// Bytes of a MESSAGE-INTEGRITY-SHA256 value that is not truncated.
pub(crate) const SHA256_LEN: usize = 32;

impl Message<'_> {
    /// Whether there is any integrity attribute that counts.
    pub fn has_integrity(&self) -> bool {
        self.integrity_at().is_some() || self.integrity_sha256_at().is_some()
    }

    /// Checks MESSAGE-INTEGRITY with an HMAC-SHA1 key, in constant time.
    pub fn verify_integrity(&self, key: &dyn MacKey) -> Result<(), IntegrityError> {
        let at = self.integrity_at().ok_or(IntegrityError::Missing)?;
        self.verify_at(at, SHA1_LEN, key)
    }

    /// Checks MESSAGE-INTEGRITY-SHA256 with an HMAC-SHA256 key, in constant time. A truncated value is a mismatch: no
    /// usage that we know allows one.
    pub fn verify_integrity_sha256(&self, key: &dyn MacKey) -> Result<(), IntegrityError> {
        self.verify_integrity_sha256_truncated(key, SHA256_LEN)
    }

    /// The same for a usage that allows truncation to `min_len` bytes (16 to 32).
    pub fn verify_integrity_sha256_truncated(
        &self,
        key: &dyn MacKey,
        min_len: usize,
    ) -> Result<(), IntegrityError> {
        let at = self.integrity_sha256_at().ok_or(IntegrityError::Missing)?;
        let len = usize::from(u16::from_be_bytes([self.bytes[at + 2], self.bytes[at + 3]]));
        if len < min_len.max(16) {
            return Err(IntegrityError::Mismatch);
        }
        self.verify_at(at, len, key)
    }

    /// `at`: where the attribute begins; `len`: bytes of its value.
    fn verify_at(&self, at: usize, len: usize, key: &dyn MacKey) -> Result<(), IntegrityError> {
        let start = patched_start(self.bytes, at, len);
        let tag = &self.bytes[at + 4..at + 4 + len];
        if key.verify(&[&start, &self.bytes[4..at]], tag) { Ok(()) } else { Err(IntegrityError::Mismatch) }
    }
}

/// The first four bytes of the header as they were when the MAC was made: the length ends behind the MAC.
pub(crate) fn patched_start(message: &[u8], at: usize, len: usize) -> [u8; 4] {
    let length = (at + 4 + len - HEADER_LEN) as u16;
    let [high, low] = length.to_be_bytes();
    [message[0], message[1], high, low]
}
