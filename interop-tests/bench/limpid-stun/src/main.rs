//! limpid-stun: the same ICE check as the rivals: USERNAME, PRIORITY, ICE-CONTROLLING, MESSAGE-INTEGRITY, FINGERPRINT.
use common::*;
use limpid_crypto::ring;
use limpid_stun::{Attribute, Builder, Class, Message, Method, TransactionId, short_term_key};

fn main() {
    let peer = "limpid";
    let key = short_term_key(&ring::provider(), "passwordpasswordpassword").unwrap();
    let mut out = Vec::new();
    report_ns("stun-build", peer, |k| {
        for turn in 0..k {
            let mut id = [7; 12];
            id[..8].copy_from_slice(&turn.to_be_bytes());
            out.clear();
            Builder::new(&mut out, Class::Request, Method::BINDING, TransactionId(id))
                .attribute(&Attribute::Username("abcdefgh:ijklmnop"))
                .attribute(&Attribute::Priority(0x6e00_1eff))
                .attribute(&Attribute::IceControlling(0x12_3456_7890))
                .integrity(&*key)
                .fingerprint();
            black_box(&out);
        }
    });
    report_ns("stun-parse+verify", peer, |k| {
        for _ in 0..k {
            let m = Message::parse(black_box(&out)).unwrap();
            m.verify_fingerprint().unwrap();
            m.verify_integrity(&*key).unwrap();
            black_box(m.username());
        }
    });
    report_ns("stun-parse-only", peer, |k| {
        for _ in 0..k {
            black_box(Message::parse(black_box(&out)).unwrap());
        }
    });
}
