//! Numbers in frames, where a decoder does not mind them.
//!
//! In µ-law the lowest bits of 64 samples hold 32 bits and their complement, as telephone lines once told signals (the error
//! is below that of the quantiser). Behind a VP8 frame stand eight bytes that its last partition does not reach.

use limpid::limpid_rtp::codec::Format;

/// The number, and its complement: what looks like it by chance is one in 2^32.
fn code(number: u32) -> u64 {
    u64::from(number) << 32 | u64::from(!number)
}

fn number(code: u64) -> Option<u32> {
    let (number, complement) = ((code >> 32) as u32, code as u32);
    (number == !complement).then_some(number)
}

/// The frame with its number in it.
pub(super) fn put(format: Format, number: u32, frame: &[u8]) -> Vec<u8> {
    let (mut frame, code) = (frame.to_vec(), code(number));
    match format {
        Format::Pcmu => {
            for (bit, sample) in frame.iter_mut().take(64).enumerate() {
                *sample = *sample & 0xfe | (code >> (63 - bit) & 1) as u8;
            }
        }
        _ => frame.extend_from_slice(&code.to_be_bytes()),
    }
    frame
}

/// The number of a frame that came as it went.
pub(super) fn get(format: Format, frame: &[u8]) -> Option<u32> {
    match format {
        Format::Pcmu => {
            let samples = frame.get(..64)?;
            number(samples.iter().fold(0, |code, sample| code << 1 | u64::from(sample & 1)))
        }
        _ => number(u64::from_be_bytes(*frame.last_chunk()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_back_from_a_frame_that_is_hardly_changed() {
        for number in [0, 1, 0x0102_0304, u32::MAX] {
            let sound: Vec<u8> = (0..160).map(|at| at as u8).collect();
            let stamped = put(Format::Pcmu, number, &sound);
            assert_eq!(get(Format::Pcmu, &stamped), Some(number));
            assert!(sound.iter().zip(&stamped).all(|(before, after)| before >> 1 == after >> 1));
            let stamped = put(Format::Vp8, number, &[9; 20]);
            assert_eq!((get(Format::Vp8, &stamped), &stamped[..20]), (Some(number), &[9; 20][..]));
        }
    }

    #[test]
    fn what_is_not_ours_has_no_number() {
        assert_eq!(get(Format::Vp8, &[1, 2, 3]), None);
        assert_eq!(get(Format::Vp8, &[7; 100]), None);
        assert_eq!(get(Format::Pcmu, &[0xff; 160]), None);
        assert_eq!(get(Format::Pcmu, &[0xff; 63]), None);
    }
}
