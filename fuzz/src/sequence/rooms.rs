//! The signalling server's rooms, and clients that flood, lie and stall. Whatever they do: counts stay within the limits,
//! nobody hears of a room that it is not in, and two honest clients then meet and exchange a body.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use limpid_sansio::Instant;
use limpid_signaling::{Config, FromServer, Limits, Outgoing, Rooms, SocketEvent, SocketId};

use super::wire::seed::choice;
use crate::Outcome;

/// What a client does. Sockets are counted as they were opened.
#[derive(Arbitrary, Clone, PartialEq, Eq, Debug)]
enum Step {
    Open(u8),
    Join { socket: u8, room: u8, role: u8 },
    Resume { socket: u8, room: u8, token: u8 },
    To { socket: u8, to: u8, number: u8, kind: u8 },
    Noise(u8, Vec<u8>),
    Flood(u8, u8),
    Binary(u8),
    TooLong(u8),
    Alive(u8),
    Close(u8),
    Lose(u8),
    Read(u8),
    Pass(u16),
}

const LIMITS: fn() -> Limits =
    || Limits { sockets: 40, rooms: 4, members: 5, sockets_per_address: 12, ..Limits::default() };

struct Server {
    rooms: Rooms,
    now: Instant,
    sockets: Vec<SocketId>,
    /// The room in which a socket has joined.
    room_of: BTreeMap<SocketId, u8>,
    /// The room in which a member with this id is.
    room_of_member: BTreeMap<String, u8>,
    tokens: Vec<String>,
    closed: Vec<SocketId>,
}

impl Server {
    fn socket(&self, which: u8) -> Option<SocketId> {
        (!self.sockets.is_empty()).then(|| self.sockets[usize::from(which) % self.sockets.len()])
    }

    fn open(&mut self, address: u8) -> SocketId {
        let id = self.rooms.open(self.now, Ipv4Addr::new(192, 0, 2, address % 6).into(), Vec::new());
        self.sockets.push(id);
        id
    }

    fn say(&mut self, id: SocketId, text: &str) {
        self.rooms.handle(self.now, id, SocketEvent::Text(text));
    }

    fn join(&mut self, id: SocketId, room: u8, role: &str, resume: Option<&str>) {
        // A socket joins once; what it asks for later is refused and must not count here.
        self.room_of.entry(id).or_insert(room % 6);
        let resume = resume.map(|token| format!(r#","resume":"{token}""#)).unwrap_or_default();
        let room = room % 6;
        self.say(
            id,
            &format!(r#"{{"t":"join","v":1,"room":"{}","role":"{role}"{resume}}}"#, room_name(room)),
        );
    }

    /// Reads all that waits for a socket.
    fn read(&mut self, id: SocketId) -> Vec<FromServer> {
        let mut all = Vec::new();
        let mut count = 0;
        while let Some(outgoing) = self.rooms.pop(id) {
            count += 1;
            assert!(count <= 200, "more waits for a socket than its limit");
            match outgoing {
                Outgoing::Text(text) => {
                    let message =
                        FromServer::parse(&text).expect("a server speaks its protocol").expect("known kinds");
                    self.heard(id, &message);
                    all.push(message);
                }
                Outgoing::Ping => self.rooms.handle(self.now, id, SocketEvent::Alive),
                Outgoing::Close(_) => {
                    self.rooms.handle(self.now, id, SocketEvent::Closed);
                    self.closed.push(id);
                    break;
                }
            }
        }
        all
    }

    fn heard(&mut self, id: SocketId, message: &FromServer) {
        let room = self.room_of.get(&id).copied();
        match message {
            FromServer::Joined { you, resume, peers, .. } => {
                let room = room.expect("only who asked is told of a room");
                self.room_of_member.insert(you.clone(), room);
                self.tokens.push(resume.clone());
                assert!(peers.len() < LIMITS().members, "{} others", peers.len());
                peers.iter().for_each(|peer| self.is_mate(peer, room));
            }
            FromServer::Peer { id: peer, .. } => self.is_mate(peer, room.expect("in a room")),
            FromServer::From { from, .. } => self.is_mate(from, room.expect("in a room")),
            FromServer::Error { .. } => {}
        }
    }

    fn is_mate(&self, member: &str, room: u8) {
        // Somebody who has not read its own `joined` yet is not known here.
        assert!(self.room_of_member.get(member).is_none_or(|its| *its == room), "heard of another room");
    }

    fn obey(&mut self, step: &Step) {
        let text = |server: &mut Self, which: u8, text: &str| {
            if let Some(id) = server.socket(which) {
                server.say(id, text);
            }
        };
        let event = |server: &mut Self, which: u8, event: SocketEvent<'_>| {
            if let Some(id) = server.socket(which) {
                server.rooms.handle(server.now, id, event);
            }
        };
        match step {
            Step::Open(address) => _ = (self.sockets.len() < 200).then(|| self.open(*address)),
            Step::Join { socket, room, role } => {
                let role = ["send", "receive", "call"][usize::from(role % 3)];
                if let Some(id) = self.socket(*socket) {
                    self.join(id, *room, role, None);
                }
            }
            Step::Resume { socket, room, token } => {
                let token = self.tokens.get(usize::from(*token) % self.tokens.len().max(1)).cloned();
                if let (Some(id), Some(token)) = (self.socket(*socket), token) {
                    self.join(id, *room, "call", Some(&token));
                }
            }
            Step::To { socket, to, number, kind } => {
                let to = self
                    .room_of_member
                    .keys()
                    .nth(usize::from(*to) % self.room_of_member.len().max(1))
                    .cloned();
                let bodies = [r#"{"candidate":null}"#, r#"{"bye":"done"}"#, r#"{"x":[1,{}]}"#, "7"];
                let (to, body) = (to.unwrap_or_default(), bodies[usize::from(kind % 4)]);
                text(self, *socket, &format!(r#"{{"t":"to","to":"{to}","n":{number},"body":{body}}}"#));
            }
            Step::Noise(socket, bytes) => text(self, *socket, &String::from_utf8_lossy(bytes)),
            Step::Flood(socket, count) => (0..*count).for_each(|_| text(self, *socket, r#"{"t":"hm"}"#)),
            Step::Binary(socket) => event(self, *socket, SocketEvent::Binary),
            Step::TooLong(socket) => event(self, *socket, SocketEvent::TooLong),
            Step::Alive(socket) => event(self, *socket, SocketEvent::Alive),
            Step::Close(socket) => event(self, *socket, SocketEvent::Closed),
            Step::Lose(socket) => event(self, *socket, SocketEvent::Lost),
            Step::Read(socket) => _ = self.socket(*socket).map(|id| self.read(id)),
            Step::Pass(millis) => self.pass(Duration::from_millis((*millis).into())),
        }
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(next) = self.rooms.poll_timeout().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.rooms.handle_timeout(self.now);
            let next = self.rooms.poll_timeout();
            assert!(next.is_none_or(|next| next > self.now), "a deadline that was handled stays");
        }
        self.now = until;
    }

    fn check(&self) {
        let (stats, limits) = (self.rooms.stats(), LIMITS());
        // Sockets that were refused at the door wait for their close frame.
        assert!(stats.sockets <= self.sockets.len() && stats.rooms <= limits.rooms, "{stats:?}");
    }
}

fn room_name(room: u8) -> String {
    format!("room-{room}")
}

/// Plays a script; then two honest clients meet.
pub fn play(data: &[u8]) -> Outcome {
    let rooms = Rooms::new(Config { seed: [5; 32], limits: LIMITS() });
    let mut server = Server {
        rooms,
        now: Instant::from_millis(1000),
        sockets: Vec::new(),
        room_of: BTreeMap::new(),
        room_of_member: BTreeMap::new(),
        tokens: Vec::new(),
        closed: Vec::new(),
    };
    let mut u = Unstructured::new(data);
    for _ in 0..300 {
        let Ok(step) = u.arbitrary::<Step>() else { break };
        crate::show(&step);
        server.obey(&step);
        server.check();
        if u.is_empty() {
            break;
        }
    }
    let outcome = if server.rooms.stats().joins > 0 { Outcome::Accepted } else { Outcome::Refused };
    meet(&mut server);
    outcome
}

/// The old sockets go; after the grace time of their members all is forgotten, and the server serves as on its first day.
fn meet(server: &mut Server) {
    for id in server.sockets.clone() {
        server.rooms.handle(server.now, id, SocketEvent::Lost);
    }
    server.pass(Duration::from_secs(120));
    let stats = server.rooms.stats();
    assert_eq!((stats.sockets, stats.rooms), (0, 0), "what is gone is forgotten");

    server.room_of.clear();
    server.room_of_member.clear();
    let (first, second) = (server.open(1), server.open(2));
    server.join(first, 0, "send", None);
    server.join(second, 0, "receive", None);
    let joined = server.read(second);
    let Some(FromServer::Joined { peers, .. }) = joined.first() else { panic!("not joined: {joined:?}") };
    assert_eq!(peers.len(), 1);
    server.say(second, &format!(r#"{{"t":"to","to":"{}","n":0,"body":{{"bye":"done"}}}}"#, peers[0]));
    let heard = server.read(first);
    assert!(matches!(heard.last(), Some(FromServer::From { n: 0, .. })), "the body arrives: {heard:?}");
}

/// Scripts as bytes: two who meet, one who floods, one who comes back.
pub fn seeds() -> Vec<Vec<u8>> {
    let step = |which: u8, args: &[u8]| [&choice(which, 13)[..], args].concat();
    let met = [
        step(0, &[1]),
        step(0, &[2]),
        step(1, &[0, 0, 0]),
        step(1, &[1, 0, 1]),
        step(11, &[0]),
        step(11, &[1]),
        step(3, &[1, 0, 0, 0]),
        step(3, &[0, 1, 0, 1]),
        step(11, &[0]),
    ]
    .concat();
    let flooded =
        [met.clone(), step(5, &[0, 255]), step(5, &[0, 255]), step(11, &[0]), step(11, &[1])].concat();
    let back = [
        met.clone(),
        step(10, &[0]),
        step(0, &[1]),
        step(2, &[2, 0, 0]),
        step(11, &[2]),
        step(12, &[0, 200]),
    ]
    .concat();
    vec![met, flooded, back]
}
