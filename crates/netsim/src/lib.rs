//! netsim
#![forbid(unsafe_code)]

pub mod host;
mod link;
mod matrix;
mod mitm;
mod nat;
mod packet;
mod pair;
mod random;
mod reterminate;
mod script;
mod stream;
mod topology;
mod trace;
mod world;

pub use link::{Arrivals, Burst, Link, LinkState};
pub use matrix::matrix;
pub use mitm::{Injected, Mitm, Verdict};
pub use nat::{Dependence, Nat, NatConfig, Ports};
pub use packet::{DropCause, Packet};
pub use pair::{Pair, Party, Side};
pub use random::Random;
pub use reterminate::Reterminate;
pub use script::Script;
pub use topology::SegmentId;
pub use trace::{Describe, Trace};
pub use world::{Handle, HostId, Sent, World};
