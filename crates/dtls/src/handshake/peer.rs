//! Who the peer must be, and who it is.
//!
//! Fingerprints come by signalling, the certificate by the handshake, in either order; the connection counts as verified
//! when both are there and agree (RFC 8122 §6.2, RFC 8842 §5.2).

use limpid_crypto::{Fingerprint, HashAlgorithm, KeyKind, Provider, SignatureScheme};

use crate::certificate::{self, CertificateFault};
use crate::error::Error;
use crate::suite::Authentication;

/// The public key of a peer that showed a certificate.
#[derive(Debug)]
pub(crate) struct PeerKey {
    kind: KeyKind,
    bytes: Vec<u8>,
}

impl PeerKey {
    /// Whether it signs for suites of this kind.
    pub(crate) fn authenticates(&self, authentication: Authentication) -> bool {
        Authentication::of(self.kind) == Some(authentication)
    }

    /// Checks a signature by a scheme that we offered.
    pub(crate) fn verify(
        &self,
        provider: &Provider,
        scheme: SignatureScheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        if !super::choose::SCHEMES.contains(&scheme) {
            return Err(Error::IllegalParameter("signature_algorithm"));
        }
        let verified = provider.verify.verify(scheme, self.kind, &self.bytes, message, signature);
        verified.map_err(|_| Error::BadSignature)
    }
}

#[derive(Debug, Default)]
enum Expected {
    #[default]
    Unknown,
    Anyone,
    /// All of one kind, the strongest that was offered. At most [`Peer::MAX_FINGERPRINTS`].
    OneOf(Vec<Fingerprint>),
}

/// What is known about the peer.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    expected: Expected,
    certificate: Option<Vec<u8>>,
}

impl Peer {
    /// How many fingerprints of one kind are compared.
    const MAX_FINGERPRINTS: usize = 16;

    /// The peer's certificate, in DER.
    pub(crate) fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// The peer showed its certificate; if fingerprints are known already, it must have one of them.
    pub(crate) fn show(&mut self, provider: &Provider, der: &[u8]) -> Result<PeerKey, Error> {
        let key = certificate::public_key(der).map_err(|fault| match fault {
            CertificateFault::Malformed => Error::BadCertificate,
            CertificateFault::UnknownKey | CertificateFault::MayNotSign => Error::UnsupportedCertificate,
        })?;
        let key = PeerKey { kind: key.kind, bytes: key.bytes.to_vec() };
        self.certificate = Some(der.to_vec());
        self.check(provider)?;
        Ok(key)
    }

    /// Fingerprints arrived by signalling. Of several kinds only the strongest counts (RFC 8122 §5.1).
    pub(crate) fn expect(&mut self, provider: &Provider, offered: &[Fingerprint]) -> Result<(), Error> {
        let strongest = [HashAlgorithm::Sha512, HashAlgorithm::Sha384, HashAlgorithm::Sha256]
            .into_iter()
            .find(|kind| offered.iter().any(|one| one.algorithm == *kind));
        let strongest = strongest.ok_or(Error::NoUsableFingerprint)?;
        let list = offered.iter().filter(|one| one.algorithm == strongest);
        self.expected = Expected::OneOf(list.take(Self::MAX_FINGERPRINTS).copied().collect());
        self.check(provider)
    }

    /// Whoever it is will do, unless fingerprints were given: a promise is not weakened.
    pub(crate) fn expect_anyone(&mut self) {
        if matches!(self.expected, Expected::Unknown) {
            self.expected = Expected::Anyone;
        }
    }

    /// After the handshake: whether the peer is one that was expected. `Ok(false)`: nobody said yet who is.
    pub(crate) fn is_verified(&self) -> Result<bool, Error> {
        match (&self.expected, &self.certificate) {
            (Expected::Unknown, _) => Ok(false),
            (Expected::OneOf(_), None) => Err(Error::NoCertificate),
            // A certificate with other fingerprints ended the connection in `check`.
            (Expected::OneOf(_), Some(_)) | (Expected::Anyone, _) => Ok(true),
        }
    }

    fn check(&self, provider: &Provider) -> Result<(), Error> {
        match (&self.expected, &self.certificate) {
            (Expected::OneOf(list), Some(der)) if !list.iter().any(|one| one.matches(provider, der)) => {
                Err(Error::FingerprintMismatch)
            }
            _ => Ok(()),
        }
    }
}
