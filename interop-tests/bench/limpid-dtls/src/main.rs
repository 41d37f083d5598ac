//! limpid-dtls: full mutual-certificate handshake in memory, DTLS 1.2, P-256 certificates, without a cookie; then record
//! seal/open of 1200 bytes.
use common::*;
use limpid_crypto::{HashAlgorithm, NamedGroup, Random, ring};
use limpid_dtls::{Config, Endpoint, Identity};
use limpid_sansio::{Instant, Machine};
use std::sync::Arc;

const PEER: &str = "limpid";

fn config(seed: u8, groups: Vec<NamedGroup>) -> Config {
    let provider = ring::provider();
    let identity = Identity::generate(&provider, &mut Random::from_seed([seed; 32]), 0).unwrap();
    let mut config = Config::new(provider, [seed; 32], Arc::new(identity));
    config.groups = groups;
    config
}

fn send(from: &mut Endpoint, to: &mut Endpoint, now: Instant, out: &mut Vec<u8>) {
    loop {
        out.clear();
        if from.poll_transmit(now, out).is_none() {
            return;
        }
        let mut rest = &mut out[..];
        while !rest.is_empty() {
            rest = to.handle_input(now, rest).unwrap().rest;
        }
    }
}

fn handshake(client: &Config, server: &Config) -> (Endpoint, Endpoint) {
    let (now, mut out) = (Instant::from_millis(1), Vec::with_capacity(4096));
    let (mut c, mut s) = (Endpoint::client(client.clone(), now), Endpoint::server(server.clone(), now));
    let fingerprint = |config: &Config| config.certificate.fingerprint(HashAlgorithm::Sha256).unwrap();
    c.expect_fingerprints(now, &[fingerprint(server)]).unwrap();
    s.expect_fingerprints(now, &[fingerprint(client)]).unwrap();
    for _ in 0..20 {
        send(&mut c, &mut s, now, &mut out);
        send(&mut s, &mut c, now, &mut out);
        if c.is_connected() && s.is_connected() {
            // As the rivals do: the key material for SRTP is taken.
            black_box(c.export("EXTRACTOR-dtls_srtp", None, 60).unwrap());
            black_box(s.export("EXTRACTOR-dtls_srtp", None, 60).unwrap());
            return (c, s);
        }
    }
    panic!("no handshake");
}

fn main() {
    // The second group is the certificate's curve, which a client names too.
    for (name, group) in [("p256", NamedGroup::SECP256R1), ("x25519", NamedGroup::X25519)] {
        let (client, server) = (config(1, vec![group, NamedGroup::SECP256R1]), config(2, vec![group]));
        report_rate(&format!("dtls1.2-handshake-{name}-nocookie"), PEER, |n| {
            for _ in 0..n {
                black_box(handshake(&client, &server));
            }
        });
    }
    let groups = vec![NamedGroup::X25519, NamedGroup::SECP256R1];
    let (mut c, mut s) = handshake(&config(1, groups.clone()), &config(2, groups));
    let (data, now) = (vec![0x5a; 1200], Instant::from_millis(1));
    let mut out = Vec::with_capacity(8 * 1300);
    report_seal_open("dtls1.2-record-1200", PEER, 1200, 8, |k| {
        out.clear();
        let t = std::time::Instant::now();
        for _ in 0..k {
            let record = c.begin(&mut out);
            out.extend_from_slice(&data);
            black_box(c.seal(&mut out, record));
        }
        let a = t.elapsed();
        let t = std::time::Instant::now();
        let (mut rest, mut got) = (&mut out[..], 0);
        while !rest.is_empty() {
            let opened = s.handle_input(now, rest).unwrap();
            got += black_box(opened.plaintext).map_or(0, |p| p.len());
            rest = opened.rest;
        }
        let b = t.elapsed();
        assert_eq!(got, k * 1200);
        (a, b)
    });
}
