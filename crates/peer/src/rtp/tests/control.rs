//! RTCP, and descriptions.

use super::*;

#[test]
fn a_storm_of_nacks_at_most_doubles_what_is_sent() {
    let mut hand = Hand::connected();
    let media = hand.camera_of_b();
    let (mut written, mut storm) = (0, 0_u64);
    for number in 0..100_u32 {
        let picture = picture(number == 0);
        written += picture.len() as u64;
        let frame = send::Frame {
            media_time: Duration::from_millis(20) * number,
            captured: None,
            data: &picture,
            info: FrameToSend::default(),
            extras: Extras::default(),
        };
        hand.b.write_frame(hand.now, hand.camera, &frame).expect("room");
        for _ in 0..50 {
            let mut nack = Vec::new();
            rtcp::write_nack(&mut nack, HAND, media, 0..=u16::MAX);
            nack.truncate(4 + 8 + 4 * 250);
            nack[2..4].copy_from_slice(&(2_u16 + 250).to_be_bytes());
            hand.send(&nack);
            storm += 1;
        }
        hand.call(true);
    }
    hand.assert_unharmed(true);
    let stats = hand.b.rtp().outbound().find(|stream| stream.ssrc == media).expect("ours").stats;
    assert_eq!(stats.nack_packets, storm);
    assert!(stats.retransmitted_bytes_sent <= written + (64 << 10), "{stats:?} for {written}");
    assert!(stats.retransmissions_refused > stats.retransmitted_packets_sent, "{stats:?}");
}

#[test]
fn nonsense_about_arrivals_leaves_the_rate_within_its_bounds() {
    let mut hand = Hand::connected();
    let mut random = Random::from_seed([7; 32]);
    let limits = hand.b.config.bitrate;
    for round in 0..100_u32 {
        for at in 0..40_u32 {
            let mut control = random_bytes(&mut random, 8 + (at as usize * 4));
            match at % 4 {
                // 65 535 packets, all of them arrived, in runs.
                0 => {
                    control[..8].copy_from_slice(&[0, 0, 0xff, 0xff, 0x7f, 0xff, 0xff, round as u8]);
                    control.extend([0x3f, 0xff].repeat(9));
                }
                1 => control[..4].copy_from_slice(&[0, 0, 0, 1]),
                _ => {}
            }
            let (for_payload, format) = [(false, 15), (false, 11), (true, 15), (false, 3)][at as usize % 4];
            let media = if at % 3 == 0 { hand.camera_of_b() } else { Ssrc(at) };
            let mut report = Vec::new();
            let feedback = Feedback { for_payload, format, sender: HAND, media, control: &control };
            rtcp::write_feedback(&mut report, &feedback);
            hand.send(&report);
        }
        hand.call(true);
    }
    hand.assert_unharmed(true);
    let target = hand.b.target_bitrate().expect("streams");
    assert!((limits.min..=limits.max).contains(&target), "{target}");
}

#[test]
fn reports_from_nowhere_are_bounded_and_counted() {
    let mut hand = Hand::connected();
    let mut random = Random::from_seed([8; 32]);
    let held = allocation_counter::measure(|| {
        for _ in 0..100 {
            for _ in 0..100 {
                let mut datagram = Vec::new();
                let strange = random_bytes(&mut random, 200);
                let sources = strange.chunks_exact(4).map(|ssrc| Ssrc(u32::from(ssrc[0])));
                rtcp::write_goodbye(&mut datagram, sources.take(31), Some("because"));
                rtcp::write_cname(&mut datagram, [HAND], &"n".repeat(250));
                rtcp::write_picture_loss_indication(&mut datagram, HAND, Ssrc(random.u32()));
                let end = datagram.len();
                datagram.extend_from_slice(&strange);
                datagram[end] = 0x80 | (datagram[end] & 0x1f);
                datagram[end + 1] = 200 + datagram[end + 1] % 12;
                hand.send(&datagram);
            }
            hand.call(true);
        }
    });
    hand.assert_unharmed(true);
    assert!(held.bytes_current < 4_000_000, "{held:?}");
    assert!(hand.dropped(Dropped::Foreign) >= 10_000 && hand.dropped(Dropped::Malformed) > 0);
}

#[test]
fn descriptions_of_ten_thousand_lines_are_refused_and_forgotten() {
    let mut hand = Hand::connected();
    (0..10).for_each(|_| hand.call(true));
    let good = hand.a.create_offer().expect("an offer");
    let lines = |line: &str, count| format!("{}{}", good.sdp, line.repeat(count));
    let audio = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n";
    let all = [
        lines("a=x\r\n", 10_000),
        lines("a=ssrc:1 cname:x\r\n", 10_000),
        lines("a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n", 10_000),
        lines(audio, 10_000),
        lines("a=rtpmap:96 VP8/90000\r\n", 10_000),
    ];
    let held = allocation_counter::measure(|| {
        for sdp in &all {
            for kind in [crate::DescriptionKind::Offer, crate::DescriptionKind::Answer] {
                let description = crate::Description { kind, sdp: sdp.clone() };
                let refused = hand.b.set_remote_description(hand.now, description);
                assert!(matches!(refused, Err(Misuse::Parse(_))), "{refused:?}");
            }
        }
    });
    assert!(held.bytes_current < 10_000 && held.bytes_max < 2_000_000, "{held:?}");
    // As many as are taken: sections, numbers and candidates have bounds of their own.
    for (line, count) in [
        (audio, 900),
        ("a=ssrc:1 cname:x\r\n", 1800),
        ("a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n", 1200),
    ] {
        let description = crate::Description { kind: good.kind, sdp: lines(line, count) };
        if hand.b.set_remote_description(hand.now, description).is_ok() {
            assert!(hand.b.transceivers().len() <= 256, "{}", hand.b.transceivers().len());
            let back = crate::Description { kind: crate::DescriptionKind::Rollback, sdp: String::new() };
            hand.b.set_remote_description(hand.now, back).expect("it was pending");
        }
        assert_eq!(hand.b.transceivers().len(), 2);
    }
    hand.a.set_local_description(hand.now, good.clone()).expect("our own");
    hand.b.set_remote_description(hand.now, good).expect("a good one is taken");
    (0..10).for_each(|_| hand.call(true));
    hand.assert_unharmed(true);
}
