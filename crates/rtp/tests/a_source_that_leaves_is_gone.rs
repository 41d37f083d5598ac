//! A goodbye is believed once: what comes late changes nothing, and who sends again after a while is back. RFC 3550 §6.6.

mod common;

use std::time::Duration;

use common::{picture, section, session, video_payloads};
use limpid_rtp::bwe::Limits;
use limpid_rtp::rtcp::{self, Packet, SenderInfo};
use limpid_rtp::session::{Event, Inbound, ReceiverId, Session};
use limpid_rtp::{Form, Header, PacketWriter, PayloadType, Ssrc};
use limpid_sansio::{Instant, Machine};

const THEIRS: Ssrc = Ssrc(10);

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn feed(session: &mut Session, now: Instant, bytes: &[u8]) {
    let Ok(()) = session.handle_input(now, Inbound { ecn: None, bytes });
}

fn packet(session: &mut Session, now: Instant, sequence: u16) {
    let header = Header {
        marker: true,
        payload_type: PayloadType(96),
        sequence_number: sequence,
        timestamp: u32::from(sequence) * 90_000,
        ssrc: THEIRS,
    };
    let mut bytes = Vec::new();
    let writer = PacketWriter::new(&mut bytes, &header, Form::OneByte);
    writer.payload().extend([&[0x10][..], &picture(u32::from(sequence), true, 40)].concat());
    feed(session, now, &bytes);
}

fn goodbye(session: &mut Session, now: Instant) {
    let mut bytes = Vec::new();
    rtcp::write_receiver_report(&mut bytes, THEIRS, []);
    rtcp::write_goodbye(&mut bytes, [THEIRS], None);
    feed(session, now, &bytes);
}

/// A report that gives timestamp 0 this second of their time.
fn report(session: &mut Session, now: Instant, second: u64) {
    let info = SenderInfo { ntp: second << 32, rtp_timestamp: 0, packets: 1, octets: 1 };
    let mut bytes = Vec::new();
    rtcp::write_sender_report(&mut bytes, THEIRS, &info, []);
    feed(session, now, &bytes);
}

/// How many blocks of reports, requests for packets and for key frames were sent until then.
fn said(session: &mut Session, until: Instant) -> (usize, usize, usize) {
    let (mut reports, mut nacks, mut pictures, mut out) = (0, 0, 0, Vec::new());
    while let Some(now) = session.poll_timeout().filter(|now| *now <= until) {
        let Ok(()) = session.handle_timeout(now);
        while session.poll_transmit(now, &mut out).is_some() {
            for packet in rtcp::packets(&out).filter_map(Result::ok) {
                match packet {
                    Packet::ReceiverReport(report) => reports += report.blocks().len(),
                    Packet::Nack(_) => nacks += 1,
                    Packet::PictureLossIndication { .. } => pictures += 1,
                    _ => {}
                }
            }
            out.clear();
        }
        while session.poll_event().is_some() {}
        let id = session.receivers().next().map(|(id, ..)| id);
        if let Some(id) = id {
            while session.receiver(id).and_then(|receiver| receiver.read(now)).is_some() {}
        }
    }
    (reports, nacks, pictures)
}

fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

fn watcher() -> (Session, ReceiverId) {
    let mut session = session(1, Limits::default());
    let id = session.add_receiver(at(0), section("v", video_payloads(), true), None);
    (0..3).for_each(|sequence| packet(&mut session, at(u64::from(sequence)), sequence));
    (session, id)
}

fn has_left(session: &mut Session, id: ReceiverId) -> bool {
    session.receiver(id).expect("there").has_left()
}

//~ covers 3550-6.6-d, 3550-6.6-c, 3550-6.3.4-b
#[test]
fn what_was_on_its_way_when_its_source_left_is_read_and_does_not_bring_it_back() {
    let (mut session, id) = watcher();
    events(&mut session);
    // Two are missing, and are on their way.
    packet(&mut session, at(20), 5);
    goodbye(&mut session, at(30));
    goodbye(&mut session, at(31));
    assert_eq!(events(&mut session), [Event::Goodbye(id)], "said once");
    packet(&mut session, at(40), 3);
    packet(&mut session, at(41), 4);
    assert!(has_left(&mut session, id));
    let mut frames = 0;
    while session.receiver(id).and_then(|receiver| receiver.read(at(50))).is_some() {
        frames += 1;
    }
    assert_eq!(frames, 6, "nothing of what it sent is lost");
    assert!(!events(&mut session).iter().any(|event| matches!(event, Event::Started { .. })));
    assert_eq!(said(&mut session, at(20_000)), (0, 0, 0), "nobody is there to be told or asked");
}

//~ covers 3550-6.6-d
#[test]
fn a_late_report_of_a_source_that_left_says_nothing_of_its_time() {
    let (mut session, id) = watcher();
    report(&mut session, at(10), 1000);
    goodbye(&mut session, at(20));
    report(&mut session, at(30), 5000);
    let frame = session.receiver(id).expect("there").read(at(40)).expect("came before it left");
    assert_eq!(frame.captured.map(|ntp| ntp.0 >> 32), Some(1000));
}

#[test]
fn who_sends_again_after_a_while_is_back() {
    let (mut session, id) = watcher();
    goodbye(&mut session, at(30));
    said(&mut session, at(3000));
    packet(&mut session, at(3000), 3);
    assert!(!has_left(&mut session, id));
    assert!(events(&mut session).contains(&Event::Started { receiver: id, ssrc: THEIRS, rid: None }));
    assert!(session.receiver(id).expect("there").is_live());
    let (reports, ..) = said(&mut session, at(3000) + Duration::from_secs(2));
    assert!(reports > 0, "it is reported on again");
}

#[test]
fn goodbyes_of_strangers_and_of_streams_that_never_came_are_nothing() {
    let mut session = session(1, Limits::default());
    let id = session.add_receiver(at(0), section("v", video_payloads(), true), None);
    session.bind(id, THEIRS, None);
    goodbye(&mut session, at(10));
    let mut flood = Vec::new();
    rtcp::write_goodbye(&mut flood, (0..5000).map(Ssrc), Some("so many"));
    feed(&mut session, at(20), &flood);
    assert_eq!(events(&mut session), []);
    packet(&mut session, at(30), 1);
    assert!(session.receiver(id).expect("there").is_live());
}
