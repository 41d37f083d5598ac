//! RFC 9335 appendix A: each packet is sent and received as printed there.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use limpid_crypto::ring;
use limpid_srtp::{Config, Context, Cryptex, MasterKey, Profile};
use serde_json::Value;

fn bytes(case: &Value, field: &str) -> Vec<u8> {
    let text = case[field].as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn context(case: &Value) -> Context {
    let profile = match case["crypto_suite"].as_str().unwrap() {
        "AES_CM_128_HMAC_SHA1_80" => Profile::Aes128CmSha1_80,
        "AEAD_AES_128_GCM" => Profile::AeadAes128Gcm,
        other => panic!("{other}"),
    };
    let master = MasterKey::new(&bytes(case, "master_key"), &bytes(case, "master_salt"));
    let config = Config { cryptex: Cryptex::Send, ..Config::default() };
    Context::new(&ring::provider(), profile, &master, config).unwrap()
}

//~ covers 9335-5-a, 9335-5.1-a, 9335-5.2-a, 9335-6.1-a, 9335-6.2-a, 9335-6.2-b, 9335-6.3-a
#[test]
fn all_twelve_packets_are_sent_and_received() {
    let file: Value = serde_json::from_str(include_str!("vectors/srtp_rfc9335_cryptex.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let (plain, wire) = (bytes(case, "rtp_packet"), bytes(case, "encrypted_packet"));
        let mut sent = plain.clone();
        context(case).protect_rtp(&mut sent, 0).unwrap();
        assert_eq!(sent, wire, "{}", case["id"]);
        let mut received = wire.clone();
        assert_eq!(context(case).unprotect_rtp(&mut received).as_deref(), Ok(&plain[..]), "{}", case["id"]);
    }
}
