//! One counter for all that leaves: pictures, sound, what is sent again, what only fills the path. And streams begin where
//! nobody who misses their first packets guesses the rollover counter wrong.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::{AUDIO_SSRC, VIDEO_SSRC, picture, session};
use limpid_rtp::bwe::Limits;
use limpid_rtp::codec::FrameToSend;
use limpid_rtp::session::{Inbound, Session};
use limpid_rtp::{Packet, Ssrc, rtcp, send};
use limpid_sansio::{Instant, Machine};

const REPAIR: Ssrc = Ssrc(0x1111_1112);
/// The id of the transport's numbers in these tests.
const NUMBER: u8 = 3;

fn add_both(session: &mut Session) {
    let video = common::video_sender(VIDEO_SSRC, Some(REPAIR));
    session.add_sender(Instant::ZERO, video).expect("free");
    let audio = common::audio_sender(AUDIO_SSRC);
    session.add_sender(Instant::ZERO, audio).expect("free");
}

fn write(session: &mut Session, now: Instant, ssrc: Ssrc, data: &[u8]) {
    let media_time = now.since(Instant::ZERO);
    let (info, extras) = (FrameToSend::default(), Default::default());
    let frame = send::Frame { media_time, captured: None, data, info, extras };
    session.sender(ssrc).expect("there").write(now, &frame).expect("room");
}

//~ covers twcc-2-a
#[test]
fn one_counter_counts_sound_pictures_repeats_and_filler_and_leaves_nothing_out() {
    let mut session = session(1, Limits { start: 1_000_000, ..Limits::default() });
    add_both(&mut session);
    let (mut next, mut kinds, mut out) = (0u16, BTreeSet::new(), Vec::new());
    let mut now = Instant::ZERO;
    for tick in 0..200u32 {
        now += Duration::from_millis(10);
        if tick.is_multiple_of(3) {
            write(&mut session, now, VIDEO_SSRC, &picture(tick, tick == 0, 3000));
        }
        write(&mut session, now, AUDIO_SSRC, &[0x78; 80]);
        let Ok(()) = session.handle_timeout(now);
        while session.poll_transmit(now, &mut out).is_some() {
            if !rtcp::is_rtcp(&out) {
                let packet = Packet::parse(&out).expect("sound");
                let number = packet.element(NUMBER).expect("each has one");
                assert_eq!(number, next.to_be_bytes(), "{:?}", packet.header);
                next = next.wrapping_add(1);
                kinds.insert((packet.header.ssrc, packet.payload.is_empty()));
                if packet.header.ssrc == VIDEO_SSRC && packet.header.sequence_number.is_multiple_of(20) {
                    let mut nack = Vec::new();
                    rtcp::write_nack(&mut nack, Ssrc(9), VIDEO_SSRC, [packet.header.sequence_number]);
                    let Ok(()) = session.handle_input(now, Inbound { ecn: None, bytes: &nack });
                }
            }
            out.clear();
        }
    }
    let ssrcs: BTreeSet<Ssrc> = kinds.iter().map(|(ssrc, _)| *ssrc).collect();
    assert_eq!(ssrcs, [VIDEO_SSRC, REPAIR, AUDIO_SSRC].into_iter().collect());
    assert!(next > 300, "{next}");
}

//~ covers 3711-3.3.1-h
#[test]
fn streams_begin_far_below_the_first_rollover() {
    for seed in 0..100 {
        let mut session = session(seed, Limits::default());
        add_both(&mut session);
        let now = Instant::from_millis(1);
        write(&mut session, now, VIDEO_SSRC, &picture(0, true, 100));
        write(&mut session, now, AUDIO_SSRC, &[0x78; 80]);
        let (mut seen, mut out) = (0, Vec::new());
        while session.poll_transmit(now, &mut out).is_some() {
            if !rtcp::is_rtcp(&out) {
                assert!(Packet::parse(&out).is_ok_and(|packet| packet.header.sequence_number < 1 << 15));
                seen += 1;
            }
            out.clear();
        }
        assert_eq!(seen, 2);
    }
}
