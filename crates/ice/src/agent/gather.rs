//! Reflexive candidates: what STUN servers say of our sockets. RFC 8445 §5.1.1.2, RFC 8489.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::VecDeque;

use limpid_sansio::{Instant, Path};
use limpid_stun::{Class, Message};

use crate::agent::{Agent, Due};
use crate::candidate::{CandidateKind, can_pair, may_be_checked, priority, same_address};
use crate::config::{Config, Server};
use crate::error::DropReason;
use crate::event::{CandidateErrorCause, ConnectionState, Event};
use crate::message::write_question;
use crate::session::LocalCandidate;
use crate::socket::Socket;
use crate::transaction::{Purpose, Schedule, Transaction};

/// The servers, and the questions that wait for their turn: at most one a socket and server.
#[derive(Debug)]
pub(super) struct Gatherer {
    servers: Vec<State>,
    queue: VecDeque<(SocketAddr, usize)>,
    /// Between which addresses a NAT has made a mapping for us: at most one a socket and server.
    mapped: Vec<Path>,
    has_completed: bool,
}

/// Tr: how often the NATs are reminded of a reflexive candidate that nobody uses yet. RFC 8445 §5.1.1.4, §11.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What is known of a server.
#[derive(Clone, Debug)]
enum State {
    /// Nobody has looked its name up yet.
    Unasked,
    /// Its name is being looked up.
    Asked,
    /// It is there: at most one address a family; none when its name leads nowhere.
    At(Vec<SocketAddr>),
}

impl State {
    /// Where it is for a socket bound to `base`.
    fn reachable_from(&self, base: SocketAddr) -> Option<SocketAddr> {
        let State::At(addresses) = self else { return None };
        let fits = |address: &&SocketAddr| can_pair(base.ip(), address.ip()) && may_be_checked(**address);
        addresses.iter().find(fits).copied()
    }
}

impl Gatherer {
    pub(super) fn new(config: &Config) -> Gatherer {
        let state = |server: &Server| match server {
            Server::Address(address) => State::At(vec![*address]),
            Server::Name(..) => State::Unasked,
        };
        let servers = config.servers.iter().map(state).collect();
        Gatherer { servers, queue: VecDeque::new(), mapped: Vec::new(), has_completed: false }
    }

    pub(super) fn has_completed(&self) -> bool {
        self.has_completed
    }

    fn ask(&mut self, base: SocketAddr, server: usize) {
        let is_reachable = self.servers[server].reachable_from(base).is_some();
        if is_reachable && !self.queue.contains(&(base, server)) {
            self.queue.push_back((base, server));
        }
    }

    pub(super) fn stop(&mut self) {
        self.queue.clear();
        self.mapped.clear();
    }
}

impl Agent {
    /// Queues a question to every server that this socket can reach; looks up those that were not yet.
    pub(super) fn ask_servers(&mut self, now: Instant, socket: &Socket) {
        for server in 0..self.gatherer.servers.len() {
            match (&self.gatherer.servers[server], self.config.servers.get(server)) {
                (State::At(_), _) => self.gatherer.ask(socket.address, server),
                (State::Unasked, Some(Server::Name(name, port))) => {
                    let (name, port) = (name.clone(), *port);
                    self.gatherer.servers[server] = State::Asked;
                    self.resolve_server(now, server, &name, port);
                }
                _ => {}
            }
        }
        self.kick(now);
    }

    /// A restart: everything is asked again.
    pub(super) fn ask_all_again(&mut self, now: Instant) {
        self.gatherer.has_completed = false;
        for socket in self.sockets.list().to_vec() {
            self.ask_servers(now, &socket);
        }
    }

    /// A server's name was looked up.
    pub(super) fn server_resolved(&mut self, now: Instant, server: usize, port: u16, addresses: &[IpAddr]) {
        if addresses.is_empty() {
            let cause = CandidateErrorCause::Name;
            self.says.event(Event::CandidateError { server: Some(server), cause });
        }
        let v4 = addresses.iter().find(|ip| ip.is_ipv4());
        let v6 = addresses.iter().find(|ip| ip.is_ipv6());
        let at = v6.into_iter().chain(v4).map(|ip| SocketAddr::new(*ip, port)).collect();
        self.gatherer.servers[server] = State::At(at);
        for socket in self.sockets.list() {
            self.gatherer.ask(socket.address, server);
        }
        self.kick(now);
    }

    /// Sends the next question. Whether there was one.
    pub(super) fn send_question(&mut self, now: Instant) -> bool {
        while let Some((base, server)) = self.gatherer.queue.pop_front() {
            let Some(address) = self.gatherer.servers[server].reachable_from(base) else { continue };
            let (id, path) = (self.transaction_id(), Path::udp(base, address));
            let mut request = Vec::new();
            write_question(id, &mut request);
            self.says.outbound.push(path, |out| out.extend_from_slice(&request));
            let timing = &self.config.timing;
            let questions = u32::try_from(self.questions() + 1).unwrap_or(u32::MAX);
            let share = timing.ta.saturating_mul(questions);
            let rto = share.max(timing.rto_floor);
            let schedule = Schedule::new(now, rto, timing.rto_ceiling.max(rto), self.config.gather_timeout);
            let purpose = Purpose::Gather { server };
            let (serial, at) = self.transactions.begin(now, (id, path, purpose), request, schedule);
            self.due.set(Due::Transaction(serial), Some(at));
            return true;
        }
        false
    }

    /// How many servers have yet to answer.
    fn questions(&self) -> usize {
        let is_question = |transaction: &&Transaction| matches!(transaction.purpose, Purpose::Gather { .. });
        self.transactions.iter().filter(is_question).count()
    }

    /// A server has answered. Its answer is not authenticated (RFC 8489 §9 leaves that open for plain Binding), so that the
    /// unguessable transaction id and the address that it came from must do.
    pub(super) fn server_answered(
        &mut self,
        now: Instant,
        (serial, path, server): (u32, Path, usize),
        message: &Message<'_>,
    ) {
        if message.has_fingerprint() && message.verify_fingerprint().is_err() {
            return self.drop(DropReason::Fingerprint);
        }
        match (message.class(), message.xor_mapped_address().or(message.mapped_address())) {
            (Class::Success, Some(mapped)) => self.add_reflexive(now, path, server, mapped),
            (Class::Success, None) => return self.drop(DropReason::Malformed),
            _ => {
                let code = message.error_code().map_or(0, |error| error.code);
                let cause = CandidateErrorCause::Refused(code);
                self.says.event(Event::CandidateError { server: Some(server), cause });
            }
        }
        self.end_transaction(serial);
        self.complete_gathering(now);
    }

    fn add_reflexive(&mut self, now: Instant, path: Path, server: usize, mapped: SocketAddr) {
        let Some(socket) = self.sockets.at(path.local).cloned() else { return };
        if !may_be_checked(mapped) || mapped.is_ipv4() != socket.address.is_ipv4() {
            return self.drop(DropReason::CandidateUnused);
        }
        if same_address(mapped, socket.address) {
            return; // no NAT: the host candidate says it all, or its name hides it
        }
        if !self.gatherer.mapped.contains(&path) {
            self.gatherer.mapped.push(path);
            self.due.set(Due::KeepAlive, Some(now + KEEP_ALIVE));
        }
        let kind = CandidateKind::ServerReflexive;
        let below = 1 + server as u16 % (Socket::RANKS - 1);
        let foundation = self.foundations.local(kind, socket.address.ip(), Some(path.remote.ip()));
        for index in 0..self.streams.len() {
            let id = self.streams[index].id;
            for component in self.streams[index].component_ids() {
                if socket.serves(id, component) {
                    let priority = priority(kind, socket.local_preference - below, component);
                    let base = socket.address;
                    let candidate =
                        LocalCandidate { component, kind, address: mapped, base, priority, foundation };
                    self.add_local(now, index, candidate);
                }
            }
        }
    }

    /// Until a pair is nominated, the mappings of reflexive candidates are kept by more requests: the peer may take its time
    /// to answer.
    pub(super) fn keep_alive(&mut self, now: Instant) {
        use ConnectionState::{Checking, Connected, New};
        if !matches!(self.state, New | Checking | Connected) {
            return self.gatherer.mapped.clear();
        }
        for path in self.gatherer.mapped.clone() {
            let id = self.transaction_id();
            if self.says.outbound.has_room() {
                self.says.outbound.push(path, |out| write_question(id, out));
                let (whole, purpose) = (self.config.gather_timeout, (id, path, Purpose::Refresh));
                let (serial, at) =
                    self.transactions.begin(now, purpose, Vec::new(), Schedule::once(now, whole));
                self.due.set(Due::Transaction(serial), Some(at));
            }
        }
        self.due.set(Due::KeepAlive, Some(now + KEEP_ALIVE));
    }

    /// A server did not answer.
    pub(super) fn server_silent(&mut self, now: Instant, server: usize) {
        let cause = CandidateErrorCause::TimedOut;
        self.says.event(Event::CandidateError { server: Some(server), cause });
        self.complete_gathering(now);
    }

    /// Says so, once a generation, when nothing is left to wait for.
    pub(super) fn complete_gathering(&mut self, now: Instant) {
        let waits = !self.sockets.is_complete()
            || !self.gatherer.queue.is_empty()
            || self.names.concern_gathering()
            || self.questions() > 0;
        if waits || self.gatherer.has_completed {
            return;
        }
        self.gatherer.has_completed = true;
        self.says.event(Event::GatheringCompleted);
        for index in 0..self.streams.len() {
            self.settle(now, index);
        }
    }
}
