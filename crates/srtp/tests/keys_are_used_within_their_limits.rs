//! No index is used twice, no key longer than it may be, no table grows without a bound, and no key is printed.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use limpid_crypto::{Ciphers, Provider, null, ring};
use limpid_srtp::{Config, Context, DropReason, Error, MasterKey, Profile};

//~ covers 3711-9.1-a, 3711-9.1-a neg, 7714-8.4-a, 7714-8.4-a neg
#[test]
fn an_index_is_never_used_twice() {
    for profile in Profile::ALL {
        let mut sender = context(profile, Config { replay_window: 64, ..Config::default() });
        for n in [10, 12, 11, 9] {
            sealed(&mut sender, &rtp(7, n, b"once"));
        }
        for n in [9, 10, 11, 12] {
            let mut packet = rtp(7, n, b"again, and another one");
            assert_eq!(sender.protect_rtp(&mut packet, 0), Err(Error::IndexReused), "{profile}: {n}");
            assert_eq!(packet, rtp(7, n, b"again, and another one"));
        }
        // So far back that it may have been used.
        sealed(&mut sender, &rtp(7, 200, b"x"));
        assert_eq!(sender.protect_rtp(&mut rtp(7, 136, b"x"), 0), Err(Error::IndexReused));
        sealed(&mut sender, &rtp(7, 137, b"x"));
        // Not even by way of removing the stream.
        assert!(sender.remove_source(7) && sender.source_count() == 0);
        for n in [137, 138, 200] {
            assert_eq!(sender.protect_rtp(&mut rtp(7, n, b"x"), 0), Err(Error::IndexReused));
        }
        sealed(&mut sender, &rtp(7, 201, b"x"));
        assert_eq!(sender.set_rollover_counter(7, 0), Ok(()));
        sender.set_rollover_counter(7, 1).unwrap();
        assert_eq!(sender.set_rollover_counter(7, 0), Err(Error::IndexReused));
    }
}

//~ covers 7714-9.4-a
#[test]
fn control_packets_are_numbered_on_after_a_stream_was_removed() {
    let profile = Profile::AeadAes128Gcm;
    let mut sender = context(profile, Config::default());
    let index = |wire: &[u8]| u32::from_be_bytes(*wire.last_chunk().unwrap()) & 0x7fff_ffff;
    assert_eq!([(); 3].map(|()| index(&sealed_rtcp(&mut sender, &rtcp(7, b"x")))), [0, 1, 2]);
    assert!(sender.remove_source(7));
    assert_eq!(index(&sealed_rtcp(&mut sender, &rtcp(7, b"x"))), 3);
    assert_eq!(index(&sealed_rtcp(&mut sender, &rtcp(8, b"x"))), 0);
}

//~ covers 3711-9.2-a, 3711-9.2-a neg, 3711-9.2-b, 3711-9.2-b neg, 7714-10-a, 7714-10-a neg
#[test]
fn a_key_protects_as_many_packets_as_it_may_and_no_more() {
    let defaults = Config::default();
    assert_eq!((defaults.rtp_lifetime, defaults.rtcp_lifetime), (1 << 48, 1 << 31));
    for profile in Profile::ALL {
        let (mut sender, mut receiver) =
            pair(profile, Config { rtp_lifetime: 5, rtcp_lifetime: 3, ..Config::default() });
        let mut longer = context(profile, Config::default());
        // Over all streams.
        for n in 0..5 {
            assert!(receiver.unprotect_rtp(&mut sealed(&mut sender, &rtp(n.into(), n, b"x"))).is_ok());
        }
        for n in 0..3 {
            assert!(receiver.unprotect_rtcp(&mut sealed_rtcp(&mut sender, &rtcp(n, b"x"))).is_ok());
        }
        let (mut packet, mut control) = (rtp(1, 99, b"x"), rtcp(1, b"x"));
        assert_eq!(sender.protect_rtp(&mut packet, 0), Err(Error::KeyExhausted));
        assert_eq!(sender.protect_rtcp(&mut control, 0), Err(Error::KeyExhausted));
        assert_eq!((packet, control), (rtp(1, 99, b"x"), rtcp(1, b"x")));
        let mut beyond = sealed(&mut longer, &rtp(1, 99, b"x"));
        assert_eq!(receiver.unprotect_rtp(&mut beyond), Err(DropReason::KeyExhausted));
        let mut beyond = sealed_rtcp(&mut longer, &rtcp(9, b"x"));
        assert_eq!(receiver.unprotect_rtcp(&mut beyond), Err(DropReason::KeyExhausted));
    }
}

//~ covers 3711-3.2.3-a, 3711-3.2.3-a neg
#[test]
fn a_flood_of_sources_stays_within_the_table() {
    for profile in Profile::DTLS {
        let config = Config { max_sources: 8, ..Config::default() };
        let (mut sender, mut receiver) =
            (context(profile, Config { max_sources: 5000, ..config }), context(profile, config));
        let mut forger = Context::new(
            &ring::provider(),
            profile,
            &MasterKey::new(&vec![1; profile.key_len()], &vec![2; profile.salt_len()]),
            Config { max_sources: 5000, ..config },
        )
        .unwrap();
        for ssrc in 0..1000 {
            assert!(receiver.unprotect_rtp(&mut sealed(&mut forger, &rtp(ssrc, 1, b"x"))).is_err());
        }
        assert_eq!((receiver.source_count(), receiver.rollover_counter(1)), (0, None));
        let (first, mut taken) = (sealed(&mut sender, &rtp(0, 1, b"x")), 0);
        taken += usize::from(receiver.unprotect_rtp(&mut first.clone()).is_ok());
        for ssrc in 1..1000 {
            taken +=
                usize::from(receiver.unprotect_rtp(&mut sealed(&mut sender, &rtp(ssrc, 1, b"x"))).is_ok());
            taken += usize::from(
                receiver.unprotect_rtcp(&mut sealed_rtcp(&mut sender, &rtcp(ssrc + 2000, b"x"))).is_ok(),
            );
        }
        assert_eq!((taken, receiver.source_count(), receiver.sources().count()), (8, 8, 8));
        // Those that are known go on, and a place that was freed is taken; what the freed one received stays received.
        assert!(receiver.unprotect_rtp(&mut sealed(&mut sender, &rtp(0, 2, b"x"))).is_ok());
        assert!(receiver.remove_source(0));
        assert!(receiver.unprotect_rtp(&mut sealed(&mut sender, &rtp(4000, 1, b"x"))).is_ok());
        assert_eq!(receiver.unprotect_rtp(&mut first.clone()), Err(DropReason::TooManySources));
        assert!(receiver.remove_source(4000));
        assert_eq!(receiver.unprotect_rtp(&mut first.clone()), Err(DropReason::TooOld));
        // One after the other is bounded as well.
        let removed = (5000..9000).take_while(|ssrc| {
            receiver.set_rollover_counter(*ssrc, 0).is_ok() && receiver.remove_source(*ssrc)
        });
        assert!(removed.count() < 4 * 8);
        // And a sender's own.
        let mut sender = context(profile, config);
        let refused = (0..20)
            .filter(|ssrc| sender.protect_rtp(&mut rtp(*ssrc, 1, b"x"), 0) == Err(Error::TooManySources));
        assert_eq!(refused.count(), 12);
    }
}

#[test]
fn what_is_no_packet_is_not_protected() {
    let mut sender = context(Profile::Aes128CmSha1_80, Config::default());
    let mut whole = rtp_with(1, 1, &[2, 3], Some((0xbede, &[0; 8])));
    whole.truncate(32); // where the extension ends
    for len in 0..whole.len() {
        let mut cut = whole[..len].to_vec();
        assert!(matches!(sender.protect_rtp(&mut cut, 0), Err(Error::Malformed(_))), "{len}");
        assert_eq!(cut, whole[..len]);
    }
    assert!(matches!(sender.protect_rtp(&mut whole.clone(), 33), Err(Error::Malformed(_))));
    assert!(matches!(sender.protect_rtcp(&mut whole.clone(), 33), Err(Error::Malformed(_))));
    assert!(matches!(sender.protect_rtcp(&mut vec![0x80, 201, 0, 1, 0, 0, 0], 0), Err(Error::Malformed(_))));
    let mut version_one = rtp(1, 1, b"x");
    version_one[0] = 0x40;
    assert!(matches!(sender.protect_rtp(&mut version_one, 0), Err(Error::Malformed(_))));
    assert!(matches!(sender.protect_rtcp(&mut version_one, 0), Err(Error::Malformed(_))));
    // An element that is longer than its extension could not be found again by the receiver.
    sender.set_encrypted_extensions([1].into_iter().collect()).unwrap();
    let broken = rtp_with(1, 1, &[], Some((0xbede, &[0x1f, 0, 0, 0])));
    let mut packet = broken.clone();
    assert!(matches!(sender.protect_rtp(&mut packet, 0), Err(Error::Malformed(_))));
    assert_eq!(packet, broken);
    assert_eq!((sender.source_count(), sender.stats().rtp), (0, 0));
}

//~ covers 3711-4.1.1-c, 3711-4.1.1-c neg
#[test]
fn no_packet_is_so_long_that_its_key_stream_runs_into_the_next() {
    for profile in Profile::ALL {
        let (mut sender, mut receiver) = pair(profile, Config::default());
        let longest = rtp(7, 1, &vec![5; 65_535 - 12]);
        assert!(matches!(
            sender.protect_rtp(&mut [&longest[..], &[0]].concat(), 0),
            Err(Error::Malformed(_))
        ));
        assert!(matches!(
            sender.protect_rtcp(&mut [&longest[..], &[0]].concat(), 0),
            Err(Error::Malformed(_))
        ));
        let wire = sealed(&mut sender, &longest);
        assert_eq!(opened(&mut receiver, &wire), Ok(longest));
        // A million zero bytes, as an attacker could send them.
        assert_eq!(opened(&mut receiver, &rtp(7, 2, &vec![0; 1 << 20])), Err(DropReason::Malformed));
        assert_eq!(opened_rtcp(&mut receiver, &rtcp(7, &vec![0; 1 << 20])), Err(DropReason::Malformed));
    }
}

//~ covers 3711-8.2-a neg
#[test]
fn keys_of_the_wrong_length_and_lacking_providers_are_refused() {
    for profile in Profile::ALL {
        let make = |key: usize, salt: usize| {
            let master = MasterKey::new(&vec![1; key], &vec![2; salt]);
            Context::new(&ring::provider(), profile, &master, Config::default()).map(|_| ())
        };
        let (key, salt) = (profile.key_len(), profile.salt_len());
        assert_eq!(make(key, salt), Ok(()));
        for (key, salt) in [(key - 1, salt), (key + 1, salt), (key, salt - 1), (key, salt + 1), (0, 0)] {
            assert_eq!(make(key, salt), Err(Error::KeyLength));
        }
    }
    struct Nothing;
    impl Ciphers for Nothing {
        fn aes(&self, _: &[u8]) -> Option<Box<dyn limpid_crypto::AesKey>> {
            None
        }
    }
    let provider = Provider { cipher: &Nothing, ..null::provider() };
    for profile in Profile::ALL {
        let made = Context::new(&provider, profile, &master(profile), Config::default());
        assert_eq!(made.map(|_| ()), Err(Error::Unsupported));
    }
}

#[test]
fn neither_keys_nor_salts_are_printed() {
    for profile in Profile::ALL {
        let config = Config { encrypted_extensions: [1].into_iter().collect(), ..Config::default() };
        let text = format!("{:?} {:?}", context(profile, config), master(profile));
        // 0x2b and 0xf7, as numbers or as hex.
        assert!(!["43, 43", "2b2b", "247, 247", "f7f7"].iter().any(|secret| text.contains(secret)), "{text}");
        assert!(text.contains("Context"));
    }
}
