//! The official vectors, one kind of primitive after the other.

use alloc::format;
use alloc::vec::Vec;

use super::vectors::*;
use super::{Report, hex};
use crate::hkdf;
use crate::provider::*;

/// Puts a provider through the official vectors only. Panics with the first that comes out otherwise.
pub fn check_vectors(provider: &Provider) -> Report {
    let mut report = Report::default();
    hashes(provider, &mut report);
    macs(provider, &mut report);
    derivations(provider, &mut report);
    aeads(provider, &mut report);
    ciphers(provider, &mut report);
    low_order_shares(provider, &mut report);
    signatures(provider, &mut report);
    openssl(provider, &mut report);
    report
}

fn hashes(provider: &Provider, report: &mut Report) {
    for vector in HASHES {
        match provider.hash.digest(vector.algorithm, &[&hex(vector.message)]) {
            Some(digest) => assert_eq!(digest[..], hex(vector.digest), "{}: hash", vector.source),
            None => {
                report.not_offered(format!("{:?}", vector.algorithm));
                continue;
            }
        }
        report.held();
    }
}

fn macs(provider: &Provider, report: &mut Report) {
    for vector in MACS {
        let Some(key) = provider.mac.key(vector.algorithm, &hex(vector.key)) else {
            report.not_offered(format!("HMAC over {:?}", vector.algorithm));
            continue;
        };
        let tag = hex(vector.tag);
        assert_eq!(key.sign(&[&hex(vector.message)])[..tag.len()], tag, "{}: MAC", vector.source);
        report.held();
    }
}

fn derivations(provider: &Provider, report: &mut Report) {
    for vector in HKDFS {
        let (salt, ikm, okm) = (hex(vector.salt), hex(vector.ikm), hex(vector.okm));
        let Ok(prk) = hkdf::extract(provider, vector.algorithm, &salt, &ikm) else {
            report.not_offered(format!("HMAC over {:?}", vector.algorithm));
            continue;
        };
        assert_eq!(prk[..], hex(vector.prk), "{}: extract", vector.source);
        let expanded = hkdf::expand(provider, vector.algorithm, &prk, &hex(vector.info), okm.len());
        assert_eq!(expanded.as_deref(), Ok(&okm[..]), "{}: expand", vector.source);
        report.held();
    }
}

fn aeads(provider: &Provider, report: &mut Report) {
    for vector in AEADS {
        let Some(key) = provider.aead.key(vector.algorithm, &hex(vector.key)) else {
            report.not_offered(format!("{:?}", vector.algorithm));
            continue;
        };
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&hex(vector.nonce));
        let (aad, plaintext) = (hex(vector.aad), hex(vector.plaintext));
        let mut bytes = plaintext.clone();
        let tag = key.seal(&nonce, &aad, &mut bytes);
        bytes.extend_from_slice(&tag);
        assert_eq!(bytes, hex(vector.sealed), "{}: seal", vector.source);
        assert_eq!(
            key.open(&nonce, &aad, &mut bytes).as_deref(),
            Some(&plaintext[..]),
            "{}: open",
            vector.source
        );
        report.held();
    }
}

fn ciphers(provider: &Provider, report: &mut Report) {
    for vector in KEY_STREAMS {
        let Some(key) = provider.cipher.aes(&hex(vector.key)) else {
            report.not_offered(format!("AES-{}", vector.key.len() * 4));
            continue;
        };
        let mut counter = [0; 16];
        counter.copy_from_slice(&hex(vector.counter));
        let stream = hex(vector.stream);
        let mut bytes: Vec<u8> = stream.iter().map(|_| 0).collect();
        key.counter_mode(&counter, &mut bytes);
        assert_eq!(bytes, stream, "{}: counter mode", vector.source);
        report.held();
    }
    let [key, input, output] = AES_BLOCK.map(hex);
    let mut block = [0; 16];
    block.copy_from_slice(&input);
    match provider.cipher.aes(&key) {
        Some(key) => key.encrypt_block(&mut block),
        None => return,
    }
    assert_eq!(block[..], output, "RFC 9001 §A.2: one AES block");
    report.held();
}

fn low_order_shares(provider: &Provider, report: &mut Report) {
    for share in LOW_ORDER {
        match provider.key_exchange.start(NamedGroup::X25519) {
            Some(ours) => {
                assert!(ours.finish(&hex(share)).is_err(), "RFC 7748 §6.1: an all-zero secret from {share}")
            }
            None => return report.not_offered("x25519".into()),
        }
        report.held();
    }
}

fn signatures(provider: &Provider, report: &mut Report) {
    let kinds = [
        (ECDSA_P256, KeyKind::EcdsaP256, SignatureScheme::ECDSA_SECP256R1_SHA256),
        (ED25519, KeyKind::Ed25519, SignatureScheme::ED25519),
    ];
    for (vectors, kind, scheme) in kinds {
        for vector in vectors {
            let [public, message, signature] = [vector.public_key, vector.message, vector.signature].map(hex);
            match provider.verify.verify(scheme, kind, &public, &message, &signature) {
                Err(CryptoError::Unsupported) => report.not_offered(format!("verifying {kind:?}")),
                verified => {
                    assert_eq!(verified, Ok(()), "{}: {kind:?}", vector.source);
                    report.held();
                }
            }
        }
    }
    for (seed, vector) in ED25519_SEEDS.iter().zip(ED25519) {
        // PKCS #8 with the seed alone (RFC 8410 §7).
        let mut der = hex("302e020100300506032b657004220420");
        der.extend_from_slice(&hex(seed));
        let Ok(key) = provider.sign.load_pkcs8(&der) else {
            report.not_offered("Ed25519 keys".into());
            continue;
        };
        assert_eq!(key.public_key(), hex(vector.public_key), "{}: public key", vector.source);
        let signature = key.sign(SignatureScheme::ED25519, &hex(vector.message));
        assert_eq!(signature, Ok(hex(vector.signature)), "{}: signature", vector.source);
        report.held();
    }
}

/// What OpenSSL signed with a key that is loaded here.
struct Foreign {
    kind: KeyKind,
    pkcs8: &'static [u8],
    signatures: &'static [(SignatureScheme, &'static [u8])],
}

/// The message under every signature of OpenSSL.
const SAMPLE: &[u8] = b"sample";

const OPENSSL: &[Foreign] = &[
    Foreign {
        kind: KeyKind::EcdsaP256,
        pkcs8: include_bytes!("openssl/p256.pk8"),
        signatures: &[
            (SignatureScheme::ECDSA_SECP256R1_SHA256, include_bytes!("openssl/p256-sha256.sig")),
            (SignatureScheme::ECDSA_SECP384R1_SHA384, include_bytes!("openssl/p256-sha384.sig")),
        ],
    },
    Foreign {
        kind: KeyKind::EcdsaP384,
        pkcs8: include_bytes!("openssl/p384.pk8"),
        signatures: &[
            (SignatureScheme::ECDSA_SECP256R1_SHA256, include_bytes!("openssl/p384-sha256.sig")),
            (SignatureScheme::ECDSA_SECP384R1_SHA384, include_bytes!("openssl/p384-sha384.sig")),
        ],
    },
    Foreign {
        kind: KeyKind::Rsa,
        pkcs8: include_bytes!("openssl/rsa.pk8"),
        signatures: &[
            (SignatureScheme::RSA_PKCS1_SHA256, include_bytes!("openssl/rsa-pkcs1-sha256.sig")),
            (SignatureScheme::RSA_PKCS1_SHA384, include_bytes!("openssl/rsa-pkcs1-sha384.sig")),
            (SignatureScheme::RSA_PKCS1_SHA512, include_bytes!("openssl/rsa-pkcs1-sha512.sig")),
            (SignatureScheme::RSA_PSS_RSAE_SHA256, include_bytes!("openssl/rsa-pss-sha256.sig")),
            (SignatureScheme::RSA_PSS_RSAE_SHA384, include_bytes!("openssl/rsa-pss-sha384.sig")),
            (SignatureScheme::RSA_PSS_RSAE_SHA512, include_bytes!("openssl/rsa-pss-sha512.sig")),
        ],
    },
];

fn openssl(provider: &Provider, report: &mut Report) {
    for Foreign { kind, pkcs8, signatures } in OPENSSL {
        let Ok(key) = provider.sign.load_pkcs8(pkcs8) else {
            report.not_offered(format!("{kind:?} keys"));
            continue;
        };
        assert_eq!(key.kind(), *kind, "the kind of a key by OpenSSL");
        for (scheme, signature) in *signatures {
            let verified = provider.verify.verify(*scheme, *kind, key.public_key(), SAMPLE, signature);
            assert_eq!(verified, Ok(()), "{scheme:?} by OpenSSL with {kind:?}");
            // PKCS #1 v1.5 has no randomness: ours must be the same bytes.
            let repeatable = matches!(scheme.0, 0x0401 | 0x0501 | 0x0601);
            if repeatable {
                assert_eq!(
                    key.sign(*scheme, SAMPLE).as_deref(),
                    Ok(*signature),
                    "{scheme:?} as OpenSSL signs"
                );
            }
            report.held();
        }
    }
}
