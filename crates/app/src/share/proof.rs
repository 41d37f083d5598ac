//! The proof that both ends hold the link: an HMAC over both nonces and both certificates. PROTOCOLS.md 3.
//!
//! DTLS alone proves that the peer holds the key of a certificate; the signalling server said which. A server that
//! answers with certificates of its own on both sides fails here, since it does not hold the link.

use limpid_crypto::{Digest, Fingerprint, HashAlgorithm, Provider, Secret, secret};

use crate::share::failure::Failure;
use crate::share::message::{Control, from_hex, to_hex};

/// The version that we speak.
pub const VERSION: u32 = 1;
/// A connection that carries files.
pub const SHARE: &str = "limpid-share/1";
/// A connection between two members of a call.
pub const CALL: &str = "limpid-call/1";

/// Who made the offer. The two sides prove different things, so that a proof can not be sent back.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Side {
    /// Made it.
    Offerer,
    /// Answered it.
    Answerer,
}

impl Side {
    const fn label(self) -> &'static [u8] {
        match self {
            Side::Offerer => b"offerer",
            Side::Answerer => b"answerer",
        }
    }

    const fn other(self) -> Self {
        match self {
            Side::Offerer => Side::Answerer,
            Side::Answerer => Side::Offerer,
        }
    }
}

/// What both sides see of a connection, from this side.
#[derive(Clone, Debug)]
pub struct Session<'a> {
    /// What the connection is for: [`SHARE`] or [`CALL`].
    pub protocol: &'a str,
    /// The room's name.
    pub room: &'a str,
    /// Which side we are.
    pub side: Side,
    /// 32 random bytes that went with our description.
    pub our_nonce: [u8; 32],
    /// 32 bytes that came with the other side's.
    pub their_nonce: [u8; 32],
    /// SHA-256 of our certificate.
    pub our_fingerprint: [u8; 32],
    /// SHA-256 of the certificate that was really seen in the handshake.
    pub their_fingerprint: [u8; 32],
}

/// The first exchange on the control channel. Nothing else is sent or taken before it is [`Greeting::hear`]d.
#[derive(Debug)]
pub struct Greeting {
    ours: Digest,
    theirs: Digest,
}

impl Greeting {
    /// Computes both proofs.
    pub fn new(provider: &Provider, auth: &Secret, session: &Session<'_>) -> Self {
        let swap = session.side == Side::Answerer;
        let order = |ours, theirs| if swap { [theirs, ours] } else { [ours, theirs] };
        let [nonce_offerer, nonce_answerer] = order(&session.our_nonce, &session.their_nonce);
        let [fp_offerer, fp_answerer] = order(&session.our_fingerprint, &session.their_fingerprint);
        let parts: [&[u8]; 6] = [
            session.protocol.as_bytes(),
            session.room.as_bytes(),
            nonce_offerer,
            nonce_answerer,
            fp_offerer,
            fp_answerer,
        ];
        let transcript = provider.hash.digest(HashAlgorithm::Sha256, &parts);
        let key = provider.mac.key(HashAlgorithm::Sha256, auth);
        // invariant: every shipped provider has SHA-256 and HMAC over it.
        let (transcript, key) = transcript.zip(key).expect("SHA-256");
        let prove = |side: Side| key.sign(&[side.label(), &transcript]);
        Greeting { ours: prove(session.side), theirs: prove(session.side.other()) }
    }

    /// Our proof, in hex.
    pub fn proof(&self) -> String {
        to_hex(&self.ours)
    }

    /// Checks the other side's, in constant time.
    pub fn check(&self, proof: &str) -> Result<(), Failure> {
        let proof: [u8; 32] = from_hex(proof).ok_or(Failure::PeerProtocol)?;
        if secret::equal(&self.theirs, &proof) { Ok(()) } else { Err(Failure::BadProof) }
    }

    /// Our first message in a share.
    pub fn say(&self) -> String {
        Control::Hello { v: vec![VERSION], proof: self.proof() }.to_text()
    }

    /// Checks the other side's first message in a share.
    pub fn hear(&self, text: &str) -> Result<(), Failure> {
        let Ok(Some(Control::Hello { v, proof })) = Control::parse(text) else {
            return Err(Failure::PeerProtocol);
        };
        self.check(&proof)?;
        // After the proof: a stranger's version is of no interest.
        if v.contains(&VERSION) { Ok(()) } else { Err(Failure::Version) }
    }
}

/// The one SHA-256 fingerprint of a description: none, or two that differ, is refused.
pub fn sha256_of_description(sdp: &str) -> Option<[u8; 32]> {
    let mut found = None;
    for line in sdp.lines() {
        let Some(text) = line.strip_prefix("a=fingerprint:") else { continue };
        let Ok(fingerprint) = Fingerprint::parse(text) else { continue };
        if fingerprint.algorithm != HashAlgorithm::Sha256 {
            continue;
        }
        let digest: [u8; 32] = (*fingerprint.digest).try_into().ok()?;
        if found.is_some_and(|found| found != digest) {
            return None;
        }
        found = Some(digest);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::vectors;
    use limpid_crypto::ring::provider;

    fn session(side: Side) -> Session<'static> {
        let (ours, theirs) = if side == Side::Offerer { (1, 2) } else { (2, 1) };
        Session {
            protocol: SHARE,
            room: "iF9t_VTV13vWonK1KxT_-A",
            side,
            our_nonce: [0x11 * ours; 32],
            their_nonce: [0x11 * theirs; 32],
            our_fingerprint: [0x22 + 0x11 * ours; 32],
            their_fingerprint: [0x22 + 0x11 * theirs; 32],
        }
    }

    fn greeting(session: &Session<'_>) -> Greeting {
        Greeting::new(&provider(), &Secret::copy_of(&vectors::proof().auth), session)
    }

    #[test]
    fn both_proofs_are_as_computed_elsewhere() {
        let vector = vectors::proof();
        let offerer = greeting(&session(Side::Offerer));
        assert_eq!(to_hex(&offerer.ours), vector.proof_offerer);
        assert_eq!(to_hex(&offerer.theirs), vector.proof_answerer);
        let answerer = greeting(&session(Side::Answerer));
        assert_eq!(answerer.hear(&offerer.say()), Ok(()));
        assert_eq!(offerer.hear(&answerer.say()), Ok(()));
    }

    #[test]
    fn a_proof_that_is_sent_back_does_not_hold() {
        let offerer = greeting(&session(Side::Offerer));
        assert_eq!(offerer.hear(&offerer.say()), Err(Failure::BadProof));
    }

    #[test]
    fn whatever_differs_between_the_two_views_breaks_the_proof() {
        let offerer = greeting(&session(Side::Offerer));
        let mut changed = [(); 6].map(|()| session(Side::Answerer));
        changed[0].room = "another";
        changed[1].our_nonce[0] ^= 1;
        changed[2].their_nonce[31] ^= 1;
        changed[3].our_fingerprint[7] ^= 1;
        changed[4].their_fingerprint[7] ^= 1;
        changed[5].protocol = CALL;
        for view in changed {
            assert_eq!(offerer.hear(&greeting(&view).say()), Err(Failure::BadProof), "{view:?}");
        }
        let other_link = Greeting::new(&provider(), &Secret::copy_of(&[9; 32]), &session(Side::Answerer));
        assert_eq!(offerer.hear(&other_link.say()), Err(Failure::BadProof));
    }

    #[test]
    fn nothing_else_is_taken_first_and_versions_are_compared_last() {
        let offerer = greeting(&session(Side::Offerer));
        for text in ["", "{}", r#"{"m":"bye"}"#, r#"{"m":"hello","v":[1],"proof":"00"}"#] {
            assert_eq!(offerer.hear(text), Err(Failure::PeerProtocol), "{text}");
        }
        let answerer = greeting(&session(Side::Answerer));
        let newer = answerer.say().replace("[1]", "[2,3]");
        assert_eq!(offerer.hear(&newer), Err(Failure::Version));
        assert_eq!(offerer.hear(&answerer.say().replace("[1]", "[1,2]")), Ok(()));
    }

    #[test]
    fn a_description_names_one_certificate() {
        let line = |byte: &str| format!("a=fingerprint:sha-256 {}\r\n", [byte; 32].join(":"));
        assert_eq!(sha256_of_description(&line("AB")), Some([0xab; 32]));
        assert_eq!(sha256_of_description(&(line("AB") + "m=x\r\n" + &line("ab"))), Some([0xab; 32]));
        assert_eq!(sha256_of_description(&(line("AB") + &line("AC"))), None);
        assert_eq!(sha256_of_description("v=0\r\na=fingerprint:sha-1 AA\r\n"), None);
    }
}
