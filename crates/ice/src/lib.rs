//! Interactive Connectivity Establishment.

mod agent;
mod attr;
mod candidate;
mod checklist;
mod config;
mod credentials;
mod error;
mod event;
mod foundation;
mod id;
mod mdns;
mod message;
mod outbound;
mod pair;
mod role;
mod routes;
mod session;
mod socket;
mod stats;
mod transaction;

pub use agent::{Agent, Yield};
pub use candidate::{Candidate, CandidateKind, CandidateTransport, Host, priority};
pub use config::{Config, ConsentPolicy, LoopbackPolicy, MdnsPolicy, Server, Timing};
pub use credentials::Credentials;
pub use error::{DropReason, Error, Misuse};
pub use event::{CandidateErrorCause, ConnectionState, Event, GatheringState};
pub use id::{ComponentId, PathId, StreamId};
pub use pair::pair_priority;
pub use role::Role;
pub use stats::{Drops, PairStats, Stats};
