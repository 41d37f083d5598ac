//! Restarts: a new session beside the old one, whose chosen pairs carry on until it can take over. RFC 8445 §9.

use limpid_sansio::Instant;

use crate::agent::{Agent, Due};
use crate::checklist::Checklist;
use crate::credentials::Keyed;
use crate::error::Misuse;
use crate::event::ConnectionState;
use crate::id::StreamId;
use crate::session::Session;

impl Agent {
    /// Begins a new generation of every stream: new [`local_credentials`](Agent::local_credentials) to be told to the peer,
    /// the same sockets, servers asked anew. Payload stays on the old pairs until new ones work. The role stays.
    pub fn restart(&mut self, now: Instant) {
        if self.state == ConnectionState::Closed {
            return;
        }
        for index in 0..self.streams.len() {
            self.restart_with_new_credentials(now, index);
        }
    }

    /// The same for one stream, with credentials that were already told to the peer: an offer that was made with them and
    /// rolled back leaves the agent as it was.
    pub fn restart_with(
        &mut self,
        now: Instant,
        stream: StreamId,
        ufrag: &str,
        pwd: &str,
    ) -> Result<(), Misuse> {
        let index = self.open_stream(stream)?;
        let local = Keyed::checked(&self.config.provider, ufrag, pwd)?;
        self.restart_stream(now, index, local);
        Ok(())
    }

    pub(super) fn restart_with_new_credentials(&mut self, now: Instant, index: usize) {
        let local = Keyed::generate(&self.config.provider, &mut self.random);
        self.restart_stream(now, index, local);
    }

    fn restart_stream(&mut self, now: Instant, index: usize, local: Keyed) {
        let stream = &mut self.streams[index];
        let id = stream.id;
        let mut old = core::mem::replace(&mut stream.current, Session::new(local));
        stream.current.ahead = core::mem::take(&mut old.ahead);
        let carries = old.checklist.pairs().iter().any(|pair| pair.is_usable());
        if carries {
            self.keep_what_carries(&mut old);
            if let Some(older) = self.streams[index].previous.replace(old) {
                self.forget_session(&older);
            }
        } else {
            self.forget_session(&old);
        }
        self.due.set(Due::Pac(id), None);
        self.due.set(Due::Nominate(id), None);
        if self.streams.iter().all(|stream| stream.current.remote.is_none()) {
            self.pacer.begin_anew();
            self.foundations.forget_remote();
        }
        self.select(now, index);
        self.ask_all_again(now);
        self.offer_hosts(now, index);
        self.complete_gathering(now);
        self.update_state(now);
    }

    /// Of the old session only what may be sent on is left.
    fn keep_what_carries(&mut self, old: &mut Session) {
        let gone: Vec<_> =
            old.checklist.pairs().iter().filter(|pair| !pair.is_usable()).map(|pair| pair.id).collect();
        for id in gone {
            self.end_transactions_of(id);
            self.end_consent(id);
            old.checklist.remove(id);
        }
        for check in old.early.drain(..) {
            self.routes.forget(check.id);
        }
    }

    /// Once every component has its nominated pair, the old session has done its duty.
    pub(super) fn drop_previous_when_replaced(&mut self, index: usize) {
        let stream = &self.streams[index];
        let is_replaced = stream
            .component_ids()
            .all(|component| stream.current.nominated(component).is_some_and(|pair| pair.is_usable()));
        let is_spent = stream.previous.as_ref().is_some_and(|session| !has_usable(&session.checklist));
        if (is_replaced || is_spent)
            && let Some(old) = self.streams[index].previous.take()
        {
            self.forget_session(&old);
            self.relearn(index);
        }
    }

    /// Old and new pairs may run between the same addresses: the new ones' routes are learned again.
    fn relearn(&mut self, index: usize) {
        let pairs = self.streams[index].current.checklist.pairs();
        let routes: Vec<_> =
            pairs.iter().filter(|pair| pair.valid.is_some()).map(|pair| (pair.path, pair.id)).collect();
        for (path, id) in routes {
            self.routes.learn(path, id);
        }
    }
}

fn has_usable(list: &Checklist) -> bool {
    list.pairs().iter().any(|pair| pair.is_usable())
}
