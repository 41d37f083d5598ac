//! From differences of pixels to frequencies and back (RFC 6386 §14).
//!
//! The ways back are exactly the decoder's, to the last bit; the ways there are their inverses, rounded.

/// sin(π/8)·√2 and cos(π/8)·√2, times 2^16.
const SIN: i32 = 35468;
const COS: i32 = 85627;

/// Sixteen numbers, row by row.
pub(super) type Block = [i16; 16];

/// Four sums and differences, which are their own inverse but for a factor of four.
fn butterfly([a, b, c, d]: [i32; 4]) -> [i32; 4] {
    let (outer, inner, cross, across) = (a + d, b + c, b - c, a - d);
    [outer + inner, cross + across, outer - inner, across - cross]
}

/// Applies a transform of four to all columns, or to all rows.
fn each(block: [i32; 16], columns: bool, transform: impl Fn([i32; 4]) -> [i32; 4]) -> [i32; 16] {
    let mut out = [0; 16];
    for n in 0..4 {
        let at = |k: usize| if columns { k * 4 + n } else { n * 4 + k };
        let done = transform([block[at(0)], block[at(1)], block[at(2)], block[at(3)]]);
        for (k, value) in done.into_iter().enumerate() {
            out[at(k)] = value;
        }
    }
    out
}

/// The sixteen DC coefficients of a macroblock's luma to their own frequencies (the inverse of RFC 6386 §14.3).
pub(super) fn forward_walsh(dc: &Block) -> Block {
    let once = each(dc.map(i32::from), true, butterfly);
    each(once, false, butterfly).map(|value| ((value + i32::from(value > 0)) >> 1) as i16)
}

/// And back (RFC 6386 §14.3).
pub(super) fn inverse_walsh(coefficients: &Block) -> Block {
    let once = each(coefficients.map(i32::from), true, butterfly);
    each(once, false, butterfly).map(|value| ((value + 3) >> 3) as i16)
}

/// Sixteen differences to frequencies (the inverse of RFC 6386 §14.4).
pub(super) fn forward_dct(differences: &Block) -> Block {
    let wide = |a: i32, by: i32| i64::from(a) * i64::from(by);
    let pass = |[a, b, c, d]: [i32; 4], keep: u32| {
        let (outer, inner, cross, across) = (a + d, b + c, b - c, a - d);
        let (one, half) = (1_i64 << 16, 1_i64 << (15 - keep));
        let scale = |value: i64| ((value + half) >> (16 - keep)) as i32;
        [
            scale(i64::from(outer + inner) * one),
            scale(wide(across, COS) + wide(cross, SIN)),
            scale(i64::from(outer - inner) * one),
            scale(wide(across, SIN) - wide(cross, COS)),
        ]
    };
    // The first pass keeps four more bits, the second one takes them and a factor of two away.
    let once = each(differences.map(i32::from), true, |four| pass(four, 4));
    each(once, false, |four| pass(four, 0)).map(|value| ((value + 16) >> 5) as i16)
}

/// Frequencies to sixteen differences (RFC 6386 §14.4).
pub(super) fn inverse_dct(coefficients: &Block) -> Block {
    let pass = |[a, b, c, d]: [i32; 4]| {
        // cos(π/8)·√2 is above one: the decoder multiplies by what is behind the point and adds the whole.
        let cos = |value: i32| value + ((value * (COS - 65536)) >> 16);
        let sin = |value: i32| (value * SIN) >> 16;
        let (even, odd) = (a + c, a - c);
        let (low, high) = (sin(b) - cos(d), cos(b) + sin(d));
        [even + high, odd + low, odd - low, even - high]
    };
    let once = each(coefficients.map(i32::from), true, pass);
    each(once, false, pass).map(|value| ((value + 4) >> 3) as i16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_flat_block_has_one_frequency() {
        let mut expected = [0; 16];
        expected[0] = 80;
        assert_eq!(forward_dct(&[10; 16]), expected);
        assert_eq!(inverse_dct(&expected), [10; 16]);
        expected[0] = 640;
        assert_eq!(forward_walsh(&[80; 16]), expected);
        assert_eq!(inverse_walsh(&expected), [80; 16]);
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_but_for_rounding(values in proptest::array::uniform16(-255_i16..=255)) {
            let back = inverse_dct(&forward_dct(&values));
            prop_assert!(values.iter().zip(&back).all(|(a, b)| (a - b).abs() <= 2), "{values:?} {back:?}");
            let wide = values.map(|value| value * 8);
            let back = inverse_walsh(&forward_walsh(&wide));
            prop_assert!(wide.iter().zip(&back).all(|(a, b)| (a - b).abs() <= 2), "{wide:?} {back:?}");
        }
    }
}
