//! Taking a seat, coming back to it, leaving it.

use std::time::Duration;

use limpid_sansio::Instant;

use crate::close::CloseCode;
use crate::message::{FromServer, Presence, Role, to_text};
use crate::room::member::{Admission, Connection, Member, Room, Token};
use crate::room::socket::Backlog;
use crate::room::{Due, PeerId, RoomId, Rooms, SocketId};

impl Rooms {
    pub(super) fn join(
        &mut self,
        now: Instant,
        id: SocketId,
        name: &str,
        role: Role,
        resume: Option<&str>,
    ) -> Result<(), CloseCode> {
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(base64url) {
            return Err(CloseCode::Version);
        }
        let address = self.sockets[&id].address;
        let interval = Duration::from_secs(60) / self.limits.joins_per_minute.max(1);
        let joins = &mut self.addresses.entry(address).or_default().joins;
        if !joins.take(now, interval, self.limits.joins_per_minute) {
            return Err(CloseCode::Rate);
        }
        let existing = self.names.get(name).copied();
        let back = existing.and_then(|room| Some((room, self.holder(room, role, resume?)?)));
        match back {
            Some((room, peer)) => self.resume(id, room, peer),
            None => self.enter(id, existing, name, role),
        }
    }

    /// The member of `room` whose token this is.
    fn holder(&self, room: RoomId, role: Role, token: &str) -> Option<PeerId> {
        let members = &self.rooms.get(&room)?.members;
        members
            .iter()
            .find(|member| member.role == role && member.token.matches(token))
            .map(|member| member.id)
    }

    fn enter(
        &mut self,
        id: SocketId,
        existing: Option<RoomId>,
        name: &str,
        role: Role,
    ) -> Result<(), CloseCode> {
        let empty = Room::new(name);
        let room = existing.and_then(|room| self.rooms.get(&room)).unwrap_or(&empty);
        match room.admits(role, self.limits.members) {
            Admission::NobodySends => return Err(CloseCode::NoSuchRoom),
            Admission::Full => return Err(CloseCode::Full),
            Admission::Welcome if existing.is_none() && self.rooms.len() >= self.limits.rooms => {
                return Err(CloseCode::Full);
            }
            Admission::Welcome => {}
        }
        let room = existing.unwrap_or_else(|| {
            let room = RoomId(self.fresh());
            self.names.insert(name.to_owned(), room);
            self.rooms.insert(room, empty);
            room
        });
        let peer = PeerId(self.random.u64());
        let token = Token::new(&mut self.random);
        self.announce(room, peer, Presence::Joined, None);
        if let Some(room) = self.rooms.get_mut(&room) {
            let connection = Connection::Attached(id);
            room.members.push(Member { id: peer, role, token, connection, candidates: 0 });
        }
        self.stats.joins += 1;
        self.seat(id, room, peer);
        Ok(())
    }

    /// The member comes back on another socket: a new token, what it missed, and nobody else notices.
    fn resume(&mut self, id: SocketId, room: RoomId, peer: PeerId) -> Result<(), CloseCode> {
        let token = Token::new(&mut self.random);
        let member = self.rooms.get_mut(&room).and_then(|room| room.member(peer));
        let member = member.ok_or(CloseCode::NoSuchRoom)?;
        member.token = token;
        let before = std::mem::replace(&mut member.connection, Connection::Attached(id));
        self.due.set(Due::Member(room, peer), None);
        self.stats.resumed += 1;
        self.seat(id, room, peer);
        match before {
            Connection::Attached(old) => {
                if let Some(socket) = self.sockets.get_mut(&old) {
                    socket.seat = None;
                }
                self.refuse(old, CloseCode::GoAway);
                self.watch(old);
            }
            Connection::Absent { mut missed, .. } => {
                while let Some(text) = missed.pop() {
                    self.deliver(room, peer, text);
                }
            }
        }
        Ok(())
    }

    /// Seats a socket and tells it so.
    fn seat(&mut self, id: SocketId, room: RoomId, peer: PeerId) {
        let (Some(socket), Some(at)) = (self.sockets.get_mut(&id), self.rooms.get(&room)) else { return };
        let Some(member) = at.members.iter().find(|member| member.id == peer) else { return };
        let others = at.members.iter().filter(|member| member.id != peer);
        let joined = FromServer::Joined {
            you: peer.to_text(),
            resume: member.token.to_text(),
            peers: others.map(|member| member.id.to_text()).collect(),
            ice: socket.ice.clone(),
        };
        socket.seat = Some((room, peer));
        socket.push(to_text(&joined), &self.limits);
        self.wake(id);
    }

    /// The member lost its socket: its seat is kept for a while.
    pub(super) fn make_absent(&mut self, now: Instant, room: RoomId, peer: PeerId) {
        let until = now + self.limits.grace;
        if let Some(member) = self.rooms.get_mut(&room).and_then(|room| room.member(peer)) {
            member.connection = Connection::Absent { until, missed: Backlog::default() };
            self.due.set(Due::Member(room, peer), Some(until));
        }
    }

    /// A member goes, and the others hear of it. A share ends with its sender, an empty room with its last member.
    pub(super) fn leave(&mut self, room: RoomId, peer: PeerId, reason: &str) {
        let Some(at) = self.rooms.get_mut(&room) else { return };
        let Some(place) = at.members.iter().position(|member| member.id == peer) else { return };
        let gone = at.members.remove(place);
        self.due.set(Due::Member(room, peer), None);
        if at.members.is_empty() {
            self.names.remove(&at.name);
            self.rooms.remove(&room);
            return;
        }
        self.announce(room, peer, Presence::Left, Some(reason));
        if gone.role == Role::Send {
            self.end(room);
        }
    }

    /// Everyone left in the room gets 4006.
    fn end(&mut self, room: RoomId) {
        let Some(at) = self.rooms.remove(&room) else { return };
        self.names.remove(&at.name);
        for member in at.members {
            self.due.set(Due::Member(room, member.id), None);
            if let Connection::Attached(id) = member.connection {
                self.refuse(id, CloseCode::PeerLeft);
                self.watch(id);
            }
        }
    }

    pub(super) fn member_due(&mut self, now: Instant, room: RoomId, peer: PeerId) {
        let Some(member) = self.rooms.get_mut(&room).and_then(|room| room.member(peer)) else { return };
        if let Connection::Absent { until, .. } = member.connection {
            if until <= now {
                self.leave(room, peer, "lost");
            } else {
                self.due.set(Due::Member(room, peer), Some(until));
            }
        }
    }
}
