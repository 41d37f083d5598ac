//! The world: one seed, one virtual clock, one heap of what will happen.

mod grant;
mod travel;

use core::cmp::Reverse;
use core::fmt;
use core::marker::PhantomData;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use limpid_sansio::{Datagram, Drained, Driven, Instant, Machine, Outbox, Path, WishId};

use crate::host::{Driver, Host, NoWishes, Responder};
use crate::link::{Link, LinkState};
use crate::mitm::Mitm;
use crate::nat::{Nat, NatConfig, Space};
use crate::packet::{DropCause, Packet};
use crate::random::Random;
use crate::script::Script;
use crate::stream::Streams;
use crate::topology::{SegmentId, Topology};
use crate::trace::{Describe, Trace};
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

    // ---- Building ----

    /// The segment that everybody outside of NATs is on.
    pub fn public(&self) -> SegmentId {
        SegmentId(0)
    }

    /// A NAT on `parent` with these outside addresses; returns the segment behind it. NATs may stand behind NATs.
    pub fn add_nat(&mut self, parent: SegmentId, outside: &[IpAddr], config: NatConfig) -> SegmentId {
        let nat = Nat::new(config, outside, self.random());
        self.topology.add_nat(parent, nat, outside)
    }

    /// A host on `segment` with these addresses of either family, and a perfect link.
    ///
    /// # Panics
    /// If an address is taken on this segment.
    pub fn add_host(&mut self, name: &str, segment: SegmentId, addresses: &[IpAddr]) -> HostId {
        let id = HostId(self.nodes.len());
        for ip in addresses {
            self.topology.add_host(segment, id, *ip);
        }
        let node = Node {
            name: name.to_owned(),
            segment,
            addresses: addresses.iter().map(|ip| (*ip, true)).collect(),
            sockets: BTreeSet::new(),
            next_port: 49_152,
            up: LinkState::new(Link::default(), self.random()),
            down: LinkState::new(Link::default(), self.random()),
            resident: None,
            outbox: Outbox::with_limit(World::BATCH.1),
            wake: None,
            touched: false,
            sent: Sent::default(),
        };
        self.nodes.push(node);
        id
    }

    /// A host that answers datagrams to one socket from their bytes alone: a STUN server is one line.
    pub fn add_responder(
        &mut self,
        name: &str,
        segment: SegmentId,
        socket: SocketAddr,
        answer: impl FnMut(SocketAddr, &[u8], &mut Vec<u8>) -> Option<usize> + 'static,
    ) -> HostId {
        let host = self.add_host(name, segment, &[socket.ip()]);
        self.bind(host, socket);
        self.listen(host, socket);
        self.install_host(host, Box::new(Responder::new(answer)));
        host
    }

    /// What the host's link does, each way. May change while packets are on their way.
    pub fn set_link(&mut self, host: impl Into<HostId>, link: Link) {
        self.set_links(host, link, link);
    }

    /// The same with two different directions: from the host, and towards it.
    pub fn set_links(&mut self, host: impl Into<HostId>, up: Link, down: Link) {
        let node = &mut self.nodes[host.into().0];
        node.up.set_link(up);
        node.down.set_link(down);
    }

    /// Opens a UDP socket; with port 0 a free one. Returns where it is bound.
    ///
    /// # Panics
    /// If the host does not have the address, or the port is taken.
    pub fn bind(&mut self, host: impl Into<HostId>, socket: SocketAddr) -> SocketAddr {
        self.open(host.into(), Space::Udp, socket)
    }

    /// Lets others open streams to this socket.
    ///
    /// # Panics
    /// If the host does not have the address, or the port is taken.
    pub fn listen(&mut self, host: impl Into<HostId>, socket: SocketAddr) -> SocketAddr {
        self.open(host.into(), Space::Tcp, socket)
    }

    /// Closes a UDP socket: what arrives is dropped.
    pub fn unbind(&mut self, host: impl Into<HostId>, socket: SocketAddr) {
        self.nodes[host.into().0].sockets.remove(&(Space::Udp, socket));
    }

    fn open(&mut self, host: HostId, space: Space, socket: SocketAddr) -> SocketAddr {
        let node = &mut self.nodes[host.0];
        let known = node.addresses.contains_key(&socket.ip()) || socket.ip().is_loopback();
        assert!(known, "{} has no address {}", node.name, socket.ip());
        let mut bound = socket;
        while socket.port() == 0 && (bound.port() == 0 || node.sockets.contains(&(space, bound))) {
            bound.set_port(node.next_port);
            node.next_port = node.next_port.checked_add(1).unwrap_or(49_152);
        }
        assert!(node.sockets.insert((space, bound)), "{}: {bound} is taken", node.name);
        bound
    }

    /// Lets a machine live at `host`; what its `handle_input` yields is dropped.
    pub fn install<M>(&mut self, host: HostId, machine: M) -> Handle<M>
    where
        M: Driven + for<'a> Machine<Input<'a> = Datagram<'a>> + 'static,
        M::Event: fmt::Debug,
    {
        self.install_with(host, machine, |_, _, _| ())
    }

    /// Lets a machine live at `host`; what its `handle_input` yields goes to `on_yield`.
    pub fn install_with<M>(
        &mut self,
        host: HostId,
        machine: M,
        on_yield: impl for<'a> FnMut(&mut M, Instant, M::Yield<'a>) + 'static,
    ) -> Handle<M>
    where
        M: Driven + for<'a> Machine<Input<'a> = Datagram<'a>> + 'static,
        M::Event: fmt::Debug,
    {
        self.install_host(host, Box::new(Driver::new(machine, on_yield)));
        Handle(host, PhantomData)
    }

    /// Lets a machine that has no wishes live at `host`.
    pub fn install_plain<M>(&mut self, host: HostId, machine: M) -> Handle<NoWishes<M>>
    where
        M: Machine<Route = Path> + for<'a> Machine<Input<'a> = Datagram<'a>> + 'static,
        M::Event: fmt::Debug,
    {
        self.install(host, NoWishes(machine))
    }

    /// Lets anybody live at `host`.
    pub fn install_host(&mut self, host: HostId, resident: Box<dyn Host>) {
        let node = &mut self.nodes[host.0];
        (node.resident, node.wake) = (Some(resident), None);
        self.drain(host);
    }

    /// Whoever lives there is gone without a word, and so are the sockets.
    pub fn crash(&mut self, host: impl Into<HostId>) {
        let node = &mut self.nodes[host.into().0];
        (node.resident, node.wake) = (None, None);
        node.sockets.clear();
    }

    /// A name that any host can look up. An empty list: the name is gone.
    pub fn set_name(&mut self, name: &str, addresses: &[IpAddr]) {
        self.names.insert(name.to_ascii_lowercase(), addresses.to_vec());
    }

    /// How long a look-up takes. Default 20 ms.
    pub fn set_lookup_time(&mut self, time: Duration) {
        self.lookup_time = time;
    }

    /// Accidents for packets as hosts send them, before any link and NAT.
    pub fn add_script(&mut self, script: Script) {
        self.script.push(script);
    }

    /// A man in the middle of `segment`: sees all that enters it, as it looks there. Streams are not shown to him.
    pub fn stand_between(&mut self, segment: SegmentId, man: impl Mitm + 'static) {
        self.topology.segment(segment).between.push(Box::new(man));
        self.wake_between(segment);
    }

    /// Drains hosts after every single packet. By default packets that arrive at one time are handled before one drain, as
    /// a burst that one system call has received.
    pub fn deliver_one_by_one(&mut self) {
        self.one_by_one = true;
    }

    // ---- Changing ----

    /// Takes one of the host's addresses down, or up again: nothing leaves from it and nothing arrives.
    pub fn set_address(&mut self, host: impl Into<HostId>, ip: IpAddr, up: bool) {
        self.nodes[host.into().0].addresses.insert(ip, up);
    }

    /// The NAT before this segment, to be looked at, restarted ([`Nat::rebind`]) or changed.
    ///
    /// # Panics
    /// If it is the public segment.
    pub fn nat(&mut self, inside: SegmentId) -> &mut Nat {
        match &mut self.topology.segment(inside).gateway {
            Some((nat, _)) => nat,
            None => panic!("the public segment is behind no NAT"),
        }
    }

    /// Does something after `delay`: what a signalling channel delivers, a change of the network.
    pub fn after(&mut self, delay: Duration, what: impl FnOnce(&mut World) + 'static) {
        self.plan(self.now + delay, Happening::Call(Box::new(what)));
    }

    /// Puts a packet on a segment, from whomever it claims to be.
    pub fn inject(&mut self, segment: SegmentId, packet: Packet) {
        self.plan(self.now, Happening::Enter { segment, packet, shown: true });
    }

    /// Gives a machine a command and drains it.
    ///
    /// # Panics
    /// If it does not live there any more.
    pub fn with<M: Machine + 'static, T>(
        &mut self,
        handle: Handle<M>,
        command: impl FnOnce(&mut M, Instant) -> T,
    ) -> T {
        let now = self.now;
        let result = command(self.driver_mut(handle).machine_mut(), now);
        self.drain(handle.0);
        result
    }

    // ---- Looking ----

    /// The time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// A new seed for a machine, from the world's.
    pub fn seed(&mut self) -> [u8; 32] {
        self.random().seed()
    }

    /// The host with this name.
    pub fn find_host(&self, name: &str) -> Option<HostId> {
        self.nodes.iter().position(|node| node.name == name).map(HostId)
    }

    /// The machine that lives there.
    ///
    /// # Panics
    /// If it does not live there any more.
    pub fn machine<M: Machine + 'static>(&self, handle: Handle<M>) -> &M {
        self.driver(handle).machine()
    }

    /// What a machine has said since its events were last taken.
    ///
    /// # Panics
    /// If it does not live there any more.
    pub fn events<M: Machine + 'static>(&self, handle: Handle<M>) -> &[(Instant, M::Event)] {
        self.driver(handle).events()
    }

    /// The same, taken out.
    ///
    /// # Panics
    /// If it does not live there any more.
    pub fn take_events<M: Machine + 'static>(&mut self, handle: Handle<M>) -> Vec<(Instant, M::Event)> {
        self.driver_mut(handle).take_events()
    }

    /// Why the resident is finished, if it failed.
    pub fn error(&self, host: impl Into<HostId>) -> Option<&str> {
        self.nodes[host.into().0].resident.as_ref()?.error()
    }

    /// What a host has sent.
    pub fn sent(&self, host: impl Into<HostId>) -> Sent {
        self.nodes[host.into().0].sent
    }

    /// How many packets were dropped for this cause.
    pub fn dropped(&self, cause: DropCause) -> u64 {
        self.drops.get(&cause).copied().unwrap_or(0)
    }

    /// What happened.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Keeps the text of the trace from now on; see [`Trace::keep_text`].
    pub fn keep_trace(&mut self, describe: Option<Describe>) {
        self.trace.keep_text(describe);
    }

    fn driver<M: Machine + 'static>(&self, handle: Handle<M>) -> &Driver<M> {
        let resident = self.nodes[handle.0.0].resident.as_deref();
        let driver = resident.and_then(|host| (host as &dyn core::any::Any).downcast_ref());
        driver.expect("the machine lives there no more")
    }

    fn driver_mut<M: Machine + 'static>(&mut self, handle: Handle<M>) -> &mut Driver<M> {
        let resident = self.nodes[handle.0.0].resident.as_deref_mut();
        let driver = resident.and_then(|host| (host as &mut dyn core::any::Any).downcast_mut());
        driver.expect("the machine lives there no more")
    }

    // ---- Running ----

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
