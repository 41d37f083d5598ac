//! Hashes and HMAC: SHA-2 by ring, SHA-1 and MD5 by RustCrypto.

use alloc::boxed::Box;

use hmac::digest::Digest as _;
use hmac::{Hmac, Mac};
use ring::{digest, hmac as ring_hmac};

use crate::digest::Digest;
use crate::provider::{HashAlgorithm, Hasher, Hashing, MacKey, Macs};

/// Hashes and MACs.
pub(super) struct Ring;

impl Hashing for Ring {
    fn start(&self, algorithm: HashAlgorithm) -> Option<Box<dyn Hasher>> {
        Some(match sha2(algorithm) {
            Some(sha2) => Box::new(Sha2(digest::Context::new(sha2))),
            None if algorithm == HashAlgorithm::Sha1 => Box::new(RustCrypto(sha1::Sha1::new())),
            None => Box::new(RustCrypto(md5::Md5::new())),
        })
    }
}

/// ring's name for a member of the SHA-2 family.
fn sha2(algorithm: HashAlgorithm) -> Option<&'static digest::Algorithm> {
    match algorithm {
        HashAlgorithm::Sha256 => Some(&digest::SHA256),
        HashAlgorithm::Sha384 => Some(&digest::SHA384),
        HashAlgorithm::Sha512 => Some(&digest::SHA512),
        HashAlgorithm::Md5 | HashAlgorithm::Sha1 => None,
    }
}

/// A running SHA-2.
struct Sha2(digest::Context);

impl Hasher for Sha2 {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn so_far(&self) -> Digest {
        Digest::new(self.0.clone().finish().as_ref())
    }

    fn fork(&self) -> Box<dyn Hasher> {
        Box::new(Sha2(self.0.clone()))
    }
}

/// A running SHA-1 or MD5.
struct RustCrypto<H>(H);

impl<H: hmac::digest::Digest + Clone + Send + Sync + 'static> Hasher for RustCrypto<H> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn so_far(&self) -> Digest {
        Digest::new(&self.0.clone().finalize())
    }

    fn fork(&self) -> Box<dyn Hasher> {
        Box::new(RustCrypto(self.0.clone()))
    }
}

impl Macs for Ring {
    fn key(&self, algorithm: HashAlgorithm, key: &[u8]) -> Option<Box<dyn MacKey>> {
        let algorithm = match algorithm {
            HashAlgorithm::Md5 => return None,
            HashAlgorithm::Sha1 => return Some(Box::new(HmacSha1(Hmac::new_from_slice(key).ok()?))),
            HashAlgorithm::Sha256 => ring_hmac::HMAC_SHA256,
            HashAlgorithm::Sha384 => ring_hmac::HMAC_SHA384,
            HashAlgorithm::Sha512 => ring_hmac::HMAC_SHA512,
        };
        Some(Box::new(HmacSha2(ring_hmac::Key::new(algorithm, key))))
    }
}

/// Both padded blocks of the key are hashed already.
struct HmacSha2(ring_hmac::Key);

impl MacKey for HmacSha2 {
    fn sign(&self, parts: &[&[u8]]) -> Digest {
        let mut context = ring_hmac::Context::with_key(&self.0);
        parts.iter().for_each(|part| context.update(part));
        Digest::new(context.sign().as_ref())
    }
}

/// Both padded blocks of the key are hashed already: a MAC begins with a copy of the two states.
struct HmacSha1(Hmac<sha1::Sha1>);

impl MacKey for HmacSha1 {
    fn sign(&self, parts: &[&[u8]]) -> Digest {
        let mut mac = self.0.clone();
        parts.iter().for_each(|part| mac.update(part));
        Digest::new(&mac.finalize().into_bytes())
    }
}
