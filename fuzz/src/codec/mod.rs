//! Parsers: whatever comes in is refused, or is taken apart, written again, and then reads the same.

pub mod crypto;
pub mod dtls;
#[cfg(feature = "app")]
pub mod file;
pub mod ice;
pub mod payload;
pub mod rtp;
pub mod rtp_feedback;
pub mod rtp_parity;
pub mod sctp;
pub mod sdp;
#[cfg(feature = "app")]
pub mod share;
pub mod signaling;
pub mod srtp;
pub mod stun;
