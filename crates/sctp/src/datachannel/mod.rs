//! Data channels on top of streams (RFC 8831): who opens them, and what their messages are called.
pub(crate) mod channel;
pub mod dcep;
pub(crate) mod table;
