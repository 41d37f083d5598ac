//! Rooms as pure state: who is where, who may say what to whom, and what each socket is to send next.
//!
//! No socket, no clock, no randomness of its own: a server tells it what happened and when, takes out what is to be
//! sent, and asks when to come back. Everything is soft: a room is there while somebody is in it.
//!
//! Bounds: [`Limits`]. The state of one socket is its queue (512 KiB at most) and some hundred bytes; a member without a
//! socket has such a queue too, for 30 s.

mod member;
mod seats;
mod socket;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use limpid_crypto::Random;
use limpid_sansio::{DueQueue, Instant};

use crate::body::Shape;
use crate::close::CloseCode;
use crate::limits::{Bucket, Limits, Prefix};
use crate::message::{FromServer, IceServer, MAX_FRAME, Presence, ToServer, VERSION, to_text};
use member::{Connection, Room};
use socket::{Overdue, Socket};

/// One WebSocket, for as long as it is open.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SocketId(u64);

/// A member of a room. Random, chosen by the server; 16 hex digits on the wire.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct PeerId(u64);

#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct RoomId(u64);

impl PeerId {
    fn to_text(self) -> String {
        format!("{:016x}", self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok().map(PeerId))?
    }
}

/// How a server's rooms are set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where ids and tokens come from. From the operating system in every real server.
    pub seed: [u8; 32],
    /// The limits.
    pub limits: Limits,
}

/// What happened to a socket.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum SocketEvent<'a> {
    /// A text frame came.
    Text(&'a str),
    /// A binary frame came, which the protocol does not have.
    Binary,
    /// A frame came that was too long to be read.
    TooLong,
    /// A pong, or another sign of life.
    Alive,
    /// The client said goodbye: its member leaves.
    Closed,
    /// The socket broke: its member may come back.
    Lost,
}

/// What a socket is to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outgoing {
    /// A text frame.
    Text(String),
    /// A ping.
    Ping,
    /// A close frame, and nothing after it. Then tell [`Rooms::handle`] that it closed.
    Close(CloseCode),
}

/// How often something happened.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Stats {
    /// Sockets open now.
    pub sockets: usize,
    /// Rooms now.
    pub rooms: usize,
    /// Joins that succeeded.
    pub joins: u64,
    /// Members that came back with a token.
    pub resumed: u64,
    /// Bodies passed on.
    pub passed_on: u64,
    /// Bodies for somebody who is not in the room.
    pub undeliverable: u64,
    /// Sockets closed, by close code from 4000 on.
    pub closed: [u64; CloseCode::ALL.len()],
}

#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Due {
    Socket(SocketId),
    Member(RoomId, PeerId),
    Address(Prefix),
}

#[derive(Debug, Default)]
struct Address {
    sockets: u32,
    joins: Bucket,
}

/// All rooms of one server.
#[derive(Debug)]
pub struct Rooms {
    limits: Limits,
    random: Random,
    next_id: u64,
    sockets: BTreeMap<SocketId, Socket>,
    names: BTreeMap<String, RoomId>,
    rooms: BTreeMap<RoomId, Room>,
    addresses: BTreeMap<Prefix, Address>,
    due: DueQueue<Due>,
    ready: VecDeque<SocketId>,
    stats: Stats,
}

impl Rooms {
    /// No rooms yet.
    pub fn new(config: Config) -> Self {
        Rooms {
            limits: config.limits,
            random: Random::from_seed(config.seed),
            next_id: 0,
            sockets: BTreeMap::new(),
            names: BTreeMap::new(),
            rooms: BTreeMap::new(),
            addresses: BTreeMap::new(),
            due: DueQueue::default(),
            ready: VecDeque::new(),
            stats: Stats::default(),
        }
    }

    /// A WebSocket came up from `address`; `ice` is what its client will be told in `joined`. A socket beyond the limits
    /// gets an id too, and its close code.
    pub fn open(&mut self, now: Instant, address: IpAddr, ice: Vec<IceServer>) -> SocketId {
        let address = Prefix::of(address);
        let id = SocketId(self.fresh());
        let full = self.sockets.len() >= self.limits.sockets;
        let budget = self.addresses.entry(address).or_default();
        budget.sockets += 1;
        let too_many = budget.sockets > self.limits.sockets_per_address;
        self.sockets.insert(id, Socket::new(now, address, ice));
        if too_many {
            self.refuse(id, CloseCode::Rate);
        } else if full {
            self.refuse(id, CloseCode::Full);
        }
        self.watch(id);
        id
    }

    /// Something happened to a socket. Unknown ids are ignored: a socket may end while its last frame is under way.
    pub fn handle(&mut self, now: Instant, id: SocketId, event: SocketEvent<'_>) {
        let Some(socket) = self.sockets.get_mut(&id) else { return };
        match event {
            SocketEvent::Closed => return self.remove_socket(now, id, true),
            SocketEvent::Lost => return self.remove_socket(now, id, false),
            _ if socket.is_closing() => return,
            SocketEvent::Alive => socket.hear(now),
            SocketEvent::Binary => self.refuse(id, CloseCode::Version),
            SocketEvent::TooLong => self.refuse(id, CloseCode::Rate),
            SocketEvent::Text(text) => {
                socket.hear(now);
                let interval = Duration::from_secs(1) / self.limits.messages_per_second.max(1);
                if !socket.messages.take(now, interval, self.limits.message_burst) || text.len() > MAX_FRAME {
                    self.refuse(id, CloseCode::Rate);
                } else if let Err(code) = self.text(now, id, text) {
                    self.refuse(id, code);
                }
            }
        }
        self.watch(id);
    }

    /// Does what is due. Harmless when early or late.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(due) = self.due.pop_due(now) {
            match due {
                Due::Socket(id) => self.socket_due(now, id),
                Due::Member(room, peer) => self.member_due(now, room, peer),
                Due::Address(address) => self.forget_address(now, address),
            }
        }
    }

    /// When to call [`handle_timeout`](Rooms::handle_timeout) next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due.next()
    }

    /// A socket that has something to send, once after each time that [`pop`](Rooms::pop) had nothing for it.
    pub fn poll_ready(&mut self) -> Option<SocketId> {
        self.ready.pop_front()
    }

    /// The next thing that a socket is to send. What is not taken counts against its limits.
    pub fn pop(&mut self, id: SocketId) -> Option<Outgoing> {
        self.sockets.get_mut(&id)?.pop()
    }

    /// The server ends: every socket gets 4009.
    pub fn go_away(&mut self) {
        let ids: Vec<SocketId> = self.sockets.keys().copied().collect();
        for id in ids {
            self.refuse(id, CloseCode::GoAway);
            self.watch(id);
        }
    }

    /// Counters.
    pub fn stats(&self) -> Stats {
        Stats { sockets: self.sockets.len(), rooms: self.rooms.len(), ..self.stats }
    }

    fn fresh(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn text(&mut self, now: Instant, id: SocketId, text: &str) -> Result<(), CloseCode> {
        let message = ToServer::parse(text).map_err(|_| CloseCode::Version)?;
        let socket = self.sockets.get_mut(&id).ok_or(CloseCode::GoAway)?;
        socket.hello();
        match (message, socket.seat) {
            (None, _) => Ok(()),
            (Some(ToServer::Join { v, room, role, resume }), None) if v == VERSION => {
                self.join(now, id, &room, role, resume.as_deref())
            }
            (Some(ToServer::To { to, n, body }), Some((room, from))) => {
                let shape = Shape::of(body).map_err(|_| CloseCode::Version)?;
                self.meter(room, from, shape)?;
                let text = to_text(&FromServer::From { from: from.to_text(), n, body: body.to_owned() });
                self.pass_on(room, &to, text);
                Ok(())
            }
            // A version that we do not speak, a second join, or talk before the first.
            (Some(_), _) => Err(CloseCode::Version),
        }
    }

    /// Counts candidates: at most 100 for each description.
    fn meter(&mut self, room: RoomId, from: PeerId, shape: Shape) -> Result<(), CloseCode> {
        let limit = self.limits.candidates;
        let member = self.rooms.get_mut(&room).and_then(|room| room.member(from));
        let Some(member) = member else { return Ok(()) };
        match shape {
            Shape::Description => member.candidates = 0,
            Shape::Candidate if member.candidates >= limit => return Err(CloseCode::Rate),
            Shape::Candidate => member.candidates += 1,
            Shape::Other => {}
        }
        Ok(())
    }

    /// To one member of the same room; somebody who just left is no error.
    fn pass_on(&mut self, room: RoomId, to: &str, text: String) {
        let there = PeerId::parse(to).filter(|to| {
            self.rooms.get(&room).is_some_and(|room| room.members.iter().any(|member| member.id == *to))
        });
        match there {
            Some(to) => {
                self.stats.passed_on += 1;
                self.deliver(room, to, text);
            }
            None => self.stats.undeliverable += 1,
        }
    }

    /// To one member, through its socket or into what it misses. A member who has too much waiting is cut off.
    fn deliver(&mut self, room: RoomId, to: PeerId, text: String) {
        let Some(member) = self.rooms.get_mut(&room).and_then(|room| room.member(to)) else { return };
        match &mut member.connection {
            Connection::Attached(id) => {
                let id = *id;
                let Some(socket) = self.sockets.get_mut(&id) else { return };
                if socket.push(text, &self.limits) {
                    self.wake(id);
                } else {
                    self.refuse(id, CloseCode::SlowConsumer);
                    self.watch(id);
                }
            }
            Connection::Absent { until, missed } => {
                if !missed.push(text, &self.limits) {
                    // Overdue from here on: it leaves at the next timeout.
                    *until = Instant::ZERO;
                    self.due.set(Due::Member(room, to), Some(*until));
                }
            }
        }
    }

    /// Tells everyone else in the room.
    fn announce(&mut self, room: RoomId, about: PeerId, state: Presence, reason: Option<&str>) {
        let text =
            to_text(&FromServer::Peer { id: about.to_text(), state, reason: reason.map(str::to_owned) });
        let others = self.rooms.get(&room).map_or(Vec::new(), |room| {
            room.members.iter().map(|member| member.id).filter(|id| *id != about).collect()
        });
        for other in others {
            self.deliver(room, other, text.clone());
        }
    }

    /// Tells a socket why and closes it. Its member leaves at once, with that reason.
    fn refuse(&mut self, id: SocketId, code: CloseCode) {
        let Some(socket) = self.sockets.get_mut(&id).filter(|socket| !socket.is_closing()) else { return };
        let error = FromServer::Error { error: code.slug().to_owned(), message: code.message().to_owned() };
        socket.close_with(code, to_text(&error), &self.limits);
        let seat = socket.seat.take();
        self.stats.closed[usize::from(code.number() - CloseCode::NoSuchRoom.number())] += 1;
        self.wake(id);
        if let Some((room, peer)) = seat {
            self.leave(room, peer, code.slug());
        }
    }

    /// The socket is gone. Its member leaves, or stays for a while to come back.
    fn remove_socket(&mut self, now: Instant, id: SocketId, for_good: bool) {
        let Some(socket) = self.sockets.remove(&id) else { return };
        self.due.set(Due::Socket(id), None);
        if let Some(budget) = self.addresses.get_mut(&socket.address) {
            budget.sockets -= 1;
            if budget.sockets == 0 {
                self.due.set(Due::Address(socket.address), Some(budget.joins.full_at().max(now)));
            }
        }
        match socket.seat {
            Some((room, peer)) if for_good => self.leave(room, peer, "closed"),
            Some((room, peer)) => self.make_absent(now, room, peer),
            None => {}
        }
    }

    fn wake(&mut self, id: SocketId) {
        if self.sockets.get_mut(&id).is_some_and(Socket::list) {
            self.ready.push_back(id);
        }
    }

    fn watch(&mut self, id: SocketId) {
        let at = self.sockets.get(&id).and_then(|socket| socket.deadline(&self.limits));
        self.due.set(Due::Socket(id), at);
    }

    fn socket_due(&mut self, now: Instant, id: SocketId) {
        let Some(socket) = self.sockets.get_mut(&id) else { return };
        match socket.overdue(now, &self.limits) {
            Overdue::Expired => self.refuse(id, CloseCode::Expired),
            Overdue::Silent => return self.go_silent(now, id),
            Overdue::Ping => self.wake(id),
            Overdue::Nothing => {}
        }
        self.watch(id);
    }

    /// A socket without a sign of life: its member becomes absent, the socket is told to close.
    fn go_silent(&mut self, now: Instant, id: SocketId) {
        let Some(socket) = self.sockets.get_mut(&id) else { return };
        let seat = socket.seat.take();
        self.refuse(id, CloseCode::Expired);
        self.watch(id);
        if let Some((room, peer)) = seat {
            self.make_absent(now, room, peer);
        }
    }

    fn forget_address(&mut self, now: Instant, address: Prefix) {
        let Some(budget) = self.addresses.get(&address) else { return };
        if budget.sockets == 0 && budget.joins.full_at() <= now {
            self.addresses.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests;
