//! Every message reads back as written, and any bytes parse or fail in peace.

use limpid_crypto::{NamedGroup, SignatureScheme};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::extension::Extensions;
use crate::record::ProtocolVersion;
use crate::suite::CipherSuite;

fn reads_back(message: &Message<'_>) {
    let mut body = Vec::new();
    message.write(&mut Writer::new(&mut body));
    assert_eq!(Message::parse(message.msg_type(), &body).as_ref(), Ok(message));
    for cut in 0..body.len() {
        // Extensions may be absent, so that a hello can end in front of them; else a part is no whole.
        if let Ok(shorter) = Message::parse(message.msg_type(), &body[..cut]) {
            let mut again = Vec::new();
            shorter.write(&mut Writer::new(&mut again));
            assert_eq!(again, &body[..cut], "what parses writes back the same bytes");
        }
    }
    body.push(0);
    let longer = Message::parse(message.msg_type(), &body);
    assert!(longer.is_err() || matches!(message, Message::ClientHello(_) | Message::ServerHello(_)));
}

fn u16s(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn extensions(list: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    for (index, (kind, data)) in list.iter().enumerate() {
        // No type stands twice.
        writer.u16(kind.wrapping_add(index as u16 * 7919));
        writer.u16(data.len() as u16);
        writer.bytes(data);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hellos_read_back(
        version: u16,
        random: [u8; 32],
        session_id in vec(any::<u8>(), 0..=32),
        cookie in vec(any::<u8>(), 0..=255),
        suites in vec(any::<u16>(), 1..20),
        list in vec((any::<u16>(), vec(any::<u8>(), 0..20)), 1..4),
    ) {
        let (suites, list) = (u16s(&suites), extensions(&list));
        let Ok(extensions) = Extensions::new(&list) else { return Ok(()) };
        reads_back(&Message::ClientHello(ClientHello {
            start: ClientHelloStart {
                version: ProtocolVersion(version),
                random,
                session_id: &session_id,
                cookie: &cookie,
                cipher_suites: U16List::new(&suites, "suites").unwrap(),
                compression_methods: &[0],
            },
            extensions,
        }));
        reads_back(&Message::ServerHello(ServerHello {
            version: ProtocolVersion(version),
            random,
            session_id: &session_id,
            cipher_suite: CipherSuite(0xc02b),
            compression_method: 0,
            extensions,
        }));
        reads_back(&Message::HelloVerifyRequest(HelloVerifyRequest {
            server_version: ProtocolVersion(version),
            cookie: &cookie,
        }));
    }

    #[test]
    fn the_others_read_back(
        group: u16,
        scheme: u16,
        public in vec(any::<u8>(), 1..=255),
        signature in vec(any::<u8>(), 0..200),
        der in vec(any::<u8>(), 1..300),
        schemes in vec(any::<u16>(), 1..20),
        verify_data: [u8; 12],
    ) {
        let scheme = SignatureScheme(scheme);
        let parameters = EcdheParameters { group: NamedGroup(group), public: &public };
        reads_back(&Message::ServerKeyExchange(ServerKeyExchange { parameters, scheme, signature: &signature }));
        reads_back(&Message::ClientKeyExchange(ClientKeyExchange { public: &public }));
        reads_back(&Message::CertificateVerify(CertificateVerify { scheme, signature: &signature }));
        reads_back(&Message::Finished(Finished { verify_data }));
        let schemes = u16s(&schemes);
        reads_back(&Message::CertificateRequest(CertificateRequest {
            certificate_types: &[1, 64],
            signature_algorithms: U16List::new(&schemes, "schemes").unwrap(),
            authorities: &signature,
        }));
        let mut body = Vec::new();
        CertificateChain::write_one(&der, &mut Writer::new(&mut body));
        let chain = CertificateChain::parse(&mut Reader::new(&body)).unwrap();
        prop_assert_eq!(chain.end_entity(), Some(&der[..]));
        reads_back(&Message::Certificate(chain));
        reads_back(&Message::Certificate(CertificateChain::EMPTY));
    }

    #[test]
    fn any_bytes_parse_or_fail_in_peace(kind: u8, body in vec(any::<u8>(), 0..300)) {
        if let Ok(message) = Message::parse(HandshakeType(kind), &body) {
            let mut again = Vec::new();
            message.write(&mut Writer::new(&mut again));
            prop_assert_eq!(again, body);
        }
    }

    #[test]
    fn a_fragment_lies_within_its_message(kind: u8, length in 0u32..1 << 24, seq: u16, offset in 0u32..1 << 24, len in 0u32..1 << 24) {
        let header = FragmentHeader {
            msg_type: HandshakeType(kind), length, message_seq: seq, fragment_offset: offset, fragment_length: len,
        };
        let mut out = Vec::new();
        header.write(&mut Writer::new(&mut out));
        let parsed = FragmentHeader::parse(&mut Reader::new(&out));
        prop_assert_eq!(parsed.is_ok(), offset + len <= length);
        prop_assert!(parsed.is_err() || parsed == Ok(header));
    }
}
