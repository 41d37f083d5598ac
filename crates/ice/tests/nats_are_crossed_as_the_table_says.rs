//! Every pair of NATs of RFC 4787, with a STUN server and no relay: who must connect, and who must fail, and when.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use limpid_ice::{CandidateKind, Config, ConnectionState, DropReason, Role};
use limpid_netsim::{Link, NatConfig, WHO_MEETS, World, address, ip, matrix};

/// Two hosts behind these NATs, 20 ms from each other.
fn unsignalled(nats: [NatConfig; 2], tweak: impl Fn(&mut Config)) -> Call {
    let mut world = World::new(11);
    let public = world.public();
    let server = stun_server(&mut world, address("198.51.100.1:3478"));
    let inside = [ip("10.0.0.2"), ip("10.1.0.2")];
    let mut homes = Vec::new();
    let hosts = [0, 1].map(|end| {
        let outside = ip(&format!("203.0.113.{}", end + 1));
        let home = world.add_nat(public, &[outside], nats[end]);
        let host = world.add_host(["a", "b"][end], home, &[inside[end]]);
        world.set_link(host, Link::millis(5));
        homes.push(home);
        host
    });
    let configs = [Role::Controlling, Role::Controlled].map(|role| {
        let mut config = config(role as u8 + 1, role);
        config.servers = vec![server.clone()];
        tweak(&mut config);
        config
    });
    let mut call = Call::new(world, [(hosts[0], &inside[..1]), (hosts[1], &inside[1..])], configs);
    call.homes = homes;
    call
}

/// The same, signalled.
fn call(nats: [NatConfig; 2], tweak: impl Fn(&mut Config)) -> Call {
    let mut call = unsignalled(nats, tweak);
    call.signal();
    call
}

fn outcome(nats: [NatConfig; 2]) -> &'static str {
    let mut call = call(nats, |_| ());
    call.run_until(secs(41), |call| {
        call.states() == [ConnectionState::Completed; 2] || call.states().contains(&ConnectionState::Failed)
    });
    match call.states() {
        [ConnectionState::Completed, ConnectionState::Completed] => {
            assert!(call.world.now().as_nanos() < 2_000_000_000, "late: {}", call.world.now());
            let (a, b) = (call.selected(0).unwrap(), call.selected(1).unwrap());
            assert_ne!(a.remote.ip(), b.local.ip(), "through the NAT");
            "yes"
        }
        _ => {
            // RFC 8863 §4: not before the timer, and here nothing is left to wait for behind it.
            let failed = call.world.now().as_nanos() / 1_000_000;
            assert!((39_500..=40_500).contains(&failed), "failed at {}", call.world.now());
            "-"
        }
    }
}

/// To be let in oneself does not help: the answer leaves from the untold port, and fails the test of RFC 8445 §7.2.5.2.1 even
/// where it is let in.
//~ covers 8863-4-a, 8445-7.3.1.3-a, 8445-7.2.5.2.1-a
#[test]
fn every_pair_of_nats_connects_or_fails_as_the_table_says() {
    let nats: Vec<NatConfig> = NatConfig::all().collect();
    let names: Vec<&str> = nats.iter().map(NatConfig::name).collect();
    let find = |name: &&str| nats[names.iter().position(|n| n == name).unwrap()];
    let found = matrix("", &names, &names, |a, b| outcome([find(a), find(b)]));
    assert_eq!(found, WHO_MEETS, "\n{found}");
}

#[test]
fn a_firewall_without_udp_fails_by_the_timer() {
    for nat in [NatConfig::home(), NatConfig::udp_blocked()] {
        assert_eq!(outcome([NatConfig::udp_blocked(), nat]), "-");
    }
}

//~ covers 8445-5.1.1.2-a
#[test]
fn behind_ordinary_routers_the_reflexive_candidates_meet() {
    let mut call = call([NatConfig::home(); 2], |_| ());
    assert!(call.run_until_both(secs(2), ConnectionState::Completed));
    for end in 0..2 {
        let pair = call.agent(end).selected_pair(STREAM, ONE).unwrap();
        assert_eq!(pair.local, CandidateKind::ServerReflexive);
        assert_eq!(pair.remote, CandidateKind::ServerReflexive);
        let told = call.ends[end].candidates();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].contains(" typ srflx raddr 10."), "{told:?}");
    }
}

//~ covers 8445-7.2.5.3.1-a
#[test]
fn a_symmetric_nat_shows_as_peer_reflexive_on_both_sides() {
    let open = NatConfig::all().next().unwrap();
    let mut call = call([open, NatConfig::symmetric()], |_| ());
    assert!(call.run_until_both(secs(2), ConnectionState::Completed));
    let (a, b) = (call.agent(0).selected_pair(STREAM, ONE), call.agent(1).selected_pair(STREAM, ONE));
    assert_eq!(a.unwrap().remote, CandidateKind::PeerReflexive);
    assert_eq!(b.unwrap().local, CandidateKind::PeerReflexive);
    let told = call.ends[1].candidates();
    assert!(told.iter().all(|candidate| !candidate.contains("prflx")), "never told: {told:?}");
}

#[test]
fn chasing_ports_is_bounded() {
    let mut call = call([NatConfig::symmetric(); 2], |_| ());
    call.run_for(secs(45));
    assert_eq!(call.states(), [ConnectionState::Failed; 2]);
    for end in 0..2 {
        let agent = call.agent(end);
        assert!(agent.stats().checks_sent < 20, "{:?}", agent.stats());
        assert_eq!(agent.stats().dropped[DropReason::Limit], 0);
    }
    call.run_for(secs(300));
    assert_eq!(call.world.next(), None, "failed agents are silent");
}

//~ covers 8445-5.1.1.4-a
#[test]
fn reflexive_candidates_outlive_a_peer_that_takes_its_time() {
    let mut call = unsignalled([NatConfig::home(); 2], |_| ());
    call.run_for(secs(600));
    let mappings = |call: &mut Call, end: usize| {
        let now = call.world.now();
        let home = call.homes[end];
        call.world.nat(home).mappings(now)
    };
    assert_eq!((mappings(&mut call, 0), mappings(&mut call, 1)), (1, 1), "kept by requests");
    call.signal();
    assert!(call.run_until_both(secs(2), ConnectionState::Completed));
    let sent = call.world.sent(call.ends[0].host).packets;
    call.run_for(secs(30));
    let checks = call.agent(0).stats();
    let more = call.world.sent(call.ends[0].host).packets - sent;
    assert!(more <= 8 + 8, "only consent checks and their answers: {more} {checks:?}");
}
