//! Long-term credentials on the server's side, without state: a nonce carries its own age and the address it was made for,
//! under a MAC that only the server can make. RFC 8489 §9.2.4.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::Write;
use core::net::SocketAddr;
use core::time::Duration;

use limpid_crypto::{HashAlgorithm, MacKey, Provider};
use limpid_sansio::Instant;

use super::nonce::{COOKIE_LEN, Features, cookie, features};
use super::short_term::{Integrity, Keys};
use super::{Credentials, long_term_key};
use crate::attribute::{Attribute, AttributeType, MAX_TEXT_LEN};
use crate::builder::Builder;
use crate::error::Misuse;
use crate::error_code::ErrorCode;
use crate::message::{Class, Message};
use crate::password_algorithm::{PasswordAlgorithm, PasswordAlgorithms};

/// Bytes of a nonce's MAC that are sent.
const NONCE_MAC_LEN: usize = 16;

/// Asks clients who they are, and checks what they answer.
pub struct Challenger {
    provider: Provider,
    realm: String,
    nonce_key: Box<dyn MacKey>,
    /// How long a nonce is good for. Default one hour, the most that RFC 8656 §5 recommends.
    pub nonce_lifetime: Duration,
    /// Ways of making keys that are offered, best first. Default SHA-256, then MD5.
    pub algorithms: PasswordAlgorithms<'static>,
    /// Ask for USERHASH in place of USERNAME. Default no.
    pub anonymity: bool,
}

/// Who a request says that it is from.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Who<'a> {
    /// By name.
    Username(&'a str),
    /// By [`userhash`](super::userhash).
    UserHash(&'a [u8; 32]),
}

/// A request that proved itself: protect the response with it.
#[derive(Debug)]
pub struct Authorized {
    /// The account, as the server's list has it.
    pub credentials: Credentials,
    keys: Keys,
    integrity: Integrity,
}

impl Authorized {
    /// Protects a response and ends it. Returns its bytes.
    pub fn finish(&self, response: Builder<'_>) -> usize {
        self.keys.finish(response, self.integrity)
    }
}

impl Challenger {
    /// A server of `realm`, whose nonces are made with `secret`: 32 unpredictable bytes that are shared by nobody, or by
    /// all servers behind one address.
    pub fn new(provider: Provider, realm: &str, secret: [u8; 32]) -> Result<Self, Misuse> {
        if realm.is_empty() || realm.len() > MAX_TEXT_LEN {
            return Err(Misuse::BadLength);
        }
        Ok(Challenger {
            nonce_key: provider.mac.key(HashAlgorithm::Sha256, &secret).ok_or(Misuse::Unsupported)?,
            provider,
            realm: realm.into(),
            nonce_lifetime: Duration::from_secs(3600),
            algorithms: PasswordAlgorithms::SHA256_MD5,
            anonymity: false,
        })
    }

    /// Checks a request in the RFC's order. `account` finds credentials by name or hash. On an error answer with
    /// [`refuse`](Challenger::refuse).
    pub fn check(
        &self,
        now: Instant,
        from: SocketAddr,
        request: &Message<'_>,
        account: impl FnOnce(Who<'_>) -> Option<Credentials>,
    ) -> Result<Authorized, ErrorCode<'static>> {
        if !request.has_integrity() {
            return Err(ErrorCode::UNAUTHENTICATED);
        }
        let who = request.username().map(Who::Username).or(request.userhash().map(Who::UserHash));
        let (Some(who), Some(_), Some(nonce)) = (who, request.realm(), request.nonce()) else {
            return Err(ErrorCode::BAD_REQUEST);
        };
        let chosen = self.chosen_algorithm(request, nonce)?;
        let credentials = account(who).ok_or(ErrorCode::UNAUTHENTICATED)?;
        let hash = match chosen {
            Some(PasswordAlgorithm::SHA256) => HashAlgorithm::Sha256,
            _ => HashAlgorithm::Md5,
        };
        let keys = long_term_key(&self.provider, hash, &credentials, &self.realm)
            .and_then(|key| Keys::new(&self.provider, &key))
            .ok_or(ErrorCode::SERVER_ERROR)?;
        keys.verify(request).map_err(|_| ErrorCode::UNAUTHENTICATED)?;
        if !self.is_fresh(now, from, nonce) {
            return Err(ErrorCode::STALE_NONCE);
        }
        let integrity = if chosen.is_some() { Integrity::Sha256 } else { Integrity::Sha1 };
        Ok(Authorized { credentials, keys, integrity })
    }

    /// Writes the error response: with realm, a fresh nonce and the algorithms where the client shall try again (401, 438),
    /// bare otherwise. Returns its bytes.
    pub fn refuse(
        &self,
        now: Instant,
        from: SocketAddr,
        request: &Message<'_>,
        error: ErrorCode<'static>,
        out: &mut alloc::vec::Vec<u8>,
    ) -> usize {
        let builder = Builder::new(out, Class::Error, request.method(), request.transaction_id())
            .attribute(&Attribute::ErrorCode(error));
        if !matches!(error.code, 401 | 438) {
            return builder.finish();
        }
        builder
            .attribute(&Attribute::Realm(&self.realm))
            .attribute(&Attribute::Nonce(&self.nonce(now, from)))
            .attribute(&Attribute::PasswordAlgorithms(self.algorithms))
            .finish()
    }

    /// A nonce for this client: the cookie, the time in seconds, and a MAC over both and the client's address, so that no
    /// two addresses are given the same one.
    pub fn nonce(&self, now: Instant, from: SocketAddr) -> String {
        let second = (now.as_nanos() / 1_000_000_000) as u32;
        let mut features = Features::PASSWORD_ALGORITHMS;
        if self.anonymity {
            features = features.with(Features::USERNAME_ANONYMITY);
        }
        let cookie = cookie(features);
        let mac = self.nonce_mac(&cookie, second, from);
        let mut nonce: String = cookie.iter().map(|byte| char::from(*byte)).collect();
        for byte in second.to_be_bytes().iter().chain(&mac) {
            let _ = write!(nonce, "{byte:02x}");
        }
        nonce
    }

    fn is_fresh(&self, now: Instant, from: SocketAddr, nonce: &str) -> bool {
        let Some((cookie, hex)) = nonce.split_at_checked(COOKIE_LEN) else { return false };
        let Some(second) = hex.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok()) else {
            return false;
        };
        let made = Instant::from_millis(u64::from(second) * 1000);
        let age_is_good = made <= now && now.since(made) < self.nonce_lifetime;
        let mut expected = String::new();
        for byte in self.nonce_mac(cookie.as_bytes(), second, from) {
            let _ = write!(expected, "{byte:02x}");
        }
        age_is_good && limpid_crypto::secret::equal(expected.as_bytes(), &hex.as_bytes()[8..])
    }

    fn nonce_mac(&self, cookie: &[u8], second: u32, from: SocketAddr) -> [u8; NONCE_MAC_LEN] {
        let ip = match from.ip().to_canonical() {
            core::net::IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            core::net::IpAddr::V6(ip) => ip.octets(),
        };
        let mac = self.nonce_key.sign(&[cookie, &second.to_be_bytes(), &ip, &from.port().to_be_bytes()]);
        let mut short = [0; NONCE_MAC_LEN];
        let len = mac.len().min(NONCE_MAC_LEN);
        short[..len].copy_from_slice(&mac[..len]);
        short
    }

    /// PASSWORD-ALGORITHM of a request; `None`: an old client, MD5 (RFC 8489 §9.2.4).
    fn chosen_algorithm(
        &self,
        request: &Message<'_>,
        nonce: &str,
    ) -> Result<Option<PasswordAlgorithm<'static>>, ErrorCode<'static>> {
        let asked = features(nonce).is_some_and(|features| features.contains(Features::PASSWORD_ALGORITHMS));
        let there = |ty| request.attribute(ty).is_some();
        let neither = !there(AttributeType::PASSWORD_ALGORITHM) && !there(AttributeType::PASSWORD_ALGORITHMS);
        if !asked || neither {
            return Ok(None);
        }
        let list = request.password_algorithms().filter(|list| *list == self.algorithms);
        let choice = request.password_algorithm();
        let choice = list.and_then(|_| self.algorithms.iter().find(|offered| Some(*offered) == choice));
        choice.map(Some).ok_or(ErrorCode::BAD_REQUEST)
    }
}

impl core::fmt::Debug for Challenger {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Challenger({:?})", self.realm)
    }
}
