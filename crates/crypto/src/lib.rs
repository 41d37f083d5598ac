//! Cryptography as a value that you pass in.
//!
//! No other crate of Limpid imports a crypto library. Protocols name algorithms and call the traits of
//! [`provider`]; a [`Provider`] is one struct of statics that says who does the work. It is chosen once, by whoever
//! builds the connection, and handed down.
//!
//! ```
//! use limpid_crypto::{AeadAlgorithm, HashAlgorithm, null};
//!
//! let provider = null::provider(); // with the feature `ring`: `ring::provider()`
//!
//! let key = provider.mac.key(HashAlgorithm::Sha1, b"password").unwrap();
//! let tag = key.sign(&[b"header", b"body"]);
//! assert!(key.verify(&[b"headerbody"], &tag));
//!
//! let key = provider.aead.key(AeadAlgorithm::Aes128Gcm, &[7; 16]).unwrap();
//! let mut record = b"hello".to_vec();
//! let tag = key.seal(&[0; 12], b"header", &mut record);
//! record.extend_from_slice(&tag);
//! assert_eq!(key.open(&[0; 12], b"header", &mut record).as_deref(), Some(&b"hello"[..]));
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | name what WebRTC needs: hashes, MACs, AEADs, AES, key exchange, signatures | implement a primitive | choose a provider; [`null`] protects nothing |
//! | seal and open in place, without an allocation | number nonces | never repeat a nonce under one key |
//! | answer `None` or an error for what a provider lacks | panic (but where the operating system has no random bytes) | ask for another algorithm then |
//! | give every machine one seeded generator ([`Random`]) | read the operating system's randomness, except through a provider | seed real connections from `provider.random` |
//! | wipe [`Secret`]s, compare in constant time, print lengths only | wipe what libraries keep | keep key material in [`Secret`] |
//! | read keys from PKCS #8 DER | read PEM, SEC 1 or PKCS #1 files | convert them first |
//!
//! Features: `ring` adds the provider that the facade ships (needs a C compiler). Without it the crate is `no_std` with
//! `alloc`, and holds the traits and [`null`].
//!
//! | idea | file | source |
//! |---|---|---|
//! | the traits, algorithm names, code points | `provider.rs` | IANA TLS registries |
//! | ring and RustCrypto | `ring/` | |
//! | no security, no chance | `null.rs` | |
//! | what any provider must pass | `conformance.rs` | RFC 2202, 4231, 5869, 6979, 7714, 7748, 8032, 8439 |
//! | `a=fingerprint` | `fingerprint.rs` | RFC 8122 §5 |
//! | one secret in, many keys out | `hkdf.rs` | RFC 5869 |
//! | the seeded generator | `random.rs` | |
//! | wiped, compared in constant time, never printed | `secret.rs` | |
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod conformance;
mod digest;
mod fingerprint;
pub mod hkdf;
pub mod null;
pub mod provider;
mod random;
#[cfg(feature = "ring")]
pub mod ring;
pub mod secret;

pub use digest::Digest;
pub use fingerprint::{Fingerprint, FingerprintError};
pub use provider::*;
pub use random::Random;
pub use secret::Secret;
