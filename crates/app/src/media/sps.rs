//! How fast a stream of H.264 is to be shown, if its sequence parameter set says so (ITU-T H.264 §7.3.2.1.1, annex E).

use std::time::Duration;

use crate::media::bits::Bits;

/// How long a frame lasts, as the timing in the set has it; `None` if it has none, or nonsense.
pub fn frame_duration(nal: &[u8]) -> Option<Duration> {
    let bytes = without_escapes(nal.get(1..)?);
    let mut bits = Bits::new(&bytes);
    picture_parameters(&mut bits)?;
    if !bits.flag()? {
        return None;
    }
    let (ticks, rate) = timing(&mut bits)?;
    // A tick is half of a frame: one field of it.
    let nanos = (u64::from(ticks) * 2_000_000_000).checked_div(rate.into())?;
    let duration = Duration::from_nanos(nanos);
    (Duration::from_millis(2)..=Duration::from_secs(10)).contains(&duration).then_some(duration)
}

/// Two zeros and a three stand for two zeros (H.264 §7.4.1).
fn without_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut zeros = 0;
    for byte in bytes {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

/// All in front of `vui_parameters_present_flag`.
fn picture_parameters(bits: &mut Bits<'_>) -> Option<()> {
    let profile = bits.number(8)?;
    bits.skip(16)?;
    bits.golomb()?; // seq_parameter_set_id
    if HIGH_PROFILES.contains(&profile) {
        high_parameters(bits)?;
    }
    bits.golomb()?; // log2_max_frame_num_minus4
    match bits.golomb()? {
        0 => drop(bits.golomb()?), // log2_max_pic_order_cnt_lsb_minus4
        1 => {
            bits.skip(1)?;
            bits.signed_golomb()?;
            bits.signed_golomb()?;
            for _ in 0..bits.golomb().filter(|count| *count < 256)? {
                bits.signed_golomb()?;
            }
        }
        _ => {}
    }
    bits.golomb()?; // max_num_ref_frames
    bits.skip(1)?;
    bits.golomb()?; // pic_width_in_mbs_minus1
    bits.golomb()?; // pic_height_in_map_units_minus1
    if !bits.flag()? {
        bits.skip(1)?; // mb_adaptive_frame_field_flag
    }
    bits.skip(1)?;
    if bits.flag()? {
        for _ in 0..4 {
            bits.golomb()?; // frame_crop_*_offset
        }
    }
    Some(())
}

/// Colour formats and scaling lists, which only some profiles have.
fn high_parameters(bits: &mut Bits<'_>) -> Option<()> {
    let chroma_format = bits.golomb()?;
    if chroma_format == 3 {
        bits.skip(1)?;
    }
    bits.golomb()?;
    bits.golomb()?; // bit depths
    bits.skip(1)?;
    if bits.flag()? {
        for list in 0..if chroma_format == 3 { 12 } else { 8 } {
            if bits.flag()? {
                scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(())
}

/// H.264 §7.3.2.1.1.1. A scale of 0 ends the list early.
fn scaling_list(bits: &mut Bits<'_>, size: usize) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..size {
        if next != 0 {
            next = (last + bits.signed_golomb()?).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// `num_units_in_tick` and `time_scale` (H.264 §E.1.1).
fn timing(bits: &mut Bits<'_>) -> Option<(u32, u32)> {
    if bits.flag()? && bits.number(8)? == 255 {
        bits.skip(32)?; // an aspect ratio that has no number
    }
    if bits.flag()? {
        bits.skip(1)?; // overscan
    }
    if bits.flag()? {
        bits.skip(4)?;
        if bits.flag()? {
            bits.skip(24)?; // colours
        }
    }
    if bits.flag()? {
        bits.golomb()?;
        bits.golomb()?; // where samples of colour are
    }
    if bits.flag()? { Some((bits.number(32)?, bits.number(32)?)) } else { None }
}

/// Profiles with colour formats in their parameter set (H.264 §7.3.2.1.1).
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What x264 wrote: profile High at 25 frames a second, and Baseline at 30000/1001.
    const HIGH: &[u8] = &[
        0x67, 0x64, 0x00, 0x0b, 0xac, 0xd9, 0x42, 0x84, 0x7e, 0x5c, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40,
        0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0x65, 0x80,
    ];
    const BASELINE: &[u8] = &[
        0x67, 0x42, 0xc0, 0x0b, 0xd9, 0x02, 0x84, 0x7e, 0x5c, 0x04, 0x40, 0x00, 0x00, 0xfa, 0x40, 0x00, 0x3a,
        0x98, 0x03, 0xc5, 0x0a, 0x92,
    ];

    #[test]
    fn the_pace_of_real_files_is_found() {
        assert_eq!(frame_duration(HIGH), Some(Duration::from_millis(40)));
        assert_eq!(frame_duration(BASELINE), Some(Duration::from_nanos(33_366_666)));
    }

    #[test]
    fn a_set_that_is_cut_off_says_nothing() {
        for len in 0..HIGH.len() - 4 {
            assert_eq!(frame_duration(&HIGH[..len]), None, "{len}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, at in 0_usize..24, value: u8) {
            let _ = frame_duration(&bytes);
            let mut changed = HIGH.to_vec();
            let at = at % changed.len();
            changed[at] = value;
            let _ = frame_duration(&changed);
        }
    }
}
