//! Whole messages of one channel that wait to be read.
//!
//! Small ones lie end to end in an arena and are lent from there; large ones keep the buffer in which they were put
//! together, and can be given away with it.

use std::collections::VecDeque;
use std::mem;

use bytes::Bytes;

use crate::event::{Kind, Message};

/// Messages up to this many bytes are copied into the arena.
pub(crate) const SMALL: usize = 4096;
/// What an unread message costs beside its bytes.
const OVERHEAD: usize = 32;

#[derive(Debug)]
enum Body {
    Small(usize),
    Large(Vec<u8>),
}

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    ready: VecDeque<(Kind, Body)>,
    arena: Vec<u8>,
    head: usize,
    lent: Vec<u8>,
    held: usize,
}

impl Inbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// What all that waits counts against the window.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// What a message of this length counts against the window.
    pub(crate) const fn cost(len: usize) -> usize {
        len + OVERHEAD
    }

    pub(crate) fn push_slice(&mut self, kind: Kind, bytes: &[u8]) {
        self.held += Inbox::cost(bytes.len());
        if bytes.len() > SMALL {
            return self.ready.push_back((kind, Body::Large(bytes.to_vec())));
        }
        if self.head == self.arena.len() {
            self.arena.clear();
            self.head = 0;
        } else if self.arena.len() + bytes.len() > self.arena.capacity() && self.head > self.arena.len() / 2 {
            self.arena.drain(..self.head);
            self.head = 0;
        }
        self.arena.extend_from_slice(bytes);
        self.ready.push_back((kind, Body::Small(bytes.len())));
    }

    /// Takes a large message over; a small one is copied, and its buffer comes back.
    pub(crate) fn push_buffer(&mut self, kind: Kind, bytes: Vec<u8>) -> Option<Vec<u8>> {
        if bytes.len() > SMALL {
            self.held += Inbox::cost(bytes.len());
            self.ready.push_back((kind, Body::Large(bytes)));
            return None;
        }
        self.push_slice(kind, &bytes);
        Some(bytes)
    }

    /// The next message, lent; and the buffer of the one that was lent before, if it had one.
    pub(crate) fn read(&mut self) -> (Option<Message<'_>>, Option<Vec<u8>>) {
        let back = mem::take(&mut self.lent);
        let back = (back.capacity() > 0).then_some(back);
        let message = match self.ready.pop_front() {
            Some((kind, Body::Small(len))) => {
                let bytes = &self.arena[self.head..self.head + len];
                self.head += len;
                self.held -= Inbox::cost(len);
                Some(Message { kind, bytes })
            }
            Some((kind, Body::Large(bytes))) => {
                self.held -= Inbox::cost(bytes.len());
                self.lent = bytes;
                Some(Message { kind, bytes: &self.lent })
            }
            None => None,
        };
        (message, back)
    }

    /// The next message, given away.
    pub(crate) fn read_bytes(&mut self) -> Option<(Kind, Bytes)> {
        let (kind, body) = self.ready.pop_front()?;
        let bytes = match body {
            Body::Small(len) => {
                self.head += len;
                Bytes::copy_from_slice(&self.arena[self.head - len..self.head])
            }
            Body::Large(bytes) => Bytes::from(bytes),
        };
        self.held -= Inbox::cost(bytes.len());
        Some((kind, bytes))
    }

    /// Drops all that waits; returns what it cost.
    pub(crate) fn clear(&mut self) -> usize {
        mem::take(self).held
    }

    /// Lets go of what idles.
    pub(crate) fn trim(&mut self) {
        if self.ready.is_empty() {
            *self = Inbox::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_as_they_went_in_whatever_their_size() {
        let mut inbox = Inbox::default();
        let message = |n: usize| vec![n as u8; n * 97 % 9000];
        let mut next = 0;
        for n in 0..500 {
            match n % 2 {
                0 => inbox.push_slice(Kind::Binary, &message(n)),
                _ => drop(inbox.push_buffer(Kind::Text, message(n))),
            }
            if n % 3 == 0 {
                assert_eq!(inbox.read().0.map(|m| m.bytes.to_vec()), Some(message(next)));
                next += 1;
            }
        }
        while let Some((_, bytes)) = inbox.read_bytes() {
            assert_eq!(bytes, message(next));
            next += 1;
        }
        assert_eq!(next, 500);
    }
}
