//! The rules of the contract, and: whatever comes in whatever order, nothing panics, errs, grows without bound or never ends.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/hand.rs"]
mod hand;

use core::time::Duration;

use hand::*;
use limpid_ice::{Agent, Config, ConnectionState, LoopbackPolicy, MdnsPolicy, Role, Server, StreamId};
use limpid_sansio::conformance::{check_early_timeout_is_harmless, check_timeout_moves_on, checked_drain};
use limpid_sansio::{Answer, Datagram, Driven, Instant, Machine, Path, WishId};
use limpid_stun::{Attribute, Builder, Class, ErrorCode, Method, TransactionId};
use proptest::prelude::*;

#[test]
fn at_every_deadline_of_a_session_the_timeout_rules_hold() {
    let mut hand = Hand::completed(Role::Controlling);
    for _ in 0..200 {
        check_early_timeout_is_harmless(&mut hand.agent, hand.now);
        check_timeout_moves_on(&mut hand.agent, hand.now);
        match hand.agent.poll_timeout() {
            Some(at) => hand.now = at,
            None => break,
        }
    }
    assert_eq!(hand.agent.state(), ConnectionState::Failed);
}

#[test]
fn a_burst_gives_the_same_as_datagrams_one_by_one() {
    let run = |burst: bool| {
        let mut hand = Hand::begun(Role::Controlled, |_| ());
        hand.sent();
        let mut all = Vec::new();
        for port in 0..64 {
            let from = address(&format!("203.0.113.1:{}", 1000 + port));
            hand.request(Request { from, use_candidate: port % 7 == 0, ..hand.good_request() });
            if !burst {
                all.extend(hand.sent());
            }
        }
        all.extend(hand.sent());
        let events = hand.events.clone();
        (all.len(), events, hand.agent.pair_count())
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn same_seed_and_input_give_the_same_bytes() {
    let run = || {
        let mut hand = Hand::begun(Role::Controlling, |_| ());
        let check = hand.only_sent(Class::Request);
        hand.answer(&check);
        let sent = hand.wait(Duration::from_secs(60));
        (sent.into_iter().map(|(at, sent)| (at, sent.bytes)).collect::<Vec<_>>(), hand.events)
    };
    assert_eq!(run(), run());
}

#[test]
fn a_closed_agent_is_silent_and_deaf() {
    let mut hand = Hand::completed(Role::Controlling);
    hand.agent.close(hand.now);
    hand.request(Request {
        username: Some("x:y".into()),
        ..Hand::completed(Role::Controlled).good_request()
    });
    assert!(hand.wait(Duration::from_secs(100)).is_empty());
    assert_eq!(hand.agent.poll_timeout(), None);
    assert!(hand.agent.set_remote_credentials(hand.now, STREAM, "next", PWD).is_err());
    assert_eq!(hand.agent.state(), ConnectionState::Closed);
}

/// What may happen to an agent.
#[derive(Clone, Debug)]
enum Op {
    Bytes(u8, Vec<u8>),
    /// An authentic request, perhaps nominating, claiming a role.
    Request {
        port: u8,
        nominates: bool,
        role: bool,
        tie: u64,
        old: bool,
    },
    /// An answer to the nth request that the agent has sent: success or this error, authentic or not, from the right place or not.
    Answer {
        nth: usize,
        error: Option<u16>,
        authentic: bool,
        symmetric: bool,
        mapped: u8,
    },
    Candidate(u8, u32, u8),
    Text(String),
    Credentials(u8),
    End,
    AddAddress(u8),
    EndOfAddresses,
    Restart,
    SetRole(bool),
    Wish(u64, u8),
    Wait(u32),
    AddStream(u8),
    Close,
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (any::<u8>(), prop::collection::vec(any::<u8>(), 0..60)).prop_map(|(port, bytes)| Op::Bytes(port, bytes)),
        8 => (0..30u8, any::<bool>(), any::<bool>(), any::<u64>(), any::<bool>())
            .prop_map(|(port, nominates, role, tie, old)| Op::Request { port, nominates, role, tie, old }),
        10 => (0..6usize, prop::option::weighted(0.2, prop::sample::select(vec![400u16, 403, 487, 500])), prop::bool::weighted(0.9), prop::bool::weighted(0.9), 0..4u8)
            .prop_map(|(nth, error, authentic, symmetric, mapped)| Op::Answer { nth, error, authentic, symmetric, mapped }),
        5 => (any::<u8>(), 1..1u32 << 31, 1..4u8).prop_map(|(port, priority, component)| Op::Candidate(port, priority, component)),
        1 => "[ -~]{0,40}".prop_map(Op::Text),
        3 => (0..4u8).prop_map(Op::Credentials),
        1 => Just(Op::End),
        2 => any::<u8>().prop_map(Op::AddAddress),
        1 => Just(Op::EndOfAddresses),
        1 => Just(Op::Restart),
        1 => any::<bool>().prop_map(Op::SetRole),
        1 => (0..8u64, any::<u8>()).prop_map(|(id, ip)| Op::Wish(id, ip)),
        8 => (0..8_000u32).prop_map(Op::Wait),
        1 => (0..3u8).prop_map(Op::AddStream),
        1 => prop::bool::weighted(0.05).prop_map(|close| if close { Op::Close } else { Op::End }),
    ]
}

/// The agent, what it last sent, and a clock.
struct Run {
    agent: Agent,
    now: Instant,
    requests: Vec<(Path, TransactionId)>,
    wished: u64,
    old_credentials: Option<(String, String)>,
    peer: (String, String),
    completed: bool,
}

impl Run {
    fn new(config: Config, components: u8) -> Run {
        let now = Instant::from_millis(7);
        let mut agent = Agent::new(config, now);
        agent.add_stream(now, STREAM, components);
        agent.add_local_address(now, ours());
        let peer = (UFRAG.to_string(), PWD.to_string());
        Run { agent, now, requests: vec![], wished: 0, old_credentials: None, peer, completed: false }
    }

    fn act(&mut self, op: &Op) {
        let now = self.now;
        match op {
            Op::Bytes(port, bytes) => self.feed(remote(*port), bytes.clone()),
            Op::Request { port, nominates, role, tie, old } => {
                self.request(*port, *nominates, *role, *tie, *old)
            }
            Op::Answer { nth, error, authentic, symmetric, mapped } => {
                self.answer(*nth, *error, *authentic, *symmetric, *mapped);
            }
            Op::Candidate(port, priority, component) => {
                let ip = if port % 5 == 0 { "2001:db8::2" } else { "192.0.2.2" };
                let text = format!("candidate:{} {component} udp {priority} {ip} {port} typ host", port % 7);
                let _ = self.agent.add_remote_candidate(now, STREAM, &text, None);
            }
            Op::Text(text) => drop(self.agent.add_remote_candidate(now, STREAM, text, None)),
            Op::Credentials(n) => {
                self.peer = (format!("peer{n}"), format!("thePeersPasswordIsThis{n}{n}"));
                let (ufrag, pwd) = self.peer.clone();
                let _ = self.agent.set_remote_credentials(now, STREAM, &ufrag, &pwd);
            }
            Op::End => self.agent.end_of_remote_candidates(now, STREAM),
            Op::AddAddress(n) => {
                let ips = ["192.0.2.1", "2001:db8::1", "127.0.0.1", "fe80::1", "224.0.0.1"];
                let ip = ips[usize::from(*n) % ips.len()].parse().unwrap();
                self.agent.add_local_address(now, std::net::SocketAddr::new(ip, 4000 + u16::from(*n)));
            }
            Op::EndOfAddresses => self.agent.end_of_local_addresses(now),
            Op::Restart => {
                let old = self.agent.local_credentials(STREAM);
                self.old_credentials = old.map(|old| (old.ufrag.into(), old.pwd.into()));
                self.agent.restart(now);
            }
            Op::SetRole(role) => self.agent.set_role(now, role_of(*role)),
            Op::Wish(id, last) => {
                let ips = [std::net::IpAddr::from([192, 0, 2, *last]), address("[2001:db8::9]:1").ip()];
                let answer = match last % 4 {
                    0 => Answer::Failed(limpid_sansio::FailCause::NotFound),
                    1 => Answer::Closed,
                    2 => Answer::Addresses(&ips),
                    _ => Answer::Addresses(&ips[..1]),
                };
                self.agent.handle_answer(now, WishId(*id), answer);
            }
            Op::Wait(millis) => self.wait(Duration::from_millis((*millis).into())),
            Op::AddStream(n) => self.agent.add_stream(now, StreamId(*n), 1),
            Op::Close => self.agent.close(now),
        }
        self.check();
    }

    fn feed(&mut self, from: std::net::SocketAddr, mut bytes: Vec<u8>) {
        let input = Datagram { path: Path::udp(ours(), from), ecn: None, payload: &mut bytes };
        let _ = self.agent.handle_input(self.now, input).unwrap();
    }

    fn request(&mut self, port: u8, nominates: bool, role: bool, tie: u64, old: bool) {
        let current = self.agent.local_credentials(STREAM).map(|c| (c.ufrag.to_string(), c.pwd.to_string()));
        let Some((ufrag, pwd)) = self.old_credentials.clone().filter(|_| old).or(current) else { return };
        let username = format!("{ufrag}:{}", self.peer.0);
        let claimed = if role { Attribute::IceControlling(tie) } else { Attribute::IceControlled(tie) };
        let mut out = Vec::new();
        Builder::new(&mut out, Class::Request, Method::BINDING, TransactionId([port; 12]))
            .attribute(&Attribute::Username(&username))
            .attribute(&claimed)
            .maybe(nominates.then_some(Attribute::UseCandidate))
            .attribute(&Attribute::Priority(1_862_270_975))
            .integrity(&*key(&pwd))
            .fingerprint();
        self.feed(remote(port), out);
    }

    fn answer(&mut self, nth: usize, error: Option<u16>, authentic: bool, symmetric: bool, mapped: u8) {
        let count = self.requests.len();
        let Some((path, id)) = count.checked_sub(1 + nth).map(|at| self.requests[at]) else { return };
        let mut out = Vec::new();
        let class = if error.is_some() { Class::Error } else { Class::Success };
        let mapped = if mapped == 0 { address("203.0.113.200:9") } else { path.local };
        let attribute = match error {
            Some(code) => Attribute::ErrorCode(ErrorCode { code, reason: "" }),
            None => Attribute::XorMappedAddress(mapped),
        };
        let builder = Builder::new(&mut out, class, Method::BINDING, id).attribute(&attribute);
        let password = if authentic { self.peer.1.as_str() } else { "wrongPasswordOf24Letters" };
        builder.integrity(&*key(password)).fingerprint();
        let from = if symmetric { path.remote } else { remote(250) };
        let input = Datagram { path: Path::udp(path.local, from), ecn: None, payload: &mut out };
        let _ = self.agent.handle_input(self.now, input).unwrap();
    }

    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        let mut turns = 0;
        while let Some(at) = self.agent.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.check();
            turns += 1;
            assert!(turns < 20_000, "too busy for {time:?}");
        }
        self.now = end;
    }

    /// Drains by the contract, and looks at every bound.
    fn check(&mut self) {
        check_timeout_moves_on_keeping(self);
        let mut wishes = 0;
        while self.agent.poll_wish().is_some() {
            wishes += 1;
        }
        self.wished += wishes;
        assert!(wishes <= 64);
        assert!(self.agent.pair_count() <= 12, "{}", self.agent.pair_count());
        self.completed |= self.agent.state() == ConnectionState::Completed;
        for stream in [STREAM, StreamId(1)] {
            if let Some(path) = self.agent.selected(stream, limpid_ice::ComponentId(1)) {
                assert!(self.agent.may_send(path) && self.agent.path(path).is_some());
                assert!(self.agent.path_info(path).is_some());
            }
        }
    }
}

fn check_timeout_moves_on_keeping(run: &mut Run) {
    run.agent.handle_timeout(run.now).unwrap();
    for (transmit, bytes) in checked_drain(&mut run.agent, run.now, |_, _| ()) {
        assert!(bytes.len() < 300);
        let message = limpid_stun::Message::parse(&bytes).unwrap();
        if message.class() == Class::Request {
            run.requests.push((transmit.route, message.transaction_id()));
        }
    }
    check_timeout_moves_on(&mut run.agent, run.now);
    check_early_timeout_is_harmless(&mut run.agent, run.now);
}

fn remote(port: u8) -> std::net::SocketAddr {
    if port == 0 { theirs() } else { address(&format!("192.0.2.2:{}", 5000 + u16::from(port))) }
}

fn role_of(role: bool) -> Role {
    if role { Role::Controlling } else { Role::Controlled }
}

fn random_config(seed: u8, role: bool) -> Config {
    Config {
        role: role_of(role),
        servers: vec![
            Server::Address(address("198.51.100.1:3478")),
            Server::Name("stun.example.org".into(), 3478),
        ],
        loopback: if seed.is_multiple_of(3) { LoopbackPolicy::Always } else { LoopbackPolicy::WhenAlone },
        mdns: if seed.is_multiple_of(4) { MdnsPolicy::Publish } else { MdnsPolicy::Plain },
        max_pairs: 12,
        ..Config::new(limpid_crypto::null::provider(), [seed; 32])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_anything_keeps_all_bounds(seed in any::<u8>(), role in any::<bool>(), ops in prop::collection::vec(ops(), 1..120)) {
        let mut run = Run::new(random_config(seed, role), 1 + seed % 2);
        for op in &ops {
            run.act(op);
        }
        // Left alone it comes to rest: failed, closed, or waiting for someone.
        run.wait(Duration::from_secs(300));
    }

    #[test]
    fn random_datagrams_change_nothing(datagrams in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..200)), 0..50)) {
        let mut hand = Hand::completed(Role::Controlled);
        for (port, bytes) in datagrams {
            hand.feed(remote(port.max(1)), &bytes);
        }
        prop_assert!(hand.sent().is_empty());
        prop_assert_eq!((hand.agent.state(), hand.agent.pair_count()), (ConnectionState::Completed, 1));
    }

    #[test]
    fn one_changed_byte_spoils_a_check_or_an_answer(at in any::<prop::sample::Index>(), bit in 0..8u8, answer in any::<bool>()) {
        let mut hand = Hand::begun(Role::Controlling, |_| ());
        let check = hand.only_sent(Class::Request);
        let mut bytes = Vec::new();
        if answer {
            Builder::new(&mut bytes, Class::Success, Method::BINDING, check.id())
                .attribute(&Attribute::XorMappedAddress(ours()))
                .integrity(&*key(PWD))
                .fingerprint();
        } else {
            bytes = hand.encode(&hand.good_request());
        }
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        hand.feed(theirs(), &bytes);
        let stats = hand.agent.stats();
        prop_assert_eq!((stats.checks_answered, stats.responses_received), (0, 0), "byte {}", at);
        prop_assert_eq!(hand.agent.state(), ConnectionState::Checking);
    }
}

/// The random runs are worth something only if they get somewhere.
#[test]
fn a_fair_share_of_random_runs_completes() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[5; 32]);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let strategy = prop::collection::vec(ops(), 60..120);
    let completed = (0..100)
        .filter(|seed| {
            let mut run = Run::new(random_config(1 + 4 * (seed % 40), seed % 2 == 0), 1);
            let mut start =
                vec![Op::Credentials(1), Op::Candidate(1, 1 << 30, 1), Op::Candidate(2, 1 << 30, 2)];
            start.extend(strategy.new_tree(&mut runner).unwrap().current());
            start.iter().for_each(|op| run.act(op));
            run.completed
        })
        .count();
    assert!(completed >= 10, "only {completed} of 100 runs completed a session");
}
