//! Fingerprints may come before, during or after the handshake; application data waits for them, and a wrong one ends it.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{NOW, Pair, Side, fingerprint, ring_config};
use limpid_crypto::{Fingerprint, HashAlgorithm, Random};
use limpid_dtls::{Config, Error, Event, Identity, Misuse};

fn of(config: &Config, algorithm: HashAlgorithm) -> Fingerprint {
    config.certificate.fingerprint(algorithm).unwrap()
}

/// The same kind and strength, but of nobody.
fn wrong(algorithm: HashAlgorithm) -> Fingerprint {
    Fingerprint::of(&limpid_crypto::ring::provider(), algorithm, b"somebody else").unwrap()
}

/// With a certificate of its own.
fn client_config() -> Config {
    let provider = limpid_crypto::ring::provider();
    let identity = Identity::generate(&provider, &mut Random::from_seed([9; 32]), NOW).unwrap();
    Config { certificate: Arc::new(identity), ..ring_config(1) }
}

//~ covers 8122-6.2-c, 8122-6.2-d
#[test]
fn data_waits_for_fingerprints_that_come_after_the_handshake() {
    let (client, server) = (client_config(), ring_config(2));
    let (of_client, of_server) = (fingerprint(&client), fingerprint(&server));
    let mut pair = Pair::strangers(client, server);
    pair.client.expect_fingerprints(pair.now, &[of_server]).unwrap();
    pair.run_until(Duration::from_secs(5), |pair| pair.server.info().is_some() && pair.client.is_connected());
    assert!(pair.client.is_connected() && !pair.server.is_connected());
    assert!(
        pair.happened(Side::Server, Event::HandshakeCompleted)
            && !pair.happened(Side::Server, Event::Verified)
    );

    for text in [b"one", b"two"] {
        let record = pair.seal(Side::Client, text);
        pair.deliver(Side::Server, record);
    }
    assert!(pair.received[Side::Server as usize].is_empty(), "nothing is yielded yet");
    assert_eq!(pair.server.read_held(), None, "nor held out");
    let mut out = Vec::new();
    let record = pair.server.begin(&mut out);
    out.extend_from_slice(&[0; 100]);
    assert_eq!((pair.server.seal(&mut out, record), out.len()), (0, 0), "and nothing is sent");

    pair.server.expect_fingerprints(pair.now, &[of_client]).unwrap();
    pair.flush();
    assert!(pair.server.is_connected() && pair.happened(Side::Server, Event::Verified));
    assert_eq!(pair.server.read_held().as_deref(), Some(&b"one"[..]));
    assert_eq!(pair.server.read_held().as_deref(), Some(&b"two"[..]));
    assert_eq!(pair.server.read_held(), None);
}

//~ covers 8122-6.2-e neg
#[test]
fn an_altered_fingerprint_lets_no_byte_pass() {
    // Known before the handshake at one end, or given after it.
    for (side, late) in
        [(Side::Client, false), (Side::Client, true), (Side::Server, false), (Side::Server, true)]
    {
        let (client, server) = (client_config(), ring_config(2));
        let (of_client, of_server) = (fingerprint(&client), fingerprint(&server));
        let mut pair = Pair::strangers(client, server);
        let (other, of_side) = match side {
            Side::Client => (Side::Server, of_client),
            Side::Server => (Side::Client, of_server),
        };
        let now = pair.now;
        pair.end(other).expect_fingerprints(now, &[of_side]).unwrap();
        if !late {
            pair.end(side).expect_fingerprints(now, &[wrong(HashAlgorithm::Sha256)]).unwrap();
        }
        pair.run_until(Duration::from_secs(3), |pair| {
            pair.errors != [None, None] || pair.client.info().is_some() && pair.server.info().is_some()
        });
        if late {
            if pair.end(other).is_connected() {
                let record = pair.seal(other, b"secret");
                pair.deliver(side, record);
            }
            let now = pair.now;
            let error = pair.end(side).expect_fingerprints(now, &[wrong(HashAlgorithm::Sha256)]);
            assert_eq!(error, Err(Error::FingerprintMismatch));
        } else {
            assert_eq!(pair.errors[side as usize], Some(Error::FingerprintMismatch));
        }
        assert!(!pair.end(side).is_connected());
        assert_eq!(pair.end(side).read_held(), None);
        pair.settle();
        assert!(pair.received.iter().all(Vec::is_empty), "{side:?} late {late}");
        assert!(!pair.happened(side, Event::Verified));
        let told = Error::PeerAlert(limpid_dtls::alert::AlertDescription::BAD_CERTIFICATE);
        assert_eq!(pair.errors[other as usize], Some(told), "the peer is told at once");
    }
}

//~ covers 8122-5.1-a neg, 8122-5.1-b
#[test]
fn of_several_kinds_only_the_strongest_is_checked() {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    let server = ring_config(2);
    let (good256, good384, good512) = (of(&server, Sha256), of(&server, Sha384), of(&server, Sha512));
    let cases: Vec<(Vec<Fingerprint>, bool)> = vec![
        (vec![good256], true),
        (vec![good512, good384, good256], true),
        (vec![wrong(Sha256), good384], true),
        (vec![wrong(Sha512), good256, good384], false),
        (vec![good256, wrong(Sha384)], false),
        (vec![wrong(Sha384), good384], true),
        (vec![wrong(Sha256), wrong(Sha256)], false),
    ];
    for (fingerprints, connects) in cases {
        let mut pair = Pair::strangers(ring_config(1), ring_config(2));
        pair.server.accept_any_peer(pair.now);
        pair.client.expect_fingerprints(pair.now, &fingerprints).unwrap();
        pair.run_until(Duration::from_secs(3), |pair| {
            pair.client.is_connected() || pair.errors != [None, None]
        });
        assert_eq!(pair.client.is_connected(), connects, "{fingerprints:?}");
    }
}

//~ covers 8122-5.1-c neg
#[test]
fn a_promise_is_not_weakened() {
    let mut pair = Pair::strangers(ring_config(1), ring_config(2));
    assert_eq!(
        pair.client.expect_fingerprints(pair.now, &[]),
        Err(Error::NoUsableFingerprint),
        "none is no promise"
    );

    let mut pair = Pair::strangers(ring_config(1), ring_config(2));
    pair.client.expect_fingerprints(pair.now, &[wrong(HashAlgorithm::Sha256)]).unwrap();
    pair.client.accept_any_peer(pair.now);
    pair.run_until(Duration::from_secs(3), |pair| pair.errors != [None, None]);
    assert_eq!(pair.errors[Side::Client as usize], Some(Error::FingerprintMismatch));

    // A later offer with another fingerprint does not change who the peer is.
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    assert!(pair.connect());
    let again = fingerprint(&ring_config(2));
    assert_eq!(pair.client.expect_fingerprints(pair.now, &[again]), Ok(()));
    let other = wrong(HashAlgorithm::Sha256);
    assert_eq!(pair.client.expect_fingerprints(pair.now, &[other]), Err(Error::FingerprintMismatch));
    assert!(!pair.client.is_connected());
}

//~ covers 6347-4.2.4-e
#[test]
fn data_that_overtakes_the_finished_is_held_until_it_counts() {
    let mut pair = Pair::new(client_config(), ring_config(2));
    // The server's last flight is delayed; its data is not.
    pair.run_until(Duration::from_secs(5), |pair| pair.server.is_connected());
    let record = pair.seal(Side::Server, b"early bird");
    pair.deliver(Side::Client, record);
    assert!(pair.received[Side::Client as usize].is_empty());
    assert!(pair.client.read_held().is_none());
    assert!(pair.connect());
    assert_eq!(pair.client.read_held().as_deref(), Some(&b"early bird"[..]));
}

//~ covers 6347-4.2.4-e neg
#[test]
fn a_flood_of_early_data_is_bounded() {
    let (client, server) = (client_config(), ring_config(2));
    let of_server = fingerprint(&server);
    let mut pair = Pair::strangers(client, server);
    pair.client.expect_fingerprints(pair.now, &[of_server]).unwrap();
    pair.run_until(Duration::from_secs(5), |pair| pair.server.info().is_some() && pair.client.is_connected());
    for _ in 0..1000 {
        let record = pair.seal(Side::Client, &[7; 1000]);
        pair.deliver(Side::Server, record);
    }
    pair.server.accept_any_peer(pair.now);
    let held = std::iter::from_fn(|| pair.server.read_held()).count();
    assert_eq!(held, 16);
    let dropped = pair.server.stats().dropped[limpid_dtls::DropReason::NoRoom as usize];
    assert_eq!(dropped, 1000 - 16);
}

//~ covers 7627-5.4-a
#[test]
fn secrets_are_exported_only_after_the_handshake() {
    let pair = Pair::new(ring_config(1), ring_config(2));
    assert_eq!(pair.client.export("EXTRACTOR-dtls_srtp", None, 60), Err(Misuse::NotConnected));
    assert_eq!(pair.client.info(), None);
    assert_eq!(pair.client.key_log_line(), None);
}

#[test]
fn the_key_log_is_kept_only_on_request_and_secrets_are_never_printed() {
    let (mut client, server) = (ring_config(1), ring_config(2));
    client.key_log = true;
    let mut pair = Pair::new(client, server);
    assert!(pair.connect());
    assert_eq!(pair.server.key_log_line(), None);
    let line = String::from_utf8(pair.client.key_log_line().unwrap().to_vec()).unwrap();
    let master = line.split(' ').nth(2).unwrap();
    assert_eq!(master.len(), 96);
    let printed = format!("{:?}", pair.client);
    let bytes: Vec<u8> =
        (0..6).map(|at| u8::from_str_radix(&master[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let as_list = format!("{:?}", bytes);
    assert!(!printed.contains(as_list.trim_matches(['[', ']'])), "decimal");
    assert!(!printed.to_lowercase().contains(&master[..12]), "hexadecimal");
    assert!(!printed.contains("1, 1, 1, 1"), "the seed: {printed}");
    assert!(printed.contains("Secret(48 bytes)") && printed.contains("Protection(secret)"));
}
