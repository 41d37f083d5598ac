//! Trickle, empty lists, late and early candidates, many components, roles. RFC 8838, 8863.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use limpid_ice::{
    Agent, CandidateErrorCause, CandidateKind, ComponentId, ConnectionState, Event, Role, Server, StreamId,
};
use limpid_netsim::{Link, World, address, ip};
use limpid_sansio::Instant;

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
    let mut call = Call::direct(14, |config| config.role = Role::Controlled);
    call.with(0, |agent, now| agent.set_remote_lite(now, true));
    assert_eq!(call.agent(0).role(), Role::Controlling);
    call.signal();
    assert!(call.run_until_both(secs(1), ConnectionState::Completed));
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
