//! Stateless cookies: nothing is kept for clients that do not receive at their address.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::craft::{self, Hello};
use common::{Pair, Side, ring_config};
use limpid_dtls::message::HandshakeType;
use limpid_dtls::{Accepted, Acceptor, Endpoint};
use limpid_sansio::{Instant, Machine};

const PROVED: Accepted = Accepted::Hello { message_seq: 1 };

fn acceptor() -> Acceptor {
    Acceptor::new(limpid_crypto::ring::provider(), [3; 32])
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// The cookie of a request: behind record header, message header, version, and its length.
fn cookie_of(request: &[u8]) -> Vec<u8> {
    assert_eq!(request[13], HandshakeType::HELLO_VERIFY_REQUEST.0);
    request[13 + 12 + 3..].to_vec()
}

fn ask(acceptor: &Acceptor, now: Instant, from: SocketAddr, datagram: &[u8]) -> (Accepted, Vec<u8>) {
    let mut out = b"before".to_vec();
    let accepted = acceptor.accept(now, from, datagram, &mut out);
    (accepted, out.split_off(6))
}

//~ covers 6347-4.2.1-d neg, 6347-4.2.1-e neg, 6347-4.2.1-h
#[test]
fn a_cookie_is_good_for_its_address_its_hello_and_its_time() {
    let (acceptor, from, now) = (acceptor(), address("192.0.2.1:5000"), Instant::from_millis(90_000));
    let hello = Hello::default();
    let (accepted, request) = ask(&acceptor, now, from, &hello.datagram());
    assert_eq!(accepted, Accepted::Reply(request.len()));
    let second = Hello { cookie: cookie_of(&request), ..hello.clone() };
    let datagram = |hello: &Hello| craft::handshake(HandshakeType::CLIENT_HELLO, 1, &hello.body());
    let verdict = |now, from, hello: &Hello| ask(&acceptor, now, from, &datagram(hello)).0;

    assert_eq!(verdict(now, from, &second), PROVED);
    assert_eq!(verdict(now + Duration::from_secs(60), from, &second), PROVED, "the last key still counts");
    let refused = [
        verdict(now + Duration::from_secs(120), from, &second),
        verdict(now, address("192.0.2.1:5001"), &second),
        verdict(now, address("192.0.2.2:5000"), &second),
        verdict(now, from, &Hello { random: [1; 32], ..second.clone() }),
        verdict(now, from, &Hello { suites: vec![0xc02b, 0xc02f], ..second.clone() }),
        verdict(now, from, &Hello { cookie: vec![0; 32], ..second.clone() }),
        verdict(now, from, &Hello { cookie: second.cookie[..31].to_vec(), ..second.clone() }),
    ];
    for verdict in refused {
        assert!(matches!(verdict, Accepted::Reply(_)), "a bad cookie is as good as none: {verdict:?}");
    }
    let other = Acceptor::new(limpid_crypto::ring::provider(), [4; 32]);
    assert!(
        matches!(ask(&other, now, from, &datagram(&second)).0, Accepted::Reply(_)),
        "another server's cookie"
    );
}

//~ covers 6347-4.2.1-f, 6347-4.2.1-c
#[test]
fn the_request_repeats_the_record_number_and_is_smaller_than_the_hello() {
    let hello = Hello::default();
    let datagram = craft::fragment(HandshakeType::CLIENT_HELLO, 0, &hello.body(), 0, hello.body().len(), 77);
    let (accepted, request) = ask(&acceptor(), Instant::ZERO, address("[2001:db8::1]:9"), &datagram);
    assert_eq!(accepted, Accepted::Reply(request.len()));
    assert_eq!(request[5..11], [0, 0, 0, 0, 0, 77]);
    assert_eq!(request[25..27], [0xfe, 0xff], "says 1.0");
    assert!(request.len() < datagram.len());
}

#[test]
fn what_is_no_hello_gets_no_answer() {
    let body = Hello::default().body();
    let not_hellos = [
        vec![],
        vec![22; 40],
        craft::handshake(HandshakeType::SERVER_HELLO, 0, &body),
        craft::fragment(HandshakeType::CLIENT_HELLO, 0, &body, 30, body.len(), 0),
        craft::fragment(HandshakeType::CLIENT_HELLO, 0, &body, 0, 30, 0),
        craft::record(limpid_dtls::record::ContentType::ALERT, 0xfefd, 0, &[2, 40]),
    ];
    for datagram in not_hellos {
        let (accepted, out) = ask(&acceptor(), Instant::ZERO, address("192.0.2.1:1"), &datagram);
        assert_eq!((accepted, out.len()), (Accepted::Drop, 0));
    }
}

#[test]
fn floods_of_hellos_and_forged_cookies_hold_no_memory_get_smaller_answers_and_lock_nobody_out() {
    let (now, from, acceptor) = (Instant::from_millis(1000), address("192.0.2.7:7"), acceptor());
    let mut client = Endpoint::client(ring_config(1), now);
    let (accepted, mut request) = ask(&acceptor, now, from, &drain(&mut client, now)[0]);
    assert_eq!(accepted, Accepted::Reply(request.len()));
    client.handle_input(now, &mut request).unwrap();
    let proof = drain(&mut client, now).swap_remove(0);

    let smallest = |cookie| {
        let mut body = Hello { cookie, extensions: Vec::new(), ..Hello::default() }.body();
        body.truncate(body.len() - 2); // not even the length of no extensions
        craft::handshake(HandshakeType::CLIENT_HELLO, 0, &body)
    };
    let flood: Vec<_> = (0..3000u16)
        .map(|n| match n % 3 {
            0 => smallest(Vec::new()),
            1 => smallest(n.to_be_bytes().repeat(16)),
            _ => proof.clone(), // of another address
        })
        .collect();
    let mut out = Vec::with_capacity(100);
    let grown = allocation_counter::measure(|| {
        for (datagram, port) in flood.iter().zip(1000..) {
            out.clear();
            let accepted = acceptor.accept(now, SocketAddr::new(from.ip(), port), datagram, &mut out);
            assert_eq!(accepted, Accepted::Reply(out.len()));
            assert!(out.len() < datagram.len(), "{} bytes answer {}", out.len(), datagram.len());
        }
    });
    assert_eq!(grown.bytes_current, 0, "{grown:?}");
    assert_eq!(ask(&acceptor, now, from, &proof).0, PROVED);
}

//~ covers 6347-4.2.1-a, 6347-4.2.1-b, 6347-4.2.1-g, 6347-4.2.6-b
#[test]
fn a_client_repeats_its_hello_with_the_cookie_and_connects() {
    for mtu in [200, 1200] {
        let (now, from, acceptor) = (Instant::from_millis(1000), address("192.0.2.7:7"), acceptor());
        let (mut client, server) = (ring_config(1), ring_config(2));
        client.mtu = mtu;
        let mut pair = Pair::new(client, server);
        let of_client = common::fingerprint(&ring_config(1));
        let hellos = drain(&mut pair.client, now);
        let mut out = Vec::new();
        // The first fragment alone is enough.
        assert!(matches!(acceptor.accept(now, from, &hellos[0], &mut out), Accepted::Reply(_)));
        pair.deliver(Side::Client, out.clone());
        let again = drain(&mut pair.client, now);
        assert_eq!(acceptor.accept(now, from, &again[0], &mut Vec::new()), PROVED);
        // Random, suites and the rest are the same, but for the cookie and its length.
        if mtu == 1200 {
            assert_eq!(hellos[0][25..60], again[0][25..60]);
            assert_eq!(hellos[0][61..], again[0][61 + 32..]);
            assert_eq!((hellos[0][60], again[0][60]), (0, 32));
        }
        pair.server = Endpoint::server_after_cookie(ring_config(2), now, 1);
        pair.server.expect_fingerprints(now, &[of_client]).unwrap();
        again.iter().for_each(|datagram| pair.deliver(Side::Server, datagram.clone()));
        assert!(pair.connect(), "{:?}", pair.errors);
        let (_, answer) = pair.sent.iter().find(|(side, _)| *side == Side::Server).unwrap();
        let last_hello = again.last().unwrap();
        assert_eq!(answer[5..11], last_hello[5..11], "the ServerHello's record number is that of the hello");
        assert_eq!(answer[17..19], [0, 1], "and its message_seq follows the request's");
    }
}

#[test]
fn a_server_that_never_has_enough_cookies_is_given_up() {
    let now = Instant::from_millis(1000);
    let mut client = Endpoint::client(ring_config(1), now);
    let outcome = (0..10u16).find_map(|seq| {
        let mut request =
            craft::handshake(HandshakeType::HELLO_VERIFY_REQUEST, seq, &[0xfe, 0xff, 1, seq as u8]);
        client.handle_input(now, &mut request).err()
    });
    assert_eq!(outcome, Some(limpid_dtls::Error::IllegalParameter("cookie")));
}

fn drain(endpoint: &mut Endpoint, now: Instant) -> Vec<Vec<u8>> {
    let (mut datagrams, mut out) = (Vec::new(), Vec::new());
    while endpoint.poll_transmit(now, &mut out).is_some() {
        datagrams.push(core::mem::take(&mut out));
    }
    datagrams
}
