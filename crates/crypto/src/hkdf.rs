//! HKDF (RFC 5869): one secret in, any number of independent keys out.

use alloc::vec::Vec;

use crate::provider::{CryptoError, HashAlgorithm, Provider};
use crate::secret::Secret;

/// Concentrates input keying material into a pseudorandom key (RFC 5869 §2.2). An empty salt counts as zeros.
///
/// Fails with [`CryptoError::Unsupported`] if the provider has no HMAC over `hash`.
pub fn extract(
    provider: &Provider,
    hash: HashAlgorithm,
    salt: &[u8],
    ikm: &[u8],
) -> Result<Secret, CryptoError> {
    let key = provider.mac.key(hash, salt).ok_or(CryptoError::Unsupported)?;
    Ok(Secret::copy_of(&key.sign(&[ikm])))
}

/// Derives `len` bytes for the purpose that `info` names (RFC 5869 §2.3).
///
/// Fails with [`CryptoError::Failed`] above 255 hash outputs, with [`CryptoError::Unsupported`] if the provider has no
/// HMAC over `hash`.
pub fn expand(
    provider: &Provider,
    hash: HashAlgorithm,
    prk: &[u8],
    info: &[u8],
    len: usize,
) -> Result<Secret, CryptoError> {
    let key = provider.mac.key(hash, prk).ok_or(CryptoError::Unsupported)?;
    if len > 255 * hash.output_len() {
        return Err(CryptoError::Failed);
    }
    // Reserved at once, so that no half-grown copy of the secret stays behind on the heap.
    let mut okm = Vec::with_capacity(len + hash.output_len());
    for counter in 1..=u8::MAX {
        if okm.len() >= len {
            break;
        }
        let previous = okm.len().saturating_sub(hash.output_len());
        let block = key.sign(&[&okm[previous..], info, &[counter]]);
        okm.extend_from_slice(&block);
    }
    okm.truncate(len);
    Ok(Secret::new(okm))
}
