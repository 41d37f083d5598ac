//! A room and its members.

use std::fmt;

use limpid_crypto::{Random, secret};
use limpid_sansio::Instant;

use crate::message::Role;
use crate::room::socket::Backlog;
use crate::room::{PeerId, SocketId};

/// 128 random bits that bring a member back to its seat. Never printed.
#[derive(Clone)]
pub(super) struct Token([u8; 16]);

impl Token {
    pub(super) fn new(random: &mut Random) -> Self {
        Token(random.bytes())
    }

    /// The token on the wire: 32 hex digits.
    pub(super) fn to_text(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// Compares in constant time.
    pub(super) fn matches(&self, text: &str) -> bool {
        secret::equal(self.to_text().as_bytes(), text.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Somebody in a room; for a while even without a socket.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) id: PeerId,
    pub(super) role: Role,
    pub(super) token: Token,
    pub(super) connection: Connection,
    /// Candidates since the last description.
    pub(super) candidates: u32,
}

/// How a member is reached.
#[derive(Debug)]
pub(super) enum Connection {
    /// Through this socket.
    Attached(SocketId),
    /// Not now: until then it may come back and find what it missed.
    Absent { until: Instant, missed: Backlog },
}

/// Members in the order in which they came.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: String,
    pub(super) members: Vec<Member>,
}

/// Whether a newcomer may sit down.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Admission {
    Welcome,
    /// A receiver found no sender.
    NobodySends,
    /// Another kind of room, a second sender or receiver, or no seat left.
    Full,
}

impl Room {
    pub(super) fn new(name: &str) -> Self {
        Room { name: name.to_owned(), members: Vec::new() }
    }

    pub(super) fn member(&mut self, id: PeerId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id == id)
    }

    /// The rule of who may be in a room together: one sender and one receiver, or callers.
    pub(super) fn admits(&self, role: Role, members: usize) -> Admission {
        let has = |role| self.members.iter().any(|member| member.role == role);
        match role {
            Role::Receive if !has(Role::Send) && !has(Role::Call) => Admission::NobodySends,
            Role::Receive | Role::Send if has(role) || has(Role::Call) => Admission::Full,
            Role::Call if has(Role::Send) || has(Role::Receive) => Admission::Full,
            _ if self.members.len() >= members => Admission::Full,
            _ => Admission::Welcome,
        }
    }
}
