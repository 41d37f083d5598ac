//! Who is where: segments, the NATs between them, and the way from an address to whoever has it.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

use limpid_sansio::Instant;

use crate::mitm::Mitm;
use crate::nat::{Nat, Space};
use crate::packet::DropCause;
use crate::world::HostId;

/// A network on which addresses are reached without translation: the public one, or one behind a NAT.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentId(pub(crate) usize);

/// The next step towards an address.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Hop {
    Host(HostId),
    /// Through the NAT of this segment, inwards.
    Inside(SegmentId),
}

pub(crate) struct Segment {
    /// The way out: a NAT, and the segment on its other side.
    pub(crate) gateway: Option<(Nat, SegmentId)>,
    pub(crate) between: Vec<Box<dyn Mitm>>,
    /// When those who stand here are called next.
    pub(crate) wake: Option<Instant>,
    hops: BTreeMap<IpAddr, Hop>,
}

/// Where a packet is after one step.
pub(crate) enum Step {
    /// Before the door of this host.
    Host(HostId),
    /// On another segment, with these addresses.
    On { segment: SegmentId, from: SocketAddr, to: SocketAddr },
}

/// All segments; the first is the public one.
pub(crate) struct Topology(Vec<Segment>);

impl Topology {
    pub(crate) fn new() -> Self {
        Topology(vec![Segment { gateway: None, between: Vec::new(), wake: None, hops: BTreeMap::new() }])
    }

    pub(crate) fn segment(&mut self, id: SegmentId) -> &mut Segment {
        &mut self.0[id.0]
    }

    pub(crate) fn add_nat(&mut self, parent: SegmentId, nat: Nat, outside: &[IpAddr]) -> SegmentId {
        let id = SegmentId(self.0.len());
        self.0.push(Segment {
            gateway: Some((nat, parent)),
            between: Vec::new(),
            wake: None,
            hops: BTreeMap::new(),
        });
        for ip in outside {
            self.claim(parent, *ip, Hop::Inside(id));
        }
        id
    }

    pub(crate) fn add_host(&mut self, segment: SegmentId, host: HostId, ip: IpAddr) {
        if !ip.is_loopback() {
            self.claim(segment, ip, Hop::Host(host));
        }
    }

    /// Enters the way to `ip` here, and outside of every NAT that does not translate it.
    fn claim(&mut self, mut segment: SegmentId, ip: IpAddr, mut hop: Hop) {
        loop {
            let old = self.0[segment.0].hops.insert(ip, hop);
            assert!(old.is_none(), "two hosts or NATs claim {ip} on one segment");
            // Private addresses of IPv4 are never routed outside; IPv6 goes untranslated through a router that has none.
            match &self.0[segment.0].gateway {
                Some((nat, parent)) if ip.is_ipv6() && !nat.translates_ipv6() => {
                    (hop, segment) = (Hop::Inside(segment), *parent);
                }
                _ => return,
            }
        }
    }

    /// One step of a packet that is on `segment`.
    pub(crate) fn step(
        &mut self,
        now: Instant,
        space: Space,
        segment: SegmentId,
        from: SocketAddr,
        to: SocketAddr,
    ) -> Result<Step, DropCause> {
        match self.0[segment.0].hops.get(&to.ip()).copied() {
            Some(Hop::Host(host)) => Ok(Step::Host(host)),
            Some(Hop::Inside(inside)) => {
                let (nat, _) = self.0[inside.0].gateway.as_mut().ok_or(DropCause::NoRoute)?;
                let to = inbound(nat, now, space, from, to)?;
                Ok(Step::On { segment: inside, from, to })
            }
            None => {
                let (nat, parent) = self.0[segment.0].gateway.as_mut().ok_or(DropCause::NoRoute)?;
                let outside = match space {
                    Space::Udp => nat.outbound(now, from, to)?,
                    Space::Tcp => nat.translate(now, space, from, to),
                };
                if !nat.owns(to.ip()) {
                    return Ok(Step::On { segment: *parent, from: outside, to });
                }
                if !nat.config().hairpinning {
                    return Err(DropCause::Filtered);
                }
                // RFC 4787 REQ-9: the other inside host sees the outside address of this one.
                let to = inbound(nat, now, space, outside, to)?;
                Ok(Step::On { segment, from: outside, to })
            }
        }
    }
}

fn inbound(
    nat: &mut Nat,
    now: Instant,
    space: Space,
    from: SocketAddr,
    to: SocketAddr,
) -> Result<SocketAddr, DropCause> {
    match space {
        Space::Udp => nat.inbound(now, from, to),
        Space::Tcp => nat.admit(now, space, from, to).ok_or(DropCause::Filtered),
    }
}
