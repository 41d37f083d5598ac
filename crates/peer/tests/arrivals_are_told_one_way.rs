//! How the receiver tells what arrived: one way, and only where packets carry what that way needs. RFC 8888 §6.

mod common;

use common::Side;
use limpid_peer::{Description, MediaKind, Track};

/// What both sides made of an exchange whose offer was altered on its way: transport-wide, by stream.
fn agreed(alter: impl Fn(&str) -> String) -> [(bool, bool); 2] {
    let (mut a, mut b) = (Side::new(1), Side::new(2));
    for side in [&mut a, &mut b] {
        side.peer.add_track(Track::local(MediaKind::Video, "camera"), &["call"]).expect("a track");
    }
    let offer = a.offer();
    let answer = b.answer(Description::offer(alter(&offer.sdp)));
    a.peer.set_remote_description(limpid_sansio::Instant::ZERO, answer).expect("the answer");
    [&a, &b].map(|side| {
        let media = &side.peer.negotiated_media()[0];
        (media.uses_transport_feedback, media.uses_ccfb)
    })
}

fn without(text: &str, word: &str) -> String {
    text.split_inclusive("\r\n").filter(|line| !line.contains(word)).collect()
}

#[test]
fn by_numbers_of_the_transport_where_packets_carry_them_else_by_stream_else_not_at_all() {
    assert_eq!(agreed(str::to_owned), [(true, false); 2]);
    assert_eq!(agreed(|text| without(text, "transport-wide-cc")), [(false, true); 2]);
    let neither = |text: &str| without(&without(text, "transport-wide-cc"), "ack ccfb");
    assert_eq!(agreed(neither), [(false, false); 2], "numbers that nothing carries are none");
}
