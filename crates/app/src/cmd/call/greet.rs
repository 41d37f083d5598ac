//! The first message on the channel `call`, each way: who we are, and the proof that we hold the link. PROTOCOLS.md 11, 3.

use limpid_app::call::message::Message;
use limpid_app::call::words::{Ends, commitment};
use limpid_app::share::failure::Failure;
use limpid_app::share::message::{from_hex, to_hex};
use limpid_app::share::proof::{CALL, Greeting, Session, Side, VERSION};
use limpid_crypto::{HashAlgorithm, Provider};

use super::connection::Connection;

/// What we prove, and what the other side has to; nothing in a named room.
pub(crate) struct Greeter {
    provider: Provider,
    greeting: Option<Greeting>,
    side: Side,
    fingerprints: [[u8; 32]; 2],
    /// What the words are made of: ours, and what the other side's must match.
    our_number: [u8; 32],
    their_commit: Option<[u8; 32]>,
}

impl Greeter {
    /// Of a connection whose handshake is done: with the certificates that were really seen.
    pub(crate) fn new(
        connection: &Connection,
        our_nonce: [u8; 32],
        their_nonce: Option<[u8; 32]>,
    ) -> Result<Self, Failure> {
        let call = &connection.call;
        let ours = sha256(&call.provider, connection.pc.local_certificate());
        let theirs = sha256(&call.provider, connection.pc.remote_certificate());
        let (our_fingerprint, their_fingerprint) = ours.zip(theirs).ok_or(Failure::Fingerprint)?;
        let side = if connection.is_offerer { Side::Offerer } else { Side::Answerer };
        let greeting = match &call.auth {
            Some(auth) => {
                let session = Session {
                    protocol: CALL,
                    room: &call.room,
                    side,
                    our_nonce,
                    their_nonce: their_nonce.ok_or(Failure::PeerProtocol)?,
                    our_fingerprint,
                    their_fingerprint,
                };
                Some(Greeting::new(&call.provider, auth, &session))
            }
            None => None,
        };
        let mut our_number = [0; 32];
        call.provider.random.fill(&mut our_number);
        let fingerprints = [our_fingerprint, their_fingerprint];
        let provider = call.provider;
        Ok(Greeter { provider, greeting, side, fingerprints, our_number, their_commit: None })
    }

    /// Our greeting, with the proof in it, and bound to our number.
    pub(crate) fn say(&self, mut hello: Message) -> Message {
        if let Message::Hello { proof, commit, .. } = &mut hello {
            *proof = self.greeting.as_ref().map(Greeting::proof);
            *commit = Some(to_hex(&commitment(&self.provider, &self.our_number)));
        }
        hello
    }

    /// The other side is bound to its number: ours may be told. `None`: it knows no words.
    pub(crate) fn reveal(&mut self, commit: Option<&str>) -> Option<Message> {
        self.their_commit = commit.and_then(from_hex);
        self.their_commit.map(|_| Message::Reveal { number: to_hex(&self.our_number) })
    }

    /// The words, out of the other side's number, which is the one that it was bound to.
    pub(crate) fn words(&self, number: &str) -> Result<String, Failure> {
        let number: [u8; 32] = from_hex(number).ok_or(Failure::PeerProtocol)?;
        if self.their_commit != Some(commitment(&self.provider, &number)) {
            return Err(Failure::PeerProtocol);
        }
        let (side, fingerprints) = (self.side, self.fingerprints);
        Ok(Ends { side, fingerprints, numbers: [self.our_number, number] }.words(&self.provider))
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
        let provider = limpid_crypto::ring::provider();
        let of = |greeting, side, ours: u8, theirs: u8| Greeter {
            provider,
            greeting,
            side,
            fingerprints: [[ours; 32], [theirs; 32]],
            our_number: [ours; 32],
            their_commit: None,
        };
        let named = of(None, Side::Offerer, 1, 2);
        assert_eq!(named.check(&[1, 7], None), Ok(()));
        assert_eq!(named.check(&[1], Some("nonsense")), Ok(()));
        assert_eq!(named.check(&[2], None), Err(Failure::Version));

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
            let greeting = Greeting::new(&provider, &Secret::copy_of(&[7; 32]), &session);
            of(Some(greeting), side, ours, theirs)
        };
        let (mut a, mut b) = (greeter(Side::Offerer, 1, 2), greeter(Side::Answerer, 2, 1));
        let hello = Message::parse(r#"{"m":"hello","v":[1]}"#).unwrap().unwrap();
        let Message::Hello { proof, .. } = b.say(hello) else { panic!("a greeting stays one") };
        assert_eq!(a.check(&[1], proof.as_deref()), Ok(()));
        assert_eq!(b.check(&[1], proof.as_deref()), Err(Failure::BadProof));
        assert_eq!(a.check(&[1], None), Err(Failure::BadProof));
        assert_eq!(a.check(&[2], Some(&"00".repeat(32))), Err(Failure::BadProof));
        assert_eq!(a.check(&[2], proof.as_deref()), Err(Failure::Version));

        // The words of both, once each is bound to its number and not before.
        let bound = |it: &Greeter| match it.say(Message::parse(r#"{"m":"hello","v":[1]}"#).unwrap().unwrap())
        {
            Message::Hello { commit, .. } => commit,
            _ => None,
        };
        let told = |it: &mut Greeter, commit: Option<String>| match it.reveal(commit.as_deref()) {
            Some(Message::Reveal { number }) => number,
            other => panic!("{other:?}"),
        };
        let (from_a, from_b) = (bound(&a), bound(&b));
        assert_eq!(a.words(&"02".repeat(32)), Err(Failure::PeerProtocol));
        let (b_number, a_number) = (told(&mut b, from_a), told(&mut a, from_b));
        let words = a.words(&b_number).unwrap();
        assert_eq!(b.words(&a_number).as_ref(), Ok(&words));
        assert_eq!(a.words(&a_number), Err(Failure::PeerProtocol));
        assert!(a.reveal(None).is_none());
    }
}
