use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::builder::Builder;
use crate::message::{Class, Message, Method};

const ID: TransactionId = TransactionId([5; 12]);

fn parse(ty: AttributeType, value: &[u8]) -> Result<Attribute<'_>, ParseError> {
    Attribute::parse(ty, value, ID)
}

#[test]
fn the_table_has_every_number_once_and_splits_at_0x8000() {
    //~ covers 8489-14-e, 8489-18.3-a
    let mut numbers: Vec<_> = AttributeType::KNOWN.iter().map(|ty| ty.0).collect();
    assert!(numbers.is_sorted(), "in the order of the registry");
    numbers.dedup();
    assert_eq!(numbers.len(), AttributeType::KNOWN.len());
    assert!(AttributeType(0x7fff).is_comprehension_required());
    assert!(!AttributeType(0x8000).is_comprehension_required());
    for (ty, number) in [
        (AttributeType::USERNAME, 0x0006),
        (AttributeType::XOR_MAPPED_ADDRESS, 0x0020),
        (AttributeType::PASSWORD_ALGORITHMS, 0x8002),
        (AttributeType::FINGERPRINT, 0x8028),
    ] {
        assert_eq!(ty.0, number);
    }
}

#[test]
fn reserved_bits_are_ignored_and_sent_as_zero() {
    //~ covers 8489-14.8-a
    let error = Attribute::ErrorCode(ErrorCode { code: 438, reason: "x" });
    assert_eq!(parse(AttributeType::ERROR_CODE, &[0xff, 0xff, 0xf8 | 4, 38, b'x']), Ok(error));
    let channel = Attribute::ChannelNumber(0x4001);
    assert_eq!(parse(AttributeType::CHANNEL_NUMBER, &[0x40, 1, 0xff, 0xff]), Ok(channel));
    assert_eq!(parse(AttributeType::EVEN_PORT, &[0x7f]), Ok(Attribute::EvenPort { reserve: false }));
    let mut out = Vec::new();
    Builder::new(&mut out, Class::Error, Method::BINDING, ID).attribute(&error).attribute(&channel).finish();
    assert_eq!(out[20..], [0, 9, 0, 5, 0, 0, 4, 38, b'x', 0, 0, 0, 0, 12, 0, 4, 0x40, 1, 0, 0]);
}

#[test]
fn an_error_code_is_300_to_699() {
    //~ covers 8489-14.8-b neg
    for bad in [[0, 0, 2, 0], [0, 0, 7, 0], [0, 0, 0, 0], [0, 0, 4, 100]] {
        assert!(parse(AttributeType::ERROR_CODE, &bad).is_err(), "{bad:?}");
    }
    let highest = ErrorCode { code: 699, reason: "" };
    assert_eq!(parse(AttributeType::ERROR_CODE, &[0, 0, 6, 99]), Ok(Attribute::ErrorCode(highest)));
    assert!(!Attribute::ErrorCode(ErrorCode { code: 299, reason: "" }).is_legal());
}

#[test]
fn texts_are_utf8_read_up_to_763_bytes_and_written_up_to_508() {
    //~ covers 8489-14.3-a, 8489-14.3-b neg
    let long = String::from_utf8(alloc::vec![b'a'; 764]).unwrap();
    assert_eq!(
        parse(AttributeType::USERNAME, &long.as_bytes()[..763]),
        Ok(Attribute::Username(&long[..763]))
    );
    let fault = parse(AttributeType::USERNAME, long.as_bytes()).unwrap_err();
    assert_eq!(fault.kind, ParseErrorKind::TooLarge);
    assert_eq!(parse(AttributeType::REALM, &[0xff]).unwrap_err().kind, ParseErrorKind::BadValue);
    assert!(Attribute::Nonce(&long[..508]).is_legal() && !Attribute::Nonce(&long[..509]).is_legal());
    let mut out = Vec::new();
    let builder = Builder::new(&mut out, Class::Request, Method::BINDING, ID);
    assert_eq!(builder.attribute(&Attribute::Username(&long[..509])).finish(), 20, "left out whole");
}

#[test]
fn a_malformed_value_is_absent_to_getters_and_a_fault_with_its_place_to_get() {
    let bytes =
        [0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x24, 0, 3, 1, 2, 3, 0];
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.priority(), None);
    let fault = message.get(AttributeType::PRIORITY).unwrap_err();
    assert_eq!((fault.field, fault.offset, fault.kind), ("priority", 24, ParseErrorKind::Truncated));
}

#[test]
fn unknown_attributes_are_two_bytes_a_type_with_ordinary_padding() {
    //~ covers 8489-14.13-a
    let mut out = Vec::new();
    let types = [AttributeType(0x7f01), AttributeType(3), AttributeType(0x0026)];
    Builder::new(&mut out, Class::Error, Method::BINDING, ID).unknown_attributes(types.into_iter()).finish();
    assert_eq!(out[20..], [0, 10, 0, 6, 0x7f, 1, 0, 3, 0, 0x26, 0, 0]);
    let message = Message::parse(&out).unwrap();
    assert_eq!(message.unknown_attributes().unwrap().iter().collect::<Vec<_>>(), types);
    assert!(UnknownAttributes::from_wire(&[1]).is_err());
}

#[test]
fn several_peers_may_stand_in_one_request() {
    let mut out = Vec::new();
    let peers = [([10, 0, 0, 1], 1).into(), ([10, 0, 0, 2], 0).into()];
    Builder::new(&mut out, Class::Request, Method::CREATE_PERMISSION, ID)
        .attribute(&Attribute::XorPeerAddress(peers[0]))
        .attribute(&Attribute::XorPeerAddress(peers[1]))
        .finish();
    let message = Message::parse(&out).unwrap();
    assert_eq!(message.xor_peer_addresses().collect::<Vec<_>>(), peers);
    assert_eq!(message.xor_peer_address(), Some(peers[0]));
}

#[test]
fn names_are_those_of_the_registry() {
    assert_eq!(alloc::format!("{:?}", AttributeType::XOR_MAPPED_ADDRESS), "XOR-MAPPED-ADDRESS");
    assert_eq!(alloc::format!("{:?}", AttributeType(0x7f01)), "attribute 0x7f01");
    assert_eq!(alloc::format!("{}", ErrorCode::STALE_NONCE), "438 Stale Nonce");
    let rude = ErrorCode { code: 400, reason: "\u{1b}[2J" };
    assert_eq!(alloc::format!("{rude}"), "400 \\u{1b}[2J", "control bytes are not printed");
}
