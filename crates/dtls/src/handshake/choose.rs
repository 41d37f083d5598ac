//! The choice between what one side offers and the other can do. Pure functions; unknown code points fall through.

use limpid_crypto::{KeyKind, NamedGroup, SignatureScheme};

use crate::config::Config;
use crate::error::Error;
use crate::extension::NamedGroups;
use crate::message::U16List;
use crate::suite::{Authentication, CipherSuite};

/// What we verify, best first; also what we ask for. PKCS #1 v1.5 stays for RSA peers that are 1.2 through and through.
pub(crate) const SCHEMES: [SignatureScheme; 8] = [
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// Whether a key of this kind makes signatures of this scheme. An ECDSA key signs with the hash of its own size.
const fn signs(kind: KeyKind, scheme: SignatureScheme) -> bool {
    match kind {
        KeyKind::EcdsaP256 => matches!(scheme, SignatureScheme::ECDSA_SECP256R1_SHA256),
        KeyKind::EcdsaP384 => matches!(scheme, SignatureScheme::ECDSA_SECP384R1_SHA384),
        KeyKind::Rsa => matches!(
            scheme,
            SignatureScheme::RSA_PSS_RSAE_SHA256
                | SignatureScheme::RSA_PSS_RSAE_SHA384
                | SignatureScheme::RSA_PSS_RSAE_SHA512
                | SignatureScheme::RSA_PKCS1_SHA256
                | SignatureScheme::RSA_PKCS1_SHA384
                | SignatureScheme::RSA_PKCS1_SHA512
        ),
        _ => false,
    }
}

/// Our best scheme for a key of this kind that the peer verifies.
pub(crate) fn scheme(kind: KeyKind, offered: U16List<'_>) -> Option<SignatureScheme> {
    SCHEMES.into_iter().find(|scheme| signs(kind, *scheme) && offered.contains(scheme.0))
}

/// The suites that we can really speak: the provider has their parts.
pub(crate) fn our_suites(config: &Config) -> impl Iterator<Item = CipherSuite> + '_ {
    config.suites.iter().copied().filter(|suite| {
        suite.parameters().is_some_and(|parts| {
            let key = [0; 32];
            config.provider.aead.key(parts.aead, &key[..parts.aead.key_len()]).is_some()
                && config.provider.hash.start(parts.hash).is_some()
        })
    })
}

/// The groups that we can really use.
pub(crate) fn our_groups(config: &Config) -> impl Iterator<Item = NamedGroup> + '_ {
    let there = config.provider.key_exchange.groups();
    config.groups.iter().copied().filter(|group| there.contains(group))
}

/// Our best suite that the client offers and that our certificate can sign for.
pub(crate) fn suite(config: &Config, offered: U16List<'_>) -> Result<CipherSuite, Error> {
    let ours = Authentication::of(config.certificate.kind());
    let fits = |suite: &CipherSuite| {
        offered.contains(suite.0)
            && suite.parameters().is_some_and(|parts| Some(parts.authentication) == ours)
    };
    our_suites(config).find(fits).ok_or(Error::NoCommonSuite)
}

/// Our best group that the client offers. One that names none can do all of RFC 8422's, so P-256 is safe.
pub(crate) fn group(config: &Config, offered: Option<NamedGroups<'_>>) -> Result<NamedGroup, Error> {
    let can = |group: &NamedGroup| match offered {
        Some(groups) => groups.contains(*group),
        None => *group == NamedGroup::SECP256R1,
    };
    our_groups(config).find(can).ok_or(Error::NoCommonGroup)
}

/// Whether the client can verify on the curve of our certificate (RFC 8422 §5.1).
pub(crate) fn curve_is_offered(kind: KeyKind, offered: Option<NamedGroups<'_>>) -> bool {
    let curve = match kind {
        KeyKind::EcdsaP256 => NamedGroup::SECP256R1,
        KeyKind::EcdsaP384 => NamedGroup::SECP384R1,
        _ => return true,
    };
    offered.is_none_or(|groups| groups.contains(curve))
}

/// Our best protection profile that the client offers; no common one is no fault (RFC 5764 §4.1.1).
pub(crate) fn srtp_profile(config: &Config, offered: U16List<'_>) -> Option<u16> {
    config.srtp_profiles.iter().copied().find(|profile| offered.contains(*profile))
}
