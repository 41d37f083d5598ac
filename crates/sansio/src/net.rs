//! Where a datagram came from and where it goes.

use core::fmt;
use core::net::SocketAddr;

/// How bytes travel. A stream carries whole frames: the driver cuts and frames, a machine never sees half a one.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Transport {
    /// One payload, one datagram.
    Udp,
    /// Frames behind the 16-bit length of RFC 4571 (ICE-TCP, RFC 6544).
    TcpFramed,
    /// STUN messages and ChannelData, which tell their own length, over TCP (RFC 8656 §3.1).
    TcpTurn,
    /// The same over TLS.
    TlsTurn,
    /// STUN messages and ChannelData over DTLS (RFC 7350).
    DtlsTurn,
}

/// What a driver sends on: it finds its socket by `transport` and `local`, and the destination in `remote`.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// How.
    pub transport: Transport,
    /// Our address: the one the socket is bound to.
    pub local: SocketAddr,
    /// Theirs.
    pub remote: SocketAddr,
}

impl Path {
    /// A UDP path.
    pub const fn udp(local: SocketAddr, remote: SocketAddr) -> Self {
        Path { transport: Transport::Udp, local, remote }
    }

    /// The same path seen from its other end.
    pub const fn reversed(self) -> Self {
        Path { transport: self.transport, local: self.remote, remote: self.local }
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} -> {}", self.transport, self.local, self.remote)
    }
}

/// What a machine needs to know about the path it sends on. Given by a verb, `path_changed(now, info)`, whenever it changes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct PathInfo {
    /// The largest datagram payload, in bytes, that this machine may append in one `poll_transmit`.
    pub max_datagram: usize,
    /// The route is another one than before: estimates of its round trip and rate start anew.
    pub is_new_route: bool,
}

/// The code points of RFC 3168 §5 other than "not capable".
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Ecn {
    /// Capable, 0.
    Ect0,
    /// Capable, 1 (RFC 9331: L4S).
    Ect1,
    /// Congestion was experienced.
    Ce,
}

/// One received datagram. Mutable, because it is decrypted where it lies.
#[derive(Debug)]
pub struct Datagram<'a> {
    /// Where it came in.
    pub path: Path,
    /// Its ECN mark.
    pub ecn: Option<Ecn>,
    /// Its bytes.
    pub payload: &'a mut [u8],
}

/// Says what was just appended to the caller's buffer: exactly one datagram of `len` bytes.
///
/// There is no segment size here: batches are cut later, by [`Outbox::batch`](crate::Outbox::batch).
#[must_use]
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Transmit<R> {
    /// [`Path`] at and below ICE, `()` above.
    pub route: R,
    /// The mark to send with.
    pub ecn: Option<Ecn>,
    /// May be lost; is not batched with others and must not be fragmented (path MTU discovery).
    pub probe: bool,
    /// Bytes appended.
    pub len: usize,
}

impl<R> Transmit<R> {
    /// An ordinary datagram: no mark, no probe.
    pub const fn new(route: R, len: usize) -> Self {
        Transmit { route, ecn: None, probe: false, len }
    }

    /// The same datagram on the parent's route, `len` bytes long with the parent's headers.
    pub fn reroute<S>(self, route: S, len: usize) -> Transmit<S> {
        Transmit { route, ecn: self.ecn, probe: self.probe, len }
    }
}
