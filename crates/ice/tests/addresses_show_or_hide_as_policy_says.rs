//! Names, loopback, two families, links: what is told of an address and what is paired. mDNS candidates, RFC 8421.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use limpid_ice::{
    Agent, CandidateErrorCause, CandidateKind, ConnectionState, Event, LoopbackPolicy, MdnsPolicy, Role,
    Server,
};
use limpid_netsim::{World, address, ip};
use limpid_sansio::{Answer, Driven, FailCause, Instant, Machine, WishId, WishKind};

//~ covers 8445-5.1.3-a
#[test]
fn a_server_by_name_is_looked_up() {
    let mut world = World::new(10);
    let public = world.public();
    stun_server(&mut world, address("198.51.100.1:3478"));
    world.set_name("stun.example.org", &[ip("198.51.100.1")]);
    let home = world.add_nat(public, &[ip("203.0.113.1")], limpid_netsim::NatConfig::home());
    let hosts = [
        (world.add_host("a", home, &[ip("10.0.0.2")]), &[ip("10.0.0.2")][..]),
        (world.add_host("b", public, &[ip("192.0.2.2")]), &[ip("192.0.2.2")][..]),
    ];
    let configs = [Role::Controlling, Role::Controlled].map(|role| {
        let mut config = config(role as u8, role);
        config.servers = vec![
            Server::Name("stun.example.org".into(), 3478),
            Server::Name("gone.example.org".into(), 3478),
        ];
        config
    });
    let mut call = Call::new(world, hosts, configs);
    call.run_for(secs(1));
    let told = call.ends[0].candidates();
    assert!(told.iter().any(|line| line.contains("203.0.113.1 ") && line.contains("typ srflx")), "{told:?}");
    assert_eq!(call.ends[1].candidates().len(), 1, "without a NAT the host candidate says it all");
    let gone = Event::CandidateError { server: Some(1), cause: CandidateErrorCause::Name };
    assert!(when(&call.ends[0].log, |event| *event == gone).is_some());
    assert!(when(&call.ends[0].log, |event| *event == Event::GatheringCompleted).is_some());
}

//~ covers 8839-5.1-d
#[test]
fn names_hide_addresses_and_are_resolved_by_the_other_side() {
    let mut call = Call::direct(11, |config| config.mdns = MdnsPolicy::Publish);
    call.signal();
    assert!(call.run_until_both(secs(2), ConnectionState::Completed));
    for end in 0..2 {
        let told = call.ends[end].candidates();
        assert_eq!(told.len(), 1);
        assert!(told[0].contains(".local ") && !told[0].contains("192.0.2."), "{told:?}");
        assert_eq!(call.agent(end).selected_pair(STREAM, ONE).unwrap().remote, CandidateKind::Host);
    }
}

/// An agent without a network, for wishes.
fn lone(tweak: impl FnOnce(&mut limpid_ice::Config)) -> (Agent, Instant) {
    let now = Instant::from_millis(5);
    let mut config = config(1, Role::Controlling);
    tweak(&mut config);
    let mut agent = Agent::new(config, now);
    agent.add_stream(now, STREAM, 1);
    agent.add_local_address(now, address("192.0.2.1:1"));
    agent.end_of_local_addresses(now);
    agent.set_remote_credentials(now, STREAM, "peer", "thePeersPasswordIsThis24").unwrap();
    (agent, now)
}

fn told(agent: &mut Agent) -> Vec<String> {
    let event = |agent: &mut Agent| agent.poll_event();
    core::iter::from_fn(|| event(agent))
        .filter_map(|event| match event {
            Event::LocalCandidate { candidate, .. } => Some(candidate.to_string()),
            _ => None,
        })
        .collect()
}

const HIDDEN: &str = "candidate:1 1 udp 99 9b36eaac-bb2e-49bb-bb78-21c41c499900.local 5 typ host";

#[test]
fn a_name_must_stand_for_exactly_one_address() {
    let one = [ip("192.0.2.2")];
    let two = [ip("192.0.2.2"), ip("192.0.2.3")];
    for (answer, pairs) in
        [(Answer::Addresses(&one), 1), (Answer::Addresses(&two), 0), (Answer::Failed(FailCause::NotFound), 0)]
    {
        let (mut agent, now) = lone(|_| ());
        agent.add_remote_candidate(now, STREAM, HIDDEN, None).unwrap();
        let wish = agent.poll_wish().unwrap();
        assert_eq!(wish.kind, WishKind::Resolve("9b36eaac-bb2e-49bb-bb78-21c41c499900.local".into()));
        agent.handle_answer(now, WishId(wish.id.0 + 1), Answer::Addresses(&one));
        assert_eq!(agent.pair_count(), 0, "an answer to another wish");
        agent.handle_answer(now, wish.id, answer);
        agent.handle_answer(now, wish.id, answer);
        assert_eq!(agent.pair_count(), pairs, "{answer:?}");
    }
}

#[test]
fn an_answer_that_comes_after_a_restart_is_for_nobody() {
    let (mut agent, now) = lone(|_| ());
    agent.add_remote_candidate(now, STREAM, HIDDEN, None).unwrap();
    let wish = agent.poll_wish().unwrap();
    agent.restart(now);
    agent.set_remote_credentials(now, STREAM, "next", "thePeersNextPasswordIs24").unwrap();
    agent.handle_answer(now, wish.id, Answer::Addresses(&[ip("192.0.2.2")]));
    assert_eq!(agent.pair_count(), 0);
}

#[test]
fn names_to_resolve_are_bounded_and_given_up() {
    let (mut agent, now) = lone(|_| ());
    for n in 0..100 {
        let line = HIDDEN.replace("499900", &format!("4999{n:02}"));
        agent.add_remote_candidate(now, STREAM, &line, None).unwrap();
    }
    assert_eq!(core::iter::from_fn(|| agent.poll_wish()).count(), 32);
    agent.handle_timeout(now + secs(10)).unwrap();
    agent.add_remote_candidate(now + secs(10), STREAM, HIDDEN, None).unwrap();
    assert!(agent.poll_wish().is_some(), "there is room again");
}

//~ covers 8838-10-a
#[test]
fn a_candidate_is_told_before_it_is_checked() {
    let (mut agent, now) = lone(|config| config.mdns = MdnsPolicy::Publish);
    let remote = "candidate:1 1 udp 99 192.0.2.2 5 typ host";
    agent.add_remote_candidate(now, STREAM, remote, None).unwrap();
    agent.handle_timeout(now).unwrap();
    let mut out = Vec::new();
    assert!(
        agent.pair_count() == 0 && agent.poll_transmit(now, &mut out).is_none(),
        "its name is not announced"
    );
    let wish = agent.poll_wish().unwrap();
    agent.handle_answer(now, wish.id, Answer::Addresses(&[ip("192.0.2.1")]));
    assert_eq!(told(&mut agent).len(), 1);
    agent.handle_timeout(now).unwrap();
    assert!(agent.poll_transmit(now, &mut out).is_some());
}

#[test]
fn a_name_that_can_not_be_announced_hides_its_address_for_good() {
    let (mut agent, now) = lone(|config| config.mdns = MdnsPolicy::Publish);
    let wish = agent.poll_wish().unwrap();
    assert!(
        matches!(&wish.kind, WishKind::Announce(name, at) if name.ends_with(".local") && *at == ip("192.0.2.1"))
    );
    assert!(told(&mut agent).is_empty());
    agent.handle_answer(now, wish.id, Answer::Failed(FailCause::Refused));
    let events: Vec<_> = core::iter::from_fn(|| agent.poll_event()).collect();
    assert!(events.contains(&Event::GatheringCompleted), "{events:?}");
    assert!(events.iter().all(|event| !matches!(event, Event::LocalCandidate { .. })));
}

//~ covers 8445-5.1.1.1-b
#[test]
fn loopback_counts_as_its_policy_says() {
    for (policy, with_other, expected) in [
        (LoopbackPolicy::WhenAlone, false, &["127.0.0.1"][..]),
        (LoopbackPolicy::WhenAlone, true, &["192.0.2.1"]),
        (LoopbackPolicy::Always, true, &["127.0.0.1", "192.0.2.1"]),
        (LoopbackPolicy::Never, false, &[]),
    ] {
        let now = Instant::ZERO;
        let mut agent =
            Agent::new(limpid_ice::Config { loopback: policy, ..config(1, Role::Controlling) }, now);
        agent.add_stream(now, STREAM, 1);
        agent.add_local_address(now, address("127.0.0.1:1"));
        if with_other {
            agent.add_local_address(now, address("192.0.2.1:1"));
        }
        agent.end_of_local_addresses(now);
        let told = told(&mut agent);
        let ips: Vec<_> = told.iter().filter_map(|line| line.split(' ').nth(4)).collect();
        assert_eq!(ips, expected, "{policy:?}");
        assert_eq!(agent.gathering_state(), limpid_ice::GatheringState::Complete);
    }
}

//~ covers 8421-4-a
#[test]
fn with_both_families_ipv6_comes_first_and_ipv4_is_not_last() {
    let mut world = World::new(12);
    let public = world.public();
    let ips = [1, 2].map(|end| {
        [ip(&format!("192.0.2.{end}")), ip(&format!("2001:db8::{end}")), ip(&format!("2001:db8::1:{end}"))]
    });
    let hosts = [world.add_host("a", public, &ips[0]), world.add_host("b", public, &ips[1])];
    let configs = [config(1, Role::Controlling), config(2, Role::Controlled)];
    let mut call = Call::new(world, [(hosts[0], &ips[0]), (hosts[1], &ips[1])], configs);
    call.signal();
    assert!(call.run_until_both(secs(3), ConnectionState::Completed));
    assert!(call.agent(0).selected_pair(STREAM, ONE).unwrap().is_ipv6);
    let mut told: Vec<_> = call.ends[0]
        .candidates()
        .iter()
        .map(|line| limpid_ice::Candidate::parse(line).unwrap())
        .map(|candidate| (core::cmp::Reverse(candidate.priority), candidate.address().unwrap().is_ipv4()))
        .collect();
    told.sort();
    assert_eq!(told.iter().map(|(_, v4)| *v4).collect::<Vec<_>>(), [false, true, false]);
}

//~ covers 8445-6.1.2.2-b
#[test]
fn a_link_local_candidate_is_sent_to_on_the_link_of_its_socket() {
    let now = Instant::from_millis(5);
    let mut agent = Agent::new(config(1, Role::Controlling), now);
    agent.add_stream(now, STREAM, 1);
    let socket = core::net::SocketAddrV6::new("fe80::1".parse().unwrap(), 1, 0, 3);
    agent.add_local_address(now, socket.into());
    agent.set_remote_credentials(now, STREAM, "peer", "thePeersPasswordIsThis24").unwrap();
    agent.add_remote_candidate(now, STREAM, "candidate:1 1 udp 99 2001:db8::2 5 typ host", None).unwrap();
    assert_eq!(agent.pair_count(), 0);
    agent.add_remote_candidate(now, STREAM, "candidate:2 1 udp 99 fe80::2 5 typ host", None).unwrap();
    agent.handle_timeout(now).unwrap();
    let sent = agent.poll_transmit(now, &mut Vec::new()).unwrap();
    let core::net::SocketAddr::V6(remote) = sent.route.remote else { panic!("{sent:?}") };
    assert_eq!((remote.ip().to_string().as_str(), remote.scope_id()), ("fe80::2", 3));
}
