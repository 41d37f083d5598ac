//! How associations begin: one side, both sides, over bad wires, and with bad cookies.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use common::*;
use limpid_sansio::Machine;
use limpid_sctp::chunk::{self, CauseCode, Causes, ChunkType, Init};
use limpid_sctp::param::ParameterType;
use limpid_sctp::{Association, DropReason, Error, Event, Inbound, Parity, State, Timing};

const INIT: ChunkType = ChunkType::INIT;

//~ covers 9260-5.1-a, 9260-5.1-b
#[test]
fn one_side_begins_and_the_other_answers_in_four_messages() {
    let mut net = Net::new(config(1), config(2), Link::PERFECT);
    net.connect(0);
    net.run_until(MS(1000), |net| net.is_up());
    assert_eq!(net.sent(0)[..2], [vec![INIT], vec![ChunkType::COOKIE_ECHO]]);
    assert_eq!(net.sent(1)[..2], [vec![ChunkType::INIT_ACK], vec![ChunkType::COOKIE_ACK]]);
    assert_eq!((net.now - MS(20)), start(), "two round trips");
    assert_eq!(net.events, [[Event::Connected], [Event::Connected]]);
}

//~ covers 9260-5.2.1-a, 9260-5.2.4-d
#[test]
fn both_sides_begin_at_once_and_keep_their_tags() {
    let mut net = Net::connected(Link::PERFECT);
    assert_eq!(net.events, [[Event::Connected], [Event::Connected]]);
    for side in 0..2 {
        let inits: Vec<_> = net.log.iter().filter(|entry| entry.1 == side).collect();
        let first = |kind| {
            let found = inits.iter().find(|entry| kinds(&entry.2) == [kind]).unwrap();
            Init::parse(&chunks(&found.2)[0]).map(|init| (init.initiate_tag, init.initial_tsn)).unwrap()
        };
        assert_eq!(first(INIT), first(ChunkType::INIT_ACK), "the same tag and TSN in both");
    }
    net.run(MS(5000));
    assert!(net.is_up());
}

//~ covers 9260-5.2.4-b
#[test]
fn a_cookie_that_comes_while_our_init_is_unanswered_begins_the_association() {
    let mut net = Net::new(config(1), config(2), Link::PERFECT);
    net.filter = Some(Box::new(|side, _, packet| !(side == 0 && kinds(packet) == [INIT])));
    net.connect(0);
    net.connect(1);
    assert!(net.run_until(MS(400), |net| net.is_up()));
    let (ours, theirs) = net.channel(Default::default());
    net.send(0, ours, b"both know the tags");
    net.run(MS(100));
    assert_eq!(net.messages(1, theirs), [b"both know the tags"]);
}

//~ covers 9260-16-a
#[test]
fn the_constants_are_the_documents() {
    let timing = Timing::default();
    assert_eq!((timing.max_init_retransmits, timing.max_retransmits), (8, 10));
    let seconds = [timing.cookie_life, timing.heartbeat_interval, timing.rto_max].map(|time| time.as_secs());
    assert_eq!(seconds, [60, 30, 60]);
}

#[test]
fn they_meet_whatever_the_wire_loses_delays_and_repeats() {
    for (seed, (loss, duplicate, jitter)) in (0..).zip([(30, 0, 0), (30, 30, 30), (0, 100, 50), (15, 15, 5)])
    {
        let link = Link { delay: MS(20), jitter: MS(jitter), loss, duplicate };
        let mut net = Net::new(config(seed), config(seed + 100), link);
        net.connect(0);
        net.run(MS(7));
        net.connect(1);
        assert!(net.run_until(MS(60_000), |net| net.is_up()), "loss {loss} duplicate {duplicate}");
    }
}

//~ covers 8831-6.2-a
#[test]
fn an_init_holds_what_old_peers_survive_and_nothing_else() {
    let mut net = Net::new(config(1), config(2), Link::PERFECT);
    net.connect(0);
    let packet = net.log[0].2.clone();
    assert_eq!(tag(&packet), 0);
    let init = Init::parse(&chunks(&packet)[0]).unwrap();
    let params: Vec<u16> = init.parameters().map(|param| param.unwrap().kind.0).collect();
    assert_eq!(params, [0xc000, 0x8008]);
    assert_eq!((init.outbound_streams, init.inbound_streams, init.a_rwnd), (65_535, 65_535, 8 << 20));
}

//~ covers 9260-5.1.6-a
#[test]
fn init_is_repeated_with_backoff_and_given_up() {
    let mut net = Net::new(config(1), config(2), Link { loss: 100, ..Link::PERFECT });
    net.connect(0);
    net.run(MS(60_000));
    let times: Vec<u64> = net.log.iter().map(|entry| entry.0.since(start()).as_millis() as u64).collect();
    assert_eq!(times, [0, 500, 1500, 3500, 6500, 9500, 12_500, 15_500, 18_500]);
    let reason = limpid_sctp::CloseReason::Failed(Error::HandshakeTimedOut);
    assert_eq!(net.events[0], [Event::Closed(reason)]);
    assert_eq!(net.ends[0].handle_timeout(net.now), Err(Error::HandshakeTimedOut));
    assert!(net.ends[0].finished() && net.ends[0].poll_timeout().is_none());
}

//~ covers 9260-5.1.3-a neg, 9260-5.1.3-b
#[test]
fn init_floods_leave_no_state_and_at_most_one_answer() {
    let mut end = Association::new(config(1), start());
    for tag in 1..2000 {
        let packet = forge(0, |writer| writer.bytes(&init_chunk(tag, 1 << 20, 100, &[])));
        end.handle_input(start(), Inbound { ecn: None, bytes: &packet }).unwrap();
    }
    let mut out = Vec::new();
    let mut count = 0;
    while end.poll_transmit(start(), &mut out).is_some() {
        count += 1;
    }
    assert_eq!((count, end.state(), end.poll_timeout()), (1, State::Closed, None));
    assert_eq!(end.info(), None);
}

/// A thousand packets of each kind that a stranger can send without a cookie that is good.
fn floods(cookie: &[u8], local: u32) -> [Vec<Vec<u8>>; 4] {
    let init = |tag, a_rwnd, params: &[(u16, &[u8])]| {
        forge(0, |writer| writer.bytes(&init_chunk(tag, a_rwnd, 100, params)))
    };
    let echo = |cookie: &[u8]| forge(local, |writer| chunk::write_cookie_echo(writer, cookie));
    let forged = |n: u32| {
        let mut forged = cookie.to_vec();
        forged[n as usize % cookie.len()] ^= 1 + (n as usize / cookie.len()) as u8;
        echo(&forged)
    };
    let numbers = 1..1001;
    [
        numbers.clone().map(|n| init(n, 1 << 20, &[(0xc123, &[7; 200])])).collect(),
        numbers.clone().map(|n| init(n, 0, &[])).collect(), // refused
        numbers.clone().map(forged).collect(),
        numbers.map(|_| echo(cookie)).collect(), // too old by now
    ]
}

//~ covers 9260-5.1.3-a neg, 9260-5.1.5-a neg
#[test]
fn floods_hold_no_memory_and_lock_nobody_out_before_the_association_and_during_it() {
    let mut net = Net::new(config(1), config(2), Link::PERFECT);
    let (cookie, local) = knock(&mut net.ends[1]);
    net.now = start() + MS(61_000);
    let floods = floods(&cookie, local);
    for round in 0..2 {
        for flood in &floods {
            let (now, end) = (net.now, &mut net.ends[1]);
            let mut take = |packet: &Vec<u8>| {
                end.handle_input(now, Inbound { ecn: None, bytes: packet }).unwrap();
            };
            flood[..100].iter().for_each(&mut take);
            let grown = allocation_counter::measure(|| flood[100..].iter().for_each(&mut take));
            let mut out = Vec::new();
            let answers = std::iter::from_fn(|| end.poll_transmit(now, &mut out)).count();
            assert!(grown.bytes_current <= 0 && answers <= 8, "{answers} answers, {grown:?}");
        }
        if round == 0 {
            assert_eq!((net.ends[1].state(), net.ends[1].info()), (State::Closed, None));
            net.connect(0);
            assert!(net.run_until(MS(100), |net| net.is_up()));
        }
        let (ours, theirs) = net.channel(Default::default());
        net.send(0, ours, b"one of us");
        net.run(MS(100));
        assert_eq!(net.messages(1, theirs), [b"one of us"]);
    }
    assert_eq!(net.events[1].iter().filter(|event| **event == Event::Connected).count(), 1);
}

//~ covers 9260-3.3.2-a neg, 9260-8.5.1-a neg
#[test]
fn forbidden_inits_are_refused() {
    let mut end = Association::new(config(1), start());
    for (tag_field, a_rwnd, streams) in [(5, 1 << 20, 0), (5, 1000, 10), (0, 1 << 20, 10)] {
        let packet = forge(0, |writer| writer.bytes(&init_chunk(tag_field, a_rwnd, streams, &[])));
        let answers = answer(&mut end, &packet);
        match tag_field {
            0 => assert!(answers.is_empty(), "there is no tag to answer with"),
            _ => assert_eq!((kinds(&answers[0]), tag(&answers[0])), (vec![ChunkType::ABORT], tag_field)),
        }
    }
    let init = init_chunk(5, 1 << 20, 10, &[]);
    let tagged = forge(9, |writer| writer.bytes(&init));
    let twice = forge(0, |writer| [&init, &init].iter().for_each(|chunk| writer.bytes(chunk)));
    assert!(answer(&mut end, &tagged).is_empty() && answer(&mut end, &twice).is_empty());
    assert_eq!(end.stats().dropped[DropReason::WrongTag], 2);
}

//~ covers 9260-3.2.1-a
#[test]
fn unknown_parameters_are_skipped_or_reported_as_their_type_says() {
    let mut end = Association::new(config(1), start());
    let params: [(u16, &[u8]); 4] =
        [(0x8001, &[0, 0, 0, 1]), (0xc123, b"x"), (0x4abc, b"report, then stop"), (0xc124, b"unseen")];
    let packet = forge(0, |writer| writer.bytes(&init_chunk(5, 1 << 20, 10, &params)));
    let answers = answer(&mut end, &packet);
    let ack = chunks(&answers[0]);
    let init = Init::parse(&ack[0]).unwrap();
    let reported: Vec<u16> = init
        .parameters()
        .flatten()
        .filter(|param| param.kind == ParameterType::UNRECOGNIZED)
        .map(|param| u16::from_be_bytes([param.value[0], param.value[1]]))
        .collect();
    assert_eq!(reported, [0xc123, 0x4abc]);
    assert!(init.cookie().is_some_and(|cookie| cookie.len() < 100));
}

//~ covers 9260-5.1.5-a neg, 9260-5.1.5-b neg
#[test]
fn cookies_that_are_forged_or_come_under_another_tag_are_dropped() {
    let mut end = Association::new(config(1), start());
    let (cookie, local) = knock(&mut end);
    for at in 0..cookie.len() {
        let mut forged = cookie.clone();
        forged[at] ^= 1;
        let packet = forge(local, |writer| chunk::write_cookie_echo(writer, &forged));
        assert!(answer(&mut end, &packet).is_empty());
    }
    let wrong = forge(local ^ 1, |writer| chunk::write_cookie_echo(writer, &cookie));
    assert!(answer(&mut end, &wrong).is_empty());
    assert_eq!(end.state(), State::Closed);
    assert_eq!(end.stats().dropped[DropReason::BadCookie], cookie.len() as u64);
    let right = forge(local, |writer| chunk::write_cookie_echo(writer, &cookie));
    assert_eq!(kinds(&answer(&mut end, &right)[0]), [ChunkType::COOKIE_ACK]);
    assert_eq!(end.state(), State::Established);
}

//~ covers 9260-5.1.5-c neg, 9260-5.2.4-e
#[test]
fn a_stale_cookie_is_told_so_with_its_age_unless_the_association_is_up() {
    let mut end = Association::new(config(1), start());
    let (cookie, local) = knock(&mut end);
    let late = start() + MS(60_003);
    let packet = forge(local, |writer| chunk::write_cookie_echo(writer, &cookie));
    let mut out = Vec::new();
    end.handle_input(late, Inbound { ecn: None, bytes: &packet }).unwrap();
    let _ = end.poll_transmit(late, &mut out).unwrap();
    let causes: Vec<_> = Causes::of(&chunks(&out)[0]).map(Result::unwrap).collect();
    assert_eq!((causes[0].code, causes[0].value), (CauseCode::STALE_COOKIE, &3000u32.to_be_bytes()[..]));
    assert_eq!((tag(&out), end.state()), (0x77, State::Closed));

    let mut end = Association::new(config(1), start());
    let (cookie, local) = knock(&mut end);
    let packet = forge(local, |writer| chunk::write_cookie_echo(writer, &cookie));
    answer(&mut end, &packet);
    end.handle_input(late, Inbound { ecn: None, bytes: &packet }).unwrap();
    out.clear();
    let _ = end.poll_transmit(late, &mut out).unwrap();
    assert_eq!(kinds(&out)[0], ChunkType::COOKIE_ACK, "the peer missed the first one");
}

//~ covers 9260-5.2.6-a
#[test]
fn a_handshake_with_a_stale_cookie_begins_again() {
    let timing = Timing { cookie_life: MS(50), ..Timing::default() };
    let slow = Link { delay: MS(30), ..Link::PERFECT };
    let mut net = Net::new(config(1), limpid_sctp::Config { timing, ..config(2) }, slow);
    net.connect(0);
    net.run(MS(200));
    net.link.delay = MS(5); // the first cookie was stale: 60 ms in all
    assert!(net.run_until(MS(10_000), |net| net.is_up()));
    assert!(net.ends[1].stats().dropped[DropReason::StaleCookie] > 0);
}

//~ covers 9260-5.2.2-a, 9260-5.2.4-a
#[test]
fn a_peer_that_starts_again_is_noticed_and_its_channels_are_gone() {
    let mut net = Net::connected(Link::PERFECT);
    let (_, theirs) = net.channel(Default::default());
    net.ends[0] = Association::new(config(9), net.now);
    net.ends[0].set_parity(Parity::Even);
    net.events = Default::default();
    net.connect(0);
    assert!(net.run_until(MS(5000), |net| net.events[0].contains(&Event::Connected)));
    net.run(MS(100));
    assert_eq!(net.events[1], [Event::ChannelClosed(theirs), Event::Restarted, Event::Connected]);
    let (ours, theirs) = net.channel(Default::default());
    net.send(0, ours, b"after the restart");
    net.run(MS(100));
    assert_eq!(net.messages(1, theirs), [b"after the restart"]);
}

//~ covers 9260-5.2.2-b neg
#[test]
fn an_init_alone_restarts_nothing() {
    let mut net = Net::connected(Link::PERFECT);
    let (ours, theirs) = net.channel(Default::default());
    for n in 1..100 {
        let packet = forge(0, |writer| writer.bytes(&init_chunk(n, 1 << 20, 100, &[])));
        net.deliver(1, &packet);
    }
    net.send(0, ours, b"still here");
    net.run(MS(100));
    assert_eq!(net.messages(1, theirs), [b"still here"]);
}

//~ covers 9260-5.2.4-c neg
#[test]
fn a_cookie_of_another_time_is_dropped() {
    let mut end = Association::new(config(1), start());
    let (cookie, local) = knock(&mut end);
    let echo = forge(local, |writer| chunk::write_cookie_echo(writer, &cookie));
    answer(&mut end, &echo);
    // A second INIT with another tag gives a cookie with a fresh tag of ours and tie tags of now.
    let second = forge(0, |writer| writer.bytes(&init_chunk(0x99, 1 << 20, 100, &[])));
    let answers = answer(&mut end, &second);
    let ack = chunks(&answers[0]);
    let init = Init::parse(&ack[0]).unwrap();
    assert_ne!(init.initiate_tag, local);
    let restart = forge(init.initiate_tag, |writer| chunk::write_cookie_echo(writer, init.cookie().unwrap()));
    answer(&mut end, &restart);
    // Now the first cookie's tags are both of the past.
    assert!(answer(&mut end, &echo).is_empty());
    assert_eq!(end.stats().dropped[DropReason::Unexpected], 1);
}

//~ covers 9260-8.4-a, 9260-8.4-b
#[test]
fn packets_out_of_the_blue_get_an_abort_that_reflects_their_tag_or_nothing() {
    let mut end = Association::new(config(1), start());
    let cases: [(ChunkType, Option<ChunkType>); 7] = [
        (ChunkType::DATA, Some(ChunkType::ABORT)),
        (ChunkType::SACK, Some(ChunkType::ABORT)),
        (ChunkType::HEARTBEAT, Some(ChunkType::ABORT)),
        (ChunkType::SHUTDOWN_ACK, Some(ChunkType::SHUTDOWN_COMPLETE)),
        (ChunkType::ABORT, None),
        (ChunkType::SHUTDOWN_COMPLETE, None),
        (ChunkType::COOKIE_ACK, None),
    ];
    for (kind, expected) in cases {
        let answers =
            answer(&mut end, &forge(0xabcd, |writer| writer.bytes(&raw_chunk(kind.0, 0, &[0; 16]))));
        assert_eq!(answers.first().map(|packet| kinds(packet)[0]), expected, "{kind:?}");
        if let Some(packet) = answers.first() {
            assert_eq!((tag(packet), chunks(packet)[0].flags), (0xabcd, chunk::FLAG_T));
        }
    }
}

//~ covers 9260-8.5-a neg, 9260-8.5.1-b, 9260-6.8-a neg
#[test]
fn a_wrong_tag_port_or_checksum_is_dropped_and_harms_nothing() {
    let mut net = Net::connected(Link::PERFECT);
    net.run(MS(100));
    let good = net.log.iter().rev().find(|entry| entry.1 == 0).unwrap().2.clone();
    let tag = tag(&good);
    let abort = |tag, reflected| forge(tag, |writer| chunk::write_abort(writer, reflected, None));
    net.deliver(1, &abort(tag ^ 1, false));
    net.deliver(1, &abort(tag, true)); // reflected, but not the peer's own tag
    let mut wrong_port = good.clone();
    wrong_port[1] ^= 1;
    wrong_port[8..12].fill(0);
    limpid_sctp::packet::finish(&mut wrong_port);
    net.deliver(1, &wrong_port);
    let mut wrong_sum = good.clone();
    wrong_sum[9] ^= 0x10;
    net.deliver(1, &wrong_sum);
    let dropped = net.ends[1].stats().dropped;
    assert_eq!(
        (dropped[DropReason::WrongTag], dropped[DropReason::WrongPort], dropped[DropReason::BadChecksum]),
        (2, 1, 1)
    );
    assert_eq!(net.ends[1].state(), State::Established);
    net.deliver(1, &abort(tag, false));
    assert!(net.ends[1].finished());
}
