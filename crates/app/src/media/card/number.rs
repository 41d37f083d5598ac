//! The frame number as black and white blocks, for programs that look at pictures.
//!
//! In the top left corner there are 8 columns and 4 rows of blocks, each `16 · max(1, ⌊width / 320⌋)` pixels wide and high.
//! A white block is a 1, a black one a 0, and the leftmost one of a row is its highest bit. Rows 1 to 3 are the number's
//! 24 bits, the high byte on top; the bottom row is the complement of row 3. So no flat picture, no half of a picture and
//! no picture that was shifted by a block is mistaken for a number.

use crate::media::picture::Plane;

/// Blocks in a row: one for each bit of a byte.
pub const COLUMNS: usize = 8;
/// Three bytes of the number, and the complement of the lowest one.
pub const ROWS: usize = 4;
/// The largest number: the one after it is 0.
pub const MAX: u32 = 0xff_ffff;

const BLACK: u8 = 16;
const WHITE: u8 = 235;
/// Between black and white. What is closer to it than [`MARGIN`] is neither.
const MIDDLE: u32 = 125;
const MARGIN: u32 = 32;

/// The side of a block, in pixels.
pub fn block(width: usize) -> usize {
    16 * (width / 320).max(1)
}

/// Paints the number's low 24 bits.
pub(super) fn paint(luma: &mut Plane, number: u32, block: usize) {
    let [_, high, middle, low] = number.to_be_bytes();
    for (row, byte) in [high, middle, low, !low].into_iter().enumerate() {
        for column in 0..COLUMNS {
            let value = if byte >> (COLUMNS - 1 - column) & 1 == 1 { WHITE } else { BLACK };
            luma.fill(column * block, row * block, block, block, value);
        }
    }
}

/// Reads the number from brightness (I420's first plane, or grey): rows are `stride` bytes apart, of which `width` are shown.
/// `None` if there is none, or it cannot be told for sure.
pub fn read_number(luma: &[u8], stride: usize, width: usize, height: usize) -> Option<u32> {
    let block = block(width);
    if width < COLUMNS * block || height < ROWS * block || stride < width {
        return None;
    }
    let mut rows = [0_u8; ROWS];
    for (row, byte) in rows.iter_mut().enumerate() {
        for column in 0..COLUMNS {
            let mean = middle_of(luma, stride, (column * block, row * block), block)?;
            if mean.abs_diff(MIDDLE) < MARGIN {
                return None;
            }
            *byte = *byte << 1 | u8::from(mean > MIDDLE);
        }
    }
    let [high, middle, low, check] = rows;
    (check == !low).then_some(u32::from_be_bytes([0, high, middle, low]))
}

/// The mean of the inner half of a block: its edges suffer most from encoders.
fn middle_of(luma: &[u8], stride: usize, (x, y): (usize, usize), block: usize) -> Option<u32> {
    let inner = block / 2;
    let mut sum = 0;
    for row in 0..inner {
        let from = y.checked_add(block / 4 + row)?.checked_mul(stride)?.checked_add(x + block / 4)?;
        sum += luma.get(from..from.checked_add(inner)?)?.iter().map(|pixel| u32::from(*pixel)).sum::<u32>();
    }
    Some(sum / (inner * inner) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_flat_picture_has_a_number() {
        for value in 0..=255 {
            assert_eq!(read_number(&vec![value; 320 * 240], 320, 320, 240), None);
        }
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let mut luma = Plane::new(320, 240, 128);
        paint(&mut luma, 0x80_0103, 16);
        let row = |y: usize| -> String {
            (0..8).map(|x| if luma.row(y * 16 + 8)[x * 16 + 8] > 128 { '#' } else { '.' }).collect()
        };
        assert_eq!([row(0), row(1), row(2), row(3)], ["#.......", ".......#", "......##", "######.."]);
    }

    #[test]
    fn a_number_that_was_shifted_by_a_block_is_none() {
        let mut luma = Plane::new(320, 240, 16);
        paint(&mut luma, 0x12_3456, 16);
        assert_eq!(read_number(luma.data(), 320, 320, 240), Some(0x12_3456));
        assert_eq!(read_number(&luma.data()[16 * 320..], 320, 320, 224), None, "a row too high");
        let upper_half_lost = [vec![16; 32 * 320], luma.data()[..208 * 320].to_vec()].concat();
        assert_eq!(read_number(&upper_half_lost, 320, 320, 240), None);
    }

    proptest! {
        #[test]
        fn noise_and_brightness_do_not_hide_it(number in 0..=MAX, noise: Vec<i8>, gain in 80_u32..=100) {
            let mut luma = Plane::new(320, 240, 128);
            paint(&mut luma, number, 16);
            let changed: Vec<u8> = luma.data().iter().enumerate().map(|(n, value)| {
                let noise = noise.get(n % noise.len().max(1)).map_or(0, |value| i32::from(*value) / 8);
                (i32::from(*value) * gain as i32 / 100 + noise).clamp(0, 255) as u8
            }).collect();
            prop_assert_eq!(read_number(&changed, 320, 320, 240), Some(number));
        }

        #[test]
        fn no_picture_makes_it_panic(bytes: Vec<u8>, stride: usize, width: usize, height: usize) {
            let _ = read_number(&bytes, stride, width, height);
            let _ = read_number(&bytes, stride % 700, width % 700, height % 700);
        }
    }
}
