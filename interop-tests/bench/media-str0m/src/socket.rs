//! A UDP socket as Limpid's driver has it: datagrams to one peer leave in one call, and come in bursts.
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use std::io::IoSliceMut;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::Duration;

pub struct Socket {
    io: UdpSocket,
    state: UdpSocketState,
    pub addr: SocketAddr,
    batch: Batch,
}

/// Datagrams for one GSO call: all as long as the first, the last perhaps shorter.
#[derive(Default)]
struct Batch {
    to: Option<SocketAddr>,
    bytes: Vec<u8>,
    segment: usize,
    count: usize,
}

impl Socket {
    pub fn bind() -> Self {
        let io = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let state = UdpSocketState::new(UdpSockRef::from(&io)).unwrap();
        for set in [UdpSocketState::set_send_buffer_size, UdpSocketState::set_recv_buffer_size] {
            set(&state, UdpSockRef::from(&io), 4 << 20).unwrap();
        }
        let addr = io.local_addr().unwrap();
        Socket { io, state, addr, batch: Batch::default() }
    }

    /// Sends it with those before it, if it fits to them; else sends those first.
    pub fn send(&mut self, to: SocketAddr, datagram: &[u8]) {
        let b = &self.batch;
        let is_open = b.bytes.len() == b.segment * b.count && b.count < self.state.max_gso_segments();
        if b.to != Some(to) || !is_open || datagram.len() > b.segment {
            self.flush();
            (self.batch.to, self.batch.segment) = (Some(to), datagram.len());
        }
        self.batch.bytes.extend_from_slice(datagram);
        self.batch.count += 1;
    }

    pub fn flush(&mut self) {
        let b = &mut self.batch;
        if let Some(destination) = b.to.take() {
            let segment_size = (b.count > 1).then_some(b.segment);
            let contents = &b.bytes;
            let transmit = Transmit { destination, ecn: None, contents, segment_size, src_ip: None };
            // What the socket does not take is lost, and shows as such.
            let _ = self.state.try_send(UdpSockRef::from(&self.io), &transmit);
        }
        b.bytes.clear();
        b.count = 0;
    }

    /// One burst, if there is any: whence, its length, and that of each datagram in it but the last.
    pub fn receive(&self, buffer: &mut [u8]) -> Option<(SocketAddr, usize, usize)> {
        let mut meta = [RecvMeta::default()];
        self.state.recv(UdpSockRef::from(&self.io), &mut [IoSliceMut::new(buffer)], &mut meta).ok()?;
        let [RecvMeta { addr, len, stride, .. }] = meta;
        Some((addr, len, stride.max(1)))
    }
}

/// Sleeps until one of them can be read, or for this time: whole milliseconds, as the timers of tokio have them.
pub fn wait<'a>(sockets: impl Iterator<Item = &'a Socket>, time: Duration) {
    let fd = |s: &Socket| libc::pollfd { fd: s.io.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut fds: Vec<_> = sockets.map(fd).collect();
    let millis = time.as_nanos().div_ceil(1_000_000) as i32;
    unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as u64, millis) };
}
