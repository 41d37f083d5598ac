//! The ClientHellos of Chromium 156 and Firefox 153, rebuilt from dissections of what they sent: DTLS 1.3, post-quantum
//! shares, ALPN and more, in two datagrams. We answer 1.2 and keep what we know.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::craft::{self, Hello, list16};
use common::{Pair, Side, ring_config};
use limpid_dtls::extension::{ExtensionType, UseSrtp};
use limpid_dtls::message::{FragmentHeader, HandshakeType, Message, ServerHello};
use limpid_dtls::record::{ContentType, RecordView};
use limpid_dtls::{Accepted, Acceptor, CipherSuite, Endpoint, ProtocolVersion};
use limpid_sansio::wire::Reader;
use limpid_sansio::{Instant, Machine};

/// Shares of X25519MLKEM768 (1216 bytes) and X25519, which nobody here looks at.
fn key_share() -> Vec<u8> {
    let mut shares = Vec::new();
    for (group, len) in [(0x11ecu16, 1216u16), (0x001d, 32)] {
        shares.extend(group.to_be_bytes());
        shares.extend(len.to_be_bytes());
        shares.extend((0..len).map(|n| (n * 7 + 3) as u8));
    }
    [(shares.len() as u16).to_be_bytes().to_vec(), shares].concat()
}

/// Chromium 156.0.8078.79.
fn chromium() -> Hello {
    Hello {
        suites: vec![
            0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0x009c,
            0x002f, 0x0035,
        ],
        extensions: vec![
            (11, vec![1, 0]),
            (23, vec![]),
            (65281, vec![0]),
            (43, vec![4, 0xfe, 0xfc, 0xfe, 0xfd]),
            (45, vec![1, 1]),
            (14, [list16(&[1, 8, 7]), vec![0]].concat()),
            (13, list16(&[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201])),
            (51, key_share()),
            (10, list16(&[0x11ec, 0x001d, 0x0017, 0x0018])),
        ],
        ..Hello::default()
    }
}

/// The same with `--disable-features=WebRtcPqcForDtls`: one datagram.
fn chromium_without_post_quantum() -> Hello {
    let share = [vec![0, 36, 0, 0x1d, 0, 32], vec![9; 32]].concat();
    chromium().with(51, Some(share)).with(10, Some(list16(&[0x001d, 0x0017, 0x0018])))
}

/// Firefox 153.7.0esr.
fn firefox() -> Hello {
    let alpn = [vec![0, 16, 6], b"webrtc".to_vec(), vec![8], b"c-webrtc".to_vec()].concat();
    Hello {
        suites: vec![0x1301, 0x1303, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc00a, 0xc009, 0xc013, 0xc014],
        extensions: vec![
            (23, vec![]),
            (65281, vec![0]),
            (10, list16(&[0x11ec, 0x001d, 0x0017, 0x0018, 0x0100, 0x0101])),
            (11, vec![1, 0]),
            (16, alpn),
            (34, list16(&[0x0403, 0x0503, 0x0603, 0x0203])),
            (51, key_share()),
            (43, vec![6, 0xfe, 0xfc, 0xfe, 0xfd, 0x03, 0x03]),
            (
                13,
                list16(&[
                    0x0403, 0x0503, 0x0603, 0x0203, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201,
                    0x0402, 0x0502, 0x0602, 0x0202,
                ]),
            ),
            (28, vec![0x40, 0x01]),
            (14, [list16(&[7, 8, 1, 2]), vec![0]].concat()),
        ],
        ..Hello::default()
    }
}

/// Firefox with `media.peerconnection.dtls.version.max=771`.
fn firefox_1_2() -> Hello {
    let mut hello = firefox().with(51, None).with(43, None).with(34, None).with(28, None);
    hello.suites.retain(|suite| suite & 0xff00 != 0x1300);
    hello.with(10, Some(list16(&[0x001d, 0x0017, 0x0018, 0x0100, 0x0101])))
}

/// GREASE in every place that has one (RFC 8701).
fn greased() -> Hello {
    let mut hello = chromium_without_post_quantum();
    hello.suites.insert(0, 0x3a3a);
    let groups = list16(&[0x4a4a, 0x001d, 0x0017]);
    hello = hello.with(10, Some(groups)).with(43, Some(vec![6, 0x2a, 0x2a, 0xfe, 0xfc, 0xfe, 0xfd]));
    hello.extensions.insert(0, (0x0a0a, vec![]));
    hello.extensions.push((0xfafa, vec![0]));
    hello
}

/// The answer of a fresh server to these datagrams: the ServerHello's body.
fn answer(datagrams: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    let now = Instant::from_millis(1);
    let mut server = Endpoint::server(ring_config(1), now);
    for mut datagram in datagrams {
        server.handle_input(now, &mut datagram).unwrap();
    }
    let mut out = Vec::new();
    let _ = server.poll_transmit(now, &mut out)?;
    let record = RecordView::parse(&mut Reader::new(&out)).unwrap();
    assert_eq!(
        (record.header.content_type, record.header.version),
        (ContentType::HANDSHAKE, ProtocolVersion::DTLS_1_2)
    );
    let mut reader = Reader::new(record.fragment);
    let header = FragmentHeader::parse(&mut reader).unwrap();
    assert_eq!(header.msg_type, HandshakeType::SERVER_HELLO);
    Some(reader.rest().to_vec())
}

fn check(hello: &ServerHello<'_>, profile: u16) {
    assert_eq!(hello.version, ProtocolVersion::DTLS_1_2);
    assert_eq!(hello.cipher_suite, CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256);
    let kinds: Vec<u16> = hello.extensions.iter().map(|(kind, _)| kind.0).collect();
    assert_eq!(kinds, [11, 14, 23, 65281], "answers to what we know, and nothing else");
    let srtp = hello.extensions.find(ExtensionType::USE_SRTP, UseSrtp::parse).unwrap().unwrap();
    assert_eq!((srtp.profiles.iter().collect::<Vec<_>>(), srtp.mki), (vec![profile], &[][..]));
}

//~ covers 6347-4.2.3-a, 5246-7.4.1.4-b, 5764-4.1.1-a
#[test]
fn hellos_in_two_datagrams_are_put_together_in_any_order() {
    for (hello, cut) in [(chromium(), 1175), (firefox(), 1383)] {
        let body = hello.body();
        assert!(body.len() > cut);
        let kind = HandshakeType::CLIENT_HELLO;
        let halves = || {
            let first = craft::fragment(kind, 0, &body, 0, cut, 0);
            vec![first, craft::fragment(kind, 0, &body, cut, body.len(), 1)]
        };
        assert_eq!(answer(halves()[..1].to_vec()), None, "half a hello is none");
        let body = answer(halves()).unwrap();
        let Ok(Message::ServerHello(hello)) = Message::parse(HandshakeType::SERVER_HELLO, &body) else {
            panic!()
        };
        check(&hello, 7);
        let mut other_order = halves();
        other_order.reverse();
        assert!(answer(other_order).is_some());
    }
}

//~ covers 5246-7.4.1.4-b, 5764-4.1-a
#[test]
fn hellos_in_one_datagram_and_grease_are_understood() {
    for hello in [chromium_without_post_quantum(), firefox_1_2(), greased()] {
        let body = answer(vec![hello.datagram()]).unwrap();
        let Ok(Message::ServerHello(hello)) = Message::parse(HandshakeType::SERVER_HELLO, &body) else {
            panic!()
        };
        check(&hello, 7);
    }
}

#[test]
fn the_sizes_are_those_that_were_seen() {
    assert_eq!(chromium().body().len(), 1413);
    assert_eq!(firefox().body().len(), 1461);
}

#[test]
fn a_cookie_needs_the_first_datagram_only() {
    let acceptor = Acceptor::new(limpid_crypto::ring::provider(), [1; 32]);
    let (body, from) = (chromium().body(), "192.0.2.1:9".parse().unwrap());
    let (first, second) = (
        craft::fragment(HandshakeType::CLIENT_HELLO, 0, &body, 0, 1175, 0),
        craft::fragment(HandshakeType::CLIENT_HELLO, 0, &body, 1175, body.len(), 1),
    );
    let mut out = Vec::new();
    assert!(matches!(acceptor.accept(Instant::ZERO, from, &first, &mut out), Accepted::Reply(_)));
    assert_eq!(acceptor.accept(Instant::ZERO, from, &second, &mut out), Accepted::Drop);
}

//~ covers 5764-4.1.1-a, 5764-4.1.1-b, 5764-4.1-a
#[test]
fn the_server_picks_its_best_srtp_profile_or_none() {
    let cases: [(&[u16], &[u16], Option<u16>); 6] = [
        (&[1, 8, 7], &[7, 8, 1], Some(7)),
        (&[7, 8, 1], &[1, 7], Some(1)),
        (&[1, 2], &[8, 7], None),
        (&[], &[7, 8, 1], None),
        (&[7, 8, 1], &[], None),
        (&[8], &[7, 8], Some(8)),
    ];
    for (offered, ours, expected) in cases {
        let (mut client, mut server) = (ring_config(1), ring_config(2));
        (client.srtp_profiles, server.srtp_profiles) = (offered.to_vec(), ours.to_vec());
        let mut pair = Pair::new(client, server);
        assert!(pair.connect(), "no profile in common is no fault");
        for side in [Side::Client, Side::Server] {
            assert_eq!(pair.end(side).info().unwrap().srtp_profile, expected);
        }
    }
}

//~ covers 5764-4.1.3-a
#[test]
fn an_offered_mki_is_not_repeated() {
    let mki = [list16(&[1]), vec![3], b"mki".to_vec()].concat();
    let body = answer(vec![Hello::default().with(14, Some(mki)).datagram()]).unwrap();
    let Ok(Message::ServerHello(hello)) = Message::parse(HandshakeType::SERVER_HELLO, &body) else {
        panic!()
    };
    check(&hello, 1);
}

//~ covers 5746-3.6-b, 7627-5.1-a
#[test]
fn what_the_client_signals_by_a_suite_is_answered_by_an_extension() {
    let hello = Hello { suites: vec![0xc02b, 0x00ff], ..Hello::default() }.with(65281, None).with(14, None);
    let body = answer(vec![hello.datagram()]).unwrap();
    let Ok(Message::ServerHello(hello)) = Message::parse(HandshakeType::SERVER_HELLO, &body) else {
        panic!()
    };
    let kinds: Vec<u16> = hello.extensions.iter().map(|(kind, _)| kind.0).collect();
    assert_eq!(kinds, [11, 23, 65281]);
}
