//! X25519, P-256 and P-384.

use alloc::boxed::Box;

use ring::agreement::{
    Algorithm, ECDH_P256, ECDH_P384, EphemeralPrivateKey, PublicKey, UnparsedPublicKey, X25519,
    agree_ephemeral,
};
use ring::rand::SystemRandom;

use crate::provider::{CryptoError, KeyExchange, KeyExchanges, NamedGroup};
use crate::secret::Secret;

/// Elliptic-curve Diffie-Hellman.
pub(super) struct Ring;

impl KeyExchanges for Ring {
    fn groups(&self) -> &[NamedGroup] {
        &[NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1]
    }

    fn start(&self, group: NamedGroup) -> Option<Box<dyn KeyExchange>> {
        let algorithm: &'static Algorithm = match group {
            NamedGroup::X25519 => &X25519,
            NamedGroup::SECP256R1 => &ECDH_P256,
            NamedGroup::SECP384R1 => &ECDH_P384,
            _ => return None,
        };
        let private = EphemeralPrivateKey::generate(algorithm, &SystemRandom::new()).ok()?;
        let public = private.compute_public_key().ok()?;
        Some(Box::new(Ephemeral { private, public }))
    }
}

/// A key pair for one agreement.
struct Ephemeral {
    private: EphemeralPrivateKey,
    public: PublicKey,
}

impl KeyExchange for Ephemeral {
    fn share(&self) -> &[u8] {
        self.public.as_ref()
    }

    fn finish(self: Box<Self>, peer_share: &[u8]) -> Result<Secret, CryptoError> {
        let peer = UnparsedPublicKey::new(self.private.algorithm(), peer_share);
        agree_ephemeral(self.private, &peer, Secret::copy_of).map_err(|_| CryptoError::BadKey)
    }
}
