//! What a looker-on is told: every packet that crosses a floor, and every state that changes.
//!
//! Only the outermost machine holds a tap (`Option<Box<dyn Tap + Send>>`: one branch when it is off). Its children note
//! their transitions in a small bounded [`Notes`] list, which the parent passes on. One [`Record`] type feeds logs,
//! ladders, captures and the explorer.

use alloc::collections::VecDeque;

use crate::net::Path;
use crate::time::Instant;

/// Takes records as they happen. Must be quick: it is called on the path of the packets.
pub trait Tap {
    /// One thing happened.
    fn record(&mut self, record: &Record<'_>);
}

/// Which way a packet crossed.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// Climbing: received.
    In,
    /// Descending: sent.
    Out,
}

/// One packet, one transition, or one fact.
#[derive(Copy, Clone, Debug)]
pub struct Record<'a> {
    /// When.
    pub at: Instant,
    /// Which connection, by a number that its owner chose.
    pub connection: u64,
    /// Which machine speaks: `wire`, `ice`, `dtls`, `sctp`, `channel`, `peer`, `sdp`.
    pub machine: &'static str,
    /// What happened: `packet`, `state`, `secret`, `drop`, …
    pub name: &'static str,
    /// For packets, which way, and on which path when there is one.
    pub flow: Option<(Direction, Option<Path>)>,
    /// Details, in a fixed order.
    pub fields: &'a [(&'static str, Value<'a>)],
    /// The packet itself, as it looks on this floor.
    pub bytes: Option<&'a [u8]>,
    /// Holds key material: leaves the process only when a user asked for keys.
    pub secret: bool,
}

/// A detail of a record.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Value<'a> {
    /// A count, id or code point.
    Number(u64),
    /// A word.
    Text(&'a str),
    /// Raw bytes.
    Bytes(&'a [u8]),
}

/// One change of state, as a child machine notes it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// When.
    pub at: Instant,
    /// The state that was left, or "".
    pub from: &'static str,
    /// The state that was entered.
    pub to: &'static str,
}

/// The last transitions of a child machine: at most [`Notes::LIMIT`], the oldest fall out.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    list: VecDeque<Note>,
}

impl Notes {
    /// How many transitions wait at most.
    pub const LIMIT: usize = 32;

    /// Remembers one transition.
    pub fn push(&mut self, at: Instant, from: &'static str, to: &'static str) {
        if self.list.len() == Self::LIMIT {
            self.list.pop_front();
        }
        self.list.push_back(Note { at, from, to });
    }

    /// Takes the oldest.
    pub fn pop(&mut self) -> Option<Note> {
        self.list.pop_front()
    }
}
