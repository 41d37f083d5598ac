//! Wishes, and how the world answers them: names, streams, sockets.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;

use limpid_sansio::{Answer, FailCause, Instant, Path, Transport, Wish, WishId, WishKind};

use super::{Happening, HostId, World};
use crate::nat::Space;
use crate::packet::DropCause;
use crate::stream::{End, Stream};
use crate::topology::Step;

/// An answer on its way.
pub(super) enum Reply {
    /// The name is looked up when the answer is due: it may have been announced meanwhile.
    LookUp(String),
    Addresses(Vec<IpAddr>),
    /// The stream with this index.
    Stream(usize),
    Socket(Path),
    Failed(FailCause),
    Closed,
}

impl World {
    /// How long a host waits for a stream that a filter swallows.
    const STREAM_TIMEOUT: Duration = Duration::from_secs(10);

    pub(super) fn grant(&mut self, host: HostId, wish: Wish) {
        self.trace.said(self.now, &self.nodes[host.0].name, &wish.kind);
        let (at, reply) = match wish.kind {
            WishKind::Resolve(name) => (self.now + self.lookup_time, Reply::LookUp(name)),
            WishKind::Announce(name, ip) => {
                let segment = self.nodes[host.0].segment;
                self.local_names.insert((segment, name.to_ascii_lowercase()), ip);
                (self.now + self.lookup_time, Reply::Addresses(vec![ip]))
            }
            WishKind::Bind(like) => (self.now, self.bind_like(host, like)),
            WishKind::Open { transport, remote } => self.open_stream(host, wish.id, transport, remote),
            WishKind::Close(path) => return self.close(host, path),
            _ => (self.now, Reply::Failed(FailCause::Refused)),
        };
        self.plan(at, Happening::Answer(host, wish.id, reply));
    }

    fn bind_like(&mut self, host: HostId, like: SocketAddr) -> Reply {
        if !self.nodes[host.0].addresses.contains_key(&like.ip()) {
            return Reply::Failed(FailCause::Unreachable);
        }
        let local = self.bind(host, SocketAddr::new(like.ip(), 0));
        Reply::Socket(Path::udp(local, unspecified(like)))
    }

    fn open_stream(
        &mut self,
        host: HostId,
        wish: WishId,
        transport: Transport,
        remote: SocketAddr,
    ) -> (Instant, Reply) {
        let node = &self.nodes[host.0];
        let same_family = node
            .addresses
            .iter()
            .find(|(ip, up)| **up && ip.is_ipv4() == remote.is_ipv4() && !ip.is_loopback());
        let Some((&ip, _)) = same_family else {
            return (self.now, Reply::Failed(FailCause::Unreachable));
        };
        let local = self.open(host, Space::Tcp, SocketAddr::new(ip, 0));
        let (called, seen_from, seen_to) = match self.reach(host, local, remote) {
            Ok(reached) => reached,
            Err(DropCause::Filtered) => {
                return (self.now + World::STREAM_TIMEOUT, Reply::Failed(FailCause::TimedOut));
            }
            Err(_) => return (self.now + self.lookup_time, Reply::Failed(FailCause::Unreachable)),
        };
        let end = |host, path, wish| End { host, path, last_arrival: self.now, wish };
        let index = self.streams.add(Stream {
            ends: [
                end(host, Path { transport, local, remote }, Some(wish)),
                end(called, Path { transport, local: seen_to, remote: seen_from }, None),
            ],
            closed_by: None,
        });
        // SYN there, SYN ACK back.
        let there = self.stream_arrival(index, 0, 0);
        let back = self.stream_arrival(index, 1, 0);
        let at = self.now + there.since(self.now) + back.since(self.now);
        (at, Reply::Stream(index))
    }

    /// Who answers at `to`, and the two addresses as they look there.
    fn reach(
        &mut self,
        host: HostId,
        mut from: SocketAddr,
        mut to: SocketAddr,
    ) -> Result<(HostId, SocketAddr, SocketAddr), DropCause> {
        let mut segment = self.nodes[host.0].segment;
        loop {
            match self.topology.step(self.now, Space::Tcp, segment, from, to)? {
                Step::On { segment: next, from: f, to: t } => (segment, from, to) = (next, f, t),
                Step::Host(called) if self.nodes[called.0].sockets.contains(&(Space::Tcp, to)) => {
                    return Ok((called, from, to));
                }
                Step::Host(_) => return Err(DropCause::NoSocket),
            }
        }
    }

    fn close(&mut self, host: HostId, path: Path) {
        if path.transport == Transport::Udp {
            return self.unbind(host, path.local);
        }
        let Some((index, side)) = self.streams.find(host, path) else { return };
        if let Some(stream) = self.streams.get(index) {
            stream.closed_by = Some(side);
        }
        let at = self.stream_arrival(index, side, 0);
        self.plan(at, Happening::Closed(index));
    }

    /// The other end learns that the stream is closed.
    pub(super) fn closed(&mut self, stream: usize) {
        let Some(Stream { ends, closed_by: Some(side) }) = self.streams.remove(stream) else { return };
        let End { host, wish, .. } = ends[1 - side];
        if let Some(wish) = wish {
            self.answer(host, wish, &Reply::Closed);
        }
    }

    pub(super) fn answer(&mut self, host: HostId, id: WishId, reply: &Reply) {
        let found = match reply {
            Reply::LookUp(name) => self.look_up(host, name),
            Reply::Addresses(addresses) => addresses.clone(),
            _ => Vec::new(),
        };
        let answer = match reply {
            Reply::LookUp(_) | Reply::Addresses(_) if found.is_empty() => Answer::Failed(FailCause::NotFound),
            Reply::LookUp(_) | Reply::Addresses(_) => Answer::Addresses(&found),
            Reply::Stream(index) => match self.streams.get(*index) {
                Some(stream) => Answer::Opened(stream.ends[0].path),
                None => Answer::Failed(FailCause::Unreachable),
            },
            Reply::Socket(path) => Answer::Opened(*path),
            Reply::Failed(cause) => Answer::Failed(*cause),
            Reply::Closed => Answer::Closed,
        };
        let node = &mut self.nodes[host.0];
        self.trace.said(self.now, &node.name, &answer);
        if let Some(resident) = &mut node.resident {
            resident.answer(self.now, id, answer);
            node.touched = true;
        }
    }

    /// A `.local` name is known on its own segment only (RFC 6762 §3); any other everywhere.
    fn look_up(&self, host: HostId, name: &str) -> Vec<IpAddr> {
        let name = name.to_ascii_lowercase();
        if name.ends_with(".local") {
            let segment = self.nodes[host.0].segment;
            return self.local_names.get(&(segment, name)).copied().into_iter().collect();
        }
        self.names.get(&name).cloned().unwrap_or_default()
    }
}

fn unspecified(like: SocketAddr) -> SocketAddr {
    let ip = match like {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    SocketAddr::new(ip, 0)
}
