//! Timers: when a flight goes out again, how large it is then, and when it is given up.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::{Pair, Side, ring_config};
use limpid_crypto::KeyKind;
use limpid_dtls::{Endpoint, Error};
use limpid_sansio::{Instant, Machine, PathInfo};

fn alone(change: impl Fn(&mut limpid_dtls::Config)) -> (Endpoint, Instant) {
    let now = Instant::from_millis(500);
    let mut config = ring_config(1);
    change(&mut config);
    (Endpoint::client(config, now), now)
}

fn send(endpoint: &mut Endpoint, now: Instant) -> Vec<Vec<u8>> {
    let mut datagrams = Vec::new();
    let mut out = Vec::new();
    while endpoint.poll_transmit(now, &mut out).is_some() {
        datagrams.push(core::mem::take(&mut out));
    }
    datagrams
}

//~ covers 6347-4.2.4.1-a, 6347-4.2.4.1-b
#[test]
fn the_timeout_begins_at_a_second_and_doubles_up_to_a_minute() {
    let (mut client, mut now) = alone(|config| config.give_up_after = Duration::from_secs(1000));
    let mut waits = Vec::new();
    assert_eq!(send(&mut client, now).len(), 1);
    for _ in 0..9 {
        let next = client.poll_timeout().unwrap();
        waits.push(next.since(now).as_secs());
        assert_eq!(client.handle_timeout(next - Duration::from_nanos(1)), Ok(()));
        assert!(send(&mut client, now).is_empty(), "not before its time");
        now = next;
        client.handle_timeout(now).unwrap();
        assert_eq!(send(&mut client, now).len(), 1);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(client.stats().flights_repeated, 9);
}

#[test]
fn silence_ends_in_an_error_without_words() {
    let (mut client, mut now) = alone(|config| config.give_up_after = Duration::from_secs(10));
    let began = now;
    let error = loop {
        send(&mut client, now);
        now = client.poll_timeout().unwrap();
        if let Err(error) = client.handle_timeout(now) {
            break error;
        }
    };
    assert_eq!((error, now.since(began)), (Error::TimedOut, Duration::from_secs(10)));
    assert!(send(&mut client, now).is_empty() && client.finished());
    assert_eq!(client.poll_timeout(), None);
    assert_eq!(client.handle_input(now, &mut [0; 20]).map(|_| ()), Err(Error::TimedOut));
}

//~ covers 6347-4.2.4.1-c
#[test]
fn the_first_timeout_can_be_set_and_follows_the_round_trip() {
    let (client, now) = alone(|config| config.first_timeout = Duration::from_millis(200));
    assert_eq!(client.poll_timeout().unwrap().since(now), Duration::from_millis(200));

    let (mut client, now) = alone(|_| ());
    client.set_round_trip(now, Duration::from_millis(100));
    assert_eq!(
        client.poll_timeout().unwrap().since(now),
        Duration::from_millis(150),
        "one and a half round trips"
    );
    client.set_round_trip(now, Duration::from_millis(1));
    assert_eq!(
        client.poll_timeout().unwrap().since(now),
        Duration::from_millis(50),
        "but not less than that"
    );
    let (mut client, now) = alone(|_| ());
    client.set_round_trip(now, Duration::from_secs(9));
    assert_eq!(client.poll_timeout().unwrap().since(now), Duration::from_secs(1), "nor more than configured");
}

//~ covers 6347-4.1.1.1-a
#[test]
fn flights_that_get_lost_are_cut_smaller() {
    let (mut client, mut server) = (ring_config(1), ring_config(2));
    server.certificate = common::identity(KeyKind::Rsa);
    (client.mtu, server.mtu) = (1200, 1200);
    let mut pair = Pair::new(client, server);
    // A path that swallows what is larger than 600 bytes, and says nothing.
    pair.touch = Some(Box::new(|_, datagram| (datagram.len() <= 600).then_some(datagram)));
    assert!(pair.connect());
    assert!(pair.sent.iter().any(|(side, datagram)| *side == Side::Server && datagram.len() > 600));
}

//~ covers 6347-4.1.1.1-b
#[test]
fn the_path_says_how_large_datagrams_may_be() {
    let (mut client, mut server) = (ring_config(1), ring_config(2));
    (client.mtu, server.mtu) = (1200, 1200);
    let mut pair = Pair::new(client, server);
    for end in [Side::Client, Side::Server] {
        let now = pair.now;
        pair.end(end).path_changed(now, PathInfo { max_datagram: 400, is_new_route: false });
    }
    assert!(pair.connect());
    assert!(pair.sent.iter().all(|(_, datagram)| datagram.len() <= 400));
    // Application data is cut by whoever writes it, who can ask what a record adds.
    let largest = 400 - pair.client.overhead();
    assert_eq!(pair.seal(Side::Client, &vec![7; largest]).len(), 400);
}

//~ covers 6347-4.1-b, 6347-4.2.4-c
#[test]
fn records_of_the_epoch_before_are_still_taken_while_a_handshake_runs() {
    // The client has keys and has sent its Finished, but part of that flight gets lost once; the server's timer repeats
    // its own flight in epoch 0, and that makes the client repeat at once.
    let (mut client, mut server) = (ring_config(1), ring_config(2));
    (client.mtu, client.first_timeout) = (300, Duration::from_secs(50));
    server.first_timeout = Duration::from_secs(1);
    let mut lost = false;
    let mut pair = Pair::new(client, server);
    pair.touch = Some(Box::new(move |to, datagram| {
        let is_certificate = to == Side::Server && datagram[13] == 11;
        let lose = is_certificate && !lost;
        lost |= lose;
        (!lose).then_some(datagram)
    }));
    let began = pair.now;
    assert!(pair.connect());
    assert_eq!(pair.client.stats().flights_repeated, 1);
    assert!(pair.now.since(began) < Duration::from_secs(2), "without waiting for the client's timer");
}

//~ covers 6347-4.2.4-d, 6347-4.2.4-h
#[test]
fn the_last_flight_is_repeated_for_a_peer_that_lost_it() {
    let mut lost = 0;
    let mut pair = Pair::new(ring_config(1), ring_config(2));
    // The server's ChangeCipherSpec and Finished (75 bytes) get lost three times.
    pair.touch = Some(Box::new(move |to, datagram| {
        let is_last = to == Side::Client && datagram[0] == 20;
        lost += usize::from(is_last);
        (!is_last || lost > 3).then_some(datagram)
    }));
    assert!(pair.connect());
    assert!(pair.server.stats().flights_repeated >= 3);
    assert_eq!(pair.errors, [None, None]);
    // It stays ready for two maximum segment lifetimes, and is gone then.
    let linger = pair.server.poll_timeout().unwrap();
    assert!(linger.since(pair.now) > Duration::from_secs(200));
    pair.server.handle_timeout(linger).unwrap();
    assert_eq!(pair.server.poll_timeout(), None);
}

//~ covers 6347-4.2.2-a, 6347-4.2.4-b
#[test]
fn a_repeated_flight_has_new_record_numbers_and_old_message_numbers() {
    let (mut client, now) = alone(|_| ());
    let first = send(&mut client, now).remove(0);
    let later = client.poll_timeout().unwrap();
    client.handle_timeout(later).unwrap();
    let second = send(&mut client, later).remove(0);
    assert_eq!(first[..5], second[..5], "type, version, epoch");
    assert_eq!((first[10], second[10]), (0, 1), "sequence number");
    assert_eq!(first[11..], second[11..], "and the same message, message_seq 0");
}
