//! Limpid: netsim.
