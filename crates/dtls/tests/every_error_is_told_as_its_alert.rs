//! What ends a handshake has a name, and the peer is told by the alert that goes with it, as the last word.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::craft::{self, Hello, list16};
use common::{Pair, Side, identity, ring_config};
use limpid_crypto::KeyKind;
use limpid_dtls::message::HandshakeType;
use limpid_dtls::{ClientAuth, Config, Endpoint, Error};
use limpid_sansio::{Instant, Machine};

/// Feeds a server one datagram and returns its error and the alert that it sent.
fn server_says(config: Config, mut datagram: Vec<u8>) -> (Error, Vec<(u8, u8)>) {
    let now = Instant::from_millis(1);
    let mut server = Endpoint::server(config, now);
    let error = server.handle_input(now, &mut datagram).unwrap_err();
    let (mut out, mut sent) = (Vec::new(), Vec::new());
    while server.poll_transmit(now, &mut out).is_some() {
        sent.push(core::mem::take(&mut out));
    }
    assert_eq!(server.handle_timeout(now), Err(error), "it stays the same error");
    assert!(server.finished());
    (error, craft::alerts(&sent))
}

//~ covers 5246-7.4.1.2-a neg, 5246-7.4.1.3-a neg, 5246-7.4.1.4.1-a neg, 7627-5.1-b neg, 5746-3.6-a neg, 8422-5.1-a neg
#[test]
fn a_server_refuses_hellos_that_it_can_not_answer() {
    let good = Hello::default;
    let cases: Vec<(Hello, Error, u8)> = vec![
        (Hello { version: 0xfeff, ..good() }, Error::ProtocolVersion, 70),
        (good().with(43, Some(vec![2, 0xfe, 0xfc])), Error::ProtocolVersion, 70),
        (Hello { version: 0x0303, ..good() }, Error::ProtocolVersion, 70),
        (Hello { suites: vec![0x1301, 0x0a0a], ..good() }, Error::NoCommonSuite, 40),
        (Hello { suites: vec![0xc02f], ..good() }, Error::NoCommonSuite, 40),
        (good().with(10, Some(list16(&[0x0100, 0x11ec]))), Error::NoCommonGroup, 40),
        (good().with(13, Some(list16(&[0x0401, 0x0203]))), Error::NoCommonSignatureScheme, 40),
        (good().with(13, None), Error::NoCommonSignatureScheme, 40),
        (good().with(10, Some(list16(&[0x001d]))), Error::NoCommonSignatureScheme, 40),
        (good().with(23, None), Error::NoExtendedMasterSecret, 40),
        (good().with(65281, Some(vec![1, 9])), Error::BadRenegotiationInfo, 40),
        (good().with(11, Some(vec![1, 1])), Error::IllegalParameter("ec_point_formats"), 47),
        (Hello { compression: vec![1], ..good() }, Error::IllegalParameter("compression_methods"), 47),
    ];
    for (hello, error, alert) in cases {
        assert_eq!(server_says(ring_config(1), hello.datagram()), (error, vec![(2, alert)]), "{hello:?}");
    }
    let mut cut = good().body();
    cut.truncate(40);
    let cut = craft::handshake(HandshakeType::CLIENT_HELLO, 0, &cut);
    let (error, alerts) = server_says(ring_config(1), cut);
    assert!(matches!(error, Error::Malformed(_)));
    assert_eq!(alerts, [(2, 50)]);

    let other = craft::handshake(HandshakeType::SERVER_HELLO_DONE, 0, &[]);
    let expected = (Error::UnexpectedMessage(HandshakeType::SERVER_HELLO_DONE), vec![(2, 10)]);
    assert_eq!(server_says(ring_config(1), other), expected);
}

/// Runs a handshake in which one message body is altered on its way to `to`. Returns what `to` made of it.
fn altered(
    to: Side,
    kind: HandshakeType,
    change: impl Fn(&mut Vec<u8>) + 'static,
) -> (Option<Error>, Vec<(u8, u8)>) {
    let (mut client, mut server) = (ring_config(1), ring_config(2));
    (client.mtu, server.mtu) = (16_000, 16_000);
    let mut pair = Pair::strangers(client, server);
    pair.touch = Some(Box::new(move |side, datagram| {
        if side != to {
            return Some(datagram);
        }
        Some(craft::alter(&datagram, |one, body| {
            if one == kind {
                change(body);
            }
        }))
    }));
    pair.run_until(std::time::Duration::from_secs(20), |pair| pair.errors[to as usize].is_some());
    let sent: Vec<&Vec<u8>> =
        pair.sent.iter().filter(|(from, _)| *from == to).map(|(_, bytes)| bytes).collect();
    assert!(!pair.client.is_connected() && !pair.server.is_connected());
    (pair.errors[to as usize], craft::alerts(sent))
}

/// Types and data.
type Extensions = Vec<(u16, Vec<u8>)>;

/// Rewrites the extensions of a ServerHello, which has no session id.
fn with_extensions(list: Extensions) -> impl Fn(&mut Vec<u8>) {
    move |body| {
        body.truncate(2 + 32 + 1 + 2 + 1);
        body.extend(craft::extensions(&list));
    }
}

//~ covers 5246-7.4.1.4-a neg, 5764-4.1.1-c neg, 5764-4.1.3-b neg, 7627-5.1-c neg, 5746-3.4-a neg
#[test]
fn a_client_refuses_answers_to_what_it_did_not_offer() {
    let ems = || (23, Vec::new());
    let srtp =
        |profiles: &[u16], mki: &[u8]| (14, [list16(profiles), vec![mki.len() as u8], mki.to_vec()].concat());
    let cases: Vec<(Extensions, Error, u8)> = vec![
        (vec![], Error::NoExtendedMasterSecret, 40),
        (vec![ems(), (16, vec![0, 0])], Error::UnrequestedExtension(16), 110),
        (vec![ems(), (65281, vec![1, 7])], Error::BadRenegotiationInfo, 40),
        (vec![ems(), srtp(&[7], b"mki")], Error::IllegalParameter("srtp_mki"), 47),
        (vec![ems(), srtp(&[2], b"")], Error::IllegalParameter("SRTPProtectionProfiles"), 47),
        (vec![ems(), srtp(&[7, 8], b"")], Error::IllegalParameter("SRTPProtectionProfiles"), 47),
        (vec![ems(), (11, vec![1, 2])], Error::IllegalParameter("ec_point_formats"), 47),
    ];
    for (list, error, alert) in cases {
        let outcome = altered(Side::Client, HandshakeType::SERVER_HELLO, with_extensions(list.clone()));
        assert_eq!(outcome, (Some(error), vec![(2, alert)]), "{list:?}");
    }
    let fields: Vec<(usize, Vec<u8>, Error, u8)> = vec![
        (0, vec![0xfe, 0xff], Error::ProtocolVersion, 70),
        (35, vec![0xc0, 0x09], Error::IllegalParameter("cipher_suite"), 47),
        (37, vec![1], Error::IllegalParameter("compression_method"), 47),
    ];
    for (at, bytes, error, alert) in fields {
        let outcome = altered(Side::Client, HandshakeType::SERVER_HELLO, move |body| {
            body[at..at + bytes.len()].copy_from_slice(&bytes);
        });
        assert_eq!(outcome, (Some(error), vec![(2, alert)]));
    }
}

//~ covers 8422-5.4-a neg, 8422-5.11-a neg, 8422-5.10-a neg
#[test]
fn a_client_refuses_a_key_exchange_that_does_not_fit() {
    let kind = HandshakeType::SERVER_KEY_EXCHANGE;
    let flip_signature = |body: &mut Vec<u8>| *body.last_mut().unwrap() ^= 1;
    assert_eq!(altered(Side::Client, kind, flip_signature), (Some(Error::BadSignature), vec![(2, 51)]));
    let flip_share = |body: &mut Vec<u8>| body[10] ^= 1;
    assert_eq!(altered(Side::Client, kind, flip_share), (Some(Error::BadSignature), vec![(2, 51)]));
    let other_group = |body: &mut Vec<u8>| body[1..3].copy_from_slice(&[0x01, 0x00]);
    let error = Error::IllegalParameter("named_curve");
    assert_eq!(altered(Side::Client, kind, other_group), (Some(error), vec![(2, 47)]));
    let sha1 = |body: &mut Vec<u8>| body[36..38].copy_from_slice(&[0x02, 0x03]);
    let error = Error::IllegalParameter("signature_algorithm");
    assert_eq!(altered(Side::Client, kind, sha1), (Some(error), vec![(2, 47)]));
    let explicit_curve = |body: &mut Vec<u8>| body[0] = 1;
    let (error, alerts) = altered(Side::Client, kind, explicit_curve);
    assert!(matches!(error, Some(Error::Malformed(_))) && alerts == [(2, 50)]);
}

//~ covers 8422-5.11-a neg, 5246-7.4.8-a neg
#[test]
fn a_server_refuses_a_bad_share_and_a_bad_proof() {
    let zero = |body: &mut Vec<u8>| body[1..].fill(0);
    let outcome = altered(Side::Server, HandshakeType::CLIENT_KEY_EXCHANGE, zero);
    assert_eq!(
        outcome,
        (Some(Error::IllegalParameter("public")), vec![(2, 47)]),
        "an all-zero X25519 secret"
    );
    let short = |body: &mut Vec<u8>| *body = vec![3, 4, 1, 1];
    let outcome = altered(Side::Server, HandshakeType::CLIENT_KEY_EXCHANGE, short);
    assert_eq!(outcome, (Some(Error::IllegalParameter("public")), vec![(2, 47)]));
    let flip = |body: &mut Vec<u8>| *body.last_mut().unwrap() ^= 1;
    let outcome = altered(Side::Server, HandshakeType::CERTIFICATE_VERIFY, flip);
    assert_eq!(outcome, (Some(Error::BadSignature), vec![(2, 51)]));
}

fn chain(der: &[u8]) -> Vec<u8> {
    let u24 = |len: usize| (len as u32).to_be_bytes()[1..].to_vec();
    [u24(der.len() + 3), u24(der.len()), der.to_vec()].concat()
}

//~ covers 8122-6.2-b neg, 5246-7.4.2-a neg
#[test]
fn certificates_that_are_none_or_can_not_sign_are_refused_on_both_sides() {
    let no_signing = include_bytes!("keys/ec-no-signing-cert.der");
    let rsa = identity(KeyKind::Rsa).certificate_der().to_vec();
    for side in [Side::Client, Side::Server] {
        let put =
            |bytes: Vec<u8>| altered(side, HandshakeType::CERTIFICATE, move |body| *body = bytes.clone());
        assert_eq!(put(vec![0, 0, 0]), (Some(Error::NoCertificate), vec![(2, 42)]));
        assert_eq!(put(chain(b"not a certificate")), (Some(Error::BadCertificate), vec![(2, 42)]));
        assert_eq!(put(chain(no_signing)), (Some(Error::UnsupportedCertificate), vec![(2, 43)]));
    }
    let outcome = altered(Side::Client, HandshakeType::CERTIFICATE, move |body| *body = chain(&rsa));
    assert_eq!(
        outcome,
        (Some(Error::UnsupportedCertificate), vec![(2, 43)]),
        "an RSA key for an ECDSA suite"
    );
}

/// A server's wish for RSA certificates only, which the client does not have, so that it sends none.
fn without_certificate(mutual: ClientAuth) -> (Option<Error>, Vec<(u8, u8)>) {
    let (client, mut server) = (ring_config(1), ring_config(2));
    (server.mtu, server.mutual) = (16_000, mutual);
    let mut pair = Pair::strangers(client, server);
    pair.touch = Some(Box::new(|to, datagram| {
        let rsa_only = |kind, body: &mut Vec<u8>| {
            if kind == HandshakeType::CERTIFICATE_REQUEST {
                body[1..3].fill(1);
            }
        };
        Some(if to == Side::Client { craft::alter(&datagram, rsa_only) } else { datagram })
    }));
    pair.wait(std::time::Duration::from_secs(5));
    let sent: Vec<&Vec<u8>> =
        pair.sent.iter().filter(|(from, _)| *from == Side::Server).map(|(_, bytes)| bytes).collect();
    (pair.errors[Side::Server as usize], craft::alerts(sent))
}

//~ covers 8122-6.2-a neg, 5246-7.4.6-a
#[test]
fn a_client_without_a_certificate_is_refused_only_if_one_is_required() {
    assert_eq!(without_certificate(ClientAuth::Required), (Some(Error::NoCertificate), vec![(2, 42)]));
    assert_eq!(without_certificate(ClientAuth::Requested), (None, vec![]));

    let (client, mut server) = (ring_config(1), ring_config(2));
    server.mutual = ClientAuth::None;
    let mut pair = Pair::strangers(client, server);
    pair.client.accept_any_peer(pair.now);
    pair.server.accept_any_peer(pair.now);
    assert!(pair.connect());
    assert_eq!(pair.server.peer_certificate(), None);
    let expected = common::fingerprint(&ring_config(1));
    assert_eq!(pair.server.expect_fingerprints(pair.now, &[expected]), Err(Error::NoCertificate));
}

#[test]
fn the_peers_alert_is_the_error_and_is_not_answered() {
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    let alert = craft::record(limpid_dtls::record::ContentType::ALERT, 0xfefd, 0, &[2, 40]);
    pair.deliver(Side::Client, alert);
    let error = Error::PeerAlert(limpid_dtls::alert::AlertDescription::HANDSHAKE_FAILURE);
    assert_eq!(pair.errors[Side::Client as usize], Some(error));
    pair.flush();
    assert!(pair.client.finished());
    let sent: Vec<Vec<u8>> =
        pair.sent.iter().filter(|(side, _)| *side == Side::Client).map(|one| one.1.clone()).collect();
    assert_eq!(craft::alerts(&sent), []);
}
