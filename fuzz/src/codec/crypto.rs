//! The text of fingerprints.

use limpid_crypto::{Fingerprint, null};

use crate::Outcome;

/// Parse, write, parse again; and it matches nothing by chance.
pub fn fingerprint(data: &[u8]) -> Outcome {
    let Some(fingerprint) = std::str::from_utf8(data).ok().and_then(|text| Fingerprint::parse(text).ok())
    else {
        return Outcome::Refused;
    };
    let written = fingerprint.to_string();
    let again = Fingerprint::parse(&written).expect("what was written can be read");
    assert_eq!((again.algorithm, &again.digest[..]), (fingerprint.algorithm, &fingerprint.digest[..]));
    assert!(!fingerprint.matches(&null::provider(), b"no certificate"));
    Outcome::Accepted
}

/// One of each hash that we take, and one that we do not.
pub fn fingerprint_seeds() -> Vec<Vec<u8>> {
    let digest = |len: usize| vec!["A7"; len].join(":");
    [("sha-256", 32), ("SHA-384", 48), ("sha-512", 64), ("md5", 16)]
        .map(|(hash, len)| format!("{hash} {}", digest(len)).into_bytes())
        .into()
}
