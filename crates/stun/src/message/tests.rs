use alloc::vec::Vec;

use limpid_crypto::ring;

use super::*;
use crate::builder::Builder;
use crate::error::{FingerprintError, IntegrityError};
use crate::{Attribute, short_term_key};

fn plain(attributes: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Builder::new(&mut bytes, Class::Request, Method::BINDING, TransactionId([9; 12])).finish();
    bytes[3] = attributes.len() as u8;
    bytes.extend_from_slice(attributes);
    bytes
}

fn fault(bytes: &[u8]) -> (&'static str, usize, ParseErrorKind) {
    let fault = Message::parse(bytes).map(|_| ()).unwrap_err();
    (fault.field, fault.offset, fault.kind)
}

#[test]
fn class_and_method_bits_are_woven_as_in_figure_3() {
    //~ covers 8489-5-a
    assert_eq!(message_type(Class::Request, Method::BINDING), 0x0001);
    assert_eq!(message_type(Class::Success, Method::BINDING), 0x0101);
    assert_eq!(message_type(Class::Error, Method::ALLOCATE), 0x0113);
    assert_eq!(message_type(Class::Indication, Method::DATA), 0x0017);
    assert_eq!(message_type(Class::Error, Method(0xfff)), 0x3fff);
    for class in [Class::Request, Class::Indication, Class::Success, Class::Error] {
        for method in (0..0x1000).map(Method) {
            let ty = message_type(class, method);
            assert_eq!((class_of(ty), method_of(ty), ty & 0xc000), (class, method, 0));
        }
    }
}

#[test]
fn the_fixed_fields_are_checked() {
    //~ covers 8489-5-b neg, 8489-5-c neg, 8489-6.3-a neg
    use ParseErrorKind::*;
    let good = plain(&[0x80, 0x22, 0, 1, b'a', 0, 0, 0]);
    assert!(Message::parse(&good).is_ok());
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    assert_eq!(fault(&good[..19]), ("header", 0, Truncated));
    assert_eq!(fault(&with(0, 0x80)), ("message type", 0, BadValue));
    assert_eq!(fault(&with(0, 0x40)), ("message type", 0, BadValue));
    assert_eq!(fault(&with(7, 0x43)), ("magic cookie", 4, BadValue));
    assert_eq!(fault(&with(3, 7)), ("message length", 2, BadLength));
    assert_eq!(fault(&with(3, 12)), ("message length", 2, Truncated));
    assert_eq!(fault(&with(3, 4)), ("message length", 2, TrailingBytes));
    assert!(!looks_like_stun(&with(3, 4)) && looks_like_stun(&good));
}

#[test]
fn an_attribute_may_not_run_over_the_end() {
    //~ covers 8489-14-a neg
    use ParseErrorKind::*;
    assert_eq!(fault(&plain(&[0x80, 0x22, 0, 5, 1, 2, 3, 4])), ("attribute length", 22, Truncated));
    assert_eq!(fault(&plain(&[0, 8, 0, 4, 1, 2, 3, 4])), ("attribute length", 22, BadLength));
    assert_eq!(
        fault(&plain(&[0, 0x1c, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2])),
        ("attribute length", 22, BadLength)
    );
}

#[test]
fn nothing_may_stand_behind_fingerprint() {
    //~ covers 8489-14.7-c neg
    let bytes = plain(&[0x80, 0x28, 0, 4, 1, 2, 3, 4, 0x80, 0x22, 0, 0]);
    assert_eq!(fault(&bytes), ("FINGERPRINT", 28, ParseErrorKind::TrailingBytes));
}

#[test]
fn padding_may_be_anything_and_the_first_of_two_counts() {
    //~ covers 8489-14-b, 8489-14-d
    let bytes = plain(&[0x80, 0x22, 0, 1, b'a', 0xff, 0xfe, 0xfd, 0x80, 0x22, 0, 1, b'b', 0, 0, 0]);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.software(), Some("a"));
    assert_eq!(message.attributes().count(), 2);
}

#[test]
fn what_stands_behind_the_integrity_is_ignored() {
    //~ covers 8489-9-a neg, 8489-9-b neg
    let provider = ring::provider();
    let sha1 = short_term_key(&provider, "secret").unwrap();
    let sha256 = crate::auth::short_term_key_sha256(&provider, "secret").unwrap();
    let forged = [0x80, 0x22, 0, 1, b'x', 0, 0, 0, 0, 0x25, 0, 0];
    for sha256_first in [false, true] {
        let mut bytes = Vec::new();
        let builder = Builder::new(&mut bytes, Class::Request, Method::BINDING, TransactionId([1; 12]))
            .attribute(&Attribute::Priority(7));
        match sha256_first {
            true => builder.integrity_sha256(&*sha256).finish(),
            false => builder.integrity(&*sha1).finish(),
        };
        bytes.extend_from_slice(&forged);
        bytes[3] += forged.len() as u8;
        let message = Message::parse(&bytes).unwrap();
        assert_eq!((message.software(), message.use_candidate()), (None, false));
        assert_eq!(message.priority(), Some(7));
        assert_eq!(message.all_attributes().filter(|raw| raw.ignored).count(), 2);
        match sha256_first {
            true => assert_eq!(message.verify_integrity_sha256(&*sha256), Ok(())),
            false => assert_eq!(message.verify_integrity(&*sha1), Ok(())),
        }
    }
}

#[test]
fn a_second_mac_does_not_make_believed_what_stands_between_the_two() {
    //~ covers 8489-9-b neg
    // SHA256, a forged attribute, a MESSAGE-INTEGRITY that nobody checked.
    let sha256 = crate::auth::short_term_key_sha256(&ring::provider(), "secret").unwrap();
    let mut bytes = Vec::new();
    Builder::new(&mut bytes, Class::Request, Method::BINDING, TransactionId([1; 12]))
        .integrity_sha256(&*sha256)
        .finish();
    bytes.extend_from_slice(&[0, 0x25, 0, 0, 0, 8, 0, 20]);
    bytes.extend_from_slice(&[0; 20]);
    bytes[3] += 28;
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.verify_integrity_sha256(&*sha256), Ok(()));
    assert!(!message.use_candidate());
    assert_eq!(message.verify_integrity(&*sha256), Err(IntegrityError::Missing));
}

#[test]
fn a_truncated_sha256_is_refused_unless_the_usage_allows_it() {
    //~ covers 8489-14.6-b neg
    let sha256 = crate::auth::short_term_key_sha256(&ring::provider(), "secret").unwrap();
    let mut bytes = plain(&[]);
    bytes[3] = 20;
    let mac = sha256.sign(&[&bytes]);
    bytes.extend_from_slice(&[0, 0x1c, 0, 16]);
    bytes.extend_from_slice(&mac[..16]);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.verify_integrity_sha256(&*sha256), Err(IntegrityError::Mismatch));
    assert_eq!(message.verify_integrity_sha256_truncated(&*sha256, 20), Err(IntegrityError::Mismatch));
    assert_eq!(message.verify_integrity_sha256_truncated(&*sha256, 16), Ok(()));
}

#[test]
fn missing_protection_is_told_from_wrong_protection() {
    let key = short_term_key(&ring::provider(), "secret").unwrap();
    let other = short_term_key(&ring::provider(), "Secret").unwrap();
    let bare = plain(&[]);
    let message = Message::parse(&bare).unwrap();
    assert_eq!(message.verify_integrity(&*key), Err(IntegrityError::Missing));
    assert_eq!(message.verify_fingerprint(), Err(FingerprintError::Missing));
    let mut bytes = Vec::new();
    Builder::new(&mut bytes, Class::Request, Method::BINDING, TransactionId([1; 12]))
        .integrity(&*key)
        .fingerprint();
    assert_eq!(Message::parse(&bytes).unwrap().verify_integrity(&*other), Err(IntegrityError::Mismatch));
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(Message::parse(&bytes).unwrap().verify_fingerprint(), Err(FingerprintError::Mismatch));
}

#[test]
fn unknown_required_attributes_are_listed_and_optional_ones_are_not() {
    //~ covers 8489-6.3-b, 8489-14-e
    let bytes = plain(&[0x7f, 1, 0, 0, 0xff, 1, 0, 0, 0, 6, 0, 0]);
    let message = Message::parse(&bytes).unwrap();
    let unknown: Vec<_> = message.unknown_required(|ty| ty.name().is_some()).collect();
    assert_eq!(unknown, [AttributeType(0x7f01)]);
}

#[test]
fn a_message_never_grows_over_its_length_field() {
    let big = [0_u8; 40_000];
    let mut bytes = Vec::new();
    let len = Builder::new(&mut bytes, Class::Indication, Method::SEND, TransactionId([1; 12]))
        .attribute(&Attribute::Data(&big))
        .attribute(&Attribute::Data(&big))
        .attribute(&Attribute::Priority(1))
        .fingerprint();
    assert_eq!(len, 20 + 40_004 + 8 + 8, "the second does not fit and is left out whole");
    let message = Message::parse(&bytes).unwrap();
    assert_eq!((message.verify_fingerprint(), message.priority()), (Ok(()), Some(1)));
}
