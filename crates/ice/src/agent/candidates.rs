//! Candidates become pairs. RFC 8445 §6.1.2, RFC 8838 §10 to §12.

use core::net::SocketAddr;

use limpid_sansio::{Instant, Path};

use crate::agent::Agent;
use crate::candidate::{
    Candidate, CandidateKind, CandidateTransport, Host, can_pair, may_be_checked, priority,
};
use crate::checklist::{ChecklistSet, Inserted};
use crate::config::MdnsPolicy;
use crate::error::DropReason;
use crate::event::Event;
use crate::foundation::PairFoundation;
use crate::id::{ComponentId, PathId, StreamId};
use crate::mdns::is_hiding_name;
use crate::pair::{Pair, Side};
use crate::session::{LocalCandidate, RemoteCandidate, Session};
use crate::socket::Socket;

/// Local candidates of one stream beyond this are not made.
pub(super) const MAX_LOCAL: usize = 256;

impl Agent {
    /// A socket joins: host candidates for all whom it serves, and questions to all servers.
    pub(super) fn add_socket(
        &mut self,
        now: Instant,
        address: SocketAddr,
        owner: Option<(StreamId, ComponentId)>,
    ) {
        let Some(socket) = self.sockets.add(address, owner) else {
            return self.drop(DropReason::CandidateUnused);
        };
        if self.gatherer.has_completed() {
            return; // told to be the end (RFC 8838 §13): this one is for the next generation
        }
        self.ask_servers(now, &socket);
        if self.config.mdns == MdnsPolicy::Publish {
            return self.announce(now, address.ip());
        }
        for index in 0..self.streams.len() {
            self.offer_host(now, index, &socket);
        }
    }

    /// A stream joins or begins anew: host candidates on all sockets; those that hide behind names wait for them.
    pub(super) fn offer_hosts(&mut self, now: Instant, index: usize) {
        for socket in self.sockets.list().to_vec() {
            if self.config.mdns == MdnsPolicy::Publish && socket.name.is_none() {
                self.announce(now, socket.address.ip());
            } else {
                self.offer_host(now, index, &socket);
            }
        }
    }

    /// The host candidates of one socket in one stream.
    pub(super) fn offer_host(&mut self, now: Instant, index: usize, socket: &Socket) {
        let id = self.streams[index].id;
        for component in self.streams[index].component_ids() {
            if socket.serves(id, component) {
                let (kind, base) = (CandidateKind::Host, socket.address);
                let candidate = LocalCandidate {
                    component,
                    kind,
                    address: base,
                    base,
                    priority: priority(kind, socket.local_preference, component),
                    foundation: self.foundations.local(kind, base.ip(), None),
                };
                self.add_local(now, index, candidate);
            }
        }
    }

    /// Tells a candidate and pairs it. Telling comes first (RFC 8838 §10): the event is taken in the same drain that sends
    /// the first check. After nomination nothing is told any more (RFC 8838 §13).
    pub(super) fn add_local(&mut self, now: Instant, index: usize, candidate: LocalCandidate) {
        let session = &mut self.streams[index].current;
        // RFC 8445 §5.1.3: of two with one address and one base, the first, which is the better, stays.
        let is_same =
            |old: &LocalCandidate| (old.address, old.component) == (candidate.address, candidate.component);
        let is_redundant = session.locals.iter().any(|old| is_same(old) && old.base == candidate.base);
        let is_concluded = session.nominated(candidate.component).is_some();
        if is_redundant || is_concluded || session.locals.len() >= MAX_LOCAL {
            return;
        }
        session.locals.push(candidate.clone());
        let remotes = session.remotes.clone();
        let event =
            Event::LocalCandidate { stream: self.streams[index].id, candidate: self.told(index, &candidate) };
        self.says.event(event);
        for remote in remotes {
            self.pair_up(index, &candidate, &remote);
        }
        self.settle(now, index);
    }

    /// A candidate as the attribute tells it.
    fn told(&self, index: usize, candidate: &LocalCandidate) -> Candidate {
        let name = self.sockets.at(candidate.base).and_then(|socket| socket.name.clone());
        let is_host = candidate.kind == CandidateKind::Host;
        let host = match &name {
            Some(name) if is_host => Host::Name(name.clone()),
            _ => Host::Ip(candidate.address.ip()),
        };
        let related = match (is_host, self.config.mdns, candidate.address.is_ipv4()) {
            (true, ..) => None,
            (false, MdnsPolicy::Plain, _) => Some((Host::Ip(candidate.base.ip()), candidate.base.port())),
            // A reflexive candidate must not tell what the host candidate hides.
            (false, MdnsPolicy::Publish, true) => Some((Host::Ip([0; 4].into()), 9)),
            (false, MdnsPolicy::Publish, false) => Some((Host::Ip([0u8; 16].into()), 9)),
        };
        Candidate {
            foundation: candidate.foundation.0.to_string().into(),
            component: candidate.component,
            transport: CandidateTransport::Udp,
            priority: candidate.priority,
            host,
            port: candidate.address.port(),
            kind: candidate.kind,
            related,
            extensions: vec![("ufrag".into(), self.streams[index].current.local.ufrag.clone())],
        }
    }

    /// Whether a candidate of this generation is for the session that checks now.
    pub(super) fn is_current(&self, index: usize, generation: Option<&str>) -> bool {
        match &self.streams[index].current.remote {
            Some(remote) => generation.is_none_or(|generation| *remote.ufrag == *generation),
            None => false,
        }
    }

    /// Keeps a candidate for a generation to come; one of the generation before is of no use.
    pub(super) fn keep_ahead(&mut self, index: usize, generation: &str, text: &str) {
        let stream = &mut self.streams[index];
        let before = stream.previous.as_ref().and_then(|session| session.remote.as_ref());
        let is_old = before.is_some_and(|remote| *remote.ufrag == *generation);
        if is_old || stream.current.ahead.len() >= Session::AHEAD {
            return self.drop(if is_old { DropReason::CandidateUnused } else { DropReason::Limit });
        }
        stream.current.ahead.push((generation.into(), text.into()));
    }

    /// The remote credentials are here: candidates and checks that came before them are taken up.
    pub(super) fn take_what_came_early(&mut self, now: Instant, index: usize) {
        let session = &mut self.streams[index].current;
        let ahead = core::mem::take(&mut session.ahead);
        let has_ended = core::mem::take(&mut session.remote_has_ended); // told after these, if at all
        for (generation, text) in ahead {
            if self.is_current(index, Some(&*generation).filter(|generation| !generation.is_empty())) {
                if let Ok(candidate) = Candidate::parse(&text) {
                    self.take_candidate(now, index, &candidate);
                }
            } else {
                self.streams[index].current.ahead.push((generation, text));
            }
        }
        self.streams[index].current.remote_has_ended |= has_ended;
        for check in core::mem::take(&mut self.streams[index].current.early) {
            if self.is_current(index, Some(&check.ufrag)) {
                self.accept_check(now, index, &check);
            } else {
                self.routes.forget(check.id);
            }
        }
    }

    /// Takes a told candidate of the current generation, if there is a use for it.
    pub(super) fn take_candidate(&mut self, now: Instant, index: usize, candidate: &Candidate) {
        let stream = &self.streams[index];
        let is_ours =
            candidate.transport == CandidateTransport::Udp && candidate.component.0 <= stream.components;
        if stream.current.remote_has_ended || !is_ours {
            return self.drop(DropReason::CandidateUnused);
        }
        match (&candidate.host, candidate.address()) {
            (_, Some(address)) => {
                let remote = self.remote_candidate(candidate, address);
                self.add_remote(index, remote);
            }
            (Host::Name(name), None) if is_hiding_name(name) => {
                self.resolve_candidate(now, index, name, candidate);
            }
            _ => self.drop(DropReason::CandidateUnused),
        }
    }

    pub(super) fn remote_candidate(&mut self, candidate: &Candidate, address: SocketAddr) -> RemoteCandidate {
        RemoteCandidate {
            component: candidate.component,
            kind: candidate.kind,
            address,
            priority: candidate.priority,
            foundation: self.foundations.remote(&candidate.foundation),
        }
    }

    /// Adds a remote candidate and pairs it. One that a check has shown us already becomes what it was told to be
    /// (RFC 8838 §11).
    pub(super) fn add_remote(&mut self, index: usize, remote: RemoteCandidate) {
        if !may_be_checked(remote.address) {
            return self.drop(DropReason::CandidateUnused);
        }
        let session = &mut self.streams[index].current;
        let is_full = session.remotes.len() >= self.config.max_remote_candidates;
        let same = |old: &RemoteCandidate| {
            old.component == remote.component && old.address.ip() == remote.address.ip()
        };
        match session.remotes.iter_mut().find(|old| same(old) && old.address.port() == remote.address.port())
        {
            Some(old) if old.kind == CandidateKind::PeerReflexive => *old = remote.clone(),
            Some(_) => return,
            None if is_full => {
                return self.drop(DropReason::Limit);
            }
            None => session.remotes.push(remote.clone()),
        }
        for local in session.locals.clone() {
            self.pair_up(index, &local, &remote);
        }
    }

    /// Pairs two candidates, if they can be. A reflexive one of ours is sent from its base and is swapped for it
    /// (RFC 8445 §6.1.2.4).
    pub(super) fn pair_up(&mut self, index: usize, local: &LocalCandidate, remote: &RemoteCandidate) {
        let is_concluded = self.streams[index].current.nominated(remote.component).is_some();
        if local.component != remote.component
            || is_concluded
            || !can_pair(local.base.ip(), remote.address.ip())
        {
            return;
        }
        let locals = &self.streams[index].current.locals;
        let is_base =
            |other: &&LocalCandidate| other.component == local.component && other.address == local.base;
        let base = locals.iter().find(is_base).unwrap_or(local);
        let side = Side { kind: base.kind, priority: base.priority };
        let foundation = (base.foundation, remote.foundation);
        let pair = self.new_pair(None, local.base, side, remote, foundation);
        self.insert_pair(index, pair);
    }

    /// A pair from this base to that candidate, in no list yet.
    pub(super) fn new_pair(
        &mut self,
        id: Option<PathId>,
        base: SocketAddr,
        local: Side,
        remote: &RemoteCandidate,
        foundation: PairFoundation,
    ) -> Pair {
        let id = id.unwrap_or_else(|| self.routes.next_id());
        let path = Path::udp(base, on_the_link_of(base, remote.address));
        let sides = [local, Side { kind: remote.kind, priority: remote.priority }];
        Pair::new(id, remote.component, path, foundation, sides, self.role)
    }

    /// Puts a pair into its checklist, within the limit that all checklists share. Whether it is in.
    pub(super) fn insert_pair(&mut self, index: usize, mut pair: Pair) -> bool {
        let is_known = self.streams[index].current.checklist.between(pair.path, pair.component).is_some();
        if !is_known && self.pair_count() >= self.config.max_pairs && !self.make_room(pair.priority) {
            self.drop(DropReason::Limit);
            return false;
        }
        pair.state = self.streams.state_of_late_pair(pair.component, pair.priority, pair.foundation);
        let inserted = self.streams[index].current.checklist.insert(pair, self.role);
        if !self.pacer.has_begun() {
            self.streams.set_initial_states();
        }
        inserted == Inserted::New
    }

    /// Frees a place: of a failed pair (RFC 8838 §10), else of one that a restart has left behind and that carries nothing,
    /// else of the least unchecked one if that is worth less than `priority` (RFC 8445 §6.1.2.5).
    fn make_room(&mut self, priority: u64) -> bool {
        let lists =
            || self.streams.iter().enumerate().map(|(index, stream)| (index, &stream.current.checklist));
        let spent = lists().find_map(|(index, list)| Some((index, list.spent()?.id)));
        let spare =
            self.streams.iter().enumerate().find_map(|(index, stream)| Some((index, stream.spare()?)));
        let least = lists()
            .filter_map(|(index, list)| Some((index, list.least_unchecked()?)))
            .min_by_key(|(_, pair)| pair.priority)
            .filter(|(_, pair)| pair.priority < priority)
            .map(|(index, pair)| (index, pair.id));
        let Some((index, id)) = spent.or(spare).or(least) else { return false };
        for session in self.streams[index].sessions_mut() {
            session.checklist.remove(id);
        }
        self.end_transactions_of(id);
        self.end_consent(id);
        true
    }

    /// The component that a check on a shared socket is about: the one whose pair or candidate has that address, else the
    /// first.
    pub(super) fn component_of(&self, index: usize, path: Path) -> Option<ComponentId> {
        let stream = &self.streams[index];
        let socket = self.sockets.at(path.local)?;
        let served = || stream.component_ids().filter(|component| socket.serves(stream.id, *component));
        let session = &stream.current;
        let knows = |component: &ComponentId| {
            session.checklist.between(path, *component).is_some()
                || session.remote_at(path.remote, *component).is_some()
        };
        served().find(knows).or(served().next())
    }
}

/// A link-local address is sent to on the link of the socket: candidates do not tell a scope.
fn on_the_link_of(base: SocketAddr, mut remote: SocketAddr) -> SocketAddr {
    if let (SocketAddr::V6(base), SocketAddr::V6(remote)) = (base, &mut remote)
        && remote.ip().is_unicast_link_local()
        && remote.scope_id() == 0
    {
        remote.set_scope_id(base.scope_id());
    }
    remote
}
