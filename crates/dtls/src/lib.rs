//! Limpid: dtls.
