//! Payload formats: a frame into payloads and back, side by side, one format a file.
//!
//! What the codecs themselves do with a frame stays outside: encoded frames go in and out. A [`Packetizer`] cuts one frame
//! into payloads that fit a packet; a [`Depacketizer`] puts the payloads of one frame together again. Neither knows of
//! sequence numbers, of time or of loss: the streams do (`send.rs`, `receive.rs`).
//!
//! ```
//! use limpid_rtp::codec::{Depacketizer, FirstIds, Format, FrameToSend, Packetizer, PictureId};
//!
//! let format = Format::from_rtpmap("VP8", "").unwrap();
//! let frame = [&[0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00][..], &[7; 3000]].concat(); // 320 × 240
//! let mut packetizer = Packetizer::new(format, FirstIds { picture_id: 0x7fff, ..FirstIds::default() });
//! assert!(packetizer.start(&frame, &FrameToSend::default(), 1200).unwrap().is_key);
//! let mut payloads = Vec::new();
//! loop {
//!     let mut payload = Vec::new();
//!     let Some(piece) = packetizer.next_payload(&frame, &mut payload) else { break };
//!     assert_eq!(piece.marker, payloads.len() == 2); // the bit of the RTP header
//!     payloads.push(payload);
//! }
//!
//! let (mut depacketizer, mut back) = (Depacketizer::new(format), Vec::new());
//! let info = depacketizer.depacketize(&mut payloads.iter().map(|payload| &payload[..]), &mut back).unwrap();
//! assert_eq!((back, info.size, info.picture_id), (frame, Some((320, 240)), Some(PictureId::Long(0x7fff))));
//! ```
//!
//! | format | a frame is | file |
//! |---|---|---|
//! | Opus (RFC 7587) | one Opus packet | `whole.rs`, `opus.rs` |
//! | PCMU, PCMA, G722 (RFC 3551), CN (RFC 3389) | samples of one packet | `whole.rs`, `pcm.rs` |
//! | telephone-event (RFC 4733) | four bytes | `whole.rs`, `telephone_event.rs`, `telephone_event/*.rs` |
//! | VP8 (RFC 7741) | one frame | `vp8.rs` |
//! | VP9 (RFC 9628) | one layer frame out, all layers of a picture in | `vp9.rs`, `vp9/*.rs` |
//! | H.264 (RFC 6184), H.265 (RFC 7798) | an access unit with start codes (Annex B) | `nal.rs`, `h264.rs`, `h265.rs`, `parameter_sets.rs` |
//! | AV1 (AOM) | a temporal unit of OBUs with size fields | `av1.rs`, `av1/*.rs` |
//! | picture ids of VP8 and VP9 | | `picture_id.rs` |
//! | redundant audio (RFC 2198) | wraps the payloads of others | `red.rs` |

mod av1;
mod bits;
mod format;
mod frame;
mod h264;
mod h265;
mod nal;
pub mod opus;
mod parameter_sets;
pub mod pcm;
mod picture_id;
pub mod red;
pub mod telephone_event;
pub mod vp8;
pub mod vp9;
mod whole;

use alloc::vec::Vec;

use limpid_sansio::wire::Reader;

pub use format::Format;
pub use frame::{FirstIds, FrameInfo, FrameToSend, Layer, MAX_FRAME, Malformed, Piece, Unsendable};
pub use picture_id::PictureId;

use frame::Assembly;

/// Cuts the frames of one stream into payloads.
///
/// Keeps what its format counts from frame to frame (picture ids), and where the frame at hand is to be cut: a list that is
/// reused, so that a stream in its stride allocates nothing. The frame itself stays with the caller, who lends it again for
/// each payload.
#[derive(Debug)]
pub struct Packetizer {
    format: Format,
    cutter: Cutter,
}

#[derive(Debug)]
enum Cutter {
    Whole(whole::Cutter),
    Vp8(vp8::Cutter),
    Vp9(vp9::Cutter),
    H264(h264::Cutter),
    H265(h265::Cutter),
    Av1(av1::Cutter),
}

impl Packetizer {
    /// For one stream of this format.
    pub fn new(format: Format, first: FirstIds) -> Self {
        let cutter = match format {
            Format::Vp8 => Cutter::Vp8(vp8::Cutter::new(first)),
            Format::Vp9 => Cutter::Vp9(vp9::Cutter::new(first)),
            Format::H264 { mode } => Cutter::H264(h264::Cutter::new(mode)),
            Format::H265 => Cutter::H265(h265::Cutter::default()),
            Format::Av1 => Cutter::Av1(av1::Cutter::default()),
            _ => Cutter::Whole(whole::Cutter::new(format)),
        };
        Packetizer { format, cutter }
    }

    /// What it cuts.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Reads a frame and decides where it is cut, so that no payload is longer than `max_payload` bytes. What is left of the
    /// frame before is forgotten. Returns what the frame says of itself.
    ///
    /// After an error there is nothing to fetch, and no picture id was used up.
    pub fn start(
        &mut self,
        frame: &[u8],
        info: &FrameToSend,
        max_payload: usize,
    ) -> Result<FrameInfo, Unsendable> {
        match &mut self.cutter {
            Cutter::Whole(cutter) => cutter.start(frame, info, max_payload),
            Cutter::Vp8(cutter) => cutter.start(frame, info, max_payload),
            Cutter::Vp9(cutter) => cutter.start(frame, info, max_payload),
            Cutter::H264(cutter) => cutter.start(frame, max_payload),
            Cutter::H265(cutter) => cutter.start(frame, max_payload),
            Cutter::Av1(cutter) => cutter.start(frame, max_payload),
        }
    }

    /// Appends exactly one payload. `frame` is the one that was started; `None`: all of it was given out.
    pub fn next_payload(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Option<Piece> {
        match &mut self.cutter {
            Cutter::Whole(cutter) => cutter.next_payload(frame, out),
            Cutter::Vp8(cutter) => cutter.next_payload(frame, out),
            Cutter::Vp9(cutter) => cutter.next_payload(frame, out),
            Cutter::H264(cutter) => cutter.next_payload(frame, out),
            Cutter::H265(cutter) => cutter.next_payload(frame, out),
            Cutter::Av1(cutter) => cutter.next_payload(frame, out),
        }
    }
}

/// Puts the payloads of one frame together.
///
/// Bounded: a frame is refused when it would grow over the limit, 16 MiB unless told otherwise.
#[derive(Copy, Clone, Debug)]
pub struct Depacketizer {
    format: Format,
    max_frame: usize,
}

impl Depacketizer {
    /// For streams of this format.
    pub const fn new(format: Format) -> Self {
        Depacketizer { format, max_frame: MAX_FRAME }
    }

    /// Frames may have so many bytes.
    pub const fn with_max_frame(self, bytes: usize) -> Self {
        Depacketizer { max_frame: bytes, ..self }
    }

    /// What it puts together.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Whether a frame can begin with this payload. A few formats can not tell for sure; then it is `true`.
    pub fn begins_frame(&self, payload: &[u8]) -> bool {
        match self.format {
            Format::Vp8 => vp8::begins_frame(payload),
            Format::Vp9 => vp9::begins_frame(payload),
            Format::H264 { .. } => h264::begins_frame(payload),
            Format::H265 => h265::begins_frame(payload),
            Format::Av1 => av1::begins_frame(payload),
            _ => true,
        }
    }

    /// Whether the payload itself says that its frame ends with it: always for audio, never where only the marker bit tells.
    pub fn ends_frame(&self, payload: &[u8]) -> bool {
        match self.format {
            Format::Vp9 => vp9::ends_frame(payload),
            Format::Vp8 | Format::H264 { .. } | Format::H265 | Format::Av1 => false,
            _ => true,
        }
    }

    /// The number of the picture that this payload belongs to, where the format has one.
    pub fn picture_id(&self, payload: &[u8]) -> Option<PictureId> {
        let mut reader = Reader::new(payload);
        match self.format {
            Format::Vp8 => vp8::Descriptor::read(&mut reader).ok()?.picture_id,
            Format::Vp9 => vp9::Descriptor::read(&mut reader).ok()?.picture_id,
            _ => None,
        }
    }

    /// Appends the frame that these payloads are. They must be all of one frame, in the order of their sequence numbers.
    ///
    /// H.264 and H.265 come with start codes of four bytes, AV1 with size fields and without temporal delimiters. After an
    /// error `out` is as it was.
    pub fn depacketize(
        &mut self,
        payloads: &mut dyn Iterator<Item = &[u8]>,
        out: &mut Vec<u8>,
    ) -> Result<FrameInfo, Malformed> {
        let start = out.len();
        let mut assembly = Assembly::new(out, self.max_frame);
        let done = match self.format {
            Format::Vp8 => vp8::join(payloads, &mut assembly),
            Format::Vp9 => vp9::join(payloads, &mut assembly),
            Format::H264 { .. } => h264::join(payloads, &mut assembly),
            Format::H265 => h265::join(payloads, &mut assembly),
            Format::Av1 => av1::join(payloads, &mut assembly),
            _ => whole::join(payloads, &mut assembly),
        };
        done.inspect_err(|_| out.truncate(start))
    }
}
