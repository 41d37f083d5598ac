//! Machines: scripts of commands and of a bad wire, played to two of them, and what must hold all the same.

pub mod bwe;
pub mod dtls;
pub mod ice;
pub mod peer;
pub mod rooms;
pub mod rtp_receive;
pub mod rtp_session;
pub mod sctp;
pub mod wire;
