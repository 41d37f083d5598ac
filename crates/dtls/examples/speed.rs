//! How fast: handshakes (both ends in one thread, mutual P-256 certificates) and records of 1200 bytes.
//!
//! `cargo run --release -p limpid-dtls --example speed`
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use limpid_crypto::{HashAlgorithm, KeyKind, NamedGroup, Random, SignatureScheme};
use limpid_dtls::{Config, Endpoint, Identity};
use limpid_sansio::{Instant, Machine};

const RUNS: usize = 7;

/// CPU time of this thread, which a busy machine does not stretch; wall time where there is no `/proc`.
fn clock() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = spent.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| START.get_or_init(std::time::Instant::now).elapsed(), Duration::from_nanos)
}

/// How often `each` runs within `time`, and how long that really took in seconds.
fn repeat(time: Duration, mut each: impl FnMut()) -> (f64, f64) {
    let (began, mut count) = (clock(), 0.0);
    while clock() - began < time {
        for _ in 0..16 {
            each();
        }
        count += 16.0;
    }
    (count, (clock() - began).as_secs_f64())
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

fn handshake(client: &Config, server: &Config, out: &mut Vec<u8>) -> (Endpoint, Endpoint) {
    let now = Instant::from_millis(1);
    let mut ends = (Endpoint::client(client.clone(), now), Endpoint::server(server.clone(), now));
    let fingerprint = |config: &Config| config.certificate.fingerprint(HashAlgorithm::Sha256).unwrap();
    ends.0.expect_fingerprints(now, &[fingerprint(server)]).unwrap();
    ends.1.expect_fingerprints(now, &[fingerprint(client)]).unwrap();
    while !(ends.0.is_connected() && ends.1.is_connected()) {
        send(&mut ends.0, &mut ends.1, now, out);
        send(&mut ends.1, &mut ends.0, now, out);
    }
    black_box(ends.0.export("EXTRACTOR-dtls_srtp", None, 60).unwrap());
    ends
}

fn median(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[0], values[values.len() - 1])
}

fn config(seed: u8) -> Config {
    let provider = limpid_crypto::ring::provider();
    let identity = Identity::generate(&provider, &mut Random::from_seed([seed; 32]), 0).unwrap();
    Config::new(provider, [seed; 32], Arc::new(identity))
}

fn handshakes(name: &str, group: NamedGroup) {
    let (mut client, mut server, mut out) = (config(1), config(2), Vec::new());
    (client.groups, server.groups) = (vec![group, NamedGroup::SECP256R1], vec![group]);
    let rates = (0..RUNS).map(|_| {
        let (count, time) = repeat(Duration::from_millis(300), || {
            black_box(handshake(&client, &server, &mut out));
        });
        count / time
    });
    let (rate, low, high) = median(rates.collect());
    println!("handshake-{name} {rate:.0} /s ({low:.0} .. {high:.0}), {:.0} us", 1e6 / rate);
}

/// What the provider's operations of one handshake cost by themselves: two signatures made and checked, two key pairs, two
/// agreements.
fn floor(group: NamedGroup) {
    let (config, message) = (config(1), [7; 128]);
    let provider = config.provider;
    let scheme = SignatureScheme::ECDSA_SECP256R1_SHA256;
    let key = provider.sign.generate(KeyKind::EcdsaP256).unwrap();
    let times = (0..RUNS).map(|_| {
        let (count, time) = repeat(Duration::from_millis(200), || {
            for _ in 0..2 {
                let signature = key.sign(scheme, &message).unwrap();
                let kind = KeyKind::EcdsaP256;
                provider.verify.verify(scheme, kind, key.public_key(), &message, &signature).unwrap();
            }
            let ours = provider.key_exchange.start(group).unwrap();
            let (share, _) = provider.key_exchange.answer(group, ours.share()).unwrap();
            black_box(ours.finish(&share).unwrap());
        });
        time * 1e6 / count
    });
    let (time, low, high) = median(times.collect());
    println!("floor-{group:?} {time:.0} us ({low:.0} .. {high:.0})");
}

fn records() {
    let (mut client, mut server) = handshake(&config(1), &config(2), &mut Vec::new());
    let (content, now) = (vec![0x5a; 1200], Instant::from_millis(1));
    let mut out = Vec::with_capacity(64 * 1300);
    let (mut seal, mut open) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (mut sealing, mut opening, mut count) = (Duration::ZERO, Duration::ZERO, 0);
        while sealing + opening < Duration::from_millis(150) {
            out.clear();
            let began = std::time::Instant::now();
            for _ in 0..64 {
                let record = client.begin(&mut out);
                out.extend_from_slice(&content);
                black_box(client.seal(&mut out, record));
            }
            sealing += began.elapsed();
            let began = std::time::Instant::now();
            let mut rest = &mut out[..];
            while !rest.is_empty() {
                let opened = server.handle_input(now, rest).unwrap();
                assert_eq!(black_box(opened.plaintext).unwrap().len(), 1200);
                rest = opened.rest;
            }
            opening += began.elapsed();
            count += 64;
        }
        seal.push(sealing.as_nanos() as f64 / f64::from(count));
        open.push(opening.as_nanos() as f64 / f64::from(count));
    }
    for (name, values) in [("seal", seal), ("open", open)] {
        let (time, low, high) = median(values);
        println!("record-1200-{name} {time:.1} ns ({low:.1} .. {high:.1})");
    }
}

fn main() {
    records();
    floor(NamedGroup::X25519);
    floor(NamedGroup::SECP256R1);
    handshakes("x25519", NamedGroup::X25519);
    handshakes("p256", NamedGroup::SECP256R1);
}
