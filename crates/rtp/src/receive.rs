//! One stream that comes in.
