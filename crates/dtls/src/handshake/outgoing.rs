//! Our flight on its way: sent, awaited, sent again, given up (RFC 6347 §4.2.4).

use core::time::Duration;

use limpid_sansio::{Instant, Timers};

use crate::config::Config;
use crate::flight::Flight;
use crate::message::FragmentHeader;

/// The timeout stops growing here (RFC 6347 §4.2.4.1).
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

/// How long the last flight of a handshake is kept for a peer that lost it: twice the maximum segment lifetime
/// (RFC 6347 §4.2.4).
const LINGER: Duration = Duration::from_secs(240);

/// Datagrams are not cut smaller than this for want of an answer: what IPv4 hosts must take (RFC 791 §3.1), less headers.
const SMALLEST_GUESS: usize = 548;

/// How often one flight is repeated because the peer repeats its own, before keys make that proof of anything.
const MAX_REPEATS_ON_REQUEST: u8 = 16;

/// What an endpoint waits for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    /// An answer to the flight.
    Retransmit,
    /// Any progress at all.
    GiveUp,
    /// A peer that lost our last flight.
    Linger,
}

/// One flight and its timers.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) flight: Flight,
    timers: Timers<Timer, 3>,
    first_timeout: Duration,
    timeout: Duration,
    give_up_after: Duration,
    max_datagram: usize,
    /// Less than `max_datagram` once flights get lost: perhaps they are too large for the path.
    guess: usize,
    timeouts: u32,
    repeats_on_request: u8,
    next_seq: u16,
    /// How many messages of the peer had come when the flight went out: the last of them asks for it again.
    answers: u16,
}

impl Outgoing {
    pub(crate) fn new(config: &Config) -> Self {
        let max_datagram = config.mtu.max(Config::MIN_MTU);
        Outgoing {
            flight: Flight::default(),
            timers: Timers::new([Timer::Retransmit, Timer::GiveUp, Timer::Linger]),
            first_timeout: config.first_timeout,
            timeout: config.first_timeout,
            give_up_after: config.give_up_after,
            max_datagram,
            guess: max_datagram,
            timeouts: 0,
            repeats_on_request: 0,
            next_seq: 0,
            answers: 0,
        }
    }

    /// The number for our next message.
    pub(crate) fn take_seq(&mut self) -> u16 {
        let seq = self.next_seq;
        self.next_seq = self.next_seq.saturating_add(1);
        seq
    }

    /// Whoever verified the cookie has sent that many messages in our name.
    pub(crate) fn start_at(&mut self, seq: u16) {
        self.next_seq = seq;
    }

    /// Starts sending the flight that lies ready, and waiting for an answer to it.
    ///
    /// Deviation: RFC 6347 §4.2.4.1 would keep a grown timeout until a flight gets through at once. Here every flight
    /// begins with the first one: an answer came, so the path works, and a WebRTC user waits.
    pub(crate) fn launch(&mut self, now: Instant, answers: u16) {
        self.flight.rewind();
        self.answers = answers;
        self.timeout = self.first_timeout;
        (self.timeouts, self.repeats_on_request) = (0, 0);
        self.guess = self.max_datagram;
        self.timers.clear();
        self.timers.arm(Timer::Retransmit, now + self.timeout);
        self.timers.arm(Timer::GiveUp, now + self.give_up_after);
    }

    /// Starts sending the last flight of the handshake: nothing answers it, but the peer may ask for it again.
    pub(crate) fn launch_last(&mut self, now: Instant, answers: u16) {
        self.launch(now, answers);
        self.timers.clear();
        self.timers.arm(Timer::Linger, now + LINGER);
    }

    /// The flight was answered and will not be asked for again, or nothing matters any more.
    pub(crate) fn stop(&mut self) {
        self.flight.clear();
        self.timers.clear();
    }

    /// Whether this fragment is the end of the flight that ours answers, come once more.
    pub(crate) const fn is_asked_for_by(&self, header: &FragmentHeader) -> bool {
        let end = header.fragment_offset + header.fragment_length;
        header.message_seq.saturating_add(1) == self.answers && end == header.length
    }

    /// The peer sent its last flight again, so ours got lost: once more (RFC 6347 §4.2.4). `false`: it was often enough.
    pub(crate) fn repeat_on_request(&mut self, now: Instant, proven: bool) -> bool {
        // What waits to go out anyway is not sent twice.
        if self.flight.is_empty() || self.flight.is_waiting() {
            return false;
        }
        if !proven && self.repeats_on_request == MAX_REPEATS_ON_REQUEST {
            return false;
        }
        self.repeats_on_request = self.repeats_on_request.saturating_add(1);
        self.flight.rewind();
        if self.timers.at(Timer::Retransmit).is_some() {
            self.timers.arm(Timer::Retransmit, now + self.timeout);
        }
        true
    }

    /// The next timer that is due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        self.timers.pop_due(now)
    }

    /// No answer came in time: once more, later, and from the second time on in smaller datagrams (RFC 6347 §4.1.1.1).
    pub(crate) fn repeat(&mut self, now: Instant) {
        self.timeouts += 1;
        self.timeout = self.timeout.saturating_mul(2).clamp(Duration::from_millis(1), MAX_TIMEOUT);
        if self.timeouts >= 2 {
            self.guess = (self.guess / 2).max(SMALLEST_GUESS).min(self.max_datagram);
        }
        self.flight.rewind();
        self.timers.arm(Timer::Retransmit, now + self.timeout);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The largest datagram to send now.
    pub(crate) const fn datagram_limit(&self) -> usize {
        self.guess
    }

    pub(crate) fn set_max_datagram(&mut self, max: usize) {
        self.max_datagram = max.max(Config::MIN_MTU);
        self.guess = self.max_datagram;
    }

    /// A better first timeout is known. A flight that waits does not wait longer than that.
    pub(crate) fn set_first_timeout(&mut self, now: Instant, first: Duration) {
        self.first_timeout = first;
        if self.timeouts == 0 {
            self.timeout = first;
            if self.timers.at(Timer::Retransmit).is_some_and(|at| at > now + first) {
                self.timers.arm(Timer::Retransmit, now + first);
            }
        }
    }
}
