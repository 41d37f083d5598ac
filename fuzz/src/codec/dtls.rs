//! DTLS records, every handshake message, and the certificates inside.

use std::sync::Arc;

use limpid_crypto::{Random, null};
use limpid_dtls::alert::Alert;
use limpid_dtls::certificate::public_key;
use limpid_dtls::message::{FragmentHeader, HandshakeType, Message};
use limpid_dtls::record::{ContentType, RecordHeader, RecordView};
use limpid_dtls::{Accepted, Acceptor, Config, Endpoint, Identity};
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::wire::{Reader, Writer};
use limpid_sansio::{Instant, Machine};

use crate::Outcome;

/// A datagram of records: headers read back as written; what lies open in epoch 0 is taken apart.
pub fn records(data: &[u8]) -> Outcome {
    let mut reader = Reader::new(data);
    let mut good = 0;
    while let Ok(record) = RecordView::parse(&mut reader) {
        let mut out = Vec::new();
        record.header.write(&mut Writer::new(&mut out));
        assert_eq!(RecordHeader::parse(&mut Reader::new(&out)), Ok(record.header));
        assert_eq!(record.fragment.len(), usize::from(record.header.length));
        let is_open = record.header.number.epoch.0 == 0;
        good += usize::from(match record.header.content_type {
            ContentType::HANDSHAKE if is_open => fragments(record.fragment),
            ContentType::ALERT if is_open => alert(record.fragment),
            _ => true,
        });
    }
    refuse_strangers(data);
    if good > 0 { Outcome::Accepted } else { Outcome::Refused }
}

fn fragments(content: &[u8]) -> bool {
    let mut reader = Reader::new(content);
    let mut any = false;
    while let Ok(header) = FragmentHeader::parse(&mut reader) {
        let mut out = Vec::new();
        header.write(&mut Writer::new(&mut out));
        assert_eq!(FragmentHeader::parse(&mut Reader::new(&out)), Ok(header));
        let Ok(body) = reader.bytes(header.fragment_length as usize, "body") else { break };
        any = true;
        if header.fragment_length == header.length {
            let _ = rewritten(header.msg_type, body);
        }
    }
    any
}

fn alert(content: &[u8]) -> bool {
    Alert::parse(content).is_ok_and(|alert| {
        let mut out = Vec::new();
        alert.write(&mut Writer::new(&mut out));
        Alert::parse(&out) == Ok(alert)
    })
}

/// An acceptor without state answers nobody with more bytes than came.
fn refuse_strangers(data: &[u8]) {
    let acceptor = Acceptor::new(null::provider(), [7; 32]);
    let from = "192.0.2.1:4444".parse().expect("an address");
    let mut out = Vec::new();
    match acceptor.accept(Instant::ZERO, from, data, &mut out) {
        Accepted::Reply(len) => assert!(len == out.len() && len <= data.len()),
        Accepted::Hello { .. } | Accepted::Drop => assert!(out.is_empty()),
    }
}

/// One message: its type, then its body.
pub fn handshake(data: &[u8]) -> Outcome {
    let Some((kind, body)) = data.split_first() else { return Outcome::Refused };
    if rewritten(HandshakeType(*kind), body) { Outcome::Accepted } else { Outcome::Refused }
}

fn rewritten(kind: HandshakeType, body: &[u8]) -> bool {
    let Ok(message) = Message::parse(kind, body) else { return false };
    let mut out = Vec::new();
    message.write(&mut Writer::new(&mut out));
    assert_eq!(Message::parse(kind, &out).as_ref(), Ok(&message));
    true
}

/// A certificate in DER: its key is found, or it is refused.
pub fn certificate(data: &[u8]) -> Outcome {
    match public_key(data) {
        Ok(key) => {
            let lies_inside = data.windows(key.bytes.len()).any(|window| window == key.bytes);
            assert!(!key.bytes.is_empty() && lies_inside, "a key is a piece of its certificate");
            Outcome::Accepted
        }
        Err(_) => Outcome::Refused,
    }
}

pub(crate) fn identity() -> Arc<Identity> {
    let mut random = Random::from_seed([1; 32]);
    Arc::new(
        Identity::generate(&null::provider(), &mut random, 1_800_000_000)
            .expect("the null provider has every key"),
    )
}

/// Every datagram of a handshake.
fn datagrams() -> Vec<Vec<u8>> {
    let now = Instant::ZERO;
    let config = |seed| Config::new(null::provider(), [seed; 32], identity());
    let mut ends = [Endpoint::client(config(1), now), Endpoint::server(config(2), now)];
    ends.iter_mut().for_each(|end| end.accept_any_peer(now));
    let mut all = Vec::new();
    for turn in 0..8 {
        for (_, datagram) in checked_drain(&mut ends[turn % 2], now, |_, _| ()) {
            all.push(datagram.clone());
            let mut datagram = datagram;
            let mut rest = &mut datagram[..];
            while !rest.is_empty() {
                rest = ends[(turn + 1) % 2].handle_input(now, rest).expect("an honest handshake").rest;
            }
        }
    }
    assert!(ends.iter().all(Endpoint::is_connected));
    all
}

/// The datagrams of a handshake.
pub fn records_seeds() -> Vec<Vec<u8>> {
    datagrams()
}

/// The messages of a handshake, type first.
pub fn handshake_seeds() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for datagram in datagrams() {
        let mut records = Reader::new(&datagram);
        while let Ok(record) = RecordView::parse(&mut records) {
            let mut content = Reader::new(record.fragment);
            let is_open =
                record.header.content_type == ContentType::HANDSHAKE && record.header.number.epoch.0 == 0;
            while is_open && let Ok(header) = FragmentHeader::parse(&mut content) {
                let Ok(body) = content.bytes(header.fragment_length as usize, "body") else { break };
                all.push([&[header.msg_type.0], body].concat());
            }
        }
    }
    let verify_request = [&[3, 0xfe, 0xff, 20][..], &[9; 20]].concat();
    let finished = [&[20][..], &[5; 12]].concat();
    all.extend([verify_request, finished]);
    all
}

/// Our own, and an RSA one.
pub fn certificate_seeds() -> Vec<Vec<u8>> {
    vec![identity().certificate_der().to_vec()]
}
