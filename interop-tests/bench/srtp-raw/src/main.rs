//! The ciphers alone, by the libraries that limpid uses: what one packet of a 12 byte header and 1200 bytes of payload costs
//! in place, with the keys prepared.
use common::*;

const N: usize = 1200;
const RING: &str = "raw-ring-0.17";

fn gcm(name: &str, algorithm: &'static ring::aead::Algorithm) {
    use ring::aead::*;
    let key = LessSafeKey::new(UnboundKey::new(algorithm, &[7; 32][..algorithm.key_len()]).unwrap());
    let nonce = |iv: [u8; 12]| Nonce::assume_unique_for_key(iv);
    let (mut packet, mut iv, mut seq) = (vec![1_u8; 12 + N + 16], [0; 12], 0_u64);
    report_pkt(&format!("srtp-{name}-protect"), RING, N, |n| {
        for _ in 0..n {
            seq += 1;
            iv[4..].copy_from_slice(&seq.to_be_bytes());
            let (header, rest) = packet.split_at_mut(12);
            let tag = key.seal_in_place_separate_tag(nonce(iv), Aad::from(&*header), &mut rest[..N]).unwrap();
            rest[N..].copy_from_slice(tag.as_ref());
            black_box(&packet);
        }
    });
    // As many different packets as the others open: they do not fit into the nearest cache.
    let sealed: Vec<_> = (0..1024_u64)
        .map(|seq| {
            let mut packet = packet.clone();
            iv[4..].copy_from_slice(&seq.to_be_bytes());
            let (header, rest) = packet.split_at_mut(12);
            let tag = key.seal_in_place_separate_tag(nonce(iv), Aad::from(&*header), &mut rest[..N]).unwrap();
            rest[N..].copy_from_slice(tag.as_ref());
            packet
        })
        .collect();
    let mut work = packet.clone();
    report_pkt(&format!("srtp-{name}-unprotect"), RING, N, |n| {
        let mut left = n;
        while left > 0 {
            for (seq, packet) in sealed.iter().enumerate().take(left as usize) {
                iv[4..].copy_from_slice(&(seq as u64).to_be_bytes());
                work.copy_from_slice(packet);
                let (header, rest) = work.split_at_mut(12);
                black_box(key.open_in_place(nonce(iv), Aad::from(&*header), rest).unwrap());
                left -= 1;
            }
        }
    });
}

fn cm() {
    use aes::cipher::{InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper};
    use hmac::Mac;
    type Ctr<'a> = ctr::CtrCore<&'a aes::Aes128, ctr::flavors::Ctr128BE>;
    let key = aes::Aes128::new_from_slice(&[7; 16]).unwrap();
    let mac = <hmac::Hmac<sha1::Sha1> as Mac>::new_from_slice(&[9; 20]).unwrap();
    let (mut packet, mut seq) = (vec![1_u8; 12 + N + 10], 0_u64);
    report_pkt("srtp-aescm128-sha1_80-protect", "raw-rustcrypto", N, |n| {
        for _ in 0..n {
            seq += 1;
            let mut iv = [0; 16];
            iv[4..12].copy_from_slice(&seq.to_be_bytes());
            let core = Ctr::inner_iv_init(&key, &iv.into());
            StreamCipherCoreWrapper::from_core(core).apply_keystream(&mut packet[12..12 + N]);
            let mut mac = mac.clone();
            mac.update(&packet[..12 + N]);
            mac.update(&[0; 4]);
            packet[12 + N..].copy_from_slice(&mac.finalize().into_bytes()[..10]);
            black_box(&packet);
        }
    });
}

fn main() {
    gcm("gcm128", &ring::aead::AES_128_GCM);
    gcm("gcm256", &ring::aead::AES_256_GCM);
    cm();
}
