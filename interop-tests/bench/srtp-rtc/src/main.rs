//! rtc-srtp (webrtc-rs): packets of a 12 byte header and 1200 bytes of payload.
use common::*;
use rtc_crypto::RTCCryptoProvider;
use rtc_crypto::providers::{AwsLcRsProvider, RingProvider};
use rtc_srtp::context::Context;
use rtc_srtp::option::srtp_replay_protection;
use rtc_srtp::protection_profile::ProtectionProfile;
use std::sync::Arc;

const N: usize = 1200;

fn packet(seq: u16) -> Vec<u8> {
    let mut p = vec![0x80, 96, 0, 0, 0, 0, 0, 1, 0xca, 0xfe, 0xba, 0xbe];
    p[2..4].copy_from_slice(&seq.to_be_bytes());
    p.resize(12 + N, 0x5a);
    p
}

fn measure(name: &str, peer: &str, profile: ProtectionProfile, provider: &dyn RTCCryptoProvider) {
    let (key, salt) = (vec![7; profile.key_len()], vec![9; profile.salt_len()]);
    let context = || {
        let replay = Some(srtp_replay_protection(64));
        Context::new(&key, &salt, profile, replay, None, provider.crypto()).unwrap()
    };
    let mut tx = context();
    let mut pkt = packet(0);
    let mut seq = 0_u16;
    report_pkt(&format!("srtp-{name}-protect"), peer, N, |n| {
        for _ in 0..n {
            seq = seq.wrapping_add(1);
            pkt[2..4].copy_from_slice(&seq.to_be_bytes());
            black_box(tx.encrypt_rtp(&pkt).unwrap());
        }
    });
    let mut tx = context();
    let protected: Vec<_> = (0..1024).map(|seq| tx.encrypt_rtp(&packet(seq)).unwrap()).collect();
    report_pkt(&format!("srtp-{name}-unprotect"), peer, N, |n| {
        let mut left = n;
        while left > 0 {
            let mut rx = context();
            for p in protected.iter().take(left as usize) {
                black_box(rx.decrypt_rtp(p).unwrap());
                left -= 1;
            }
        }
    });
}

fn main() {
    let providers: [(&str, Arc<dyn RTCCryptoProvider>); 2] =
        [("ring", Arc::new(RingProvider::default())), ("aws-lc-rs", Arc::new(AwsLcRsProvider::default()))];
    for (name, provider) in providers {
        let peer = format!("rtc-srtp-0.21.1({name})");
        measure("aescm128-sha1_80", &peer, ProtectionProfile::Aes128CmHmacSha1_80, &*provider);
        measure("aescm128-sha1_32", &peer, ProtectionProfile::Aes128CmHmacSha1_32, &*provider);
        measure("gcm128", &peer, ProtectionProfile::AeadAes128Gcm, &*provider);
        measure("gcm256", &peer, ProtectionProfile::AeadAes256Gcm, &*provider);
    }
}
