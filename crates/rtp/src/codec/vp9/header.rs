//! The first bits of a VP9 frame: is it a key frame, and how large. VP9 bitstream specification §6.2.

use super::super::bits::Bits;

/// What a frame says of itself.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct FrameHeader {
    pub(super) is_key: bool,
    /// Of a key frame.
    pub(super) size: Option<(u32, u32)>,
}

/// The colour space that has no chroma to be subsampled.
const RGB: u32 = 7;

/// Reads the header. `None`: not one of VP9, or cut off.
pub(super) fn frame_header(frame: &[u8]) -> Option<FrameHeader> {
    let mut bits = Bits::new(frame);
    if bits.number(2)? != 2 {
        return None;
    }
    let profile = u32::from(bits.flag()?) | u32::from(bits.flag()?) << 1;
    if profile == 3 {
        bits.flag()?;
    }
    let shows_existing = bits.flag()?;
    let is_key = !shows_existing && !bits.flag()?;
    if !is_key {
        return Some(FrameHeader { is_key, size: None });
    }
    bits.skip(2)?; // show_frame, error_resilient_mode
    if bits.number(24)? != 0x49_8342 {
        return None;
    }
    if profile >= 2 {
        bits.flag()?; // 10 or 12 bits
    }
    let has_subsampling = profile == 1 || profile == 3;
    if bits.number(3)? == RGB {
        bits.skip(u32::from(has_subsampling))?;
    } else {
        bits.skip(1 + if has_subsampling { 3 } else { 0 })?;
    }
    let (width, height) = (bits.number(16)? + 1, bits.number(16)? + 1);
    // 65 536 does not fit the structure of RFC 9628; no picture is so large.
    let size = (width <= 0xffff && height <= 0xffff).then_some((width, height));
    Some(FrameHeader { is_key, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_frames_of_all_profiles_tell_their_size() {
        // 10 0 0 0 0 1 0 · sync code · 001 (colour) 0 (range) · 0x013f · 0x00ef · …
        let profile_0 = [0x82, 0x49, 0x83, 0x42, 0x20, 0x13, 0xf0, 0x0e, 0xf0];
        let expected = Some(FrameHeader { is_key: true, size: Some((320, 240)) });
        assert_eq!(frame_header(&profile_0), expected);
        // 10 1 0 0 0 1 0 · sync code · 001 0 111 (subsampling, reserved) …
        let profile_1 = [0xa2, 0x49, 0x83, 0x42, 0x2e, 0x02, 0x7e, 0x01, 0xde];
        assert_eq!(frame_header(&profile_1), expected);
        // 10 1 0 … · 111 (RGB) 0 (reserved)
        let rgb = [0xa2, 0x49, 0x83, 0x42, 0xe0, 0x13, 0xf0, 0x0e, 0xf0];
        assert_eq!(frame_header(&rgb), expected);
        // 10 0 1 … · 0 (10 bits) 001 0
        let profile_2 = [0x92, 0x49, 0x83, 0x42, 0x10, 0x09, 0xf8, 0x07, 0x78];
        assert_eq!(frame_header(&profile_2), expected);
        for len in 0..profile_0.len() {
            assert_eq!(frame_header(&profile_0[..len]), None);
        }
    }

    #[test]
    fn other_frames_are_no_key_frames_and_other_bytes_no_frames() {
        let inter = Some(FrameHeader { is_key: false, size: None });
        assert_eq!(frame_header(&[0x86]), inter);
        assert_eq!(frame_header(&[0x88]), inter, "an existing frame is shown");
        assert_eq!(frame_header(&[0x42]), None);
        assert_eq!(frame_header(&[0x82, 0x49, 0x83, 0x43, 0x20, 0x13, 0xf0, 0x0e, 0xf0]), None);
    }
}
