//! A decoder of what the encoder uses of VP8, and a failed assertion for anything else.

use crate::media::picture::{Picture, Plane};

use super::coefficient_probabilities::DEFAULT;
use super::predict::{Around, Mode};
use super::quantiser::Quantiser;
use super::tables::{
    BAND, CATEGORY, INTER_CHROMA_MODE, INTER_LUMA_MODE, KEY_CHROMA_MODE, KEY_LUMA_MODE, MOTION_UPDATE,
    ZERO_MOTION, ZIGZAG,
};
use super::transform::{Block, inverse_dct, inverse_walsh};
use super::update_probabilities::UPDATE;

/// The reader of RFC 6386 §7, bit by bit.
pub(super) struct BoolDecoder<'a> {
    bytes: &'a [u8],
    value: u32,
    range: u32,
    bits: u32,
}

impl<'a> BoolDecoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = BoolDecoder { bytes, value: 0, range: 255, bits: 0 };
        decoder.value = decoder.byte() << 8 | decoder.byte();
        decoder
    }

    fn byte(&mut self) -> u32 {
        // Behind the end there are zeros.
        self.bytes.split_off_first().copied().unwrap_or(0).into()
    }

    pub(super) fn bool(&mut self, probability: u8) -> bool {
        let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
        let value = self.value >= split << 8;
        if value {
            self.range -= split;
            self.value -= split << 8;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.range <<= 1;
            self.value <<= 1;
            self.bits += 1;
            if self.bits == 8 {
                self.bits = 0;
                self.value |= self.byte();
            }
        }
        value
    }

    fn literal(&mut self, bits: u32) -> u32 {
        (0..bits).fold(0, |value, _| value << 1 | u32::from(self.bool(128)))
    }
}

/// Holds the last picture.
#[derive(Default)]
pub(super) struct Decoder {
    pub(super) picture: Option<Picture>,
}

type Edge = [bool; 9];

impl Decoder {
    /// Decodes a frame; returns whether it was a key frame.
    pub(super) fn decode(&mut self, frame: &[u8]) -> bool {
        let tag = u32::from_le_bytes([frame[0], frame[1], frame[2], 0]);
        let (is_key, first_len) = (tag & 1 == 0, (tag >> 5) as usize);
        assert_eq!(tag >> 1 & 0xf, 8, "version 0, shown");
        let mut rest = &frame[3..];
        if is_key {
            assert_eq!(rest[..3], [0x9d, 1, 0x2a]);
            let side = |at: usize| usize::from(u16::from_le_bytes([rest[at], rest[at + 1]]));
            self.picture = Some(Picture::new(side(3), side(5)));
            rest = &rest[7..];
        }
        let (first, tokens) = rest.split_at(first_len);
        let picture = self.picture.as_mut().expect("a key frame came first");
        Frame::new(first, tokens, is_key).decode(picture);
        is_key
    }
}

struct Frame<'a> {
    modes: BoolDecoder<'a>,
    tokens: BoolDecoder<'a>,
    is_key: bool,
    quantiser: Quantiser,
    has_coefficients: u8,
    is_intra: u8,
}

impl<'a> Frame<'a> {
    fn new(first: &'a [u8], tokens: &'a [u8], is_key: bool) -> Self {
        let mut modes = BoolDecoder::new(first);
        if is_key {
            assert_eq!(modes.literal(2), 0);
        }
        assert_eq!(modes.literal(14), 0, "no segments, no filter, one partition");
        let quantiser = Quantiser::new(modes.literal(7) as u8);
        assert_eq!(modes.literal(5), 0);
        if is_key {
            assert_eq!(modes.literal(1), 1);
        } else {
            assert_eq!(modes.literal(10), 3, "only the last frame is replaced");
        }
        assert!(UPDATE.as_flattened().as_flattened().as_flattened().iter().all(|odds| !modes.bool(*odds)));
        assert!(modes.bool(128));
        let has_coefficients = modes.literal(8) as u8;
        let mut is_intra = 0;
        if !is_key {
            is_intra = modes.literal(8) as u8;
            assert_eq!(modes.literal(18), (255 << 10) | (128 << 2));
            assert!(MOTION_UPDATE.as_flattened().iter().all(|odds| !modes.bool(*odds)));
        }
        let tokens = BoolDecoder::new(tokens);
        Frame { modes, tokens, is_key, quantiser, has_coefficients, is_intra }
    }

    fn decode(&mut self, picture: &mut Picture) {
        let (columns, rows) = (picture.width().div_ceil(16), picture.height().div_ceil(16));
        let mut above = vec![[false; 9]; columns];
        // One more column and row than there are: outside, nothing is as before.
        let mut still = vec![vec![false; columns + 1]; rows + 1];
        for row in 0..rows {
            let mut left = [false; 9];
            for column in 0..columns {
                let skips = self.modes.bool(self.has_coefficients);
                let is_before = !self.is_key && self.modes.bool(self.is_intra);
                if is_before {
                    assert!(!self.modes.bool(255), "the last frame");
                    let weigh = |is: bool, weight: usize| if is { weight } else { 0 };
                    let near = weigh(still[row][column + 1], 2)
                        + weigh(still[row + 1][column], 2)
                        + weigh(still[row][column], 1);
                    assert!(!self.modes.bool(ZERO_MOTION[near]), "no motion");
                    assert!(skips, "no coefficients of what is as before");
                    (above[column], left) = ([false; 9], [false; 9]);
                } else {
                    let modes = self.intra_modes();
                    let levels = self.levels(skips, &mut above[column], &mut left);
                    self.reconstruct(picture, (column * 16, row * 16), modes, &levels);
                }
                still[row + 1][column + 1] = is_before;
            }
        }
    }

    fn intra_modes(&mut self) -> [Mode; 2] {
        let luma = if self.is_key {
            assert!(self.modes.bool(KEY_LUMA_MODE[0]), "whole");
            if self.modes.bool(KEY_LUMA_MODE[1]) {
                assert!(!self.modes.bool(KEY_LUMA_MODE[3]));
                Mode::Horizontal
            } else if self.modes.bool(KEY_LUMA_MODE[2]) {
                Mode::Vertical
            } else {
                Mode::Dc
            }
        } else if self.modes.bool(INTER_LUMA_MODE[0]) {
            assert!(!self.modes.bool(INTER_LUMA_MODE[1]));
            if self.modes.bool(INTER_LUMA_MODE[2]) { Mode::Horizontal } else { Mode::Vertical }
        } else {
            Mode::Dc
        };
        let odds = if self.is_key { KEY_CHROMA_MODE } else { INTER_CHROMA_MODE };
        let chroma = if !self.modes.bool(odds[0]) {
            Mode::Dc
        } else if !self.modes.bool(odds[1]) {
            Mode::Vertical
        } else {
            assert!(!self.modes.bool(odds[2]));
            Mode::Horizontal
        };
        [luma, chroma]
    }

    /// DCs of luma, sixteen blocks of luma, four of each colour.
    fn levels(&mut self, skips: bool, above: &mut Edge, left: &mut Edge) -> Vec<Block> {
        if skips {
            (*above, *left) = ([false; 9], [false; 9]);
            return vec![[0; 16]; 25];
        }
        let mut places = vec![(1, 8, 8)];
        places.extend((0..16).map(|n| (0, n % 4, n / 4)));
        places.extend((0..8).map(|n| (2, 4 + n / 4 * 2 + n % 2, 4 + n / 4 * 2 + n / 2 % 2)));
        let mut block = |(kind, x, y): (usize, usize, usize)| {
            let context = usize::from(above[x]) + usize::from(left[y]);
            let (levels, some) = self.block(kind, context);
            (above[x], left[y]) = (some, some);
            levels
        };
        places.into_iter().map(&mut block).collect()
    }

    fn block(&mut self, kind: usize, mut context: usize) -> (Block, bool) {
        let mut levels = [0; 16];
        let first = usize::from(kind == 0);
        let (mut place, mut after_zero) = (first, false);
        while place < 16 {
            let odds = &DEFAULT[kind][BAND[place]][context];
            if !after_zero && !self.tokens.bool(odds[0]) {
                break;
            }
            after_zero = !self.tokens.bool(odds[1]);
            context = 0;
            if !after_zero {
                let magnitude = self.magnitude(odds);
                context = magnitude.min(2) as usize;
                levels[ZIGZAG[place]] = if self.tokens.bool(128) { -magnitude } else { magnitude };
            }
            place += 1;
        }
        (levels, place > first)
    }

    fn magnitude(&mut self, odds: &[u8; 11]) -> i16 {
        let tokens = &mut self.tokens;
        if !tokens.bool(odds[2]) {
            return 1;
        }
        if !tokens.bool(odds[3]) {
            return if tokens.bool(odds[4]) { 3 + i16::from(tokens.bool(odds[5])) } else { 2 };
        }
        let category = if !tokens.bool(odds[6]) {
            usize::from(tokens.bool(odds[7]))
        } else if !tokens.bool(odds[8]) {
            2 + usize::from(tokens.bool(odds[9]))
        } else {
            4 + usize::from(tokens.bool(odds[10]))
        };
        let (least, extra) = CATEGORY[category];
        least as i16 + extra.iter().fold(0, |value, odds| value << 1 | i16::from(tokens.bool(*odds)))
    }

    fn reconstruct(&self, picture: &mut Picture, (x, y): (usize, usize), modes: [Mode; 2], levels: &[Block]) {
        let dc = inverse_walsh(&self.quantiser.luma_dc.multiply(&levels[0]));
        let luma: Vec<Block> = (0..16)
            .map(|n| {
                let mut block = self.quantiser.luma.multiply(&levels[1 + n]);
                block[0] = dc[n];
                block
            })
            .collect();
        fill(&mut picture.planes[0], (x, y, 16), modes[0], &luma);
        for colour in 0..2 {
            let blocks = &levels[17 + colour * 4..][..4];
            let blocks: Vec<Block> =
                blocks.iter().map(|block| self.quantiser.chroma.multiply(block)).collect();
            fill(&mut picture.planes[1 + colour], (x / 2, y / 2, 8), modes[1], &blocks);
        }
    }
}

fn fill(plane: &mut Plane, (x, y, size): (usize, usize, usize), mode: Mode, blocks: &[Block]) {
    let prediction = Around::new(plane, x, y, size).predict(mode);
    let blocks: Vec<Block> = blocks.iter().map(inverse_dct).collect();
    for row in 0..size {
        for column in 0..size {
            let block = &blocks[row / 4 * (size / 4) + column / 4];
            let value = i16::from(prediction[row * size + column]) + block[row % 4 * 4 + column % 4];
            plane.row_mut(y + row)[x + column] = value.clamp(0, 255) as u8;
        }
    }
}
