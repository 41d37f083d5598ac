//! The contract of every machine, held by whole peers: while they connect, while they are up, and under noise.

mod common;

use std::net::SocketAddr;

use common::config;
use limpid_peer::{Config, Peer};
use limpid_sansio::conformance::{check_early_timeout_is_harmless, check_timeout_moves_on, checked_drain};
use limpid_sansio::{Datagram, Instant, Machine, Path};
use proptest::prelude::*;

const A: ([u8; 4], u16) = ([192, 0, 2, 1], 5000);
const B: ([u8; 4], u16) = ([192, 0, 2, 2], 5000);

fn peer(seed: u8, at: ([u8; 4], u16)) -> Peer {
    let config: Config = config(limpid_crypto::null::provider(), [seed; 32]);
    let mut peer = Peer::new(config, Instant::ZERO);
    peer.add_local_address(Instant::ZERO, SocketAddr::from(at));
    peer.end_of_local_addresses(Instant::ZERO);
    peer
}

/// Two peers that have exchanged descriptions and nothing else.
fn described() -> (Peer, Peer) {
    let (mut a, mut b) = (peer(1, A), peer(2, B));
    let now = Instant::ZERO;
    a.create_data_channel(now, Default::default()).expect("a channel");
    let offer = a.create_offer().expect("an offer");
    a.set_local_description(now, offer).expect("our own");
    b.set_remote_description(now, a.local_description().expect("set")).expect("their offer");
    let answer = b.create_answer().expect("an answer");
    b.set_local_description(now, answer).expect("our own");
    a.set_remote_description(now, b.local_description().expect("set")).expect("the answer");
    (a, b)
}

/// One exchange: all that each has to say reaches the other, a millisecond later.
fn exchange(a: &mut Peer, b: &mut Peer, now: Instant) -> usize {
    let (from_a, from_b) = (checked_drain(a, now, |_, _| ()), checked_drain(b, now, |_, _| ()));
    let count = from_a.len() + from_b.len();
    for (to, packets) in [(b, from_a), (a, from_b)] {
        for (transmit, mut payload) in packets {
            let path = transmit.route.reversed();
            let _ = to.handle_input(now, Datagram { path, ecn: None, payload: &mut payload });
        }
    }
    count
}

#[test]
fn peers_keep_the_contract_from_the_first_check_to_the_open_channel() {
    let (mut a, mut b) = described();
    let mut now = Instant::ZERO;
    for step in 0..200 {
        now = Instant::from_millis(step);
        // The checks throw away what they drain, so all that is due goes out before.
        let _ = (a.handle_timeout(now), b.handle_timeout(now));
        while exchange(&mut a, &mut b, now) > 0 {}
        check_timeout_moves_on(&mut a, now);
        check_timeout_moves_on(&mut b, now);
        check_early_timeout_is_harmless(&mut a, now);
        check_early_timeout_is_harmless(&mut b, now);
    }
    assert_eq!(a.connection_state(), limpid_peer::ConnectionState::Connected);
    assert_eq!(b.connection_state(), limpid_peer::ConnectionState::Connected);
    a.close(now);
    assert!(exchange(&mut a, &mut b, now) > 0, "a goodbye is said");
    assert!(a.is_closed() && b.is_closed());
}

proptest! {
    /// Whatever comes from whomever: nothing panics, nothing is fatal, and the connection comes up all the same.
    #[test]
    fn noise_before_and_between_the_packets_changes_nothing(
        noise in proptest::collection::vec((any::<bool>(), any::<bool>(), proptest::collection::vec(any::<u8>(), 0..200)), 0..40),
    ) {
        let (mut a, mut b) = described();
        let paths = [Path::udp(SocketAddr::from(A), SocketAddr::from(B)), Path::udp(SocketAddr::from(B), SocketAddr::from(A))];
        let mut noise = noise.into_iter();
        for step in 0..200 {
            let now = Instant::from_millis(step);
            if let Some((to_a, is_known, mut bytes)) = noise.next() {
                let mut path = paths[usize::from(!to_a)];
                if !is_known {
                    path.remote.set_port(4242);
                }
                let target = if to_a { &mut a } else { &mut b };
                let handled = target.handle_input(now, Datagram { path, ecn: None, payload: &mut bytes });
                prop_assert!(handled.is_ok());
            }
            let _ = a.handle_timeout(now);
            let _ = b.handle_timeout(now);
            exchange(&mut a, &mut b, now);
        }
        prop_assert_eq!(a.connection_state(), limpid_peer::ConnectionState::Connected);
        prop_assert_eq!(b.connection_state(), limpid_peer::ConnectionState::Connected);
    }
}
