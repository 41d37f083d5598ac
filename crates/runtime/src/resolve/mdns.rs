//! The sockets of multicast DNS: port 5353, shared with every other program on this machine, on every interface. RFC 6762 §15.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::task::Poll;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

use super::Found;
use super::node::{Node, Output, PORT};
use crate::clock::Clock;

const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
/// The largest packet. RFC 6762 §17.
const MAX_PACKET: usize = 9000;

/// A running participant. When it is dropped, its names are taken back.
#[derive(Debug)]
pub(super) struct Mdns {
    commands: mpsc::UnboundedSender<Command>,
}

#[derive(Debug)]
enum Command {
    Resolve(String, oneshot::Sender<Found>),
    Publish(String, IpAddr),
}

impl Mdns {
    /// Binds and starts a task of this runtime. Errors: neither IPv4 nor IPv6 multicast can be had.
    pub(super) fn start() -> io::Result<Self> {
        let (commands, receiver) = mpsc::unbounded_channel();
        let sockets = Multicast::open()?;
        tokio::spawn(run(sockets, receiver));
        Ok(Mdns { commands })
    }

    /// Asks the network. The answer comes within five seconds.
    pub(super) fn resolve(&self, name: String) -> oneshot::Receiver<Found> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.commands.send(Command::Resolve(name, sender));
        receiver
    }

    /// Answers for this name from now on. `false`: nobody does the work.
    pub(super) fn publish(&self, name: String, ip: IpAddr) -> bool {
        self.commands.send(Command::Publish(name, ip)).is_ok()
    }
}

/// What happened.
enum Woken {
    Command(Option<Command>),
    Packet(usize, SocketAddr),
    Nothing,
}

async fn run(sockets: Multicast, mut commands: mpsc::UnboundedReceiver<Command>) {
    let clock = Clock::start();
    let mut node = Node::default();
    let mut waiting: HashMap<u64, oneshot::Sender<Found>> = HashMap::new();
    let mut next_id = 0;
    let mut buffer = vec![0; MAX_PACKET];
    loop {
        while let Some(output) = node.poll_output() {
            match output {
                Output::Multicast(bytes) => sockets.multicast(&bytes),
                Output::Unicast(to, bytes) => sockets.unicast(to, &bytes),
                Output::Found(id, found) => drop(waiting.remove(&id).map(|waiter| waiter.send(found))),
            }
        }
        let deadline = node.poll_timeout().map(|at| clock.deadline(at));
        let woken = wait(&sockets, &mut commands, deadline, &mut buffer).await;
        let now = clock.now();
        match woken {
            Woken::Command(Some(Command::Resolve(name, waiter))) => {
                next_id += 1;
                waiting.insert(next_id, waiter);
                node.ask(now, next_id, name);
            }
            Woken::Command(Some(Command::Publish(name, ip))) => drop(node.publish(now, name, ip)),
            Woken::Command(None) => {
                node.leave();
                while let Some(Output::Multicast(bytes)) = node.poll_output() {
                    sockets.multicast(&bytes);
                }
                return;
            }
            Woken::Packet(len, from) => node.handle_input(now, from, &buffer[..len]),
            Woken::Nothing => {}
        }
        node.handle_timeout(now);
    }
}

async fn wait(
    sockets: &Multicast,
    commands: &mut mpsc::UnboundedReceiver<Command>,
    deadline: Option<tokio::time::Instant>,
    buffer: &mut [u8],
) -> Woken {
    let mut sleep = pin!(deadline.map(|at| Box::pin(tokio::time::sleep_until(at))));
    std::future::poll_fn(|context| {
        if let Poll::Ready(command) = commands.poll_recv(context) {
            return Poll::Ready(Woken::Command(command));
        }
        for socket in [&sockets.v4, &sockets.v6].into_iter().flatten() {
            let mut read = ReadBuf::new(buffer);
            if let Poll::Ready(Ok(from)) = socket.io.poll_recv_from(context, &mut read) {
                return Poll::Ready(Woken::Packet(read.filled().len(), from));
            }
        }
        match sleep.as_mut().as_pin_mut() {
            Some(sleep) => sleep.poll(context).map(|()| Woken::Nothing),
            None => Poll::Pending,
        }
    })
    .await
}

/// A socket of one family, and the interfaces on which it speaks.
#[derive(Debug)]
struct Speaker {
    io: UdpSocket,
    interfaces: Vec<Interface>,
}

#[derive(Debug)]
struct Multicast {
    v4: Option<Speaker>,
    v6: Option<Speaker>,
}

/// How the system is told which way to send.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Interface {
    /// By the address that it has.
    V4(Ipv4Addr),
    /// By its number.
    V6(u32),
}

impl Multicast {
    fn open() -> io::Result<Self> {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for interface in if_addrs::get_if_addrs()? {
            match (interface.ip(), interface.index) {
                (IpAddr::V4(ip), _) => v4.push(Interface::V4(ip)),
                (IpAddr::V6(_), Some(index)) if !v6.contains(&Interface::V6(index)) => {
                    v6.push(Interface::V6(index))
                }
                _ => {}
            }
        }
        let opened = (
            Speaker::open((Ipv4Addr::UNSPECIFIED, PORT).into(), v4),
            Speaker::open((Ipv6Addr::UNSPECIFIED, PORT).into(), v6),
        );
        match opened {
            (Err(error), Err(_)) => Err(error),
            (v4, v6) => Ok(Multicast { v4: v4.ok(), v6: v6.ok() }),
        }
    }

    /// On every interface. What can not be sent is lost, as on any network.
    fn multicast(&self, bytes: &[u8]) {
        for (speaker, group) in [(&self.v4, IpAddr::from(GROUP_V4)), (&self.v6, IpAddr::from(GROUP_V6))] {
            let Some(speaker) = speaker else { continue };
            for interface in &speaker.interfaces {
                if interface.choose(&speaker.io).is_ok() {
                    let _ = speaker.io.try_send_to(bytes, SocketAddr::new(group, PORT));
                }
            }
        }
    }

    fn unicast(&self, to: SocketAddr, bytes: &[u8]) {
        let speaker = if to.is_ipv4() { &self.v4 } else { &self.v6 };
        if let Some(speaker) = speaker {
            let _ = speaker.io.try_send_to(bytes, to);
        }
    }
}

impl Speaker {
    /// Errors: the port can not be shared, or no interface lets us join the group.
    fn open(address: SocketAddr, interfaces: Vec<Interface>) -> io::Result<Self> {
        let raw = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        raw.set_reuse_address(true)?;
        #[cfg(unix)]
        raw.set_reuse_port(true)?;
        if address.is_ipv6() {
            raw.set_only_v6(true)?;
            raw.set_multicast_loop_v6(true)?;
            raw.set_multicast_hops_v6(255)?;
        } else {
            raw.set_multicast_loop_v4(true)?;
            raw.set_multicast_ttl_v4(255)?;
        }
        raw.set_nonblocking(true)?;
        raw.bind(&address.into())?;
        let interfaces: Vec<_> = interfaces.into_iter().filter(|one| one.join(&raw).is_ok()).collect();
        if interfaces.is_empty() {
            return Err(io::ErrorKind::AddrNotAvailable.into());
        }
        Ok(Speaker { io: UdpSocket::from_std(raw.into())?, interfaces })
    }
}

impl Interface {
    fn join(self, socket: &Socket) -> io::Result<()> {
        match self {
            Interface::V4(ip) => socket.join_multicast_v4(&GROUP_V4, &ip),
            Interface::V6(index) => socket.join_multicast_v6(&GROUP_V6, index),
        }
    }

    /// The next multicast leaves here.
    fn choose(self, io: &UdpSocket) -> io::Result<()> {
        match self {
            Interface::V4(ip) => SockRef::from(io).set_multicast_if_v4(&ip),
            Interface::V6(index) => SockRef::from(io).set_multicast_if_v6(index),
        }
    }
}
