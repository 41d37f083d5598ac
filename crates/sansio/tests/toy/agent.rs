//! Stands for ICE: an agent with two paths, one direct and one through a relay that it owns.
//!
//! Checks: `[0, b'?', path]`, answered by `[0, b'!', path]`. Everything that does not start with 0 is payload.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use limpid_sansio::{
    Answer, Datagram, Driven, Instant, Machine, Path, PathInfo, Timers, Transmit, Transport, Wish, WishId,
    WishKind,
};

use super::relay::{self, Relay};

/// Names a path for the floors above; only the agent knows what is behind it. The better one is smaller.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct PathId(pub usize);

pub(crate) const DIRECT: PathId = PathId(0);
pub(crate) const RELAYED: PathId = PathId(1);

#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    /// Data may flow here from now on.
    PathChosen { path: PathId, info: PathInfo },
    /// No path is left.
    Disconnected,
}

/// What is left of a datagram.
#[derive(Debug)]
pub(crate) enum Yield<'a> {
    Done,
    Payload(PathId, &'a mut [u8]),
}

#[derive(Copy, Clone, PartialEq, Debug)]
enum Timer {
    Check,
}

/// How a datagram travels.
#[derive(Copy, Clone, PartialEq, Debug)]
enum Via {
    Socket,
    OurRelay,
}

/// A check or an answer that is due.
#[derive(Copy, Clone, Debug)]
struct Due {
    via: Via,
    to: SocketAddr,
    what: u8,
    path: PathId,
}

/// An outer header that waits for its content.
#[must_use]
#[derive(Debug)]
pub(crate) struct Wrapped {
    start: usize,
    route: Path,
}

const RESOLVE: WishId = WishId(1);
const OPEN: WishId = WishId(2);

#[derive(Debug)]
pub(crate) struct Agent {
    local: SocketAddr,
    remote: Option<SocketAddr>,
    remote_port: u16,
    /// Ours, once its stream is open.
    relay: Option<Relay>,
    /// Where the other side's relay lends an address, learned from its checks.
    their_relay: Option<SocketAddr>,
    wishes: VecDeque<Wish>,
    /// When each path was last answered.
    answered: [Option<Instant>; 2],
    chosen: Option<PathId>,
    due: VecDeque<Due>,
    events: VecDeque<Event>,
    timers: Timers<Timer, 1>,
    pub(crate) dropped: u64,
}

impl Agent {
    const MTU: usize = 1200;
    const CHECK_EVERY: Duration = Duration::from_millis(50);
    /// Ten checks unanswered.
    const PATIENCE: Duration = Duration::from_millis(500);

    /// Looks for the other side under a name, and for a relay if there is one.
    pub(crate) fn new(local: SocketAddr, remote: &str, remote_port: u16, relay: Option<SocketAddr>) -> Self {
        let resolve = Wish { id: RESOLVE, kind: WishKind::Resolve(remote.into()) };
        let open = relay.map(|remote| WishKind::Open { transport: Transport::TcpTurn, remote });
        Agent {
            local,
            remote: None,
            remote_port,
            relay: None,
            their_relay: None,
            wishes: [resolve].into_iter().chain(open.map(|kind| Wish { id: OPEN, kind })).collect(),
            answered: [None; 2],
            chosen: None,
            due: VecDeque::new(),
            events: VecDeque::new(),
            timers: Timers::new([Timer::Check]),
            dropped: 0,
        }
    }

    pub(crate) fn chosen(&self) -> Option<PathId> {
        self.chosen
    }

    /// Lends `out` upwards, with the outermost header in place. `None`: this path can not be sent on.
    pub(crate) fn begin(&self, out: &mut Vec<u8>, path: PathId) -> Option<Wrapped> {
        let (via, to) = self.way(path)?;
        self.wrap(out, via, to)
    }

    /// The content is there.
    pub(crate) fn seal(&self, out: &[u8], wrapped: Wrapped) -> Transmit<Path> {
        Transmit::new(wrapped.route, out.len() - wrapped.start)
    }

    /// Nothing came: as if never begun.
    pub(crate) fn cancel(&self, out: &mut Vec<u8>, wrapped: Wrapped) {
        out.truncate(wrapped.start);
    }

    /// The largest payload on this path: the overhead table in miniature.
    fn info(path: PathId) -> PathInfo {
        let overhead = if path == RELAYED { relay::HEADER } else { 0 };
        PathInfo { max_datagram: Agent::MTU - overhead, is_new_route: true }
    }

    /// What is behind a path: only the agent knows.
    fn way(&self, path: PathId) -> Option<(Via, SocketAddr)> {
        match path {
            DIRECT => Some((Via::Socket, self.remote?)),
            _ if self.relay.as_ref().is_some_and(Relay::is_ready) => Some((Via::OurRelay, self.remote?)),
            _ => Some((Via::Socket, self.their_relay?)),
        }
    }

    fn wrap(&self, out: &mut Vec<u8>, via: Via, to: SocketAddr) -> Option<Wrapped> {
        let start = out.len();
        if via == Via::Socket {
            return Some(Wrapped { start, route: Path::udp(self.local, to) });
        }
        let relay = self.relay.as_ref()?;
        relay.begin(out, to);
        Some(Wrapped { start, route: relay.stream() })
    }

    fn check(&mut self, now: Instant) {
        for path in [DIRECT, RELAYED] {
            if let Some((via, to)) = self.way(path) {
                self.due.push_back(Due { via, to, what: b'?', path });
            }
        }
        self.timers.arm(Timer::Check, now + Agent::CHECK_EVERY);
        self.choose(now);
    }

    fn choose(&mut self, now: Instant) {
        let alive = |path: &PathId| self.answered[path.0].is_some_and(|at| now.since(at) < Agent::PATIENCE);
        let best = [DIRECT, RELAYED].into_iter().find(alive);
        if best != self.chosen {
            self.chosen = best;
            self.events.push_back(match best {
                Some(path) => Event::PathChosen { path, info: Agent::info(path) },
                None => Event::Disconnected,
            });
        }
    }

    fn checked(&mut self, now: Instant, via: Via, from: SocketAddr, what: u8, path: PathId) {
        if what == b'!' {
            self.answered[path.0] = Some(now);
            return self.choose(now);
        }
        if path == RELAYED && via == Via::Socket {
            self.their_relay = Some(from);
        }
        self.due.push_back(Due { via, to: from, what: b'!', path });
    }
}

impl Machine for Agent {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = Yield<'a>;
    type Route = Path;
    type Event = Event;
    type Error = Infallible;

    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        let (via, input) = match &mut self.relay {
            Some(relay) if input.path == relay.stream() => match relay.handle_input(now, input)? {
                Some(unwrapped) => (Via::OurRelay, unwrapped),
                None => return Ok(Yield::Done),
            },
            _ => (Via::Socket, input),
        };
        let path = if via == Via::OurRelay || self.their_relay == Some(input.path.remote) {
            RELAYED
        } else {
            DIRECT
        };
        match *input.payload {
            [0, what @ (b'?' | b'!'), id @ (0 | 1)] => {
                self.checked(now, via, input.path.remote, what, PathId(id.into()));
            }
            [0, ..] | [] => self.dropped += 1,
            _ => return Ok(Yield::Payload(path, input.payload)),
        }
        Ok(Yield::Done)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Infallible> {
        if self.timers.pop_due(now).is_some() {
            self.check(now);
        }
        Ok(())
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        if let Some(transmit) = self.relay.as_mut().and_then(|relay| relay.poll_transmit(now, out)) {
            return Some(transmit);
        }
        let (due, wrapped) = loop {
            let due = self.due.pop_front()?;
            // A relay that has gone takes its checks with it.
            if let Some(wrapped) = self.wrap(out, due.via, due.to) {
                break (due, wrapped);
            }
        };
        out.extend_from_slice(&[0, due.what, due.path.0 as u8]);
        Some(self.seal(out, wrapped))
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }
}

impl Driven for Agent {
    fn poll_wish(&mut self) -> Option<Wish> {
        self.wishes.pop_front()
    }

    fn handle_answer(&mut self, now: Instant, id: WishId, answer: Answer<'_>) {
        match (id, answer) {
            (RESOLVE, Answer::Addresses(addresses)) => {
                self.remote = addresses.first().map(|ip| SocketAddr::new(*ip, self.remote_port));
                self.check(now);
            }
            (OPEN, Answer::Opened(stream)) => self.relay = Some(Relay::new(stream)),
            (OPEN, Answer::Closed) => self.relay = None,
            _ => {}
        }
    }
}
