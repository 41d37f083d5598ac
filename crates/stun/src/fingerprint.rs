//! FINGERPRINT: a checksum that tells STUN from whatever else arrives on the same port. RFC 8489 §7, §14.7.
//!
//! It is no protection: anyone can compute it.

use crate::error::FingerprintError;
use crate::message::Message;

/// Keeps the value apart from a CRC-32 that another protocol may carry. ASCII for `STUN`. RFC 8489 §14.7.
pub const FINGERPRINT_XOR: u32 = 0x5354_554e;

/// The value for a message of which `before` is everything in front of the attribute, with the final header length.
pub(crate) fn fingerprint(before: &[u8]) -> u32 {
    crc32fast::hash(before) ^ FINGERPRINT_XOR
}

impl Message<'_> {
    /// Whether there is a FINGERPRINT at all.
    pub fn has_fingerprint(&self) -> bool {
        self.fingerprint_at().is_some()
    }

    /// Checks FINGERPRINT.
    pub fn verify_fingerprint(&self) -> Result<(), FingerprintError> {
        let at = self.fingerprint_at().ok_or(FingerprintError::Missing)?;
        let value = fingerprint(&self.bytes[..at]).to_be_bytes();
        if self.bytes[at + 4..] == value { Ok(()) } else { Err(FingerprintError::Mismatch) }
    }
}
