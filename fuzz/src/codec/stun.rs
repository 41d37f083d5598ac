//! STUN messages, and `stun:` and `turn:` URIs.

use std::str::FromStr;

use limpid_crypto::null;
use limpid_stun::{
    Attribute, AttributeType, Builder, Class, Message, Method, TransactionId, Uri, binding, short_term_key,
};

use crate::Outcome;

/// Parse, look at everything, write anew, parse again: the same attributes in the same order.
pub fn message(data: &[u8]) -> Outcome {
    let Ok(message) = Message::parse(data) else { return Outcome::Refused };
    let (class, method, id) = (message.class(), message.method(), message.transaction_id());
    let protects = [
        AttributeType::MESSAGE_INTEGRITY,
        AttributeType::MESSAGE_INTEGRITY_SHA256,
        AttributeType::FINGERPRINT,
    ];
    let attributes: Vec<Attribute<'_>> = message
        .attributes()
        .filter(|(ty, _)| !protects.contains(ty))
        .filter_map(|(ty, value)| Attribute::parse(ty, value, id).ok())
        .filter(Attribute::is_legal)
        .collect();
    let mut out = Vec::new();
    let mut builder = Builder::new(&mut out, class, method, id);
    for attribute in &attributes {
        builder = builder.attribute(attribute);
    }
    let len = builder.fingerprint();
    assert_eq!(len, out.len());
    let again = Message::parse(&out).expect("what was written can be read");
    assert_eq!((again.class(), again.method(), again.transaction_id()), (class, method, id));
    assert_eq!(again.verify_fingerprint(), Ok(()));
    let read = again.attributes().filter(|(ty, _)| !protects.contains(ty));
    let read: Vec<_> = read.map(|(ty, value)| Attribute::parse(ty, value, id).expect("legal")).collect();
    // A message as long as its length field allows has no room for a FINGERPRINT: attributes are left out whole.
    if data.len() < 60_000 {
        assert_eq!(read, attributes);
    }
    inspect(message);
    reply(data);
    Outcome::Accepted
}

/// Everything that can be asked of a message.
fn inspect(message: Message<'_>) {
    if let Some(key) = short_term_key(&null::provider(), "password") {
        let _ = message.verify_integrity(&*key);
        let _ = message.verify_integrity_sha256(&*key);
    }
    let _ = message.verify_fingerprint();
    let _ = (message.username(), message.priority(), message.xor_mapped_address(), message.error_code());
    let seen: usize = message.all_attributes().map(|raw| raw.value.len()).sum();
    assert!(seen <= message.as_bytes().len());
    let _ = format!("{message:?}");
}

/// A server's answer is a message, and at most an IPv4 address longer than its request: nobody is amplified.
fn reply(request: &[u8]) {
    let mut out = Vec::new();
    let from = "203.0.113.7:4242".parse().expect("an address");
    if let Some(len) = binding::answer(request, from, &mut out) {
        assert_eq!(len, out.len());
        let answer = Message::parse(&out).expect("a server answers with messages");
        assert!(matches!(answer.class(), Class::Success | Class::Error));
        assert!(out.len() <= request.len() + 12, "{} bytes for {}", out.len(), request.len());
    }
}

/// Parse, write, parse again.
pub fn uri(data: &[u8]) -> Outcome {
    let Some(uri) = std::str::from_utf8(data).ok().and_then(|text| Uri::from_str(text).ok()) else {
        return Outcome::Refused;
    };
    assert_eq!(Uri::from_str(&uri.to_string()).as_ref(), Ok(&uri));
    assert_ne!(uri.port_or_default(), 0);
    Outcome::Accepted
}

/// A check of an ICE agent, a response, an error with a challenge, an allocation.
pub fn message_seeds() -> Vec<Vec<u8>> {
    let key = short_term_key(&null::provider(), "password").expect("the null provider has every hash");
    let id = TransactionId(*b"twelve bytes");
    let write = |class, method, attributes: &[Attribute<'_>]| {
        let mut out = Vec::new();
        let builder = Builder::new(&mut out, class, method, id);
        let builder = attributes.iter().fold(builder, |builder, attribute| builder.attribute(attribute));
        builder.integrity(&*key).fingerprint();
        out
    };
    let address = "192.0.2.1:32853".parse().expect("an address");
    let v6 = "[2001:db8::1]:32853".parse().expect("an address");
    vec![
        write(
            Class::Request,
            Method::BINDING,
            &[
                Attribute::Username("evtj:h6vY"),
                Attribute::Priority(0x6e00_01ff),
                Attribute::IceControlling(7),
                Attribute::UseCandidate,
                Attribute::Software("seed"),
            ],
        ),
        write(
            Class::Success,
            Method::BINDING,
            &[Attribute::XorMappedAddress(address), Attribute::MappedAddress(v6)],
        ),
        write(Class::Success, Method::BINDING, &[Attribute::XorMappedAddress(v6)]),
        write(
            Class::Error,
            Method::BINDING,
            &[Attribute::Realm("example.org"), Attribute::Nonce("obMatJos2AAAB")],
        ),
        write(Class::Indication, Method::BINDING, &[]),
    ]
}

/// One of each form.
pub fn uri_seeds() -> Vec<Vec<u8>> {
    [
        "stun:example.org",
        "stuns:[2001:db8::1]:5349",
        "turn:192.0.2.1:3478?transport=udp",
        "turns:example.org:443?transport=tcp",
    ]
    .map(|uri| uri.as_bytes().to_vec())
    .into()
}
