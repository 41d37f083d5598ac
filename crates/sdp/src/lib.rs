//! Limpid: sdp.
