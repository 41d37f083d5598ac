//! Expectations written by hand from RFC 4787.

use super::*;
use Dependence::{AddressAndPortDependent as Port, AddressDependent as Addr, EndpointIndependent as Free};

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn nat(mapping: Dependence, filtering: Dependence) -> Nat {
    Nat::new(NatConfig::new(mapping, filtering), &["203.0.113.1".parse().unwrap()], Random::new(1))
}

const NOW: Instant = Instant::from_millis(1);
const X: &str = "10.0.0.2:5000";
const Y1: &str = "192.0.2.1:1000";
const Y1_OTHER_PORT: &str = "192.0.2.1:1001";
const Y2: &str = "192.0.2.2:1000";

#[test]
fn a_mapping_is_reused_as_section_4_1_says() {
    // Same inside endpoint to the same destination, to another port, to another address: is the outside port the same?
    for (mapping, other_port, other_address) in
        [(Free, true, true), (Addr, true, false), (Port, false, false)]
    {
        let mut nat = nat(mapping, Free);
        let first = nat.outbound(NOW, at(X), at(Y1)).unwrap();
        let mut same = |to| nat.outbound(NOW, at(X), at(to)).unwrap() == first;
        assert!(same(Y1), "{mapping:?}");
        assert_eq!((same(Y1_OTHER_PORT), same(Y2)), (other_port, other_address), "{mapping:?}");
    }
}

#[test]
fn a_filter_admits_as_section_5_says() {
    // X has written to Y1 alone: are Y1, another port of Y1, and Y2 let in?
    for (filtering, other_port, other_address) in
        [(Free, true, true), (Addr, true, false), (Port, false, false)]
    {
        for mapping in Dependence::ALL {
            let mut nat = nat(mapping, filtering);
            let outside = nat.outbound(NOW, at(X), at(Y1)).unwrap();
            let mut admitted = |from| nat.inbound(NOW, at(from), outside).is_ok();
            assert!(admitted(Y1));
            assert_eq!((admitted(Y1_OTHER_PORT), admitted(Y2)), (other_port, other_address), "{filtering:?}");
        }
    }
}

#[test]
fn a_filter_asks_whom_the_inside_endpoint_wrote_to_through_whichever_mapping() {
    let mut nat = nat(Port, Port);
    let to_y1 = nat.outbound(NOW, at(X), at(Y1)).unwrap();
    assert_eq!(nat.inbound(NOW, at(Y2), to_y1), Err(DropCause::Filtered));
    assert_ne!(nat.outbound(NOW, at(X), at(Y2)).unwrap(), to_y1);
    assert_eq!(nat.inbound(NOW, at(Y2), to_y1), Ok(at(X)));
}

#[test]
fn nobody_is_let_in_before_somebody_went_out() {
    let mut nat = nat(Free, Free);
    assert_eq!(nat.inbound(NOW, at(Y1), at("203.0.113.1:5000")), Err(DropCause::Filtered));
}

#[test]
fn two_inside_endpoints_never_share_an_outside_port() {
    for ports in [Ports::Preserve, Ports::Sequential, Ports::Random] {
        let config = NatConfig { ports, ..NatConfig::home() };
        let mut nat = Nat::new(config, &["203.0.113.1".parse().unwrap()], Random::new(1));
        let a = nat.outbound(NOW, at("10.0.0.2:5000"), at(Y1)).unwrap();
        let b = nat.outbound(NOW, at("10.0.0.3:5000"), at(Y1)).unwrap();
        assert_ne!(a, b, "REQ-3: no port overloading");
        assert_eq!((a.port() % 2, b.port() % 2), (0, 0), "REQ-4: parity");
        if ports == Ports::Preserve {
            assert_eq!((a.port(), b.port()), (5000, 5002));
        }
    }
}

#[test]
fn an_inside_host_keeps_one_of_several_outside_addresses() {
    let pool: Vec<IpAddr> = ["203.0.113.1", "203.0.113.2"].map(|ip| ip.parse().unwrap()).to_vec();
    let mut nat = Nat::new(NatConfig::home(), &pool, Random::new(1));
    let mut outside = |from: &str| nat.outbound(NOW, at(from), at(Y1)).unwrap().ip();
    assert_eq!(outside("10.0.0.2:5000"), pool[0]);
    assert_eq!(outside("10.0.0.3:5000"), pool[1]);
    assert_eq!(outside("10.0.0.2:6000"), pool[0], "REQ-2: paired");
}

#[test]
fn a_mapping_lives_two_minutes_after_the_last_packet_from_inside() {
    let mut nat = nat(Free, Free);
    let outside = nat.outbound(NOW, at(X), at(Y1)).unwrap();
    let minute = |n: u64| NOW + Duration::from_secs(60 * n);
    assert_eq!(nat.outbound(minute(1), at(X), at(Y1)), Ok(outside), "REQ-6: refreshed by the inside");
    assert!(nat.inbound(minute(2), at(Y1), outside).is_ok(), "REQ-5: not before two minutes");
    assert!(nat.inbound(minute(3), at(Y1), outside).is_err(), "a packet from outside did not refresh it");
    assert_eq!(nat.mappings(minute(3)), 0);
}

#[test]
fn packets_from_outside_refresh_a_mapping_if_the_nat_is_so_configured() {
    let config = NatConfig { inbound_refresh: true, ..NatConfig::new(Free, Free) };
    let mut nat = Nat::new(config, &["203.0.113.1".parse().unwrap()], Random::new(1));
    let outside = nat.outbound(NOW, at(X), at(Y1)).unwrap();
    for minute in 1..10 {
        assert!(nat.inbound(NOW + Duration::from_secs(60 * minute), at(Y1), outside).is_ok());
    }
}

#[test]
fn after_a_restart_old_ports_lead_nowhere_and_new_ones_are_others() {
    for ports in [Ports::Preserve, Ports::Sequential, Ports::Random] {
        let config = NatConfig { ports, ..NatConfig::home() };
        let mut nat = Nat::new(config, &["203.0.113.1".parse().unwrap()], Random::new(1));
        let before = nat.outbound(NOW, at(X), at(Y1)).unwrap();
        nat.rebind();
        assert!(nat.inbound(NOW, at(Y1), before).is_err());
        assert_ne!(nat.outbound(NOW, at(X), at(Y1)).unwrap(), before);
    }
}

#[test]
fn udp_and_tcp_ports_are_two_spaces() {
    let mut nat = nat(Free, Free);
    let udp = nat.translate(NOW, Space::Udp, at(X), at(Y1));
    assert_eq!(nat.admit(NOW, Space::Tcp, at(Y1), udp), None);
}

#[test]
fn a_firewall_blocks_udp_both_ways() {
    let mut nat = Nat::new(NatConfig::udp_blocked(), &["203.0.113.1".parse().unwrap()], Random::new(1));
    assert_eq!(nat.outbound(NOW, at(X), at(Y1)), Err(DropCause::Blocked));
    assert_eq!(nat.inbound(NOW, at(Y1), at("203.0.113.1:1")), Err(DropCause::Blocked));
}

#[test]
fn ipv6_is_filtered_but_not_translated_by_a_router_without_an_outside_ipv6_address() {
    let mut nat = nat(Free, Port);
    let inside = at("[2001:db8:1::2]:5000");
    assert!(nat.inbound(NOW, at("[2001:db8:2::1]:9"), inside).is_err());
    assert_eq!(nat.outbound(NOW, inside, at("[2001:db8:2::1]:9")), Ok(inside));
    assert_eq!(nat.inbound(NOW, at("[2001:db8:2::1]:9"), inside), Ok(inside));
    assert!(nat.inbound(NOW, at("[2001:db8:2::1]:8"), inside).is_err());
}
