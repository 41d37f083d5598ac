//! Cipher suites: which AEAD, which hash, which kind of certificate (RFC 5246 §A.5, RFC 5289, RFC 7905).

use core::fmt;

use limpid_crypto::{AeadAlgorithm, HashAlgorithm, KeyKind};

/// A code point of the TLS registry "Cipher Suites". Unknown ones are kept, and never chosen.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CipherSuite(pub u16);

/// What signs the key exchange of a suite.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Authentication {
    /// An ECDSA key.
    Ecdsa,
    /// An RSA key.
    Rsa,
}

impl Authentication {
    /// What a certificate with this kind of key can do; `None`: nothing in DTLS 1.2 as we speak it.
    pub const fn of(kind: KeyKind) -> Option<Self> {
        match kind {
            KeyKind::EcdsaP256 | KeyKind::EcdsaP384 => Some(Authentication::Ecdsa),
            KeyKind::Rsa => Some(Authentication::Rsa),
            _ => None,
        }
    }
}

/// What a suite that we speak is made of. The key exchange is always ephemeral ECDH.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SuiteParameters {
    /// Who signs.
    pub authentication: Authentication,
    /// What protects records.
    pub aead: AeadAlgorithm,
    /// The hash of the PRF and of the transcript.
    pub hash: HashAlgorithm,
}

impl CipherSuite {
    /// RFC 5289; the one that every WebRTC endpoint must speak (RFC 8827 §6.5).
    pub const ECDHE_ECDSA_AES_128_GCM_SHA256: CipherSuite = CipherSuite(0xc02b);
    /// RFC 5289.
    pub const ECDHE_ECDSA_AES_256_GCM_SHA384: CipherSuite = CipherSuite(0xc02c);
    /// RFC 5289.
    pub const ECDHE_RSA_AES_128_GCM_SHA256: CipherSuite = CipherSuite(0xc02f);
    /// RFC 5289.
    pub const ECDHE_RSA_AES_256_GCM_SHA384: CipherSuite = CipherSuite(0xc030);
    /// RFC 7905.
    pub const ECDHE_RSA_CHACHA20_POLY1305: CipherSuite = CipherSuite(0xcca8);
    /// RFC 7905.
    pub const ECDHE_ECDSA_CHACHA20_POLY1305: CipherSuite = CipherSuite(0xcca9);
    /// Not a suite: says that the sender knows secure renegotiation (RFC 5746 §3.3).
    pub const EMPTY_RENEGOTIATION_INFO_SCSV: CipherSuite = CipherSuite(0x00ff);

    /// All that we speak, best first: AES-128-GCM is the fastest where the processor helps, and both sides' floor.
    pub const ALL: [CipherSuite; 6] = [
        CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256,
        CipherSuite::ECDHE_RSA_AES_128_GCM_SHA256,
        CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305,
        CipherSuite::ECDHE_RSA_CHACHA20_POLY1305,
        CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384,
        CipherSuite::ECDHE_RSA_AES_256_GCM_SHA384,
    ];

    /// What it is made of; `None`: we do not speak it.
    pub const fn parameters(self) -> Option<SuiteParameters> {
        use AeadAlgorithm::{Aes128Gcm, Aes256Gcm, ChaCha20Poly1305};
        use Authentication::{Ecdsa, Rsa};
        use HashAlgorithm::{Sha256, Sha384};
        let (authentication, aead, hash) = match self {
            CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256 => (Ecdsa, Aes128Gcm, Sha256),
            CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384 => (Ecdsa, Aes256Gcm, Sha384),
            CipherSuite::ECDHE_RSA_AES_128_GCM_SHA256 => (Rsa, Aes128Gcm, Sha256),
            CipherSuite::ECDHE_RSA_AES_256_GCM_SHA384 => (Rsa, Aes256Gcm, Sha384),
            CipherSuite::ECDHE_RSA_CHACHA20_POLY1305 => (Rsa, ChaCha20Poly1305, Sha256),
            CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305 => (Ecdsa, ChaCha20Poly1305, Sha256),
            _ => return None,
        };
        Some(SuiteParameters { authentication, aead, hash })
    }

    /// The registry's name, if we know it.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256 => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384 => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            CipherSuite::ECDHE_RSA_AES_128_GCM_SHA256 => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            CipherSuite::ECDHE_RSA_AES_256_GCM_SHA384 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            CipherSuite::ECDHE_RSA_CHACHA20_POLY1305 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305 => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            CipherSuite::EMPTY_RENEGOTIATION_INFO_SCSV => "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
            _ => return None,
        })
    }
}

impl fmt::Debug for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "suite {:#06x}", self.0),
        }
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_that_we_offer_has_parameters_and_a_name() {
        for suite in CipherSuite::ALL {
            assert!(suite.parameters().is_some() && suite.name().is_some(), "{suite}");
        }
        assert_eq!(CipherSuite(0x1301).parameters(), None, "1.3 suites are not for 1.2");
        assert_eq!(CipherSuite::EMPTY_RENEGOTIATION_INFO_SCSV.parameters(), None);
        assert_eq!(format!("{}", CipherSuite(0x0a0a)), "suite 0x0a0a");
    }
}
