//! Quantised coefficients as tokens (RFC 6386 §13).

use super::bool_coder::BoolEncoder;
use super::coefficient_probabilities::DEFAULT;
use super::tables::{BAND, CATEGORY, ZIGZAG};
use super::transform::Block;

/// What a block of coefficients holds: each kind has odds of its own (RFC 6386 §13.3).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Luma whose DC coefficient is told elsewhere.
    LumaWithoutDc,
    /// The sixteen DC coefficients of a macroblock's luma.
    LumaDc,
    Chroma,
}

/// Writes one block. `context` is how many of the blocks to the left and above have coefficients. Returns whether this
/// one has any.
pub(super) fn write_block(out: &mut BoolEncoder, kind: Kind, context: usize, levels: &Block) -> bool {
    let odds = &DEFAULT[kind as usize];
    let first = usize::from(kind == Kind::LumaWithoutDc);
    let level = |place: usize| levels[ZIGZAG[place]];
    let end = (first..16).rev().find(|place| level(*place) != 0).map_or(first, |last| last + 1);
    let mut context = context;
    let mut after_zero = false;
    for place in first..end {
        let odds = &odds[BAND[place]][context];
        // No block ends in a zero: behind one, the question is not asked.
        if !after_zero {
            out.bool(odds[0], true);
        }
        let level = level(place);
        out.bool(odds[1], level != 0);
        after_zero = level == 0;
        context = usize::from(level.unsigned_abs()).min(2);
        if level != 0 {
            write_magnitude(out, odds, level.unsigned_abs());
            out.flag(level < 0);
        }
    }
    if end < 16 {
        out.bool(odds[BAND[end]][context][0], false);
    }
    end > first
}

/// The branches of the token tree below "not zero" (RFC 6386 §13.2).
fn write_magnitude(out: &mut BoolEncoder, odds: &[u8; 11], magnitude: u16) {
    out.bool(odds[2], magnitude > 1);
    if magnitude == 1 {
        return;
    }
    out.bool(odds[3], magnitude > 4);
    if magnitude <= 4 {
        out.bool(odds[4], magnitude > 2);
        if magnitude > 2 {
            out.bool(odds[5], magnitude > 3);
        }
        return;
    }
    let category = CATEGORY.iter().rposition(|(least, _)| magnitude >= *least).unwrap_or(0);
    out.bool(odds[6], category > 1);
    match category {
        0 | 1 => out.bool(odds[7], category == 1),
        _ => {
            out.bool(odds[8], category > 3);
            out.bool(odds[if category > 3 { 10 } else { 9 }], category % 2 == 1);
        }
    }
    let (least, extra) = CATEGORY[category];
    for (n, probability) in extra.iter().enumerate() {
        out.bool(*probability, (magnitude - least) >> (extra.len() - 1 - n) & 1 == 1);
    }
}
