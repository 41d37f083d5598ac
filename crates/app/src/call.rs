//! Calls: everything that two members of a call must agree on, and that no RFC defines. PROTOCOLS.md 11.

pub mod ladder;
pub mod link;
pub mod message;
pub mod words;
