//! Limpid: sctp.
