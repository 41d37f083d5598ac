//! AES-GCM and ChaCha20-Poly1305, in place and without an allocation.

use alloc::boxed::Box;

use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use crate::provider::{AeadAlgorithm, AeadKey, Aeads, NONCE_LEN, TAG_LEN};

/// AEADs.
pub(super) struct Ring;

impl Aeads for Ring {
    fn key(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Option<Box<dyn AeadKey>> {
        let algorithm = match algorithm {
            AeadAlgorithm::Aes128Gcm => &AES_128_GCM,
            AeadAlgorithm::Aes256Gcm => &AES_256_GCM,
            AeadAlgorithm::ChaCha20Poly1305 => &CHACHA20_POLY1305,
        };
        let unbound = UnboundKey::new(algorithm, key).ok()?;
        Some(Box::new(Key(LessSafeKey::new(unbound))))
    }
}

/// "Less safe" since the caller brings the nonces: record layers number their records.
struct Key(LessSafeKey);

impl AeadKey for Key {
    fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], in_out: &mut [u8]) -> [u8; TAG_LEN] {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        // invariant: only inputs of 2^36 bytes and more are refused, and no datagram or record is that long.
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), in_out).expect("a short input");
        let mut bytes = [0; TAG_LEN];
        bytes.copy_from_slice(tag.as_ref());
        bytes
    }

    fn open<'a>(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], in_out: &'a mut [u8]) -> Option<&'a mut [u8]> {
        self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), in_out).ok()
    }
}
