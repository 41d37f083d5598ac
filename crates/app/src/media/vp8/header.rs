//! What stands in front of a frame's macroblocks (RFC 6386 §9, §19.2).

use super::bool_coder::BoolEncoder;
use super::tables::MOTION_UPDATE;
use super::update_probabilities::UPDATE;

/// What differs from frame to frame.
#[derive(Copy, Clone, Debug)]
pub(super) struct Header {
    pub(super) is_key: bool,
    pub(super) quantiser: u8,
    /// The odds, of 256, that a macroblock has coefficients.
    pub(super) has_coefficients: u8,
    /// The odds, of 256, that a macroblock is predicted within its frame. Not in key frames.
    pub(super) is_intra: u8,
}

impl Header {
    /// The compressed part: all features that would need more than a flag are off.
    pub(super) fn write(&self, out: &mut BoolEncoder) {
        if self.is_key {
            out.flag(false); // the colour space of BT.601
            out.flag(false); // pixels have to be clamped
        }
        out.flag(false); // no segments
        out.flag(false); // the normal loop filter,
        out.literal(6, 0); // of strength 0: off
        out.literal(3, 0); // its sharpness
        out.flag(false); // and no adjustments
        out.literal(2, 0); // one partition of tokens
        out.literal(7, self.quantiser.into());
        for _ in 0..5 {
            out.flag(false); // the other quantisers follow from the first
        }
        if self.is_key {
            out.flag(true); // keep the probabilities
        } else {
            out.flag(false); // the golden frame stays,
            out.flag(false); // the alternate one too,
            out.literal(2, 0); // nothing is copied to either,
            out.literal(2, 0);
            out.literal(2, 0); // and their motion has its sign
            out.flag(true); // keep the probabilities
            out.flag(true); // this is the next frame's last frame
        }
        for probability in UPDATE.as_flattened().as_flattened().as_flattened() {
            out.bool(*probability, false);
        }
        out.flag(true); // macroblocks say whether they have coefficients
        out.literal(8, self.has_coefficients.into());
        if !self.is_key {
            out.literal(8, self.is_intra.into());
            out.literal(8, ALWAYS_LAST.into());
            out.literal(8, 128); // golden or alternate: never asked
            out.flag(false); // the odds of luma modes stay
            out.flag(false); // of chroma modes too
            for probability in MOTION_UPDATE.as_flattened() {
                out.bool(*probability, false);
            }
        }
    }

    /// The whole frame: the uncompressed part, then both partitions (RFC 6386 §9.1).
    pub(super) fn frame(&self, width: usize, height: usize, modes: &[u8], tokens: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(10 + modes.len() + tokens.len());
        let shown = 1 << 4;
        let tag = (modes.len() as u32) << 5 | shown | u32::from(!self.is_key);
        out.extend_from_slice(&tag.to_le_bytes()[..3]);
        if self.is_key {
            out.extend_from_slice(&[0x9d, 0x01, 0x2a]);
            out.extend_from_slice(&(width as u16).to_le_bytes());
            out.extend_from_slice(&(height as u16).to_le_bytes());
        }
        out.extend_from_slice(modes);
        out.extend_from_slice(tokens);
        out
    }
}

/// The odds that a macroblock refers to the last frame rather than to an older one: all that the format allows.
pub(super) const ALWAYS_LAST: u8 = 255;
