//! Candidate pairs: what they are worth, and how far they have come. RFC 8445 §6.1.2.

use core::time::Duration;

use limpid_sansio::{Instant, Path};

use crate::candidate::CandidateKind;
use crate::foundation::PairFoundation;
use crate::id::{ComponentId, PathId};
use crate::role::Role;

/// The formula of RFC 8445 §6.1.2.3, where `controlling` is the priority of the controlling agent's candidate. Needs all 64
/// bits, and changes when the roles do.
pub const fn pair_priority(controlling: u32, controlled: u32) -> u64 {
    let (low, high) =
        if controlling < controlled { (controlling, controlled) } else { (controlled, controlling) };
    ((low as u64) << 32) + 2 * (high as u64) + (controlling > controlled) as u64
}

/// The states of RFC 8445 §6.1.2.6, figure 7.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum PairState {
    /// Waits for another pair of its foundation.
    Frozen,
    /// To be checked when its turn comes.
    Waiting,
    /// A check is out.
    InProgress,
    /// A check was answered.
    Succeeded,
    /// No check was answered, or it was answered from elsewhere.
    Failed,
}

/// What is known of a pair that a check has shown to work.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Valid {
    /// What kind of local candidate the peer sees: the one with the mapped address (RFC 8445 §7.2.5.3.1).
    pub(crate) local_kind: CandidateKind,
    /// A check was answered last then.
    pub(crate) answered: Instant,
    /// The peer has agreed to be sent to until then (RFC 7675 §5.1).
    pub(crate) consent_until: Instant,
    /// The last round trip that was measured without doubt.
    pub(crate) round_trip: Option<Duration>,
    /// Someone was heard on this pair then.
    pub(crate) heard: Instant,
    /// Nobody was heard for too long.
    pub(crate) is_silent: bool,
}

/// How far a pair is from being the one. RFC 8445 §8.1.1, §7.3.1.5.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Nomination {
    /// Nobody has asked for it.
    None,
    /// We (controlling) ask with our next check, or the peer (controlling) has asked and our own check is not answered yet.
    Asked,
    /// It is.
    Done,
}

/// A local base and a remote candidate, and the check between them.
///
/// The pair of the checklist and the valid pair that its check produces (RFC 8445 §7.2.5.3.2) are one value here: both send
/// from the same base to the same address.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) id: PathId,
    pub(crate) component: ComponentId,
    pub(crate) path: Path,
    pub(crate) foundation: PairFoundation,
    pub(crate) local: Side,
    pub(crate) remote: Side,
    pub(crate) priority: u64,
    pub(crate) state: PairState,
    pub(crate) nomination: Nomination,
    pub(crate) valid: Option<Valid>,
    /// Another pair was nominated: received from for a while, never sent on.
    pub(crate) is_retired: bool,
    /// The peer's consent is lost: these credentials are of no use here any more (RFC 7675 §5.1).
    pub(crate) is_revoked: bool,
    /// Checks that left outside of the pacing.
    pub(crate) unpaced: u8,
}

/// One end of a pair.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Side {
    pub(crate) kind: CandidateKind,
    pub(crate) priority: u32,
}

impl Pair {
    /// A frozen pair of which nothing is known yet, ranked for `role`.
    pub(crate) fn new(
        id: PathId,
        component: ComponentId,
        path: Path,
        foundation: PairFoundation,
        [local, remote]: [Side; 2],
        role: Role,
    ) -> Self {
        let mut pair = Pair {
            id,
            component,
            path,
            foundation,
            local,
            remote,
            priority: 0,
            state: PairState::Frozen,
            nomination: Nomination::None,
            valid: None,
            is_retired: false,
            is_revoked: false,
            unpaced: 0,
        };
        pair.rank(role);
        pair
    }

    /// Sets the priority anew, after a change of role or of a side's priority.
    pub(crate) fn rank(&mut self, role: Role) {
        self.priority = match role {
            Role::Controlling => pair_priority(self.local.priority, self.remote.priority),
            Role::Controlled => pair_priority(self.remote.priority, self.local.priority),
        };
    }

    /// The check has not been decided.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.state, PairState::Frozen | PairState::Waiting | PairState::InProgress)
    }

    /// Payload may be sent on it.
    pub(crate) fn is_usable(&self) -> bool {
        self.valid.is_some() && !self.is_retired
    }

    pub(crate) fn is_nominated(&self) -> bool {
        self.nomination == Nomination::Done
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.valid.is_some_and(|valid| valid.is_silent)
    }

    /// Orders usable pairs: nominated ones first, then those that are heard, then by priority.
    pub(crate) fn preference(&self) -> (bool, bool, u64) {
        (self.is_nominated(), !self.is_silent(), self.priority)
    }
}
