//! The agent.
#![allow(unused_variables, missing_debug_implementations, dead_code)]

use core::net::SocketAddr;
use limpid_sansio::*;

use crate::config::Config;
use crate::credentials::Credentials;
use crate::error::{Error, Misuse};
use crate::event::{ConnectionState, Event, GatheringState};
use crate::id::{ComponentId, PathId, StreamId};
use crate::role::Role;
use crate::stats::{PairStats, Stats};

/// What is left of a datagram when ICE has had its look.
#[derive(Debug)]
pub enum Yield<'a> {
    /// Nothing: it was ICE's own, or it was dropped and counted.
    Done,
    /// Not STUN, and from a pair of addresses that has authenticated itself.
    Payload(PathId, &'a mut [u8]),
}

/// One ICE agent.
pub struct Agent {
    config: Config,
}

impl Agent {
    /// An agent.
    pub fn new(config: Config, now: Instant) -> Self {
        Agent { config }
    }
    /// Adds a stream.
    pub fn add_stream(&mut self, now: Instant, stream: StreamId, components: u8) {}
    /// A socket of the driver's.
    pub fn add_local_address(&mut self, now: Instant, address: SocketAddr) {}
    /// No more sockets.
    pub fn end_of_local_addresses(&mut self, now: Instant) {}
    /// Ours.
    pub fn local_credentials(&self, stream: StreamId) -> Option<Credentials<'_>> {
        None
    }
    /// Theirs.
    pub fn set_remote_credentials(
        &mut self,
        now: Instant,
        stream: StreamId,
        ufrag: &str,
        pwd: &str,
    ) -> Result<(), Misuse> {
        Ok(())
    }
    /// Whether the peer is a lite agent.
    pub fn set_remote_lite(&mut self, now: Instant, lite: bool) {}
    /// One candidate of the peer's.
    pub fn add_remote_candidate(
        &mut self,
        now: Instant,
        stream: StreamId,
        candidate: &str,
        ufrag: Option<&str>,
    ) -> Result<(), ParseError> {
        Ok(())
    }
    /// No more candidates.
    pub fn end_of_remote_candidates(&mut self, now: Instant, stream: StreamId) {}
    /// Role.
    pub fn set_role(&mut self, now: Instant, role: Role) {}
    /// Role.
    pub fn role(&self) -> Role {
        self.config.role
    }
    /// New generation.
    pub fn restart(&mut self, now: Instant) {}
    /// Ends.
    pub fn close(&mut self, now: Instant) {}
    /// State.
    pub fn state(&self) -> ConnectionState {
        ConnectionState::New
    }
    /// Gathering.
    pub fn gathering_state(&self) -> GatheringState {
        GatheringState::New
    }
    /// Addresses of a path.
    pub fn path(&self, path: PathId) -> Option<Path> {
        None
    }
    /// Size of a path.
    pub fn path_info(&self, path: PathId) -> Option<PathInfo> {
        None
    }
    /// The chosen path.
    pub fn selected(&self, stream: StreamId, component: ComponentId) -> Option<PathId> {
        None
    }
    /// Consent.
    pub fn may_send(&self, path: PathId) -> bool {
        false
    }
    /// The chosen pair.
    pub fn selected_pair(&self, stream: StreamId, component: ComponentId) -> Option<PairStats> {
        None
    }
    /// Mux.
    pub fn answers_to(&self, username: &str) -> bool {
        false
    }
    /// Counters.
    pub fn stats(&self) -> &Stats {
        unimplemented!()
    }
}

impl Machine for Agent {
    type Input<'a> = Datagram<'a>;
    type Yield<'a> = Yield<'a>;
    type Route = Path;
    type Event = Event;
    type Error = Error;
    fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: Self::Input<'a>,
    ) -> Result<Self::Yield<'a>, Self::Error> {
        Ok(Yield::Done)
    }
    fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
        Ok(())
    }
    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        None
    }
    fn poll_event(&mut self) -> Option<Event> {
        None
    }
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}
impl Driven for Agent {
    fn poll_wish(&mut self) -> Option<Wish> {
        None
    }
    fn handle_answer(&mut self, now: Instant, id: WishId, answer: Answer<'_>) {}
}
