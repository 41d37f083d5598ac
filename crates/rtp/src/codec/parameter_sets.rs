//! How large the pictures of H.264 and H.265 are: what their sequence parameter sets say. ITU-T H.264 §7.3.2.1, H.265 §7.3.2.2.

use super::bits::Bits;

/// Profiles of H.264 whose parameter sets speak of chroma. ITU-T H.264 §7.3.2.1.1.
const WITH_CHROMA: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// Width and height by a sequence parameter set of H.264, with its NAL unit header.
pub(super) fn h264_size(unit: &[u8]) -> Option<(u32, u32)> {
    let mut bits = Bits::of_nal_unit(unit);
    bits.skip(8)?; // NAL unit header
    let profile = bits.number(8)?;
    bits.skip(16)?; // constraints, level
    bits.golomb()?; // id
    let chroma = if WITH_CHROMA.contains(&profile) { chroma_and_scaling(&mut bits)? } else { 1 };
    bits.golomb()?; // log2_max_frame_num
    match bits.golomb()? {
        0 => drop(bits.golomb()?),
        1 => {
            bits.flag()?;
            bits.signed_golomb()?;
            bits.signed_golomb()?;
            let cycle = bits.golomb().filter(|cycle| *cycle <= 255)?;
            (0..cycle).try_for_each(|_| bits.signed_golomb().map(drop))?;
        }
        _ => {}
    }
    bits.golomb()?; // max_num_ref_frames
    bits.flag()?; // gaps allowed
    let width = bits.golomb()?.checked_add(1)?.checked_mul(16)?;
    let map_units = bits.golomb()?.checked_add(1)?;
    let has_fields = !bits.flag()?;
    if has_fields {
        bits.flag()?; // mb_adaptive_frame_field
    }
    let frame_height = 1 + u32::from(has_fields);
    let height = map_units.checked_mul(16 * frame_height)?;
    bits.flag()?; // direct_8x8_inference
    let window = crop(&mut bits)?;
    let (unit_x, unit_y) = chroma_unit(chroma);
    cut(width, height, window, (unit_x, unit_y * frame_height))
}

/// The chroma format, and over the scaling lists.
fn chroma_and_scaling(bits: &mut Bits<'_>) -> Option<u32> {
    let chroma = bits.golomb()?;
    let is_separate = chroma == 3 && bits.flag()?;
    bits.golomb()?; // bit depths
    bits.golomb()?;
    bits.flag()?;
    if bits.flag()? {
        let lists = if chroma == 3 { 12 } else { 8 };
        for list in 0..lists {
            if bits.flag()? {
                scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(if is_separate { 0 } else { chroma })
}

/// Over one scaling list. ITU-T H.264 §7.3.2.1.1.1.
fn scaling_list(bits: &mut Bits<'_>, len: u32) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..len {
        if next != 0 {
            next = (last + bits.signed_golomb()?).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// Width and height by a sequence parameter set of H.265, with its NAL unit header.
pub(super) fn h265_size(unit: &[u8]) -> Option<(u32, u32)> {
    let mut bits = Bits::of_nal_unit(unit);
    bits.skip(16 + 4)?; // NAL unit header, id of the video parameter set
    let sub_layers = bits.number(3)?;
    bits.skip(1 + 96)?; // nesting; profile, compatibility, constraints, level
    let mut skip = 0;
    for _ in 0..sub_layers {
        skip += if bits.flag()? { 88 } else { 0 };
        skip += if bits.flag()? { 8 } else { 0 };
    }
    if sub_layers > 0 {
        skip += 2 * (8 - sub_layers);
    }
    bits.skip(skip)?;
    bits.golomb()?; // id
    let chroma = bits.golomb()?;
    let is_separate = chroma == 3 && bits.flag()?;
    let (width, height) = (bits.golomb()?, bits.golomb()?);
    let window = crop(&mut bits)?;
    cut(width, height, window, chroma_unit(if is_separate { 0 } else { chroma }))
}

/// The cropping or conformance window: left, right, top, bottom.
fn crop(bits: &mut Bits<'_>) -> Option<[u32; 4]> {
    if !bits.flag()? {
        return Some([0; 4]);
    }
    Some([bits.golomb()?, bits.golomb()?, bits.golomb()?, bits.golomb()?])
}

/// In how many pixels a window is counted: 4:2:0, 4:2:2, or any other.
const fn chroma_unit(chroma: u32) -> (u32, u32) {
    match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    }
}

fn cut(width: u32, height: u32, window: [u32; 4], unit: (u32, u32)) -> Option<(u32, u32)> {
    let [left, right, top, bottom] = window;
    let width = width.checked_sub(left.checked_add(right)?.checked_mul(unit.0)?)?;
    let height = height.checked_sub(top.checked_add(bottom)?.checked_mul(unit.1)?)?;
    (width > 0 && height > 0).then_some((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with x264 and x265 from a test picture of this size; the one of High profile 4:2:0 has its lowest rows cropped.
    const H264_BASELINE_320_180: &[u8] = include_bytes!("parameter_sets/h264_baseline_320x180.sps");
    const H264_HIGH_1920_1080: &[u8] = include_bytes!("parameter_sets/h264_high_1920x1080.sps");
    const H265_MAIN_426_240: &[u8] = include_bytes!("parameter_sets/h265_main_426x240.sps");

    #[test]
    fn parameter_sets_of_real_encoders_tell_the_size_that_was_asked_for() {
        assert_eq!(h264_size(H264_BASELINE_320_180), Some((320, 180)));
        assert_eq!(h264_size(H264_HIGH_1920_1080), Some((1920, 1080)));
        assert_eq!(h265_size(H265_MAIN_426_240), Some((426, 240)));
    }

    #[test]
    fn a_parameter_set_that_is_cut_off_tells_nothing() {
        for whole in [H264_BASELINE_320_180, H264_HIGH_1920_1080] {
            assert!((0..8).all(|len| h264_size(&whole[..len]).is_none()));
        }
        assert!((0..20).all(|len| h265_size(&H265_MAIN_426_240[..len]).is_none()));
    }
}
