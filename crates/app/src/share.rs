//! Sharing files: everything but sockets and disks is pure state, so that a whole transfer is a test.
//!
//! ```text
//! link ─→ room (signalling) ─→ peer connection ─→ proof ─→ manifest ─→ accept ─→ groups ⇄ credit ─→ done, bye
//! ```

pub mod failure;
pub mod link;
pub mod manifest;
pub mod message;
pub mod name;
pub mod proof;
pub mod receiver;
pub mod sender;
pub mod sink;
pub mod source;
#[cfg(test)]
mod transfer_tests;
pub mod tree;
#[cfg(test)]
mod vectors;
pub mod writer;
