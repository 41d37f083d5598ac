//! Laws that protocols lean on, tried on random inputs from a fixed seed.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::Report;
use crate::provider::*;
use crate::random::Random;

/// How often each law is tried.
const ROUNDS: usize = 16;

/// Puts a provider through the laws only, which the null provider obeys as well. Panics with the first it breaks.
pub fn check_laws(provider: &Provider) -> Report {
    let mut report = Report::default();
    let mut random = Random::from_seed(*b"the laws of any crypto provider.");
    for _ in 0..ROUNDS {
        hashes(provider, &mut random, &mut report);
        macs(provider, &mut random, &mut report);
        aeads(provider, &mut random, &mut report);
        ciphers(provider, &mut random, &mut report);
    }
    key_exchange(provider, &mut random, &mut report);
    signatures(provider, &mut random, &mut report);
    let mut filled = [0; 64];
    provider.random.fill(&mut filled);
    assert!(filled != [0; 64], "random bytes were filled in");
    assert!(provider.seed() != [0; 32], "a seed is random");
    report
}

/// Up to 300 random bytes.
fn some_bytes(random: &mut Random) -> Vec<u8> {
    let mut bytes = vec![0; random.below(301) as usize];
    random.fill(&mut bytes);
    bytes
}

/// The same bytes with one bit changed; at least one byte long.
fn altered(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = random.below(bytes.len() as u32) as usize;
    bytes[at] ^= 1 << random.below(8);
    bytes
}

const HASHES: [HashAlgorithm; 5] = [
    HashAlgorithm::Md5,
    HashAlgorithm::Sha1,
    HashAlgorithm::Sha256,
    HashAlgorithm::Sha384,
    HashAlgorithm::Sha512,
];

fn hashes(provider: &Provider, random: &mut Random, report: &mut Report) {
    for algorithm in HASHES {
        let Some(mut running) = provider.hash.start(algorithm) else {
            report.not_offered(format!("{algorithm:?}"));
            continue;
        };
        let (head, tail) = (some_bytes(random), some_bytes(random));
        running.update(&head);
        let fork = running.fork();
        let after_head = running.so_far();
        running.update(&tail);
        let whole = [&head[..], &tail].concat();
        let at_once = provider.hash.digest(algorithm, &[&whole]);
        assert_eq!(after_head.len(), algorithm.output_len(), "{algorithm:?}: length");
        assert_eq!(Some(running.so_far()), at_once, "{algorithm:?}: in pieces as at once");
        assert_eq!(fork.so_far(), after_head, "{algorithm:?}: a fork stays where it was");
        if !whole.is_empty() {
            let other = provider.hash.digest(algorithm, &[&altered(random, &whole)]);
            assert_ne!(other, at_once, "{algorithm:?}: a changed bit changes the hash");
        }
        report.held();
    }
}

fn macs(provider: &Provider, random: &mut Random, report: &mut Report) {
    for algorithm in HASHES {
        let (secret, message) =
            (random.bytes::<24>(), [some_bytes(random), random.bytes::<4>().to_vec()].concat());
        let Some(key) = provider.mac.key(algorithm, &secret) else {
            report.not_offered(format!("HMAC over {algorithm:?}"));
            continue;
        };
        let tag = key.sign(&[&message]);
        let cut = random.below(message.len() as u32) as usize;
        assert_eq!(tag.len(), algorithm.output_len(), "HMAC over {algorithm:?}: length");
        assert_eq!(key.sign(&[&message[..cut], &message[cut..]]), tag, "HMAC in parts as at once");
        assert!(
            key.verify(&[&message], &tag) && key.verify(&[&message], &tag[..4]),
            "HMAC verifies, also cut"
        );
        assert!(
            !key.verify(&[&message], &tag[..3]) && !key.verify(&[&message], &[]),
            "three bytes are no MAC"
        );
        assert!(!key.verify(&[&message], &[&tag[..], &[0]].concat()), "a longer tag is no MAC");
        assert!(!key.verify(&[&altered(random, &message)], &tag), "HMAC notices a changed message");
        assert!(!key.verify(&[&message], &altered(random, &tag)), "HMAC notices a changed tag");
        let other = provider.mac.key(algorithm, &altered(random, &secret));
        assert!(other.is_some_and(|other| !other.verify(&[&message], &tag)), "HMAC notices another key");
        report.held();
    }
}

fn aeads(provider: &Provider, random: &mut Random, report: &mut Report) {
    for algorithm in [AeadAlgorithm::Aes128Gcm, AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305] {
        let mut secret = vec![0; algorithm.key_len()];
        random.fill(&mut secret);
        assert!(provider.aead.key(algorithm, &secret[1..]).is_none(), "{algorithm:?}: a short key is no key");
        let Some(key) = provider.aead.key(algorithm, &secret) else {
            report.not_offered(format!("{algorithm:?}"));
            continue;
        };
        let (nonce, aad, plaintext) = (random.bytes(), random.bytes::<13>(), some_bytes(random));
        let mut sealed = plaintext.clone();
        let tag = key.seal(&nonce, &aad, &mut sealed);
        sealed.extend_from_slice(&tag);
        let opens = |nonce: &[u8], aad: &[u8], mut bytes: Vec<u8>| {
            let mut array = [0; NONCE_LEN];
            array.copy_from_slice(nonce);
            key.open(&array, aad, &mut bytes).map(|plaintext| plaintext.to_vec())
        };
        assert_eq!(
            opens(&nonce, &aad, sealed.clone()),
            Some(plaintext),
            "{algorithm:?}: opens what it sealed"
        );
        assert_eq!(
            opens(&altered(random, &nonce), &aad, sealed.clone()),
            None,
            "{algorithm:?}: another nonce"
        );
        assert_eq!(
            opens(&nonce, &altered(random, &aad), sealed.clone()),
            None,
            "{algorithm:?}: another header"
        );
        assert_eq!(opens(&nonce, &aad, altered(random, &sealed)), None, "{algorithm:?}: a changed bit");
        assert_eq!(opens(&nonce, &aad, sealed[..sealed.len() - 1].to_vec()), None, "{algorithm:?}: cut");
        assert_eq!(
            opens(&nonce, &aad, sealed[..TAG_LEN - 1].to_vec()),
            None,
            "{algorithm:?}: less than a tag"
        );
        report.held();
    }
}

fn ciphers(provider: &Provider, random: &mut Random, report: &mut Report) {
    assert!(provider.cipher.aes(&[0; 17]).is_none(), "17 bytes are no AES key");
    for len in [16, 24, 32] {
        let Some(key) = provider.cipher.aes(&random.bytes::<32>()[..len]) else {
            report.not_offered(format!("AES-{}", len * 8));
            continue;
        };
        // Near the end, so that the carry runs through all 128 bits.
        let first = u128::MAX - u128::from(random.below(4));
        let plaintext = some_bytes(random);
        let mut bytes = plaintext.clone();
        key.counter_mode(&first.to_be_bytes(), &mut bytes);
        for (index, (cipher, plain)) in bytes.chunks(16).zip(plaintext.chunks(16)).enumerate() {
            let mut block = first.wrapping_add(index as u128).to_be_bytes();
            key.encrypt_block(&mut block);
            let stream: Vec<u8> = cipher.iter().zip(plain).map(|(cipher, plain)| cipher ^ plain).collect();
            assert_eq!(stream, block[..stream.len()], "counter mode is the encryption of its counters");
        }
        key.counter_mode(&first.to_be_bytes(), &mut bytes);
        assert_eq!(bytes, plaintext, "counter mode undoes itself");
        report.held();
    }
}

fn key_exchange(provider: &Provider, random: &mut Random, report: &mut Report) {
    for (group, share_len) in
        [(NamedGroup::X25519, 32), (NamedGroup::SECP256R1, 65), (NamedGroup::SECP384R1, 97)]
    {
        let start = || provider.key_exchange.start(group);
        let Some(ours) = start() else {
            report.not_offered(format!("{group:?}"));
            continue;
        };
        assert!(provider.key_exchange.groups().contains(&group), "{group:?} is among the groups");
        let share = ours.share().to_vec();
        assert_eq!(share.len(), share_len, "{group:?}: length of a share");
        let (answer, theirs) =
            provider.key_exchange.answer(group, &share).expect("an answer to a good share");
        assert_eq!(ours.finish(&answer), Ok(theirs), "{group:?}: both sides agree");
        let refuses = |share: &[u8]| start().is_none_or(|ours| ours.finish(share).is_err());
        assert!(refuses(&share[1..]) && refuses(&[]), "{group:?}: a short share");
        assert!(refuses(&vec![0; share_len]), "{group:?}: zeros");
        if share_len > 32 {
            assert!(refuses(&altered(random, &share)), "{group:?}: a point off the curve");
        }
        report.held();
    }
    assert!(provider.key_exchange.start(NamedGroup(0x0a0a)).is_none(), "an unknown group is not offered");
}

fn signatures(provider: &Provider, random: &mut Random, report: &mut Report) {
    for kind in [KeyKind::EcdsaP256, KeyKind::EcdsaP384, KeyKind::Rsa, KeyKind::Ed25519] {
        let Some(key) = provider.sign.generate(kind) else {
            report.not_offered(format!("making {kind:?} keys"));
            continue;
        };
        assert_eq!(key.kind(), kind, "the kind that was asked for");
        let message = [some_bytes(random), vec![1]].concat();
        for scheme in kind.schemes() {
            let signature = key.sign(*scheme, &message).expect("a key signs with every scheme of its kind");
            let verifies = |key: &[u8], message: &[u8], signature: &[u8]| {
                provider.verify.verify(*scheme, kind, key, message, signature).is_ok()
            };
            let public = key.public_key();
            assert!(verifies(public, &message, &signature), "{scheme:?}: verifies");
            assert!(!verifies(public, &altered(random, &message), &signature), "{scheme:?}: another message");
            assert!(
                !verifies(public, &message, &altered(random, &signature)),
                "{scheme:?}: a changed signature"
            );
            assert!(!verifies(&altered(random, public), &message, &signature), "{scheme:?}: another key");
            assert!(!verifies(public, &message, &[]), "{scheme:?}: no signature");
            report.held();
        }
        let foreign = if kind == KeyKind::Ed25519 { KeyKind::Rsa } else { KeyKind::Ed25519 };
        for scheme in foreign.schemes() {
            assert_eq!(
                key.sign(*scheme, &message),
                Err(CryptoError::Unsupported),
                "{kind:?} with {scheme:?}"
            );
        }
    }
    assert!(provider.sign.load_pkcs8(&[]).is_err(), "no bytes are no key");
}
