//! Two peers that want no channel yet are secured all the same: the path, the handshake, the verification.

mod common;

use std::time::Duration;

use common::Couple;
use limpid_netsim::Link;
use limpid_peer::ConnectionState;

#[test]
fn both_sides_are_connected_within_four_round_trips() {
    let one_way = Duration::from_millis(50);
    let mut couple = Couple::new(1, Link::with_delay(one_way));
    couple.negotiate();
    let (a, b) = (couple.a, couple.b);
    let start = couple.world.now();
    let connected = couple.world.run_until(Duration::from_secs(5), |world| {
        [a, b].iter().all(|peer| world.machine(*peer).connection_state() == ConnectionState::Connected)
    });
    let took = couple.world.now().since(start);
    assert!(connected, "{:?}", couple.states());
    assert!(took <= 2 * 4 * one_way, "{took:?} for a round trip of {:?}", 2 * one_way);
    let info =
        |peer: &limpid_peer::Peer| peer.dtls_info().map(|info| (info.suite, info.group, info.srtp_profile));
    assert_eq!(info(couple.world.machine(a)), info(couple.world.machine(b)));
    assert!(info(couple.world.machine(a)).is_some());
    let (a, b) = (couple.world.machine(a), couple.world.machine(b));
    assert_eq!(a.remote_certificate(), Some(b.local_certificate()));
    assert_eq!(b.remote_certificate(), Some(a.local_certificate()));
}
