//! The messages of one channel on their way out: first not sent, then not acknowledged.
//!
//! Small messages are copied into a ring of bytes, end to end; large ones stay in the `Bytes` that they came in. A chunk
//! in flight names its message by number and its place by offset, so that sending again copies from here.

use std::collections::VecDeque;

use bytes::Bytes;
use limpid_sansio::Instant;
use limpid_sansio::wire::Writer;

/// `write_bytes` copies below this: a reference count costs more than the copy.
const COPY_BELOW: usize = 1024;

#[derive(Debug)]
enum Body {
    /// In the ring, at this place since the queue began.
    Ring(u64),
    Owned(Bytes),
}

/// One message.
#[derive(Debug)]
pub(crate) struct Outgoing {
    body: Body,
    pub(crate) len: usize,
    pub(crate) ppid: u32,
    /// Not to be sent for the first time, or again, after this.
    pub(crate) expires: Option<Instant>,
    /// Counts in the buffered amount: neither DCEP nor the byte that stands for an empty message does.
    pub(crate) counted: bool,
    /// Never given up (DCEP).
    pub(crate) reliable: bool,
    /// Given up before its first byte was sent.
    dropped: bool,
}

#[derive(Debug, Default)]
pub(crate) struct SendQueue {
    messages: VecDeque<Outgoing>,
    /// The number of the first message in the list.
    first: u32,
    /// How many of the list are sent.
    sent: usize,
    /// How much of the next one is sent.
    offset: usize,
    ring: VecDeque<u8>,
    ring_start: u64,
    buffered: usize,
    held: usize,
}

/// What a message is, beside its bytes.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) ppid: u32,
    pub(crate) expires: Option<Instant>,
    pub(crate) counted: bool,
    pub(crate) reliable: bool,
}

/// The fragment that comes next.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Next {
    pub(crate) message: u32,
    pub(crate) offset: usize,
    pub(crate) remaining: usize,
    pub(crate) ppid: u32,
    pub(crate) reliable: bool,
}

impl SendQueue {
    /// Bytes written that are in no packet yet.
    pub(crate) fn buffered(&self) -> usize {
        self.buffered
    }

    /// Everything was sent and acknowledged.
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Bytes queued or not acknowledged.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Something was not sent yet.
    pub(crate) fn has_unsent(&self) -> bool {
        self.sent < self.messages.len()
    }

    /// Part of a message is sent and part is not.
    pub(crate) fn is_mid_message(&self) -> bool {
        self.offset > 0
    }

    pub(crate) fn push_slice(&mut self, envelope: Envelope, bytes: &[u8]) {
        let at = self.ring_start + self.ring.len() as u64;
        self.ring.extend(bytes);
        self.push(envelope, Body::Ring(at), bytes.len());
    }

    pub(crate) fn push_bytes(&mut self, envelope: Envelope, bytes: Bytes) {
        if bytes.len() < COPY_BELOW {
            return self.push_slice(envelope, &bytes);
        }
        let len = bytes.len();
        self.push(envelope, Body::Owned(bytes), len);
    }

    /// Puts a message before all others, none of which was sent yet.
    pub(crate) fn push_first(&mut self, envelope: Envelope, bytes: Bytes) {
        let len = bytes.len();
        self.push(envelope, Body::Owned(bytes), len);
        if let Some(message) = self.messages.pop_back() {
            self.messages.push_front(message);
        }
    }

    fn push(&mut self, envelope: Envelope, body: Body, len: usize) {
        let Envelope { ppid, expires, counted, reliable } = envelope;
        self.held += len;
        self.buffered += if counted { len } else { 0 };
        self.messages.push_back(Outgoing { body, len, ppid, expires, counted, reliable, dropped: false });
    }

    /// The next fragment to send.
    #[inline]
    pub(crate) fn next(&self) -> Option<Next> {
        let message = self.messages.get(self.sent)?;
        Some(Next {
            message: self.first.wrapping_add(self.sent as u32),
            offset: self.offset,
            remaining: message.len - self.offset,
            ppid: message.ppid,
            reliable: message.reliable,
        })
    }

    /// `len` bytes of the next message are in a packet.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        let message = &self.messages[self.sent];
        self.buffered -= if message.counted { len } else { 0 };
        self.offset += len;
        if self.offset == message.len {
            self.sent += 1;
            self.offset = 0;
        }
    }

    /// Gives up messages that expired before their first byte was sent. Returns how many.
    pub(crate) fn expire(&mut self, now: Instant) -> u64 {
        let mut count = 0;
        while self.offset == 0
            && self.messages.get(self.sent).is_some_and(|message| message.expires.is_some_and(|at| at <= now))
        {
            let message = &mut self.messages[self.sent];
            message.dropped = true;
            self.buffered -= if message.counted { message.len } else { 0 };
            self.sent += 1;
            count += 1;
        }
        if count > 0 && self.messages.front().is_some_and(|front| front.dropped) {
            self.pop_dropped();
        }
        count
    }

    /// The rest of a message of which a part is in flight will not be sent.
    pub(crate) fn give_up_rest(&mut self, message: u32) -> bool {
        let is_it = self.offset > 0 && self.first.wrapping_add(self.sent as u32) == message;
        if is_it {
            let rest = self.messages[self.sent].len - self.offset;
            self.advance(rest);
        }
        is_it
    }

    /// Appends bytes `offset..offset + len` of a message; nothing if it has gone.
    #[inline]
    pub(crate) fn copy(&self, message: u32, offset: usize, len: usize, writer: &mut Writer<'_>) {
        let Some(message) = self.message(message) else { return };
        match &message.body {
            Body::Owned(bytes) => writer.bytes(&bytes[offset..offset + len]),
            Body::Ring(at) => {
                let at = (at - self.ring_start) as usize + offset;
                let (front, back) = self.ring.as_slices();
                if at + len <= front.len() {
                    writer.bytes(&front[at..at + len]);
                } else if at >= front.len() {
                    writer.bytes(&back[at - front.len()..at - front.len() + len]);
                } else {
                    writer.bytes(&front[at..]);
                    writer.bytes(&back[..at + len - front.len()]);
                }
            }
        }
    }

    /// A message that is still here.
    pub(crate) fn message(&self, message: u32) -> Option<&Outgoing> {
        self.messages.get(message.wrapping_sub(self.first) as usize)
    }

    /// All up to this message are acknowledged, or given up and skipped. Returns the bytes that this set free.
    pub(crate) fn release_through(&mut self, message: u32) -> usize {
        let before = self.held;
        let mut ring_end = self.ring_start;
        while self.sent > 0 && message.wrapping_sub(self.first) < 1 << 31 {
            ring_end = self.pop().unwrap_or(ring_end);
        }
        self.free_ring(ring_end);
        self.pop_dropped();
        before - self.held
    }

    fn pop_dropped(&mut self) {
        let mut ring_end = self.ring_start;
        while self.sent > 0 && self.messages.front().is_some_and(|message| message.dropped) {
            ring_end = self.pop().unwrap_or(ring_end);
        }
        self.free_ring(ring_end);
    }

    /// Forgets the first message. Returns where its bytes in the ring end, if they are there.
    #[inline]
    fn pop(&mut self) -> Option<u64> {
        let message = self.messages.pop_front()?;
        self.first = self.first.wrapping_add(1);
        self.sent -= 1;
        self.held -= message.len;
        match message.body {
            Body::Ring(at) => Some(at + message.len as u64),
            Body::Owned(_) => None,
        }
    }

    fn free_ring(&mut self, end: u64) {
        if end > self.ring_start {
            self.ring.drain(..(end - self.ring_start) as usize);
            self.ring_start = end;
        }
    }

    /// Drops everything. Returns the bytes that this set free.
    pub(crate) fn clear(&mut self) -> usize {
        let held = self.held;
        *self = SendQueue::default();
        held
    }

    /// Lets go of what idles.
    pub(crate) fn trim(&mut self) {
        if self.messages.is_empty() {
            self.messages = VecDeque::new();
            self.ring = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Envelope = Envelope { ppid: 53, expires: None, counted: true, reliable: false };

    #[test]
    fn bytes_come_out_of_the_ring_as_they_went_in_across_its_end() {
        let mut queue = SendQueue::default();
        let mut out = Vec::new();
        for n in 0..200u32 {
            let message = vec![n as u8; 50 + n as usize % 7];
            queue.push_slice(PLAIN, &message);
            let next = queue.next().unwrap();
            assert_eq!((next.message, next.remaining), (n, message.len()));
            queue.advance(20);
            queue.advance(message.len() - 20);
            if n >= 3 {
                out.clear();
                queue.copy(n - 1, 10, 30, &mut Writer::new(&mut out));
                assert_eq!(out, [(n - 1) as u8; 30]);
                assert!(queue.release_through(n - 3) > 0 || n == 3);
            }
        }
        queue.release_through(199);
        assert!(queue.is_empty() && queue.held == 0 && queue.buffered() == 0);
    }

    #[test]
    fn an_expired_message_leaves_the_buffered_amount_at_once_and_memory_in_its_turn() {
        let mut queue = SendQueue::default();
        queue.push_slice(PLAIN, b"first");
        queue.push_slice(Envelope { expires: Some(Instant::from_millis(5)), ..PLAIN }, b"second");
        queue.push_slice(PLAIN, b"third");
        queue.advance(5);
        assert_eq!((queue.expire(Instant::from_millis(4)), queue.expire(Instant::from_millis(5))), (0, 1));
        assert_eq!((queue.buffered(), queue.held), (5, 16));
        assert_eq!(queue.release_through(0), 11);
        assert_eq!(queue.next().map(|next| next.message), Some(2));
    }
}
