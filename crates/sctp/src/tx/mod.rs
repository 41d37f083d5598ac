//! The sending half: what is in flight, what is lost, how much more may be sent, and whose turn it is.

pub mod congestion;
pub(crate) mod inflight;
pub(crate) mod loss;
pub(crate) mod queue;
pub(crate) mod rto;
pub(crate) mod schedule;
