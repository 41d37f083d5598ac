//! RFC 5769 §2 and RFC 8489 §B.1: read, checked, and written again as the same bytes.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use limpid_crypto::{HashAlgorithm, Provider, ring};
use limpid_stun::auth::{long_term_key, userhash};
use limpid_stun::*;
use serde_json::Value;

const RFC_5769: &str = include_str!("vectors/stun_rfc5769.json");
const RFC_8489: &str = include_str!("vectors/stun_rfc8489_b1.json");

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn case(file: &str, id: &str) -> Value {
    let file: Value = serde_json::from_str(file).unwrap();
    let cases = file["cases"].as_array().unwrap();
    cases.iter().find(|case| case["id"] == id).unwrap_or_else(|| panic!("no case {id}")).clone()
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case["params"][name].as_str().unwrap()
}

fn bytes(case: &Value, name: &str) -> Vec<u8> {
    hex(case[name].as_str().unwrap())
}

fn mac_key(provider: &Provider, algorithm: HashAlgorithm, key: &[u8]) -> Box<dyn limpid_crypto::MacKey> {
    provider.mac.key(algorithm, key).unwrap()
}

/// Writes what the vector holds; the vectors of RFC 5769 pad with spaces where we pad with zeros.
fn rebuild(parsed: &Message<'_>, key: &dyn limpid_crypto::MacKey) -> Vec<u8> {
    let mut out = b"in front".to_vec();
    let mut builder = Builder::new(&mut out, parsed.class(), parsed.method(), parsed.transaction_id());
    for raw in parsed.all_attributes() {
        let attribute = Attribute::parse(raw.ty, raw.value, parsed.transaction_id()).unwrap();
        builder = builder.attribute(&attribute); // leaves out what protects: that comes by verbs
    }
    let len = match (parsed.has_integrity(), parsed.has_fingerprint()) {
        (true, true) => builder.integrity(key).fingerprint(),
        (true, false) => builder.integrity(key).finish(),
        (false, _) => builder.finish(),
    };
    assert_eq!((&out[..8], len), (&b"in front"[..], out.len() - 8));
    out.split_off(8)
}

/// The vector with its padding set to zero and its MAC and CRC made anew: by RFC 8489 §14 padding is zero when sent.
fn with_zero_padding(vector: &[u8], key: &dyn limpid_crypto::MacKey) -> Vec<u8> {
    let mut zeroed = vector.to_vec();
    let message = Message::parse(vector).unwrap();
    for raw in message.all_attributes() {
        let end = raw.offset + 4 + raw.value.len();
        zeroed[end..end.next_multiple_of(4)].fill(0);
        let total = zeroed.len();
        match raw.ty {
            AttributeType::MESSAGE_INTEGRITY => {
                let mut start = zeroed[..raw.offset].to_vec();
                start[2..4].copy_from_slice(&((raw.offset + 24 - 20) as u16).to_be_bytes());
                zeroed[raw.offset + 4..raw.offset + 24].copy_from_slice(&key.sign(&[&start]));
            }
            AttributeType::FINGERPRINT => {
                let crc = crc32fast::hash(&zeroed[..raw.offset]) ^ 0x5354_554e;
                zeroed[total - 4..].copy_from_slice(&crc.to_be_bytes());
            }
            _ => {}
        }
    }
    zeroed
}

#[test]
fn the_four_messages_of_rfc_5769_are_read_verified_and_written() {
    //~ covers 5769-2-a, 5769-2-b, 8489-14.5-a, 8489-14.7-a, 8489-14-b
    let provider = ring::provider();
    for id in ["rfc5769-2.1", "rfc5769-2.2", "rfc5769-2.3", "rfc5769-2.4"] {
        let case = case(RFC_5769, id);
        let vector = bytes(&case, "message_hex");
        let key = mac_key(&provider, HashAlgorithm::Sha1, &bytes(&case, "hmac_key_hex"));
        let message = Message::parse(&vector).unwrap();
        assert_eq!(message.verify_integrity(&*key), Ok(()), "{id}");
        let fingerprint = message.verify_fingerprint();
        let expected = case["has_fingerprint"].as_bool().unwrap();
        assert_eq!(fingerprint.is_ok(), expected, "{id}: {fingerprint:?}");
        // Padding apart, our bytes are the RFC's bytes; without any padding they are the same throughout.
        let rebuilt = rebuild(&message, &*key);
        assert_eq!(rebuilt, with_zero_padding(&vector, &*key), "{id}");
        let padded = message.all_attributes().any(|raw| raw.value.len() % 4 != 0);
        assert_eq!(rebuilt == vector, !padded || id == "rfc5769-2.4", "{id}");
    }
}

#[test]
fn the_fields_of_rfc_5769_are_what_the_rfc_says() {
    //~ covers 5769-2-c, 8489-14.2-b
    let request = case(RFC_5769, "rfc5769-2.1");
    let vector = bytes(&request, "message_hex");
    let message = Message::parse(&vector).unwrap();
    assert_eq!((message.class(), message.method()), (Class::Request, Method::BINDING));
    assert_eq!(message.software(), Some(text(&request, "software")));
    assert_eq!(message.username(), Some(text(&request, "username")));
    assert_eq!(message.priority(), Some(0x6e00_01ff));
    assert_eq!(message.ice_controlled(), Some(0x932f_f9b1_5126_3b36));
    assert_eq!((message.ice_controlling(), message.use_candidate()), (None, false));
    for id in ["rfc5769-2.2", "rfc5769-2.3"] {
        let response = case(RFC_5769, id);
        let vector = bytes(&response, "message_hex");
        let message = Message::parse(&vector).unwrap();
        assert_eq!((message.class(), message.method()), (Class::Success, Method::BINDING));
        let mapped = text(&response, "xor_mapped_address").parse().unwrap();
        assert_eq!(message.xor_mapped_address(), Some(mapped), "{id}");
    }
    let long_term = case(RFC_5769, "rfc5769-2.4");
    let vector = bytes(&long_term, "message_hex");
    let message = Message::parse(&vector).unwrap();
    assert_eq!(message.username(), Some(text(&long_term, "username")));
    assert_eq!(message.realm(), Some(text(&long_term, "realm")));
    assert_eq!(message.nonce(), Some(text(&long_term, "nonce")));
}

#[test]
fn the_keys_of_rfc_5769_and_rfc_8489_come_out_of_their_passwords() {
    //~ covers 8489-9.1.1-a, 8489-9.2.2-a, 8489-18.5.1.2-a, 8489-14.4-a
    let provider = ring::provider();
    let short = case(RFC_5769, "rfc5769-2.1");
    let vector = bytes(&short, "message_hex");
    let key = short_term_key(&provider, text(&short, "password")).unwrap();
    assert_eq!(Message::parse(&vector).unwrap().verify_integrity(&*key), Ok(()));

    let simple = case(RFC_8489, "rfc8489-9.2.2-md5key");
    let account = Credentials::new(text(&simple, "username"), text(&simple, "password")).unwrap();
    let key = |account, hash, realm| long_term_key(&provider, hash, account, realm).unwrap().to_vec();
    for realm in ["realm", "\"realm\"", "realm\0\0"] {
        assert_eq!(key(&account, HashAlgorithm::Md5, realm), bytes(&simple, "key_md5_hex"), "{realm:?}");
    }

    let b1 = case(RFC_8489, "rfc8489-b1-as-printed");
    let account = Credentials::new(text(&b1, "username"), text(&b1, "password_prepared")).unwrap();
    let realm = text(&b1, "realm");
    assert_eq!(key(&account, HashAlgorithm::Md5, realm), bytes(&b1, "key_md5_hex"));
    assert_eq!(key(&account, HashAlgorithm::Sha256, realm), bytes(&b1, "key_sha256_hex"));
    assert_eq!(*userhash(&provider, account.username(), realm).unwrap(), *bytes(&b1, "userhash_hex"));
}

#[test]
fn the_message_of_rfc_8489_is_refused_as_printed_and_good_when_its_length_is_put_right() {
    //~ covers 8489-5-c neg, 8489-14.6-a
    let provider = ring::provider();
    let printed = case(RFC_8489, "rfc8489-b1-as-printed");
    let fault = Message::parse(&bytes(&printed, "message_hex")).map(|_| ()).unwrap_err();
    assert_eq!((fault.field, fault.offset), ("message length", 2));

    let case = case(RFC_8489, "rfc8489-b1-corrected");
    let vector = bytes(&case, "message_hex");
    let message = Message::parse(&vector).unwrap();
    let key = mac_key(&provider, HashAlgorithm::Sha256, &bytes(&case, "key_sha256_hex"));
    assert_eq!(message.verify_integrity_sha256(&*key), Ok(()));
    assert_eq!(message.verify_integrity(&*key), Err(IntegrityError::Missing));
    assert_eq!(message.userhash().map(|hash| hash.to_vec()), Some(bytes(&case, "userhash_hex")));
    assert_eq!(message.nonce(), Some(text(&case, "nonce")));
    assert_eq!(message.realm(), Some(text(&case, "realm")));

    let mut out = Vec::new();
    let mut builder = Builder::new(&mut out, Class::Request, Method::BINDING, message.transaction_id());
    for (ty, value) in message.attributes() {
        builder = builder.attribute(&Attribute::parse(ty, value, message.transaction_id()).unwrap());
    }
    assert_eq!(builder.integrity_sha256(&*key).finish(), vector.len());
    assert_eq!(out, vector);
}
