//! Whoever stands between: sees every packet that enters a segment and may drop, alter, hold, replay or invent some.

use core::time::Duration;

use limpid_sansio::Instant;

use crate::packet::Packet;

/// What becomes of a packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Goes on, as it is now.
    Forward,
    /// Vanishes.
    Drop,
    /// Goes on this much later.
    Hold(Duration),
}

/// Packets that somebody puts on the wire, each after a while, with whatever source address he likes.
#[derive(Debug, Default)]
pub struct Injected(pub(crate) Vec<(Duration, Packet)>);

impl Injected {
    /// Puts a packet on the wire now.
    pub fn send(&mut self, packet: Packet) {
        self.0.push((Duration::ZERO, packet));
    }

    /// Puts a packet on the wire after `delay`.
    pub fn send_later(&mut self, delay: Duration, packet: Packet) {
        self.0.push((delay, packet));
    }
}

/// A man in the middle. Stands on one segment ([`World::stand_between`](crate::World::stand_between)); what he injects is
/// not shown to him again.
///
/// Any closure `FnMut(Instant, &mut Packet, &mut Injected) -> Verdict` is one.
pub trait Mitm {
    /// A packet passes. It may be altered in place.
    fn packet(&mut self, now: Instant, packet: &mut Packet, injected: &mut Injected) -> Verdict;

    /// The time of `poll_timeout` has come.
    fn timeout(&mut self, _now: Instant, _injected: &mut Injected) {}

    /// When to be called without a packet.
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

impl<F: FnMut(Instant, &mut Packet, &mut Injected) -> Verdict> Mitm for F {
    fn packet(&mut self, now: Instant, packet: &mut Packet, injected: &mut Injected) -> Verdict {
        self(now, packet, injected)
    }
}
