//! A stream and its ICE sessions: the current generation, and the one before it, which carries payload until the current
//! one can. RFC 8445 §9.

use core::net::SocketAddr;

use limpid_sansio::{Instant, Path};

use crate::candidate::{CandidateKind, same_address};
use crate::checklist::{Checklist, ChecklistSet};
use crate::credentials::Keyed;
use crate::foundation::Foundation;
use crate::id::{ComponentId, PathId, StreamId};
use crate::pair::Pair;
use crate::role::Role;

/// One data stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    pub(crate) components: u16,
    pub(crate) current: Session,
    /// After a restart: only the pairs that work are left, and of those the selected one alone if places run short.
    pub(crate) previous: Option<Session>,
    /// What payload takes now, by component.
    pub(crate) selected: Vec<Option<PathId>>,
}

impl Stream {
    pub(crate) fn component_ids(&self) -> impl Iterator<Item = ComponentId> + use<> {
        (1..=self.components).map(ComponentId)
    }

    pub(crate) fn selected(&self, component: ComponentId) -> Option<PathId> {
        *self.selected.get(usize::from(component.0).checked_sub(1)?)?
    }

    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Session> {
        core::iter::once(&self.current).chain(&self.previous)
    }

    pub(crate) fn sessions_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        core::iter::once(&mut self.current).chain(&mut self.previous)
    }

    /// The least pair of the previous session that payload does not take.
    pub(crate) fn spare(&self) -> Option<PathId> {
        let pairs = self.previous.as_ref()?.checklist.pairs().iter();
        let idle = pairs.filter(|pair| self.selected(pair.component) != Some(pair.id));
        idle.min_by_key(|pair| pair.preference()).map(|pair| pair.id)
    }

    pub(crate) fn pair(&self, id: PathId) -> Option<&Pair> {
        self.sessions().find_map(|session| session.checklist.get(id))
    }
}

impl ChecklistSet for Vec<Stream> {
    fn lists(&self) -> impl Iterator<Item = &Checklist> {
        self.iter().map(|stream| &stream.current.checklist)
    }

    fn lists_mut(&mut self) -> impl Iterator<Item = &mut Checklist> {
        self.iter_mut().map(|stream| &mut stream.current.checklist)
    }
}

/// How far the wait of RFC 8863 is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Patience {
    /// The peer's credentials are not here.
    NotBegun,
    /// The session may not fail.
    Running,
    /// It may.
    Over,
}

/// One generation of one stream: what a pair of username fragments names.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) local: Keyed,
    pub(crate) remote: Option<Keyed>,
    pub(crate) locals: Vec<LocalCandidate>,
    pub(crate) remotes: Vec<RemoteCandidate>,
    pub(crate) checklist: Checklist,
    /// Authentic checks that came before the remote credentials.
    pub(crate) early: Vec<EarlyCheck>,
    /// Candidates of a generation that is not known yet, as they were told.
    pub(crate) ahead: Vec<(Box<str>, Box<str>)>,
    pub(crate) remote_has_ended: bool,
    pub(crate) patience: Patience,
    pub(crate) has_failed: bool,
    /// When the first pair of all worked: nomination waits from here.
    pub(crate) first_valid: Option<Instant>,
}

impl Session {
    /// How many checks may come before the remote credentials, and candidates before their generation, before the rest is
    /// left aside.
    pub(crate) const EARLY: usize = 16;
    /// See [`Session::EARLY`].
    pub(crate) const AHEAD: usize = 64;

    pub(crate) fn new(local: Keyed) -> Session {
        Session {
            local,
            remote: None,
            locals: Vec::new(),
            remotes: Vec::new(),
            checklist: Checklist::default(),
            early: Vec::new(),
            ahead: Vec::new(),
            remote_has_ended: false,
            patience: Patience::NotBegun,
            has_failed: false,
            first_valid: None,
        }
    }

    /// Whether checks are to be sent.
    pub(crate) fn is_running(&self) -> bool {
        self.remote.is_some() && !self.has_failed
    }

    /// The pair of this component that was nominated, if it still works.
    pub(crate) fn nominated(&self, component: ComponentId) -> Option<&Pair> {
        let of_component = |pair: &&Pair| pair.component == component && pair.is_nominated();
        self.checklist.pairs().iter().filter(of_component).max_by_key(|pair| pair.preference())
    }

    /// The pair that payload of this component should take.
    pub(crate) fn best_usable(&self, component: ComponentId) -> Option<&Pair> {
        let usable = |pair: &&Pair| pair.component == component && pair.is_usable();
        self.checklist.pairs().iter().filter(usable).max_by_key(|pair| pair.preference())
    }

    /// The remote candidate at this address.
    pub(crate) fn remote_at(&self, address: SocketAddr, component: ComponentId) -> Option<&RemoteCandidate> {
        let at = |remote: &&RemoteCandidate| {
            remote.component == component && same_address(remote.address, address)
        };
        self.remotes.iter().find(at)
    }

    /// All checks are decided and none is to come.
    pub(crate) fn has_no_more_to_try(&self, component: ComponentId) -> bool {
        !self.checklist.pairs().iter().any(|pair| pair.component == component && pair.is_pending())
    }

    /// The roles have changed.
    pub(crate) fn rank(&mut self, role: Role) {
        self.checklist.rank(role);
    }
}

/// One of our candidates.
#[derive(Clone, Debug)]
pub(crate) struct LocalCandidate {
    pub(crate) component: ComponentId,
    pub(crate) kind: CandidateKind,
    pub(crate) address: SocketAddr,
    /// What it is sent from (RFC 8445 §4): the socket.
    pub(crate) base: SocketAddr,
    pub(crate) priority: u32,
    pub(crate) foundation: Foundation,
}

/// One of theirs.
#[derive(Clone, Debug)]
pub(crate) struct RemoteCandidate {
    pub(crate) component: ComponentId,
    pub(crate) kind: CandidateKind,
    pub(crate) address: SocketAddr,
    pub(crate) priority: u32,
    pub(crate) foundation: Foundation,
}

/// An authentic check whose sender's credentials are not known yet (RFC 8445 §7.3): answered at once, finished later.
#[derive(Clone, Debug)]
pub(crate) struct EarlyCheck {
    /// Names the path already, so that payload behind the check has one.
    pub(crate) id: PathId,
    pub(crate) path: Path,
    pub(crate) component: ComponentId,
    pub(crate) priority: u32,
    pub(crate) is_nominating: bool,
    /// The sender's username fragment.
    pub(crate) ufrag: Box<str>,
}
