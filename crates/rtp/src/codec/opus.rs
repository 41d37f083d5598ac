//! What the first bytes of an Opus packet say: how long it lasts. RFC 6716 §3.1, §3.2; RFC 7587 §4.
//!
//! ```text
//!  0 1 2 3 4 5 6 7
//! | config  |s| c |    config: mode, bandwidth, frame length; s: stereo; c: how many frames
//! ```

use limpid_sansio::wire::{ParseError, ParseErrorKind};

/// The longest that an Opus packet may last, in samples of 48 kHz: 120 ms. RFC 6716 §3.2.5.
const MAX_TICKS: u32 = 5760;

/// How long a packet lasts, in samples of 48 kHz, which are the ticks of its RTP clock whatever rate it was coded at.
///
/// Fails when there is no byte, when the count of frames is missing or 0, or when it lasts more than 120 ms.
pub fn ticks(packet: &[u8]) -> Result<u32, ParseError> {
    let fault = |field, kind| ParseError::new(field, 0, kind);
    let (&toc, rest) = packet.split_first().ok_or(fault("TOC", ParseErrorKind::Truncated))?;
    let config = toc >> 3;
    let frame = match config {
        0..=11 => [480, 960, 1920, 2880][usize::from(config & 3)], // SILK: 10, 20, 40, 60 ms
        12..=15 => [480, 960][usize::from(config & 1)],            // hybrid: 10, 20 ms
        _ => [120, 240, 480, 960][usize::from(config & 3)],        // CELT: 2.5, 5, 10, 20 ms
    };
    let frames = match (toc & 3, rest.first()) {
        (0, _) => 1,
        (1 | 2, _) => 2,
        (_, Some(count)) => u32::from(count & 0x3f),
        (_, None) => return Err(fault("frame count", ParseErrorKind::Truncated)),
    };
    match frame * frames {
        0 => Err(fault("frame count", ParseErrorKind::BadValue)),
        ticks if ticks > MAX_TICKS => Err(fault("frame count", ParseErrorKind::TooLarge)),
        ticks => Ok(ticks),
    }
}

/// Both channels were coded. The description says 2 channels either way (RFC 7587 §7).
pub fn is_stereo(packet: &[u8]) -> bool {
    packet.first().is_some_and(|toc| toc & 4 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 7587-4.1-a
    #[test]
    fn the_first_byte_tells_how_long_a_packet_lasts() {
        let lasts = |config: u8, rest: &[u8]| ticks(&[&[config << 3 | rest[0]], &rest[1..]].concat());
        for (config, expected) in [(0, 480), (3, 2880), (9, 960), (12, 480), (15, 960), (16, 120), (31, 960)]
        {
            assert_eq!(lasts(config, &[0]), Ok(expected));
            assert_eq!(lasts(config, &[1]), Ok(expected * 2));
            assert_eq!(lasts(config, &[2]), Ok(expected * 2));
        }
        assert_eq!(lasts(16, &[3, 0xc0 | 48]), Ok(5760), "48 frames of 2.5 ms");
        assert!(is_stereo(&[0xfc]) && !is_stereo(&[0xf8]) && !is_stereo(&[]));
    }

    #[test]
    fn no_frames_and_more_than_120_milliseconds_are_no_packet() {
        for bad in [&[][..], &[0x03], &[0x03, 0x80], &[0x83, 49], &[0x1b, 3]] {
            assert!(ticks(bad).is_err(), "{bad:?}");
        }
    }
}
