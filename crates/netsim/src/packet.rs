//! What travels, and why it may not arrive.

use core::fmt;
use core::net::SocketAddr;

use limpid_sansio::{Ecn, Transport};

/// One datagram (or one frame of a stream) on its way.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    /// How it travels.
    pub transport: Transport,
    /// Whence, as it looks at this point of the network: behind a NAT the translated address.
    pub from: SocketAddr,
    /// Whereto.
    pub to: SocketAddr,
    /// Its mark.
    pub ecn: Option<Ecn>,
    /// Its payload.
    pub bytes: Vec<u8>,
}

impl Packet {
    /// A UDP datagram.
    pub fn udp(from: SocketAddr, to: SocketAddr, bytes: impl Into<Vec<u8>>) -> Self {
        Packet { transport: Transport::Udp, from, to, ecn: None, bytes: bytes.into() }
    }

    /// The bytes that it takes on an IP link: payload, UDP header (8), IP header (20 or 40; RFC 791, RFC 8200).
    pub fn wire_len(&self) -> usize {
        self.bytes.len() + 8 + if self.to.is_ipv4() { 20 } else { 40 }
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} > {} {} bytes", self.transport, self.from, self.to, self.bytes.len())
    }
}

/// Why a packet did not arrive.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum DropCause {
    /// Lost on a link, independently of others.
    Loss,
    /// Lost on a link in its bad state.
    Burst,
    /// The queue before a slow link was full.
    QueueFull,
    /// Larger than the link's MTU.
    TooBig,
    /// Nobody has this address here.
    NoRoute,
    /// The host has no such socket.
    NoSocket,
    /// No mapping, or the NAT's filter said no.
    Filtered,
    /// A firewall lets no UDP through.
    Blocked,
    /// The script said so.
    Script,
    /// The man in the middle said so.
    Mitm,
    /// The address was taken down.
    Down,
}

impl fmt::Display for DropCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DropCause::Loss => "lost",
            DropCause::Burst => "lost in a burst",
            DropCause::QueueFull => "queue full",
            DropCause::TooBig => "too big",
            DropCause::NoRoute => "no route",
            DropCause::NoSocket => "no socket",
            DropCause::Filtered => "filtered",
            DropCause::Blocked => "blocked",
            DropCause::Script => "by script",
            DropCause::Mitm => "by the man in the middle",
            DropCause::Down => "address is down",
        })
    }
}
