//! What can be seen of a frame of video without decoding it: whether it is a key frame, and how large its picture is.

use crate::media::annexb;
use crate::media::bits::Bits;
use crate::media::frame::Codec;

/// Whether decoding can begin with a frame. True of all audio.
pub fn is_key(codec: Codec, frame: &[u8]) -> bool {
    match codec {
        Codec::Vp8 | Codec::Vp9 | Codec::Av1 => dimensions(codec, frame).is_some(),
        Codec::H264 => annexb::nal_units(frame).any(|nal| annexb::kind(nal) == annexb::IDR),
        Codec::Opus { .. } | Codec::Pcmu | Codec::Pcma => true,
    }
}

/// Width and height in pixels, as a key frame of VP8, VP9 or AV1 says them; `None` of all others.
pub fn dimensions(codec: Codec, frame: &[u8]) -> Option<(u16, u16)> {
    match codec {
        Codec::Vp8 => vp8(frame),
        Codec::Vp9 => vp9(frame),
        Codec::Av1 => av1(frame),
        _ => None,
    }
}

/// RFC 6386 §9.1.
fn vp8(frame: &[u8]) -> Option<(u16, u16)> {
    let [tag, _, _, 0x9d, 0x01, 0x2a, a, b, c, d, ..] = *frame else { return None };
    // The two highest bits of each say how the picture is to be scaled.
    let side = |bytes| u16::from_le_bytes(bytes) & 0x3fff;
    (tag & 1 == 0).then_some((side([a, b]), side([c, d])))
}

/// VP9 bitstream specification, §6.2 and §7.2.
fn vp9(frame: &[u8]) -> Option<(u16, u16)> {
    let mut bits = Bits::new(frame);
    if bits.number(2)? != 2 {
        return None;
    }
    let profile = u32::from(bits.flag()?) | u32::from(bits.flag()?) << 1;
    if profile == 3 {
        bits.skip(1)?;
    }
    let (shows_another, is_inter) = (bits.flag()?, bits.flag()?);
    bits.skip(2)?;
    if shows_another || is_inter || bits.number(24)? != 0x49_8342 {
        return None;
    }
    if profile >= 2 {
        bits.skip(1)?; // how many bits a colour has
    }
    let is_rgb = bits.number(3)? == 7;
    match (is_rgb, profile % 2 == 1) {
        (false, false) => bits.skip(1)?,
        (false, true) => bits.skip(4)?,
        (true, false) => {}
        (true, true) => bits.skip(1)?,
    }
    size(bits.number(16)?, bits.number(16)?)
}

/// AV1 bitstream specification, §5.3 to §5.5: the sequence header, which stands in front of each key frame.
fn av1(unit: &[u8]) -> Option<(u16, u16)> {
    let mut rest = unit;
    while let Some((head, after)) = rest.split_first() {
        let has_extension = head & 4 != 0;
        let after = after.get(usize::from(has_extension)..)?;
        let (len, after) = if head & 2 != 0 { leb128(after)? } else { (after.len(), after) };
        let content = after.get(..len)?;
        if head >> 3 & 0xf == 1 {
            return av1_sequence(content);
        }
        rest = &after[len..];
    }
    None
}

fn av1_sequence(content: &[u8]) -> Option<(u16, u16)> {
    let mut bits = Bits::new(content);
    bits.skip(4)?;
    if bits.flag()? {
        bits.skip(5)?; // a still picture's header is short
    } else {
        av1_timing_and_points(&mut bits)?;
    }
    let (width, height) = (bits.number(4)? + 1, bits.number(4)? + 1);
    size(bits.number(width)?, bits.number(height)?)
}

fn av1_timing_and_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut delay_len = None;
    if bits.flag()? {
        bits.skip(64)?;
        if bits.flag()? {
            bits.golomb()?;
        }
        if bits.flag()? {
            delay_len = Some(bits.number(5)? + 1);
            bits.skip(42)?;
        }
    }
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.number(5)? {
        bits.skip(12)?;
        if bits.number(5)? > 7 {
            bits.skip(1)?;
        }
        if let Some(len) = delay_len
            && bits.flag()?
        {
            bits.skip(2 * len + 1)?;
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4)?;
        }
    }
    Some(())
}

/// A length, and what is behind it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (n, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[n + 1..]));
        }
    }
    None
}

/// From sides less one.
fn size(width: u32, height: u32) -> Option<(u16, u16)> {
    Some((u16::try_from(width + 1).ok()?, u16::try_from(height + 1).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The beginnings of frames of 160 × 120 that ffmpeg made.
    const VP8: &[u8] = &[
        0x50, 0x3a, 0x00, 0x9d, 0x01, 0x2a, 0xa0, 0x00, 0x78, 0x00, 0x01, 0x47, 0x08, 0x85, 0x85, 0x88, 0x85,
        0x84, 0x88, 0x02, 0x02, 0x03, 0x23, 0x46,
    ];
    const VP9: &[u8] = &[
        0x82, 0x49, 0x83, 0x42, 0x00, 0x09, 0xf0, 0x07, 0x76, 0x1c, 0x38, 0x24, 0x1c, 0x18, 0x4a, 0x00, 0x04,
        0x30, 0x7f, 0xd5, 0xdb, 0xb8, 0xc5, 0xef,
    ];
    const AV1: &[u8] = &[
        0x12, 0x00, 0x0a, 0x0a, 0x00, 0x00, 0x00, 0x03, 0xb4, 0xff, 0x73, 0x6b, 0xe4, 0x01, 0x32, 0xc5, 0x0c,
        0x14, 0x00, 0x20, 0x88, 0x00, 0x00, 0x21,
    ];

    #[test]
    fn key_frames_say_their_size() {
        for (codec, frame) in [(Codec::Vp8, VP8), (Codec::Vp9, VP9), (Codec::Av1, AV1)] {
            assert_eq!(dimensions(codec, frame), Some((160, 120)), "{codec}");
            assert!(is_key(codec, frame));
            for len in 0..8 {
                assert!(!is_key(codec, &frame[..len]), "{codec} {len}");
            }
        }
    }

    #[test]
    fn other_frames_are_no_key_frames() {
        let mut vp8 = VP8.to_vec();
        vp8[0] |= 1;
        assert!(!is_key(Codec::Vp8, &vp8));
        let mut vp9 = VP9.to_vec();
        vp9[0] |= 4;
        assert!(!is_key(Codec::Vp9, &vp9));
        assert!(!is_key(Codec::Av1, &[0x12, 0, 0x32, 3, 1, 2, 3]));
        assert!(is_key(Codec::H264, &[0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 0x88]));
        assert!(!is_key(Codec::H264, &[0, 0, 0, 1, 0x41, 0x9a]));
        assert!(is_key(Codec::Pcmu, &[]));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            for codec in [Codec::Vp8, Codec::Vp9, Codec::Av1, Codec::H264] {
                is_key(codec, &bytes);
            }
        }
    }
}
