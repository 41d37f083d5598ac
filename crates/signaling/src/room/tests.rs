//! Every limit from both sides, with its close code; resumption; lies; and that nothing is left behind.

use super::*;
use crate::message::Role;
use proptest::prelude::*;

const JOIN_CALL: &str = r#"{"t":"join","v":1,"room":"cellar","role":"call"}"#;
const JOIN_SEND: &str = r#"{"t":"join","v":1,"room":"cellar","role":"send"}"#;
const JOIN_RECEIVE: &str = r#"{"t":"join","v":1,"room":"cellar","role":"receive"}"#;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn rooms_with(limits: Limits) -> Rooms {
    Rooms::new(Config { seed: [3; 32], limits })
}

fn rooms() -> Rooms {
    rooms_with(Limits::default())
}

fn address(n: u32) -> IpAddr {
    IpAddr::from((0xC000_0200 + n).to_be_bytes())
}

fn open(rooms: &mut Rooms, now: Instant, n: u32) -> SocketId {
    rooms.open(now, address(n), Vec::new())
}

fn say(rooms: &mut Rooms, now: Instant, id: SocketId, text: &str) {
    rooms.handle(now, id, SocketEvent::Text(text));
}

fn join(rooms: &mut Rooms, now: Instant, n: u32, text: &str) -> SocketId {
    let id = open(rooms, now, n);
    say(rooms, now, id, text);
    id
}

/// Everything that waits for a socket.
fn heard(rooms: &mut Rooms, id: SocketId) -> Vec<Outgoing> {
    std::iter::from_fn(|| rooms.pop(id)).collect()
}

fn messages(rooms: &mut Rooms, id: SocketId) -> Vec<FromServer> {
    let texts = heard(rooms, id).into_iter().filter_map(|out| match out {
        Outgoing::Text(text) => FromServer::parse(&text).unwrap(),
        _ => None,
    });
    texts.collect()
}

/// The code with which a socket was told to close.
fn closed(rooms: &mut Rooms, id: SocketId) -> Option<CloseCode> {
    heard(rooms, id).into_iter().find_map(|out| match out {
        Outgoing::Close(code) => Some(code),
        _ => None,
    })
}

struct Seat {
    socket: SocketId,
    you: String,
    token: String,
    peers: Vec<String>,
}

fn seat(rooms: &mut Rooms, now: Instant, n: u32, text: &str) -> Seat {
    let socket = join(rooms, now, n, text);
    match messages(rooms, socket).into_iter().next() {
        Some(FromServer::Joined { you, resume, peers, .. }) => Seat { socket, you, token: resume, peers },
        other => panic!("no seat: {other:?}"),
    }
}

fn to(peer: &str, n: u64, body: &str) -> String {
    format!(r#"{{"t":"to","to":"{peer}","n":{n},"body":{body}}}"#)
}

fn resume(role: &str, token: &str) -> String {
    format!(r#"{{"t":"join","v":1,"room":"cellar","role":"{role}","resume":"{token}"}}"#)
}

fn bodies(messages: &[FromServer]) -> Vec<(String, u64, String)> {
    let froms = messages.iter().filter_map(|message| match message {
        FromServer::From { from, n, body } => Some((from.clone(), *n, body.get().to_owned())),
        _ => None,
    });
    froms.collect()
}

#[test]
fn who_comes_second_learns_who_was_first_and_both_can_talk() {
    let mut rooms = rooms();
    let alice = seat(&mut rooms, at(0), 1, JOIN_SEND);
    let bob = seat(&mut rooms, at(0), 2, JOIN_RECEIVE);
    assert_eq!(bob.peers, [&*alice.you]);
    let seen = messages(&mut rooms, alice.socket);
    assert!(matches!(&seen[..], [FromServer::Peer { id, state: Presence::Joined, .. }] if *id == bob.you));
    say(&mut rooms, at(1), bob.socket, &to(&alice.you, 0, r#"{"bye":"done"}"#));
    let got = messages(&mut rooms, alice.socket);
    assert_eq!(bodies(&got), [(bob.you, 0, r#"{"bye":"done"}"#.to_owned())]);
}

#[test]
fn a_flood_is_cut_off_after_its_burst_and_a_steady_client_is_not() {
    let mut rooms = rooms();
    let flood = open(&mut rooms, at(0), 1);
    (0..100).for_each(|_| say(&mut rooms, at(0), flood, r#"{"t":"hum"}"#));
    assert_eq!(closed(&mut rooms, flood), None);
    say(&mut rooms, at(0), flood, r#"{"t":"hum"}"#);
    assert_eq!(closed(&mut rooms, flood), Some(CloseCode::Rate));
    let steady = join(&mut rooms, at(0), 2, JOIN_CALL);
    (1..2000).for_each(|i| say(&mut rooms, at(i * 50), steady, r#"{"t":"hum"}"#));
    assert_eq!(closed(&mut rooms, steady), None);
}

#[test]
fn a_frame_of_64_kib_passes_and_one_more_byte_does_not() {
    let mut rooms = rooms();
    let alice = seat(&mut rooms, at(0), 1, JOIN_CALL);
    let mut text = to(&alice.you, 0, r#"{"sealed":""}"#);
    let fill = "x".repeat(MAX_FRAME - text.len());
    text.insert_str(text.len() - 3, &fill);
    assert_eq!(text.len(), MAX_FRAME);
    say(&mut rooms, at(0), alice.socket, &text);
    assert_eq!(closed(&mut rooms, alice.socket), None);
    text.insert(text.len() - 3, 'x');
    say(&mut rooms, at(0), alice.socket, &text);
    assert_eq!(closed(&mut rooms, alice.socket), Some(CloseCode::Rate));
    let other = open(&mut rooms, at(0), 2);
    rooms.handle(at(0), other, SocketEvent::TooLong);
    assert_eq!(closed(&mut rooms, other), Some(CloseCode::Rate));
}

#[test]
fn a_negotiation_has_100_candidates() {
    let mut rooms = rooms();
    let alice = seat(&mut rooms, at(0), 1, JOIN_CALL);
    let bob = seat(&mut rooms, at(0), 2, JOIN_CALL);
    let candidate = to(&alice.you, 0, r#"{"candidate":{"candidate":"candidate:1"}}"#);
    let description = to(&alice.you, 0, r#"{"description":{"type":"offer","sdp":""},"nonce":"00"}"#);
    for round in 0..2u64 {
        for i in 0..100 {
            say(&mut rooms, at(round * 10_000 + i * 50), bob.socket, &candidate);
            heard(&mut rooms, alice.socket);
        }
        if round == 0 {
            say(&mut rooms, at(9_000), bob.socket, &description);
        }
    }
    assert_eq!(closed(&mut rooms, bob.socket), None);
    say(&mut rooms, at(19_000), bob.socket, &candidate);
    assert_eq!(closed(&mut rooms, bob.socket), Some(CloseCode::Rate));
}

#[test]
fn a_socket_says_hello_within_5_s_and_has_a_room_within_60_s() {
    let mut rooms = rooms();
    let silent = open(&mut rooms, at(0), 1);
    let undecided = open(&mut rooms, at(0), 2);
    say(&mut rooms, at(100), undecided, r#"{"t":"hum"}"#);
    let seated = join(&mut rooms, at(0), 3, JOIN_CALL);
    rooms.handle_timeout(at(4_999));
    assert_eq!(closed(&mut rooms, silent), None);
    rooms.handle_timeout(at(5_000));
    assert_eq!(closed(&mut rooms, silent), Some(CloseCode::Expired));
    for socket in [undecided, seated] {
        rooms.handle(at(30_000), socket, SocketEvent::Alive);
        rooms.handle(at(59_999), socket, SocketEvent::Alive);
    }
    rooms.handle_timeout(at(59_999));
    assert_eq!(closed(&mut rooms, undecided), None);
    rooms.handle_timeout(at(60_000));
    assert_eq!(closed(&mut rooms, undecided), Some(CloseCode::Expired));
    assert_eq!(closed(&mut rooms, seated), None);
}

#[test]
fn a_silent_socket_is_pinged_then_given_up_while_its_member_may_come_back() {
    let mut rooms = rooms();
    let alice = seat(&mut rooms, at(0), 1, JOIN_CALL);
    let bob = seat(&mut rooms, at(0), 2, JOIN_CALL);
    heard(&mut rooms, alice.socket);
    rooms.handle_timeout(at(20_000));
    assert_eq!(heard(&mut rooms, bob.socket), [Outgoing::Ping]);
    rooms.handle(at(20_001), alice.socket, SocketEvent::Alive);
    rooms.handle(at(44_000), alice.socket, SocketEvent::Alive);
    rooms.handle_timeout(at(45_000));
    assert_eq!(closed(&mut rooms, bob.socket), Some(CloseCode::Expired));
    assert!(messages(&mut rooms, alice.socket).is_empty(), "nobody has left yet");
    let back = seat(&mut rooms, at(46_000), 2, &resume("call", &bob.token));
    assert_eq!(back.you, bob.you);
}

#[test]
fn an_address_has_64_sockets_and_30_joins_a_minute() {
    let mut rooms = rooms();
    let sockets: Vec<SocketId> = (0..64).map(|_| open(&mut rooms, at(0), 1)).collect();
    assert_eq!(closed(&mut rooms, sockets[63]), None);
    let beyond = open(&mut rooms, at(0), 1);
    assert_eq!(closed(&mut rooms, beyond), Some(CloseCode::Rate));
    let other = open(&mut rooms, at(0), 2);
    assert_eq!(closed(&mut rooms, other), None);
    rooms.handle(at(0), beyond, SocketEvent::Closed);
    rooms.handle(at(0), sockets[63], SocketEvent::Closed);
    let again = open(&mut rooms, at(0), 1);
    assert_eq!(closed(&mut rooms, again), None);

    for (n, &socket) in sockets.iter().enumerate().take(31) {
        say(&mut rooms, at(0), socket, &format!(r#"{{"t":"join","v":1,"room":"r{n}","role":"call"}}"#));
    }
    assert_eq!(closed(&mut rooms, sockets[29]), None);
    assert_eq!(closed(&mut rooms, sockets[30]), Some(CloseCode::Rate));
    say(&mut rooms, at(2_000), sockets[31], JOIN_CALL);
    assert_eq!(closed(&mut rooms, sockets[31]), None);
}

#[test]
fn a_room_has_16_seats() {
    let mut rooms = rooms();
    for n in 0..16 {
        let socket = join(&mut rooms, at(0), n, JOIN_CALL);
        assert_eq!(closed(&mut rooms, socket), None);
    }
    let beyond = join(&mut rooms, at(0), 99, JOIN_CALL);
    assert_eq!(closed(&mut rooms, beyond), Some(CloseCode::Full));
}

#[test]
fn a_server_has_a_limit_of_sockets_and_of_rooms() {
    let mut rooms = rooms_with(Limits { sockets: 2, rooms: 1, ..Limits::default() });
    let first = join(&mut rooms, at(0), 1, JOIN_CALL);
    let second = join(&mut rooms, at(0), 2, r#"{"t":"join","v":1,"room":"attic","role":"call"}"#);
    let third = open(&mut rooms, at(0), 3);
    assert_eq!(closed(&mut rooms, first), None);
    assert_eq!(closed(&mut rooms, second), Some(CloseCode::Full));
    assert_eq!(closed(&mut rooms, third), Some(CloseCode::Full));
}

#[test]
fn a_share_has_one_sender_and_one_receiver() {
    let mut rooms = rooms();
    let early = join(&mut rooms, at(0), 1, JOIN_RECEIVE);
    assert_eq!(closed(&mut rooms, early), Some(CloseCode::NoSuchRoom));
    let sender = join(&mut rooms, at(0), 2, JOIN_SEND);
    let receiver = join(&mut rooms, at(0), 3, JOIN_RECEIVE);
    for (n, text) in [(4, JOIN_RECEIVE), (5, JOIN_SEND), (6, JOIN_CALL)] {
        let beyond = join(&mut rooms, at(0), n, text);
        assert_eq!(closed(&mut rooms, beyond), Some(CloseCode::Full), "{text}");
    }
    assert_eq!((closed(&mut rooms, sender), closed(&mut rooms, receiver)), (None, None));
    rooms.handle(at(1), receiver, SocketEvent::Closed);
    let next = join(&mut rooms, at(2), 7, JOIN_RECEIVE);
    assert_eq!(closed(&mut rooms, next), None, "the seat is free again");
}

#[test]
fn a_share_ends_with_its_sender() {
    let mut rooms = rooms();
    let sender = join(&mut rooms, at(0), 1, JOIN_SEND);
    let receiver = join(&mut rooms, at(0), 2, JOIN_RECEIVE);
    heard(&mut rooms, receiver);
    rooms.handle(at(1), sender, SocketEvent::Closed);
    let heard = heard(&mut rooms, receiver);
    assert!(
        matches!(&heard[0], Outgoing::Text(text) if text.contains(r#""state":"left","reason":"closed""#))
    );
    assert_eq!(heard.last(), Some(&Outgoing::Close(CloseCode::PeerLeft)));
    assert_eq!(rooms.stats().rooms, 0);
}

#[test]
fn a_reader_that_stalls_may_have_128_messages_or_512_kib_waiting() {
    for (body, fit) in
        [(r#"{"sealed":"x"}"#.to_owned(), 128), (format!(r#"{{"sealed":"{}"}}"#, "x".repeat(60_000)), 8)]
    {
        let mut rooms = rooms();
        let stalled = seat(&mut rooms, at(0), 1, JOIN_CALL);
        let writer = seat(&mut rooms, at(0), 2, JOIN_CALL);
        heard(&mut rooms, stalled.socket);
        for n in 0..fit {
            say(&mut rooms, at(n * 50), writer.socket, &to(&stalled.you, n, &body));
        }
        assert!(rooms.stats().closed.iter().all(|count| *count == 0), "{fit} still fit");
        say(&mut rooms, at(fit * 50), writer.socket, &to(&stalled.you, fit, &body));
        let last = heard(&mut rooms, stalled.socket);
        assert_eq!(last.last(), Some(&Outgoing::Close(CloseCode::SlowConsumer)));
        assert!(last.len() <= 2, "what it did not read is dropped");
        let seen = messages(&mut rooms, writer.socket);
        assert!(
            matches!(&seen[..], [FromServer::Peer { state: Presence::Left, reason: Some(reason), .. }] if reason == "slow-consumer")
        );
    }
}

#[test]
fn a_broken_socket_is_forgiven_for_30_s_without_anybody_noticing() {
    let mut rooms = rooms();
    let alice = seat(&mut rooms, at(0), 1, JOIN_SEND);
    let bob = seat(&mut rooms, at(0), 2, JOIN_RECEIVE);
    heard(&mut rooms, alice.socket);
    rooms.handle(at(1_000), alice.socket, SocketEvent::Lost);
    for n in 0..3 {
        say(&mut rooms, at(2_000), bob.socket, &to(&alice.you, n, &format!("{{\"n\":{n}}}")));
    }
    rooms.handle_timeout(at(30_999));
    let socket = join(&mut rooms, at(30_999), 1, &resume("send", &alice.token));
    let seen = messages(&mut rooms, socket);
    let FromServer::Joined { you, resume: token, peers, .. } = &seen[0] else { panic!("{seen:?}") };
    assert_eq!((you, &peers[..]), (&alice.you, &[bob.you.clone()][..]));
    assert_ne!(*token, alice.token, "tokens are rotated");
    assert_eq!(bodies(&seen).iter().map(|body| body.1).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(messages(&mut rooms, bob.socket).is_empty(), "no flicker");
    let thief = join(&mut rooms, at(31_000), 9, &resume("send", &alice.token));
    assert_eq!(closed(&mut rooms, thief), Some(CloseCode::Full), "a spent token is worth nothing");
}

#[test]
fn after_30_s_a_broken_socket_is_a_member_that_left() {
    let mut rooms = rooms();
    let alice = seat(&mut rooms, at(0), 1, JOIN_CALL);
    let bob = seat(&mut rooms, at(0), 2, JOIN_CALL);
    rooms.handle(at(1_000), alice.socket, SocketEvent::Lost);
    rooms.handle_timeout(at(31_000));
    let seen = messages(&mut rooms, bob.socket);
    assert!(
        matches!(&seen[..], [FromServer::Peer { state: Presence::Left, reason: Some(reason), .. }] if reason == "lost")
    );
    let back = seat(&mut rooms, at(31_001), 1, &resume("call", &alice.token));
    assert_ne!(back.you, alice.you);
}

#[test]
fn who_comes_back_twice_takes_over_and_the_older_socket_is_told() {
    let mut rooms = rooms();
    let alice = seat(&mut rooms, at(0), 1, JOIN_CALL);
    let again = seat(&mut rooms, at(1), 1, &resume("call", &alice.token));
    assert_eq!(again.you, alice.you);
    assert_eq!(closed(&mut rooms, alice.socket), Some(CloseCode::GoAway));
    assert_eq!(closed(&mut rooms, again.socket), None);
}

#[test]
fn somebody_absent_who_misses_too_much_has_left() {
    let mut rooms = rooms();
    let alice = seat(&mut rooms, at(0), 1, JOIN_CALL);
    let bob = seat(&mut rooms, at(0), 2, JOIN_CALL);
    rooms.handle(at(0), alice.socket, SocketEvent::Lost);
    for n in 0..129 {
        say(&mut rooms, at(n * 50), bob.socket, &to(&alice.you, n, "{}"));
    }
    rooms.handle_timeout(at(7_000));
    assert!(matches!(
        &messages(&mut rooms, bob.socket)[..],
        [FromServer::Peer { state: Presence::Left, .. }]
    ));
}

#[test]
fn what_is_not_the_protocol_is_cut_off_with_4004() {
    let wrong = [
        "nonsense",
        r#"{"t":"join","v":2,"room":"cellar","role":"call"}"#,
        r#"{"t":"join","v":1,"room":"","role":"call"}"#,
        r#"{"t":"join","v":1,"room":"../etc","role":"call"}"#,
        r#"{"t":"to","to":"0000000000000000","n":0,"body":{}}"#,
    ];
    for (n, text) in (0..).zip(wrong) {
        let mut rooms = rooms();
        let liar = join(&mut rooms, at(0), n, text);
        assert_eq!(closed(&mut rooms, liar), Some(CloseCode::Version), "{text}");
    }
    let mut rooms = rooms();
    let twice = join(&mut rooms, at(0), 1, JOIN_CALL);
    say(&mut rooms, at(0), twice, JOIN_CALL);
    assert_eq!(closed(&mut rooms, twice), Some(CloseCode::Version));
    let binary = open(&mut rooms, at(0), 2);
    rooms.handle(at(0), binary, SocketEvent::Binary);
    assert_eq!(closed(&mut rooms, binary), Some(CloseCode::Version));
    let listy = seat(&mut rooms, at(0), 3, JOIN_CALL);
    say(&mut rooms, at(0), listy.socket, &to(&listy.you, 0, "[1]"));
    assert_eq!(closed(&mut rooms, listy.socket), Some(CloseCode::Version));
}

#[test]
fn nobody_speaks_in_anothers_name_or_into_anothers_room() {
    let mut rooms = rooms();
    let alice = seat(&mut rooms, at(0), 1, JOIN_CALL);
    let bob = seat(&mut rooms, at(0), 2, JOIN_CALL);
    let eve = seat(&mut rooms, at(0), 3, r#"{"t":"join","v":1,"room":"attic","role":"call","you":"x"}"#);
    heard(&mut rooms, alice.socket);
    let lie =
        format!(r#"{{"t":"to","to":"{}","from":"{}","n":7,"body":{{}}}}"#, alice.you, "0000000000000001");
    say(&mut rooms, at(1), bob.socket, &lie);
    assert_eq!(bodies(&messages(&mut rooms, alice.socket)), [(bob.you, 7, "{}".to_owned())]);
    say(&mut rooms, at(1), eve.socket, &to(&alice.you, 0, "{}"));
    assert!(messages(&mut rooms, alice.socket).is_empty());
    assert_eq!(rooms.stats().undeliverable, 1);
}

#[test]
fn a_server_that_goes_says_4009() {
    let mut rooms = rooms();
    let alice = join(&mut rooms, at(0), 1, JOIN_CALL);
    let bob = open(&mut rooms, at(0), 2);
    rooms.go_away();
    assert_eq!(closed(&mut rooms, alice), Some(CloseCode::GoAway));
    assert_eq!(closed(&mut rooms, bob), Some(CloseCode::GoAway));
}

#[test]
fn tokens_do_not_show_in_debug_output() {
    let mut rooms = rooms();
    let alice = seat(&mut rooms, at(0), 1, JOIN_CALL);
    assert_eq!(alice.token.len(), 32);
    assert!(!format!("{rooms:?}").contains(&alice.token));
}

#[derive(Clone, Debug)]
enum Op {
    Open(u32),
    Join(usize, u8, Role),
    Resume(usize, usize),
    To(usize, usize),
    Close(usize),
    Lose(usize),
    Read(usize),
    Wait(u64),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let role = prop_oneof![Just(Role::Send), Just(Role::Receive), Just(Role::Call)];
    let op = prop_oneof![
        (0u32..3).prop_map(Op::Open),
        (0usize..12, 0u8..3, role).prop_map(|(s, r, role)| Op::Join(s, r, role)),
        (0usize..12, 0usize..8).prop_map(|(s, t)| Op::Resume(s, t)),
        (0usize..12, 0usize..8).prop_map(|(s, p)| Op::To(s, p)),
        (0usize..12).prop_map(Op::Close),
        (0usize..12).prop_map(Op::Lose),
        (0usize..12).prop_map(Op::Read),
        (0u64..20_000).prop_map(Op::Wait),
    ];
    proptest::collection::vec(op, 1..120)
}

proptest! {
    /// Whatever is said in whatever order: timers move on, no queue outgrows its limit, and when all are gone so is all
    /// state.
    #[test]
    fn nothing_is_left_behind(ops in ops()) {
        let mut rooms = rooms();
        let (mut now, mut sockets, mut peers, mut tokens) = (0, Vec::new(), Vec::new(), Vec::new());
        for op in ops {
            let pick = |n: usize| sockets.get(n % sockets.len().max(1)).copied();
            match op {
                Op::Open(n) => sockets.push(open(&mut rooms, at(now), n)),
                Op::Join(s, room, role) => if let Some(id) = pick(s) {
                    let role = to_text(&role);
                    say(&mut rooms, at(now), id, &format!(r#"{{"t":"join","v":1,"room":"r{room}","role":{role}}}"#));
                },
                Op::Resume(s, t) => if let (Some(id), false) = (pick(s), tokens.is_empty()) {
                    let token: &String = &tokens[t % tokens.len()];
                    say(&mut rooms, at(now), id, &format!(r#"{{"t":"join","v":1,"room":"r0","role":"call","resume":"{token}"}}"#));
                },
                Op::To(s, p) => if let (Some(id), false) = (pick(s), peers.is_empty()) {
                    let peer: &String = &peers[p % peers.len()];
                    say(&mut rooms, at(now), id, &to(peer, 0, r#"{"bye":"done"}"#));
                },
                Op::Close(s) => if let Some(id) = pick(s) { rooms.handle(at(now), id, SocketEvent::Closed) },
                Op::Lose(s) => if let Some(id) = pick(s) { rooms.handle(at(now), id, SocketEvent::Lost) },
                Op::Read(s) => if let Some(id) = pick(s) {
                    for message in messages(&mut rooms, id) {
                        if let FromServer::Joined { you, resume, .. } = message { peers.push(you); tokens.push(resume); }
                    }
                },
                Op::Wait(millis) => now += millis,
            }
            rooms.handle_timeout(at(now));
            prop_assert!(rooms.poll_timeout().is_none_or(|next| next > at(now)));
        }
        for id in sockets {
            rooms.handle(at(now), id, SocketEvent::Lost);
        }
        rooms.handle_timeout(at(now + 120_000));
        prop_assert_eq!(rooms.poll_timeout(), None);
        prop_assert!(rooms.rooms.is_empty() && rooms.names.is_empty() && rooms.addresses.is_empty());
    }
}
