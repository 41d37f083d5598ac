use core::net::Ipv6Addr;

use super::*;
use crate::message::TransactionId;

const ID: TransactionId = TransactionId([6; 12]);

fn from() -> SocketAddr {
    ([192, 0, 2, 1], 32853).into()
}

fn request(class: Class, attributes: &[Attribute<'_>], fingerprint: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut builder = Builder::new(&mut out, class, Method::BINDING, ID);
    for attribute in attributes {
        builder = builder.attribute(attribute);
    }
    if fingerprint {
        builder.fingerprint()
    } else {
        builder.finish()
    };
    out
}

fn answered(request: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let mut out = b"kept".to_vec();
    let len = answer(request, from, &mut out);
    assert_eq!((&out[..4], len.unwrap_or(0)), (&b"kept"[..], out.len() - 4));
    len.map(|_| out.split_off(4))
}

#[test]
fn the_answer_says_where_the_request_came_from() {
    //~ covers 8489-6.3.1.1-a, 8489-12-a
    let v6 = SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9));
    for from in [from(), v6] {
        let bytes = answered(&request(Class::Request, &[], false), from).unwrap();
        let message = Message::parse(&bytes).unwrap();
        assert_eq!((message.class(), message.method()), (Class::Success, Method::BINDING));
        assert_eq!((message.transaction_id(), message.xor_mapped_address()), (ID, Some(from)));
        assert!(!message.has_fingerprint());
        assert_eq!(answered(&request(Class::Request, &[], false), from), Some(bytes), "idempotent"); //~ covers 8489-6.3.1-b
    }
    let mapped: SocketAddr = "[::ffff:192.0.2.1]:32853".parse().unwrap();
    let bytes = answered(&request(Class::Request, &[], false), mapped).unwrap();
    assert_eq!(Message::parse(&bytes).unwrap().xor_mapped_address(), Some(self::from()));
}

#[test]
fn what_it_does_not_understand_is_named_in_a_420() {
    //~ covers 8489-6.3.1-a neg, 8489-6.3.1.1-b, 8489-14.13-a
    let wishes = [
        Attribute::ChangeRequest { address: true, port: true },
        Attribute::Software("a browser"),
        Attribute::Other(AttributeType(0x7f01), b"?"),
        Attribute::Other(AttributeType(0xff01), b"ignored"),
    ];
    let bytes = answered(&request(Class::Request, &wishes, false), from()).unwrap();
    let message = Message::parse(&bytes).unwrap();
    assert_eq!((message.class(), message.error_code().map(|error| error.code)), (Class::Error, Some(420)));
    let listed: Vec<_> = message.unknown_attributes().unwrap().iter().collect();
    assert_eq!(listed, [AttributeType::CHANGE_REQUEST, AttributeType(0x7f01)]);
    assert_eq!(message.xor_mapped_address(), None);
}

#[test]
fn credentials_and_checks_of_ice_are_known_but_not_expected() {
    //~ covers 8489-6.3-c, 8489-12-b
    let extra = [Attribute::Username("a:b"), Attribute::Priority(1), Attribute::UseCandidate];
    let bytes = answered(&request(Class::Request, &extra, false), from()).unwrap();
    assert_eq!(Message::parse(&bytes).unwrap().class(), Class::Success);
}

#[test]
fn a_fingerprint_is_answered_with_one_and_a_wrong_one_is_dropped() {
    //~ covers 8489-12-c, 8489-6.3-a neg
    let mut bytes = request(Class::Request, &[], true);
    let response = answered(&bytes, from()).unwrap();
    assert_eq!(Message::parse(&response).unwrap().verify_fingerprint(), Ok(()));
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(answered(&bytes, from()), None);
}

#[test]
fn everything_else_gets_no_answer() {
    //~ covers 8489-6.3.2-a neg
    for class in [Class::Indication, Class::Success, Class::Error] {
        assert_eq!(answered(&request(class, &[], false), from()), None);
    }
    assert_eq!(answered(b"GET / HTTP/1.1\r\n\r\n", from()), None);
    for nowhere in ["192.0.2.1:0", "0.0.0.0:5", "224.0.0.1:5", "255.255.255.255:5", "[ff02::1]:5"] {
        assert_eq!(
            answered(&request(Class::Request, &[], false), nowhere.parse().unwrap()),
            None,
            "{nowhere}"
        );
    }
}

#[test]
fn an_answer_is_at_most_12_bytes_longer_than_its_request_and_over_ipv6_24() {
    let growth = |attributes: &[Attribute<'_>], fingerprint: bool, from: &str| {
        let bytes = request(Class::Request, attributes, fingerprint);
        answered(&bytes, from.parse().unwrap()).unwrap().len() as isize - bytes.len() as isize
    };
    for (from, bound) in [("192.0.2.1:9", 12), ("[::ffff:192.0.2.1]:9", 12), ("[2001:db8::1]:9", 24)] {
        for fingerprint in [false, true] {
            assert_eq!(growth(&[], fingerprint, from), bound, "the bare request is the worst");
            for count in 1..40 {
                let unknown: Vec<_> =
                    (0..count).map(|n| Attribute::Other(AttributeType(0x7f00 + n), &[])).collect();
                assert!(growth(&unknown, fingerprint, from) <= 12, "{count} unknown");
            }
        }
        assert!(growth(&[Attribute::Software("twenty characters ..")], false, from) <= 0);
    }
}
