//! What an agent has to say.

use limpid_sansio::PathInfo;

use crate::candidate::Candidate;
use crate::id::{ComponentId, PathId, StreamId};
use crate::role::Role;

/// A fact in the past tense.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A candidate to be told to the peer. Its `Display` is the attribute's value (`candidate:…`) and names its generation
    /// by `ufrag`.
    LocalCandidate {
        /// Of which stream.
        stream: StreamId,
        /// What to tell.
        candidate: Candidate,
    },
    /// No more candidates of this generation will come: tell the peer end-of-candidates (RFC 8838 §13).
    GatheringCompleted,
    /// A server or a name led to no candidate. Gathering goes on without it.
    CandidateError {
        /// Which of [`Config::servers`](crate::Config::servers), if it was one of them.
        server: Option<usize>,
        /// Why.
        cause: CandidateErrorCause,
    },
    /// The state of the whole agent changed.
    StateChanged(ConnectionState),
    /// Payload of this component should now take this path. Comes for the first pair that works, and again for a better or
    /// a nominated one.
    PathChosen {
        /// Of which stream.
        stream: StreamId,
        /// Of which component.
        component: ComponentId,
        /// Where payload goes from now on.
        path: PathId,
        /// What the floors above need to know of it.
        info: PathInfo,
    },
    /// The peer no longer agrees to be sent to on this path (RFC 7675 §5.1); nothing may be sent there until a restart.
    ConsentLost {
        /// Of which stream.
        stream: StreamId,
        /// Of which component.
        component: ComponentId,
        /// Which path.
        path: PathId,
    },
    /// A role conflict was settled, and this is our role now.
    RoleChanged(Role),
}

/// Why a candidate could not be had.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CandidateErrorCause {
    /// The name could not be resolved or announced.
    Name,
    /// The server did not answer in time.
    TimedOut,
    /// The server answered with this STUN error code.
    Refused(u16),
}

/// The words of the W3C for an ICE connection.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[doc(alias = "RTCIceTransportState")]
pub enum ConnectionState {
    /// Nothing to check yet.
    New,
    /// Checks run; some component has no path yet.
    Checking,
    /// Every component has a path; not all are nominated.
    Connected,
    /// Every component has its nominated path.
    Completed,
    /// A path has fallen silent. It may come back.
    Disconnected,
    /// No path was found, or consent is lost. Only a restart helps.
    Failed,
    /// The caller closed the agent.
    Closed,
}

impl ConnectionState {
    /// For traces.
    pub const fn name(self) -> &'static str {
        match self {
            ConnectionState::New => "new",
            ConnectionState::Checking => "checking",
            ConnectionState::Connected => "connected",
            ConnectionState::Completed => "completed",
            ConnectionState::Disconnected => "disconnected",
            ConnectionState::Failed => "failed",
            ConnectionState::Closed => "closed",
        }
    }
}

/// How far gathering is. The words of the W3C.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[doc(alias = "RTCIceGatheringState")]
pub enum GatheringState {
    /// No address was added yet.
    New,
    /// Candidates may still come.
    Gathering,
    /// All candidates of this generation are out.
    Complete,
}
