//! What is said of a frame, what can be wrong with one, and two tools: cutting evenly, and putting together within bounds.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::picture_id::PictureId;

/// The largest frame that a [`Depacketizer`](super::Depacketizer) makes unless told otherwise, in bytes. An 8K key frame of
/// H.264 at its largest is some 10 MB; no peer needs more of our memory.
pub const MAX_FRAME: usize = 16 << 20;

/// The numbers with which a stream begins. They should be drawn at random (RFC 7741 §4.2, RFC 9628 §4.2).
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct FirstIds {
    /// VP8, VP9: of the first picture; the low 15 bits count.
    pub picture_id: u16,
    /// VP8, VP9: before the first picture of the lowest temporal layer.
    pub tl0_picture_index: u8,
}

/// Where a frame stands among the layers of a scalable stream.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Layer {
    /// 0 is the lowest frame rate. VP8 knows 0 to 3, VP9 and AV1 0 to 7.
    pub temporal_id: u8,
    /// 0 is the lowest resolution. VP9 only, 0 to 7.
    pub spatial_id: u8,
    /// From here a receiver may begin to take this temporal layer: VP8's Y, VP9's U.
    pub is_switching_point: bool,
    /// VP9's D: predicted from the layer below in the same picture.
    pub uses_lower_layer: bool,
}

/// What the bytes of a frame do not say. The default is right for streams without layers.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct FrameToSend {
    /// Audio: the first frame after silence, which the marker bit tells (RFC 3551 §4.1).
    pub begins_talkspurt: bool,
    /// VP8, VP9: its place among the layers. In VP9 the mode is chosen with each key frame: flexible if this is given.
    pub layer: Option<Layer>,
    /// VP8's N: no other frame refers to this one.
    pub is_discardable: bool,
    /// VP9 with layers: how many pictures ago those were shown that this one is predicted from, 1 to 127; 0 ends the list.
    /// Empty means 1.
    pub references: [u8; 3],
    /// VP9: a frame of the same picture and of a higher layer follows, so that this one does not end the picture.
    pub more_layers_follow: bool,
}

/// One payload was written.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// The frame ends with it.
    pub is_last: bool,
    /// The marker bit of its packet: the end of a picture (video), the begin of a talkspurt (audio).
    pub marker: bool,
}

/// What a frame and its packets say of it.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct FrameInfo {
    /// It can be decoded without any other one. Always `false` for audio.
    pub is_key: bool,
    /// Width and height in pixels, where the frame says so (key frames, parameter sets).
    pub size: Option<(u32, u32)>,
    /// Of VP8 and VP9; wraps after 7 or 15 bits.
    pub picture_id: Option<PictureId>,
    /// Of VP8 and VP9: which picture of the lowest temporal layer this is, or depends on.
    pub tl0_picture_index: Option<u8>,
    /// The place among layers, where the format says so. Of several spatial layers the highest.
    pub layer: Option<Layer>,
    /// VP8's N: no other frame refers to this one.
    pub is_discardable: bool,
}

/// Why a frame can not be sent.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Unsendable {
    /// It has no bytes, or nothing in it that is sent.
    Empty,
    /// It does not fit in one payload, and its format has no way to cut it.
    TooLarge,
    /// A payload holds so little that nothing of the frame would fit beside the format's own header.
    NoRoom,
    /// The bytes are no frame of this format. For H.264 and H.265 also: it does not begin with a start code.
    Malformed,
    /// A layer number or reference is out of range.
    BadLayer,
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unsendable::Empty => "the frame is empty",
            Unsendable::TooLarge => "the frame does not fit in one packet, and its format can not cut it",
            Unsendable::NoRoom => "the packets are too small for this format",
            Unsendable::Malformed => "the bytes are no frame of this format",
            Unsendable::BadLayer => "a layer or reference is out of range",
        })
    }
}

impl core::error::Error for Unsendable {}

/// Why payloads are no frame.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// Which of the payloads, from 0; one past the last when the end is missing.
    pub payload: usize,
    /// What is wrong in it.
    pub fault: ParseError,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in payload {} of the frame: {}", self.payload, self.fault)
    }
}

impl core::error::Error for Malformed {}

/// A range cut into pieces of nearly the same length: a small last piece costs a packet, and one of even size is no riper
/// for loss than the others.
#[derive(Clone, Default, Debug)]
pub(super) struct Slices {
    rest: Range<usize>,
    pieces: usize,
}

impl Slices {
    /// As few pieces as can be, none longer than `room`, which is not 0.
    pub(super) fn new(range: Range<usize>, room: usize) -> Self {
        let pieces = range.len().div_ceil(room.max(1));
        Slices { rest: range, pieces }
    }

    /// The next piece, and whether it is the last.
    pub(super) fn next(&mut self) -> Option<(Range<usize>, bool)> {
        if self.pieces == 0 {
            return None;
        }
        let end = self.rest.start + self.rest.len().div_ceil(self.pieces);
        let piece = self.rest.start..end;
        self.rest.start = end;
        self.pieces -= 1;
        Some((piece, self.pieces == 0))
    }
}

/// A frame that grows at the end of the caller's buffer, up to its bound.
#[derive(Debug)]
pub(super) struct Assembly<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    max: usize,
}

impl<'o> Assembly<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>, max: usize) -> Self {
        let start = out.len();
        Assembly { out, start, max }
    }

    /// The frame so far.
    pub(super) fn frame(&self) -> &[u8] {
        &self.out[self.start..]
    }

    /// The frame so far, to be patched.
    pub(super) fn frame_mut(&mut self) -> &mut [u8] {
        &mut self.out[self.start..]
    }

    pub(super) fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Takes back all but the first `len` bytes of the frame.
    pub(super) fn truncate(&mut self, len: usize) {
        self.out.truncate(self.start + len);
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), ParseError> {
        if bytes.len() > self.max.saturating_sub(self.len()) {
            return Err(ParseError::new("frame", self.len(), ParseErrorKind::TooLarge));
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }
}

/// Calls `each` for each payload; an error is told with the number of its payload, one of `end` with the number after.
pub(super) fn join<'a>(
    payloads: &mut dyn Iterator<Item = &'a [u8]>,
    mut each: impl FnMut(usize, &'a [u8]) -> Result<(), ParseError>,
) -> Result<usize, Malformed> {
    let mut count = 0;
    for payload in payloads {
        each(count, payload).map_err(|fault| Malformed { payload: count, fault })?;
        count += 1;
    }
    if count == 0 {
        return Err(missing(0, "payload"));
    }
    Ok(count)
}

/// The frame ends before `field` came.
pub(super) const fn missing(count: usize, field: &'static str) -> Malformed {
    Malformed { payload: count, fault: ParseError::new(field, 0, ParseErrorKind::Missing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_even_and_none_is_too_long() {
        for len in 0..200 {
            for room in 1..40 {
                let mut slices = Slices::new(5..5 + len, room);
                let (mut at, mut longest, mut shortest, mut ended) = (5, 0, usize::MAX, len == 0);
                while let Some((piece, is_last)) = slices.next() {
                    assert_eq!(piece.start, at);
                    assert!(!ended || len == 0);
                    (at, ended) = (piece.end, is_last);
                    longest = longest.max(piece.len());
                    shortest = shortest.min(piece.len());
                }
                assert_eq!(at, 5 + len);
                assert!(ended && longest <= room && (len == 0 || longest - shortest <= 1), "{len} {room}");
            }
        }
    }

    #[test]
    fn a_frame_does_not_grow_over_its_bound() {
        let mut out = alloc::vec![9; 4];
        let mut assembly = Assembly::new(&mut out, 3);
        assert_eq!(assembly.push(&[1, 2]), Ok(()));
        assert_eq!(assembly.push(&[3, 4]).map_err(|fault| fault.kind), Err(ParseErrorKind::TooLarge));
        assert_eq!(assembly.push(&[3]), Ok(()));
        assert_eq!(assembly.frame(), [1, 2, 3]);
    }
}
