//! What the whole looks like from outside, and when it has failed. RFC 8445 §8.1.2, RFC 8863, RFC 8838 §8.

use limpid_sansio::Instant;

use crate::agent::{Agent, Due};
use crate::event::{ConnectionState, Event};
use crate::id::{ComponentId, StreamId};
use crate::session::{Patience, Stream};

impl Agent {
    /// After anything that may matter to a stream: select, nominate, fail, say so, send.
    pub(super) fn settle(&mut self, now: Instant, index: usize) {
        self.select(now, index);
        self.consider_nomination(now, index);
        self.consider_failure(index);
        self.update_state(now);
        self.kick(now);
    }

    /// The PAC timer has run out (RFC 8863 §4).
    pub(super) fn patience_over(&mut self, now: Instant, stream: StreamId) {
        if let Some(index) = self.stream_index(stream) {
            self.streams[index].current.patience = Patience::Over;
            self.settle(now, index);
        }
    }

    /// A checklist fails when a component has no pair that works and none that could come to, no candidate can come any
    /// more, and patience is over.
    fn consider_failure(&mut self, index: usize) {
        let stream = &self.streams[index];
        let session = &stream.current;
        let Some(remote) = session.remote.as_ref().filter(|_| session.patience == Patience::Over) else {
            return;
        };
        let more_may_come = !self.gatherer.has_completed()
            || self.names.concern(stream.id, &remote.ufrag)
            || (self.config.wait_for_end_of_candidates && !session.remote_has_ended);
        let is_lost = |component: ComponentId| {
            session.best_usable(component).is_none() && session.has_no_more_to_try(component)
        };
        if !more_may_come && stream.component_ids().any(is_lost) {
            self.streams[index].current.has_failed = true;
        }
    }

    pub(super) fn update_state(&mut self, now: Instant) {
        let mut states = self.streams.iter().flat_map(component_states).peekable();
        if states.peek().is_none() {
            return;
        }
        let states: Vec<_> = states.collect();
        let any = |state| states.contains(&state);
        let state = match () {
            () if any(ConnectionState::Failed) => ConnectionState::Failed,
            () if any(ConnectionState::Disconnected) => ConnectionState::Disconnected,
            () if states.iter().all(|state| *state == ConnectionState::New) => ConnectionState::New,
            () if any(ConnectionState::New) || any(ConnectionState::Checking) => ConnectionState::Checking,
            () if any(ConnectionState::Connected) => ConnectionState::Connected,
            () => ConnectionState::Completed,
        };
        self.enter(now, state);
    }

    pub(super) fn enter(&mut self, now: Instant, state: ConnectionState) {
        if self.state != state && self.state != ConnectionState::Closed {
            self.says.notes.push(now, self.state.name(), state.name());
            self.state = state;
            self.says.event(Event::StateChanged(state));
            if state == ConnectionState::Completed {
                self.stop_waiting();
            }
        }
    }

    /// Every component has its pair: nothing is left to be patient about.
    fn stop_waiting(&mut self) {
        for stream in &self.streams {
            self.due.set(Due::Pac(stream.id), None);
            self.due.set(Due::Nominate(stream.id), None);
        }
    }
}

/// The state of each component.
fn component_states(stream: &Stream) -> impl Iterator<Item = ConnectionState> + '_ {
    let session = &stream.current;
    stream.component_ids().map(move |component| {
        let pair = stream.selected(component).and_then(|id| stream.pair(id));
        let has_begun = !session.checklist.pairs().is_empty() || !session.remotes.is_empty();
        match pair {
            _ if session.has_failed => ConnectionState::Failed,
            Some(pair) if pair.is_silent() => ConnectionState::Disconnected,
            Some(pair) if session.checklist.get(pair.id).is_some() && pair.is_nominated() => {
                ConnectionState::Completed
            }
            Some(_) => ConnectionState::Connected,
            None if has_begun => ConnectionState::Checking,
            None => ConnectionState::New,
        }
    })
}
