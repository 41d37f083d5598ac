//! Limpid: WebRTC that one can see through.
