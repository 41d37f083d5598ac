//! Stands for SCTP: a reliable byte stream in packets, cut when packed, acknowledged once per burst, sent again from the
//! first gap.
//!
//! Packets: `[0, offset, data…]` and `[1, acknowledged]`, numbers of 32 bits.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use limpid_sansio::{Instant, Machine, Timers, Transmit};

const DATA: u8 = 0;
const ACK: u8 = 1;
const HEAD: usize = 5;

/// Edges, no payload.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// `read` has something.
    Readable,
    /// `write` takes something again, after it was full.
    Writable,
}

/// `write` takes nothing now; wait for `Writable`.
#[derive(Debug, PartialEq)]
pub(crate) struct Full;

#[derive(Copy, Clone, PartialEq, Debug)]
enum Timer {
    Rto,
    Ack,
}

/// Holds at most `LIMIT` bytes to send.
#[derive(Debug)]
pub(crate) struct Association {
    max_packet: usize,
    /// Everything that is not acknowledged; its first byte has the number `acknowledged`.
    unacknowledged: VecDeque<u8>,
    acknowledged: u32,
    /// The next byte to pack.
    next: u32,
    received: u32,
    inbox: Vec<u8>,
    read: usize,
    unanswered: u32,
    ack_due: bool,
    readable: bool,
    was_full: bool,
    writable: bool,
    timers: Timers<Timer, 2>,
    pub(crate) acks_sent: u64,
}

impl Association {
    pub(crate) const LIMIT: usize = 256 * 1024;
    const WINDOW: u32 = 64 * 1024;
    const RTO: Duration = Duration::from_millis(250);
    const ACK_DELAY: Duration = Duration::from_millis(20);

    pub(crate) fn new() -> Self {
        Association {
            max_packet: 500,
            unacknowledged: VecDeque::new(),
            acknowledged: 0,
            next: 0,
            received: 0,
            inbox: vec![],
            read: 0,
            unanswered: 0,
            ack_due: false,
            readable: false,
            was_full: false,
            writable: false,
            timers: Timers::new([Timer::Rto, Timer::Ack]),
            acks_sent: 0,
        }
    }

    /// From now on a packet has at most so many bytes.
    pub(crate) fn path_changed(&mut self, _: Instant, max_packet: usize) {
        self.max_packet = max_packet;
    }

    /// Copies all of `data` or nothing.
    pub(crate) fn write(&mut self, data: &[u8]) -> Result<(), Full> {
        if self.unacknowledged.len() + data.len() > Association::LIMIT {
            self.was_full = true;
            return Err(Full);
        }
        self.unacknowledged.extend(data);
        Ok(())
    }

    /// Lends what has arrived until the next call.
    pub(crate) fn read(&mut self) -> Option<&[u8]> {
        if self.read == self.inbox.len() {
            self.inbox.clear();
            self.read = 0;
            return None;
        }
        let at = std::mem::replace(&mut self.read, self.inbox.len());
        Some(&self.inbox[at..])
    }

    pub(crate) fn is_all_acknowledged(&self) -> bool {
        self.unacknowledged.is_empty()
    }

    fn data(&mut self, now: Instant, offset: u32, data: &[u8]) {
        if offset == self.received {
            self.received = self.received.wrapping_add(data.len() as u32);
            self.inbox.extend_from_slice(data);
            self.readable = true;
        }
        self.unanswered += 1;
        match self.unanswered {
            1 => self.timers.arm(Timer::Ack, now + Association::ACK_DELAY),
            _ => self.ack_due = true,
        }
    }

    fn ack(&mut self, now: Instant, upto: u32) {
        let fresh = upto.wrapping_sub(self.acknowledged) as usize;
        if fresh == 0 || fresh > self.unacknowledged.len() {
            return;
        }
        self.unacknowledged.drain(..fresh);
        self.acknowledged = upto;
        if (self.next.wrapping_sub(upto) as i32) < 0 {
            self.next = upto;
        }
        self.writable |= std::mem::take(&mut self.was_full);
        match self.unacknowledged.is_empty() {
            true => self.timers.disarm(Timer::Rto),
            false => self.timers.arm(Timer::Rto, now + Association::RTO),
        }
    }
}

impl Machine for Association {
    type Input<'a> = &'a [u8];
    type Yield<'a> = ();
    type Route = ();
    type Event = Event;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        now: Instant,
        packet: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        if let [kind, a, b, c, d, data @ ..] = packet {
            let number = u32::from_be_bytes([*a, *b, *c, *d]);
            match *kind {
                DATA => self.data(now, number, data),
                ACK => self.ack(now, number),
                _ => {}
            }
        }
        Ok(())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Infallible> {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Rto => self.next = self.acknowledged,
                Timer::Ack => self.ack_due = true,
            }
        }
        Ok(())
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<()>> {
        if std::mem::take(&mut self.ack_due) {
            self.unanswered = 0;
            self.acks_sent += 1;
            self.timers.disarm(Timer::Ack);
            out.push(ACK);
            out.extend_from_slice(&self.received.to_be_bytes());
            return Some(Transmit::new((), HEAD));
        }
        let taken = self.next.wrapping_sub(self.acknowledged) as usize;
        let room = (Association::WINDOW as usize).saturating_sub(taken);
        // Cut here, not in `write`: every packet but the last is full, so that they make one batch.
        let len = (self.unacknowledged.len() - taken).min(room).min(self.max_packet - HEAD);
        if len == 0 {
            return None;
        }
        out.push(DATA);
        out.extend_from_slice(&self.next.to_be_bytes());
        out.extend(self.unacknowledged.range(taken..taken + len));
        self.next = self.next.wrapping_add(len as u32);
        if self.timers.at(Timer::Rto).is_none() {
            self.timers.arm(Timer::Rto, now + Association::RTO);
        }
        Some(Transmit::new((), HEAD + len))
    }

    fn poll_event(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.readable) {
            return Some(Event::Readable);
        }
        std::mem::take(&mut self.writable).then_some(Event::Writable)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }
}
