//! Bit rates as a mantissa and a power of two. RFC 5104 §4.2.1.1; the 18-bit form is REMB's.

/// A rate of `mantissa × 2^exponent` bits per second. What 64 bits do not hold is `u64::MAX`: as good as no limit.
pub(super) fn from_parts(exponent: u8, mantissa: u32) -> u64 {
    let mantissa = u64::from(mantissa);
    match u32::from(exponent) {
        shift if shift <= mantissa.leading_zeros() => mantissa.checked_shl(shift).unwrap_or(0),
        _ => u64::MAX,
    }
}

/// Exponent and mantissa of at most `bits` bits, the smallest exponent that will do. What is cut off is lost: a limit may
/// be stated too low, never too high.
pub(super) fn to_parts(rate: u64, bits: u32) -> (u8, u32) {
    let exponent = (u64::BITS - rate.leading_zeros()).saturating_sub(bits);
    (exponent as u8, (rate >> exponent) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_rounded_down_and_saturates() {
        //~ covers 5104-4.2.1.1-b
        assert_eq!(to_parts(0, 17), (0, 0));
        assert_eq!(to_parts(0x1_ffff, 17), (0, 0x1_ffff));
        assert_eq!(to_parts(0x2_0001, 17), (1, 0x1_0000));
        assert_eq!(to_parts(u64::MAX, 18), (46, 0x3_ffff));
        assert_eq!(from_parts(1, 0x1_0000), 0x2_0000);
        assert_eq!(from_parts(63, 1), 1 << 63);
        assert_eq!(from_parts(63, 2), u64::MAX);
        assert_eq!(from_parts(63, 0), 0, "nothing is nothing at any scale");
        assert_eq!(from_parts(47, 0x1_ffff), 0x1_ffff << 47);
        assert_eq!(from_parts(48, 0x1_ffff), u64::MAX);
    }
}
