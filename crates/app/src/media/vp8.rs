//! A small VP8 encoder: for pictures of flat colours, exact and cheap (RFC 6386).
//!
//! Key frames are predicted within themselves: each macroblock from the mean, the row above or the column to its left,
//! and what differs goes through the cosine transform. Between key frames, a macroblock whose source did not change is
//! "as before", and any other is predicted as in a key frame. So nothing is ever searched for, and a lost frame leaves
//! only those places wrong that did not change since.
//!
//! Loop filter, segments, motion, golden frames and probabilities of its own are not used: headers say so.
//!
//! | RFC 6386 | what | file |
//! |---|---|---|
//! | §7 | arithmetic coder | `bool_coder.rs` |
//! | §8, §11, §13, §14 | tables | `tables.rs`, `coefficient_probabilities.rs`, `update_probabilities.rs` |
//! | §9, §19.2 | frame header | `header.rs` |
//! | §11, §16 | modes of macroblocks | `modes.rs` |
//! | §12 | prediction | `predict.rs` |
//! | §13 | tokens | `tokens.rs` |
//! | §14 | transforms, quantisers | `transform.rs`, `quantiser.rs` |
//! | | which mode, and what the decoder will see | `encoder.rs`, `macroblock.rs` |

mod bool_coder;
mod coefficient_probabilities;
#[cfg(test)]
mod decoder_for_tests;
mod encoder;
mod header;
mod macroblock;
mod modes;
mod predict;
mod quantiser;
mod tables;
#[cfg(test)]
mod tests;
mod tokens;
mod transform;
mod update_probabilities;

pub use encoder::{DEFAULT_QUANTISER, Encoder};
