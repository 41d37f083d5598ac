//! Packets of streams.

use super::*;

#[test]
fn a_flood_of_streams_takes_no_memory_and_no_other_stream_down() {
    let mut hand = Hand::connected();
    let mid = hand.id_of("sdes:mid");
    (0..20).for_each(|_| hand.call(true));
    let mut flood = Vec::new();
    for at in 0..10_000_u32 {
        let payload_type = if at % 2 == 0 { VP8 } else { OPUS };
        let header = Header { ssrc: Ssrc(0x1_0000 + at), payload_type, ..Header::default() };
        // One in three says that it belongs to the camera, one that it belongs nowhere, one says nothing.
        let name: &[u8] = [&b"1"[..], b"nowhere", b""][at as usize % 3];
        let named = [(mid, name)];
        let named = if name.is_empty() { &[][..] } else { &named };
        flood.push(hand.protect(&packet(header, named, &[0x10; 50])));
    }
    let held = allocation_counter::measure(|| {
        for burst in flood.chunks_mut(200) {
            burst.iter_mut().for_each(|packet| hand.feed(packet));
            hand.call(false);
            hand.events.clear(); // this test's list, not the peer's
        }
    });
    hand.assert_unharmed(false);
    assert!(held.bytes_current < 400_000 && held.bytes_max < 500_000, "{held:?}");
    let places =
        hand.b.media.as_ref().and_then(|media| media.srtp.as_ref()).expect("kept").inbound.source_count();
    assert!(places <= places::MAX, "{places}");
    let dropped = hand.dropped(Dropped::Unrouted) + hand.b.dropped[DropReason::NotAuthentic as usize];
    assert!(dropped > 8_000, "{dropped} of 10 000");
    // The camera goes on, once nobody claims to be it.
    let before = hand.heard.1;
    (0..100).for_each(|_| hand.call(true));
    assert!(hand.heard.1 - before > 50, "{} pictures afterwards", hand.heard.1 - before);
}

/// A stream under another number 2000 times over, as an SFU sends that shows one speaker after the other.
#[test]
fn streams_that_come_and_go_find_places_long_after() {
    let mut hand = Hand::connected();
    let mid = hand.id_of("sdes:mid");
    for stream in 0..2000_u32 {
        hand.now += Duration::from_millis(150);
        let header =
            Header { ssrc: Ssrc(0x2_0000 + stream), payload_type: VP8, marker: true, ..Header::default() };
        let mut payload = vec![0x10];
        payload.extend_from_slice(&picture(true)[..900]);
        hand.send(&packet(header, &[(mid, b"1")], &payload));
        hand.pass();
        let seen = hand.b.read_frame(hand.now, hand.camera).is_some();
        assert!(seen, "stream {stream} found no place");
    }
}

#[test]
fn packets_that_are_all_header_extension_cost_nothing_lasting() {
    let mut hand = Hand::connected();
    let mut random = Random::from_seed([9; 32]);
    let held = allocation_counter::measure(|| {
        for round in 0..100_u16 {
            for at in 0..50_u16 {
                let header = Header {
                    ssrc: Ssrc(0x3_0000 + u32::from(at % 2)),
                    payload_type: VP8,
                    sequence_number: round * 50 + at,
                    ..Header::default()
                };
                // Some hundred elements, long ones, short ones, none that is known, all of one kind, chance.
                let elements: Vec<u8> = match at % 5 {
                    0 => [0x40, b'1'].repeat(560),
                    1 => [0x00].repeat(1120),
                    2 => [0x4f].iter().chain(&[b'x'; 16]).copied().cycle().take(1120).collect(),
                    3 => [0xe0, 0xff].repeat(560),
                    _ => random_bytes(&mut random, 1120),
                };
                let mut bomb = packet(header, &[], &[]);
                bomb[0] |= 0x10 | (at % 16) as u8; // and contributing sources that are not there
                let profile = if at % 2 == 0 { [0xbe, 0xde] } else { [0x10, 0x00] };
                bomb.extend(profile.into_iter().chain((1120_u16 / 4).to_be_bytes()).chain(elements));
                // Those that do not even hold together are not protected by an honest stack: these all do.
                if limpid_rtp::Packet::parse(&bomb).is_ok() {
                    hand.send(&bomb);
                }
            }
            hand.call(true);
        }
    });
    hand.assert_unharmed(false);
    assert!(held.bytes_current < 4_000_000, "{held:?}");
}

#[test]
fn who_never_sends_a_key_frame_is_asked_a_few_times_a_second() {
    let mut hand = Hand::connected();
    for number in 0..500_u32 {
        let data = picture(false);
        let frame = send::Frame {
            media_time: Duration::from_millis(20) * number,
            captured: None,
            data: &data,
            info: FrameToSend::default(),
            extras: Extras::default(),
        };
        hand.a.write_frame(hand.now, hand.camera, &frame).expect("room");
        hand.call(false);
    }
    hand.assert_unharmed(false);
    let media = hand.camera_of_a();
    let stats = hand.b.rtp().inbound().find(|stream| stream.ssrc == media).expect("came").stats;
    assert_eq!((stats.frames_received, hand.heard.1), (0, 0), "nothing can be decoded");
    assert!((10..=40).contains(&stats.pli_count), "{} in ten seconds", stats.pli_count);
    assert!(stats.frames_dropped > 450, "{stats:?}");
    assert!(hand.sent.0 < 5_000, "{:?}", hand.sent);
}

#[test]
fn garbage_for_a_codec_is_dropped_and_counted() {
    let mut hand = Hand::connected();
    let mut random = Random::from_seed([10; 32]);
    let formats: Vec<u8> =
        hand.b.negotiated_media()[1].receive_codecs.iter().map(|codec| codec.payload_type).collect();
    let ssrc = hand.camera_of_a();
    let held = allocation_counter::measure(|| {
        for round in 0..200_u16 {
            for at in 0..20_u16 {
                let header = Header {
                    marker: at % 4 == 0,
                    payload_type: PayloadType(formats[random.below(formats.len() as u32) as usize]),
                    sequence_number: round * 20 + at,
                    timestamp: u32::from(round) * 1800,
                    ssrc,
                };
                let len = random.below(1100) as usize;
                hand.send(&packet(header, &[], &random_bytes(&mut random, len)));
            }
            hand.call(false);
        }
    });
    hand.assert_unharmed(false);
    assert!(held.bytes_current < 8_000_000, "{held:?}");
    let stats = hand.b.rtp().inbound().find(|stream| stream.ssrc == ssrc).expect("came").stats;
    let nowhere = stats.frames_dropped + stats.packets_discarded + hand.dropped(Dropped::Stale);
    assert!(nowhere > 100, "{stats:?}");
    assert!(stats.pli_count <= 30 && hand.sent.0 < 5_000, "{stats:?} {:?}", hand.sent);
    let asked =
        hand.events.iter().filter(|event| matches!(event, Event::Rtp(Rtp::KeyFrameRequested(_)))).count();
    assert_eq!(asked, 0, "nobody asked `b` for anything");
}
