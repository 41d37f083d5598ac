//! Frames one after the other, and what the decoder has seen so far.

use crate::media::picture::Picture;

use super::bool_coder::BoolEncoder;
use super::macroblock::{Edge, code};
use super::modes::{Macroblock, Prediction, write_modes};
use super::quantiser::Quantiser;

/// The quantiser index that a card looks right with: flat colours come out within one or two of 255.
pub const DEFAULT_QUANTISER: u8 = 12;

/// Encodes pictures of one size. Holds two of them: the last source, and what a decoder made of it.
#[derive(Debug)]
pub struct Encoder {
    index: u8,
    quantiser: Quantiser,
    /// The last source and what was made of it. `None` before the first frame, and where all must be told anew.
    before: Option<[Picture; 2]>,
}

impl Encoder {
    /// With a quantiser index of 0 (finest) to 127 (RFC 6386 §9.6).
    pub fn new(quantiser: u8) -> Self {
        let index = quantiser.min(127);
        Encoder { index, quantiser: Quantiser::new(index), before: None }
    }

    /// What a decoder shows after the last frame.
    pub fn decoded(&self) -> Option<&Picture> {
        self.before.as_ref().map(|[_, seen]| seen)
    }

    /// Encodes the next picture. It is a key frame if `key` asks for one, if it is the first one, or if the size has
    /// changed. Returns the frame, and whether it is a key frame.
    pub fn encode(&mut self, picture: &Picture, key: bool) -> (Vec<u8>, bool) {
        let size = |picture: &Picture| (picture.width(), picture.height());
        let before = self.before.take().filter(|[source, _]| size(source) == size(picture));
        let is_key = key || before.is_none();
        // The allocations of the last frame are used again.
        let [mut source, mut seen] = before.unwrap_or_else(|| [picture.clone(), picture.clone()]);
        let columns = picture.width().div_ceil(16);
        let compared = if is_key { None } else { Some(&source) };
        let (macroblocks, tokens) = self.code_all(picture, compared, &mut seen);
        let modes = write_modes(&macroblocks, columns, is_key, self.index);
        let frame = modes.header.frame(picture.width(), picture.height(), &modes.partition, &tokens);
        source.copy_from(picture);
        self.before = Some([source, seen]);
        (frame, is_key)
    }

    /// Every macroblock, row by row: how it is predicted, and the partition of tokens.
    fn code_all(
        &self,
        picture: &Picture,
        source: Option<&Picture>,
        seen: &mut Picture,
    ) -> (Vec<Macroblock>, Vec<u8>) {
        let (columns, rows) = (picture.width().div_ceil(16), picture.height().div_ceil(16));
        let mut macroblocks = Vec::with_capacity(columns * rows);
        let mut tokens = BoolEncoder::new();
        let mut above = vec![Edge::default(); columns];
        for row in 0..rows {
            let mut left = Edge::default();
            for (column, above) in above.iter_mut().enumerate() {
                let place = (column * 16, row * 16);
                let stays = source.is_some_and(|source| is_same(source, picture, place));
                let (prediction, levels) = if stays {
                    (Prediction::Before, None)
                } else {
                    let ([luma, chroma], levels) = code(picture, seen, place, &self.quantiser);
                    (Prediction::Intra { luma, chroma }, levels)
                };
                match &levels {
                    Some(levels) => levels.write(&mut tokens, above, &mut left),
                    // Without coefficients, its edges have none either.
                    None => (*above, left) = (Edge::default(), Edge::default()),
                }
                macroblocks.push(Macroblock { prediction, has_coefficients: levels.is_some() });
            }
        }
        (macroblocks, tokens.finish())
    }
}

/// Whether a macroblock is the same in two pictures of one size.
fn is_same(a: &Picture, b: &Picture, (x, y): (usize, usize)) -> bool {
    let same = |plane: usize, x: usize, y: usize, size: usize| {
        let (a, b) = (&a.planes[plane], &b.planes[plane]);
        (y..y + size).all(|row| a.row(row)[x..x + size] == b.row(row)[x..x + size])
    };
    same(0, x, y, 16) && same(1, x / 2, y / 2, 8) && same(2, x / 2, y / 2, 8)
}
