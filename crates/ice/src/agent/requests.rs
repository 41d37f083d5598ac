//! The peer's checks. RFC 8445 §7.3.

use limpid_sansio::{Instant, Path};
use limpid_stun::{ErrorCode, Message};

use crate::agent::Agent;
use crate::candidate::{CandidateKind, may_be_checked, priority};
use crate::error::DropReason;
use crate::message::{claimed_role, is_known, write_error, write_success};
use crate::pair::{Nomination, Pair, PairState, Side};
use crate::role::{Role, Verdict, resolve};
use crate::session::{EarlyCheck, RemoteCandidate, Session};

/// Why a request is refused, and what it is counted as.
type Refusal = (ErrorCode<'static>, DropReason);

impl Agent {
    /// Answers a request, and takes from it what can be learned.
    pub(super) fn handle_request(&mut self, now: Instant, path: Path, request: &Message<'_>) {
        if request.verify_fingerprint().is_err() {
            return self.drop(DropReason::Fingerprint);
        }
        if self.sockets.at(path.local).is_none() || !may_be_checked(path.remote) {
            return self.drop(DropReason::UnknownPath);
        }
        let (index, is_previous) = match self.authenticate(request) {
            Ok(found) => found,
            Err((error, reason)) => {
                self.drop(reason);
                return self.refuse(path, request, error, None);
            }
        };
        let key = Some((index, is_previous));
        if request.unknown_required(is_known).next().is_some() {
            self.drop(DropReason::Unsupported);
            return self.refuse(path, request, ErrorCode::UNKNOWN_ATTRIBUTE, key);
        }
        let Some(priority) = request.priority() else {
            self.drop(DropReason::Malformed);
            return self.refuse(path, request, ErrorCode::BAD_REQUEST, key);
        };
        if self.settle_roles(now, request) == Verdict::Refuse {
            return self.refuse(path, request, ErrorCode::ROLE_CONFLICT, key);
        }
        self.answer(path, request, index, is_previous);
        let ufrag =
            request.username().and_then(|username| username.split_once(':')).map_or("", |parts| parts.1);
        let Some(component) = self.component_of(index, path) else { return };
        let check = EarlyCheck {
            id: self.routes.next_id(),
            path,
            component,
            priority,
            is_nominating: request.use_candidate(),
            ufrag: ufrag.into(),
        };
        if is_previous {
            self.heard_check(now, path, index);
            return self.let_through(&check);
        }
        if self.is_current(index, Some(ufrag)) {
            self.accept_check(now, index, &check);
            self.settle(now, index);
        } else {
            self.remember_early(index, check);
        }
    }

    /// Whose session the request is for, once its password is proved (RFC 8445 §7.3, RFC 8489 §9.1.3).
    fn authenticate(&self, request: &Message<'_>) -> Result<(usize, bool), Refusal> {
        let (Some(username), true) = (request.username(), request.has_integrity()) else {
            return Err((ErrorCode::BAD_REQUEST, DropReason::Integrity));
        };
        let ufrag = username.split(':').next().unwrap_or_default();
        let is_ours = |session: &Session| *session.local.ufrag == *ufrag;
        let found = self.streams.iter().enumerate().find_map(|(index, stream)| {
            if is_ours(&stream.current) {
                return Some((index, false, &stream.current));
            }
            stream.previous.as_ref().filter(|session| is_ours(session)).map(|session| (index, true, session))
        });
        let Some((index, is_previous, session)) = found else {
            return Err((ErrorCode::UNAUTHENTICATED, DropReason::Username));
        };
        match request.verify_integrity(&*session.local.key) {
            Ok(()) => Ok((index, is_previous)),
            Err(_) => Err((ErrorCode::UNAUTHENTICATED, DropReason::Integrity)),
        }
    }

    /// Compares the roles; changes ours if that is how the conflict ends (RFC 8445 §7.3.1.1).
    fn settle_roles(&mut self, now: Instant, request: &Message<'_>) -> Verdict {
        let Some((theirs, tie_breaker)) = claimed_role(request) else { return Verdict::Agree };
        let verdict = resolve(self.role, self.tie_breaker, theirs, tie_breaker);
        if verdict != Verdict::Agree {
            self.says.stats.role_conflicts += 1;
        }
        if verdict == Verdict::Switch {
            self.take_role(now, self.role.opposite());
        }
        verdict
    }

    fn answer(&mut self, path: Path, request: &Message<'_>, index: usize, is_previous: bool) {
        if !self.says.outbound.has_room() {
            return self.drop(DropReason::Limit);
        }
        let stream = &self.streams[index];
        let session = stream.previous.as_ref().filter(|_| is_previous).unwrap_or(&stream.current);
        let (id, key) = (request.transaction_id(), &*session.local.key);
        self.says.outbound.push(path, |out| write_success(id, path.remote, key, out));
        self.says.stats.checks_answered += 1;
    }

    /// Refuses. To one who has not authenticated himself no more bytes are sent than came from him.
    fn refuse(
        &mut self,
        path: Path,
        request: &Message<'_>,
        error: ErrorCode<'static>,
        session: Option<(usize, bool)>,
    ) {
        if !self.says.outbound.has_room() {
            return self.drop(DropReason::Limit);
        }
        let key = session.map(|(index, is_previous)| {
            let stream = &self.streams[index];
            let session = stream.previous.as_ref().filter(|_| is_previous).unwrap_or(&stream.current);
            &*session.local.key
        });
        let written = self.says.outbound.push(path, |out| write_error(request, error, key, out)).len();
        if key.is_none() && written > request.as_bytes().len() {
            self.says.outbound.retract();
        }
    }

    /// Keeps a check for when the remote credentials are here (RFC 8445 §7.3). Payload that follows it is let through: the
    /// sender knows our password.
    fn remember_early(&mut self, index: usize, check: EarlyCheck) {
        let session = &mut self.streams[index].current;
        if session.remote.is_some() {
            // Another generation of theirs. One to come will say so by its credentials; one that has gone may still send
            // from its sockets: Chromium checks and uses those beside the new ones.
            return self.let_through(&check);
        }
        let is_full = session.early.len() >= Session::EARLY;
        match session.early.iter_mut().find(|old| old.path == check.path) {
            Some(old) => {
                old.is_nominating |= check.is_nominating;
                old.ufrag = check.ufrag;
            }
            None if is_full => self.drop(DropReason::Limit),
            None => {
                self.routes.learn(check.path, check.id);
                session.early.push(check);
            }
        }
    }

    /// The check was answered, so its sender takes the path for a good one. We do not, and send nothing there; but payload
    /// that comes on it comes from somebody who knows our password.
    fn let_through(&mut self, check: &EarlyCheck) {
        if self.routes.find(&check.path).is_none() {
            self.routes.learn(check.path, check.id);
        }
    }

    /// The rest of RFC 8445 §7.3.1, for a check that was answered and whose sender is the peer we know.
    pub(super) fn accept_check(&mut self, now: Instant, index: usize, check: &EarlyCheck) {
        let may_nominate = check.is_nominating && self.role == Role::Controlled;
        let session = &self.streams[index].current;
        if session.has_failed {
            return;
        }
        let known = session.checklist.between(check.path, check.component).map(|pair| pair.id);
        let is_concluded = session.nominated(check.component).is_some();
        let id = match known {
            Some(id) => id,
            None if is_concluded && !may_nominate => return self.let_through(check),
            None => match self.learn_pair(index, check) {
                Some(id) => id,
                None => return,
            },
        };
        if self.pair(id).is_some_and(|pair| pair.is_revoked) {
            return;
        }
        self.routes.learn(check.path, id);
        self.heard(now, id);
        let Some(pair) = self.streams[index].current.checklist.get_mut(id) else { return };
        let was_retired = pair.is_retired;
        if may_nominate && pair.nomination == Nomination::None {
            pair.nomination = Nomination::Asked;
            pair.is_retired = false;
        }
        let (state, nomination) = (pair.state, pair.nomination);
        if was_retired && may_nominate {
            self.begin_consent(now, id);
        }
        match state {
            PairState::Succeeded if nomination == Nomination::Asked && self.role == Role::Controlled => {
                self.nominated(now, index, id);
            }
            PairState::Succeeded => {}
            PairState::InProgress => {
                self.cancel_transactions_of(id);
                self.trigger(now, index, id);
            }
            PairState::Frozen | PairState::Waiting | PairState::Failed => self.trigger(now, index, id),
        }
    }

    /// The pair that a check from an unpaired address makes: with the candidate that is known there, or with a
    /// peer-reflexive one (RFC 8445 §7.3.1.3, §7.3.1.4). The latter is paired with no other base.
    fn learn_pair(&mut self, index: usize, check: &EarlyCheck) -> Option<crate::id::PathId> {
        let socket = self.sockets.at(check.path.local)?.clone();
        let known = self.streams[index].current.remote_at(check.path.remote, check.component).cloned();
        let remote = match known {
            Some(remote) => remote,
            None if self.streams[index].current.remotes.len() >= self.config.max_remote_candidates => {
                self.drop(DropReason::Limit);
                return None;
            }
            None => {
                let remote = RemoteCandidate {
                    component: check.component,
                    kind: CandidateKind::PeerReflexive,
                    address: check.path.remote,
                    priority: check.priority,
                    foundation: self.foundations.unlike_any(),
                };
                self.streams[index].current.remotes.push(remote.clone());
                remote
            }
        };
        let kind = CandidateKind::Host;
        let foundation = (self.foundations.local(kind, socket.address.ip(), None), remote.foundation);
        let side = Side { kind, priority: priority(kind, socket.local_preference, check.component) };
        let pair = self.new_pair(Some(check.id), socket.address, side, &remote, foundation);
        self.insert_pair(index, pair).then_some(check.id)
    }

    /// A check of the previous generation: a sign of life.
    fn heard_check(&mut self, now: Instant, path: Path, index: usize) {
        let is_it = |pair: &&Pair| crate::candidate::same_address(pair.path.remote, path.remote);
        let previous = self.streams[index].previous.as_ref();
        let id =
            previous.and_then(|session| session.checklist.pairs().iter().find(is_it)).map(|pair| pair.id);
        if let Some(id) = id {
            self.heard(now, id);
        }
    }
}
