//! Sound and pictures for a call, apart from the network: test signals, and files in and out. Nothing here decodes.
//!
//! ```text
//! tone · card · .ogg · .wav · .ivf · .h264 ─→ Source ─→ EncodedFrame (data, and when it is due) ─→ a packetiser
//! a depacketiser ─→ (RTP time, data) ─→ Recorder ─→ .ogg · .wav · .ivf · .h264
//! ```
//!
//! | this module does | does not | you must |
//! |---|---|---|
//! | say when each frame is due | wait for it: there is no clock in here | pace by [`EncodedFrame::at`](frame::EncodedFrame::at) |
//! | encode G.711 and flat pictures in VP8 | encode or decode anything else | |
//! | keep the time of what it records | repair what was lost | give timestamps unwrapped to 64 bits, in order |
//! | read hostile files: an error, bounded memory, no panic | | |
//!
//! | idea | file |
//! |---|---|
//! | codecs, encoded frames | `frame.rs` |
//! | where frames come from | `source.rs`, `source/files.rs` |
//! | where they go | `sink.rs`, `sink/file.rs`, `sink/name.rs` |
//! | streams that begin anew, in one line of time | `line.rs` |
//! | a tone in G.711 | `tone.rs` |
//! | the moving test card and the number in it | `card.rs`, `card/number.rs`, `picture.rs` |
//! | an encoder for it | `vp8.rs`, `vp8/` |
//! | file formats | `ogg.rs`, `wav.rs`, `ivf.rs`, `annexb.rs` |
//! | what frames say of themselves | `bitstream.rs`, `sps.rs`, `bits.rs` |

pub mod annexb;
mod bits;
pub mod bitstream;
pub mod card;
mod error;
pub mod frame;
pub mod ivf;
pub mod line;
pub mod ogg;
pub mod picture;
pub mod sink;
pub mod source;
pub mod sps;
pub mod tone;
pub mod vp8;
pub mod wav;

pub use error::MAX_FRAME;
pub use frame::{Codec, EncodedFrame};
pub use sink::Recorder;
pub use source::{Options, Source};
