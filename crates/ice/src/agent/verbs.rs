//! What the caller says: streams, addresses, the peer's description, role, end.

use core::net::SocketAddr;

use limpid_sansio::{Instant, ParseError};

use crate::agent::{Agent, Due};
use crate::candidate::{Candidate, may_be_gathered};
use crate::config::LoopbackPolicy;
use crate::credentials::Keyed;
use crate::error::{DropReason, Misuse};
use crate::event::ConnectionState;
use crate::id::{ComponentId, StreamId};
use crate::role::Role;
use crate::session::{Patience, Session, Stream};

/// Streams beyond this are left aside: one checklist each.
const MAX_STREAMS: usize = 64;

impl Agent {
    /// Adds a stream with so many components (1 to 255). One that is there already stays as it is.
    pub fn add_stream(&mut self, now: Instant, stream: StreamId, components: u8) {
        let is_closed = self.state == ConnectionState::Closed;
        if is_closed || self.stream(stream).is_some() || self.streams.len() >= MAX_STREAMS {
            return;
        }
        let components = u16::from(components.max(1));
        let local = Keyed::generate(&self.config.provider, &mut self.random);
        let selected = vec![None; usize::from(components)];
        let current = Session::new(local);
        self.streams.push(Stream { id: stream, components, current, previous: None, selected });
        self.streams.sort_by_key(|stream| stream.id);
        if let Some(index) = self.stream_index(stream) {
            self.offer_hosts(now, index);
        }
    }

    /// The driver has a UDP socket bound to exactly this address (not to a wildcard). Becomes a host candidate of every
    /// stream and component, and the base of reflexive ones.
    ///
    /// When components share a socket, a check finds its component by the address that it comes from; payload can not, so
    /// give components sockets of their own ([`add_local_address_for`](Agent::add_local_address_for)) or multiplex them.
    pub fn add_local_address(&mut self, now: Instant, address: SocketAddr) {
        self.add_address(now, address, None);
    }

    /// The same for one component of one stream.
    pub fn add_local_address_for(
        &mut self,
        now: Instant,
        address: SocketAddr,
        stream: StreamId,
        component: ComponentId,
    ) {
        self.add_address(now, address, Some((stream, component)));
    }

    fn add_address(&mut self, now: Instant, address: SocketAddr, owner: Option<(StreamId, ComponentId)>) {
        if self.state == ConnectionState::Closed {
            return;
        }
        if !may_be_gathered(address.ip()) || address.port() == 0 {
            return self.drop(DropReason::CandidateUnused);
        }
        match self.config.loopback {
            _ if !address.ip().is_loopback() => self.add_socket(now, address, owner),
            LoopbackPolicy::Always => self.add_socket(now, address, owner),
            LoopbackPolicy::WhenAlone if self.sockets.is_complete() => {}
            LoopbackPolicy::WhenAlone => self.sockets.withhold(address, owner),
            LoopbackPolicy::Never => self.drop(DropReason::CandidateUnused),
        }
    }

    /// No more addresses will come for now. Loopback addresses count from here if they are alone; when the servers have
    /// answered, [`GatheringCompleted`](crate::Event::GatheringCompleted) follows.
    pub fn end_of_local_addresses(&mut self, now: Instant) {
        for (address, owner) in self.sockets.complete() {
            self.add_socket(now, address, owner);
        }
        self.complete_gathering(now);
    }

    /// The peer's username fragment and password for this stream. Checks may begin.
    ///
    /// Other values than before mean that the peer has restarted: the stream takes new
    /// [`local_credentials`](Agent::local_credentials) too, unless [`restart`](Agent::restart) has done so already, and the
    /// old pair carries on until the new session has one (RFC 8445 §9).
    ///
    /// # Errors
    /// [`Misuse`]; nothing was changed then.
    pub fn set_remote_credentials(
        &mut self,
        now: Instant,
        stream: StreamId,
        ufrag: &str,
        pwd: &str,
    ) -> Result<(), Misuse> {
        let index = self.open_stream(stream)?;
        let remote = Keyed::checked(&self.config.provider, ufrag, pwd)?;
        if let Some(old) = &self.streams[index].current.remote {
            if old.is(ufrag, pwd) {
                return Ok(());
            }
            if &*old.ufrag == ufrag || old.is(&old.ufrag, pwd) {
                return Err(Misuse::HalfARestart);
            }
            self.restart_with_new_credentials(now, index);
        }
        let session = &mut self.streams[index].current;
        session.remote = Some(remote);
        session.patience = Patience::Running;
        self.due.set(Due::Pac(stream), Some(now + self.config.pac_timeout));
        self.take_what_came_early(now, index);
        self.settle(now, index);
        Ok(())
    }

    /// Says whether the peer is a lite agent (`a=ice-lite`): it sends no checks and never controls (RFC 8445 §6.1.1).
    pub fn set_remote_lite(&mut self, now: Instant, is_lite: bool) {
        if is_lite {
            self.set_role(now, Role::Controlling);
        }
    }

    /// One candidate of the peer's: the attribute's value, with or without `a=`. An empty text is end-of-candidates.
    ///
    /// `ufrag` says to which generation it belongs, if the signalling does; else the candidate's own `ufrag` extension counts,
    /// else the current one is meant. Candidates ahead of their generation wait for it (RFC 8838 §15). What can not be used
    /// (TCP, another family, names, multicast, too many) is counted and left aside.
    ///
    /// # Errors
    /// The text is no candidate.
    pub fn add_remote_candidate(
        &mut self,
        now: Instant,
        stream: StreamId,
        text: &str,
        ufrag: Option<&str>,
    ) -> Result<(), ParseError> {
        if text.trim_end().is_empty() {
            self.end_of_remote_candidates(now, stream);
            return Ok(());
        }
        let candidate = Candidate::parse(text)?;
        let generation = ufrag.filter(|ufrag| !ufrag.is_empty()).or(candidate.ufrag());
        match self.stream_index(stream) {
            Some(index) if self.state != ConnectionState::Closed => {
                if self.is_current(index, generation) {
                    self.take_candidate(now, index, &candidate);
                    self.settle(now, index);
                } else {
                    self.keep_ahead(index, generation.unwrap_or_default(), text);
                }
            }
            _ => self.drop(DropReason::CandidateUnused),
        }
        Ok(())
    }

    /// The peer has no more candidates of this generation (RFC 8838 §14); later ones are ignored.
    pub fn end_of_remote_candidates(&mut self, now: Instant, stream: StreamId) {
        if let Some(index) = self.stream_index(stream) {
            self.streams[index].current.remote_has_ended = true;
            self.settle(now, index);
        }
    }

    /// Takes a role, as the signalling decides it. Conflicts that checks bring to light may change it again.
    pub fn set_role(&mut self, now: Instant, role: Role) {
        if self.role != role && self.state != ConnectionState::Closed {
            self.take_role(now, role);
        }
    }

    /// Ends all: nothing is sent or answered any more.
    pub fn close(&mut self, now: Instant) {
        if self.state == ConnectionState::Closed {
            return;
        }
        self.streams.clear();
        self.transactions.take(|_| true);
        self.due = limpid_sansio::DueQueue::default();
        self.routes = crate::routes::Routes::default();
        self.names = super::names::Names::default();
        self.gatherer.stop();
        self.says.outbound.clear();
        self.says.wishes.clear();
        self.enter(now, ConnectionState::Closed);
    }
}
