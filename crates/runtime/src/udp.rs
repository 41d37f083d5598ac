//! UDP sockets as the system can do them best: many datagrams a system call (GSO, GRO), ECN, no fragmentation, large
//! buffers of which is read back what was granted.

use std::cell::RefCell;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};

use limpid_sansio::{Batch, Datagram, Ecn, Path, Transport};
use quinn_udp::{EcnCodepoint, RecvMeta, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, SockRef, Socket as RawSocket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::interfaces;

/// The most that one GSO call carries: the largest UDP payload over IPv4, in bytes.
const MAX_GSO_BYTES: usize = 65_507;
/// Buffers for one receiving call; each takes what GRO has put together.
const RECEIVE_BUFFERS: usize = 4;
/// Bytes of one receive buffer: what GRO makes at most.
const RECEIVE_BUFFER_LEN: usize = 65_535;

/// How a port is bound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BindOptions {
    /// The addresses to bind. An unspecified one (`0.0.0.0`, `[::]`) stands for every address of this machine of that
    /// family, loopback among them. Default: both, with ports that the system chooses.
    pub addresses: Vec<SocketAddr>,
    /// Bytes to ask for as receive buffer. Default 4 MiB; the system may grant less.
    pub receive_buffer: usize,
    /// Bytes to ask for as send buffer. Default 4 MiB; the system may grant less.
    pub send_buffer: usize,
}

impl Default for BindOptions {
    fn default() -> Self {
        BindOptions {
            addresses: vec![([0, 0, 0, 0], 0).into(), (std::net::Ipv6Addr::UNSPECIFIED, 0).into()],
            receive_buffer: 4 << 20,
            send_buffer: 4 << 20,
        }
    }
}

impl BindOptions {
    /// These addresses, and the rest as by default.
    pub fn on(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        BindOptions { addresses: addresses.into_iter().collect(), ..Self::default() }
    }
}

/// What the system granted, in bytes as it reports them (Linux reports its own overhead with them: twice what is usable).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct BufferSizes {
    /// Of the socket with the smallest receive buffer.
    pub receive: usize,
    /// Of the socket with the smallest send buffer.
    pub send: usize,
}

/// What became of a batch.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Sent {
    /// The system took this many datagrams.
    Datagrams(usize),
    /// The socket's buffer is full: the same batch again, later.
    Blocked,
    /// Nobody can send this many datagrams: no such socket, no route, too large.
    Dropped(usize),
}

/// The sockets of one port: one for each local address.
#[derive(Debug)]
pub(crate) struct Sockets {
    list: Vec<Socket>,
    addresses: Vec<SocketAddr>,
    options: BindOptions,
}

#[derive(Debug)]
struct Socket {
    local: SocketAddr,
    io: UdpSocket,
    state: UdpSocketState,
}

impl Sockets {
    /// Binds what can be bound. Must be called within a tokio runtime.
    ///
    /// Errors: nothing could be bound; or an address that was named could not.
    pub(crate) fn bind(options: &BindOptions) -> io::Result<Self> {
        let mut sockets = Sockets { list: Vec::new(), addresses: Vec::new(), options: options.clone() };
        let mut last_error = None;
        for &address in &options.addresses {
            if !address.ip().is_unspecified() {
                sockets.open(address)?;
                continue;
            }
            for ip in interfaces::addresses()?.into_iter().filter(|ip| ip.is_ipv4() == address.is_ipv4()) {
                // An address may be on its way out, or still being checked for duplicates.
                last_error = sockets.open(SocketAddr::new(ip, address.port())).err().or(last_error);
            }
        }
        if sockets.list.is_empty() {
            return Err(last_error.unwrap_or(io::ErrorKind::AddrNotAvailable.into()));
        }
        sockets.addresses = sockets.list.iter().map(|socket| socket.local).collect();
        Ok(sockets)
    }

    /// The addresses that were bound, loopback last.
    pub(crate) fn local_addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What the system granted of the buffers that were asked for.
    pub(crate) fn buffer_sizes(&self) -> BufferSizes {
        let smallest = |of: fn(&SockRef<'_>) -> io::Result<usize>| {
            self.list.iter().filter_map(|socket| of(&SockRef::from(&socket.io)).ok()).min().unwrap_or(0)
        };
        BufferSizes {
            receive: smallest(|socket| socket.recv_buffer_size()),
            send: smallest(|socket| socket.send_buffer_size()),
        }
    }

    /// One more socket on the address of `like`, with a port that the system chooses. Returns where it is bound.
    pub(crate) fn bind_like(&mut self, like: SocketAddr) -> io::Result<SocketAddr> {
        self.open(SocketAddr::new(like.ip(), 0))
    }

    /// Closes the socket that is bound there.
    pub(crate) fn close(&mut self, local: SocketAddr) {
        self.list.retain(|socket| socket.local != local);
    }

    fn open(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        let raw = RawSocket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            raw.set_only_v6(true)?;
        }
        raw.set_nonblocking(true)?;
        raw.bind(&address.into())?;
        // Less than what was asked for is no fault; what was granted can be read.
        let _ = raw.set_recv_buffer_size(self.options.receive_buffer);
        let _ = raw.set_send_buffer_size(self.options.send_buffer);
        let io = UdpSocket::from_std(raw.into())?;
        let state = UdpSocketState::new(UdpSockRef::from(&io))?;
        let local = io.local_addr()?;
        self.list.push(Socket { local, io, state });
        Ok(local)
    }

    /// How many datagrams one call may carry.
    pub(crate) fn max_batch(&self) -> usize {
        self.list.iter().map(|socket| socket.state.max_gso_segments()).min().unwrap_or(1)
    }

    /// The bytes one call may carry.
    pub(crate) const fn max_batch_bytes(&self) -> usize {
        MAX_GSO_BYTES
    }

    /// Sends one batch in one call.
    pub(crate) fn send(&self, batch: &Batch<'_, Path>) -> Sent {
        let Some(socket) = self.find(&batch.route) else { return Sent::Dropped(batch.count) };
        let transmit = quinn_udp::Transmit {
            destination: batch.route.remote,
            ecn: batch.ecn.map(to_codepoint),
            contents: batch.bytes,
            segment_size: (batch.count > 1).then_some(batch.segment),
            src_ip: None,
        };
        let sent = socket
            .io
            .try_io(Interest::WRITABLE, || socket.state.try_send(UdpSockRef::from(&socket.io), &transmit));
        match sent {
            Ok(()) => Sent::Datagrams(batch.count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Sent::Blocked,
            Err(_) => Sent::Dropped(batch.count),
        }
    }

    /// Takes what has arrived at one socket, up to a few hundred datagrams, and hands them to `each` as one burst.
    /// `false`: nothing was there. The bytes lie in buffers that belong to this thread.
    pub(crate) fn receive(
        &self,
        index: usize,
        each: impl FnOnce(&mut dyn Iterator<Item = Datagram<'_>>),
    ) -> bool {
        let Some(socket) = self.list.get(index) else { return false };
        BUFFERS.with_borrow_mut(|bytes| {
            let mut metas = [RecvMeta::default(); RECEIVE_BUFFERS];
            let mut chunks = bytes.chunks_exact_mut(RECEIVE_BUFFER_LEN);
            // invariant: the buffer is exactly that many chunks long
            let mut slices: [IoSliceMut<'_>; RECEIVE_BUFFERS] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
            let received = socket.io.try_io(Interest::READABLE, || {
                socket.state.recv(UdpSockRef::from(&socket.io), &mut slices, &mut metas)
            });
            // Other errors tell of an earlier datagram that could not be delivered: ICE finds out by itself.
            let Ok(count) = received else {
                return received.is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock);
            };
            let local = socket.local;
            let mut burst = slices.iter_mut().zip(&metas).take(count).flat_map(|(slice, meta)| {
                let path = Path { transport: Transport::Udp, local, remote: unscoped(meta.addr) };
                // The control buffer of quinn-udp 0.6.3 has no room for the mark of datagrams that GRO has put together:
                // it is only known of those that came alone.
                let ecn = meta.ecn.map(from_codepoint);
                let len = meta.len.min(RECEIVE_BUFFER_LEN);
                let segments = slice[..len].chunks_mut(meta.stride.max(1));
                segments.map(move |payload| Datagram { path, ecn, payload })
            });
            each(&mut burst);
            true
        })
    }

    /// How many sockets there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Until one of them has something to read.
    pub(crate) async fn readable(&self) {
        std::future::poll_fn(|context| self.any(context, UdpSocket::poll_recv_ready)).await;
    }

    /// Until the socket of this path can take more.
    pub(crate) async fn writable(&self, path: Path) {
        std::future::poll_fn(|context| match self.find(&path) {
            Some(socket) => socket.io.poll_send_ready(context).map(drop),
            None => Poll::Ready(()),
        })
        .await;
    }

    fn any(
        &self,
        context: &mut Context<'_>,
        ready: fn(&UdpSocket, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<()> {
        // All are asked, so that all remember whom to wake.
        let asked = self.list.iter().map(|socket| ready(&socket.io, context).is_ready());
        if asked.fold(false, |any, one| any | one) { Poll::Ready(()) } else { Poll::Pending }
    }

    fn find(&self, path: &Path) -> Option<&Socket> {
        let udp = path.transport == Transport::Udp;
        self.list.iter().find(|socket| udp && socket.local == path.local)
    }
}

thread_local! {
    /// Receive buffers belong to the thread: connections come in hundreds, threads do not. Pages are touched when used.
    static BUFFERS: RefCell<Vec<u8>> = RefCell::new(vec![0; RECEIVE_BUFFERS * RECEIVE_BUFFER_LEN]);
}

/// Addresses are compared: flow labels and the scopes of addresses that need none must not make two of one.
fn unscoped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => address,
        ip => SocketAddr::new(ip, address.port()),
    }
}

const fn to_codepoint(ecn: Ecn) -> EcnCodepoint {
    match ecn {
        Ecn::Ect0 => EcnCodepoint::Ect0,
        Ecn::Ect1 => EcnCodepoint::Ect1,
        Ecn::Ce => EcnCodepoint::Ce,
    }
}

const fn from_codepoint(codepoint: EcnCodepoint) -> Ecn {
    match codepoint {
        EcnCodepoint::Ect0 => Ecn::Ect0,
        EcnCodepoint::Ect1 => Ecn::Ect1,
        EcnCodepoint::Ce => Ecn::Ce,
    }
}

#[cfg(test)]
mod tests;
