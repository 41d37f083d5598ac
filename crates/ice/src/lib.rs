//! Interactive Connectivity Establishment.

mod agent;
mod attr;
mod candidate;
mod config;
mod credentials;
mod error;
mod event;
mod id;
mod role;
mod stats;

pub use agent::{Agent, Yield};
pub use candidate::{Candidate, CandidateKind, CandidateTransport, Host, priority};
pub use config::{Config, ConsentPolicy, LoopbackPolicy, MdnsPolicy, Server, Timing};
pub use credentials::Credentials;
pub use error::{DropReason, Error, Misuse};
pub use event::{CandidateErrorCause, ConnectionState, Event, GatheringState};
pub use id::{ComponentId, PathId, StreamId};
pub use role::Role;
pub use stats::{Drops, PairStats, Stats};
