//! One macroblock's pixels: predicted, compared, told, and put together as the decoder will (RFC 6386 §13, §14).

use crate::media::picture::{Picture, Plane};

use super::bool_coder::BoolEncoder;
use super::predict::{Around, Mode, distance};
use super::quantiser::{Quantiser, Steps};
use super::tokens::{Kind, write_block};
use super::transform::{Block, forward_dct, forward_walsh, inverse_dct, inverse_walsh};

/// Coefficients of one macroblock, in steps: sixteen blocks of luma, their DCs, four blocks of each colour.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    luma: [Block; 16],
    luma_dc: Block,
    chroma: [[Block; 4]; 2],
}

/// Which blocks at the edge of a macroblock have coefficients: four of luma, two of each colour, the luma's DCs.
#[derive(Copy, Clone, Default, Debug)]
pub(super) struct Edge {
    luma: [bool; 4],
    chroma: [[bool; 2]; 2],
    luma_dc: bool,
}

/// Codes the macroblock at pixel (`x`, `y`) into `seen`, what the decoder has so far. `None` in place of levels: the
/// prediction is all there is to it.
pub(super) fn code(
    picture: &Picture,
    seen: &mut Picture,
    (x, y): (usize, usize),
    quantiser: &Quantiser,
) -> ([Mode; 2], Option<Levels>) {
    let around = Around::new(&seen.planes[0], x, y, 16);
    let (luma_mode, far, prediction) = best(|mode| {
        let prediction = around.predict(mode);
        (distance(&picture.planes[0], (x, y), 16, &prediction), prediction)
    });
    let (luma, luma_dc) = match far {
        0 => copy(&mut seen.planes[0], (x, y), 16, &prediction),
        _ => code_luma(&picture.planes[0], &mut seen.planes[0], (x, y), &prediction, quantiser),
    };

    let (x, y) = (x / 2, y / 2);
    let around = [1, 2].map(|n| Around::new(&seen.planes[n], x, y, 8));
    let (chroma_mode, far, predictions) = best(|mode| {
        let predictions = [0, 1].map(|n| around[n].predict(mode));
        let far = [0, 1].map(|n| distance(&picture.planes[n + 1], (x, y), 8, &predictions[n]));
        (far[0] + far[1], predictions)
    });
    let chroma = [0, 1].map(|n| {
        let (from, to) = (&picture.planes[n + 1], &mut seen.planes[n + 1]);
        match far {
            0 => copy(to, (x, y), 8, &predictions[n]),
            _ => code_chroma(from, to, (x, y), &predictions[n], quantiser.chroma),
        }
    });
    let levels = Levels { luma, luma_dc, chroma };
    ([luma_mode, chroma_mode], levels.is_some().then_some(levels))
}

/// The mode whose prediction is nearest, how far it is, and the prediction; the first of those that are equally near.
fn best<T>(mut judge: impl FnMut(Mode) -> (u32, T)) -> (Mode, u32, T) {
    let [first, others @ ..] = Mode::ALL;
    let (far, prediction) = judge(first);
    let mut chosen = (first, far, prediction);
    for mode in others {
        // Flat pictures are often predicted exactly.
        if chosen.1 == 0 {
            break;
        }
        let (far, prediction) = judge(mode);
        if far < chosen.1 {
            chosen = (mode, far, prediction);
        }
    }
    chosen
}

type Place = (usize, usize);

fn code_luma(
    from: &Plane,
    to: &mut Plane,
    place: Place,
    prediction: &[u8; 256],
    quantiser: &Quantiser,
) -> ([Block; 16], Block) {
    let mut levels = [[0; 16]; 16];
    let mut dc = [0; 16];
    for n in 0..16 {
        let mut coefficients = frequencies(from, place, (n % 4 * 4, n / 4 * 4), 16, prediction);
        dc[n] = std::mem::take(&mut coefficients[0]);
        levels[n] = quantiser.luma.divide(&coefficients);
    }
    let dc_levels = quantiser.luma_dc.divide(&forward_walsh(&dc));
    let dc = inverse_walsh(&quantiser.luma_dc.multiply(&dc_levels));
    for n in 0..16 {
        let mut coefficients = quantiser.luma.multiply(&levels[n]);
        coefficients[0] = dc[n];
        put(to, place, (n % 4 * 4, n / 4 * 4), 16, (prediction, &coefficients));
    }
    (levels, dc_levels)
}

fn code_chroma(
    from: &Plane,
    to: &mut Plane,
    place: Place,
    prediction: &[u8; 256],
    steps: Steps,
) -> [Block; 4] {
    let mut levels = [[0; 16]; 4];
    for (n, levels) in levels.iter_mut().enumerate() {
        let inside = (n % 2 * 4, n / 2 * 4);
        *levels = steps.divide(&frequencies(from, place, inside, 8, prediction));
        put(to, place, inside, 8, (prediction, &steps.multiply(levels)));
    }
    levels
}

/// Where the prediction is exact, it is all there is to tell: no levels of any kind.
fn copy<T: Default>(to: &mut Plane, (x, y): Place, size: usize, prediction: &[u8; 256]) -> T {
    for (row, line) in prediction[..size * size].chunks_exact(size).enumerate() {
        to.row_mut(y + row)[x..x + size].copy_from_slice(line);
    }
    T::default()
}

/// The frequencies of the differences from the prediction, of the block `inside` a macroblock of `size` at a place.
fn frequencies(from: &Plane, (x, y): Place, inside: Place, size: usize, prediction: &[u8; 256]) -> Block {
    let mut differences = [0_i16; 16];
    for row in 0..4 {
        let pixels = &from.row(y + inside.1 + row)[x + inside.0..][..4];
        let predicted = &prediction[(inside.1 + row) * size + inside.0..][..4];
        for column in 0..4 {
            differences[row * 4 + column] = i16::from(pixels[column]) - i16::from(predicted[column]);
        }
    }
    if differences == [0; 16] { differences } else { forward_dct(&differences) }
}

/// Puts a block together, as a decoder does.
fn put(
    to: &mut Plane,
    (x, y): Place,
    inside: Place,
    size: usize,
    (prediction, coefficients): (&[u8; 256], &Block),
) {
    let differences = if coefficients == &[0; 16] { [0; 16] } else { inverse_dct(coefficients) };
    for row in 0..4 {
        let pixels = &mut to.row_mut(y + inside.1 + row)[x + inside.0..][..4];
        let predicted = &prediction[(inside.1 + row) * size + inside.0..][..4];
        for column in 0..4 {
            let value = i16::from(predicted[column]) + differences[row * 4 + column];
            pixels[column] = value.clamp(0, 255) as u8;
        }
    }
}

impl Levels {
    fn is_some(&self) -> bool {
        let blocks = self.luma.iter().chain(self.chroma.as_flattened()).chain([&self.luma_dc]);
        blocks.into_iter().any(|block| block != &[0; 16])
    }

    /// Writes all tokens (RFC 6386 §13): each block's odds depend on whether the ones above and to the left had any.
    pub(super) fn write(&self, out: &mut BoolEncoder, above: &mut Edge, left: &mut Edge) {
        let mut block = |kind, above: &mut bool, left: &mut bool, levels| {
            let context = usize::from(*above) + usize::from(*left);
            let some = write_block(out, kind, context, levels);
            (*above, *left) = (some, some);
        };
        block(Kind::LumaDc, &mut above.luma_dc, &mut left.luma_dc, &self.luma_dc);
        for (n, levels) in self.luma.iter().enumerate() {
            block(Kind::LumaWithoutDc, &mut above.luma[n % 4], &mut left.luma[n / 4], levels);
        }
        for (colour, blocks) in self.chroma.iter().enumerate() {
            let (above, left) = (&mut above.chroma[colour], &mut left.chroma[colour]);
            for (n, levels) in blocks.iter().enumerate() {
                block(Kind::Chroma, &mut above[n % 2], &mut left[n / 2], levels);
            }
        }
    }
}
