//! limpid-srtp: packets of a 12 byte header and 1200 bytes of payload, protected and opened where they lie.
use common::*;
use limpid_crypto::ring;
use limpid_srtp::{Config, Context, MasterKey, Profile};

const PEER: &str = "limpid";
const N: usize = 1200;

fn packet(seq: u16) -> Vec<u8> {
    let mut p = vec![0x80, 96, 0, 0, 0, 0, 0, 1, 0xca, 0xfe, 0xba, 0xbe];
    p[2..4].copy_from_slice(&seq.to_be_bytes());
    p.resize(12 + N, 0x5a);
    p
}

fn context(profile: Profile) -> Context {
    let master = MasterKey::new(&vec![7; profile.key_len()], &vec![9; profile.salt_len()]);
    Context::new(&ring::provider(), profile, &master, Config::default()).unwrap()
}

fn measure(name: &str, profile: Profile) {
    let mut tx = context(profile);
    let mut pkt = packet(0);
    let mut seq = 0_u16;
    report_pkt(&format!("srtp-{name}-protect"), PEER, N, |n| {
        for _ in 0..n {
            seq = seq.wrapping_add(1);
            pkt.truncate(12 + N);
            pkt[2..4].copy_from_slice(&seq.to_be_bytes());
            tx.protect_rtp(&mut pkt, 0).unwrap();
            black_box(&pkt);
        }
    });
    let mut tx = context(profile);
    let protected: Vec<_> = (0..1024)
        .map(|seq| {
            let mut pkt = packet(seq);
            tx.protect_rtp(&mut pkt, 0).unwrap();
            pkt
        })
        .collect();
    // A packet can be opened in place once: each is copied first, and the copy counts.
    let mut work = protected[0].clone();
    report_pkt(&format!("srtp-{name}-unprotect"), PEER, N, |n| {
        let mut left = n;
        while left > 0 {
            let mut rx = context(profile);
            for p in protected.iter().take(left as usize) {
                work.copy_from_slice(p);
                black_box(rx.unprotect_rtp(&mut work).unwrap());
                left -= 1;
            }
        }
    });
}

fn main() {
    measure("aescm128-sha1_80", Profile::Aes128CmSha1_80);
    measure("aescm128-sha1_32", Profile::Aes128CmSha1_32);
    measure("gcm128", Profile::AeadAes128Gcm);
    measure("gcm256", Profile::AeadAes256Gcm);
}
