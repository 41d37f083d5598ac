//! A man in the middle who ends a protocol at machines of his own, one facing each side: what a dishonest signalling server
//! does with DTLS when it has put its own fingerprints into both descriptions.

use core::fmt;
use core::net::SocketAddr;

use limpid_sansio::{Instant, Machine};

use crate::mitm::{Injected, Mitm, Verdict};
use crate::packet::Packet;
use crate::pair::{Party, Side};

/// What passes between two hosts is swallowed and given to two machines; what they send goes on under the addresses of those
/// who believe to speak with each other.
pub struct Reterminate<A: Machine, B: Machine, W, C> {
    /// Faces the left host.
    left: Party<A>,
    /// Faces the right host.
    right: Party<B>,
    /// The addresses of the last packet from each side: from, to.
    seen: [Option<(SocketAddr, SocketAddr)>; 2],
    whose: W,
    carry: C,
}

impl<A, B, W, C> Reterminate<A, B, W, C>
where
    A: Machine<Route = ()>,
    B: Machine<Route = ()>,
    W: FnMut(&Packet) -> Option<Side>,
    C: FnMut(Instant, &mut A, &mut B),
{
    /// `whose` says which host has sent a packet; `None` lets it pass. `carry` is called after every packet and every
    /// timeout, to move what was read on one side to the other.
    pub fn new(
        whose: W,
        left: A,
        feed_left: impl FnMut(&mut A, Instant, &mut [u8]) -> Result<(), A::Error> + 'static,
        right: B,
        feed_right: impl FnMut(&mut B, Instant, &mut [u8]) -> Result<(), B::Error> + 'static,
        carry: C,
    ) -> Self {
        let (left, right) = (Party::new(left, Box::new(feed_left)), Party::new(right, Box::new(feed_right)));
        Reterminate { left, right, seen: [None; 2], whose, carry }
    }

    fn act(&mut self, now: Instant, injected: &mut Injected) {
        // Twice: the first drain may have opened what `carry` then moves.
        for _ in 0..2 {
            (self.carry)(now, &mut self.left.machine, &mut self.right.machine);
            flush(&mut self.left, self.seen[Side::Left as usize], now, injected);
            flush(&mut self.right, self.seen[Side::Right as usize], now, injected);
        }
    }
}

/// Drains a machine; what it sends goes to whom it faces, from whom that host believes to face.
fn flush<M: Machine<Route = ()>>(
    party: &mut Party<M>,
    seen: Option<(SocketAddr, SocketAddr)>,
    now: Instant,
    injected: &mut Injected,
) {
    let mut more = true;
    while more {
        more = party.drain(now, |_| ());
        for (_, bytes) in party.take_sent() {
            if let Some((host, believed)) = seen {
                injected.send(Packet::udp(believed, host, bytes));
            }
        }
    }
}

impl<A, B, W, C> Mitm for Reterminate<A, B, W, C>
where
    A: Machine<Route = ()>,
    B: Machine<Route = ()>,
    W: FnMut(&Packet) -> Option<Side>,
    C: FnMut(Instant, &mut A, &mut B),
{
    fn packet(&mut self, now: Instant, packet: &mut Packet, injected: &mut Injected) -> Verdict {
        let Some(side) = (self.whose)(packet) else { return Verdict::Forward };
        self.seen[side as usize] = Some((packet.from, packet.to));
        // The other side is told apart before it has spoken: it is who was spoken to.
        self.seen[side.other() as usize].get_or_insert((packet.to, packet.from));
        match side {
            Side::Left => self.left.receive(now, &mut packet.bytes),
            Side::Right => self.right.receive(now, &mut packet.bytes),
        }
        self.act(now, injected);
        Verdict::Drop
    }

    fn timeout(&mut self, now: Instant, injected: &mut Injected) {
        self.act(now, injected);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Instant::earliest(self.left.poll_timeout(), self.right.poll_timeout())
    }
}

impl<A: Machine, B: Machine, W, C> fmt::Debug for Reterminate<A, B, W, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reterminate")
    }
}
