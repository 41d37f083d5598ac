//! Counts allocations while packets are protected and opened, for every profile: none.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use limpid_srtp::{Config, Cryptex, DropReason, Profile};

#[test]
fn packets_cost_no_allocation() {
    for profile in Profile::ALL {
        for cryptex in [Cryptex::Off, Cryptex::Send] {
            let ids = [1].into_iter().collect();
            let config = Config { cryptex, encrypted_extensions: ids, ..Config::default() };
            let (mut sender, mut receiver) = pair(profile, config);
            let media = rtp_with(7, 0, &[1], Some((0xbede, &[0x10, 1, 0, 0])));
            let control = rtcp(7, &[0; 40]);
            let mut buffer = Vec::with_capacity(2000);
            let mut turn = |n: u16| {
                buffer.clear();
                buffer.extend_from_slice(&media);
                buffer[2..4].copy_from_slice(&n.to_be_bytes());
                sender.protect_rtp(&mut buffer, 0).unwrap();
                let end = buffer.len();
                buffer.extend_from_slice(&control);
                sender.protect_rtcp(&mut buffer, end).unwrap();
                let (media, control) = buffer.split_at_mut(end);
                assert!(receiver.unprotect_rtp(media).is_ok() && receiver.unprotect_rtcp(control).is_ok());
                // Noise costs none either.
                media[0] = 0;
                assert_eq!(receiver.unprotect_rtp(media), Err(DropReason::Malformed));
                control.fill(0x80);
                assert!(
                    receiver.unprotect_rtp(control).is_err() && receiver.unprotect_rtcp(control).is_err()
                );
            };
            turn(0);
            let counted = allocation_counter::measure(|| (1..1000).for_each(&mut turn));
            assert_eq!(counted.count_total, 0, "{profile}, {cryptex:?}");
        }
    }
    // The counter does count.
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(Box::new([0_u8; 64]))));
    assert_eq!(counted.count_total, 1);
}
