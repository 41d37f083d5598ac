//! The five verbs, the one loop, and the wishes of machines that face a driver.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use crate::net::{Path, Transmit, Transport};
use crate::outbox::Outbox;
use crate::time::Instant;

/// Something that takes time. Verbs may come in any order; `now` never goes back.
///
/// *Handle decides, transmit packs, event reports, timeout is `&self`.* A burst of input is many
/// [`handle_input`](Machine::handle_input) with one `now`, then one [`drain`]: the drain is the flush, so that one
/// acknowledgement answers the burst. After an `Err` the machine is finished: `poll_transmit` still gives its last words,
/// and `handle_*` repeats the same `Err`. Noise (a bad MAC, a truncated packet, an unknown sender) is not an error: it is
/// counted and dropped.
pub trait Machine {
    /// What arrives: a [`Datagram`](crate::Datagram) at ice, turn and peer; `&mut [u8]` at dtls; bytes and their mark at sctp.
    type Input<'a>;
    /// What is left of the input for the floor above, still in the caller's buffer: `()` at the top, opened plaintext at dtls.
    type Yield<'a>;
    /// [`Path`] at and below ICE, `()` above.
    type Route: Copy + PartialEq;
    /// A small fact in the past tense; ids, never payload bytes. Readable and writable are edges: one of each waits at most.
    type Event;
    /// Why this machine is finished.
    type Error: core::error::Error;

    /// Takes one packet and decides what follows from it; effects are queued.
    ///
    /// Implementations repeat this signature word for word: `'a` is early-bound here, and with `()` or `&'a [u8]`
    /// written out in place of the associated types they meet E0195.
    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error>;

    /// Does what is due at `now`. A late or an early call is harmless; after it and a drain, the next deadline is later
    /// than `now`.
    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error>;

    /// Appends at most one datagram.
    ///
    /// Appends only: what lay in `out` before is not ours to read, change or cut, and after `None` the length is what it
    /// was. May take from a queue, cut, number, seal, move what it sends to in-flight, remember that a window stopped it,
    /// and arm timers; which data is due, lost or acknowledged was decided before, by `handle_*` and by commands.
    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Self::Route>>;

    /// The next fact.
    ///
    /// It is not told the time. A parent, for whom a child's event is often a command to another child, therefore moves its
    /// children's events at the end of every verb that has `now`, and here only hands out its own.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// When [`handle_timeout`](Machine::handle_timeout) wants to be called. Ask last: packing arms timers.
    fn poll_timeout(&self) -> Option<Instant>;
}

/// How a [`drain`] ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Drained {
    /// The outbox is full: send, then drain again before sleeping.
    More,
    /// Nothing more until this time, or an input.
    Idle(Option<Instant>),
}

/// The one loop: a timeout that is due, then events and transmits until all are quiet or the outbox is full.
///
/// `each` gets the machine too, so that the answer to an event (write more, add a candidate) is sent in the same turn.
pub fn drain<M: Machine>(
    machine: &mut M,
    now: Instant,
    outbox: &mut Outbox<M::Route>,
    mut each: impl FnMut(&mut M, M::Event),
) -> Result<Drained, M::Error> {
    let handled = match machine.poll_timeout() {
        Some(at) if at <= now => machine.handle_timeout(now),
        _ => Ok(()),
    };
    loop {
        while let Some(event) = machine.poll_event() {
            each(machine, event);
        }
        if !outbox.has_room() {
            return handled.map(|()| Drained::More);
        }
        if outbox.fill(|out| machine.poll_transmit(now, out)) {
            continue;
        }
        // Packing may have made room, and so an event.
        match machine.poll_event() {
            Some(event) => each(machine, event),
            None => return handled.map(|()| Drained::Idle(machine.poll_timeout())),
        }
    }
}

/// Names one wish until it is answered.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WishId(pub u64);

/// Something a machine wants of its driver that no datagram can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// Comes back in [`Driven::handle_answer`].
    pub id: WishId,
    /// What is wanted.
    pub kind: WishKind,
}

/// What a driver can be asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WishKind {
    /// Look a host name up: a `.local` name by mDNS, any other by DNS. Answered by [`Answer::Addresses`].
    Resolve(String),
    /// Publish this mDNS name for that address until the machine is dropped. Answered by `Addresses` or `Failed`.
    Announce(String, IpAddr),
    /// Open a stream to `remote`. Answered by [`Answer::Opened`], later perhaps by [`Answer::Closed`].
    Open {
        /// How it is framed.
        transport: Transport,
        /// Whereto.
        remote: SocketAddr,
    },
    /// Bind one more socket on the address of this one, any port. Answered by [`Answer::Opened`] (remote unspecified).
    Bind(SocketAddr),
    /// Close the stream or socket of this path. Not answered.
    Close(Path),
}

/// What the driver says to a wish.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Answer<'a> {
    /// The addresses of a name, best first; never empty.
    Addresses(&'a [IpAddr]),
    /// The stream or socket is there.
    Opened(Path),
    /// It can not be had.
    Failed(FailCause),
    /// What was opened has gone.
    Closed,
}

/// Why a wish failed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FailCause {
    /// The driver does not do this, or was told not to.
    Refused,
    /// The name has no address.
    NotFound,
    /// Nobody answered.
    TimedOut,
    /// The network said no.
    Unreachable,
}

/// The few machines that face a driver (ice, turn server, peer): wishes that are no datagrams.
pub trait Driven: Machine<Route = Path> {
    /// The next wish. Every wish is answered exactly once with `Failed` or its own answer; `Closed` may follow an `Opened`.
    fn poll_wish(&mut self) -> Option<Wish>;
    /// The answer to a wish. One to an unknown or old wish is ignored.
    fn handle_answer(&mut self, now: Instant, id: WishId, answer: Answer<'_>);
}
