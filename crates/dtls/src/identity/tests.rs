//! What we make can be read, what OpenSSL makes can be loaded, and nothing secret is printed.

use limpid_crypto::SignatureScheme;

use super::*;
use crate::certificate::{CertificateFault, public_key};

const EC_CERT: &str = include_str!("../../tests/keys/ec-cert.pem");
const EC_PKCS8: &str = include_str!("../../tests/keys/ec-pkcs8-key.pem");
const EC_SEC1: &str = include_str!("../../tests/keys/ec-sec1-key.pem");
const RSA_CERT: &str = include_str!("../../tests/keys/rsa-cert.pem");
const RSA_PKCS8: &str = include_str!("../../tests/keys/rsa-key.pem");
const RSA_PKCS1: &str = include_str!("../../tests/keys/rsa-pkcs1-key.pem");

fn provider() -> Provider {
    limpid_crypto::ring::provider()
}

#[test]
fn a_generated_certificate_holds_its_key_and_is_signed_by_it() {
    for kind in [KeyKind::EcdsaP256, KeyKind::EcdsaP384] {
        for wall_time in [0, 1_800_000_000, 4_000_000_000] {
            let mut random = Random::from_seed([5; 32]);
            let identity = Identity::generate_kind(&provider(), kind, &mut random, wall_time).unwrap();
            let key = public_key(identity.certificate_der()).unwrap();
            assert_eq!((key.kind, key.bytes), (kind, identity.key().public_key()));
            assert_eq!(identity.kind(), kind);
        }
    }
    let mut random = Random::from_seed([5; 32]);
    let made = Identity::generate_kind(&provider(), KeyKind::Rsa, &mut random, 0);
    assert_eq!(made.err(), Some(Misuse::Unusable));
}

#[test]
fn every_form_of_key_that_openssl_writes_loads() {
    for (cert, key, kind) in [
        (EC_CERT, EC_PKCS8, KeyKind::EcdsaP256),
        (EC_CERT, EC_SEC1, KeyKind::EcdsaP256),
        (RSA_CERT, RSA_PKCS8, KeyKind::Rsa),
        (RSA_CERT, RSA_PKCS1, KeyKind::Rsa),
    ] {
        // Text around the sections is passed over, as are sections of other kinds.
        let key = format!(
            "some words\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{key}"
        );
        let identity = Identity::from_pem(&provider(), cert, &key).unwrap();
        assert_eq!(identity.kind(), kind);
        let scheme = if kind == KeyKind::Rsa {
            SignatureScheme::RSA_PSS_RSAE_SHA256
        } else {
            SignatureScheme::ECDSA_SECP256R1_SHA256
        };
        let signature = identity.key().sign(scheme, b"words").unwrap();
        let key = public_key(identity.certificate_der()).unwrap();
        assert_eq!(provider().verify.verify(scheme, kind, key.bytes, b"words", &signature), Ok(()));
    }
}

#[test]
fn a_certificate_and_the_key_of_another_are_refused() {
    let mismatch = |cert, key| Identity::from_pem(&provider(), cert, key).err();
    assert_eq!(mismatch(EC_CERT, RSA_PKCS8), Some(Misuse::KeyMismatch));
    assert_eq!(mismatch(RSA_CERT, EC_SEC1), Some(Misuse::KeyMismatch));
    let mut random = Random::from_seed([5; 32]);
    let other = Identity::generate(&provider(), &mut random, 0).unwrap();
    let key = pem::private_key(EC_PKCS8).unwrap();
    let mixed = Identity::from_parts(&provider(), other.certificate_der().to_vec(), &key);
    assert_eq!(mixed.err(), Some(Misuse::KeyMismatch));
    for (cert, key) in [("", EC_PKCS8), (EC_CERT, ""), (EC_PKCS8, EC_CERT), (&EC_CERT[..200], EC_PKCS8)] {
        assert_eq!(mismatch(cert, key), Some(Misuse::Unusable));
    }
}

//~ covers 8122-5-a
#[test]
fn the_fingerprint_is_the_hash_of_the_certificate() {
    let identity = Identity::from_pem(&provider(), RSA_CERT, RSA_PKCS1).unwrap();
    // `openssl x509 -noout -fingerprint -sha256 -in rsa-cert.pem`
    let text = include_str!("../../tests/keys/rsa-cert.sha256").trim();
    let fingerprint = identity.fingerprint(HashAlgorithm::Sha256).unwrap();
    assert_eq!(fingerprint.to_string(), format!("sha-256 {text}"));
}

#[test]
fn a_key_that_may_not_sign_is_found_out() {
    let certificate = include_bytes!("../../tests/keys/ec-no-signing-cert.der");
    assert_eq!(public_key(certificate), Err(CertificateFault::MayNotSign));
    assert_eq!(public_key(&certificate[..100]), Err(CertificateFault::Malformed));
}

#[test]
fn certificates_may_be_as_odd_as_they_like() {
    // Version 1 with a serial number of 32 bytes; and one without any name, but with extensions.
    let odd: [&[u8]; 2] = [
        include_bytes!("../../tests/keys/ec-odd-v1-cert.der"),
        include_bytes!("../../tests/keys/ec-no-name-cert.der"),
    ];
    let key = pem::private_key(EC_PKCS8).unwrap();
    for certificate in odd {
        assert!(Identity::from_parts(&provider(), certificate.to_vec(), &key).is_ok());
    }
}

#[test]
fn nothing_secret_is_printed() {
    let identity = Identity::from_pem(&provider(), EC_CERT, EC_PKCS8).unwrap();
    assert_eq!(format!("{identity:?}"), "Identity { kind: EcdsaP256, .. }");
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_certificate_or_not(mut bytes: Vec<u8>, at: usize, flip: u8) {
        let _ = public_key(&bytes);
        bytes = include_bytes!("../../tests/keys/ec-no-signing-cert.der").to_vec();
        let at = at % bytes.len();
        bytes[at] ^= flip;
        let _ = public_key(&bytes);
    }
}
