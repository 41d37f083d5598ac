//! str0m: packets of a 12 byte header and 1200 bytes of payload, protected as its own send path does it (which copies them
//! into a buffer first). Opening is not exported.
use common::*;
use str0m::_internal_test_exports::TestSrtp;
use str0m::crypto::dtls::{KeyingMaterial, SrtpProfile};
use str0m::rtp::{ExtensionMap, RtpHeader};

const N: usize = 1200;

fn measure(name: &str, profile: SrtpProfile, material: usize) {
    let crypto = str0m_aws_lc_rs::default_provider();
    let mut tx = TestSrtp::new(&crypto, profile, &KeyingMaterial::new(&vec![7; material]));
    let (extensions, payload) = (ExtensionMap::empty(), vec![0x5a; N]);
    let mut seq = 0_u64;
    report_pkt(&format!("srtp-{name}-protect"), "str0m-0.25.0(aws-lc-rs)", N, |n| {
        for _ in 0..n {
            seq += 1;
            let header = RtpHeader {
                sequence_number: seq as u16,
                payload_type: 96.into(),
                ssrc: 0xcafe_babe.into(),
                ..Default::default()
            };
            black_box(tx.protect(header, seq, &payload, &extensions));
        }
    });
}

fn main() {
    measure("aescm128-sha1_80", SrtpProfile::AES128_CM_SHA1_80, 60);
    measure("gcm128", SrtpProfile::AEAD_AES_128_GCM, 56);
    measure("gcm256", SrtpProfile::AEAD_AES_256_GCM, 88);
}
