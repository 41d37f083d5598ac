//! The sending half.
pub mod congestion;
