//! What is decoded is what the encoder believes, and that is close to what went in.

use proptest::prelude::*;

use super::bool_coder::BoolEncoder;
use super::decoder_for_tests::{BoolDecoder, Decoder};
use super::*;
use crate::media::picture::Picture;

/// A picture of rectangles and noise, from a list of numbers.
fn painted(width: usize, height: usize, shapes: &[[u8; 7]], noise: &[u8]) -> Picture {
    let mut picture = Picture::new(width, height);
    for [x, y, w, h, colour @ ..] in shapes {
        picture.fill(((*x).into(), (*y).into()), ((*w).into(), (*h).into()), *colour);
    }
    for (n, value) in noise.iter().enumerate() {
        let plane = &mut picture.planes[n % 3];
        let at = n * 37 % (plane.stride() * plane.rows());
        let (x, y) = (at % plane.stride(), at / plane.stride());
        plane.row_mut(y)[x] = *value;
    }
    picture
}

/// The largest difference of two pictures of one size.
fn worst(a: &Picture, b: &Picture) -> u8 {
    let planes = a.planes.iter().zip(&b.planes);
    planes.flat_map(|(a, b)| a.data().iter().zip(b.data())).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn the_first_frame_is_a_key_frame_and_one_is_made_when_asked_for() {
    let mut encoder = Encoder::new(DEFAULT_QUANTISER);
    let picture = painted(64, 48, &[[0, 0, 20, 20, 200, 90, 160]], &[]);
    let (first, is_key) = encoder.encode(&picture, false);
    assert!(is_key && first[0] & 1 == 0);
    let (second, is_key) = encoder.encode(&picture, false);
    assert!(!is_key && second[0] & 1 == 1);
    assert!(encoder.encode(&picture, true).1);
    assert!(!encoder.encode(&picture, false).1);
    assert!(encoder.encode(&Picture::new(80, 48), false).1, "another size");
}

#[test]
fn what_does_not_change_costs_nearly_nothing() {
    let mut encoder = Encoder::new(DEFAULT_QUANTISER);
    let picture = painted(640, 480, &[[0, 0, 200, 200, 200, 90, 160]], &[1, 200, 7, 99]);
    encoder.encode(&picture, false);
    let (frame, _) = encoder.encode(&picture, false);
    assert!(frame.len() < 60, "{} bytes", frame.len());
}

#[test]
fn flat_colours_come_out_as_they_went_in() {
    let shapes =
        [[0, 0, 255, 255, 235, 128, 128], [32, 32, 64, 64, 16, 128, 128], [128, 64, 48, 96, 81, 90, 240]];
    let picture = painted(320, 240, &shapes, &[]);
    let mut encoder = Encoder::new(DEFAULT_QUANTISER);
    let (frame, _) = encoder.encode(&picture, true);
    assert!(worst(&picture, encoder.decoded().unwrap()) <= 2);
    assert!(frame.len() < 1000, "{} bytes", frame.len());
}

proptest! {
    #[test]
    fn decisions_come_out_in_order(decisions: Vec<(u8, bool)>) {
        let mut out = BoolEncoder::new();
        decisions.iter().for_each(|(odds, value)| out.bool((*odds).max(1), *value));
        let bytes = out.finish();
        let mut decoder = BoolDecoder::new(&bytes);
        for (odds, value) in &decisions {
            prop_assert_eq!(decoder.bool((*odds).max(1)), *value);
        }
    }

    #[test]
    fn a_decoder_sees_what_the_encoder_believes(
        width in 1_usize..80,
        height in 1_usize..80,
        quantiser in 0_u8..=127,
        pictures in proptest::collection::vec(
            (any::<Vec<[u8; 7]>>(), any::<Vec<u8>>(), any::<bool>()), 1..4),
    ) {
        let (mut encoder, mut decoder) = (Encoder::new(quantiser), Decoder::default());
        for (shapes, noise, key) in pictures {
            let picture = painted(width, height, &shapes, &noise);
            let (frame, is_key) = encoder.encode(&picture, key);
            prop_assert_eq!(decoder.decode(&frame), is_key);
            prop_assert_eq!(decoder.picture.as_ref(), encoder.decoded());
            if quantiser == 0 && is_key {
                prop_assert!(worst(&picture, encoder.decoded().unwrap()) < 24);
            }
        }
    }
}
