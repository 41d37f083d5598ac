//! The transcript: all handshake messages as they count for Finished, signatures and the master secret (RFC 5246 §7.4.9,
//! RFC 7627 §3). Each with its header as if it had gone out in one fragment (RFC 6347 §4.2.6).
//!
//! Its hash runs along from the moment that the suite names one. The bytes are kept as well until the client's
//! CertificateVerify has been made or checked: signatures take a message, not a hash, in most crypto libraries.

use limpid_crypto::{Digest, HashAlgorithm, Hasher, Provider};

use crate::error::Error;

/// All messages so far.
#[derive(Default)]
pub struct Transcript {
    messages: Vec<u8>,
    hasher: Option<Box<dyn Hasher>>,
    forgotten: bool,
}

impl core::fmt::Debug for Transcript {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Transcript({} bytes)", self.messages.len())
    }
}

impl Transcript {
    /// Appends one message, header and body.
    pub fn add(&mut self, raw: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(raw);
        }
        if !self.forgotten {
            self.messages.extend_from_slice(raw);
        }
    }

    /// Begins anew: a HelloVerifyRequest and the hello that it answers do not count (RFC 6347 §4.2.6).
    pub fn restart(&mut self) {
        *self = Transcript::default();
    }

    /// The suite is known, and with it the hash.
    pub fn choose(&mut self, provider: &Provider, algorithm: HashAlgorithm) -> Result<(), Error> {
        let hasher = provider.hash.start(algorithm).ok_or(limpid_crypto::CryptoError::Unsupported)?;
        self.hasher.insert(hasher).update(&self.messages);
        Ok(())
    }

    /// The hash of all messages so far; of none before the hash is chosen.
    pub fn hash(&self) -> Digest {
        self.hasher.as_ref().map_or(Digest::new(&[]), |hasher| hasher.so_far())
    }

    /// All messages so far, for a signature.
    pub fn messages(&self) -> &[u8] {
        &self.messages
    }

    /// No signature will cover it any more: only the hash goes on.
    pub fn forget_messages(&mut self) {
        self.messages = Vec::new();
        self.forgotten = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 6347-4.2.6-a
    #[test]
    fn the_hash_is_that_of_all_messages_whenever_it_was_chosen() {
        let provider = limpid_crypto::ring::provider();
        let mut transcript = Transcript::default();
        transcript.add(b"first hello");
        transcript.restart();
        transcript.add(b"one");
        transcript.choose(&provider, HashAlgorithm::Sha384).unwrap();
        transcript.add(b"two");
        assert_eq!(transcript.messages(), b"onetwo");
        transcript.forget_messages();
        transcript.add(b"three");
        let expected = provider.hash.digest(HashAlgorithm::Sha384, &[b"onetwothree"]).unwrap();
        assert_eq!(transcript.hash(), expected);
        assert!(transcript.messages().is_empty());
    }
}
