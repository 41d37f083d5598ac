//! One stream that goes out.
