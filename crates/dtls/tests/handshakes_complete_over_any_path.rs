//! Loss, duplication, reordering, small datagrams: the handshake completes, and both ends agree on everything.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::{Pair, Side, Wire, identity, ring_config};
use limpid_crypto::{KeyKind, NamedGroup};
use limpid_dtls::{Authentication, CipherSuite, Event};

fn check_agreement(pair: &mut Pair<'_>) {
    let (client, server) = (&pair.client, &pair.server);
    assert_eq!(client.info(), server.info());
    let info = client.info().unwrap();
    assert!(info.extended_master_secret);
    let label = "EXTRACTOR-dtls_srtp";
    let secret = client.export(label, None, 60).unwrap();
    assert_eq!(secret, server.export(label, None, 60).unwrap());
    assert_ne!(secret, client.export(label, Some(b""), 60).unwrap(), "no context is not an empty one");
    for side in [Side::Client, Side::Server] {
        let events = &pair.events[side as usize];
        let place = |event| events.iter().position(|one| *one == event).unwrap();
        assert!(place(Event::HandshakeCompleted) < place(Event::Verified));
        assert_eq!(pair.errors[side as usize], None);
    }
    for (from, to) in [(Side::Client, Side::Server), (Side::Server, Side::Client)] {
        let record = pair.seal(from, b"over the wire");
        pair.deliver(to, record);
        assert_eq!(pair.received[to as usize].pop().as_deref(), Some(&b"over the wire"[..]));
    }
}

#[test]
fn every_suite_with_every_group_and_every_kind_of_certificate() {
    for suite in CipherSuite::ALL {
        for group in [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1] {
            let kinds: &[KeyKind] = match suite.parameters().unwrap().authentication {
                Authentication::Ecdsa => &[KeyKind::EcdsaP256, KeyKind::EcdsaP384],
                Authentication::Rsa => &[KeyKind::Rsa],
            };
            for kind in kinds {
                let (mut client, mut server) = (ring_config(1), ring_config(2));
                (client.suites, client.groups) = (vec![suite], vec![group]);
                // The group of an ECDSA certificate must be on offer too.
                client.groups.extend([NamedGroup::SECP256R1, NamedGroup::SECP384R1]);
                server.groups = vec![group];
                server.certificate = identity(*kind);
                let mut pair = Pair::new(client, server);
                assert!(pair.connect(), "{suite} {group:?} {kind:?}: {:?}", pair.errors);
                let info = pair.client.info().unwrap();
                assert_eq!((info.suite, info.group, info.srtp_profile), (suite, group, Some(7)));
                check_agreement(&mut pair);
            }
        }
    }
}

#[test]
fn clients_prove_any_kind_of_certificate() {
    for kind in [KeyKind::EcdsaP256, KeyKind::EcdsaP384, KeyKind::Rsa] {
        let (mut client, server) = (ring_config(1), ring_config(2));
        client.certificate = identity(kind);
        let mut pair = Pair::new(client, server);
        assert!(pair.connect(), "{kind:?}: {:?}", pair.errors);
        assert_eq!(pair.server.peer_certificate(), Some(identity(kind).certificate_der()));
        check_agreement(&mut pair);
    }
}

//~ covers 6347-4.2.3-d, 6347-4.1-a
#[test]
fn any_datagram_size_will_do() {
    for mtu in [256, 257, 300, 400, 576, 900, 1200, 1500] {
        let (mut client, mut server) = (ring_config(1), ring_config(2));
        server.certificate = identity(KeyKind::Rsa);
        (client.mtu, server.mtu) = (mtu, mtu);
        let mut pair = Pair::new(client, server);
        assert!(pair.connect(), "{mtu}");
        assert!(pair.sent.iter().all(|(_, datagram)| datagram.len() <= mtu));
        check_agreement(&mut pair);
    }
}

//~ covers 6347-4.2.4-a, 6347-4.2.4-c, 6347-4.2.4-d
#[test]
fn loss_duplication_and_reordering_only_take_time() {
    let mut slowest = Duration::ZERO;
    for seed in 0..120 {
        let (mut client, mut server) = (ring_config(seed), ring_config(seed + 1));
        (client.mtu, server.mtu) = (300 + usize::from(seed) * 8, 1200);
        let wire = Wire {
            loss: u32::from(seed % 4) * 10,
            double: u32::from(seed % 3) * 15,
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(u64::from(seed % 5) * 30),
        };
        (client.give_up_after, server.give_up_after) = (Duration::from_secs(600), Duration::from_secs(600));
        let mut pair = Pair::new(client, server).seed_wire(seed, wire);
        let began = pair.now;
        assert!(pair.connect(), "seed {seed} {wire:?} {:?}", pair.errors);
        slowest = slowest.max(pair.now.since(began));
        check_agreement(&mut pair);
        if wire.loss == 0 && wire.jitter < Duration::from_millis(60) {
            assert!(pair.now.since(began) < Duration::from_millis(400), "no timer is needed without loss");
        }
    }
    assert!(slowest > Duration::from_secs(1), "loss was really there");
}

#[test]
fn without_loss_it_takes_two_round_trips() {
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    let began = pair.now;
    assert!(pair.connect());
    assert_eq!(pair.now.since(began), Duration::from_millis(40), "four flights of 10 ms");
    assert_eq!(pair.client.stats().flights_repeated + pair.server.stats().flights_repeated, 0);
    assert_eq!(pair.client.poll_timeout_for_test(), None);
}

trait PollTimeout {
    fn poll_timeout_for_test(&self) -> Option<limpid_sansio::Instant>;
}

impl PollTimeout for limpid_dtls::Endpoint {
    fn poll_timeout_for_test(&self) -> Option<limpid_sansio::Instant> {
        limpid_sansio::Machine::poll_timeout(self)
    }
}
