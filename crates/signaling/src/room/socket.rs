//! One WebSocket as the rooms see it: what waits to be sent, what it may still say, and until when.

use std::collections::VecDeque;

use limpid_sansio::Instant;

use crate::close::CloseCode;
use crate::limits::{Bucket, Limits, Prefix};
use crate::message::IceServer;
use crate::room::{Outgoing, PeerId, RoomId};

/// Texts that wait, within the limits of a slow reader: at most `queue_messages` and `queue_bytes`.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    texts: VecDeque<String>,
    bytes: usize,
}

impl Backlog {
    /// False: it does not fit, and the reader is to be cut off.
    pub(super) fn push(&mut self, text: String, limits: &Limits) -> bool {
        let fits = self.texts.len() < limits.queue_messages && self.bytes + text.len() <= limits.queue_bytes;
        if fits {
            self.bytes += text.len();
            self.texts.push_back(text);
        }
        fits
    }

    pub(super) fn pop(&mut self) -> Option<String> {
        let text = self.texts.pop_front()?;
        self.bytes -= text.len();
        Some(text)
    }
}

/// One WebSocket.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) address: Prefix,
    pub(super) ice: Vec<IceServer>,
    pub(super) seat: Option<(RoomId, PeerId)>,
    pub(super) messages: Bucket,
    opened: Instant,
    said_hello: bool,
    heard: Instant,
    pinged: Instant,
    ping_due: bool,
    queue: Backlog,
    closing: Option<CloseCode>,
    close_taken: bool,
    listed: bool,
}

/// What a socket's timer brings about.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Overdue {
    /// Too long without a hello, or without a room.
    Expired,
    /// Too long without a sign of life.
    Silent,
    /// A ping goes out.
    Ping,
    /// Nothing: the deadline moved on.
    Nothing,
}

impl Socket {
    pub(super) fn new(now: Instant, address: Prefix, ice: Vec<IceServer>) -> Self {
        Socket {
            address,
            ice,
            seat: None,
            messages: Bucket::default(),
            opened: now,
            said_hello: false,
            heard: now,
            pinged: now,
            ping_due: false,
            queue: Backlog::default(),
            closing: None,
            close_taken: false,
            listed: false,
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// A sign of life.
    pub(super) fn hear(&mut self, now: Instant) {
        self.heard = now;
    }

    /// The first message that made sense.
    pub(super) fn hello(&mut self) {
        self.said_hello = true;
    }

    /// Queues a text. False: the reader is too slow.
    pub(super) fn push(&mut self, text: String, limits: &Limits) -> bool {
        self.closing.is_some() || self.queue.push(text, limits)
    }

    /// Ends it: what still waits is dropped if the reader is too slow to read it, else sent before the close.
    pub(super) fn close(&mut self, code: CloseCode) {
        if self.closing.is_none() {
            if code == CloseCode::SlowConsumer {
                self.queue = Backlog::default();
            }
            self.closing = Some(code);
        }
    }

    /// Queues one last text beyond the limits, then ends it.
    pub(super) fn close_with(&mut self, code: CloseCode, text: String, limits: &Limits) {
        let open = self.closing.is_none();
        self.close(code);
        if open {
            let _ = self.queue.push(text, limits);
        }
    }

    /// Whether this is the first call since the socket had nothing to send.
    pub(super) fn list(&mut self) -> bool {
        !std::mem::replace(&mut self.listed, true)
    }

    /// The next thing to send. After a close there is nothing more.
    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        if let Some(text) = self.queue.pop() {
            return Some(Outgoing::Text(text));
        }
        let last = match self.closing {
            Some(code) => (!std::mem::replace(&mut self.close_taken, true)).then_some(Outgoing::Close(code)),
            None => std::mem::take(&mut self.ping_due).then_some(Outgoing::Ping),
        };
        self.listed = last.is_some();
        last
    }

    /// When to look again.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        if self.closing.is_some() {
            return None;
        }
        let idle = (self.heard + limits.silence).min(self.pinged.max(self.heard) + limits.ping);
        Some(self.patience(limits).map_or(idle, |patience| patience.min(idle)))
    }

    /// What is overdue at `now`.
    pub(super) fn overdue(&mut self, now: Instant, limits: &Limits) -> Overdue {
        if self.patience(limits).is_some_and(|patience| patience <= now) {
            return Overdue::Expired;
        }
        if self.heard + limits.silence <= now {
            return Overdue::Silent;
        }
        if self.pinged.max(self.heard) + limits.ping <= now {
            self.pinged = now;
            self.ping_due = true;
            return Overdue::Ping;
        }
        Overdue::Nothing
    }

    /// How long a socket may go without a room.
    fn patience(&self, limits: &Limits) -> Option<Instant> {
        match (self.said_hello, self.seat) {
            (_, Some(_)) => None,
            (false, None) => Some(self.opened + limits.hello),
            (true, None) => Some(self.opened + limits.roomless),
        }
    }
}
