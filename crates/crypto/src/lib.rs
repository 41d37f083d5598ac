//! Cryptography as a value that you pass in.
#![no_std]
extern crate alloc;
#[cfg(any(test, feature = "ring"))]
extern crate std;

pub mod provider;
mod random;
pub mod secret;

pub use provider::*;
pub use random::Random;
pub use secret::Secret;
