//! Offer and answer that drop retransmission in the middle of a call, and bring it back.

mod common;

use std::time::Duration;

use common::Couple;
use common::call::{call, picture, read, write};
use limpid_netsim::Link;
use limpid_peer::limpid_rtp::session::{Event as Rtp, InboundStream};
use limpid_peer::limpid_rtp::statistics::Outbound;
use limpid_peer::{CodecRole, Event, MediaKind, TransceiverId};

/// How the stream of the camera stands on both sides.
fn stands(couple: &mut Couple, camera: TransceiverId) -> (Outbound, InboundStream) {
    let (a, b) = (couple.a, couple.b);
    let (_, ssrc) = couple.world.machine(a).senders_of(camera)[0];
    let sent = couple.world.with(a, |peer, _| peer.rtp().outbound().find(|stream| stream.ssrc == ssrc));
    let came = couple.world.with(b, |peer, _| peer.rtp().inbound().find(|stream| stream.ssrc == ssrc));
    (sent.expect("ours").stats, came.expect("theirs"))
}

/// So many pictures, a key frame for each that is asked for. How many were seen, how many asked for.
fn film(couple: &mut Couple, camera: TransceiverId, numbers: std::ops::Range<u32>) -> (usize, usize) {
    let (a, b) = (couple.a, couple.b);
    let (mut seen, mut asked, mut is_key) = (0, 0, numbers.start == 0);
    couple.world.take_events(a);
    for number in numbers {
        write(couple, a, camera, number, &picture(number, std::mem::take(&mut is_key)));
        couple.world.run_for(Duration::from_millis(33));
        seen += read(couple, b, camera).len();
        let is_request = |event: &Event| matches!(event, Event::Rtp(Rtp::KeyFrameRequested(_)));
        let requests = couple.world.take_events(a).iter().filter(|(_, event)| is_request(event)).count();
        is_key = requests > 0;
        asked += requests;
    }
    (seen, asked)
}

#[test]
fn a_stream_goes_on_without_retransmission_and_with_it_again() {
    let (mut couple, [_, camera]) = call(Link { loss: 0.03, ..Link::millis(20) });
    let b = couple.b;
    let (seen, _) = film(&mut couple, camera, 0..200);
    assert!(seen > 190, "{seen}");
    let (sent, came) = stands(&mut couple, camera);
    assert!(sent.retransmitted_packets_sent > 0 && came.repair.is_some());

    // `b` takes pictures, and no repeats of them.
    let codecs = limpid_peer::Capabilities::default().codecs(MediaKind::Video).to_vec();
    let plain: Vec<_> = codecs.into_iter().filter(|codec| codec.role() == CodecRole::Media).collect();
    couple.world.with(b, |peer, _| peer.set_codec_preferences(camera, &plain)).expect("all known");
    couple.negotiate();
    let agreed = couple.world.machine(b).negotiated_media()[1].receive_codecs.clone();
    assert!(agreed.iter().all(|codec| codec.role() == CodecRole::Media), "{agreed:?}");
    couple.world.run_for(Duration::from_millis(200));
    while !read(&mut couple, b, camera).is_empty() {}
    let (before, before_there) = stands(&mut couple, camera);
    let (seen, asked) = film(&mut couple, camera, 210..510);
    let (sent, came) = stands(&mut couple, camera);
    assert_eq!(sent.retransmitted_packets_sent, before.retransmitted_packets_sent, "nothing is sent again");
    assert_eq!(came.repair, None);
    let more = came.stats.packets_received - before_there.stats.packets_received;
    assert!(more > 800, "the same stream goes on: {more} more");
    assert!(asked > 3 && seen > 100, "{seen} seen, {asked} key frames: who can not repair begins anew");
    let refused = sent.retransmissions_refused - before.retransmissions_refused;
    assert!(refused > 0 && sent.nack_packets - before.nack_packets < 600, "{sent:?}");

    // And takes them again.
    couple.world.with(b, |peer, _| peer.set_codec_preferences(camera, &[])).expect("the default");
    couple.negotiate();
    let before = sent;
    let (seen, _) = film(&mut couple, camera, 520..820);
    let (sent, came) = stands(&mut couple, camera);
    assert!(sent.retransmitted_packets_sent > before.retransmitted_packets_sent && came.repair.is_some());
    assert!(seen > 280, "{seen}");
}

/// An exchange that changes nothing about a stream leaves it as it is: no key frame has to be asked for.
#[test]
fn a_stream_that_is_agreed_on_as_before_loses_nothing() {
    let (mut couple, [_, camera]) = call(Link::millis(20));
    film(&mut couple, camera, 0..50);
    let b = couple.b;
    let codecs = limpid_peer::Capabilities::default().codecs(MediaKind::Video).to_vec();
    let fewer: Vec<_> =
        codecs.into_iter().filter(|codec| codec.name == "VP8" || codec.name == "rtx").collect();
    for preferences in [&fewer[..], &[]] {
        couple.world.with(b, |peer, _| peer.set_codec_preferences(camera, preferences)).expect("known");
        couple.negotiate();
        let (seen, asked) = film(&mut couple, camera, 50..100);
        assert!(seen >= 48 && asked == 0, "{seen} seen, {asked} key frames");
    }
}
