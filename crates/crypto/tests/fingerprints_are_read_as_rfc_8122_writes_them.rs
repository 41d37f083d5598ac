//! `a=fingerprint` values, from the RFC's example to what no connection may rest on.

use limpid_crypto::{Fingerprint, FingerprintError, HashAlgorithm, null};
use proptest::prelude::*;

/// As it stood in an SDP answer by Firefox.
const REAL: &str =
    "sha-256 73:BB:FB:B0:CB:AD:7F:A4:E3:44:12:85:1C:41:0B:A0:5D:4D:64:0A:74:47:5F:6D:13:7B:49:52:92:27:80:A1";

#[test]
fn a_fingerprint_comes_back_as_it_was_written() {
    let fingerprint = Fingerprint::parse(REAL).unwrap();
    assert_eq!(fingerprint.algorithm, HashAlgorithm::Sha256);
    assert_eq!((fingerprint.digest[0], fingerprint.digest[31]), (0x73, 0xa1));
    assert_eq!(fingerprint.to_string(), REAL);
}

#[test]
fn case_does_not_matter() {
    assert_eq!(Fingerprint::parse(&REAL.to_lowercase()), Fingerprint::parse(REAL));
    assert_eq!(Fingerprint::parse(&REAL.to_uppercase()), Fingerprint::parse(REAL));
}

#[test]
fn weak_and_unknown_hashes_are_told_apart_from_nonsense() {
    let digest20 = ["AB"; 20].join(":");
    assert_eq!(Fingerprint::parse(&format!("sha-1 {digest20}")), Err(FingerprintError::UnusableAlgorithm));
    assert_eq!(Fingerprint::parse("shake-512 00:11"), Err(FingerprintError::UnusableAlgorithm));
    assert_eq!(Fingerprint::parse("sha-256 00:11"), Err(FingerprintError::BadLength));
    for nonsense in
        ["", "sha-256", "sha-256 ", "sha-256 7B8B", "sha-256 7B::8B", "sha-256 7B:8G", "sha-256 +1:22"]
    {
        assert_eq!(Fingerprint::parse(nonsense), Err(FingerprintError::Syntax), "{nonsense:?}");
    }
    assert_eq!(
        Fingerprint::parse(&format!("sha-512 {}", ["AB"; 65].join(":"))),
        Err(FingerprintError::BadLength)
    );
    let weak = Fingerprint::of(&null::provider(), HashAlgorithm::Sha1, b"certificate");
    assert_eq!(weak, None);
}

#[cfg(feature = "ring")]
#[test]
fn a_certificate_matches_the_fingerprint_that_openssl_would_print() {
    // `printf abc | sha256sum`; FIPS 180-4 prints the same.
    let text = "SHA-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
    let fingerprint: Fingerprint = text.parse().unwrap();
    let provider = limpid_crypto::ring::provider();
    assert!(fingerprint.matches(&provider, b"abc"));
    assert!(!fingerprint.matches(&provider, b"abd"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = Fingerprint::parse(&text);
    }

    #[test]
    fn what_is_written_reads_back(der in proptest::collection::vec(any::<u8>(), 0..100), which in 0usize..3) {
        let algorithm = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512][which];
        let fingerprint = Fingerprint::of(&null::provider(), algorithm, &der).unwrap();
        prop_assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Ok(fingerprint));
    }
}
