//! All streams of one transport.
