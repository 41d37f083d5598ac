//! Building a world: segments, hosts, links, sockets, residents, names, and those who stand between.

use core::fmt;
use core::marker::PhantomData;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeSet;

use limpid_sansio::{Datagram, Driven, Instant, Machine, Outbox, Path};

use super::{Handle, HostId, Node, Sent, World};
use crate::host::{Driver, Host, NoWishes, Responder};
use crate::link::{Link, LinkState};
use crate::mitm::Mitm;
use crate::nat::{Nat, NatConfig, Space};
use crate::script::Script;
use crate::topology::SegmentId;

impl World {
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

    pub(super) fn open(&mut self, host: HostId, space: Space, socket: SocketAddr) -> SocketAddr {
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
}
