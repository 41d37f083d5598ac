//! Replayed, truncated, altered, forged: dropped and counted, and the connection goes on.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::craft::{self, Hello};
use common::{Pair, Side, null_config, ring_config};
use limpid_dtls::message::HandshakeType;
use limpid_dtls::record::ContentType;
use limpid_dtls::{DropReason, Endpoint, Event};
use limpid_sansio::{Instant, Machine};
use proptest::prelude::*;

fn connected() -> Pair<'static> {
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    assert!(pair.connect());
    pair
}

fn dropped(endpoint: &Endpoint, reason: DropReason) -> u64 {
    endpoint.stats().dropped[reason as usize]
}

fn still_works(pair: &mut Pair<'_>) {
    for (from, to) in [(Side::Client, Side::Server), (Side::Server, Side::Client)] {
        pair.received[to as usize].clear();
        let record = pair.seal(from, b"still here");
        pair.deliver(to, record);
        assert_eq!(pair.received[to as usize], [b"still here".to_vec()]);
        assert_eq!(pair.errors[to as usize], None);
    }
}

//~ covers 6347-4.1.2.6-a neg, 6347-4.1.2.6-b
#[test]
fn a_record_passes_once() {
    let mut pair = connected();
    let records: Vec<Vec<u8>> = (0..400u16).map(|n| pair.seal(Side::Client, &n.to_be_bytes())).collect();
    // Reordered within the window: all pass; again: none does.
    for order in [[3, 1, 2, 0], [0, 1, 2, 3]] {
        order.iter().for_each(|n| pair.deliver(Side::Server, records[*n].clone()));
    }
    assert_eq!(pair.received[Side::Server as usize].len(), 4);
    assert_eq!(dropped(&pair.server, DropReason::Replayed), 4);

    // Far ahead: what is older than the window can not be told apart any more.
    pair.deliver(Side::Server, records[399].clone());
    pair.deliver(Side::Server, records[10].clone());
    assert_eq!(pair.received[Side::Server as usize].len(), 5);
    assert_eq!(dropped(&pair.server, DropReason::Replayed), 5);
    pair.deliver(Side::Server, records[390].clone());
    assert_eq!(pair.received[Side::Server as usize].len(), 6);
    still_works(&mut pair);
}

//~ covers 6347-4.1.2.6-b neg
#[test]
fn a_forged_number_does_not_move_the_window() {
    let mut pair = connected();
    let good = pair.seal(Side::Client, b"good");
    let mut forged = good.clone();
    forged[5..11].copy_from_slice(&[0, 0, 0, 1, 0, 0]); // sequence 65536
    pair.deliver(Side::Server, forged);
    assert_eq!(dropped(&pair.server, DropReason::BadMac), 1);
    pair.deliver(Side::Server, good);
    assert_eq!(pair.received[Side::Server as usize], [b"good".to_vec()]);
}

//~ covers 6347-4.1.2.7-a neg
#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let mut pair = connected();
    let good = pair.seal(Side::Client, b"some content");
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        pair.deliver(Side::Server, bad);
    }
    for cut in 0..good.len() {
        pair.deliver(Side::Server, good[..cut].to_vec());
    }
    assert!(pair.received[Side::Server as usize].is_empty(), "nothing of it passed");
    let drops = pair.server.stats().dropped_total();
    assert!(drops >= (good.len() * 9 - 1) as u64, "{drops} counted");
    pair.flush();
    pair.deliver(Side::Server, good);
    assert_eq!(
        pair.received[Side::Server as usize],
        [b"some content".to_vec()],
        "and the true one still does"
    );
    still_works(&mut pair);
}

//~ covers 6347-4.1.2.7-b neg, 6347-4.2.8-a neg
#[test]
fn plaintext_has_no_say_once_there_are_keys() {
    let mut pair = connected();
    let attacks = [
        craft::record(ContentType::ALERT, 0xfefd, 99, &[2, 40]),
        craft::record(ContentType::ALERT, 0xfefd, 99, &[1, 0]),
        craft::record(ContentType::APPLICATION_DATA, 0xfefd, 99, b"trust me"),
        craft::record(ContentType::CHANGE_CIPHER_SPEC, 0xfefd, 99, &[1]),
        craft::record(ContentType::CHANGE_CIPHER_SPEC, 0xfefd, 99, &[2]),
        craft::record(ContentType(99), 0xfefd, 99, &[1]),
        craft::record(ContentType::APPLICATION_DATA, 0x0303, 99, b"TLS"),
        Hello::default().datagram(),
        craft::handshake(HandshakeType::FINISHED, 3, &[0; 12]),
        craft::handshake(HandshakeType::HELLO_REQUEST, 0, &[]),
    ];
    for side in [Side::Client, Side::Server] {
        let sent = pair.sent.len();
        for attack in &attacks {
            pair.deliver(side, attack.clone());
        }
        pair.flush();
        assert!(pair.received[side as usize].is_empty());
        assert_eq!(pair.sent.len(), sent, "no answer to any of it");
    }
    still_works(&mut pair);
}

//~ covers 6347-4.2.4-f neg
#[test]
fn a_forged_finished_or_other_message_in_the_wrong_epoch_is_dropped() {
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    pair.deliver(Side::Server, craft::handshake(HandshakeType::FINISHED, 0, &[0; 12]));
    pair.deliver(Side::Client, craft::handshake(HandshakeType::FINISHED, 0, &[0; 12]));
    assert_eq!(dropped(&pair.server, DropReason::Unprotected), 1);
    assert_eq!(dropped(&pair.client, DropReason::Unprotected), 1);
    assert!(pair.connect());
}

//~ covers 6347-4.2.4-d, 6347-4.2.4-g neg
#[test]
fn a_repeated_plaintext_flight_makes_no_amplifier() {
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    pair.flush();
    let (_, hello) = pair.sent[0].clone();
    pair.settle_one_way();
    let before = pair.sent.len();
    for number in 0..1000u16 {
        let mut again = hello.clone();
        again[9..11].copy_from_slice(&(number + 1).to_be_bytes());
        pair.deliver(Side::Server, again);
        pair.flush();
    }
    assert!(pair.sent.len() - before <= 16 * 2, "{} answers", pair.sent.len() - before);
}

trait OneWay {
    fn settle_one_way(&mut self);
}

impl OneWay for Pair<'_> {
    /// Hands the client's first flight to the server, whose answer nobody reads.
    fn settle_one_way(&mut self) {
        let hellos: Vec<Vec<u8>> = self.sent.iter().map(|one| one.1.clone()).collect();
        hellos.into_iter().for_each(|hello| self.deliver(Side::Server, hello));
        self.touch = Some(Box::new(|_, _| None));
        self.flush();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn random_datagrams_never_err_and_never_stop_a_handshake(datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..60)) {
        let now = Instant::from_millis(1);
        let mut pair = Pair::new(null_config(1), null_config(2));
        for mut datagram in datagrams {
            // Half of them look like records at least.
            if datagram.len() > 13 && datagram[0] % 2 == 0 {
                let len = (datagram.len() - 13) as u16;
                let kind = 20 + datagram[0] % 5;
                datagram[..3].copy_from_slice(&[kind, 0xfe, 0xfd]);
                datagram[3] = 0;
                datagram[11..13].copy_from_slice(&len.to_be_bytes());
            }
            for side in [Side::Client, Side::Server] {
                let mut bytes = datagram.clone();
                // An alert in plaintext may end a handshake; everything else is noise.
                if bytes.first() != Some(&21) {
                    prop_assert!(pair.end(side).handle_input(now, &mut bytes).is_ok());
                }
            }
        }
        prop_assert!(pair.connect());
    }

    #[test]
    fn datagrams_altered_on_the_way_never_panic(flips in proptest::collection::vec((0usize..12, any::<usize>(), 1u8..), 1..8)) {
        let mut count = 0;
        let mut pair = Pair::new(null_config(1), null_config(2));
        pair.touch = Some(Box::new(move |_, mut datagram| {
            for (nth, at, flip) in &flips {
                if *nth == count {
                    let at = at % datagram.len();
                    datagram[at] ^= flip;
                }
            }
            count += 1;
            Some(datagram)
        }));
        pair.run_until(std::time::Duration::from_secs(200), |pair| {
            pair.client.is_connected() && pair.server.is_connected() || pair.errors != [None, None]
        });
        for (side, other) in [(Side::Client, Side::Server), (Side::Server, Side::Client)] {
            if pair.end(side).is_connected() && pair.happened(other, Event::Verified) && pair.end(other).is_connected() {
                prop_assert_eq!(pair.client.info(), pair.server.info());
            }
        }
    }

    /// Well-formed fragments of messages that nobody expects, in any order: an end refuses them or waits, and once it has
    /// failed it says the same for ever.
    #[test]
    fn messages_out_of_place_never_panic(
        messages in proptest::collection::vec((0usize..12, proptest::collection::vec(any::<u8>(), 0..60), 0u16..20, any::<bool>()), 1..30),
    ) {
        let kinds = [0, 1, 2, 3, 11, 12, 13, 14, 15, 16, 20, 99];
        for side in [Side::Client, Side::Server] {
            let mut pair = Pair::new(null_config(1), null_config(2));
            let (now, mut next, mut failed) = (pair.now, 0u16, None);
            for (kind, body, seq, in_order) in &messages {
                let kind = HandshakeType(kinds[*kind]);
                let body = if kind == HandshakeType::CLIENT_HELLO && body.len() % 2 == 0 { Hello::default().body() } else { body.clone() };
                let seq = if *in_order { next } else { *seq };
                next += u16::from(*in_order);
                let outcome = pair.end(side).handle_input(now, &mut craft::handshake(kind, seq, &body)).map(|_| ());
                if let Some(error) = failed {
                    prop_assert_eq!(outcome, Err(error));
                }
                failed = failed.or(outcome.err());
            }
            pair.flush();
            prop_assert!(!pair.end(side).is_connected());
            let bounded = pair.sent.iter().map(|(_, datagram)| datagram.len()).sum::<usize>();
            prop_assert!(bounded < 64 * 1024, "{} bytes sent", bounded);
            prop_assert_eq!(pair.end(side).finished(), failed.is_some());
        }
    }
}
