//! From pairs that work to the one that is used. RFC 8445 §8.1.

use limpid_sansio::{Instant, PathInfo};

use crate::agent::{Agent, Due};
use crate::event::Event;
use crate::id::{ComponentId, PathId, StreamId};
use crate::pair::{Nomination, Pair};
use crate::role::Role;
use crate::routes::Chosen;

impl Agent {
    /// Takes a role: all priorities change, and nominations that the other role had asked for are void.
    pub(super) fn take_role(&mut self, now: Instant, role: Role) {
        self.role = role;
        for session in self.streams.iter_mut().flat_map(|stream| stream.sessions_mut()) {
            session.rank(role);
            for pair in session.checklist.iter_mut() {
                if pair.nomination == Nomination::Asked {
                    pair.nomination = Nomination::None;
                }
            }
        }
        self.says.event(Event::RoleChanged(role));
        for index in 0..self.streams.len() {
            self.settle(now, index);
        }
    }

    /// The controlling side picks, for each component, the best pair that works, once: at once when nothing better is being
    /// tried, else when its patience is over.
    pub(super) fn consider_nomination(&mut self, now: Instant, index: usize) {
        let session = &self.streams[index].current;
        if self.role != Role::Controlling || !session.is_running() {
            return;
        }
        for component in self.streams[index].component_ids() {
            let session = &self.streams[index].current;
            let pairs = || session.checklist.pairs().iter().filter(|pair| pair.component == component);
            let is_decided = pairs().any(|pair| pair.nomination != Nomination::None);
            let (Some(best), false) = (session.best_usable(component), is_decided) else { continue };
            let has_rival = pairs().any(|pair| pair.is_pending() && pair.priority > best.priority);
            let until = session.first_valid.unwrap_or(now) + self.config.nomination_patience;
            if has_rival && now < until {
                self.due.set(Due::Nominate(self.streams[index].id), Some(until));
            } else {
                let id = best.id;
                if let Some(pair) = self.streams[index].current.checklist.get_mut(id) {
                    pair.nomination = Nomination::Asked;
                }
                self.trigger(now, index, id);
            }
        }
    }

    pub(super) fn nomination_due(&mut self, now: Instant, stream: StreamId) {
        if let Some(index) = self.stream_index(stream) {
            self.consider_nomination(now, index);
        }
    }

    /// A nomination has succeeded: checks for that component are over (RFC 8445 §8.1.2).
    pub(super) fn nominated(&mut self, now: Instant, index: usize, id: PathId) {
        let Some(pair) = self.streams[index].current.checklist.get_mut(id) else { return };
        pair.nomination = Nomination::Done;
        let component = pair.component;
        let before: Vec<PathId> = self.pair_ids(index, component);
        let retired = self.streams[index].current.checklist.conclude(component);
        let left = self.pair_ids(index, component);
        for gone in before.iter().filter(|id| !left.contains(id)) {
            self.end_transactions_of(*gone);
            self.routes.forget(*gone);
        }
        // What worked is still received from until its consent would have ended; nothing is sent there.
        for id in retired {
            self.cancel_transactions_of(id);
        }
        self.select(now, index);
    }

    fn pair_ids(&self, index: usize, component: ComponentId) -> Vec<PathId> {
        let pairs = self.streams[index].current.checklist.pairs().iter();
        pairs.filter(|pair| pair.component == component).map(|pair| pair.id).collect()
    }

    /// Payload goes where it goes best now: on the current session's pair, else on the previous one's.
    pub(super) fn select(&mut self, now: Instant, index: usize) {
        for component in self.streams[index].component_ids() {
            let stream = &self.streams[index];
            let best =
                stream.sessions().find_map(|session| session.best_usable(component)).map(|pair| pair.id);
            let old = stream.selected(component);
            if best == old {
                continue;
            }
            let old_path = old.and_then(|old| self.path(old));
            self.streams[index].selected[usize::from(component.0) - 1] = best;
            match best.and_then(|best| self.pair(best)).cloned() {
                Some(pair) => self.chosen(now, index, &pair, old_path),
                None if self.routes.chosen.is_some_and(|chosen| Some(chosen.id) == old) => {
                    self.routes.chosen = None;
                }
                None => {}
            }
        }
        self.drop_previous_when_replaced(index);
    }

    fn chosen(&mut self, now: Instant, index: usize, pair: &Pair, old: Option<limpid_sansio::Path>) {
        let stream = &self.streams[index];
        if index == 0 && pair.component == ComponentId::FIRST {
            let heard = pair.valid.map_or(now, |valid| valid.heard);
            let is_silent = pair.is_silent();
            self.routes.chosen = Some(Chosen { path: pair.path, id: pair.id, heard, is_silent });
        }
        let info = PathInfo { max_datagram: self.max_datagram(pair), is_new_route: old != Some(pair.path) };
        let event = Event::PathChosen { stream: stream.id, component: pair.component, path: pair.id, info };
        self.says.event(event);
    }
}
