//! What a receiver tells of arrivals, so that the sender can find out how much the path carries.
//!
//! A recorder is told of each packet that arrived and writes RTCP about them from time to time. There are two, and a
//! transport uses one: [`twcc`] by a number that all packets of the transport share (draft-holmer-rmcat-transport-wide-cc),
//! [`ccfb`] by SSRC and sequence number, with ECN (RFC 8888).

pub mod ccfb;
mod interval;
pub mod twcc;
pub(crate) mod window;

pub use interval::Interval;
