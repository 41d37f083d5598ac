//! Limpid: stun.
