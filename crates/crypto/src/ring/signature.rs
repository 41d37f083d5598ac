//! ECDSA, Ed25519 and RSA: keys from PKCS #8, signatures, checks.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use ring::rand::SystemRandom;
use ring::signature::{
    self, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair, UnparsedPublicKey,
    VerificationAlgorithm,
};

use crate::provider::{CryptoError, KeyKind, SignatureScheme, Signing, SigningKey, Verifying};

/// Keys and checks.
pub(super) struct Ring;

impl Signing for Ring {
    fn generate(&self, kind: KeyKind) -> Option<Box<dyn SigningKey>> {
        let random = SystemRandom::new();
        let pkcs8 = match kind {
            KeyKind::EcdsaP256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random),
            KeyKind::EcdsaP384 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, &random),
            KeyKind::Ed25519 => Ed25519KeyPair::generate_pkcs8(&random),
            KeyKind::Rsa => return None,
        };
        self.load_pkcs8(pkcs8.ok()?.as_ref()).ok()
    }

    fn load_pkcs8(&self, der: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        let random = SystemRandom::new();
        let ecdsa =
            |algorithm: &'static EcdsaSigningAlgorithm| EcdsaKeyPair::from_pkcs8(algorithm, der, &random);
        // Each parser compares the algorithm's identifier first, so that at most one of them goes on to read the key.
        let key = if let Ok(key) = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING) {
            Key::Ecdsa(KeyKind::EcdsaP256, key)
        } else if let Ok(key) = ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING) {
            Key::Ecdsa(KeyKind::EcdsaP384, key)
        } else if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            Key::Ed25519(key)
        } else {
            Key::Rsa(RsaKeyPair::from_pkcs8(der).map_err(|_| CryptoError::BadKey)?)
        };
        Ok(Box::new(key))
    }
}

/// A private key that ring has parsed.
enum Key {
    Ecdsa(KeyKind, EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl SigningKey for Key {
    fn kind(&self) -> KeyKind {
        match self {
            Key::Ecdsa(kind, _) => *kind,
            Key::Ed25519(_) => KeyKind::Ed25519,
            Key::Rsa(_) => KeyKind::Rsa,
        }
    }

    fn public_key(&self) -> &[u8] {
        match self {
            Key::Ecdsa(_, key) => key.public_key().as_ref(),
            Key::Ed25519(key) => key.public_key().as_ref(),
            Key::Rsa(key) => key.public().as_ref(),
        }
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if !self.kind().schemes().contains(&scheme) {
            return Err(CryptoError::Unsupported);
        }
        match self {
            Key::Ecdsa(_, key) => {
                let signature = key.sign(&SystemRandom::new(), message).map_err(|_| CryptoError::Failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Key::Ed25519(key) => Ok(key.sign(message).as_ref().to_vec()),
            Key::Rsa(key) => {
                let padding = rsa_padding(scheme).ok_or(CryptoError::Unsupported)?;
                let mut signature = vec![0; key.public().modulus_len()];
                let signed = key.sign(padding, &SystemRandom::new(), message, &mut signature);
                signed.map(|()| signature).map_err(|_| CryptoError::Failed)
            }
        }
    }
}

/// Padding and hash of an RSA scheme.
fn rsa_padding(scheme: SignatureScheme) -> Option<&'static dyn RsaEncoding> {
    Some(match scheme {
        SignatureScheme::RSA_PKCS1_SHA256 => &signature::RSA_PKCS1_SHA256,
        SignatureScheme::RSA_PKCS1_SHA384 => &signature::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PKCS1_SHA512 => &signature::RSA_PKCS1_SHA512,
        SignatureScheme::RSA_PSS_RSAE_SHA256 => &signature::RSA_PSS_SHA256,
        SignatureScheme::RSA_PSS_RSAE_SHA384 => &signature::RSA_PSS_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA512 => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}

impl Verifying for Ring {
    fn verify(
        &self,
        scheme: SignatureScheme,
        kind: KeyKind,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let algorithm = verification(scheme, kind).ok_or(CryptoError::Unsupported)?;
        let key = UnparsedPublicKey::new(algorithm, public_key);
        key.verify(message, signature).map_err(|_| CryptoError::BadSignature)
    }
}

/// How a scheme is checked with a kind of key. In TLS 1.2 either curve goes with either hash (RFC 8422 §5.1.1).
fn verification(scheme: SignatureScheme, kind: KeyKind) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (kind, scheme) {
        (KeyKind::EcdsaP256, SignatureScheme::ECDSA_SECP256R1_SHA256) => &signature::ECDSA_P256_SHA256_ASN1,
        (KeyKind::EcdsaP256, SignatureScheme::ECDSA_SECP384R1_SHA384) => &signature::ECDSA_P256_SHA384_ASN1,
        (KeyKind::EcdsaP384, SignatureScheme::ECDSA_SECP256R1_SHA256) => &signature::ECDSA_P384_SHA256_ASN1,
        (KeyKind::EcdsaP384, SignatureScheme::ECDSA_SECP384R1_SHA384) => &signature::ECDSA_P384_SHA384_ASN1,
        (KeyKind::Ed25519, SignatureScheme::ED25519) => &signature::ED25519,
        (KeyKind::Rsa, SignatureScheme::RSA_PKCS1_SHA256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (KeyKind::Rsa, SignatureScheme::RSA_PKCS1_SHA384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (KeyKind::Rsa, SignatureScheme::RSA_PKCS1_SHA512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (KeyKind::Rsa, SignatureScheme::RSA_PSS_RSAE_SHA256) => &signature::RSA_PSS_2048_8192_SHA256,
        (KeyKind::Rsa, SignatureScheme::RSA_PSS_RSAE_SHA384) => &signature::RSA_PSS_2048_8192_SHA384,
        (KeyKind::Rsa, SignatureScheme::RSA_PSS_RSAE_SHA512) => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}
