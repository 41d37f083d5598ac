//! The first message on the channel `call`, each way: who we are, and the proof that we hold the link. PROTOCOLS.md 11, 3.

use limpid_app::call::message::Message;
use limpid_app::share::failure::Failure;
use limpid_app::share::proof::{CALL, Greeting, Session, Side, VERSION};
use limpid_crypto::{HashAlgorithm, Provider};

use super::connection::Connection;

/// What we prove, and what the other side has to; nothing in a named room.
#[derive(Debug)]
pub(crate) struct Greeter {
    greeting: Option<Greeting>,
}

impl Greeter {
    /// Of a connection whose handshake is done: with the certificates that were really seen.
    pub(crate) fn new(
        connection: &Connection,
        our_nonce: [u8; 32],
        their_nonce: Option<[u8; 32]>,
    ) -> Result<Self, Failure> {
        let call = &connection.call;
        let Some(auth) = &call.auth else { return Ok(Greeter { greeting: None }) };
        let ours = sha256(&call.provider, connection.pc.local_certificate());
        let theirs = sha256(&call.provider, connection.pc.remote_certificate());
        let (our_fingerprint, their_fingerprint) = ours.zip(theirs).ok_or(Failure::Fingerprint)?;
        let session = Session {
            protocol: CALL,
            room: &call.room,
            side: if connection.is_offerer { Side::Offerer } else { Side::Answerer },
            our_nonce,
            their_nonce: their_nonce.ok_or(Failure::PeerProtocol)?,
            our_fingerprint,
            their_fingerprint,
        };
        Ok(Greeter { greeting: Some(Greeting::new(&call.provider, auth, &session)) })
    }

    /// Our greeting, with the proof in it.
    pub(crate) fn say(&self, mut hello: Message) -> Message {
        if let Message::Hello { proof, .. } = &mut hello {
            *proof = self.greeting.as_ref().map(Greeting::proof);
        }
        hello
    }

    /// Checks the other side's; versions after the proof.
    pub(crate) fn check(&self, v: &[u32], proof: Option<&str>) -> Result<(), Failure> {
        if let Some(greeting) = &self.greeting {
            greeting.check(proof.ok_or(Failure::BadProof)?)?;
        }
        if v.contains(&VERSION) { Ok(()) } else { Err(Failure::Version) }
    }
}

fn sha256(provider: &Provider, der: Option<Vec<u8>>) -> Option<[u8; 32]> {
    let digest = provider.hash.digest(HashAlgorithm::Sha256, &[&der?])?;
    (*digest).try_into().ok()
}

#[cfg(test)]
mod tests {
    use limpid_crypto::Secret;

    use super::*;

    #[test]
    fn without_a_secret_nothing_is_proved_and_with_one_everything() {
        let named = Greeter { greeting: None };
        assert_eq!(named.check(&[1, 7], None), Ok(()));
        assert_eq!(named.check(&[1], Some("nonsense")), Ok(()));
        assert_eq!(named.check(&[2], None), Err(Failure::Version));

        let provider = limpid_crypto::ring::provider();
        let greeter = |side, ours, theirs| {
            let session = Session {
                protocol: CALL,
                room: "room",
                side,
                our_nonce: [ours; 32],
                their_nonce: [theirs; 32],
                our_fingerprint: [ours; 32],
                their_fingerprint: [theirs; 32],
            };
            Greeter { greeting: Some(Greeting::new(&provider, &Secret::copy_of(&[7; 32]), &session)) }
        };
        let (a, b) = (greeter(Side::Offerer, 1, 2), greeter(Side::Answerer, 2, 1));
        let hello = Message::parse(r#"{"m":"hello","v":[1]}"#).unwrap().unwrap();
        let Message::Hello { proof, .. } = b.say(hello) else { panic!("a greeting stays one") };
        assert_eq!(a.check(&[1], proof.as_deref()), Ok(()));
        assert_eq!(b.check(&[1], proof.as_deref()), Err(Failure::BadProof));
        assert_eq!(a.check(&[1], None), Err(Failure::BadProof));
        assert_eq!(a.check(&[2], Some(&"00".repeat(32))), Err(Failure::BadProof));
        assert_eq!(a.check(&[2], proof.as_deref()), Err(Failure::Version));
    }
}
