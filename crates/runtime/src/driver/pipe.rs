//! A toy association for the driver's tests: one stream of messages of one size, with a window, cumulative
//! acknowledgements and go-back-N. It packs full datagrams and answers a burst with one acknowledgement, as the real one.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use limpid_sansio::{Answer, Datagram, Driven, Instant, Machine, Path, Transmit, Wish, WishId};

const DATAGRAM: usize = 1200;
const HEADER: usize = 9;
const BUFFER: u64 = 4 << 20;
const WINDOW: u64 = 2 << 20;
const RTO: Duration = Duration::from_millis(40);
/// When the window is the limit, wait for room for a whole batch.
const QUANTUM: u64 = super::BATCH_BYTES as u64;

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Event {
    Readable,
    Writable,
}

/// One end. The tests hand both ends each other's address.
#[derive(Debug)]
pub(super) struct Pipe {
    path: Path,
    message: usize,
    // The sender: `acked <= next <= end`, in bytes of the stream.
    queue: VecDeque<Bytes>,
    /// Where the queue's front begins in the stream, and the message at `next` with what of it was sent.
    first: u64,
    cursor: (usize, usize),
    acked: u64,
    next: u64,
    end: u64,
    allowed: u64,
    starved: bool,
    full: bool,
    rto: Option<Instant>,
    // The receiver.
    expected: u64,
    read: u64,
    partial: Vec<u8>,
    inbox: VecDeque<Vec<u8>>,
    ack_due: bool,
    told: u64,
    events: VecDeque<Event>,
    pub(super) goodbye: bool,
    pub(super) peer_said_goodbye: bool,
    pub(super) panic_on_input: bool,
    pub(super) bursts: u64,
    pub(super) datagrams: u64,
}

impl Pipe {
    pub(super) fn new(path: Path, message: usize) -> Self {
        Pipe {
            path,
            message,
            queue: VecDeque::new(),
            first: 0,
            cursor: (0, 0),
            acked: 0,
            next: 0,
            end: 0,
            allowed: WINDOW,
            starved: false,
            full: false,
            rto: None,
            expected: 0,
            read: 0,
            partial: Vec::new(),
            inbox: VecDeque::new(),
            ack_due: false,
            told: 0,
            events: VecDeque::new(),
            goodbye: false,
            peer_said_goodbye: false,
            panic_on_input: false,
            bursts: 0,
            datagrams: 0,
        }
    }

    /// `false`: full; `Writable` will follow.
    pub(super) fn write(&mut self, message: Bytes) -> bool {
        if self.end - self.acked >= BUFFER {
            self.full = true;
            return false;
        }
        self.end += message.len() as u64;
        self.queue.push_back(message);
        true
    }

    pub(super) fn read(&mut self) -> Option<Vec<u8>> {
        let message = self.inbox.pop_front()?;
        self.read += message.len() as u64;
        self.ack_due |= self.read + WINDOW - self.told >= WINDOW / 2;
        Some(message)
    }

    pub(super) fn is_flushed(&self) -> bool {
        self.acked == self.end
    }

    fn data(&mut self, offset: u64, bytes: &[u8]) {
        self.ack_due = true;
        if offset != self.expected {
            return;
        }
        self.expected += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(self.message - self.partial.len()));
            if self.partial.is_empty() {
                self.partial.reserve_exact(self.message);
            }
            self.partial.extend_from_slice(now);
            if self.partial.len() == self.message {
                if self.inbox.is_empty() {
                    self.events.push_back(Event::Readable);
                }
                self.inbox.push_back(std::mem::take(&mut self.partial));
            }
            rest = later;
        }
    }

    fn ack(&mut self, now: Instant, offset: u64, bytes: &[u8]) {
        let allowed = bytes.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        self.allowed = self.allowed.max(allowed);
        if offset <= self.acked {
            return;
        }
        self.acked = offset;
        if self.next < offset {
            self.seek(offset);
        }
        self.rto = (self.next > self.acked).then(|| now + RTO);
        // All whole messages before `acked` can go.
        while let Some(front) =
            self.queue.front().filter(|front| self.first + front.len() as u64 <= self.acked)
        {
            self.first += front.len() as u64;
            self.queue.pop_front();
            self.cursor.0 -= 1;
        }
        if self.full && self.end - self.acked <= BUFFER / 2 {
            self.full = false;
            self.events.push_back(Event::Writable);
        }
    }

    /// Goes on from this offset.
    fn seek(&mut self, offset: u64) {
        self.next = offset;
        let mut start = self.first;
        self.cursor = (0, 0);
        while let Some(message) = self.queue.get(self.cursor.0) {
            if start + message.len() as u64 > offset {
                self.cursor.1 = (offset - start) as usize;
                break;
            }
            start += message.len() as u64;
            self.cursor.0 += 1;
        }
    }

    fn pack_data(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<usize> {
        let limit = self.end.min(self.allowed);
        if self.starved
            && limit - self.next.min(limit) < QUANTUM
            && limit < self.end
            && self.next > self.acked
        {
            return None;
        }
        self.starved = false;
        let len = limit.saturating_sub(self.next).min((DATAGRAM - HEADER) as u64) as usize;
        if len == 0 {
            self.starved = self.next < self.end;
            return None;
        }
        out.push(0);
        out.extend_from_slice(&self.next.to_be_bytes());
        let mut left = len;
        while left > 0 {
            let (index, sent) = self.cursor;
            let message = &self.queue[index];
            let part = &message[sent..(sent + left).min(message.len())];
            out.extend_from_slice(part);
            left -= part.len();
            let sent = sent + part.len();
            self.cursor = if sent == message.len() { (index + 1, 0) } else { (index, sent) };
        }
        self.next += len as u64;
        self.rto.get_or_insert(now + RTO);
        Some(HEADER + len)
    }
}

impl Machine for Pipe {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = ();
    type Route = Path;
    type Event = Event;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        assert!(!self.panic_on_input, "a bug of the machine");
        self.datagrams += 1;
        let Some((header, bytes)) = input.payload.split_first_chunk::<HEADER>() else { return Ok(()) };
        let offset = u64::from_be_bytes(header[1..].try_into().unwrap_or_default());
        match header[0] {
            0 => self.data(offset, bytes),
            1 => self.ack(now, offset, bytes),
            _ => self.peer_said_goodbye = true,
        }
        Ok(())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
        if self.rto.is_some_and(|at| at <= now) {
            self.seek(self.acked);
            self.rto = None;
        }
        Ok(())
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Self::Route>> {
        if std::mem::take(&mut self.ack_due) {
            self.bursts += 1;
            out.push(1);
            out.extend_from_slice(&self.expected.to_be_bytes());
            self.told = self.read + WINDOW;
            out.extend_from_slice(&self.told.to_be_bytes());
            return Some(Transmit::new(self.path, HEADER + 8));
        }
        if let Some(len) = self.pack_data(now, out) {
            return Some(Transmit::new(self.path, len));
        }
        if std::mem::take(&mut self.goodbye) {
            out.extend_from_slice(&[2; HEADER]);
            return Some(Transmit::new(self.path, HEADER));
        }
        None
    }

    fn poll_event(&mut self) -> Option<Self::Event> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.rto
    }
}

impl Driven for Pipe {
    fn poll_wish(&mut self) -> Option<Wish> {
        None
    }

    fn handle_answer(&mut self, _: Instant, _: WishId, _: Answer<'_>) {}
}
