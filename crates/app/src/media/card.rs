//! The moving test card: something to look at, with a number in it that a program can read.
//!
//! ```text
//! ┌────────────────┬──────────────────────┐
//! │ frame number   │  MM:SS               │   8 × 4 blocks (see `number.rs`), and how long it has been running
//! ├────┬────┬────┬─┴──┬────┬────┬────┬────┤
//! │    │    │    │ ▐▌ │    │    │    │    │   colours, and a bar that moves four pixels a frame
//! ├────┴────┴────┴────┴────┴────┴────┴────┤
//! │ dark to bright                 accent │   greys, and a colour of the sender's own
//! └───────────────────────────────────────┘
//! ```
//!
//! All edges are where they cost an encoder little.

pub mod number;

use std::time::Duration;

use crate::media::picture::Picture;

pub use number::read_number;

/// What the caller chooses.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Style {
    /// In pixels, 160 to 1920; 320 unless told otherwise.
    pub width: usize,
    /// In pixels, 120 to 1088; 240 unless told otherwise.
    pub height: usize,
    /// 1 to 120; 30 unless told otherwise.
    pub frames_per_second: u32,
    /// The colour of the lower right corner as Y, U, V: tells one sender from another. Blue unless told otherwise.
    pub accent: [u8; 3],
}

impl Default for Style {
    fn default() -> Self {
        Style { width: 320, height: 240, frames_per_second: 30, accent: [80, 200, 100] }
    }
}

/// Paints cards. Holds one picture.
#[derive(Debug)]
pub struct Card {
    style: Style,
    block: usize,
    picture: Picture,
}

impl Card {
    /// A style out of range is brought into it; sides become even.
    pub fn new(style: Style) -> Self {
        let (width, height) = (style.width.clamp(160, 1920) & !1, style.height.clamp(120, 1088) & !1);
        let style =
            Style { width, height, frames_per_second: style.frames_per_second.clamp(1, 120), ..style };
        Card { style, block: number::block(width), picture: Picture::new(width, height) }
    }

    /// What it looks like.
    pub fn style(&self) -> Style {
        self.style
    }

    /// When a frame is due, counted from frame 0.
    pub fn time(&self, number: u32) -> Duration {
        let nanos = u64::from(number) * 1_000_000_000 / u64::from(self.style.frames_per_second);
        Duration::from_nanos(nanos)
    }

    /// The card of a frame. Of the number, the low 24 bits are told.
    pub fn picture(&mut self, number: u32) -> &Picture {
        let Style { width, height, accent, .. } = self.style;
        let (block, top) = (self.block, number::ROWS * self.block);
        let greys = height.saturating_sub(2 * block).max(top) / 16 * 16;
        // Of eight columns, on even pixels.
        let edge = |n: usize| width * n / 16 * 2;
        self.picture.fill((0, 0), (width + 16, top), BACKGROUND);
        for (n, colour) in COLOURS.iter().enumerate() {
            let (from, to) = (edge(n), edge(n + 1));
            self.picture.fill((from, top), (to - from, greys - top), *colour);
        }
        let at = number as usize % (width / STEP) * STEP;
        self.picture.fill((at, top), (block, greys - top), WHITE);
        for n in 0..8 {
            let (from, to) = (edge(n), edge(n + 1));
            let grey = [16 + 31 * n as u8, 128, 128];
            self.picture.fill((from, greys), (to - from, height + 16), if n == 7 { accent } else { grey });
        }
        self.clock(self.time(number).as_secs());
        number::paint(&mut self.picture.planes[0], number, block);
        &self.picture
    }

    /// Minutes and seconds, to the right of the number.
    fn clock(&mut self, seconds: u64) {
        let thick = self.block / 4;
        let digits = [seconds / 600 % 10, seconds / 60 % 10, seconds / 10 % 6, seconds % 10];
        for (n, digit) in digits.into_iter().enumerate() {
            let left = self.block * 10 + thick * (8 * n + if n > 1 { 4 } else { 0 });
            for (segment, (x, y, width, height)) in SEGMENTS.into_iter().enumerate() {
                if LIT[digit as usize] >> segment & 1 == 1 {
                    let place = (left + x * thick, self.block / 2 + y * thick);
                    self.picture.fill(place, (width * thick, height * thick), WHITE);
                }
            }
        }
        for y in [3, 7] {
            let place = (self.block * 10 + thick * 16, self.block / 2 + y * thick);
            self.picture.fill(place, (thick, thick), WHITE);
        }
    }
}

/// How far the bar moves in a frame, in pixels.
const STEP: usize = 4;

const WHITE: [u8; 3] = [235, 128, 128];
const BACKGROUND: [u8; 3] = [40, 128, 128];
/// Three quarters of full colour, from bright to dark, in BT.601.
const COLOURS: [[u8; 3]; 8] = [
    [180, 128, 128],
    [162, 44, 142],
    [131, 156, 44],
    [112, 72, 58],
    [84, 184, 198],
    [65, 100, 212],
    [35, 212, 114],
    [16, 128, 128],
];

/// The strokes of a digit: left, top, width, height, in strokes' widths. From the top clockwise, then the middle one.
const SEGMENTS: [(usize, usize, usize, usize); 7] =
    [(0, 0, 6, 1), (5, 0, 1, 6), (5, 5, 1, 6), (0, 10, 6, 1), (0, 5, 1, 6), (0, 0, 1, 6), (0, 5, 6, 1)];
/// Which strokes a digit has, the first one in the lowest bit.
const LIT: [u8; 10] = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::vp8::{DEFAULT_QUANTISER, Encoder};

    fn read(picture: &Picture) -> Option<u32> {
        let luma = &picture.planes[0];
        read_number(luma.data(), luma.stride(), picture.width(), picture.height())
    }

    #[test]
    fn the_number_is_in_the_picture_at_every_size() {
        for (width, height) in [(160, 120), (320, 240), (640, 480), (1280, 720), (322, 180), (1, 1)] {
            let mut card = Card::new(Style { width, height, ..Style::default() });
            for number in [0, 1, 2, 255, 256, 0x12_3456, 0xff_ffff] {
                assert_eq!(read(card.picture(number)), Some(number), "{width} × {height}");
            }
            assert_eq!(read(card.picture(0x100_0007)), Some(7));
        }
    }

    #[test]
    fn the_number_survives_encoding_and_frames_are_small() {
        for (width, height, key, between) in [(320, 240, 2200, 450), (640, 480, 4000, 900)] {
            let mut card = Card::new(Style { width, height, ..Style::default() });
            let mut encoder = Encoder::new(DEFAULT_QUANTISER);
            for number in 0..120 {
                let (frame, is_key) = encoder.encode(card.picture(number), number == 60);
                assert_eq!(is_key, number % 60 == 0);
                assert!(frame.len() < if is_key { key } else { between }, "{width}: {} bytes", frame.len());
                assert_eq!(read(encoder.decoded().unwrap()), Some(number));
            }
        }
    }

    #[test]
    fn something_moves_in_every_frame() {
        let mut card = Card::new(Style::default());
        let mut before = card.picture(0).clone();
        for number in 1..100 {
            let picture = card.picture(number);
            let differs = |from: usize, to: usize| {
                (from..to).any(|row| picture.planes[0].row(row) != before.planes[0].row(row))
            };
            assert!(differs(0, 64) && differs(64, 208) && !differs(208, 240), "{number}");
            before = picture.clone();
        }
    }

    #[test]
    fn frames_are_due_without_drift() {
        let card = Card::new(Style { frames_per_second: 30, ..Style::default() });
        assert_eq!(card.time(30 * 3600), Duration::from_secs(3600));
        assert_eq!(card.time(1), Duration::from_nanos(33_333_333));
    }
}
