//! Who receives says how much it takes: by TMMBR, by REMB, or in its description. Nobody is sent more.

mod common;

use std::time::Duration;

use common::{AUDIO_SSRC, VIDEO_SSRC, session};
use limpid_rtp::Ssrc;
use limpid_rtp::bwe::Limits;
use limpid_rtp::rtcp::{self, Packet, RateLimit};
use limpid_rtp::session::{Inbound, Session};
use limpid_sansio::{Instant, Machine};

const THEIRS: Ssrc = Ssrc(77);

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// Who shows pictures, at two megabits to begin with.
fn sender() -> Session {
    let mut session = session(1, Limits { start: 2_000_000, ..Limits::default() });
    let video = common::video_sender(VIDEO_SSRC, None);
    session.add_sender(at(0), video).expect("free");
    session.set_round_trip(Duration::from_millis(100));
    session
}

fn feed(session: &mut Session, now: Instant, bytes: &[u8]) {
    let Ok(()) = session.handle_input(now, Inbound { ecn: None, bytes });
}

fn request(session: &mut Session, now: Instant, owner: Ssrc, bits_per_second: u64) {
    let mut bytes = Vec::new();
    let limit = RateLimit { ssrc: VIDEO_SSRC, bits_per_second, overhead: 50 };
    assert!(rtcp::write_tmmbr(&mut bytes, owner, [limit]));
    feed(session, now, &bytes);
}

/// The limits that are confirmed now, with their owners.
fn confirmed(session: &mut Session, now: Instant) -> Vec<Vec<(Ssrc, u64)>> {
    let (mut found, mut out) = (Vec::new(), Vec::new());
    while session.poll_transmit(now, &mut out).is_some() {
        for packet in rtcp::packets(&out).filter_map(Result::ok) {
            if let Packet::Tmmbn(told) = packet {
                assert_eq!(told.sender, VIDEO_SSRC);
                found.push(told.limits().map(|limit| (limit.ssrc, limit.bits_per_second)).collect());
            }
        }
        out.clear();
    }
    found
}

//~ covers 5104-4.2.1.2-a, 5104-4.2.1.2-b, 5104-4.2.1.2-c, 5104-4.2.1.2-d, 5104-3.5.4.2-a, 8834-5.1.6-a
#[test]
fn a_request_holds_at_once_is_confirmed_and_is_taken_back_slowly() {
    let mut session = sender();
    request(&mut session, at(10), THEIRS, 600_000);
    assert_eq!(session.target_bitrate(), 575_000, "without what 50 bytes a packet cost below");
    assert_eq!(confirmed(&mut session, at(10)), [[(THEIRS, 600_000)]]);
    assert!(confirmed(&mut session, at(20)).is_empty(), "once for each request");

    request(&mut session, at(1000), Ssrc(78), 300_000);
    assert_eq!(session.target_bitrate(), 287_500);
    request(&mut session, at(1000), Ssrc(79), 900_000);
    assert_eq!(confirmed(&mut session, at(1000)), [[(Ssrc(78), 300_000)]], "one bounds the others");

    request(&mut session, at(2000), Ssrc(78), 800_000);
    assert_eq!(confirmed(&mut session, at(2000)), [[(THEIRS, 600_000)]]);
    assert_eq!(session.target_bitrate(), 287_500, "two round trips pass in which others may object");
    assert!(session.poll_timeout().is_some_and(|at| at <= Instant::from_millis(2200)));
    let Ok(()) = session.handle_timeout(at(2200));
    assert_eq!(session.target_bitrate(), 575_000);

    let mut goodbye = Vec::new();
    rtcp::write_goodbye(&mut goodbye, [THEIRS], None);
    feed(&mut session, at(3000), &goodbye);
    assert_eq!(confirmed(&mut session, at(3000)), [[(Ssrc(78), 800_000)]], "who left limits nothing");
}

//~ covers 5104-4.2.1.2-a neg
#[test]
fn requests_about_streams_that_are_not_ours_mean_nothing_and_a_flood_of_askers_is_bounded() {
    let mut session = sender();
    let mut bytes = Vec::new();
    rtcp::write_tmmbr(&mut bytes, THEIRS, [RateLimit { ssrc: Ssrc(5), bits_per_second: 1, overhead: 0 }]);
    feed(&mut session, at(10), &bytes);
    assert_eq!((session.target_bitrate(), confirmed(&mut session, at(10)).len()), (2_000_000, 0));
    for owner in 0..10_000 {
        request(&mut session, at(20), Ssrc(owner), 100_000 - u64::from(owner));
    }
    assert_eq!(confirmed(&mut session, at(20)), [[(Ssrc(9999), 90_001)]]);
}

#[test]
fn a_limit_below_the_least_rate_of_ours_holds_too() {
    let mut session = sender();
    request(&mut session, at(10), THEIRS, 0);
    assert!(session.target_bitrate() <= 1000, "{}", session.target_bitrate());
}

//~ covers 8834-7.1-a
#[test]
fn what_a_description_says_holds_for_all_paths_and_beside_sound() {
    let mut session = sender();
    session.sender(VIDEO_SSRC).expect("there").set_max_bitrate(at(0), Some(400_000));
    assert_eq!(session.target_bitrate(), 400_000);
    let path = limpid_sansio::PathInfo { max_datagram: 1150, is_new_route: true };
    session.path_changed(path);
    assert_eq!(session.target_bitrate(), 400_000, "another path, the same receiver");
    let sound = common::audio_sender(AUDIO_SSRC);
    session.add_sender(at(10), sound).expect("free");
    let Ok(()) = session.handle_timeout(at(1000));
    assert!((400_000..=600_000).contains(&session.target_bitrate()), "the limit was that of the pictures");
    let mut remb = Vec::new();
    rtcp::write_remb(&mut remb, THEIRS, 250_000, [VIDEO_SSRC]);
    feed(&mut session, at(1100), &remb);
    assert!((240_000..=250_000).contains(&session.target_bitrate()), "{}", session.target_bitrate());
    session.sender(VIDEO_SSRC).expect("there").set_max_bitrate(at(1200), None);
    assert_eq!(session.sender(VIDEO_SSRC).expect("there").max_bitrate(), None);
    assert!(session.target_bitrate() <= 250_000, "REMB holds on");
}
