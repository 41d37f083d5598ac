//! What a block looks like, judged by the pixels around it (RFC 6386 §12).

use crate::media::picture::Plane;

/// How a whole block is predicted. Of VP8's modes, those that suit flat and straight pictures.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    /// The mean of the row above and the column to the left.
    Dc,
    /// The row above, repeated downwards.
    Vertical,
    /// The column to the left, repeated to the right.
    Horizontal,
}

impl Mode {
    pub(super) const ALL: [Mode; 3] = [Mode::Dc, Mode::Vertical, Mode::Horizontal];
}

/// The pixels around a block of `size` × `size` at a place of a plane.
#[derive(Debug)]
pub(super) struct Around {
    above: [u8; 16],
    left: [u8; 16],
    has_above: bool,
    has_left: bool,
    size: usize,
}

impl Around {
    /// Outside of the picture, what is above counts as 127 and what is to the left as 129 (RFC 6386 §12.2).
    pub(super) fn new(plane: &Plane, x: usize, y: usize, size: usize) -> Self {
        let mut around =
            Around { above: [127; 16], left: [129; 16], has_above: y > 0, has_left: x > 0, size };
        if y > 0 {
            around.above[..size].copy_from_slice(&plane.row(y - 1)[x..x + size]);
        }
        if x > 0 {
            for (n, pixel) in around.left[..size].iter_mut().enumerate() {
                *pixel = plane.row(y + n)[x - 1];
            }
        }
        around
    }

    /// The prediction, row by row.
    pub(super) fn predict(&self, mode: Mode) -> [u8; 256] {
        let (size, mut out) = (self.size, [0; 256]);
        let mean = self.mean();
        for (row, line) in out[..size * size].chunks_exact_mut(size).enumerate() {
            match mode {
                Mode::Dc => line.fill(mean),
                Mode::Vertical => line.copy_from_slice(&self.above[..size]),
                Mode::Horizontal => line.fill(self.left[row]),
            }
        }
        out
    }

    /// Of what is inside of the picture; 128 if nothing is.
    fn mean(&self) -> u8 {
        let sum = |edge: &[u8; 16], counts: bool| match counts {
            true => edge[..self.size].iter().map(|pixel| u32::from(*pixel)).sum(),
            false => 0_u32,
        };
        let count = self.size as u32 * (u32::from(self.has_above) + u32::from(self.has_left));
        if count == 0 {
            return 128;
        }
        ((sum(&self.above, self.has_above) + sum(&self.left, self.has_left) + count / 2) / count) as u8
    }
}

/// How far a prediction is from the block at a place of a plane: the sum of all differences.
pub(super) fn distance(plane: &Plane, (x, y): (usize, usize), size: usize, prediction: &[u8; 256]) -> u32 {
    let rows = prediction[..size * size].chunks_exact(size).enumerate();
    rows.map(|(row, line)| {
        let pixels = &plane.row(y + row)[x..x + size];
        pixels.iter().zip(line).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>()
    })
    .sum()
}
