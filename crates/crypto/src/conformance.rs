//! What any provider must pass: official vectors, and laws on random inputs.
//!
//! [`check`] panics with the rule or vector that a provider breaks, and returns what it could not try because the
//! provider does not offer it. [`check_laws`] is the part that needs no real cryptography: the
//! [`null`](crate::null) provider passes it too.
//!
//! What the traits of a provider cannot be fed, and why that is accepted:
//!
//! | official vectors | why they cannot be fed in | what stands in for them |
//! |---|---|---|
//! | X25519 of RFC 7748 §5.2, §6.1 | ephemeral private keys are made inside and never seen | both sides agree; low-order shares are refused; handshakes with other implementations |
//! | ECDH on P-256 and P-384 | the same | the same; points off the curve are refused |
//! | making the signatures of RFC 6979 | nonces of ECDSA are chosen inside | they verify; ours verify; OpenSSL's verify |
//! | RSA-PSS signatures | the salt is chosen inside | OpenSSL's verify; ours verify |
//!
//! Signatures under `openssl` were made by OpenSSL 3.0 with the keys beside them, over the message `sample`; those keys
//! protect nothing.

mod laws;
mod official;
mod vectors;

use alloc::string::String;
use alloc::vec::Vec;

use crate::provider::Provider;

pub use laws::check_laws;
pub use official::check_vectors;

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Vectors and laws that held.
    pub held: usize,
    /// What the provider does not offer, so that nothing could be tried.
    pub not_offered: Vec<String>,
}

impl Report {
    /// Counts one that held.
    fn held(&mut self) {
        self.held += 1;
    }

    /// Remembers what is not offered, once.
    fn not_offered(&mut self, what: String) {
        if !self.not_offered.contains(&what) {
            self.not_offered.push(what);
        }
    }
}

/// Puts a provider through everything. Panics with the first rule or vector that it breaks.
pub fn check(provider: &Provider) -> Report {
    let mut report = check_laws(provider);
    let vectors = check_vectors(provider);
    report.held += vectors.held;
    vectors.not_offered.into_iter().for_each(|what| report.not_offered(what));
    report
}

/// Bytes from hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
    digits.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
