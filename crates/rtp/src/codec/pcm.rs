//! What is beside plain samples: G.711 as tables of its two laws, and silence described. RFC 3551 §4.5.14, RFC 3389.
//!
//! The codecs of video and Opus stay outside of this crate. G.711 is here because a tone or a recording without any other
//! library needs it, and it is two short functions each way (ITU-T G.711).

use alloc::vec::Vec;

/// What µ-law calls silence.
pub const MU_LAW_SILENCE: u8 = 0xff;
/// What A-law calls silence.
pub const A_LAW_SILENCE: u8 = 0xd5;

/// One sample of 16 bits as µ-law.
pub const fn to_mu_law(sample: i16) -> u8 {
    const BIAS: i32 = 0x84;
    let (sign, magnitude) = if sample < 0 { (0x80, !(sample as i32)) } else { (0, sample as i32) };
    let biased = if magnitude > 32_635 { 32_635 + BIAS } else { magnitude + BIAS };
    let exponent = (31 - (biased as u32).leading_zeros()) - 7; // biased is 0x84 to 0x7fff
    let mantissa = (biased >> (exponent + 3)) & 0x0f;
    !(sign | (exponent as u8) << 4 | mantissa as u8)
}

/// One sample of µ-law in 16 bits.
pub const fn from_mu_law(byte: u8) -> i16 {
    let code = !byte;
    let exponent = (code >> 4) & 7;
    let magnitude = (((((code & 0x0f) as i32) << 3) + 0x84) << exponent) - 0x84;
    if code & 0x80 != 0 { -magnitude as i16 } else { magnitude as i16 }
}

/// One sample of 16 bits as A-law.
pub const fn to_a_law(sample: i16) -> u8 {
    let (sign, magnitude) = if sample < 0 { (0, !(sample as i32)) } else { (0x80, sample as i32) };
    let code = if magnitude < 256 {
        magnitude >> 4
    } else {
        let exponent = (31 - (magnitude as u32).leading_zeros()) as i32 - 7;
        exponent << 4 | (magnitude >> (exponent + 3)) & 0x0f
    };
    (sign | code as u8) ^ 0x55
}

/// One sample of A-law in 16 bits.
pub const fn from_a_law(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let exponent = (code >> 4) & 7;
    let mantissa = ((code & 0x0f) as i32) << 4;
    let magnitude = if exponent == 0 { mantissa + 8 } else { (mantissa + 0x108) << (exponent - 1) };
    if code & 0x80 != 0 { magnitude as i16 } else { -magnitude as i16 }
}

/// Silence that is to be filled with noise: how loud, and of which colour. RFC 3389 §3.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ComfortNoise<'a> {
    /// The level in −dBov: 0 is the loudest, 127 the softest.
    pub level: u8,
    /// Quantised reflection coefficients, as many as the sender liked.
    pub coefficients: &'a [u8],
}

impl<'a> ComfortNoise<'a> {
    /// Reads a payload. `None`: it is empty. The top bit of the level is no part of it (RFC 3389 §3.1).
    pub fn parse(payload: &'a [u8]) -> Option<Self> {
        let (level, coefficients) = payload.split_first()?;
        Some(ComfortNoise { level: level & 0x7f, coefficients })
    }

    /// Appends the payload.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(self.level & 0x7f);
        out.extend_from_slice(self.coefficients);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 3551-4.5.14-a
    #[test]
    fn known_codes_of_both_laws() {
        let mu = [(0, 0xff), (-1, 0x7f), (8, 0xfe), (32_767, 0x80), (-32_768, 0x00), (1000, 0xce)];
        for (sample, byte) in mu {
            assert_eq!(to_mu_law(sample), byte, "{sample}");
        }
        let a = [(0, 0xd5), (-1, 0x55), (32_767, 0xaa), (-32_768, 0x2a), (1000, 0xfa)];
        for (sample, byte) in a {
            assert_eq!(to_a_law(sample), byte, "{sample}");
        }
        assert_eq!((from_mu_law(0x80), from_mu_law(0x00), from_mu_law(0xff)), (32_124, -32_124, 0));
        assert_eq!((from_a_law(0xaa), from_a_law(0x2a), from_a_law(0xd5)), (32_256, -32_256, 8));
    }

    #[test]
    fn every_code_survives_and_every_sample_comes_back_close() {
        for byte in 0..=255 {
            assert_eq!(to_a_law(from_a_law(byte)), byte);
            // Two codes of µ-law mean 0.
            let expected = if byte == 0x7f { 0xff } else { byte };
            assert_eq!(to_mu_law(from_mu_law(byte)), expected);
        }
        for sample in i16::MIN..=i16::MAX {
            let allowed = 16 + i32::from(sample).abs() / 16;
            for back in [from_mu_law(to_mu_law(sample)), from_a_law(to_a_law(sample))] {
                let off = (i32::from(back) - i32::from(sample)).abs();
                assert!(off <= allowed.max(16) || sample.unsigned_abs() > 32_635, "{sample} {back}");
            }
        }
    }

    //~ covers 3389-3.1-a
    #[test]
    fn noise_reads_back_without_the_bit_that_is_not_its_own() {
        let mut out = Vec::new();
        ComfortNoise { level: 0x80 | 40, coefficients: &[1, 2] }.write(&mut out);
        assert_eq!(out, [40, 1, 2]);
        assert_eq!(ComfortNoise::parse(&[0xa8, 1, 2]), ComfortNoise::parse(&out));
        assert_eq!(ComfortNoise::parse(&[]), None);
    }
}
