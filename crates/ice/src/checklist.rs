//! Checklists: the pairs of a stream in the order of their priority, and the rules that span all streams.
//! RFC 8445 §6.1.2, RFC 8838 §10 to §12.

use std::collections::VecDeque;

use limpid_sansio::Path;

use crate::candidate::{CandidateKind, same_address};
use crate::foundation::PairFoundation;
use crate::id::{ComponentId, PathId};
use crate::pair::{Nomination, Pair, PairState};
use crate::role::Role;

/// The pairs of one stream and generation. Bounded by [`Config::max_pairs`](crate::Config::max_pairs) over all of them.
#[derive(Default, Debug)]
pub(crate) struct Checklist {
    pairs: Vec<Pair>,
    triggered: VecDeque<PathId>,
}

/// What became of a pair that was to be added.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Inserted {
    /// It is in.
    New,
    /// There was one between the same addresses, which stays.
    Redundant,
}

impl Checklist {
    /// All pairs, best first.
    pub(crate) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    pub(crate) fn get(&self, id: PathId) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: PathId) -> Option<&mut Pair> {
        self.pairs.iter_mut().find(|pair| pair.id == id)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Pair> {
        self.pairs.iter_mut()
    }

    /// The pair between these addresses.
    pub(crate) fn between(&self, path: Path, component: ComponentId) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.component == component && is_between(pair, path))
    }

    /// Adds a pair unless there is one from the same base to the same address (RFC 8445 §6.1.2.4). One whose remote end was
    /// learned from a check takes over the told priority and keeps its state (RFC 8838 §11).
    pub(crate) fn insert(&mut self, pair: Pair, role: Role) -> Inserted {
        let redundant = |old: &Pair| old.component == pair.component && is_between(old, pair.path);
        let Some(old) = self.pairs.iter_mut().find(|old| redundant(old)) else {
            self.pairs.push(pair);
            self.sort();
            return Inserted::New;
        };
        let is_undecided = matches!(old.state, PairState::Frozen | PairState::Waiting);
        let was_learned = old.remote.kind == CandidateKind::PeerReflexive;
        if was_learned || (is_undecided && old.priority < pair.priority) {
            (old.local, old.remote, old.foundation) = (pair.local, pair.remote, pair.foundation);
            old.rank(role);
            self.sort();
        }
        Inserted::Redundant
    }

    /// The roles have changed: all priorities anew.
    pub(crate) fn rank(&mut self, role: Role) {
        self.pairs.iter_mut().for_each(|pair| pair.rank(role));
        self.sort();
    }

    pub(crate) fn sort(&mut self) {
        self.pairs.sort_by_key(|pair| core::cmp::Reverse(pair.priority));
    }

    /// Puts a pair at the end of the triggered-check queue; once is enough.
    pub(crate) fn trigger(&mut self, id: PathId) {
        if !self.triggered.contains(&id) {
            self.triggered.push_back(id);
        }
    }

    pub(crate) fn pop_triggered(&mut self) -> Option<PathId> {
        self.triggered.pop_front()
    }

    /// The Waiting pair of highest priority.
    pub(crate) fn best_waiting(&self) -> Option<PathId> {
        self.pairs.iter().find(|pair| pair.state == PairState::Waiting).map(|pair| pair.id)
    }

    pub(crate) fn remove(&mut self, id: PathId) -> Option<Pair> {
        self.triggered.retain(|queued| *queued != id);
        let position = self.pairs.iter().position(|pair| pair.id == id)?;
        Some(self.pairs.remove(position))
    }

    /// The least pair that no check was sent for: the first to go when the limit is reached.
    pub(crate) fn least_unchecked(&self) -> Option<&Pair> {
        let unchecked = |pair: &&Pair| matches!(pair.state, PairState::Frozen | PairState::Waiting);
        self.pairs.iter().rev().find(unchecked)
    }

    /// A pair whose check has failed, of no more use: goes before any other when the limit is reached (RFC 8838 §10).
    pub(crate) fn spent(&self) -> Option<&Pair> {
        self.pairs.iter().rev().find(|pair| pair.state == PairState::Failed && !pair.is_revoked)
    }

    /// A pair of this component is nominated: of the others those that worked retire, and those still asked for stay (a peer
    /// that nominates aggressively may have meant them); the rest goes (RFC 8445 §8.1.2). Returns who retired.
    pub(crate) fn conclude(&mut self, component: ComponentId) -> Vec<PathId> {
        let mut retired = Vec::new();
        let of_component = |pair: &Pair| pair.component == component;
        for pair in self.pairs.iter_mut().filter(|pair| of_component(pair)) {
            if pair.nomination == Nomination::None && pair.valid.is_some() && !pair.is_retired {
                pair.is_retired = true;
                retired.push(pair.id);
            }
        }
        self.pairs.retain(|pair| {
            !of_component(pair) || pair.nomination != Nomination::None || pair.valid.is_some()
        });
        let Checklist { pairs, triggered } = self;
        triggered.retain(|id| pairs.iter().any(|pair| pair.id == *id && !pair.is_retired));
        retired
    }
}

fn is_between(pair: &Pair, path: Path) -> bool {
    same_address(pair.path.local, path.local) && same_address(pair.path.remote, path.remote)
}

/// The whole set of checklists, for the rules that span it.
pub(crate) trait ChecklistSet {
    /// The checklists in the order of their streams.
    fn lists(&self) -> impl Iterator<Item = &Checklist>;
    /// The same, to be changed.
    fn lists_mut(&mut self) -> impl Iterator<Item = &mut Checklist>;

    /// All pairs of all streams.
    fn all(&self) -> impl Iterator<Item = &Pair> {
        self.lists().flat_map(|list| list.pairs.iter())
    }

    /// Before the first check: of each foundation one pair is Waiting, in the first checklist that has it, of the lowest
    /// component and then the highest priority; all others are Frozen (RFC 8445 §6.1.2.6).
    fn set_initial_states(&mut self) {
        let mut leaders: Vec<(PairFoundation, PathId)> = Vec::new();
        for list in self.lists() {
            let mut order: Vec<&Pair> = list.pairs.iter().collect();
            order.sort_by_key(|pair| (pair.component, core::cmp::Reverse(pair.priority)));
            for pair in order {
                if !leaders.iter().any(|(foundation, _)| *foundation == pair.foundation) {
                    leaders.push((pair.foundation, pair.id));
                }
            }
        }
        for pair in self.lists_mut().flat_map(|list| list.pairs.iter_mut()).filter(|pair| pair.is_pending()) {
            let leads = leaders.iter().any(|(_, id)| *id == pair.id);
            pair.state = if leads { PairState::Waiting } else { PairState::Frozen };
        }
    }

    /// The state of a pair that comes when checks already run (RFC 8838 §12).
    fn state_of_late_pair(&self, component: ComponentId, priority: u64, of: PairFoundation) -> PairState {
        let alike = || self.all().filter(|pair| pair.foundation == of);
        let has_succeeded = alike().any(|pair| pair.state == PairState::Succeeded);
        let is_topmost = alike().all(|pair| {
            (component, core::cmp::Reverse(priority)) < (pair.component, core::cmp::Reverse(pair.priority))
        });
        if has_succeeded || is_topmost { PairState::Waiting } else { PairState::Frozen }
    }

    /// A check of this foundation succeeded: all its Frozen pairs wait for their turn now, in every checklist
    /// (RFC 8445 §7.2.5.3.3).
    fn unfreeze(&mut self, foundation: PairFoundation) {
        for list in self.lists_mut() {
            for pair in list.pairs.iter_mut() {
                if pair.foundation == foundation && pair.state == PairState::Frozen {
                    pair.state = PairState::Waiting;
                }
            }
        }
    }

    /// A checklist with nothing Waiting thaws the best pair of each foundation that nobody is busy with
    /// (RFC 8445 §6.1.4.2).
    fn thaw(&mut self, list: usize) {
        loop {
            let is_busy = |pair: &Pair| matches!(pair.state, PairState::Waiting | PairState::InProgress);
            let is_free = |pair: &&Pair| {
                pair.state == PairState::Frozen
                    && !self.all().any(|other| other.foundation == pair.foundation && is_busy(other))
            };
            let Some(of) = self.lists().nth(list) else { return };
            let next = of.pairs.iter().filter(is_free).min_by_key(|pair| pair.component).map(|pair| pair.id);
            let Some(id) = next else { return };
            if let Some(pair) = self.lists_mut().nth(list).and_then(|of| of.get_mut(id)) {
                pair.state = PairState::Waiting;
            }
        }
    }
}

#[cfg(test)]
mod tests;
