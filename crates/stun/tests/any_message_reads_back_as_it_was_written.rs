//! Properties of the codec: what is written reads back; what is no message does no harm.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::{IpAddr, SocketAddr};

use limpid_crypto::ring;
use limpid_stun::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// An attribute that owns what [`Attribute`] borrows.
#[derive(Clone, Debug)]
enum Owned {
    Text(u8, String),
    Address(u8, SocketAddr),
    Number(u8, u64),
    Error(u16, String),
    Bytes(Vec<u8>),
    Algorithms(Vec<u8>),
    Hash([u8; 32]),
    Other(u16, Vec<u8>),
}

impl Owned {
    fn lend(&self) -> Attribute<'_> {
        match self {
            Owned::Text(which, text) => match which % 4 {
                0 => Attribute::Username(text),
                1 => Attribute::Realm(text),
                2 => Attribute::Nonce(text),
                _ => Attribute::Software(text),
            },
            Owned::Address(which, address) => match which % 7 {
                0 => Attribute::MappedAddress(*address),
                1 => Attribute::XorMappedAddress(*address),
                2 => Attribute::XorPeerAddress(*address),
                3 => Attribute::XorRelayedAddress(*address),
                4 => Attribute::AlternateServer(*address),
                5 => Attribute::ResponseOrigin(*address),
                _ => Attribute::OtherAddress(*address),
            },
            Owned::Number(which, n) => match which % 16 {
                0 => Attribute::ChannelNumber(*n as u16),
                1 => Attribute::Lifetime(*n as u32),
                2 => Attribute::Priority(*n as u32),
                3 => Attribute::ConnectionId(*n as u32),
                4 => Attribute::IceControlled(*n),
                5 => Attribute::IceControlling(*n),
                6 => Attribute::EvenPort { reserve: n % 2 == 0 },
                7 => Attribute::RequestedTransport(*n as u8),
                8 => Attribute::DontFragment,
                9 => Attribute::UseCandidate,
                10 => Attribute::ReservationToken(n.to_be_bytes()),
                11 => Attribute::RequestedAddressFamily(AddressFamily::Ipv6),
                12 => Attribute::AdditionalAddressFamily(AddressFamily::Ipv4),
                13 => Attribute::Icmp { icmp_type: *n as u8, code: 4, data: *n as u32 },
                14 => Attribute::ChangeRequest { address: n % 2 == 0, port: n % 3 == 0 },
                _ => Attribute::PasswordAlgorithm(PasswordAlgorithm::SHA256),
            },
            Owned::Error(code, reason) if code % 2 == 0 => {
                Attribute::ErrorCode(ErrorCode { code: *code, reason })
            }
            Owned::Error(code, reason) => {
                Attribute::AddressErrorCode(AddressFamily::Ipv6, ErrorCode { code: *code, reason })
            }
            Owned::Bytes(bytes) => Attribute::Data(bytes),
            Owned::Algorithms(wire) => {
                Attribute::PasswordAlgorithms(PasswordAlgorithms::from_wire(wire).unwrap())
            }
            Owned::Hash(hash) => Attribute::UserHash(hash),
            Owned::Other(ty, value) => Attribute::Other(AttributeType(*ty), value),
        }
    }
}

fn attribute() -> impl Strategy<Value = Owned> {
    let address = (any::<IpAddr>(), any::<u16>()).prop_map(|(ip, port)| SocketAddr::new(ip, port));
    prop_oneof![
        (any::<u8>(), "[a-zA-Z0-9:/é漢]{0,100}").prop_map(|(which, text)| Owned::Text(which, text)),
        (any::<u8>(), address).prop_map(|(which, address)| Owned::Address(which, address)),
        (any::<u8>(), any::<u64>()).prop_map(|(which, n)| Owned::Number(which, n)),
        (300..700_u16, "[ -~]{0,60}").prop_map(|(code, reason)| Owned::Error(code, reason)),
        vec(any::<u8>(), 0..200).prop_map(Owned::Bytes),
        Just(Owned::Algorithms(vec![0, 2, 0, 0, 0, 1, 0, 0])),
        any::<[u8; 32]>().prop_map(Owned::Hash),
        (0x7f00..0x8000_u16, vec(any::<u8>(), 0..30)).prop_map(|(ty, value)| Owned::Other(ty, value)),
    ]
}

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![Just(Class::Request), Just(Class::Indication), Just(Class::Success), Just(Class::Error)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    //~ covers 8489-5-a, 8489-5-b, 8489-14-a, 8489-14-c
    #[test]
    fn what_is_written_reads_back(
        class in class(), method in 0..0x1000_u16, id in any::<[u8; 12]>(), list in vec(attribute(), 0..8),
        protect in 0..4_u8, fingerprint in any::<bool>(),
    ) {
        let provider = ring::provider();
        let sha1 = short_term_key(&provider, "secret").unwrap();
        let sha256 = auth::short_term_key_sha256(&provider, "secret").unwrap();
        let mut out = Vec::new();
        let mut builder = Builder::new(&mut out, class, Method(method), TransactionId(id));
        for owned in &list {
            builder = builder.attribute(&owned.lend());
        }
        let len = match (protect, fingerprint) {
            (0, false) => builder.finish(),
            (0, true) => builder.fingerprint(),
            (1, false) => builder.integrity(&*sha1).finish(),
            (1, true) => builder.integrity(&*sha1).fingerprint(),
            (2, false) => builder.integrity_sha256(&*sha256).finish(),
            (2, true) => builder.integrity_sha256(&*sha256).fingerprint(),
            (_, false) => builder.integrity(&*sha1).integrity_sha256(&*sha256).finish(),
            (_, true) => builder.integrity(&*sha1).integrity_sha256(&*sha256).fingerprint(),
        };
        prop_assert_eq!(len, out.len());
        prop_assert!(looks_like_stun(&out));
        let message = Message::parse(&out).unwrap();
        prop_assert_eq!((message.class(), message.method()), (class, Method(method)));
        prop_assert_eq!(message.transaction_id(), TransactionId(id));
        let read: Vec<_> = message.attributes().take(list.len()).collect();
        prop_assert_eq!(read.len(), list.len());
        for (owned, (ty, value)) in list.iter().zip(read) {
            prop_assert_eq!(Attribute::parse(ty, value, TransactionId(id)), Ok(owned.lend()));
        }
        prop_assert_eq!(message.verify_integrity(&*sha1).is_ok(), protect == 1 || protect == 3);
        prop_assert_eq!(message.verify_integrity_sha256(&*sha256).is_ok(), protect >= 2);
        prop_assert_eq!(message.verify_fingerprint().is_ok(), fingerprint);
    }

    //~ covers 8489-14.5-b neg, 8489-14.7-b neg
    #[test]
    fn a_flipped_bit_is_seen(bit in 0..800_usize) {
        let key = short_term_key(&ring::provider(), "secret").unwrap();
        let mut out = Vec::new();
        Builder::new(&mut out, Class::Request, Method::BINDING, TransactionId([3; 12]))
            .attribute(&Attribute::Username("abcdefgh:ijklmnop"))
            .attribute(&Attribute::Priority(1))
            .attribute(&Attribute::IceControlled(2))
            .integrity(&*key)
            .fingerprint();
        prop_assume!(bit < out.len() * 8);
        out[bit / 8] ^= 1 << (bit % 8);
        if let Ok(message) = Message::parse(&out) {
            prop_assert!(message.verify_fingerprint().is_err());
            let behind_the_mac = bit / 8 >= out.len() - 8;
            prop_assert!(behind_the_mac || message.verify_integrity(&*key).is_err());
        }
    }

    #[test]
    fn no_bytes_do_harm(mut bytes in vec(any::<u8>(), 0..300), dress in any::<bool>(), cut in 0..300_usize) {
        let key = short_term_key(&ring::provider(), "secret").unwrap();
        if dress && bytes.len() >= 20 {
            // Looks like STUN, so that the walk over the attributes begins.
            bytes.truncate(bytes.len() / 4 * 4);
            bytes[0] &= 0x3f;
            let length = (bytes.len() - 20) as u16;
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
            bytes[4..8].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
            let mut at = 20;
            while at + 4 <= bytes.len() {
                // Half of the lengths fit.
                let len = usize::from(bytes[at + 3]) % 24;
                if bytes[at + 2] & 1 == 0 { bytes[at + 2] = 0; bytes[at + 3] = len as u8; }
                at += 4 + len.next_multiple_of(4);
            }
        }
        bytes.truncate(cut.max(bytes.len() / 2));
        if let Ok(message) = Message::parse(&bytes) {
            for raw in message.all_attributes() {
                let _ = Attribute::parse(raw.ty, raw.value, message.transaction_id());
            }
            for ty in AttributeType::KNOWN {
                let _ = message.get(*ty);
            }
            let _ = (message.verify_integrity(&*key), message.verify_fingerprint(), format!("{message:?}"));
            let _ = message.verify_integrity_sha256_truncated(&*key, 16);
        }
        let answered = binding::answer(&bytes, ([192, 0, 2, 1], 5).into(), &mut Vec::new());
        prop_assert!(answered.is_none_or(|len| len <= bytes.len() + 12));
    }

    #[test]
    fn every_value_of_every_type_is_a_value_or_a_fault(value in vec(any::<u8>(), 0..80)) {
        for ty in AttributeType::KNOWN.iter().chain([&AttributeType(0x7fff)]) {
            let id = TransactionId([1; 12]);
            if let Ok(attribute) = Attribute::parse(*ty, &value, id) {
                prop_assert_eq!(attribute.ty(), *ty);
                let mut out = Vec::new();
                Builder::new(&mut out, Class::Request, Method::BINDING, id).attribute(&attribute).finish();
                let message = Message::parse(&out).unwrap();
                if attribute.is_legal() {
                    prop_assert_eq!(message.get(*ty), Ok(Some(attribute)));
                } else {
                    prop_assert_eq!(message.attributes().count(), 0);
                }
            }
        }
    }

    //~ covers 7064-3.1-a, 7065-3.1-a
    #[test]
    fn a_uri_reads_back(text in "(stun|turns?):([a-z]{1,9}(\\.[a-z]{1,5}){0,2}|\\[[0-9a-f:]{2,20}\\]|[0-9]{1,3}(\\.[0-9]{1,3}){3})(:[0-9]{1,6})?(\\?transport=[a-z]{1,4})?") {
        if let Ok(uri) = text.parse::<Uri>() {
            prop_assert_eq!(uri.to_string().parse::<Uri>(), Ok(uri));
        }
    }
}
