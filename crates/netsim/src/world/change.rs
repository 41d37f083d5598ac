//! Changing a world that runs: addresses, NATs, plans, forged packets, commands.

use core::net::IpAddr;
use core::time::Duration;

use limpid_sansio::{Instant, Machine};

use super::{Handle, Happening, HostId, World};
use crate::nat::Nat;
use crate::packet::Packet;
use crate::topology::SegmentId;

impl World {
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
}
