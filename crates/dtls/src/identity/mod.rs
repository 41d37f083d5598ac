//! Who we are: a certificate and the key that goes with it.
//!
//! WebRTC makes a fresh one for every call (RFC 8827 §6.5) and says its fingerprint in the SDP. Servers may load theirs.

mod pem;
#[cfg(test)]
mod tests;

use core::fmt;

use limpid_crypto::{Fingerprint, HashAlgorithm, KeyKind, Provider, Random, SigningKey};

use crate::certificate;
use crate::error::Misuse;

/// A certificate and its private key. Share it (`Arc`): one identity may serve many connections.
pub struct Identity {
    provider: Provider,
    certificate: Vec<u8>,
    key: Box<dyn SigningKey>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("kind", &self.key.kind()).finish_non_exhaustive()
    }
}

impl Identity {
    /// Makes an ECDSA key on P-256 and a certificate that it signs itself. `unix_secs` is the wall time.
    pub fn generate(provider: &Provider, random: &mut Random, unix_secs: u64) -> Result<Self, Misuse> {
        Self::generate_kind(provider, KeyKind::EcdsaP256, random, unix_secs)
    }

    /// The same with another kind of ECDSA key.
    pub fn generate_kind(
        provider: &Provider,
        kind: KeyKind,
        random: &mut Random,
        unix_secs: u64,
    ) -> Result<Self, Misuse> {
        let key = provider.sign.generate(kind).ok_or(Misuse::Unusable)?;
        let certificate = certificate::self_signed(&*key, random, unix_secs)?;
        Ok(Identity { provider: *provider, certificate, key })
    }

    /// From a certificate in DER and its private key in PKCS #8 DER, ECDSA or RSA.
    pub fn from_parts(provider: &Provider, certificate: Vec<u8>, pkcs8: &[u8]) -> Result<Self, Misuse> {
        let key = provider.sign.load_pkcs8(pkcs8)?;
        let public_key = certificate::public_key(&certificate).map_err(|_| Misuse::Unusable)?;
        if public_key.kind != key.kind() || public_key.bytes != key.public_key() {
            return Err(Misuse::KeyMismatch);
        }
        Ok(Identity { provider: *provider, certificate, key })
    }

    /// From a certificate in PEM (the first of a chain) and its private key in PEM: PKCS #8 (`PRIVATE KEY`), SEC1
    /// (`EC PRIVATE KEY`) or PKCS #1 (`RSA PRIVATE KEY`), unencrypted. Other sections in front of it are passed over.
    pub fn from_pem(provider: &Provider, certificate: &str, key: &str) -> Result<Self, Misuse> {
        let certificate = pem::certificate(certificate).ok_or(Misuse::Unusable)?;
        let pkcs8 = pem::private_key(key).ok_or(Misuse::Unusable)?;
        Self::from_parts(provider, certificate, &pkcs8)
    }

    /// The certificate as it goes over the wire.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate
    }

    /// The certificate's fingerprint for `a=fingerprint`; `None`: the provider does not have the hash.
    pub fn fingerprint(&self, algorithm: HashAlgorithm) -> Option<Fingerprint> {
        Fingerprint::of(&self.provider, algorithm, &self.certificate)
    }

    /// The kind of key.
    pub fn kind(&self) -> KeyKind {
        self.key.kind()
    }

    pub(crate) fn key(&self) -> &dyn SigningKey {
        &*self.key
    }
}
