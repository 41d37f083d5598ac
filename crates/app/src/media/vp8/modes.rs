//! How each macroblock is predicted, as the first partition tells it (RFC 6386 §11, §16).

use super::bool_coder::BoolEncoder;
use super::header::{ALWAYS_LAST, Header};
use super::predict::Mode;
use super::tables::{INTER_CHROMA_MODE, INTER_LUMA_MODE, KEY_CHROMA_MODE, KEY_LUMA_MODE, ZERO_MOTION};

/// What is said of a macroblock besides its coefficients.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Macroblock {
    pub(super) prediction: Prediction,
    pub(super) has_coefficients: bool,
}

/// Where its pixels come from.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Prediction {
    /// The last frame, at the same place.
    Before,
    /// What is above or to the left.
    Intra { luma: Mode, chroma: Mode },
}

impl Macroblock {
    fn is_before(&self) -> bool {
        self.prediction == Prediction::Before
    }
}

/// The first partition: the header and all modes, row by row of `columns` macroblocks.
pub(super) fn write_modes(macroblocks: &[Macroblock], columns: usize, is_key: bool, quantiser: u8) -> Frame {
    let odds = |holds: &dyn Fn(&Macroblock) -> bool| {
        let count = macroblocks.iter().filter(|macroblock| holds(macroblock)).count();
        (count * 256 / macroblocks.len().max(1)).clamp(1, 255) as u8
    };
    let header = Header {
        is_key,
        quantiser,
        has_coefficients: odds(&|macroblock| macroblock.has_coefficients),
        is_intra: odds(&|macroblock| !macroblock.is_before()),
    };
    let mut out = BoolEncoder::new();
    header.write(&mut out);
    for (n, macroblock) in macroblocks.iter().enumerate() {
        out.bool(header.has_coefficients, !macroblock.has_coefficients);
        if !is_key {
            out.bool(header.is_intra, macroblock.is_before());
        }
        match macroblock.prediction {
            Prediction::Before => {
                out.bool(ALWAYS_LAST, false);
                out.bool(ZERO_MOTION[still_neighbours(macroblocks, columns, n)], false);
            }
            Prediction::Intra { luma, chroma } => write_intra(&mut out, is_key, luma, chroma),
        }
    }
    Frame { header, partition: out.finish() }
}

/// A header and the partition that it begins.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) header: Header,
    pub(super) partition: Vec<u8>,
}

/// The weight of the neighbours that are as before: two for above and left, one between them (RFC 6386 §16.3).
fn still_neighbours(macroblocks: &[Macroblock], columns: usize, n: usize) -> usize {
    let weight = |inside: bool, back: usize, weight: usize| {
        let neighbour = inside.then(|| n.checked_sub(back)).flatten();
        if neighbour.is_some_and(|at| macroblocks[at].is_before()) { weight } else { 0 }
    };
    let has_left = !n.is_multiple_of(columns);
    weight(true, columns, 2) + weight(has_left, 1, 2) + weight(has_left, columns + 1, 1)
}

fn write_intra(out: &mut BoolEncoder, is_key: bool, luma: Mode, chroma: Mode) {
    if is_key {
        out.bool(KEY_LUMA_MODE[0], true); // not in parts
        out.bool(KEY_LUMA_MODE[1], luma == Mode::Horizontal);
        match luma {
            Mode::Horizontal => out.bool(KEY_LUMA_MODE[3], false),
            _ => out.bool(KEY_LUMA_MODE[2], luma == Mode::Vertical),
        }
    } else {
        out.bool(INTER_LUMA_MODE[0], luma != Mode::Dc);
        if luma != Mode::Dc {
            out.bool(INTER_LUMA_MODE[1], false);
            out.bool(INTER_LUMA_MODE[2], luma == Mode::Horizontal);
        }
    }
    let odds = if is_key { KEY_CHROMA_MODE } else { INTER_CHROMA_MODE };
    out.bool(odds[0], chroma != Mode::Dc);
    if chroma != Mode::Dc {
        out.bool(odds[1], chroma != Mode::Vertical);
        if chroma != Mode::Vertical {
            out.bool(odds[2], false);
        }
    }
}
