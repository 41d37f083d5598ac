//! Key frames that are asked for.

use super::*;

#[test]
fn key_frames_are_asked_of_the_encoder_once_in_a_while() {
    let mut stream = Stream::new(config());
    assert!(
        stream.on_picture_loss(at(0)) && !stream.on_picture_loss(at(299)) && stream.on_picture_loss(at(300))
    );
    assert!(!stream.poll_key_frame_request(at(5000)), "what came too soon was asked for with the next");
    assert_eq!(stream.stats().pli_count, 3);
}

#[test]
fn a_key_frame_that_was_asked_for_does_not_wait_behind_pictures_that_nobody_can_decode() {
    let waiting = |is_asked: bool| {
        let mut stream = Stream::new(config());
        write(&mut stream, 0, true, 100).expect("room");
        poll_all(&mut stream, 0);
        for n in 1..10 {
            write(&mut stream, n, false, 100).expect("room");
        }
        assert_eq!(is_asked && stream.on_picture_loss(at(10)), is_asked);
        ask(&mut stream, 10, &[65_534]);
        write(&mut stream, 11, true, 100).expect("room");
        write(&mut stream, 12, false, 100).expect("room");
        write(&mut stream, 13, true, 100).expect("room");
        let (again, left): (Vec<_>, Vec<_>) =
            poll_all(&mut stream, 14).into_iter().partition(|(sent, _)| sent.ssrc == RTX.ssrc);
        assert_eq!(again.len(), usize::from(!is_asked));
        // Those that never left had no numbers: nothing is missing.
        let numbers = left.iter().map(|(sent, _)| sent.sequence_number);
        assert!(numbers.eq((0..left.len() as u16).map(|n| 65_535u16.wrapping_add(n))));
        left.len()
    };
    assert_eq!((waiting(false), waiting(true)), (12, 3));
}
