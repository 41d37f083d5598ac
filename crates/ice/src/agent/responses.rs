//! Answers to our requests. RFC 8445 §7.2.5.

use core::net::SocketAddr;
use core::time::Duration;

use limpid_sansio::{Instant, Path};
use limpid_stun::{Class, ErrorCode, Message};

use crate::agent::Agent;
use crate::agent::candidates::MAX_LOCAL;
use crate::candidate::{CandidateKind, same_address};
use crate::checklist::ChecklistSet;
use crate::error::DropReason;
use crate::id::PathId;
use crate::pair::{Nomination, PairState, Valid};
use crate::role::Role;
use crate::session::LocalCandidate;
use crate::transaction::{Check, Purpose};

/// Of a transaction, what outlives it.
#[derive(Copy, Clone)]
struct Answered {
    serial: u32,
    path: Path,
    purpose: Purpose,
    round_trip: Option<Duration>,
}

impl Agent {
    /// Finds the request and does what its answer says.
    pub(super) fn handle_response(&mut self, now: Instant, path: Path, message: &Message<'_>) {
        let Some(transaction) = self.transactions.find(message.transaction_id()) else {
            return self.drop(DropReason::UnknownTransaction);
        };
        let answered = Answered {
            serial: transaction.serial,
            path: transaction.path,
            purpose: transaction.purpose,
            round_trip: transaction.round_trip(now),
        };
        let is_symmetric =
            same_address(path.local, answered.path.local) && same_address(path.remote, answered.path.remote);
        match (answered.purpose, transaction.pair()) {
            (Purpose::Gather { server }, _) if is_symmetric => {
                self.server_answered(now, (answered.serial, answered.path, server), message);
            }
            (Purpose::Refresh, _) if is_symmetric => self.end_transaction(answered.serial),
            (_, Some(pair)) => self.pair_answered(now, (pair, is_symmetric), answered, message),
            _ => self.drop(DropReason::Asymmetric),
        }
    }

    /// An answer to a check or consent check. Unless it authenticates itself it decides nothing: an error that anyone can
    /// forge must neither fail a pair nor end consent (RFC 7675 §5.2).
    fn pair_answered(
        &mut self,
        now: Instant,
        (pair, is_symmetric): (PathId, bool),
        answered: Answered,
        message: &Message<'_>,
    ) {
        if message.verify_fingerprint().is_err() {
            return self.drop(DropReason::Fingerprint);
        }
        let is_error = message.class() == Class::Error;
        let Some((index, session)) = self.session_of(pair) else {
            return self.drop(DropReason::UnknownTransaction);
        };
        let remote = session.remote.as_ref();
        if remote.is_none_or(|remote| message.verify_integrity(&*remote.key).is_err()) {
            let forged = if is_error { DropReason::UnauthenticatedError } else { DropReason::Integrity };
            return self.drop(forged);
        }
        if !is_symmetric {
            self.drop(DropReason::Asymmetric);
            if let Purpose::Check(_) = answered.purpose {
                self.end_transaction(answered.serial);
                self.check_failed(now, pair);
            }
            return;
        }
        let code = message.error_code().map_or(0, |error| error.code);
        match (answered.purpose, is_error, message.xor_mapped_address()) {
            (_, true, _) => {
                self.end_transaction(answered.serial);
                self.refused(now, index, answered.purpose, code);
            }
            (_, false, None) => self.drop(DropReason::Malformed),
            (Purpose::Consent { .. }, false, Some(_)) => {
                self.consent_given(now, pair, answered.serial, answered.round_trip);
            }
            (Purpose::Check(check), false, Some(mapped)) => {
                self.end_transaction(answered.serial);
                self.check_succeeded(now, check, answered, mapped);
            }
            (Purpose::Gather { .. } | Purpose::Refresh, ..) => {}
        }
    }

    /// RFC 8445 §7.2.5.3.
    fn check_succeeded(&mut self, now: Instant, check: Check, answered: Answered, mapped: SocketAddr) {
        self.says.stats.responses_received += 1;
        let Some(local_kind) = self.discover(check, answered.path, mapped) else { return };
        let consent_until = now + self.config.consent.timeout;
        let Some(pair) = self.pair_mut(check.pair).filter(|pair| !pair.is_revoked) else { return };
        let before = pair.valid;
        let round_trip = answered.round_trip.or(before.and_then(|valid| valid.round_trip));
        pair.state = PairState::Succeeded;
        pair.valid = Some(Valid {
            local_kind,
            answered: now,
            consent_until,
            round_trip,
            heard: now,
            is_silent: false,
        });
        let (foundation, nomination) = (pair.foundation, pair.nomination);
        self.routes.learn(answered.path, check.pair);
        self.heard(now, check.pair);
        if before.is_none() {
            self.begin_consent(now, check.pair);
        }
        self.streams.unfreeze(foundation);
        let Some(index) = self.streams.iter().position(|s| s.current.checklist.get(check.pair).is_some())
        else {
            return;
        };
        self.streams[index].current.first_valid.get_or_insert(now);
        let by_us = self.role == Role::Controlling && check.is_nominating;
        let by_them = self.role == Role::Controlled && nomination == Nomination::Asked;
        if by_us || by_them {
            self.nominated(now, index, check.pair);
        }
        self.settle(now, index);
    }

    /// Which of our candidates the peer sees; a new address is a peer-reflexive candidate, worth what the check said
    /// (RFC 8445 §7.2.5.3.1). It is not told to the peer, who knows it.
    fn discover(&mut self, check: Check, path: Path, mapped: SocketAddr) -> Option<CandidateKind> {
        let kind = CandidateKind::PeerReflexive;
        let foundation = self.foundations.local(kind, path.local.ip(), None);
        let component = self.pair(check.pair)?.component;
        let is_host = same_address(mapped, path.local);
        let (_, session) = self.session_of(check.pair)?;
        let is_it = |local: &&LocalCandidate| {
            local.component == component
                && same_address(local.address, mapped)
                && same_address(local.base, path.local)
        };
        match session.locals.iter().find(is_it) {
            Some(local) => Some(local.kind),
            None if is_host => Some(CandidateKind::Host),
            None => {
                let priority = check.priority;
                let base = path.local;
                if session.locals.len() < MAX_LOCAL {
                    session.locals.push(LocalCandidate {
                        component,
                        kind,
                        address: mapped,
                        base,
                        priority,
                        foundation,
                    });
                }
                Some(kind)
            }
        }
    }

    /// An authentic error.
    fn refused(&mut self, now: Instant, index: usize, purpose: Purpose, code: u16) {
        match purpose {
            Purpose::Check(Check { pair, role, .. }) if code == ErrorCode::ROLE_CONFLICT.code => {
                self.role_refused(now, role);
                self.trigger(now, index, pair);
            }
            Purpose::Consent { role, .. } if code == ErrorCode::ROLE_CONFLICT.code => {
                self.role_refused(now, role);
            }
            Purpose::Check(Check { pair, .. }) | Purpose::Consent { pair, .. }
                if code == ErrorCode::FORBIDDEN.code =>
            {
                self.consent_lost(now, pair);
            }
            Purpose::Check(Check { pair, .. }) => self.check_failed(now, pair),
            Purpose::Consent { .. } | Purpose::Gather { .. } | Purpose::Refresh => {}
        }
    }

    /// RFC 8445 §7.2.5.1: the opposite of what that request claimed, whatever we are by now, and a new tie-breaker.
    fn role_refused(&mut self, now: Instant, claimed: Role) {
        self.says.stats.role_conflicts += 1;
        if self.role == claimed {
            self.tie_breaker = self.random.u64();
            self.take_role(now, claimed.opposite());
        }
    }

    /// A check was refused, or nobody answered it in time, or somebody else did (RFC 8445 §7.2.5.2).
    pub(super) fn check_failed(&mut self, now: Instant, id: PathId) {
        let others = self.transactions.iter().any(|other| {
            matches!(other.purpose, Purpose::Check(check) if check.pair == id) && !other.is_cancelled()
        });
        let Some((index, session)) = self.session_of(id) else { return };
        let Some(pair) = session.checklist.get_mut(id) else { return };
        if others || pair.is_nominated() {
            return; // a newer check decides; a nominated pair is consent's affair
        }
        if pair.state == PairState::Succeeded && pair.nomination == Nomination::None {
            return;
        }
        pair.state = PairState::Failed;
        pair.nomination = Nomination::None;
        if pair.valid.take().is_some() {
            self.end_consent(id);
        }
        self.settle(now, index);
    }
}
