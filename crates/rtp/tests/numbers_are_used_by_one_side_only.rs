//! Numbers of streams: when they collide, when they are said goodbye to, who is reported on, and how often. RFC 3550 §6.2,
//! §6.3, §8.2.

mod common;

use common::{audio_payloads, section, video_payloads};
use limpid_rtp::bwe::Limits;
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::rtcp::{self, Packet as Control};
use limpid_rtp::session::{DropReason, Event, Feedback, Inbound, ReceiverId, Session};
use limpid_rtp::{Packet, Ssrc, send};
use limpid_sansio::{Instant, Machine};

const OURS: Ssrc = Ssrc(7);
const REPAIR: Ssrc = Ssrc(8);

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn session(seed: u8) -> (Session, ReceiverId) {
    let mut session = common::session(seed, Limits { start: 2_000_000, ..Limits::default() });
    let mut map = Map::new();
    assert!(map.insert(1, Kind::Mid));
    session.set_extensions(&map);
    session.set_feedback(Feedback::None, true);
    let receiver = session.add_receiver(at(0), section("v", video_payloads(), true), None);
    (session, receiver)
}

fn sends_too(session: &mut Session, ssrc: Ssrc, repair: Ssrc) {
    let sender = common::video_sender(ssrc, Some(repair));
    session.add_sender(at(0), sender).expect("free");
}

/// Shows a picture under the number by which the stream is called.
fn show(session: &mut Session, now: Instant, ssrc: Ssrc) -> Result<(), send::Refused> {
    let data = common::picture(1, true, 2500);
    let (info, extras) = Default::default();
    let media_time = now.since(Instant::ZERO);
    let frame = send::Frame { media_time, captured: None, data: &data, info, extras };
    session.sender(ssrc).expect("there").write(now, &frame)
}

fn sent(session: &mut Session, now: Instant) -> Vec<Vec<u8>> {
    let Ok(()) = session.handle_timeout(now);
    let (mut all, mut out) = (Vec::new(), Vec::new());
    while session.poll_transmit(now, &mut out).is_some() {
        all.push(std::mem::take(&mut out));
    }
    all
}

fn give(session: &mut Session, now: Instant, bytes: &[u8]) {
    let Ok(()) = session.handle_input(now, Inbound { ecn: None, bytes });
}

fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

fn sources(packets: &[Vec<u8>]) -> Vec<u32> {
    let media = packets.iter().filter(|packet| !rtcp::is_rtcp(packet));
    media.map(|packet| Packet::parse(packet).expect("sound").header.ssrc.0).collect()
}

fn goodbyes(packets: &[Vec<u8>]) -> Vec<u32> {
    let controls =
        packets.iter().filter(|packet| rtcp::is_rtcp(packet)).flat_map(|packet| rtcp::packets(packet));
    let goodbyes = controls.filter_map(|control| match control {
        Ok(Control::Goodbye(goodbye)) => Some(goodbye),
        _ => None,
    });
    goodbyes.flat_map(|goodbye| goodbye.sources().map(|source| source.0).collect::<Vec<_>>()).collect()
}

/// What somebody sends who took the same number.
fn theirs(seed: u8) -> Vec<Vec<u8>> {
    theirs_under(OURS, seed)
}

fn theirs_under(ssrc: Ssrc, seed: u8) -> Vec<Vec<u8>> {
    let (mut other, _) = session(seed);
    sends_too(&mut other, ssrc, Ssrc(99));
    show(&mut other, at(0), ssrc).expect("room");
    let all = (0..30).flat_map(|millis| sent(&mut other, at(millis)));
    all.filter(|packet| !rtcp::is_rtcp(packet)).collect()
}

//~ covers 3550-8.2-a, 3550-8.2-b
#[test]
fn a_collision_gives_our_stream_another_number_and_theirs_is_received() {
    let (mut session, receiver) = session(1);
    sends_too(&mut session, OURS, REPAIR);
    show(&mut session, at(0), OURS).expect("room");
    assert!(sources(&sent(&mut session, at(0))).iter().all(|ssrc| *ssrc == OURS.0));
    for packet in theirs(2) {
        give(&mut session, at(10), &packet);
    }
    let told = events(&mut session);
    let renumbered: Vec<Ssrc> = told
        .iter()
        .filter_map(|event| match event {
            Event::Renumbered { sender: OURS, ssrc } => Some(*ssrc),
            _ => None,
        })
        .collect();
    let [ssrc] = renumbered[..] else { panic!("once: {told:?}") };
    assert!(ssrc != OURS && told.contains(&Event::Readable(receiver)));
    assert_eq!(goodbyes(&sent(&mut session, at(10))), [OURS.0]);
    // It is called as before, and says whose it is until that is known.
    show(&mut session, at(40), OURS).expect("room");
    let after = sent(&mut session, at(40));
    assert!(!sources(&after).is_empty() && sources(&after).iter().all(|found| *found == ssrc.0));
    let media = after.iter().find(|packet| !rtcp::is_rtcp(packet)).expect("sent");
    assert_eq!(Packet::parse(media).expect("sound").element(1), Some(&b"v"[..]));
    assert_eq!(session.sender(OURS).map(|sender| sender.ssrc()), Some(ssrc));
    // Feedback about the new number is about the stream, whatever it is called.
    let mut wish = Vec::new();
    rtcp::write_picture_loss_indication(&mut wish, Ssrc(5), ssrc);
    give(&mut session, at(500), &wish);
    assert_eq!(events(&mut session), [Event::KeyFrameRequested(OURS)]);
}

#[test]
fn each_of_our_streams_takes_another_number_when_it_collides() {
    const SECOND: Ssrc = Ssrc(17);
    let (mut session, _) = session(1);
    sends_too(&mut session, OURS, REPAIR);
    sends_too(&mut session, SECOND, Ssrc(18));
    for (ssrc, millis) in [(OURS, 10), (SECOND, 200)] {
        theirs_under(ssrc, 2).iter().for_each(|packet| give(&mut session, at(millis), packet));
    }
    let told = events(&mut session);
    let renumbered = told.iter().filter_map(|event| match event {
        Event::Renumbered { sender, .. } => Some(*sender),
        _ => None,
    });
    assert!(renumbered.eq([OURS, SECOND]), "{told:?}");
    assert_eq!(session.dropped()[DropReason::Looped as usize], 0, "the other side's are streams like any");
}

//~ covers 3550-8.2-c neg
#[test]
fn who_sends_back_what_we_send_is_not_listened_to() {
    let (mut session, receiver) = session(1);
    sends_too(&mut session, OURS, REPAIR);
    let mut renumbered = 0;
    for turn in 0..100 {
        let now = at(turn * 33);
        show(&mut session, now, OURS).expect("room");
        for packet in sent(&mut session, now) {
            give(&mut session, now, &packet);
        }
        let told = events(&mut session);
        renumbered += told.iter().filter(|event| matches!(event, Event::Renumbered { .. })).count();
    }
    assert_eq!(renumbered, 1);
    assert!(session.dropped()[DropReason::Looped as usize] > 100);
    // Those on their way when it happened are all that was taken.
    let stats = session.receiver(receiver).expect("there").stats().expect("some came");
    assert!(stats.packets_received < 5, "{stats:?}");
}

//~ covers 3550-8.2-a
#[test]
fn who_only_receives_gives_way_too() {
    let (mut session, _) = session(1);
    let speaker = |packets: &[Vec<u8>]| {
        packets.iter().find_map(|packet| match rtcp::packets(packet).next() {
            Some(Ok(Control::ReceiverReport(report))) => Some(report.sender),
            _ => None,
        })
    };
    let before = speaker(&sent(&mut session, at(400))).expect("a report");
    let mut report = Vec::new();
    rtcp::write_receiver_report(&mut report, before, []);
    give(&mut session, at(500), &report);
    let after = speaker(&sent(&mut session, at(5000))).expect("a report");
    assert_ne!(before, after);
}

//~ covers 3550-6.3.7-a neg
#[test]
fn only_who_was_heard_says_goodbye() {
    let (mut session, _) = session(1);
    sends_too(&mut session, OURS, REPAIR);
    sends_too(&mut session, Ssrc(70), Ssrc(80));
    show(&mut session, at(0), OURS).expect("room");
    sent(&mut session, at(0));
    session.remove_sender(Ssrc(70));
    assert_eq!(goodbyes(&sent(&mut session, at(1))), [0; 0]);
    session.close();
    assert_eq!(goodbyes(&sent(&mut session, at(2))), [OURS.0]);
}

fn reports(packets: &[Vec<u8>]) -> Vec<(u32, u32, u32, usize)> {
    let controls =
        packets.iter().filter(|packet| rtcp::is_rtcp(packet)).flat_map(|packet| rtcp::packets(packet));
    controls
        .filter_map(|control| match control {
            Ok(Control::SenderReport(report)) => {
                Some((report.sender.0, report.info.packets, report.info.octets, report.blocks().len()))
            }
            Ok(Control::ReceiverReport(report)) => Some((report.sender.0, 0, 0, report.blocks().len())),
            _ => None,
        })
        .collect()
}

//~ covers 3550-6.3.5-a, 3550-6.6-b
#[test]
fn who_was_silent_for_long_is_reported_on_no_more_and_who_left_is_told() {
    let (mut session, receiver) = session(1);
    for packet in theirs(2) {
        give(&mut session, at(0), &packet);
    }
    let blocks = |session: &mut Session, now| {
        reports(&sent(session, now)).iter().map(|report| report.3).sum::<usize>()
    };
    assert_eq!(blocks(&mut session, at(400)), 1);
    assert_eq!(blocks(&mut session, at(20_000)), 1);
    assert_eq!(blocks(&mut session, at(25_001)), 0);
    events(&mut session);
    let mut leave = Vec::new();
    rtcp::write_goodbye(&mut leave, [OURS], None);
    give(&mut session, at(26_000), &leave);
    assert_eq!(events(&mut session), [Event::Goodbye(receiver)]);
}

//~ covers 3550-6.4.1-v
#[test]
fn retransmissions_and_padding_are_reported_under_their_own_number() {
    let (mut session, _) = session(1);
    sends_too(&mut session, OURS, REPAIR);
    show(&mut session, at(0), OURS).expect("room");
    // The first second is probed: padding leaves.
    let mut all = Vec::new();
    for millis in 0..300 {
        all.extend(sent(&mut session, at(millis)));
    }
    let first =
        Packet::parse(all.iter().find(|packet| !rtcp::is_rtcp(packet)).expect("sent")).expect("sound");
    let mut nack = Vec::new();
    rtcp::write_nack(&mut nack, Ssrc(5), OURS, [first.header.sequence_number]);
    give(&mut session, at(300), &nack);
    for millis in 300..3000 {
        all.extend(sent(&mut session, at(millis)));
    }
    let count = |ssrc: Ssrc| {
        let of = all
            .iter()
            .filter(|packet| !rtcp::is_rtcp(packet))
            .map(|packet| Packet::parse(packet).expect("sound"));
        let of: Vec<_> = of.filter(|packet| packet.header.ssrc == ssrc).collect();
        (of.len() as u32, of.iter().map(|packet| packet.payload.len() as u32).sum::<u32>())
    };
    for ssrc in [OURS, REPAIR] {
        let told = reports(&all).into_iter().rev().find(|report| report.0 == ssrc.0).expect("reported");
        assert_eq!((told.1, told.2), count(ssrc), "{ssrc:?}");
    }
    assert!(count(REPAIR).0 > 3, "padding leaves under the number of repair");
    let stats = session.sender(OURS).expect("there").stats();
    assert_eq!((stats.retransmitted_packets_sent, stats.frames_sent), (1, 1));
    assert_eq!(count(OURS).0 + count(REPAIR).0, stats.packets_sent as u32);
    session.remove_sender(OURS);
    assert_eq!(goodbyes(&sent(&mut session, at(3000))), [OURS.0, REPAIR.0]);
}

//~ covers 3550-6.3.1-a, 3550-6.3.6-a
#[test]
fn reports_come_once_a_second_on_average_and_at_random() {
    let mut session = common::session(1, Limits::default());
    session.add_receiver(at(0), section("a", audio_payloads(), false), None);
    let mut times = Vec::new();
    let mut now = at(0);
    while now < at(300_000) {
        now = now.max(session.poll_timeout().expect("a report is due"));
        if !sent(&mut session, now).is_empty() {
            times.push(now);
        }
    }
    let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1].since(pair[0]).as_secs_f64()).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    assert!((0.9..1.1).contains(&mean), "{mean} s on average");
    assert!(gaps.iter().all(|gap| (0.41..1.24).contains(gap)), "{gaps:?}");
    assert!(gaps.iter().any(|gap| *gap < 0.7) && gaps.iter().any(|gap| *gap > 1.15));
}
