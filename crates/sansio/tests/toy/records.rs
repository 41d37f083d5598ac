//! Stands for DTLS: a handshake whose last flight is two records in one datagram, then sealed records, opened in place.
//!
//! Records: `[type, length, length, content…, tag]`; 22 is handshake, 23 is data. The "cipher" is an xor.

use std::convert::Infallible;
use std::time::Duration;

use limpid_sansio::{Instant, Machine, Timers, Transmit};

const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;
const HEAD: usize = 3;

/// A record header that waits for its content; consumed by `seal` or `cancel`.
#[must_use]
#[derive(Debug)]
pub(crate) struct Record {
    start: usize,
}

/// What is left of a datagram: the content of its first record, and what follows.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    /// `None`: handshake or noise.
    pub(crate) plaintext: Option<&'a mut [u8]>,
    pub(crate) rest: &'a mut [u8],
}

#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    Connected,
}

#[derive(Copy, Clone, PartialEq, Debug)]
enum Timer {
    Resend,
}

/// Client: sends `hello` until it has seen both `hello` and `done`. Server: answers each `hello` with both.
#[derive(Debug)]
pub(crate) struct Records {
    key: u8,
    is_client: bool,
    seen: Vec<u8>,
    due: bool,
    connected: bool,
    told: bool,
    timers: Timers<Timer, 1>,
    pub(crate) dropped: u64,
}

impl Records {
    /// What the parent takes off the path's size before it tells the association.
    pub(crate) const OVERHEAD: usize = HEAD + 1;
    const RESEND: Duration = Duration::from_millis(100);

    pub(crate) fn new(is_client: bool, key: u8) -> Self {
        let timers = Timers::new([Timer::Resend]);
        let due = is_client;
        Records { key, is_client, seen: vec![], due, connected: false, told: false, timers, dropped: 0 }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected
    }

    /// Lends `out` upwards: whatever is appended next is the content.
    pub(crate) fn begin(&self, out: &mut Vec<u8>) -> Record {
        let start = out.len();
        out.extend_from_slice(&[DATA, 0, 0]);
        Record { start }
    }

    /// Nothing came: as if never begun.
    pub(crate) fn cancel(&self, out: &mut Vec<u8>, record: Record) {
        out.truncate(record.start);
    }

    /// Encrypts the content where it lies.
    pub(crate) fn seal(&mut self, out: &mut Vec<u8>, record: Record) {
        let (head, body) = out[record.start..].split_at_mut(HEAD);
        head[1..].copy_from_slice(&(body.len() as u16 + 1).to_be_bytes());
        body.iter_mut().for_each(|byte| *byte ^= self.key);
        let tag = self.tag(body);
        out.push(tag);
    }

    fn tag(&self, body: &[u8]) -> u8 {
        body.iter().fold(self.key, |sum, byte| sum.rotate_left(1).wrapping_add(*byte))
    }

    fn handshake(&mut self, what: u8) {
        if !self.seen.contains(&what) {
            self.seen.push(what);
        }
        // A client that has all it waits for stops sending; a server answers every hello, for its answer may be lost.
        let complete = !self.is_client || self.seen.len() == 2;
        self.connected |= complete;
        self.due |= !self.is_client;
        if complete {
            self.timers.clear();
        }
    }
}

impl Machine for Records {
    type Input<'a> = &'a mut [u8];
    type Yield<'a> = Opened<'a>;
    type Route = ();
    type Event = Event;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        _: Instant,
        datagram: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        let length = match *datagram {
            [_, a, b, ..] => usize::from(u16::from_be_bytes([a, b])),
            _ => 0,
        };
        if length < 2 || datagram.len() < HEAD + length {
            self.dropped += 1;
            return Ok(Opened { plaintext: None, rest: &mut [] });
        }
        let (record, rest) = datagram.split_at_mut(HEAD + length);
        let (kind, body) = (record[0], &mut record[HEAD..]);
        let (tag, body) = body.split_last_mut().expect("a length of at least two");
        if self.tag(body) != *tag {
            self.dropped += 1;
            return Ok(Opened { plaintext: None, rest });
        }
        body.iter_mut().for_each(|byte| *byte ^= self.key);
        match kind {
            HANDSHAKE => self.handshake(body[0]),
            DATA if self.connected => return Ok(Opened { plaintext: Some(body), rest }),
            _ => self.dropped += 1,
        }
        Ok(Opened { plaintext: None, rest })
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Infallible> {
        self.due |= self.timers.pop_due(now).is_some();
        Ok(())
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<()>> {
        if !std::mem::take(&mut self.due) {
            return None;
        }
        let start = out.len();
        let flight: &[u8] = if self.is_client { b"h" } else { b"hd" };
        for what in flight {
            let record = self.begin(out);
            out[record.start] = HANDSHAKE;
            out.push(*what);
            self.seal(out, record);
        }
        if self.is_client {
            self.timers.arm(Timer::Resend, now + Records::RESEND);
        }
        Some(Transmit::new((), out.len() - start))
    }

    fn poll_event(&mut self) -> Option<Event> {
        let fresh = self.connected && !std::mem::replace(&mut self.told, self.connected);
        fresh.then_some(Event::Connected)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }
}
