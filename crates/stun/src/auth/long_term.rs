//! Long-term credentials on the client's side: take a challenge, answer it, and see through attempts to weaken it.
//! RFC 8489 §9.2.3, §9.2.5.

use alloc::string::String;
use alloc::vec::Vec;

use limpid_crypto::{Digest, HashAlgorithm, Provider};

use super::nonce::{self, Features};
use super::short_term::{Integrity, Keys};
use super::{Credentials, long_term_key, userhash};
use crate::attribute::{Attribute, MAX_TEXT_LEN};
use crate::builder::Builder;
use crate::message::{Class, Message};
use crate::password_algorithm::{PasswordAlgorithm, PasswordAlgorithms};

/// So many stale nonces in a row are enough: RFC 8489 §9.2.5 asks to retry always, and a server that says 438 for ever
/// would keep us busy for ever.
const MAX_STALE: u32 = 4;

/// What a response means for the authentication.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Authentic, or not in need of it: go on with what the method says.
    Accepted,
    /// A challenge that can be answered: send the request again, as a new transaction.
    Retry,
    /// As if it had never come; retransmissions go on. `integrity` tells whether a missing or wrong MAC is the cause, which
    /// is then what the transaction fails of if nothing better comes (RFC 8489 §9.2.5).
    Discard {
        /// The MAC is missing or wrong.
        integrity: bool,
    },
    /// The transaction has failed.
    Failed(Refusal),
}

/// Why a challenge can not be answered.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// The server knows no such user or password: the same would only be refused again.
    WrongCredentials,
    /// The nonce promises PASSWORD-ALGORITHMS and there is none: someone took it out.
    BidDown,
    /// The server lists no way of making keys that we know.
    NoCommonAlgorithm,
    /// A challenge without realm or nonce, or with one that is not legal.
    BadChallenge,
    /// The server called every nonce stale.
    AlwaysStale,
    /// The crypto provider lacks a hash or MAC.
    Unsupported,
}

/// A client's account at one server, and what the server has told so far.
#[derive(Debug)]
pub struct LongTerm {
    provider: Provider,
    credentials: Credentials,
    session: Option<Session>,
    stale: u32,
}

/// What the last challenge said, and the keys made of it.
#[derive(Debug)]
struct Session {
    realm: String,
    nonce: String,
    /// PASSWORD-ALGORITHMS as it came, and our choice.
    algorithms: Option<(Vec<u8>, PasswordAlgorithm<'static>)>,
    userhash: Option<Digest>,
    keys: Keys,
}

impl LongTerm {
    /// Nothing is sent of it before the server asks (RFC 8489 §9.2.3.1).
    pub fn new(provider: Provider, credentials: Credentials) -> Self {
        LongTerm { provider, credentials, session: None, stale: 0 }
    }

    /// Whether a challenge was taken, so that requests are protected from now on.
    pub fn is_challenged(&self) -> bool {
        self.session.is_some()
    }

    /// Adds what the last challenge asks for, protects the request and ends it. Returns its bytes.
    pub fn finish(&self, builder: Builder<'_>) -> usize {
        let Some(session) = &self.session else { return builder.finish() };
        let builder = match session.userhash.as_deref().and_then(|hash| hash.first_chunk()) {
            Some(hash) => builder.attribute(&Attribute::UserHash(hash)),
            None => builder.attribute(&Attribute::Username(self.credentials.username())),
        };
        let mut builder =
            builder.attribute(&Attribute::Realm(&session.realm)).attribute(&Attribute::Nonce(&session.nonce));
        if let Some((list, choice)) = &session.algorithms {
            let list = PasswordAlgorithms::from_wire(list).ok().map(Attribute::PasswordAlgorithms);
            builder = builder.maybe(list).attribute(&Attribute::PasswordAlgorithm(*choice));
        }
        session.keys.finish(builder, session.integrity())
    }

    /// Judges a response to a request that [`finish`](LongTerm::finish) ended.
    pub fn handle_response(&mut self, response: &Message<'_>) -> Verdict {
        let code = match response.class() {
            Class::Error => response.error_code().map(|error| error.code),
            _ => None,
        };
        let bid_down =
            promises(response, Features::PASSWORD_ALGORITHMS) && response.password_algorithms().is_none();
        match code {
            Some(401 | 438) if bid_down => Verdict::Failed(Refusal::BidDown),
            Some(401) => self.take_challenge(response, false),
            Some(438) => self.take_challenge(response, true),
            _ if bid_down => Verdict::Discard { integrity: false },
            Some(400) if !response.has_integrity() => Verdict::Discard { integrity: false },
            _ => self.check_integrity(response),
        }
    }

    fn check_integrity(&mut self, response: &Message<'_>) -> Verdict {
        let authentic = match &self.session {
            None => true,
            Some(session) => session.keys.verify(response) == Ok(session.integrity()),
        };
        if !authentic {
            return Verdict::Discard { integrity: true };
        }
        self.stale = 0;
        Verdict::Accepted
    }

    fn take_challenge(&mut self, response: &Message<'_>, stale: bool) -> Verdict {
        let known_realm = self.session.as_ref().map(|session| session.realm.as_str());
        if !stale && known_realm.is_some() && response.realm() == known_realm {
            return Verdict::Failed(Refusal::WrongCredentials);
        }
        self.stale = if stale { self.stale + 1 } else { 0 };
        if self.stale > MAX_STALE {
            return Verdict::Failed(Refusal::AlwaysStale);
        }
        let realm = response.realm().or(known_realm.filter(|_| stale));
        match self.session_for(realm, response) {
            Ok(session) => {
                self.session = Some(session);
                Verdict::Retry
            }
            Err(refusal) => Verdict::Failed(refusal),
        }
    }

    fn session_for(&self, realm: Option<&str>, response: &Message<'_>) -> Result<Session, Refusal> {
        let legal = |text: &&str| text.len() <= MAX_TEXT_LEN;
        let realm = realm.filter(legal).ok_or(Refusal::BadChallenge)?;
        let nonce = response.nonce().filter(legal).ok_or(Refusal::BadChallenge)?;
        let algorithms = match response.password_algorithms() {
            None => None,
            Some(list) => {
                let choice = list.iter().find_map(known_algorithm).ok_or(Refusal::NoCommonAlgorithm)?;
                Some((list.as_wire().to_vec(), choice))
            }
        };
        let hash = match algorithms {
            Some((_, PasswordAlgorithm::SHA256)) => HashAlgorithm::Sha256,
            _ => HashAlgorithm::Md5,
        };
        let key =
            long_term_key(&self.provider, hash, &self.credentials, realm).ok_or(Refusal::Unsupported)?;
        let keys = Keys::new(&self.provider, &key).ok_or(Refusal::Unsupported)?;
        let anonymous = promises(response, Features::USERNAME_ANONYMITY);
        let userhash = match anonymous {
            true => Some(
                userhash(&self.provider, self.credentials.username(), realm).ok_or(Refusal::Unsupported)?,
            ),
            false => None,
        };
        Ok(Session { realm: realm.into(), nonce: nonce.into(), algorithms, userhash, keys })
    }
}

impl Session {
    /// A server that lists algorithms knows RFC 8489 and gets SHA-256 alone; an older one would choke on it.
    fn integrity(&self) -> Integrity {
        if self.algorithms.is_some() { Integrity::Sha256 } else { Integrity::Sha1 }
    }
}

fn known_algorithm(algorithm: PasswordAlgorithm<'_>) -> Option<PasswordAlgorithm<'static>> {
    [PasswordAlgorithm::MD5, PasswordAlgorithm::SHA256].into_iter().find(|known| *known == algorithm)
}

fn promises(response: &Message<'_>, feature: Features) -> bool {
    response.nonce().and_then(nonce::features).is_some_and(|features| features.contains(feature))
}
