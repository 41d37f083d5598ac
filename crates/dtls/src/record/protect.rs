//! Protection of records with an AEAD: in place, in the caller's buffer, without an allocation.
//!
//! ```text
//! AES-GCM (RFC 5288 §3)           header │ explicit nonce 8 │ ciphertext │ tag 16      nonce = salt 4 ‖ explicit 8
//! ChaCha20-Poly1305 (RFC 7905 §2) header │ ciphertext │ tag 16                         nonce = iv 12 ⊕ record number
//! ```
//! The additional data is the same for both: record number, type, version, and the length of the plaintext
//! (RFC 5246 §6.2.3.3, RFC 6347 §4.1.2.1).

use core::fmt;

use limpid_crypto::{AeadAlgorithm, AeadKey, NONCE_LEN, Provider, TAG_LEN};
use limpid_sansio::replay::ReplayWindow;
use zeroize::Zeroizing;

use super::{ContentType, Epoch, HEADER_LEN, MAX_SEQUENCE, ProtocolVersion, RecordHeader, RecordNumber};
use crate::error::DropReason;

/// Bytes of the nonce that an AES-GCM record carries.
const EXPLICIT_NONCE_LEN: usize = 8;
/// Bytes of the nonce that AES-GCM keys bring along.
const GCM_SALT_LEN: usize = 4;

/// The key and nonce salt of one direction.
pub struct Protection {
    key: Box<dyn AeadKey>,
    /// The whole iv, or the salt and zeros.
    iv: Zeroizing<[u8; NONCE_LEN]>,
    /// Whether each record carries eight bytes of its nonce.
    explicit: bool,
}

impl fmt::Debug for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protection(secret)")
    }
}

impl Protection {
    /// Bytes of nonce salt that `algorithm` takes from the key block.
    pub const fn salt_len(algorithm: AeadAlgorithm) -> usize {
        match algorithm {
            AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes256Gcm => GCM_SALT_LEN,
            AeadAlgorithm::ChaCha20Poly1305 => NONCE_LEN,
        }
    }

    /// Prepares a key; `None`: the provider does not have the algorithm, or a length is wrong.
    pub fn new(provider: &Provider, algorithm: AeadAlgorithm, key: &[u8], salt: &[u8]) -> Option<Self> {
        if salt.len() != Self::salt_len(algorithm) {
            return None;
        }
        let mut iv = Zeroizing::new([0; NONCE_LEN]);
        iv[..salt.len()].copy_from_slice(salt);
        let explicit = salt.len() == GCM_SALT_LEN;
        Some(Protection { key: provider.aead.key(algorithm, key)?, iv, explicit })
    }

    /// Bytes between the header and the content.
    const fn prefix_len(&self) -> usize {
        if self.explicit { EXPLICIT_NONCE_LEN } else { 0 }
    }

    /// Bytes that a record adds to its content, header and all.
    pub const fn overhead(&self) -> usize {
        HEADER_LEN + self.prefix_len() + TAG_LEN
    }

    fn nonce(&self, part: [u8; EXPLICIT_NONCE_LEN]) -> [u8; NONCE_LEN] {
        let mut nonce = *self.iv;
        nonce[GCM_SALT_LEN..].iter_mut().zip(part).for_each(|(n, p)| *n ^= p);
        nonce
    }
}

fn additional_data(header: &RecordHeader, plaintext_len: u16) -> [u8; 13] {
    let mut data = [0; 13];
    data[..8].copy_from_slice(&header.number.to_u64().to_be_bytes());
    data[8] = header.content_type.0;
    data[9..11].copy_from_slice(&header.version.0.to_be_bytes());
    data[11..].copy_from_slice(&plaintext_len.to_be_bytes());
    data
}

/// Writes the records of one epoch.
#[derive(Debug)]
pub struct Sealer {
    protection: Protection,
    epoch: Epoch,
    next_sequence: u64,
}

impl Sealer {
    /// Begins an epoch.
    pub const fn new(protection: Protection, epoch: Epoch) -> Self {
        Sealer { protection, epoch, next_sequence: 0 }
    }

    /// Bytes that a record adds to its content, header and all.
    pub const fn overhead(&self) -> usize {
        self.protection.overhead()
    }

    #[cfg(test)]
    pub(crate) fn skip_to(&mut self, sequence: u64) {
        self.next_sequence = sequence;
    }

    /// Whether all sequence numbers are used up.
    pub const fn is_exhausted(&self) -> bool {
        self.next_sequence > MAX_SEQUENCE
    }

    /// Appends room for header and explicit nonce; the content follows. Returns where the record begins.
    pub fn begin(&self, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        let room = [0; HEADER_LEN + EXPLICIT_NONCE_LEN];
        out.extend_from_slice(&room[..HEADER_LEN + self.protection.prefix_len()]);
        start
    }

    /// Numbers and protects the record that begins at `start` and ends where `out` ends. `None`: the sequence numbers are
    /// used up, or the content is longer than 2¹⁴ bytes; `out` is cut back to `start`.
    pub fn seal(
        &mut self,
        out: &mut Vec<u8>,
        start: usize,
        content_type: ContentType,
    ) -> Option<RecordNumber> {
        let content_at = start + HEADER_LEN + self.protection.prefix_len();
        let plaintext_len = out.len().checked_sub(content_at).filter(|len| *len <= 1 << 14);
        let plaintext_len = plaintext_len.filter(|_| self.next_sequence <= MAX_SEQUENCE);
        let Some(plaintext_len) = plaintext_len else {
            out.truncate(start);
            return None;
        };
        let number = RecordNumber { epoch: self.epoch, sequence: self.next_sequence };
        self.next_sequence += 1;

        let length = (plaintext_len + self.protection.overhead() - HEADER_LEN) as u16;
        let header = RecordHeader { content_type, version: ProtocolVersion::DTLS_1_2, number, length };
        out[start..start + HEADER_LEN].copy_from_slice(&header.to_bytes());
        // The record number is unique under a key, which is all that the explicit part has to be (RFC 5288 §3).
        let nonce_part = number.to_u64().to_be_bytes();
        if self.protection.explicit {
            out[start + HEADER_LEN..content_at].copy_from_slice(&nonce_part);
        }
        let nonce = self.protection.nonce(nonce_part);
        let data = additional_data(&header, plaintext_len as u16);
        let tag = self.protection.key.seal(&nonce, &data, &mut out[content_at..]);
        out.extend_from_slice(&tag);
        Some(number)
    }
}

/// Reads the records of one epoch, each once.
#[derive(Debug)]
pub struct Opener {
    protection: Protection,
    replay: ReplayWindow<4>,
}

impl Opener {
    /// Begins an epoch.
    pub fn new(protection: Protection) -> Self {
        Opener { protection, replay: ReplayWindow::default() }
    }

    /// Decrypts a fragment where it lies. The replay window moves only when the record is authentic (RFC 6347 §4.1.2.6).
    pub fn open<'a>(
        &mut self,
        header: &RecordHeader,
        fragment: &'a mut [u8],
    ) -> Result<&'a mut [u8], DropReason> {
        if !self.replay.may_pass(header.number.sequence) {
            return Err(DropReason::Replayed);
        }
        let prefix_len = self.protection.prefix_len();
        let plaintext_len = fragment.len().checked_sub(prefix_len + TAG_LEN).ok_or(DropReason::Truncated)?;
        let (prefix, ciphertext) = fragment.split_at_mut(prefix_len);
        let mut nonce_part = header.number.to_u64().to_be_bytes();
        if self.protection.explicit {
            nonce_part.copy_from_slice(prefix);
        }
        let nonce = self.protection.nonce(nonce_part);
        let data = additional_data(header, plaintext_len as u16);
        let plaintext = self.protection.key.open(&nonce, &data, ciphertext).ok_or(DropReason::BadMac)?;
        self.replay.pass(header.number.sequence);
        Ok(plaintext)
    }
}
