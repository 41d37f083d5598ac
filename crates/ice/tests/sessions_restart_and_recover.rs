//! Restarts, consent, silence: what happens to a session after it was established. RFC 8445 §9, RFC 7675.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use limpid_ice::{ConnectionState, Event, Misuse};
use limpid_netsim::{Script, World, ip};

fn connected(seed: u64) -> Call {
    let mut call = Call::direct(seed, |_| ());
    call.signal();
    assert!(call.run_until_both(secs(2), ConnectionState::Completed));
    call
}

/// The offerer restarts; the answerer follows by the offer's credentials, as an SDP layer would let it.
fn restart(call: &mut Call) {
    call.with(0, |agent, now| agent.restart(now));
    call.tell_credentials(0);
    call.run_for(ms(25));
    call.tell_credentials(1);
}

//~ covers 8445-9-a, 8445-9-b, 8839-4.4.1.1.1-a, 8839-4.4.3.1.1-a
#[test]
fn a_restart_changes_all_credentials_and_the_old_pair_carries_on_until_the_new_one_works() {
    let mut call = connected(1);
    let old = [call.credentials(0), call.credentials(1)];
    let (path_a, addresses) = (call.ends[0].paths(), call.selected(0).unwrap());
    call.with(0, |agent, now| agent.restart(now));
    call.tell_credentials(0);
    call.run_for(ms(25));
    // In between: new credentials, the old pair in use.
    assert_eq!(call.selected(0), Some(addresses));
    assert!(call.send(0, b"\x80 in between"));
    call.run_for(ms(5));
    assert_eq!(call.ends[1].received.borrow().len(), 1);
    for (end, old) in old.iter().enumerate() {
        let new = call.credentials(end);
        assert!(new.0 != old.0 && new.1 != old.1, "end {end}");
    }
    call.tell_credentials(1);
    assert!(call.run_until_both(secs(2), ConnectionState::Completed));
    let chosen = call.ends[0].paths();
    assert!(chosen.len() > path_a.len(), "a new path of the new session");
    assert_eq!(call.selected(0), Some(addresses), "between the same addresses");
    let last = call.ends[0].log.iter().rev().find_map(|(_, event)| match event {
        Event::PathChosen { info, .. } => Some(*info),
        _ => None,
    });
    assert!(!last.unwrap().is_new_route, "nothing above needs to start anew");
    let ids: Vec<_> = chosen.iter().collect();
    assert!(call.agent(0).path(*ids[0]).is_none(), "the old path is gone");
    assert!(call.send(0, b"\x80 after") && call.send(1, b"\x80 after"));
    call.run_for(ms(5));
    assert_eq!(call.ends[1].received.borrow().len(), 2);
}

#[test]
fn many_restarts_in_a_row_end_well() {
    let mut call = connected(2);
    for round in 0..10 {
        restart(&mut call);
        let done = call.run_until_both(secs(3), ConnectionState::Completed);
        call.run_for(ms(100));
        assert!(done, "round {round}: {:?}", call.states());
        assert_eq!(call.agent(0).pair_count(), 1, "round {round}");
    }
}

#[test]
fn a_restart_mends_a_failed_session() {
    let mut call = connected(3);
    let host = call.ends[1].host;
    let old = call.selected(0).unwrap().remote;
    call.world.set_address(host, old.ip(), false);
    assert!(call.run_until(secs(40), |call| call.states() == [ConnectionState::Failed; 2]));
    call.world.set_address(host, old.ip(), true);
    restart(&mut call);
    assert!(call.run_until_both(secs(3), ConnectionState::Completed), "{:?}", call.states());
}

//~ covers 8839-5.4-b neg, 8445-9-a neg
#[test]
fn half_a_restart_is_refused() {
    let mut call = connected(4);
    let (ufrag, pwd) = call.credentials(1);
    call.with(0, |agent, now| {
        let mut tell = |ufrag: &str, pwd: &str| agent.set_remote_credentials(now, STREAM, ufrag, pwd);
        assert_eq!(tell(&ufrag, &pwd), Ok(()), "the same again is no restart");
        assert_eq!(tell(&ufrag, "another-password-of-26-ch"), Err(Misuse::HalfARestart));
        assert_eq!(tell("another", &pwd), Err(Misuse::HalfARestart));
        assert_eq!(tell("abc", "another-password-of-26-ch"), Err(Misuse::BadCredentials));
        assert_eq!(tell("abcd", "short"), Err(Misuse::BadCredentials));
        assert_eq!(tell("ab d", "another-password-of-26-ch"), Err(Misuse::BadCredentials));
    });
    assert_eq!(call.agent(0).state(), ConnectionState::Completed);
}

//~ covers 7675-5.1-a, 7675-5.1-b, 7675-5.1-c
#[test]
fn consent_is_asked_for_every_four_to_six_seconds_and_lost_thirty_after_the_last_answer() {
    let mut call = connected(5);
    call.run_for(secs(300));
    for end in 0..2 {
        let stats = call.agent(end).stats();
        assert!((50..=75).contains(&stats.consent_checks_sent), "{stats:?}");
        assert_eq!(stats.retransmissions, 0, "each is sent once");
    }
    assert_eq!(call.states(), [ConnectionState::Completed; 2]);
    let path = call.agent(0).selected(STREAM, ONE).unwrap();
    let cut = call.world.now();
    call.world.add_script(Script::new().drop_all(|_| true));
    assert!(call.run_until(secs(31), |call| call.agent(0).state() == ConnectionState::Failed));
    let lost = call.world.now().since(cut);
    // The last answer came up to 6 s before the cut.
    assert!((secs(24)..=secs(30)).contains(&lost), "lost after {lost:?}");
    assert!(!call.agent(0).may_send(path));
    assert_eq!(call.agent(0).selected(STREAM, ONE), None);
    assert!(when(&call.ends[0].log, |event| matches!(event, Event::ConsentLost { .. })).is_some());
}

//~ covers 7675-5.1-d
#[test]
fn lost_consent_does_not_come_back_with_the_network() {
    let mut call = connected(6);
    let host = call.ends[1].host;
    let address = call.selected(0).unwrap().remote.ip();
    call.world.set_address(host, address, false);
    assert!(call.run_until(secs(40), |call| call.states() == [ConnectionState::Failed; 2]));
    call.world.set_address(host, address, true);
    call.run_for(secs(60));
    assert_eq!(call.states(), [ConnectionState::Failed; 2]);
    assert!(call.agent(0).selected(STREAM, ONE).is_none());
}

#[test]
fn a_short_silence_is_disconnected_and_ends_with_the_first_sign_of_life() {
    let mut call = connected(7);
    call.run_for(secs(20));
    let host = call.ends[1].host;
    let address = call.selected(0).unwrap().remote.ip();
    call.world.set_address(host, address, false);
    assert!(call.run_until_both(secs(14), ConnectionState::Disconnected));
    let path = call.agent(0).selected(STREAM, ONE).unwrap();
    assert!(call.agent(0).may_send(path), "consent outlasts a silence");
    call.world.set_address(host, address, true);
    assert!(call.run_until_both(secs(7), ConnectionState::Completed));
    use ConnectionState::*;
    for end in &call.ends {
        assert_eq!(end.states(), [Checking, Connected, Completed, Disconnected, Completed]);
    }
}

#[test]
fn payload_is_a_sign_of_life() {
    let mut call = connected(8);
    // Every STUN message is lost, payload is not.
    call.world.add_script(Script::new().drop_all(|packet| packet.bytes[0] < 4));
    for _ in 0..20 {
        assert!(call.send(0, &[128]) && call.send(1, &[128]));
        call.run_for(secs(1));
    }
    assert_eq!(call.states(), [ConnectionState::Completed; 2]);
    call.run_for(secs(12));
    assert_eq!(call.states(), [ConnectionState::Failed; 2], "but it gives no consent (RFC 7675 §5.1)");
}

#[test]
fn checks_go_on_to_a_better_pair_until_one_is_nominated() {
    // Two addresses each. The better pair (of the first address each) loses its first checks.
    let mut world = World::new(9);
    let public = world.public();
    let ips = [[ip("192.0.2.1"), ip("192.0.2.11")], [ip("192.0.2.2"), ip("192.0.2.12")]];
    let hosts = [world.add_host("a", public, &ips[0]), world.add_host("b", public, &ips[1])];
    let better = [ips[0][0], ips[1][0]];
    world.add_script(
        Script::new().drop_first(2, move |packet| {
            better.contains(&packet.from.ip()) && better.contains(&packet.to.ip())
        }),
    );
    let configs = [config(1, limpid_ice::Role::Controlling), config(2, limpid_ice::Role::Controlled)];
    let mut call = Call::new(world, [(hosts[0], &ips[0]), (hosts[1], &ips[1])], configs);
    call.signal();
    assert!(call.run_until_both(secs(2), ConnectionState::Completed));
    let (a, b) = (call.selected(0).unwrap(), call.selected(1).unwrap());
    assert_eq!([a.local.ip(), b.local.ip()], better);
    for end in &call.ends {
        assert!(end.paths().len() >= 2, "first a worse pair, then the best: {:?}", end.paths());
    }
}

#[test]
fn with_patience_over_the_best_that_works_is_nominated() {
    let mut world = World::new(10);
    let public = world.public();
    let ips = [[ip("192.0.2.1"), ip("192.0.2.11")], [ip("192.0.2.2"), ip("192.0.2.12")]];
    let hosts = [world.add_host("a", public, &ips[0]), world.add_host("b", public, &ips[1])];
    // The first address of b is told and does not work at all.
    world.set_address(hosts[1], ips[1][0], false);
    let configs = [config(1, limpid_ice::Role::Controlling), config(2, limpid_ice::Role::Controlled)];
    let mut call = Call::new(world, [(hosts[0], &ips[0]), (hosts[1], &ips[1])], configs);
    call.signal();
    assert!(call.run_until_both(secs(2), ConnectionState::Completed));
    assert_eq!(call.selected(0).unwrap().remote.ip(), ips[1][1]);
    let first = when(&call.ends[0].log, |event| matches!(event, Event::PathChosen { .. })).unwrap();
    let nominated = call.world.now().since(first);
    assert!((ms(450)..ms(700)).contains(&nominated), "nominated {nominated:?} after the first path");
}

//~ covers 7675-5.1-h, 8445-6.1.1-b
#[test]
fn during_a_restart_the_old_pair_keeps_asking_for_consent() {
    let mut call = connected(11);
    let roles = [call.agent(0).role(), call.agent(1).role()];
    // The offer never arrives: the old session has to carry on, and it may.
    call.with(0, |agent, now| agent.restart(now));
    let before = call.agent(0).stats().consent_checks_sent;
    call.run_for(secs(120));
    assert!(call.agent(0).stats().consent_checks_sent - before >= 20);
    assert!(call.selected(0).is_some() && call.selected(1).is_some());
    assert_eq!([call.agent(0).role(), call.agent(1).role()], roles, "a restart keeps the roles");
    call.world.add_script(Script::new().drop_all(|_| true));
    call.run_for(secs(31));
    assert!(call.selected(0).is_none(), "and it has to stop");
}

//~ covers 8445-12.1-a
#[test]
fn payload_flows_on_a_valid_pair_before_nomination() {
    let mut call = Call::direct(12, |_| ());
    // Nominations are lost: the pair stays valid, not selected.
    call.world.add_script(Script::new().drop_all(|packet| {
        limpid_stun::Message::parse(&packet.bytes).is_ok_and(|message| message.use_candidate())
    }));
    call.signal();
    assert!(call.run_until_both(secs(2), ConnectionState::Connected));
    assert!(call.send(0, b"\x80 early") && call.send(1, b"\x80 early"));
    call.run_for(ms(10));
    for end in &call.ends {
        assert_eq!(end.received.borrow().len(), 1);
    }
}

#[test]
fn a_restart_may_use_credentials_that_were_told_before() {
    let mut call = connected(13);
    let told = [("offeredLater", "offeredLaterPassword0024"), ("answeredLater", "answeredLaterPassword024")];
    for (end, (ufrag, pwd)) in told.into_iter().enumerate() {
        call.with(end, |agent, now| agent.restart_with(now, STREAM, ufrag, pwd)).unwrap();
        assert_eq!(call.credentials(end), (ufrag.to_string(), pwd.to_string()));
        assert!(call.with(end, |agent, now| agent.restart_with(now, STREAM, "x", pwd)).is_err());
        assert!(call.selected(end).is_some(), "the old pair carries on");
    }
    call.signal();
    call.run_for(secs(1));
    assert_eq!(call.states(), [ConnectionState::Completed; 2]);
    assert!(call.ends[0].paths().len() > 1);
}
