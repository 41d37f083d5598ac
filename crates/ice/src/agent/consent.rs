//! Consent to be sent to, and signs of life. RFC 7675.

use core::time::Duration;

use limpid_sansio::Instant;

use crate::agent::{Agent, Due};
use crate::candidate::{CandidateKind, priority};
use crate::event::Event;
use crate::id::PathId;
use crate::pair::PairState;
use crate::session::Session;
use crate::transaction::{Check, Purpose, Schedule};

/// RFC 7675 §5.1: the basic interval is never shorter.
const LEAST_INTERVAL: Duration = Duration::from_secs(5);

impl Agent {
    /// A pair has come to work: consent lasts from now, and is asked for again and again.
    pub(super) fn begin_consent(&mut self, now: Instant, id: PathId) {
        let first = now + self.consent_interval();
        self.due.set(Due::Consent(id), Some(first));
        self.due.set(Due::Silence(id), Some(now + self.config.consent.silence));
    }

    pub(super) fn end_consent(&mut self, id: PathId) {
        self.due.set(Due::Consent(id), None);
        self.due.set(Due::Silence(id), None);
        self.routes.forget(id);
    }

    /// The interval, times a fresh number in 0.8 ..= 1.2.
    fn consent_interval(&mut self) -> Duration {
        let interval = self.config.consent.interval.max(LEAST_INTERVAL);
        interval * (8_000 + self.random.below(4_001)) / 10_000
    }

    /// The next consent check, or the end of consent.
    pub(super) fn consent_due(&mut self, now: Instant, id: PathId) {
        let interval = self.consent_interval();
        let Some(pair) = self.pair(id) else { return };
        let (Some(valid), is_retired) = (pair.valid, pair.is_retired) else { return };
        if now >= valid.consent_until {
            return if is_retired { self.remove_retired(id) } else { self.consent_lost(now, id) };
        }
        if is_retired {
            return self.due.set(Due::Consent(id), Some(valid.consent_until));
        }
        self.send_consent_check(now, id);
        self.due.set(Due::Consent(id), Some((now + interval).min(valid.consent_until)));
    }

    /// A new transaction, sent once; its answer counts for as long as consent may last.
    fn send_consent_check(&mut self, now: Instant, id: PathId) {
        let transaction_id = self.transaction_id();
        let found = self.streams.iter().position(|stream| stream.pair(id).is_some());
        let (Some(index), true) = (found, self.says.outbound.has_room()) else { return };
        let is_previous = self.streams[index].current.checklist.get(id).is_none();
        let Some(pair) = self.pair(id) else { return };
        let (path, component) = (pair.path, pair.component);
        let preference = self.sockets.at(path.local).map_or(0, |socket| socket.local_preference);
        let check = Check {
            pair: id,
            role: self.role,
            priority: priority(CandidateKind::PeerReflexive, preference, component),
            is_nominating: false,
        };
        let mut request = Vec::new();
        self.write_check(index, is_previous, transaction_id, check, &mut request);
        self.says.outbound.push(path, |out| out.extend_from_slice(&request));
        self.says.stats.consent_checks_sent += 1;
        let purpose = Purpose::Consent { pair: id, role: self.role };
        let schedule = Schedule::once(now, self.config.consent.timeout);
        let (serial, at) =
            self.transactions.begin(now, (transaction_id, path, purpose), Vec::new(), schedule);
        self.due.set(Due::Transaction(serial), Some(at));
    }

    /// An authentic answer: consent lasts anew, also when it answers an older check than the last. All checks up to the
    /// answered one have done their work.
    pub(super) fn consent_given(
        &mut self,
        now: Instant,
        id: PathId,
        serial: u32,
        round_trip: Option<Duration>,
    ) {
        self.says.stats.responses_received += 1;
        let is_done = |other: &crate::transaction::Transaction| {
            matches!(other.purpose, Purpose::Consent { pair, .. } if pair == id)
                && serial.wrapping_sub(other.serial) < u32::MAX / 2
        };
        for done in self.transactions.take(is_done) {
            self.due.set(Due::Transaction(done), None);
        }
        let until = now + self.config.consent.timeout;
        if let Some(valid) = self.pair_mut(id).and_then(|pair| pair.valid.as_mut()) {
            (valid.answered, valid.consent_until) = (now, until);
            valid.round_trip = round_trip.or(valid.round_trip);
            self.heard(now, id);
        }
    }

    /// Sending on this pair stops, and these credentials never make it work again (RFC 7675 §5.1).
    pub(super) fn consent_lost(&mut self, now: Instant, id: PathId) {
        let found = self.streams.iter().position(|stream| stream.pair(id).is_some());
        let Some(pair) = self.pair_mut(id) else { return };
        pair.valid = None;
        pair.state = PairState::Failed;
        pair.is_revoked = true;
        let component = pair.component;
        self.end_transactions_of(id);
        self.end_consent(id);
        let Some(index) = found else { return };
        let stream = self.streams[index].id;
        self.says.event(Event::ConsentLost { stream, component, path: id });
        self.fail_if_concluded(index, component, id);
        self.settle(now, index);
    }

    /// A nominated pair that loses consent takes its session with it, unless another one was nominated too.
    fn fail_if_concluded(&mut self, index: usize, component: crate::id::ComponentId, id: PathId) {
        let session = &mut self.streams[index].current;
        let was_nominated = session.checklist.get(id).is_some_and(|pair| pair.is_nominated());
        if was_nominated && session.best_usable(component).is_none() {
            session.has_failed = true;
        }
    }

    fn remove_retired(&mut self, id: PathId) {
        self.end_transactions_of(id);
        self.end_consent(id);
        if let Some((_, session)) = self.session_of(id) {
            session.checklist.remove(id);
        }
    }

    /// A consent check's worth of evidence that the peer is there: ends a silence.
    pub(super) fn heard(&mut self, now: Instant, id: PathId) {
        if let Some(chosen) = self.routes.chosen.as_mut().filter(|chosen| chosen.id == id) {
            chosen.heard = now;
            chosen.is_silent = false;
        }
        let silence = self.config.consent.silence;
        let Some(valid) = self.pair_mut(id).and_then(|pair| pair.valid.as_mut()) else { return };
        valid.heard = now;
        if core::mem::take(&mut valid.is_silent) {
            self.due.set(Due::Silence(id), Some(now + silence));
            if let Some(index) = self.streams.iter().position(|stream| stream.pair(id).is_some()) {
                self.select(now, index);
                self.update_state(now);
            }
        }
    }

    /// Payload came: one comparison and one store on the chosen path.
    pub(super) fn heard_payload(&mut self, now: Instant, id: PathId) {
        match &mut self.routes.chosen {
            Some(chosen) if chosen.id == id && !chosen.is_silent => chosen.heard = now,
            _ => self.heard(now, id),
        }
    }

    /// Has it really been silent? Payload does not move this timer, so look first.
    pub(super) fn silence_due(&mut self, now: Instant, id: PathId) {
        let chosen = self.routes.chosen.filter(|chosen| chosen.id == id).map(|chosen| chosen.heard);
        let silence = self.config.consent.silence;
        let Some(valid) = self.pair_mut(id).and_then(|pair| pair.valid.as_mut()) else { return };
        valid.heard = chosen.map_or(valid.heard, |heard| heard.max(valid.heard));
        let until = valid.heard + silence;
        if now < until {
            return self.due.set(Due::Silence(id), Some(until));
        }
        valid.is_silent = true;
        if let Some(chosen) = self.routes.chosen.as_mut().filter(|chosen| chosen.id == id) {
            chosen.is_silent = true;
        }
        if let Some(index) = self.streams.iter().position(|stream| stream.pair(id).is_some()) {
            self.select(now, index);
            self.update_state(now);
        }
    }

    /// Timers of all pairs of a session that is given up.
    pub(super) fn forget_session(&mut self, session: &Session) {
        for pair in session.checklist.pairs() {
            self.end_transactions_of(pair.id);
            self.end_consent(pair.id);
        }
        for check in &session.early {
            self.routes.forget(check.id);
        }
    }
}
