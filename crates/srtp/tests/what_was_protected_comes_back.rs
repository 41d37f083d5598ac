//! Every packet, with every profile and every way to encrypt its header, comes back as it was.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use limpid_crypto::ring;
use limpid_srtp::{Config, Context, Cryptex, EXPORTER_LABEL, Error, ExtensionIds, Profile, Session};
use proptest::prelude::*;

fn any_profile() -> impl Strategy<Value = Profile> {
    prop::sample::select(&Profile::ALL[..])
}

fn any_config() -> impl Strategy<Value = Config> {
    let cryptex =
        prop::sample::select(&[Cryptex::Off, Cryptex::Receive, Cryptex::Send, Cryptex::Require][..]);
    (cryptex, prop::collection::vec(0..=255_u8, 0..5), any::<bool>()).prop_map(
        |(cryptex, ids, encrypt_rtcp)| Config {
            cryptex,
            encrypted_extensions: ids.into_iter().collect(),
            encrypt_rtcp,
            ..Config::default()
        },
    )
}

/// Elements of RFC 8285, filled up to whole words; or an extension of another kind.
fn any_extension() -> impl Strategy<Value = Option<(u16, Vec<u8>)>> {
    let one =
        prop::collection::vec((1..15_u8, prop::collection::vec(any::<u8>(), 1..16)), 0..5).prop_map(|all| {
            let elements =
                all.iter().flat_map(|(id, data)| [&[id << 4 | (data.len() as u8 - 1)], &data[..]].concat());
            (0xbede, elements.collect::<Vec<u8>>())
        });
    let two = prop::collection::vec((1..=255_u8, prop::collection::vec(any::<u8>(), 0..40)), 0..5).prop_map(
        |all| {
            let elements = all.iter().flat_map(|(id, data)| [&[*id, data.len() as u8], &data[..]].concat());
            (0x1000, elements.collect::<Vec<u8>>())
        },
    );
    let bits = Just((0x1005, vec![0; 4]));
    let other = prop::collection::vec(any::<u8>(), 0..30).prop_map(|body| (0xabcd, body));
    prop::option::of(prop_oneof![4 => one, 4 => two, 1 => bits, 1 => other]).prop_map(|extension| {
        extension.map(|(profile, mut body)| {
            body.resize(body.len().next_multiple_of(4), 0);
            (profile, body)
        })
    })
}

proptest! {
    //~ covers 3711-3.1-a, 3711-3.3-a, 3711-3.3-b, 7714-7.1-a, 9335-5-b, 6904-3-d
    #[test]
    fn rtp_comes_back(
        profile in any_profile(),
        config in any_config(),
        csrcs in prop::collection::vec(any::<u32>(), 0..16),
        extension in any_extension(),
        front in 0..20_usize,
    ) {
        let (mut sender, mut receiver) = pair(profile, config);
        let extension = extension.as_ref().map(|(profile, body)| (*profile, &body[..]));
        let plain = rtp_with(7, 300, &csrcs, extension);
        let mut out = vec![0xee; front];
        out.extend_from_slice(&plain);
        let before = out.clone();
        match sender.protect_rtp(&mut out, front) {
            Ok(()) => {}
            Err(Error::NotEncryptable) => {
                prop_assert!(config.cryptex == Cryptex::Require);
                prop_assert!(extension.is_some_and(|(profile, _)| ![0xbede, 0x1000].contains(&profile)));
                prop_assert_eq!(out, before);
                return Ok(());
            }
            Err(error) => panic!("{error}"),
        }
        prop_assert_eq!(&out[..front], &before[..front]);
        let wire = out.split_off(front);
        // Cryptex shows that CSRCs are encrypted by an extension that may not have been there.
        let cryptex = matches!(config.cryptex, Cryptex::Send | Cryptex::Require);
        let inserted = cryptex && !csrcs.is_empty() && extension.is_none();
        let overhead = profile.rtp_overhead() + if inserted { 4 } else { 0 };
        prop_assert_eq!(wire.len(), plain.len() + overhead);
        let expected = if inserted { rtp_with(7, 300, &csrcs, Some((0xbede, &[]))) } else { plain };
        prop_assert_eq!(opened(&mut receiver, &wire), Ok(expected));
        prop_assert_eq!((sender.stats().rtp, receiver.stats().rtp), (1, 1));
    }

    //~ covers 3711-3.4-a, 3711-3.4-b, 3711-3.4-c, 3711-3.4-d, 3711-3.4-h
    #[test]
    fn rtcp_comes_back(
        profile in any_profile(),
        config in any_config(),
        rest in prop::collection::vec(any::<u8>(), 0..200),
        front in 0..20_usize,
    ) {
        let (mut sender, mut receiver) = pair(profile, config);
        let plain = rtcp(7, &rest);
        for index in 0..3_u32 {
            let mut out = vec![0xee; front];
            out.extend_from_slice(&plain);
            sender.protect_rtcp(&mut out, front).unwrap();
            let wire = out.split_off(front);
            prop_assert_eq!(wire.len(), plain.len() + profile.rtcp_overhead());
            prop_assert_eq!(&wire[..8], &plain[..8]);
            // The flag and the index stand last, or in front of the tag.
            let tag = if profile.name().contains("GCM") { 0 } else { 10 };
            let word = wire[wire.len() - tag - 4..wire.len() - tag].try_into().unwrap();
            prop_assert_eq!(u32::from_be_bytes(word), index | u32::from(config.encrypt_rtcp) << 31);
            prop_assert_eq!(config.encrypt_rtcp || rest.is_empty(), wire[8..plain.len()] != rest || rest.is_empty());
            prop_assert_eq!(opened_rtcp(&mut receiver, &wire), Ok(plain.clone()));
        }
    }
}

//~ covers 6904-3-b, 6904-3-d, 7714-8.3-a, 9335-5-b
#[test]
fn only_the_chosen_extensions_are_hidden_and_the_payload_is_always() {
    for profile in Profile::ALL {
        let ids: ExtensionIds = [2].into_iter().collect();
        let body = [0x10, 1, 0x21, 2, 2, 0, 0, 0];
        let plain = rtp_with(7, 1, &[0xaaaa_aaaa], Some((0xbede, &body)));
        let config = Config { encrypted_extensions: ids, ..Config::default() };
        let wire = sealed(&mut context(profile, config), &plain);
        assert_eq!((&wire[..20], &wire[20..23]), (&plain[..20], &plain[20..23]), "{profile}");
        assert_ne!(wire[23..25], plain[23..25], "{profile}");
        assert_eq!(wire[25..28], plain[25..28], "{profile}");
        assert_ne!(wire[28..plain.len()], plain[28..], "{profile}");

        // With cryptex the same packet hides CSRCs and all elements, and RFC 6904 is not applied besides.
        let config = Config { cryptex: Cryptex::Send, ..config };
        let wire = sealed(&mut context(profile, config), &plain);
        let mut alone = context(profile, Config { cryptex: Cryptex::Send, ..Config::default() });
        assert_eq!(wire, sealed(&mut alone, &plain), "{profile}");
        assert_ne!(wire[12..16], plain[12..16], "{profile}");
        assert_eq!(wire[16..20], [0xc0, 0xde, 0, 2], "{profile}");
        let mut other = context(profile, Config::default());
        assert_eq!(other.unprotect_rtp(&mut wire.clone()).as_deref(), Ok(&plain[..]), "{profile}");
    }
}

//~ covers 9335-5-c, 9335-5-c neg, 9335-5.1-b, 9335-5.1-b neg
#[test]
fn extensions_that_cryptex_has_no_place_for_go_without_or_not_at_all() {
    for profile in Profile::DTLS {
        for extension in [0x1001, 0x100f, 0xabcd] {
            let plain = rtp_with(7, 1, &[5], Some((extension, &[1, 0, 0, 0])));
            let config = |cryptex| Config { cryptex, ..Config::default() };
            let wire = sealed(&mut context(profile, config(Cryptex::Send)), &plain);
            assert_eq!(wire, sealed(&mut context(profile, config(Cryptex::Off)), &plain));
            let mut packet = plain.clone();
            let mut strict = context(profile, config(Cryptex::Require));
            assert_eq!(strict.protect_rtp(&mut packet, 0), Err(Error::NotEncryptable));
            assert_eq!(packet, plain);
        }
    }
}

//~ covers 5764-4.2-b, 5764-4.2-b neg
#[test]
fn both_ends_of_a_dtls_handshake_understand_each_other() {
    assert_eq!(EXPORTER_LABEL, "EXTRACTOR-dtls_srtp");
    for profile in Profile::DTLS {
        let material: Vec<u8> = (0..profile.keying_material_len() as u8).collect();
        let make = |material: &[u8], is_client| {
            Session::from_dtls(&ring::provider(), profile, material, is_client, Config::default())
        };
        let (mut client, mut server) = (make(&material, true).unwrap(), make(&material, false).unwrap());
        let plain = rtp(1, 2, b"hello");
        let from_client = sealed(&mut client.outbound, &plain);
        let from_server = sealed(&mut server.outbound, &plain);
        assert_ne!(from_client, from_server);
        assert_eq!(server.inbound.unprotect_rtp(&mut from_client.clone()).as_deref(), Ok(&plain[..]));
        assert_eq!(client.inbound.unprotect_rtp(&mut from_server.clone()).as_deref(), Ok(&plain[..]));

        // The order is client key, server key, client salt, server salt.
        let (key, salt) = (profile.key_len(), profile.salt_len());
        let master = limpid_srtp::MasterKey::new(&material[..key], &material[2 * key..][..salt]);
        let mut by_hand = Context::new(&ring::provider(), profile, &master, Config::default()).unwrap();
        assert_eq!(sealed(&mut by_hand, &plain), from_client);
        for wrong in [&material[1..], &[&material[..], &[0]].concat()[..], &[]] {
            assert_eq!(make(wrong, true).map(|_| ()), Err(Error::KeyLength));
        }
    }
}
