//! Both shipped providers, put through what any provider must pass.

use limpid_crypto::{CryptoError, HashAlgorithm, Provider, conformance, hkdf, null};

#[cfg(feature = "ring")]
#[test]
fn ring_passes_vectors_and_laws_and_lacks_only_what_its_page_says() {
    let report = conformance::check(&limpid_crypto::ring::provider());
    assert_eq!(report.not_offered, ["HMAC over Md5", "making Rsa keys"]);
    assert!(report.held > 300, "{report:?}");
}

#[test]
fn null_obeys_the_laws_and_offers_everything() {
    let report = conformance::check_laws(&null::provider());
    assert_eq!(report.not_offered, [""; 0]);
    assert!(report.held > 250, "{report:?}");
}

#[test]
#[should_panic(expected = "RFC 1321")]
fn a_provider_that_computes_something_else_is_found_out() {
    conformance::check(&null::provider());
}

#[test]
#[should_panic(expected = "a changed bit")]
fn a_provider_that_does_not_authenticate_is_found_out() {
    struct Credulous;
    impl limpid_crypto::Aeads for Credulous {
        fn key(
            &self,
            algorithm: limpid_crypto::AeadAlgorithm,
            key: &[u8],
        ) -> Option<Box<dyn limpid_crypto::AeadKey>> {
            (key.len() == algorithm.key_len()).then(|| Box::new(Credulous) as _)
        }
    }
    impl limpid_crypto::AeadKey for Credulous {
        fn seal(&self, nonce: &[u8; 12], aad: &[u8], _: &mut [u8]) -> [u8; 16] {
            let mut tag = [0; 16];
            tag[..12].copy_from_slice(nonce);
            tag[12] = aad.iter().fold(0, |sum, byte| sum ^ byte);
            tag
        }
        fn open<'a>(&self, nonce: &[u8; 12], aad: &[u8], bytes: &'a mut [u8]) -> Option<&'a mut [u8]> {
            let (plaintext, tag) = bytes.split_at_mut_checked(bytes.len().checked_sub(16)?)?;
            (self.seal(nonce, aad, plaintext)[..13] == tag[..13]).then_some(plaintext)
        }
    }
    conformance::check_laws(&Provider { aead: &Credulous, ..null::provider() });
}

#[test]
fn null_gives_the_same_stream_from_its_beginning_at_every_call() {
    let provider = null::provider();
    let fill = |len: usize| {
        let mut bytes = vec![0; len];
        provider.random.fill(&mut bytes);
        bytes
    };
    assert_eq!(fill(20), fill(20));
    assert_eq!(fill(16), fill(40)[..16]);
    let share = |_| provider.key_exchange.start(limpid_crypto::NamedGroup::X25519).unwrap().share().to_vec();
    assert_eq!(share(0), share(1));
}

#[test]
fn null_keys_from_different_bytes_differ() {
    let key = |bytes: &[u8]| null::provider().sign.load_pkcs8(bytes).unwrap().public_key().to_vec();
    assert_eq!(key(b"a"), key(b"a"));
    assert_ne!(key(b"a"), key(b"b"));
}

#[test]
fn hkdf_says_when_too_much_is_asked_for() {
    let provider = null::provider();
    let expand = |len| hkdf::expand(&provider, HashAlgorithm::Sha256, &[1; 32], b"", len);
    assert_eq!(expand(255 * 32).map(|okm| okm.len()), Ok(255 * 32));
    assert_eq!(expand(255 * 32 + 1), Err(CryptoError::Failed));
    assert_eq!(expand(0).map(|okm| okm.len()), Ok(0));
}
