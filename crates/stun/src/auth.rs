//! Credentials. Short-term ones are agreed elsewhere (ICE's ufrag and password); long-term ones are an account's username
//! and password, proved upon a challenge. RFC 8489 §9.
//!
//! | mechanism | side | where |
//! |---|---|---|
//! | short-term | key | [`short_term_key`], [`short_term_key_sha256`] |
//! | short-term | server | [`short_term::check`] |
//! | long-term | key | [`long_term_key`] |
//! | long-term | client | [`long_term::LongTerm`] |
//! | long-term | server | [`challenge::Challenger`] |
//! | long-term | nonce cookie | [`nonce`] |

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use limpid_crypto::{Digest, HashAlgorithm, MacKey, Provider, Secret};

use crate::attribute::MAX_TEXT_LEN;
use crate::error::Misuse;

pub mod challenge;
pub mod long_term;
pub mod nonce;
pub mod short_term;

/// The key for MESSAGE-INTEGRITY from a short-term password (RFC 8489 §9.1.1). Keep it: its HMAC states are prepared once.
///
/// The password is taken as it is; one that is not ASCII must have gone through OpaqueString (RFC 8265) before. `None`:
/// the provider has no HMAC-SHA1.
pub fn short_term_key(provider: &Provider, password: &str) -> Option<Box<dyn MacKey>> {
    provider.mac.key(HashAlgorithm::Sha1, password.as_bytes())
}

/// The same for MESSAGE-INTEGRITY-SHA256.
pub fn short_term_key_sha256(provider: &Provider, password: &str) -> Option<Box<dyn MacKey>> {
    provider.mac.key(HashAlgorithm::Sha256, password.as_bytes())
}

/// Who a client is to a server: a username and a password.
#[derive(Clone)]
pub struct Credentials {
    username: String,
    password: Secret,
}

impl Credentials {
    /// Both must have gone through OpaqueString (RFC 8265); ASCII without control characters has. The username has 1 to
    /// 508 bytes.
    pub fn new(username: &str, password: &str) -> Result<Self, Misuse> {
        if username.is_empty() || username.len() > MAX_TEXT_LEN {
            return Err(Misuse::BadLength);
        }
        Ok(Credentials { username: username.into(), password: Secret::copy_of(password.as_bytes()) })
    }

    /// The username.
    pub fn username(&self) -> &str {
        &self.username
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({:?})", self.username)
    }
}

/// The long-term key: the hash (MD5 or SHA-256) of `username:realm:password`. RFC 8489 §9.2.2, §18.5.1.
///
/// Quotes around the realm and NULs behind any of the three do not count. `None`: the provider has no such hash.
pub fn long_term_key(
    provider: &Provider,
    algorithm: HashAlgorithm,
    credentials: &Credentials,
    realm: &str,
) -> Option<Secret> {
    let username = bare(credentials.username.as_bytes());
    let password = trim_nuls(&credentials.password);
    let parts = [username, b":", bare(realm.as_bytes()), b":", password];
    let digest = provider.hash.digest(algorithm, &parts)?;
    Some(Secret::copy_of(&digest))
}

/// USERHASH: SHA-256 of `username:realm`. RFC 8489 §14.4.
pub fn userhash(provider: &Provider, username: &str, realm: &str) -> Option<Digest> {
    let parts = [username.as_bytes(), b":", bare(realm.as_bytes())];
    provider.hash.digest(HashAlgorithm::Sha256, &parts)
}

/// Without trailing NULs and surrounding quotes.
fn bare(text: &[u8]) -> &[u8] {
    let text = trim_nuls(text);
    text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text)
}

fn trim_nuls(mut text: &[u8]) -> &[u8] {
    while let [front @ .., 0] = text {
        text = front;
    }
    text
}
