//! Certificate fingerprints (RFC 8122 §5): how an SDP says which certificate its sender will show in DTLS.

use core::fmt;
use core::str::FromStr;

use crate::digest::Digest;
use crate::provider::{HashAlgorithm, Provider};

/// The hash of a certificate, as it stands in `a=fingerprint`.
///
/// ```
/// use limpid_crypto::{Fingerprint, HashAlgorithm, null};
///
/// let ours = Fingerprint::of(&null::provider(), HashAlgorithm::Sha256, b"certificate").unwrap();
/// let read: Fingerprint = ours.to_string().parse().unwrap();
/// assert!(read.matches(&null::provider(), b"certificate"));
/// assert!(!read.matches(&null::provider(), b"another"));
/// ```
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint {
    /// SHA-256, SHA-384 or SHA-512.
    pub algorithm: HashAlgorithm,
    /// As long as the algorithm's output.
    pub digest: Digest,
}

/// Why a text is no usable fingerprint.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FingerprintError {
    /// Well formed, but under a hash that is unknown or too weak (md2, md5, sha-1, sha-224). A description may carry
    /// fingerprints under several hashes: skip this one.
    UnusableAlgorithm,
    /// Not a hash name, a space, and pairs of hexadecimal digits with colons between them.
    Syntax,
    /// Not as many bytes as the hash has.
    BadLength,
}

impl fmt::Display for FingerprintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FingerprintError::UnusableAlgorithm => "a fingerprint's hash is unknown or weaker than sha-256",
            FingerprintError::Syntax => "a fingerprint is not `hash AA:BB:…`",
            FingerprintError::BadLength => "a fingerprint is not as long as its hash",
        })
    }
}

impl core::error::Error for FingerprintError {}

impl Fingerprint {
    /// The fingerprint of a certificate (DER). `None`: the provider does not offer the hash, or it is weaker than SHA-256.
    pub fn of(provider: &Provider, algorithm: HashAlgorithm, der: &[u8]) -> Option<Self> {
        if !USABLE.iter().any(|usable| usable.1 == algorithm) {
            return None;
        }
        Some(Fingerprint { algorithm, digest: provider.hash.digest(algorithm, &[der])? })
    }

    /// Reads `sha-256 AA:BB:…`; hash names in any case, digits in any case (RFC 8122 §5 writes upper case; older
    /// endpoints did not).
    pub fn parse(text: &str) -> Result<Self, FingerprintError> {
        let (name, digits) = text.trim().split_once(' ').ok_or(FingerprintError::Syntax)?;
        let mut bytes = [0; 64];
        let mut len = 0;
        for pair in digits.trim_start().split(':') {
            let byte = hex_pair(pair).ok_or(FingerprintError::Syntax)?;
            *bytes.get_mut(len).ok_or(FingerprintError::BadLength)? = byte;
            len += 1;
        }
        let usable = USABLE.iter().find(|usable| usable.0.eq_ignore_ascii_case(name));
        let algorithm = usable.ok_or(FingerprintError::UnusableAlgorithm)?.1;
        if len != algorithm.output_len() {
            return Err(FingerprintError::BadLength);
        }
        Ok(Fingerprint { algorithm, digest: Digest::new(&bytes[..len]) })
    }

    /// Whether this is the fingerprint of `der`. Takes the same time wherever they differ.
    pub fn matches(&self, provider: &Provider, der: &[u8]) -> bool {
        Fingerprint::of(provider, self.algorithm, der) == Some(*self)
    }
}

/// The hashes that a connection may rest on, by their names in the IANA registry "Hash Function Textual Names".
const USABLE: [(&str, HashAlgorithm); 3] = [
    ("sha-256", HashAlgorithm::Sha256),
    ("sha-384", HashAlgorithm::Sha384),
    ("sha-512", HashAlgorithm::Sha512),
];

/// Exactly two hexadecimal digits.
fn hex_pair(pair: &str) -> Option<u8> {
    let [high, low] = pair.as_bytes() else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    Some((digit(high)? << 4 | digit(low)?) as u8)
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        Fingerprint::parse(text)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name =
            USABLE.iter().find(|usable| usable.1 == self.algorithm).map_or("unusable", |usable| usable.0);
        write!(f, "{name} ")?;
        for (index, byte) in self.digest.iter().enumerate() {
            write!(f, "{}{byte:02X}", if index == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}
