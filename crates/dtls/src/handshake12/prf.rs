//! The pseudorandom function of TLS 1.2 (RFC 5246 §5): HMAC, stretched.

use limpid_crypto::{CryptoError, HashAlgorithm, Provider};
use zeroize::Zeroize;

/// Fills `out` with PRF(`secret`, `label`, `seed`), where the seed is all its parts one after the other (at most six).
pub(crate) fn prf(
    provider: &Provider,
    hash: HashAlgorithm,
    secret: &[u8],
    label: &[u8],
    seed: &[&[u8]],
    out: &mut [u8],
) -> Result<(), CryptoError> {
    let key = provider.mac.key(hash, secret).ok_or(CryptoError::Unsupported)?;
    // A(i) goes in front, then label and seed.
    let mut parts: Vec<&[u8]> = Vec::with_capacity(seed.len() + 2);
    parts.extend([&[][..], label]);
    parts.extend_from_slice(seed);

    let mut a = key.sign(&parts);
    for chunk in out.chunks_mut(hash.output_len()) {
        let mut with_a = parts.clone();
        with_a[0] = &a;
        let mut block = [0; 64];
        let digest = key.sign(&with_a);
        block[..digest.len()].copy_from_slice(&digest);
        chunk.copy_from_slice(&block[..chunk.len()]);
        block.zeroize();
        a = key.sign(&[&a]);
    }
    Ok(())
}
