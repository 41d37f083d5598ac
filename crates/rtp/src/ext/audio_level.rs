//! How loud a packet is, so that a mixer need not decode it. RFC 6464 (the sender's), RFC 6465 (each contributing source's).
//!
//! ```text
//! |V|    level    |     level: 0 is the loudest, 127 silence; in -dBov
//! ```

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::exactly;

/// The level of one packet. RFC 6464 §3.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct AudioLevel {
    /// The encoder believes that there is speech in it. Without meaning where the description says `vad=off`.
    pub voice: bool,
    /// 0 to 127: so many decibels below the loudest that the system knows. Larger values are written as 127.
    pub level: u8,
}

impl AudioLevel {
    /// Digital silence.
    pub const SILENCE: u8 = 127;

    /// Reads one byte.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let [byte] = exactly(data, "audio level")?;
        Ok(AudioLevel { voice: byte & 0x80 != 0, level: byte & 0x7f })
    }

    /// The counterpart of [`parse`](AudioLevel::parse).
    pub fn to_bytes(self) -> [u8; 1] {
        [u8::from(self.voice) << 7 | self.level.min(Self::SILENCE)]
    }

    /// The level of samples in -1 to 1 by their mean square. RFC 6464 §3 leaves the span to the sender; a packet's is usual.
    pub fn of_mean_square(mean_square: f32) -> u8 {
        // 10^(-level/10) ≤ mean square; a table-free search, since `core` has no logarithm.
        let mut threshold = 1.0_f32;
        let mut level = 0;
        while level < Self::SILENCE && mean_square < threshold * HALF_STEP {
            threshold *= STEP;
            level += 1;
        }
        level
    }
}

/// One decibel of power, downwards.
const STEP: f32 = 0.794_328_2;
/// Half a decibel, so that the nearest level is found.
const HALF_STEP: f32 = 0.891_250_9;

/// The levels of contributing sources, in their order in the header. RFC 6465 §4.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct CsrcAudioLevels<'a>(&'a [u8]);

impl<'a> CsrcAudioLevels<'a> {
    /// Reads one byte a source, at most 15.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        match data.len() {
            1..=15 => Ok(CsrcAudioLevels(data)),
            _ => Err(ParseError::new("CSRC audio levels", 0, ParseErrorKind::BadLength)),
        }
    }

    /// One level a source: 0 to 127, in -dBov. The bit in front of it is not used, and is ignored.
    pub fn levels(&self) -> impl ExactSizeIterator<Item = u8> + Clone + use<'a> {
        self.0.iter().map(|byte| byte & 0x7f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_holds_speech_and_level() {
        //~ covers 6464-3-a, 6464-3-b neg
        assert_eq!(AudioLevel::parse(&[0x80 | 30]), Ok(AudioLevel { voice: true, level: 30 }));
        assert_eq!(AudioLevel { voice: false, level: 200 }.to_bytes(), [127]);
        for data in [&[][..], &[1, 2]] {
            assert!(AudioLevel::parse(data).is_err());
        }
    }

    #[test]
    fn levels_of_sources_keep_seven_bits() {
        //~ covers 6465-4-a, 6465-4-b neg
        let levels = CsrcAudioLevels::parse(&[0x80 | 3, 127, 0]).expect("sound");
        assert!(levels.levels().eq([3, 127, 0]));
        assert!(CsrcAudioLevels::parse(&[]).is_err());
        assert!(CsrcAudioLevels::parse(&[0; 16]).is_err());
    }

    #[test]
    fn loudness_is_the_nearest_decibel() {
        //~ covers 6464-3-a
        let of = AudioLevel::of_mean_square;
        assert_eq!((of(1.0), of(4.0)), (0, 0));
        assert_eq!((of(0.1), of(0.01), of(1e-6)), (10, 20, 60));
        assert_eq!((of(0.0), of(-1.0)), (127, 127));
        assert_eq!(of(f32::NAN), 0, "it ends");
    }
}
