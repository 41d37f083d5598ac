//! The way of a packet: out of a host, up its link, over segments and NATs, down a link, into a host.

use core::time::Duration;

use limpid_sansio::{Datagram, Path, Transport};

use super::{Happening, HostId, World};
use crate::mitm::{Injected, Mitm, Verdict};
use crate::nat::Space;
use crate::packet::{DropCause, Packet};
use crate::topology::{SegmentId, Step};

impl World {
    /// From a host to itself. Not zero, so that a host that talks to itself does not stop the clock.
    const LOOPBACK: Duration = Duration::from_micros(20);
    /// NATs behind NATs; more is a loop.
    const MAX_HOPS: usize = 16;
    /// TCP and IPv4 headers.
    const STREAM_OVERHEAD: usize = 40;

    /// Sends what waits in the outbox, in the batches in which a driver would.
    pub(super) fn flush(&mut self, host: HostId) {
        let node = &mut self.nodes[host.0];
        let mut packets = Vec::with_capacity(node.outbox.len());
        while let Some(batch) = node.outbox.batch(World::BATCH.0, World::BATCH.1) {
            for bytes in batch.bytes.chunks(batch.segment) {
                packets.push((batch.route, batch.ecn, bytes.to_vec()));
            }
            node.sent.batches += 1;
            node.sent.bytes += batch.bytes.len() as u64;
            node.sent.packets += batch.count as u64;
            let count = batch.count;
            node.outbox.advance(count);
        }
        for (Path { transport, local, remote }, ecn, bytes) in packets {
            self.leave(host, Packet { transport, from: local, to: remote, ecn, bytes });
        }
    }

    fn leave(&mut self, host: HostId, mut packet: Packet) {
        self.trace.sent(self.now, &self.nodes[host.0].name, &packet);
        if packet.transport != Transport::Udp {
            return self.send_frame(host, packet);
        }
        let mut injected = Injected::default();
        for index in 0..self.script.len() {
            let verdict = self.script[index].packet(self.now, &mut packet, &mut injected);
            if verdict != Verdict::Forward {
                self.plan_leaving(host, injected);
                return match verdict {
                    Verdict::Hold(time) => self.plan(self.now + time, Happening::Leave(host, packet)),
                    _ => self.drop_packet(DropCause::Script, &packet),
                };
            }
        }
        self.uplink(host, packet);
        self.plan_leaving(host, injected);
    }

    fn plan_leaving(&mut self, host: HostId, injected: Injected) {
        for (delay, packet) in injected.0 {
            self.plan(self.now + delay, Happening::Leave(host, packet));
        }
    }

    /// Up the link of its host; scripts have seen it.
    pub(super) fn uplink(&mut self, host: HostId, packet: Packet) {
        let node = &mut self.nodes[host.0];
        let ip = packet.from.ip();
        if !node.sockets.contains(&(Space::Udp, packet.from)) {
            return self.drop_packet(DropCause::NoSocket, &packet);
        }
        if node.addresses.get(&ip) == Some(&false) {
            return self.drop_packet(DropCause::Down, &packet);
        }
        if packet.to.ip().is_loopback() || node.addresses.contains_key(&packet.to.ip()) {
            return self.plan(self.now + World::LOOPBACK, Happening::Arrive(host, packet));
        }
        if ip.is_loopback() {
            return self.drop_packet(DropCause::NoRoute, &packet);
        }
        let segment = node.segment;
        match node.up.carry(self.now, packet.wire_len()) {
            Ok(arrivals) => {
                for at in arrivals.second.into_iter().chain([arrivals.first]) {
                    let packet = packet.clone();
                    self.plan(at, Happening::Enter { segment, packet, shown: false });
                }
            }
            Err(cause) => self.drop_packet(cause, &packet),
        }
    }

    /// From segment to segment, until before the door of a host.
    pub(super) fn travel(&mut self, mut segment: SegmentId, mut packet: Packet, mut shown: bool) {
        for _ in 0..World::MAX_HOPS {
            if !shown {
                let Some(passed) = self.show(segment, packet) else { return };
                packet = passed;
            }
            match self.topology.step(self.now, Space::Udp, segment, packet.from, packet.to) {
                Ok(Step::Host(host)) => return self.downlink(host, &packet),
                Ok(Step::On { segment: next, from, to }) => {
                    shown = next == segment;
                    (segment, packet.from, packet.to) = (next, from, to);
                }
                Err(cause) => return self.drop_packet(cause, &packet),
            }
        }
        self.drop_packet(DropCause::NoRoute, &packet);
    }

    /// Shows a packet to those who stand on the segment; what passes comes back.
    fn show(&mut self, segment: SegmentId, mut packet: Packet) -> Option<Packet> {
        let mut injected = Injected::default();
        let mut verdict = Verdict::Forward;
        for man in &mut self.topology.segment(segment).between {
            verdict = man.packet(self.now, &mut packet, &mut injected);
            if verdict != Verdict::Forward {
                break;
            }
        }
        self.plan_injected(segment, injected);
        match verdict {
            Verdict::Forward => return Some(packet),
            Verdict::Drop => self.drop_packet(DropCause::Mitm, &packet),
            Verdict::Hold(time) => {
                self.plan(self.now + time, Happening::Enter { segment, packet, shown: true });
            }
        }
        None
    }

    /// The time that a man in the middle asked for has come.
    pub(super) fn between(&mut self, segment: SegmentId) {
        let (now, mut injected) = (self.now, Injected::default());
        self.topology.segment(segment).wake = None;
        for man in &mut self.topology.segment(segment).between {
            if man.poll_timeout().is_some_and(|at| at <= now) {
                man.timeout(now, &mut injected);
            }
        }
        self.plan_injected(segment, injected);
    }

    fn plan_injected(&mut self, segment: SegmentId, injected: Injected) {
        for (delay, packet) in injected.0 {
            self.plan(self.now + delay, Happening::Enter { segment, packet, shown: true });
        }
        self.wake_between(segment);
    }

    /// Plans the next call of those who stand on a segment. A stale one is harmless: `between` asks who is due.
    pub(super) fn wake_between(&mut self, segment: SegmentId) {
        let place = self.topology.segment(segment);
        let wanted = place.between.iter().filter_map(|man| man.poll_timeout()).min();
        if wanted != place.wake {
            place.wake = wanted;
            if let Some(at) = wanted {
                self.plan(at, Happening::Between(segment));
            }
        }
    }

    fn downlink(&mut self, host: HostId, packet: &Packet) {
        match self.nodes[host.0].down.carry(self.now, packet.wire_len()) {
            Ok(arrivals) => {
                for at in arrivals.second.into_iter().chain([arrivals.first]) {
                    self.plan(at, Happening::Arrive(host, packet.clone()));
                }
            }
            Err(cause) => self.drop_packet(cause, packet),
        }
    }

    pub(super) fn arrive(&mut self, host: HostId, mut packet: Packet) {
        let node = &mut self.nodes[host.0];
        if node.addresses.get(&packet.to.ip()) == Some(&false) {
            return self.drop_packet(DropCause::Down, &packet);
        }
        if !node.sockets.contains(&(Space::Udp, packet.to)) || node.resident.is_none() {
            return self.drop_packet(DropCause::NoSocket, &packet);
        }
        self.trace.arrived(self.now, &node.name, &packet);
        let path = Path::udp(packet.to, packet.from);
        self.receive(host, Datagram { path, ecn: packet.ecn, payload: &mut packet.bytes });
    }

    fn receive(&mut self, host: HostId, datagram: Datagram<'_>) {
        let node = &mut self.nodes[host.0];
        if let Some(resident) = &mut node.resident {
            resident.receive(self.now, datagram);
            node.touched = true;
        }
        if self.one_by_one {
            self.drain(host);
        }
    }

    fn send_frame(&mut self, host: HostId, packet: Packet) {
        let path = Path { transport: packet.transport, local: packet.from, remote: packet.to };
        let Some((index, side)) = self.streams.find(host, path) else {
            return self.drop_packet(DropCause::NoSocket, &packet);
        };
        let at = self.stream_arrival(index, side, packet.bytes.len());
        let happening = Happening::Frame { stream: index, end: 1 - side, bytes: packet.bytes };
        self.plan(at, happening);
    }

    /// When something that this side of a stream sends now reaches the other, behind all that was sent before.
    pub(super) fn stream_arrival(&mut self, index: usize, side: usize, len: usize) -> limpid_sansio::Instant {
        let Some(stream) = self.streams.get(index) else { return self.now };
        let [from, to] = [side, 1 - side].map(|side| stream.ends[side].host);
        let up = self.nodes[from.0].up.carry_stream(self.now, len + World::STREAM_OVERHEAD);
        let at = self.nodes[to.0].down.carry_stream(up, len + World::STREAM_OVERHEAD);
        let last = &mut stream.ends[1 - side].last_arrival;
        *last = (*last).max(at);
        *last
    }

    pub(super) fn frame(&mut self, stream: usize, end: usize, mut bytes: Vec<u8>) {
        let open = self.streams.get(stream).filter(|stream| stream.closed_by != Some(end));
        let Some(end) = open.map(|stream| stream.ends[end]) else { return };
        let packet = Packet {
            transport: end.path.transport,
            from: end.path.remote,
            to: end.path.local,
            ecn: None,
            bytes: core::mem::take(&mut bytes),
        };
        self.trace.arrived(self.now, &self.nodes[end.host.0].name, &packet);
        let mut bytes = packet.bytes;
        self.receive(end.host, Datagram { path: end.path, ecn: None, payload: &mut bytes });
    }

    pub(super) fn drop_packet(&mut self, cause: DropCause, packet: &Packet) {
        *self.drops.entry(cause).or_default() += 1;
        self.trace.dropped(self.now, cause, packet);
    }
}
