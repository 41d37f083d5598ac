//! A peer in miniature, made of machines that know nothing of each other. None of it is a protocol that anyone should use;
//! all of it has the shapes of the real rooms: a relay client under an agent with two paths, a record layer that may find
//! two records in a datagram, an association that cuts, acknowledges and sends again.

pub(crate) mod agent;
pub(crate) mod association;
pub(crate) mod peer;
pub(crate) mod records;
pub(crate) mod relay;
