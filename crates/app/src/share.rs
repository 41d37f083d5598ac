//! Sharing files: everything but sockets and disks is pure state, so that a whole transfer is a test.
//!
//! ```text
//! link ─→ room (signalling) ─→ peer connection ─→ proof ─→ manifest ─→ accept ─→ groups ⇄ credit ─→ done, bye
//! ```

pub mod failure;
pub mod link;
pub mod message;
pub mod proof;
pub mod tree;
#[cfg(test)]
mod vectors;
