//! How long an ICE check takes to write and to read: `cargo run --release -p limpid-stun --example speed`.
#![allow(clippy::disallowed_methods, reason = "measures the real time")]

use std::hint::black_box;
use std::time::Instant;

use limpid_crypto::{MacKey, ring};
use limpid_stun::{Attribute, Builder, Class, Message, Method, TransactionId, short_term_key};

fn write(out: &mut Vec<u8>, key: &dyn MacKey) {
    out.clear();
    Builder::new(out, Class::Request, Method::BINDING, TransactionId([7; 12]))
        .attribute(&Attribute::Username("abcdefgh:ijklmnop"))
        .attribute(&Attribute::Priority(0x6e00_1eff))
        .attribute(&Attribute::IceControlling(0x0102_0304_0506_0708))
        .integrity(key)
        .fingerprint();
}

fn read(bytes: &[u8], key: &dyn MacKey) -> bool {
    Message::parse(bytes)
        .is_ok_and(|check| check.verify_fingerprint().is_ok() && check.verify_integrity(key).is_ok())
}

/// The median of seven runs, in nanoseconds.
fn report(name: &str, mut run: impl FnMut()) {
    const TURNS: u32 = 500_000;
    let mut times: Vec<_> = (0..7)
        .map(|_| {
            let start = Instant::now();
            (0..TURNS).for_each(|_| run());
            start.elapsed().as_nanos() as f64 / f64::from(TURNS)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{name:14} {:6.1} ns  ({:.1} to {:.1})", times[3], times[0], times[6]);
}

fn main() {
    let key = short_term_key(&ring::provider(), "passwordpasswordpassword").expect("ring has HMAC-SHA1");
    let mut out = Vec::new();
    write(&mut out, &*key);
    let bytes = out.clone();
    println!("{} bytes", bytes.len());
    report("build", || write(black_box(&mut out), &*key));
    report("parse + verify", || assert!(read(black_box(&bytes), &*key)));
    report("parse", || assert!(black_box(Message::parse(black_box(&bytes))).is_ok()));
}
