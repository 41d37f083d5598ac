//! Limpid: ice.
