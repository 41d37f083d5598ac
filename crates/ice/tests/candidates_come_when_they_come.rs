//! Trickle, empty lists, names, loopback, two families, many components. RFC 8838, 8863, 8421, mDNS candidates.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use limpid_ice::{
    Agent, CandidateErrorCause, CandidateKind, ComponentId, ConnectionState, Event, LoopbackPolicy,
    MdnsPolicy, Role, Server, StreamId,
};
use limpid_netsim::{Link, World, address, ip};
use limpid_sansio::{Answer, Driven, FailCause, Instant, Machine, WishId, WishKind};

//~ covers 8838-8-a, 8863-4-b, 8863-5-a
#[test]
fn candidates_that_come_late_still_connect() {
    let mut call = Call::direct(1, |_| ());
    call.trickle = false;
    call.tell_end = false;
    call.signal();
    call.run_for(secs(20));
    assert_eq!(call.states(), [ConnectionState::New; 2]);
    let late = call.ends[1].candidates();
    call.with(0, |agent, now| agent.add_remote_candidate(now, STREAM, &late[0], None)).unwrap();
    assert!(call.run_until_both(secs(1), ConnectionState::Completed), "one side's candidates are enough");
    assert_eq!(call.agent(1).selected_pair(STREAM, ONE).unwrap().remote, CandidateKind::PeerReflexive);
}

//~ covers 8863-4-a, 8863-4-b, 8863-4-c
#[test]
fn empty_lists_fail_with_the_timer_and_not_before() {
    let mut call = Call::direct(2, |_| ());
    call.trickle = false; // both tell end-of-candidates, and nothing else
    call.signal();
    assert!(!call.run_until(ms(39_500), |call| call.states().contains(&ConnectionState::Failed)));
    assert!(call.run_until(ms(100), |call| call.states() == [ConnectionState::Failed; 2]));
}

//~ covers 8863-4-b
#[test]
fn with_empty_lists_told_a_check_within_the_timer_still_connects() {
    let mut call = Call::direct(3, |_| ());
    call.trickle = false;
    call.signal();
    call.run_for(secs(39));
    let told = call.ends[1].candidates();
    // The other side hears of nothing: end-of-candidates was told to `a`, so hand it over before that counts.
    let mut direct = Call::direct(4, |_| ());
    direct.trickle = false;
    direct.tell_end = false;
    direct.signal();
    direct.run_for(secs(39));
    direct.with(1, |agent, now| agent.end_of_remote_candidates(now, STREAM));
    direct.with(0, |agent, now| agent.add_remote_candidate(now, STREAM, &told[0], None)).unwrap();
    assert!(direct.run_until_both(secs(1), ConnectionState::Completed));
}

//~ covers 8838-14-a neg
#[test]
fn after_the_end_candidates_are_ignored() {
    let mut call = Call::direct(5, |_| ());
    call.trickle = false;
    call.signal();
    call.run_for(secs(1));
    let late = call.ends[1].candidates();
    call.with(0, |agent, now| agent.add_remote_candidate(now, STREAM, &late[0], None)).unwrap();
    assert_eq!(call.agent(0).pair_count(), 0);
}

//~ covers 8838-8-b
#[test]
fn by_the_letter_a_session_waits_for_the_end_of_candidates() {
    let mut call = Call::direct(6, |config| config.wait_for_end_of_candidates = true);
    call.trickle = false;
    call.tell_end = false;
    call.signal();
    call.run_for(secs(300));
    assert_eq!(call.states(), [ConnectionState::New; 2]);
    call.with(0, |agent, now| agent.end_of_remote_candidates(now, STREAM));
    assert_eq!(call.agent(0).state(), ConnectionState::Failed);
}

//~ covers 8838-15-a
#[test]
fn candidates_ahead_of_their_generation_wait_for_it() {
    let mut call = Call::direct(7, |_| ());
    call.run_for(ms(1));
    let told = call.ends[1].candidates();
    call.with(0, |agent, now| agent.add_remote_candidate(now, STREAM, &told[0], None)).unwrap();
    call.with(0, |agent, now| agent.add_remote_candidate(now, STREAM, &told[0], Some("other"))).unwrap();
    assert_eq!(call.agent(0).pair_count(), 0);
    call.tell_credentials(1);
    call.run_for(ms(25));
    assert_eq!(call.agent(0).pair_count(), 1);
}

//~ covers 8838-13-a
#[test]
fn gathering_ends_once_and_tells_nothing_afterwards() {
    let mut call = Call::direct(8, |_| ());
    call.run_for(ms(1));
    let ends = |call: &Call| {
        call.ends[0].log.iter().filter(|(_, event)| *event == Event::GatheringCompleted).count()
    };
    assert_eq!((ends(&call), call.ends[0].candidates().len()), (1, 1));
    call.with(0, |agent, now| agent.add_local_address(now, address("192.0.2.50:5")));
    call.run_for(ms(1));
    assert_eq!((ends(&call), call.ends[0].candidates().len()), (1, 1));
    call.with(0, |agent, now| agent.restart(now));
    call.run_for(ms(1));
    assert_eq!((ends(&call), call.ends[0].candidates().len()), (2, 3), "the next generation has both");
}

#[test]
fn an_unreachable_server_delays_the_end_of_gathering_and_nothing_else() {
    let nowhere = Server::Address(address("198.51.100.9:3478"));
    let mut call = Call::direct(9, |config| config.servers = vec![nowhere.clone()]);
    call.signal();
    assert!(call.run_until_both(secs(1), ConnectionState::Completed));
    assert!(when(&call.ends[0].log, |event| *event == Event::GatheringCompleted).is_none());
    call.run_for(secs(10));
    let error = Event::CandidateError { server: Some(0), cause: CandidateErrorCause::TimedOut };
    assert!(when(&call.ends[0].log, |event| *event == error).is_some());
    let ended = when(&call.ends[0].log, |event| *event == Event::GatheringCompleted).unwrap();
    assert!((9_500..9_700).contains(&(ended.as_nanos() / 1_000_000)), "{ended}");
}

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

/// Two streams, the first with two components, on sockets of their own: all find their own path.
#[test]
fn streams_and_components_have_paths_of_their_own() {
    let mut world = World::new(13);
    let public = world.public();
    let parts = [(StreamId(0), ComponentId(1)), (StreamId(0), ComponentId(2)), (StreamId(5), ComponentId(1))];
    let roles = [Role::Controlling, Role::Controlled];
    let agents = [0, 1].map(|end| {
        let at = ip(&format!("192.0.2.{}", end + 1));
        let host = world.add_host(["a", "b"][end], public, &[at]);
        world.set_link(host, Link::millis(10));
        let sockets = parts.map(|_| world.bind(host, core::net::SocketAddr::new(at, 0)));
        let agent = world.install(host, Agent::new(config(end as u8 + 1, roles[end]), Instant::ZERO));
        world.with(agent, |agent, now| {
            agent.add_stream(now, StreamId(5), 1);
            agent.add_stream(now, StreamId(0), 2);
            for ((stream, component), socket) in parts.into_iter().zip(sockets) {
                agent.add_local_address_for(now, socket, stream, component);
            }
            agent.end_of_local_addresses(now);
        });
        agent
    });
    for (from, to) in [(0, 1), (1, 0)] {
        for stream in [StreamId(0), StreamId(5)] {
            let told = world.machine(agents[from]).local_credentials(stream).unwrap();
            let (ufrag, pwd) = (told.ufrag.to_string(), told.pwd.to_string());
            world
                .with(agents[to], |agent, now| agent.set_remote_credentials(now, stream, &ufrag, &pwd))
                .unwrap();
        }
        for (_, event) in world.take_events(agents[from]) {
            if let Event::LocalCandidate { stream, candidate } = event {
                let text = candidate.to_string();
                world
                    .with(agents[to], |agent, now| agent.add_remote_candidate(now, stream, &text, None))
                    .unwrap();
            }
        }
    }
    let done = |world: &mut World| {
        agents.iter().all(|agent| world.machine(*agent).state() == ConnectionState::Completed)
    };
    assert!(world.run_until(secs(3), done));
    let path = |world: &World, end: usize, (stream, component): (StreamId, ComponentId)| {
        let agent = world.machine(agents[end]);
        agent.path(agent.selected(stream, component).unwrap()).unwrap()
    };
    for part in parts {
        assert_eq!(path(&world, 0, part), path(&world, 1, part).reversed());
    }
    let mut locals: Vec<_> = parts.map(|part| path(&world, 0, part).local).to_vec();
    locals.dedup();
    assert_eq!(locals.len(), 3);
}

//~ covers 8445-6.1.1-a
#[test]
fn towards_a_lite_peer_we_control() {
    let (mut agent, now) = lone(|config| config.role = Role::Controlled);
    agent.set_remote_lite(now, true);
    assert_eq!(agent.role(), Role::Controlling);
}

/// Both believe to control, or to be controlled: whoever has the larger tie-breaker ends up controlling.
//~ covers 8445-7.3.1.1-a, 8445-7.3.1.1-b, 8445-7.2.5.1-a
#[test]
fn role_conflicts_are_settled_between_two_agents() {
    for role in [Role::Controlling, Role::Controlled] {
        for seed in 0..10 {
            let mut call = Call::direct(seed, |config| {
                config.role = role;
                config.seed[1] = seed as u8;
            });
            call.world.set_link(call.ends[0].host, Link::millis(seed));
            call.signal();
            let done = call.run_until_both(secs(2), ConnectionState::Completed);
            assert!(done, "{role} {seed}: {:?} {:?}", call.states(), call.agent(0).stats());
            assert_ne!(call.agent(0).role(), call.agent(1).role());
        }
    }
}
