//! When how much may leave.
