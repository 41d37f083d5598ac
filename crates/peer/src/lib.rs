//! Limpid: peer.
