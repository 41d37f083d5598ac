//! Limpid: signaling.
