//! Streams of any length, lossy and out of order, around the point where sequence numbers start again.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::collections::BTreeSet;

use common::*;
use limpid_srtp::{Config, DropReason, Error, Profile};
use proptest::prelude::*;

/// The receiver as a set of numbers that never wrap.
fn expected(received: &BTreeSet<u64>, number: u64, window: u64) -> Option<DropReason> {
    let highest = *received.last()?;
    match number {
        _ if number + window <= highest => Some(DropReason::TooOld),
        _ if received.contains(&number) => Some(DropReason::Replayed),
        _ => None,
    }
}

proptest! {
    //~ covers 3711-3.2.1-a, 3711-3.3.1-c, 3711-3.3.1-d
    #[test]
    fn agrees_with_numbers_that_never_wrap(
        profile in prop::sample::select(&[Profile::Aes128CmSha1_80, Profile::AeadAes128Gcm][..]),
        start in prop_oneof![Just(0_u64), 65_400..65_536_u64, 32_700..32_800_u64],
        order in prop::collection::vec((0_usize..400, 1..3_usize), 1..300),
    ) {
        let (mut sender, mut receiver) = pair(profile, Config { replay_window: 128, ..Config::default() });
        let packet = |number: u64| rtp(7, number as u16, &number.to_be_bytes());
        let wires: Vec<_> = (start..start + 400).map(|number| sealed(&mut sender, &packet(number))).collect();
        let mut received = BTreeSet::new();
        // The first one comes first: who misses it and sees only numbers after the wrap must be told the counter.
        for (at, times) in [(0, 1)].into_iter().chain(order) {
            for _ in 0..times {
                let number = start + at as u64;
                let result = receiver.unprotect_rtp(&mut wires[at].clone()).map(|packet| packet.to_vec());
                match expected(&received, number, 128) {
                    None => prop_assert_eq!(result, Ok(packet(number))),
                    Some(reason) => prop_assert_eq!(result, Err(reason)),
                }
                if received.last().is_none_or(|highest| number + 128 > *highest) {
                    received.insert(number);
                }
            }
        }
        let highest = received.last().unwrap();
        prop_assert_eq!(receiver.rollover_counter(7), Some((highest >> 16) as u32));
    }
}

//~ covers 3711-3.3.1-b, 3711-3.3.1-c, 3711-3.2.1-b
#[test]
fn two_streams_count_for_themselves_through_several_rounds() {
    for profile in Profile::DTLS {
        let (mut sender, mut receiver) = pair(profile, Config::default());
        for number in (0..200_000_u64).step_by(1000) {
            let plain = rtp(1, number as u16, b"fast");
            assert_eq!(receiver.unprotect_rtp(&mut sealed(&mut sender, &plain)).as_deref(), Ok(&plain[..]));
            let plain = rtp(2, (number / 1000) as u16, b"slow");
            assert_eq!(receiver.unprotect_rtp(&mut sealed(&mut sender, &plain)).as_deref(), Ok(&plain[..]));
        }
        for context in [&sender, &receiver] {
            assert_eq!([1, 2, 3].map(|ssrc| context.rollover_counter(ssrc)), [Some(3), Some(0), None]);
        }
    }
}

//~ covers 3711-3.3.1-f, 3711-3.3.1-f neg
#[test]
fn who_joins_late_must_be_told_and_then_follows() {
    for profile in Profile::DTLS {
        let (mut sender, mut late) = pair(profile, Config::default());
        for number in (0..140_000_u64).step_by(1000) {
            sealed(&mut sender, &rtp(7, number as u16, b"before"));
        }
        let wire = sealed(&mut sender, &rtp(7, 140_000_u64 as u16, b"now"));
        assert_eq!(late.unprotect_rtp(&mut wire.clone()), Err(DropReason::NotAuthentic));
        assert_eq!(late.rollover_counter(7), None);
        late.set_rollover_counter(7, sender.rollover_counter(7).unwrap()).unwrap();
        assert!(late.unprotect_rtp(&mut wire.clone()).is_ok());
        assert_eq!(late.unprotect_rtp(&mut wire.clone()), Err(DropReason::Replayed));
        assert_eq!(late.set_rollover_counter(7, 1), Err(Error::IndexReused));
        let wire = sealed(&mut sender, &rtp(7, 141_000_u64 as u16, b"next"));
        assert!(late.unprotect_rtp(&mut wire.clone()).is_ok());
    }
}

//~ covers 3711-3.3.1-e, 3711-3.3.1-e neg
#[test]
fn nothing_lies_before_the_first_round_or_after_the_last() {
    for profile in Profile::DTLS {
        let (mut sender, mut receiver) = pair(profile, Config::default());
        let mut other = context(profile, Config::default());
        let early = sealed(&mut other, &rtp(7, 65_000, b"early"));
        assert!(receiver.unprotect_rtp(&mut sealed(&mut sender, &rtp(7, 3, b"first"))).is_ok());
        assert_eq!(receiver.unprotect_rtp(&mut early.clone()), Err(DropReason::NoIndex));
        let mut packet = rtp(7, 65_000, b"early");
        assert_eq!(sender.protect_rtp(&mut packet, 0), Err(Error::IndexReused));
        assert_eq!(packet, rtp(7, 65_000, b"early"));

        for context in [&mut sender, &mut receiver] {
            context.set_rollover_counter(7, u32::MAX).unwrap();
        }
        let last = sealed(&mut sender, &rtp(7, 32_000, b"near the end"));
        assert!(receiver.unprotect_rtp(&mut last.clone()).is_ok());
        let last = sealed(&mut sender, &rtp(7, 64_000, b"at the end"));
        assert!(receiver.unprotect_rtp(&mut last.clone()).is_ok());
        assert_eq!(sender.protect_rtp(&mut rtp(7, 1, b"beyond"), 0), Err(Error::KeyExhausted));
        assert_eq!(receiver.unprotect_rtp(&mut rtp(7, 1, &[0; 40])), Err(DropReason::NoIndex));
    }
}
