//! Every sample and every code of both laws of G.711, against the tables of its recommendation.

use limpid_rtp::codec::pcm::{A_LAW_SILENCE, MU_LAW_SILENCE, from_a_law, from_mu_law, to_a_law, to_mu_law};

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
        assert_eq!(to_mu_law(sample), expected, "{sample}");
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
        assert_eq!(to_a_law(sample), expected, "{sample}");
    }
    for code in 0..=255_u8 {
        let value = scale[usize::from((code ^ 0x55) & 0x7f)].1 * 8;
        assert_eq!(i32::from(from_a_law(code)), if code & 0x80 == 0 { -value } else { value });
    }
    assert_eq!(from_a_law(A_LAW_SILENCE), 8);
    assert_eq!((from_a_law(0xaa), from_a_law(0x2a)), (32256, -32256));
}
