//! The receiving half: which TSNs came, which messages they make, and when to say so.

pub(crate) mod inbox;
pub(crate) mod ordering;
pub(crate) mod reassembly;
pub(crate) mod sack;
pub(crate) mod tracker;
