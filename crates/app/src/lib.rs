//! What the `limpid` command is made of.
//!
//! The formats are in `PROTOCOLS.md` beside this crate. Everything that two programs of ours must agree on, and that no
//! RFC defines, is stated there and built here.
//!
//! | idea | file |
//! |---|---|
//! | a file crosses: link, proof, manifest, tree hash, credit | `share/` |
//! | a call: link, channel, who is who | `call/` |
//! | sound and pictures: test signals, files in and out | `media/` |
//! | the pages | `web.rs`, `../web/` |
//! | exit codes | `exit.rs` |
//! | names of strangers on a terminal | `escape.rs` |
//! | one command each | `cmd/` (in the binary) |

pub mod call;
pub mod escape;
pub mod exit;
pub mod media;
pub mod share;
pub mod web;
