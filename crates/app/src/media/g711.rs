//! G.711: speech at 8 kHz in a byte a sample, by two laws (ITU-T G.711; payload types 0 and 8 of RFC 3551 §4.5.14).
//!
//! Both tell a sign, one of eight segments, each twice as coarse as the one below, and one of sixteen steps in it. µ-law
//! is fourteen bits wide and inverted, A-law thirteen and every second bit inverted.

/// What µ-law calls silence.
pub const MU_LAW_SILENCE: u8 = 0xff;
/// What A-law calls silence.
pub const A_LAW_SILENCE: u8 = 0xd5;

/// Moves the segments' borders to powers of two.
const BIAS: i32 = 33;

/// One sample in µ-law.
pub fn mu_law(sample: i16) -> u8 {
    let wide = i32::from(sample);
    let magnitude = ((if wide < 0 { !wide } else { wide } >> 2) + BIAS).min(0x1fff);
    // 33 to 8191: the highest bit is the fifth to the twelfth.
    let segment = 26 - magnitude.leading_zeros() as i32;
    let step = magnitude >> (segment + 1) & 0xf;
    let sign = if wide < 0 { 0x80 } else { 0 };
    !(sign | segment << 4 | step) as u8
}

/// One sample of µ-law.
pub fn from_mu_law(code: u8) -> i16 {
    let code = i32::from(!code);
    let (segment, step) = (code >> 4 & 7, code & 0xf);
    let magnitude = (((2 * step + BIAS) << segment) - BIAS) << 2;
    (if code & 0x80 != 0 { -magnitude } else { magnitude }) as i16
}

/// One sample in A-law.
pub fn a_law(sample: i16) -> u8 {
    let wide = i32::from(sample);
    let magnitude = (if wide < 0 { !wide } else { wide }) >> 4;
    // 0 to 2047: the two lowest segments are equally fine.
    let segment = (28 - (magnitude as u32).leading_zeros() as i32).max(0);
    let step = magnitude >> (segment - 1).max(0) & 0xf;
    let sign = if wide < 0 { 0 } else { 0x80 };
    (sign | segment << 4 | step) as u8 ^ 0x55
}

/// One sample of A-law.
pub fn from_a_law(code: u8) -> i16 {
    let code = i32::from(code ^ 0x55);
    let (segment, step) = (code >> 4 & 7, code & 0xf);
    let magnitude = match segment {
        0 => (step << 4) + 8,
        _ => ((step << 4) + 0x108) << (segment - 1),
    };
    (if code & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where each interval of the positive half begins, in steps of the law's finest scale, and the value in its
    /// middle: told from the text of G.711 (tables 1a, 2a) by walking up the segments.
    fn intervals(first_segments: &[(i32, i32)], width: i32, start: i32) -> Vec<(i32, i32)> {
        let mut found = Vec::new();
        let (mut at, mut step) = (start, width);
        for (count, growth) in first_segments {
            for _ in 0..*count {
                found.push((at, at + step / 2));
                at += step;
            }
            step *= growth;
        }
        found
    }

    /// The code of the interval that holds a magnitude.
    fn search(intervals: &[(i32, i32)], magnitude: i32) -> usize {
        intervals.iter().rposition(|(from, _)| *from <= magnitude).unwrap_or(0)
    }

    #[test]
    fn every_sample_of_mu_law_falls_into_its_interval() {
        // Fourteen bits. The first interval is half as wide as its segment's others, around zero.
        let scale = intervals(&[(16, 2); 8], 2, -1);
        for sample in i16::MIN..=i16::MAX {
            let wide = i32::from(sample);
            let magnitude = if wide < 0 { !wide } else { wide } >> 2;
            let code = search(&scale, magnitude.min(8158)) as u8;
            let expected = !(code | if sample < 0 { 0x80 } else { 0 });
            assert_eq!(mu_law(sample), expected, "{sample}");
        }
        for code in 0..=255_u8 {
            let value = scale[usize::from(!code & 0x7f)].1 * 4;
            assert_eq!(i32::from(from_mu_law(code)), if code & 0x80 == 0 { -value } else { value });
        }
        assert_eq!(from_mu_law(MU_LAW_SILENCE), 0);
        assert_eq!((from_mu_law(0x80), from_mu_law(0)), (32124, -32124));
    }

    #[test]
    fn every_sample_of_a_law_falls_into_its_interval() {
        // Thirteen bits.
        let scale = intervals(&[(32, 2), (16, 2), (16, 2), (16, 2), (16, 2), (16, 2), (16, 2)], 2, 0);
        for sample in i16::MIN..=i16::MAX {
            let wide = i32::from(sample);
            let magnitude = if wide < 0 { !wide } else { wide } >> 3;
            let code = search(&scale, magnitude) as u8;
            let expected = (code | if sample < 0 { 0 } else { 0x80 }) ^ 0x55;
            assert_eq!(a_law(sample), expected, "{sample}");
        }
        for code in 0..=255_u8 {
            let value = scale[usize::from((code ^ 0x55) & 0x7f)].1 * 8;
            assert_eq!(i32::from(from_a_law(code)), if code & 0x80 == 0 { -value } else { value });
        }
        assert_eq!(from_a_law(A_LAW_SILENCE), 8);
        assert_eq!((from_a_law(0xaa), from_a_law(0x2a)), (32256, -32256));
    }

    #[test]
    fn what_is_decoded_is_encoded_the_same() {
        for code in 0..=255_u8 {
            assert_eq!(a_law(from_a_law(code)), code);
            // µ-law has two zeros.
            assert_eq!(mu_law(from_mu_law(code)), if code == 0x7f { 0xff } else { code });
        }
    }
}
