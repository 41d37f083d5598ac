//! `cargo xtask`: the checks of this project.
fn main() {}
