//! What a peer can only say under the keys of the connection, and the end of the record numbers.

use std::sync::Arc;

use limpid_crypto::Random;
use limpid_sansio::wire::Writer;
use limpid_sansio::{Instant, Machine};

use super::*;
use crate::message::{FragmentHeader, HandshakeType};
use crate::record::{ContentType, Epoch, MAX_SEQUENCE};
use crate::{ClientAuth, Identity};

const NOW: Instant = Instant::from_millis(1);

fn config(seed: u8) -> Config {
    let provider = limpid_crypto::null::provider();
    let mut random = Random::from_seed([seed; 32]);
    let identity = Identity::generate(&provider, &mut random, 0).unwrap();
    Config { mutual: ClientAuth::Required, ..Config::new(provider, [seed; 32], Arc::new(identity)) }
}

/// Hands over everything that `from` has to say; returns how many datagrams.
fn send(from: &mut Endpoint, to: &mut Endpoint) -> usize {
    let (mut count, mut out) = (0, Vec::new());
    while from.poll_transmit(NOW, &mut out).is_some() {
        let mut rest = &mut out[..];
        while !rest.is_empty() {
            match to.handle_input(NOW, rest) {
                Ok(opened) => rest = opened.rest,
                Err(_) => break,
            }
        }
        out.clear();
        count += 1;
    }
    count
}

fn connected() -> (Endpoint, Endpoint) {
    let mut ends = (Endpoint::client(config(1), NOW), Endpoint::server(config(2), NOW));
    ends.0.accept_any_peer(NOW);
    ends.1.accept_any_peer(NOW);
    while send(&mut ends.0, &mut ends.1) + send(&mut ends.1, &mut ends.0) > 0 {}
    assert!(ends.0.is_connected() && ends.1.is_connected());
    while ends.0.poll_event().is_some() || ends.1.poll_event().is_some() {}
    ends
}

/// One record under the keys of `from`.
fn under_keys(from: &mut Endpoint, content_type: ContentType, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let write = |writer: &mut Writer<'_>| writer.bytes(content);
    from.context.epochs.write(&mut out, Epoch(1), content_type, write).unwrap();
    out
}

fn message(msg_type: HandshakeType) -> Vec<u8> {
    let mut out = Vec::new();
    FragmentHeader::whole(msg_type, 0, 0).write(&mut Writer::new(&mut out));
    out
}

//~ covers 5246-7.2.2-a, 5246-7.4.1.1-a, 5746-4.5-a
#[test]
fn another_handshake_is_refused_with_a_warning_and_the_connection_goes_on() {
    let (mut client, mut server) = connected();
    refuse(&mut server, &mut client, HandshakeType::HELLO_REQUEST);
    refuse(&mut client, &mut server, HandshakeType::CLIENT_HELLO);
}

fn refuse(asking: &mut Endpoint, asked: &mut Endpoint, kind: HandshakeType) {
    for _ in 0..10 {
        let mut request = under_keys(asking, ContentType::HANDSHAKE, &message(kind));
        assert!(asked.handle_input(NOW, &mut request).is_ok());
    }
    assert_eq!(send(asked, asking), 1, "many wishes, one refusal");
    assert_eq!(asking.poll_event(), Some(Event::Warned(AlertDescription::NO_RENEGOTIATION)));
    assert_eq!(asking.poll_event(), None);
    assert!(asking.is_connected() && asked.is_connected());
}

//~ covers 5246-7.2.2-b
#[test]
fn alerts_under_keys_count() {
    let (mut client, mut server) = connected();
    let mut warning = under_keys(&mut server, ContentType::ALERT, &[1, 90]);
    assert!(client.handle_input(NOW, &mut warning).is_ok());
    assert_eq!(client.poll_event(), Some(Event::Warned(AlertDescription::USER_CANCELED)));
    for bad in [&[][..], &[1], &[3, 0], &[2, 40, 0]] {
        let mut alert = under_keys(&mut server, ContentType::ALERT, bad);
        assert!(client.handle_input(NOW, &mut alert).is_ok());
    }
    assert!(client.is_connected());
    let mut fatal = under_keys(&mut server, ContentType::ALERT, &[2, 80]);
    let error = Error::PeerAlert(AlertDescription::INTERNAL_ERROR);
    assert_eq!(client.handle_input(NOW, &mut fatal).map(|_| ()), Err(error));
    assert_eq!(client.handle_input(NOW, &mut fatal).map(|_| ()), Err(error), "and again");
    assert_eq!(client.handle_timeout(NOW), Err(error));
    assert!(client.finished());
}

#[test]
fn a_flood_of_warnings_is_bounded() {
    let (mut client, mut server) = connected();
    for _ in 0..100 {
        let mut warning = under_keys(&mut server, ContentType::ALERT, &[1, 90]);
        assert!(client.handle_input(NOW, &mut warning).is_ok());
    }
    assert_eq!(std::iter::from_fn(|| client.poll_event()).count(), MAX_EVENTS);
}

//~ covers 6347-4.1-c
#[test]
fn record_numbers_do_not_wrap_around() {
    let (mut client, mut server) = connected();
    client.context.epochs.sealer_mut().unwrap().skip_to(MAX_SEQUENCE);
    let mut out = Vec::new();
    let record = client.begin(&mut out);
    out.extend_from_slice(b"the last one");
    assert!(client.seal(&mut out, record) > 0);
    let opened = server.handle_input(NOW, &mut out).unwrap();
    assert_eq!(opened.plaintext.as_deref(), Some(&b"the last one"[..]));

    let mut out = b"before".to_vec();
    let record = client.begin(&mut out);
    out.extend_from_slice(b"one too many");
    assert_eq!(client.seal(&mut out, record), 0);
    assert_eq!(out, b"before");
    assert_eq!(client.handle_timeout(NOW), Err(Error::SequenceExhausted));
}

//~ covers 5246-6.2.1-a neg
#[test]
fn content_that_is_too_long_is_cut_off_again() {
    let (mut client, _) = connected();
    let mut out = Vec::new();
    let record = client.begin(&mut out);
    out.resize(out.len() + (1 << 14) + 1, 0);
    assert_eq!((client.seal(&mut out, record), out.len()), (0, 0));
    let record = client.begin(&mut out);
    out.resize(out.len() + (1 << 14), 0);
    assert_eq!(client.seal(&mut out, record), (1 << 14) + client.overhead());
    let record = client.begin(&mut out);
    let len = out.len();
    client.cancel(&mut out, record);
    assert!(out.len() < len);
}
