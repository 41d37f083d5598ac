//! Replayed, altered, cut and foreign packets are counted and dropped, and the stream goes on as if they had not come.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use limpid_srtp::{Config, Context, Cryptex, DropReason, Error, Profile};
use proptest::prelude::*;

/// Drops of every kind.
fn drops(context: &Context) -> u64 {
    context.stats().dropped.iter().sum()
}

fn dropped(context: &Context, reason: DropReason) -> u64 {
    context.stats().dropped[reason as usize]
}

proptest! {
    //~ covers 3711-3.3-c neg, 3711-4.2-a neg, 7714-5.3-a neg, 3711-3.3.1-d
    #[test]
    fn an_altered_packet_does_no_harm(
        profile in prop::sample::select(&Profile::ALL[..]),
        cryptex in prop::sample::select(&[Cryptex::Off, Cryptex::Send][..]),
        bits in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let config = Config { cryptex, ..Config::default() };
        let (mut sender, mut receiver) = pair(profile, config);
        let plain = |n| rtp_with(7, n, &[1, 2], Some((0xbede, &[0x10, 1, 0, 0])));
        for (n, bit) in bits.into_iter().enumerate() {
            let plain = plain(n as u16);
            let wire = sealed(&mut sender, &plain);
            let mut altered = wire.clone();
            let bit = bit.index(8 * wire.len());
            altered[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(receiver.unprotect_rtp(&mut altered).is_err(), "bit {}", bit);
            prop_assert_eq!(opened(&mut receiver, &wire), Ok(plain));
            prop_assert_eq!((receiver.source_count(), drops(&receiver)), (1, n as u64 + 1));
        }
    }

    #[test]
    fn an_altered_control_packet_does_no_harm(
        profile in prop::sample::select(&Profile::ALL[..]),
        encrypt_rtcp: bool,
        bits in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let (mut sender, mut receiver) = pair(profile, Config { encrypt_rtcp, ..Config::default() });
        for bit in bits {
            let plain = rtcp(7, b"report");
            let wire = sealed_rtcp(&mut sender, &plain);
            let mut altered = wire.clone();
            let bit = bit.index(8 * wire.len());
            altered[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(receiver.unprotect_rtcp(&mut altered).is_err(), "bit {}", bit);
            prop_assert_eq!(opened_rtcp(&mut receiver, &wire), Ok(plain));
            prop_assert_eq!(receiver.source_count(), 1);
        }
    }

    #[test]
    fn any_bytes_are_dropped(profile in prop::sample::select(&Profile::ALL[..]), bytes: Vec<u8>) {
        let mut receiver = context(profile, Config::default());
        prop_assert!(receiver.unprotect_rtp(&mut bytes.clone()).is_err());
        prop_assert!(receiver.unprotect_rtcp(&mut bytes.clone()).is_err());
        let mut almost = rtp(1, 2, &bytes);
        almost[0] = bytes.first().map_or(0x80, |byte| 0x80 | byte & 0x3f);
        prop_assert!(receiver.unprotect_rtp(&mut almost).is_err());
        prop_assert!(receiver.unprotect_rtcp(&mut rtcp(1, &bytes)).is_err());
        prop_assert_eq!((receiver.source_count(), receiver.stats().rtp, drops(&receiver)), (0, 0, 4));
    }
}

//~ covers 3711-3.3-c neg
#[test]
fn every_cut_is_dropped_and_what_follows_is_received() {
    for profile in Profile::ALL {
        let (mut sender, mut receiver) = pair(profile, Config::default());
        let plain = rtp_with(7, 1, &[5], Some((0xbede, &[0x10, 1, 0, 0])));
        let wire = sealed(&mut sender, &plain);
        for len in 0..wire.len() {
            assert!(receiver.unprotect_rtp(&mut wire[..len].to_vec()).is_err(), "{profile}: {len} bytes");
        }
        assert_eq!(receiver.unprotect_rtp(&mut wire.clone()).as_deref(), Ok(&plain[..]));
        let plain = rtcp(7, b"report");
        let wire = sealed_rtcp(&mut sender, &plain);
        for len in 0..wire.len() {
            assert!(receiver.unprotect_rtcp(&mut wire[..len].to_vec()).is_err(), "{profile}: {len} bytes");
        }
        assert_eq!(receiver.unprotect_rtcp(&mut wire.clone()).as_deref(), Ok(&plain[..]));
    }
}

//~ covers 3711-3.3-d neg, 3711-3.3.2-b neg, 3711-3.4-e, 3711-3.4-e neg
#[test]
fn nothing_is_received_twice() {
    for profile in Profile::ALL {
        let (mut sender, mut receiver) = pair(profile, Config { replay_window: 64, ..Config::default() });
        let wires: Vec<_> = (0..200).map(|n| sealed(&mut sender, &rtp(7, n, b"x"))).collect();
        let controls: Vec<_> = (0..200).map(|_| sealed_rtcp(&mut sender, &rtcp(7, b"x"))).collect();
        for (wire, control) in wires.iter().zip(&controls).rev().take(10).rev() {
            assert!(receiver.unprotect_rtp(&mut wire.clone()).is_ok());
            assert!(receiver.unprotect_rtcp(&mut control.clone()).is_ok());
        }
        for (wire, control) in wires.iter().zip(&controls).rev().take(10) {
            assert_eq!(receiver.unprotect_rtp(&mut wire.clone()), Err(DropReason::Replayed));
            assert_eq!(receiver.unprotect_rtcp(&mut control.clone()), Err(DropReason::Replayed));
        }
        assert!(receiver.unprotect_rtp(&mut wires[136].clone()).is_ok());
        assert_eq!(receiver.unprotect_rtp(&mut wires[135].clone()), Err(DropReason::TooOld));
        assert!(receiver.unprotect_rtcp(&mut controls[72].clone()).is_ok());
        assert_eq!(receiver.unprotect_rtcp(&mut controls[71].clone()), Err(DropReason::TooOld));
        assert_eq!(
            (dropped(&receiver, DropReason::Replayed), dropped(&receiver, DropReason::TooOld)),
            (20, 2)
        );
    }
}

//~ covers 3711-3.2.1-c
#[test]
fn one_stream_is_not_another() {
    for profile in Profile::ALL {
        let (mut sender, mut receiver) = pair(profile, Config::default());
        let mut wire = sealed(&mut sender, &rtp(7, 1, b"hello"));
        wire[11] = 8;
        assert_eq!(receiver.unprotect_rtp(&mut wire), Err(DropReason::NotAuthentic));
        // Keys of RTP do not open RTCP, nor the other way round.
        let mut wire = sealed(&mut sender, &rtp(7, 2, &[0; 60]));
        assert_eq!(receiver.unprotect_rtcp(&mut wire), Err(DropReason::NotAuthentic));
        let mut wire = sealed_rtcp(&mut sender, &rtcp(7, &[0; 60]));
        assert_eq!(receiver.unprotect_rtp(&mut wire), Err(DropReason::NotAuthentic));
        assert_eq!(receiver.source_count(), 0);
    }
}

//~ covers 3711-3.4-f
#[test]
fn a_peer_whose_first_control_packet_has_index_one_is_heard() {
    for profile in Profile::ALL {
        let (mut sender, mut receiver) = pair(profile, Config::default());
        let (zero, one) =
            (sealed_rtcp(&mut sender, &rtcp(7, b"a")), sealed_rtcp(&mut sender, &rtcp(7, b"b")));
        assert!(receiver.unprotect_rtcp(&mut one.clone()).is_ok());
        assert!(receiver.unprotect_rtcp(&mut zero.clone()).is_ok());
    }
}

//~ covers 9335-5.2-b, 9335-5.2-b neg
#[test]
fn what_must_be_encrypted_is_not_taken_in_the_clear() {
    let profile = Profile::AeadAes128Gcm;
    let (mut plain_sender, mut strict) = (
        context(profile, Config::default()),
        context(profile, Config { cryptex: Cryptex::Require, ..Config::default() }),
    );
    for (n, packet) in [
        rtp_with(7, 1, &[5], None),
        rtp_with(7, 2, &[], Some((0xbede, &[0x10, 1, 0, 0]))),
        rtp_with(7, 3, &[], Some((0xabcd, &[]))),
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(strict.unprotect_rtp(&mut sealed(&mut plain_sender, packet)), Err(DropReason::InClear));
        assert_eq!(dropped(&strict, DropReason::InClear), n as u64 + 1);
    }
    assert!(strict.unprotect_rtp(&mut sealed(&mut plain_sender, &rtp(7, 4, b"x"))).is_ok());

    // Where it is off, its mark is an extension like any other; elsewhere nobody sends it in the clear.
    let config = Config { cryptex: Cryptex::Off, ..Config::default() };
    let (mut off_sender, mut off) = pair(profile, config);
    for mark in [0xc0de, 0xc2de] {
        let marked = rtp_with(7, mark, &[], Some((mark, &[0x10, 1, 0, 0])));
        assert_eq!(opened(&mut off, &sealed(&mut off_sender, &marked)), Ok(marked.clone()));
        for cryptex in [Cryptex::Receive, Cryptex::Send, Cryptex::Require] {
            let mut sender = context(profile, Config { cryptex, ..Config::default() });
            assert_eq!(sender.protect_rtp(&mut marked.clone(), 0), Err(Error::NotEncryptable));
        }
    }
}
