//! The provider that the facade ships: ring, and RustCrypto for what ring lacks or is slow at.
//!
//! | primitive | by | why |
//! |---|---|---|
//! | SHA-2, HMAC-SHA-2, AES-GCM, ChaCha20-Poly1305, X25519, P-256, P-384, ECDSA, Ed25519, RSA | ring | assembly for every common processor |
//! | SHA-1 and HMAC-SHA-1 | `sha1`, `hmac` | uses the processor's SHA extensions; ring's legacy SHA-1 is portable code |
//! | AES in counter mode, single blocks | `aes`, `ctr` | ring keeps its own private |
//! | MD5 | `md-5` | ring has none |
//!
//! What ring's interface cannot take, and what that means here:
//!
//! - **No RSA keys are made.** [`Signing::generate`](crate::Signing::generate) answers `None` for [`KeyKind::Rsa`](crate::KeyKind);
//!   loaded RSA keys of 2048 to 4096 bits sign, and signatures by keys up to 8192 bits verify.
//! - **An ephemeral private key is used up** by its one agreement, and cannot be chosen: the X25519 vectors of RFC 7748
//!   cannot be fed in.
//! - **ECDSA nonces are random**, so that the signatures of RFC 6979 verify but cannot be made again. P-256 signs with
//!   SHA-256 and P-384 with SHA-384 only; all four pairs with SHA-256 and SHA-384 verify.
//! - **Keys load from PKCS #8** with the public key inside (as OpenSSL writes it for ECDSA); SEC 1 and PKCS #1 files are
//!   wrapped by whoever reads files.
//! - **Memory**: prepared keys live in memory that ring and RustCrypto own and do not wipe, but for what passes through
//!   a [`Secret`](crate::Secret).

mod aead;
mod cipher;
mod hash;
mod key_exchange;
mod signature;

use ring::rand::{SecureRandom, SystemRandom};

use crate::provider::{Provider, Randomness};

/// ring and RustCrypto.
pub fn provider() -> Provider {
    Provider {
        name: "ring",
        hash: &hash::Ring,
        mac: &hash::Ring,
        aead: &aead::Ring,
        cipher: &cipher::RustCrypto,
        key_exchange: &key_exchange::Ring,
        sign: &signature::Ring,
        verify: &signature::Ring,
        random: &System,
    }
}

/// The operating system's generator.
struct System;

impl Randomness for System {
    fn fill(&self, out: &mut [u8]) {
        // invariant: the operating system has random bytes; a connection without them must not come to life.
        SystemRandom::new().fill(out).expect("the operating system has random bytes");
    }
}
