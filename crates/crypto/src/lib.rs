//! Cryptography as a value that you pass in.
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod fingerprint;
pub mod hkdf;
pub mod null;
pub mod provider;
mod random;
#[cfg(feature = "ring")]
pub mod ring;
pub mod secret;

pub use fingerprint::{Fingerprint, FingerprintError};
pub use provider::*;
pub use random::Random;
pub use secret::Secret;
