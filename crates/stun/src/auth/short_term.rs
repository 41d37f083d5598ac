//! Short-term credentials on the server's side, and the pair of keys that either side keeps. RFC 8489 §9.1.

use alloc::boxed::Box;

use limpid_crypto::{HashAlgorithm, MacKey, Provider};

use crate::attribute::AttributeType;
use crate::builder::Builder;
use crate::error::IntegrityError;
use crate::error_code::ErrorCode;
use crate::message::{Class, Message};

/// Which integrity attribute protects a message.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Integrity {
    /// MESSAGE-INTEGRITY.
    Sha1,
    /// MESSAGE-INTEGRITY-SHA256.
    Sha256,
}

/// One secret, prepared for both kinds of integrity.
pub struct Keys {
    sha1: Box<dyn MacKey>,
    sha256: Box<dyn MacKey>,
}

impl Keys {
    /// Prepares the HMAC states. `None`: the provider lacks HMAC-SHA1 or HMAC-SHA256.
    pub fn new(provider: &Provider, secret: &[u8]) -> Option<Self> {
        let key = |algorithm| provider.mac.key(algorithm, secret);
        Some(Keys { sha1: key(HashAlgorithm::Sha1)?, sha256: key(HashAlgorithm::Sha256)? })
    }

    /// Checks the stronger of the integrity attributes that are there, and says which it was.
    pub fn verify(&self, message: &Message<'_>) -> Result<Integrity, IntegrityError> {
        match message.verify_integrity_sha256(&*self.sha256) {
            Err(IntegrityError::Missing) => message.verify_integrity(&*self.sha1).map(|()| Integrity::Sha1),
            checked => checked.map(|()| Integrity::Sha256),
        }
    }

    /// Adds one integrity attribute and ends the message. Returns its bytes.
    pub fn finish(&self, builder: Builder<'_>, integrity: Integrity) -> usize {
        match integrity {
            Integrity::Sha1 => builder.integrity(&*self.sha1).finish(),
            Integrity::Sha256 => builder.integrity_sha256(&*self.sha256).finish(),
        }
    }

    /// The same with FINGERPRINT.
    pub fn finish_with_fingerprint(&self, builder: Builder<'_>, integrity: Integrity) -> usize {
        match integrity {
            Integrity::Sha1 => builder.integrity(&*self.sha1).fingerprint(),
            Integrity::Sha256 => builder.integrity_sha256(&*self.sha256).fingerprint(),
        }
    }

    /// Adds both integrity attributes and ends the message: the first request to a peer of which nothing is known
    /// (RFC 8489 §9.1.2). ICE knows, and sends MESSAGE-INTEGRITY alone.
    pub fn finish_both(&self, builder: Builder<'_>) -> usize {
        builder.integrity(&*self.sha1).integrity_sha256(&*self.sha256).finish()
    }
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Keys")
    }
}

/// What to do with a message that did not prove itself.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// An indication: no answer.
    Discard,
    /// A request: answer with this error, without USERNAME and without integrity.
    Answer(ErrorCode<'static>),
}

/// Checks a request or an indication in the RFC's order (RFC 8489 §9.1.3). `keys` finds the keys of a username that is
/// valid now. A response to it carries the one kind of integrity that is returned, and no USERNAME.
pub fn check<'k>(
    message: &Message<'_>,
    keys: impl FnOnce(&str) -> Option<&'k Keys>,
) -> Result<(Integrity, &'k Keys), Refused> {
    let refuse = |error| match message.class() {
        Class::Request => Refused::Answer(error),
        _ => Refused::Discard,
    };
    if !message.has_integrity() || message.attribute(AttributeType::USERNAME).is_none() {
        return Err(refuse(ErrorCode::BAD_REQUEST));
    }
    let keys = message.username().and_then(keys).ok_or(refuse(ErrorCode::UNAUTHENTICATED))?;
    match keys.verify(message) {
        Ok(integrity) => Ok((integrity, keys)),
        Err(_) => Err(refuse(ErrorCode::UNAUTHENTICATED)),
    }
}
