//! Sending: one new transaction each Ta, retransmissions in between. RFC 8445 §6.1.4.2, §7.2, §14.

use core::time::Duration;

use limpid_sansio::Instant;
use limpid_stun::TransactionId;

use crate::agent::{Agent, Due as Timer};
use crate::candidate::{CandidateKind, priority};
use crate::checklist::ChecklistSet;
use crate::id::PathId;
use crate::message::CheckRequest;
use crate::pair::{Nomination, Pair, PairState};
use crate::role::Role;
use crate::transaction::{Check, Due, Purpose, Schedule};

/// Whose turn it is, and when.
#[derive(Default, Debug)]
pub(super) struct Pacer {
    /// A new transaction may leave from here on. `None`: none has left yet, and the first need not wait.
    next: Option<Instant>,
    turn: usize,
    has_begun: bool,
}

impl Pacer {
    /// A check has left: the initial states are history.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// All sessions are new.
    pub(super) fn begin_anew(&mut self) {
        self.has_begun = false;
    }
}

/// RFC 8445 §14.2: less than this is never allowed.
const LEAST_TA: Duration = Duration::from_millis(5);

impl Agent {
    /// Something may be ready to be sent: sees to it that the pacer looks.
    ///
    /// Even the first check leaves by the timer, which is then due at once: all that is said at one `now` is said before
    /// the best pair is picked.
    pub(super) fn kick(&mut self, now: Instant) {
        let at = self.pacer.next.map_or(now, |next| next.max(now));
        self.due.set(Timer::Pace, Some(at));
    }

    /// Ta has passed. When nothing is ready the timer rests.
    pub(super) fn pace(&mut self, now: Instant) {
        if !self.says.outbound.has_room() || self.send_next(now) {
            let next = now + self.config.timing.ta.max(LEAST_TA);
            self.pacer.next = Some(next);
            self.due.set(Timer::Pace, Some(next));
        }
    }

    /// The next new transaction of whoever's turn it is: a checklist's, or the gatherer's. A checklist with nothing to do
    /// passes its turn on without waiting for Ta (RFC 8838 §8).
    fn send_next(&mut self, now: Instant) -> bool {
        let turns = self.streams.len() + 1;
        for _ in 0..turns {
            let turn = self.pacer.turn % turns;
            self.pacer.turn = turn + 1;
            let has_sent =
                if turn < self.streams.len() { self.check_next(now, turn) } else { self.send_question(now) };
            if has_sent {
                return true;
            }
        }
        false
    }

    /// RFC 8445 §6.1.4.2: a triggered check, else the best Waiting pair, thawing one if there is none.
    fn check_next(&mut self, now: Instant, index: usize) -> bool {
        if !self.streams[index].current.is_running() {
            return false;
        }
        while let Some(id) = self.streams[index].current.checklist.pop_triggered() {
            if self.streams[index].current.checklist.get(id).is_some_and(wants_check) {
                self.send_check(now, index, id);
                return true;
            }
        }
        if self.streams[index].current.checklist.best_waiting().is_none() {
            self.streams.thaw(index);
        }
        match self.streams[index].current.checklist.best_waiting() {
            Some(id) => self.send_check(now, index, id),
            None => return false,
        }
        true
    }

    /// A triggered check: at once while the pair may, else when its turn comes.
    pub(super) fn trigger(&mut self, now: Instant, index: usize, id: PathId) {
        let limit = self.config.timing.unpaced_per_pair;
        let session = &mut self.streams[index].current;
        let can_check = session.is_running();
        let Some(pair) = session.checklist.get_mut(id) else { return };
        if pair.state != PairState::Succeeded {
            pair.state = PairState::Waiting;
        }
        if can_check && pair.unpaced < limit && self.says.outbound.has_room() {
            pair.unpaced += 1;
            self.send_check(now, index, id);
        } else {
            session.checklist.trigger(id);
            self.kick(now);
        }
    }

    fn send_check(&mut self, now: Instant, index: usize, id: PathId) {
        self.pacer.has_begun = true;
        let is_busy = |pair: &&Pair| matches!(pair.state, PairState::Waiting | PairState::InProgress);
        let busy = self.streams.all().filter(is_busy).count();
        let transaction_id = self.transaction_id();
        let Some(pair) = self.streams[index].current.checklist.get_mut(id) else { return };
        if pair.state != PairState::Succeeded {
            pair.state = PairState::InProgress;
        }
        let (path, component) = (pair.path, pair.component);
        let is_nominating = self.role == Role::Controlling && pair.nomination == Nomination::Asked;
        let preference = self.sockets.at(path.local).map_or(0, |socket| socket.local_preference);
        let priority = priority(CandidateKind::PeerReflexive, preference, component);
        let check = Check { pair: id, role: self.role, priority, is_nominating };
        let mut request = Vec::new();
        self.write_check(index, false, transaction_id, check, &mut request);
        self.says.outbound.push(path, |out| out.extend_from_slice(&request));
        self.says.stats.checks_sent += 1;
        let schedule = Schedule::of_check(now, &self.config.timing, busy.max(1));
        let purpose = Purpose::Check(check);
        let (serial, at) = self.transactions.begin(now, (transaction_id, path, purpose), request, schedule);
        self.due.set(Timer::Transaction(serial), Some(at));
    }

    /// Writes a check with the credentials of the current or the previous session. Nothing is written when there are none.
    pub(super) fn write_check(
        &self,
        index: usize,
        is_previous: bool,
        id: TransactionId,
        check: Check,
        out: &mut Vec<u8>,
    ) {
        let stream = &self.streams[index];
        let session = if is_previous { stream.previous.as_ref() } else { Some(&stream.current) };
        let Some((session, remote)) = session.and_then(|session| Some((session, session.remote.as_ref()?)))
        else {
            return;
        };
        let request = CheckRequest {
            id,
            remote_ufrag: &remote.ufrag,
            local_ufrag: &session.local.ufrag,
            role: check.role,
            tie_breaker: self.tie_breaker,
            priority: check.priority,
            is_nominating: check.is_nominating,
        };
        request.write(&*remote.key, out);
    }

    /// A request is to be sent again, or its time is over.
    pub(super) fn transaction_due(&mut self, now: Instant, serial: u32) {
        let Some((transaction, due, next)) = self.transactions.on_due(now, serial) else { return };
        match due {
            Due::Send => {
                if self.says.outbound.has_room() {
                    let (path, request) = (transaction.path, &transaction.request);
                    self.says.outbound.push(path, |out| out.extend_from_slice(request));
                    self.says.stats.retransmissions += 1;
                }
                self.due.set(Timer::Transaction(serial), Some(next));
            }
            Due::Wait => self.due.set(Timer::Transaction(serial), Some(next)),
            Due::Forget => self.end_transaction(serial),
            Due::GiveUp => {
                let purpose = transaction.purpose;
                self.end_transaction(serial);
                match purpose {
                    Purpose::Check(check) => self.check_failed(now, check.pair),
                    Purpose::Gather { server } => self.server_silent(now, server),
                    Purpose::Consent { .. } | Purpose::Refresh => {}
                }
            }
        }
    }

    /// Cancels all that is out for a pair (RFC 8445 §7.3.1.4).
    pub(super) fn cancel_transactions_of(&mut self, pair: PathId) {
        if let Some(oldest) = self.transactions.cancel(pair) {
            self.end_transaction(oldest);
        }
    }

    pub(super) fn end_transaction(&mut self, serial: u32) {
        self.transactions.remove(serial);
        self.due.set(Timer::Transaction(serial), None);
    }

    /// Forgets all that is out for a pair.
    pub(super) fn end_transactions_of(&mut self, pair: PathId) {
        for serial in self.transactions.take(|transaction| transaction.pair() == Some(pair)) {
            self.due.set(Timer::Transaction(serial), None);
        }
    }

    pub(super) fn transaction_id(&mut self) -> TransactionId {
        TransactionId(self.random.bytes())
    }
}

/// A queued check may have lost its reason while it waited.
fn wants_check(pair: &Pair) -> bool {
    let wants_nomination = pair.nomination == Nomination::Asked;
    !pair.is_revoked && (pair.state != PairState::Succeeded || wants_nomination)
}
