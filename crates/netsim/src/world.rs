//! The world: one seed, one virtual clock, one heap of what will happen.

mod build;
mod change;
mod grant;
mod look;
mod travel;

use core::cmp::Reverse;
use core::fmt;
use core::marker::PhantomData;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use limpid_sansio::{Drained, Instant, Outbox, Path, WishId};

use crate::host::Host;
use crate::link::LinkState;
use crate::nat::Space;
use crate::packet::{DropCause, Packet};
use crate::random::Random;
use crate::script::Script;
use crate::stream::Streams;
use crate::topology::{SegmentId, Topology};
use crate::trace::Trace;
use grant::Reply;

/// A host, whoever lives there.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HostId(usize);

/// A host where an `M` lives.
pub struct Handle<M>(HostId, PhantomData<fn() -> M>);

impl<M> Handle<M> {
    /// The host alone.
    pub fn id(self) -> HostId {
        self.0
    }
}

impl<M> Copy for Handle<M> {}
impl<M> Clone for Handle<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> fmt::Debug for Handle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.0.0)
    }
}

struct Node {
    name: String,
    segment: SegmentId,
    /// Its addresses, and whether each is up.
    addresses: BTreeMap<IpAddr, bool>,
    sockets: BTreeSet<(Space, SocketAddr)>,
    next_port: u16,
    up: LinkState,
    down: LinkState,
    resident: Option<Box<dyn Host>>,
    outbox: Outbox<Path>,
    /// The wake-up in the heap that counts; others are stale.
    wake: Option<Instant>,
    touched: bool,
    sent: Sent,
}

/// What a host has sent.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Sent {
    /// Datagrams and frames.
    pub packets: u64,
    /// Their payload.
    pub bytes: u64,
    /// The system calls that a driver with GSO would have made for them.
    pub batches: u64,
}

/// A thing that will happen.
enum Happening {
    /// A host's timer.
    Wake(HostId),
    /// A packet leaves its host (again, or late: scripts have seen it).
    Leave(HostId, Packet),
    /// A packet is on a segment; `shown`: the man in the middle has seen it.
    Enter { segment: SegmentId, packet: Packet, shown: bool },
    /// A packet has come down the link of its host.
    Arrive(HostId, Packet),
    /// A frame of a stream has arrived at this end.
    Frame { stream: usize, end: usize, bytes: Vec<u8> },
    /// The end of a stream has reached the end that did not close it.
    Closed(usize),
    /// An answer to a wish.
    Answer(HostId, WishId, Reply),
    /// A man in the middle wants to be called.
    Between(SegmentId),
    /// Something that the scenario planned.
    Call(Box<dyn FnOnce(&mut World)>),
}

/// In the heap: by time, then in the order in which they were planned.
struct Planned(Instant, u64, Happening);

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl Eq for Planned {}
impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Planned {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// A whole network with its hosts. Nothing in it sleeps, and nothing in it depends on anything but its seed and what it is
/// told to do.
pub struct World {
    seed: u64,
    parts: u64,
    now: Instant,
    planned: BinaryHeap<Reverse<Planned>>,
    order: u64,
    rounds: u32,
    topology: Topology,
    nodes: Vec<Node>,
    streams: Streams,
    names: BTreeMap<String, Vec<IpAddr>>,
    local_names: BTreeMap<(SegmentId, String), IpAddr>,
    lookup_time: Duration,
    script: Vec<Script>,
    drops: BTreeMap<DropCause, u64>,
    trace: Trace,
    one_by_one: bool,
}

impl World {
    /// Rounds at one time after which the world gives up: two machines answer each other for ever.
    const MAX_ROUNDS: u32 = 100_000;
    /// One GSO call: 64 datagrams, 65 507 bytes.
    const BATCH: (usize, usize) = (64, 65_507);

    /// An empty public network at time zero.
    pub fn new(seed: u64) -> Self {
        World {
            seed,
            parts: 0,
            now: Instant::ZERO,
            planned: BinaryHeap::new(),
            order: 0,
            rounds: 0,
            topology: Topology::new(),
            nodes: Vec::new(),
            streams: Streams::default(),
            names: BTreeMap::new(),
            local_names: BTreeMap::new(),
            lookup_time: Duration::from_millis(20),
            script: Vec::new(),
            drops: BTreeMap::new(),
            trace: Trace::default(),
            one_by_one: false,
        }
    }

    /// Runs until `done` says so; `false`: `limit` of virtual time went by first. `done` may act on the world.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&mut World) -> bool) -> bool {
        let deadline = self.now + limit;
        loop {
            if done(self) {
                return true;
            }
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

    /// Runs until nothing is planned any more; `false`: `limit` of virtual time went by first.
    pub fn run_until_quiet(&mut self, limit: Duration) -> bool {
        self.run_until(limit, |world| world.next().is_none())
    }

    /// When the next thing happens.
    pub fn next(&self) -> Option<Instant> {
        self.planned.peek().map(|next| next.0.0)
    }

    /// Everything that happens at the next time, and one drain of every host that it touched. `false`: nothing is planned.
    ///
    /// # Panics
    /// If the hosts do not fall silent at one time.
    pub fn step(&mut self) -> bool {
        let Some(at) = self.next() else { return false };
        self.rounds = if at > self.now { 0 } else { self.rounds + 1 };
        assert!(self.rounds < World::MAX_ROUNDS, "no silence at {at}: who answers whom for ever?");
        self.now = self.now.max(at);
        while self.next().is_some_and(|next| next <= self.now) {
            if let Some(Reverse(planned)) = self.planned.pop() {
                self.happen(planned);
            }
        }
        for id in 0..self.nodes.len() {
            if self.nodes[id].touched {
                self.drain(HostId(id));
            }
        }
        true
    }

    fn happen(&mut self, Planned(at, _, happening): Planned) {
        match happening {
            Happening::Wake(host) => {
                let node = &mut self.nodes[host.0];
                if node.wake == Some(at) {
                    (node.wake, node.touched) = (None, true);
                }
            }
            Happening::Leave(host, packet) => self.uplink(host, packet),
            Happening::Enter { segment, packet, shown } => self.travel(segment, packet, shown),
            Happening::Arrive(host, packet) => self.arrive(host, packet),
            Happening::Frame { stream, end, bytes } => self.frame(stream, end, bytes),
            Happening::Closed(stream) => self.closed(stream),
            Happening::Answer(host, id, reply) => self.answer(host, id, &reply),
            Happening::Between(segment) => self.between(segment),
            Happening::Call(what) => what(self),
        }
    }

    /// Lets a host act until it is quiet, sends what it sends, grants what it wishes, and plans its next wake-up.
    fn drain(&mut self, host: HostId) {
        loop {
            let (now, node) = (self.now, &mut self.nodes[host.0]);
            node.touched = false;
            let Some(resident) = &mut node.resident else { return };
            let (trace, name) = (&mut self.trace, &node.name);
            let drained = resident.drain(now, &mut node.outbox, &mut |what| trace.said(now, name, what));
            let wishes: Vec<_> = core::iter::from_fn(|| resident.poll_wish()).collect();
            self.flush(host);
            for wish in wishes {
                self.grant(host, wish);
            }
            if let Drained::Idle(next) = drained {
                let name = &self.nodes[host.0].name;
                assert!(next.is_none_or(|at| at > now), "{name}: drained at {now}, but due at {next:?}");
                return self.wake_at(host, next);
            }
        }
    }

    fn wake_at(&mut self, host: HostId, at: Option<Instant>) {
        let node = &mut self.nodes[host.0];
        if node.wake != at {
            node.wake = at;
            if let Some(at) = at {
                self.plan(at, Happening::Wake(host));
            }
        }
    }

    fn plan(&mut self, at: Instant, happening: Happening) {
        self.order += 1;
        self.planned.push(Reverse(Planned(at.max(self.now), self.order, happening)));
    }

    /// Chances for one more part of the network.
    fn random(&mut self) -> Random {
        self.parts += 1;
        Random::for_part(self.seed, self.parts)
    }
}

impl<M> From<Handle<M>> for HostId {
    fn from(handle: Handle<M>) -> HostId {
        handle.0
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hosts, planned) = (self.nodes.len(), self.planned.len());
        write!(f, "World at {} with {hosts} hosts and {planned} things planned", self.now)
    }
}
