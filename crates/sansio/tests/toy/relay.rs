//! Stands for TURN: a client that wraps datagrams for a server which it reaches by a stream, and that server.
//!
//! Frames: `[1]` allocate, `[2, port, ip]` allocated, `[3, port, ip, data…]` data to or from that address.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use limpid_sansio::{
    Answer, Datagram, Driven, Instant, Machine, Path, Transmit, Transport, Wish, WishId, WishKind,
};

const ALLOCATE: u8 = 1;
const ALLOCATED: u8 = 2;
const DATA: u8 = 3;
/// Kind, port, IPv4 address.
pub(crate) const HEADER: usize = 7;

fn head(kind: u8, address: SocketAddr) -> [u8; HEADER] {
    let IpAddr::V4(ip) = address.ip() else { panic!("toys speak IPv4") };
    let [p, q] = address.port().to_be_bytes();
    let [a, b, c, d] = ip.octets();
    [kind, p, q, a, b, c, d]
}

fn parse(frame: &[u8]) -> Option<(u8, SocketAddr)> {
    let [kind, p, q, a, b, c, d, ..] = *frame else { return None };
    Some((kind, SocketAddr::from(([a, b, c, d], u16::from_be_bytes([p, q])))))
}

/// What the client says.
#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    /// The server lends us this address.
    Allocated(SocketAddr),
}

/// The client: a machine that turns frames into datagrams on other paths.
#[derive(Debug)]
pub(crate) struct Relay {
    stream: Path,
    asked: bool,
    relayed: Option<SocketAddr>,
    told: bool,
    pub(crate) dropped: u64,
}

impl Relay {
    pub(crate) fn new(stream: Path) -> Self {
        Relay { stream, asked: false, relayed: None, told: false, dropped: 0 }
    }

    pub(crate) fn stream(&self) -> Path {
        self.stream
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.relayed.is_some()
    }

    /// The outermost header; what is appended next goes to `remote`. Streams carry whole frames, so no length is needed.
    pub(crate) fn begin(&self, out: &mut Vec<u8>, remote: SocketAddr) {
        out.extend_from_slice(&head(DATA, remote));
    }
}

impl Machine for Relay {
    type Input<'a> = Datagram<'a>;
    /// The datagram inside, on the path that its sender believes in.
    type Yield<'a> = Option<Datagram<'a>>;
    type Route = Path;
    type Event = Event;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        _: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        match (parse(input.payload), self.relayed) {
            (Some((ALLOCATED, relayed)), None) => self.relayed = Some(relayed),
            (Some((DATA, remote)), Some(relayed)) => {
                let payload = &mut input.payload[HEADER..];
                return Ok(Some(Datagram { path: Path::udp(relayed, remote), ecn: input.ecn, payload }));
            }
            _ => self.dropped += 1,
        }
        Ok(None)
    }
    fn handle_timeout(&mut self, _: Instant) -> Result<(), Infallible> {
        Ok(())
    }
    fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        if std::mem::replace(&mut self.asked, true) {
            return None;
        }
        out.push(ALLOCATE);
        Some(Transmit::new(self.stream, 1))
    }
    fn poll_event(&mut self) -> Option<Event> {
        let relayed = self.relayed.filter(|_| !self.told)?;
        self.told = true;
        Some(Event::Allocated(relayed))
    }
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

/// The server: asks its driver for a socket per client, and wraps and unwraps between the two.
#[derive(Debug)]
pub(crate) struct RelayServer {
    address: SocketAddr,
    wishes: Vec<Wish>,
    waiting: BTreeMap<WishId, Path>,
    clients: BTreeMap<SocketAddr, Path>,
    out: Vec<(Path, Vec<u8>)>,
}

impl RelayServer {
    pub(crate) fn new(address: SocketAddr) -> Self {
        RelayServer {
            address,
            wishes: vec![],
            waiting: BTreeMap::new(),
            clients: BTreeMap::new(),
            out: vec![],
        }
    }
}

impl Machine for RelayServer {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = ();
    type Route = Path;
    type Event = Infallible;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        _: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        let path = input.path;
        if path.transport == Transport::Udp {
            if let Some(client) = self.clients.get(&path.local) {
                let frame = [&head(DATA, path.remote)[..], input.payload].concat();
                self.out.push((*client, frame));
            }
        } else if *input.payload == [ALLOCATE] {
            let id = WishId(path.remote.port().into());
            self.wishes.push(Wish { id, kind: WishKind::Bind(self.address) });
            self.waiting.insert(id, path);
        } else if let Some((DATA, remote)) = parse(input.payload) {
            let lent = self.clients.iter().find(|(_, client)| **client == path);
            if let Some((relayed, _)) = lent {
                self.out.push((Path::udp(*relayed, remote), input.payload[HEADER..].to_vec()));
            }
        }
        Ok(())
    }
    fn handle_timeout(&mut self, _: Instant) -> Result<(), Infallible> {
        Ok(())
    }
    fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        if self.out.is_empty() {
            return None;
        }
        let (path, bytes) = self.out.remove(0);
        out.extend_from_slice(&bytes);
        Some(Transmit::new(path, bytes.len()))
    }
    fn poll_event(&mut self) -> Option<Infallible> {
        None
    }
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

impl Driven for RelayServer {
    fn poll_wish(&mut self) -> Option<Wish> {
        self.wishes.pop()
    }
    fn handle_answer(&mut self, _: Instant, id: WishId, answer: Answer<'_>) {
        if let (Answer::Opened(socket), Some(client)) = (answer, self.waiting.remove(&id)) {
            self.clients.insert(socket.local, client);
            self.out.push((client, head(ALLOCATED, socket.local).to_vec()));
        }
    }
}
