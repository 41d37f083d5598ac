//! Two machines and a link between them, without addresses: DTLS endpoints, SCTP associations.
//!
//! Such machines take their input each in its own way (`&mut [u8]`, bytes with a mark), so each comes with a closure that
//! gives it one packet.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;

use limpid_sansio::{Drained, Instant, Machine, Outbox, Transmit, drain};

use crate::link::{Link, LinkState};
use crate::mitm::{Injected, Mitm, Verdict};
use crate::packet::{DropCause, Packet};
use crate::random::Random;
use crate::script::Script;
use crate::trace::{Describe, Trace};

/// Which of the two.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// The first.
    Left,
    /// The second.
    Right,
}

impl Side {
    /// The other one.
    pub const fn other(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }

    /// The address that stands for this side in scripts and traces: 192.0.2.1:1 and 192.0.2.2:2.
    pub const fn address(self) -> SocketAddr {
        let n = match self {
            Side::Left => 1,
            Side::Right => 2,
        };
        SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)), n as u16)
    }

    const fn name(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
        }
    }
}

/// Gives a machine one packet, and does with what is left of it whatever a parent would do.
pub(crate) type Feed<M> = Box<dyn FnMut(&mut M, Instant, &mut [u8]) -> Result<(), <M as Machine>::Error>>;

/// One machine and what has come out of it.
pub struct Party<M: Machine> {
    /// The machine. Commands given through [`Pair::left`] and [`Pair::right`] are drained; those given here are not.
    pub machine: M,
    /// What it has said, and when.
    pub events: Vec<(Instant, M::Event)>,
    /// Why it is finished, if it failed.
    pub error: Option<M::Error>,
    feed: Feed<M>,
    outbox: Outbox<()>,
    /// Packets it has sent, and their bytes.
    pub sent: (u64, u64),
}

impl<M: Machine<Route = ()>> Party<M> {
    pub(crate) fn new(machine: M, feed: Feed<M>) -> Self {
        let outbox = Outbox::with_limit(64 * 1024);
        Party { machine, events: Vec::new(), error: None, feed, outbox, sent: (0, 0) }
    }

    pub(crate) fn receive(&mut self, now: Instant, bytes: &mut [u8]) {
        if let Err(error) = (self.feed)(&mut self.machine, now, bytes) {
            self.error.get_or_insert(error);
        }
    }

    /// One drain; `true`: once more.
    pub(crate) fn drain(&mut self, now: Instant, mut say: impl FnMut(&M::Event)) -> bool {
        let events = &mut self.events;
        let drained = drain(&mut self.machine, now, &mut self.outbox, |_, event| {
            say(&event);
            events.push((now, event));
        });
        match drained {
            Ok(drained) => drained == Drained::More,
            Err(error) => {
                self.error.get_or_insert(error);
                !self.outbox.has_room()
            }
        }
    }

    /// Takes what waits in the outbox.
    pub(crate) fn take_sent(&mut self) -> Vec<(Transmit<()>, Vec<u8>)> {
        let (sent, mut packets) = (&mut self.sent, Vec::new());
        self.outbox.take_each(|transmit, bytes| {
            *sent = (sent.0 + 1, sent.1 + bytes.len() as u64);
            packets.push((transmit, bytes.to_vec()));
        });
        packets
    }

    /// Takes the events out.
    pub fn take_events(&mut self) -> Vec<M::Event> {
        core::mem::take(&mut self.events).into_iter().map(|(_, event)| event).collect()
    }

    /// When it wants to be called; never, once it is finished.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.error.is_some() { None } else { self.machine.poll_timeout() }
    }
}

/// Two machines, a link each way, and a virtual clock that starts at zero.
///
/// ```
/// # use limpid_sansio::{Instant, Machine, Transmit};
/// # #[derive(Default)] struct Echo { waiting: Option<u8> }
/// # impl Machine for Echo {
/// #     type Input<'a> = &'a [u8]; type Yield<'a> = (); type Route = (); type Event = u8; type Error = core::convert::Infallible;
/// #     fn handle_input<'a>(&mut self, _: Instant, i: Self::Input<'a>) -> Result<Self::Yield<'a>, Self::Error> { self.waiting = i[0].checked_sub(1); Ok(()) }
/// #     fn handle_timeout(&mut self, _: Instant) -> Result<(), Self::Error> { Ok(()) }
/// #     fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<Transmit<()>> { let n = self.waiting.take()?; out.push(n); Some(Transmit::new((), 1)) }
/// #     fn poll_event(&mut self) -> Option<u8> { None }
/// #     fn poll_timeout(&self) -> Option<Instant> { None }
/// # }
/// use core::time::Duration;
/// use limpid_netsim::{Link, Pair};
///
/// // `Echo` sends back a number that is one smaller.
/// let feed = |echo: &mut Echo, now, bytes: &mut [u8]| echo.handle_input(now, bytes);
/// let mut pair = Pair::new(7, Link::millis(10), Echo::default(), feed, Echo::default(), feed);
/// pair.left(|echo, _| echo.waiting = Some(9));
/// assert!(pair.run_until(Duration::from_secs(1), |pair| pair.is_quiet()));
/// assert_eq!(pair.now(), Instant::from_millis(100));
/// ```
pub struct Pair<A: Machine, B: Machine> {
    /// The first.
    pub a: Party<A>,
    /// The second.
    pub b: Party<B>,
    now: Instant,
    links: [LinkState; 2],
    /// On their way, by arrival, then in the order they were sent.
    flying: BTreeMap<(Instant, u64), (Side, Packet)>,
    order: u64,
    between: Vec<Box<dyn Mitm>>,
    drops: BTreeMap<DropCause, u64>,
    trace: Trace,
    rounds: u32,
}

impl<A, B> Pair<A, B>
where
    A: Machine<Route = ()>,
    B: Machine<Route = ()>,
    A::Event: fmt::Debug,
    B::Event: fmt::Debug,
{
    const MAX_ROUNDS: u32 = 100_000;

    /// `a` and `b`, each with the closure that gives it a packet, and `link` between them both ways.
    pub fn new(
        seed: u64,
        link: Link,
        a: A,
        feed_a: impl FnMut(&mut A, Instant, &mut [u8]) -> Result<(), A::Error> + 'static,
        b: B,
        feed_b: impl FnMut(&mut B, Instant, &mut [u8]) -> Result<(), B::Error> + 'static,
    ) -> Self {
        Pair {
            a: Party::new(a, Box::new(feed_a)),
            b: Party::new(b, Box::new(feed_b)),
            now: Instant::ZERO,
            links: [1, 2].map(|part| LinkState::new(link, Random::for_part(seed, part))),
            flying: BTreeMap::new(),
            order: 0,
            between: Vec::new(),
            drops: BTreeMap::new(),
            trace: Trace::default(),
            rounds: 0,
        }
    }

    /// What the link from this side does from now on.
    pub fn set_link(&mut self, from: Side, link: Link) {
        self.links[from as usize].set_link(link);
    }

    /// Accidents, counted over both directions: tell them apart by [`Side::address`].
    pub fn add_script(&mut self, script: Script) {
        self.stand_between(script);
    }

    /// Somebody who sees every packet before the link; what he injects goes to whom it names as receiver.
    pub fn stand_between(&mut self, man: impl Mitm + 'static) {
        self.between.push(Box::new(man));
    }

    /// Gives the left machine a command and drains it.
    pub fn left<T>(&mut self, command: impl FnOnce(&mut A, Instant) -> T) -> T {
        let result = command(&mut self.a.machine, self.now);
        self.drain();
        result
    }

    /// Gives the right machine a command and drains it.
    pub fn right<T>(&mut self, command: impl FnOnce(&mut B, Instant) -> T) -> T {
        let result = command(&mut self.b.machine, self.now);
        self.drain();
        result
    }

    /// Puts a packet before a side as if the other had sent it.
    pub fn inject(&mut self, to: Side, bytes: &[u8]) {
        let packet = Packet::udp(to.other().address(), to.address(), bytes);
        self.fly(self.now, to, packet);
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// What happened.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Keeps the text of the trace from now on; see [`Trace::keep_text`].
    pub fn keep_trace(&mut self, describe: Option<Describe>) {
        self.trace.keep_text(describe);
    }

    /// How many packets were dropped for this cause.
    pub fn dropped(&self, cause: DropCause) -> u64 {
        self.drops.get(&cause).copied().unwrap_or(0)
    }

    /// Nothing is on its way and no timer runs.
    pub fn is_quiet(&self) -> bool {
        self.next().is_none()
    }

    /// When the next thing happens.
    pub fn next(&self) -> Option<Instant> {
        let flying = self.flying.first_key_value().map(|((at, _), _)| *at);
        let timers = Instant::earliest(self.a.poll_timeout(), self.b.poll_timeout());
        let between = self.between.iter().filter_map(|man| man.poll_timeout()).min();
        Instant::earliest(Instant::earliest(flying, timers), between)
    }

    /// Runs until `done` says so; `false`: `limit` of virtual time went by first. `done` may give commands; they are
    /// drained before time goes on.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&mut Self) -> bool) -> bool {
        let deadline = self.now + limit;
        self.drain();
        loop {
            if done(self) {
                return true;
            }
            self.drain();
            if self.next().is_none_or(|at| at > deadline) {
                (self.now, self.rounds) = (deadline, 0);
                return done(self);
            }
            self.step();
        }
    }

    /// Runs for so much virtual time.
    pub fn run_for(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Everything that happens at the next time: packets that arrive together are handled before one drain, as a burst.
    ///
    /// # Panics
    /// If the two do not fall silent at one time.
    pub fn step(&mut self) {
        let Some(at) = self.next() else { return };
        self.rounds = if at > self.now { 0 } else { self.rounds + 1 };
        assert!(self.rounds < Self::MAX_ROUNDS, "no silence at {at}: who answers whom for ever?");
        self.now = self.now.max(at);
        let mut injected = Injected::default();
        for man in self.between.iter_mut().filter(|man| man.poll_timeout().is_some_and(|t| t <= at)) {
            man.timeout(at, &mut injected);
        }
        self.fly_injected(injected);
        while let Some(entry) = self.flying.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let (to, mut packet) = entry.remove();
            self.trace.arrived(self.now, to.name(), &packet);
            match to {
                Side::Left => self.a.receive(self.now, &mut packet.bytes),
                Side::Right => self.b.receive(self.now, &mut packet.bytes),
            }
        }
        self.drain();
    }

    fn drain(&mut self) {
        let now = self.now;
        for side in [Side::Left, Side::Right] {
            let mut more = true;
            while more {
                let trace = &mut self.trace;
                let mut say = |event: &dyn fmt::Debug| trace.said(now, side.name(), event);
                let packets;
                (more, packets) = match side {
                    Side::Left => (self.a.drain(now, |event| say(event)), self.a.take_sent()),
                    Side::Right => (self.b.drain(now, |event| say(event)), self.b.take_sent()),
                };
                for (transmit, bytes) in packets {
                    self.send(side, transmit, bytes);
                }
            }
        }
    }

    fn send(&mut self, from: Side, transmit: Transmit<()>, bytes: Vec<u8>) {
        let mut packet = Packet::udp(from.address(), from.other().address(), bytes);
        packet.ecn = transmit.ecn;
        self.trace.sent(self.now, from.name(), &packet);
        let (mut injected, mut verdict) = (Injected::default(), Verdict::Forward);
        for man in &mut self.between {
            verdict = man.packet(self.now, &mut packet, &mut injected);
            if verdict != Verdict::Forward {
                break;
            }
        }
        match verdict {
            Verdict::Forward => self.carry(self.now, from.other(), packet),
            Verdict::Hold(time) => self.carry(self.now + time, from.other(), packet),
            Verdict::Drop => self.drop_packet(DropCause::Script, &packet),
        }
        self.fly_injected(injected);
    }

    fn fly_injected(&mut self, injected: Injected) {
        for (delay, packet) in injected.0 {
            let to = if packet.to == Side::Left.address() { Side::Left } else { Side::Right };
            self.carry(self.now + delay, to, packet);
        }
    }

    fn carry(&mut self, at: Instant, to: Side, packet: Packet) {
        match self.links[to.other() as usize].carry(at, packet.wire_len()) {
            Ok(arrivals) => {
                for at in arrivals.second.into_iter().chain([arrivals.first]) {
                    self.fly(at, to, packet.clone());
                }
            }
            Err(cause) => self.drop_packet(cause, &packet),
        }
    }

    fn fly(&mut self, at: Instant, to: Side, packet: Packet) {
        self.order += 1;
        self.flying.insert((at, self.order), (to, packet));
    }

    fn drop_packet(&mut self, cause: DropCause, packet: &Packet) {
        *self.drops.entry(cause).or_default() += 1;
        self.trace.dropped(self.now, cause, packet);
    }
}

impl<A: Machine, B: Machine> fmt::Debug for Pair<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pair at {} with {} packets flying", self.now, self.flying.len())
    }
}

impl<M: Machine + fmt::Debug> fmt::Debug for Party<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Party").field("machine", &self.machine).field("sent", &self.sent).finish()
    }
}
