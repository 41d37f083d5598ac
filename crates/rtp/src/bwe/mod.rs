//! Send-side bandwidth estimation.
