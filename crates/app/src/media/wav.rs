//! WAV: sound in the RIFF container of Microsoft and IBM, as much of it as telephones need.
//!
//! All numbers are little-endian. `RIFF`, a length, `WAVE`; then *chunks*: four letters, a length, bytes, one more byte if
//! the length is odd. `fmt ` says how `data` is to be read.
//!
//! | | file |
//! |---|---|
//! | header and samples | `reader.rs` |
//! | any rate to 8 kHz | `resample.rs` |
//! | what was received, with silence for what was not | `writer.rs` |

mod reader;
mod resample;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::{Encoding, Format, Reader};
pub use resample::Resampler;
pub use writer::Writer;
