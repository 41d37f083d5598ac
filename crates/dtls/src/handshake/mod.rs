//! What both roles and all versions share: the hellos, the choice between what they offer, the peer's certificate, and
//! the table on which the states of a handshake work.

pub(crate) mod choose;
pub(crate) mod client_hello;
mod context;
mod outgoing;
pub(crate) mod peer;
pub(crate) mod server_hello;

pub(crate) use context::Context;
pub(crate) use outgoing::Timer;
