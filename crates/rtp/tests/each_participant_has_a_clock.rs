//! Sources with one name are in step, whatever the clocks of others say. RFC 3550 §6.5.1; RFC 8834 §4.1, §4.9.

mod common;

use common::{audio_payloads, picture, section, session, video_payloads};
use limpid_rtp::bwe::Limits;
use limpid_rtp::rtcp::{self, SenderInfo};
use limpid_rtp::session::{Inbound, ReceiverId, Section, Session};
use limpid_rtp::{Form, Header, PacketWriter, PayloadType, Ssrc};
use limpid_sansio::{Instant, Machine};

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn feed(session: &mut Session, now: Instant, bytes: &[u8]) {
    let Ok(()) = session.handle_input(now, Inbound { ecn: None, bytes });
}

fn packet(session: &mut Session, now: Instant, (payload_type, ssrc): (u8, u32), timestamp: u32) {
    let payload =
        if payload_type == 96 { [&[0x10][..], &picture(0, true, 40)].concat() } else { vec![0x78, 1] };
    let header = Header {
        marker: true,
        payload_type: PayloadType(payload_type),
        sequence_number: (timestamp / 90_000) as u16,
        timestamp,
        ssrc: Ssrc(ssrc),
    };
    let mut bytes = Vec::new();
    PacketWriter::new(&mut bytes, &header, Form::OneByte).payload().extend_from_slice(&payload);
    feed(session, now, &bytes);
}

/// A report that gives this timestamp that time of theirs, and who says so.
fn report(session: &mut Session, now: Instant, ssrc: u32, (second, timestamp): (u64, u32), name: &str) {
    let info = SenderInfo { ntp: second << 32, rtp_timestamp: timestamp, packets: 1, octets: 1 };
    let mut bytes = Vec::new();
    rtcp::write_sender_report(&mut bytes, Ssrc(ssrc), &info, []);
    rtcp::write_cname(&mut bytes, [Ssrc(ssrc)], name);
    feed(session, now, &bytes);
}

/// To the nearest millisecond, as fractions of seconds are binary.
fn captured(session: &mut Session, id: ReceiverId, now: Instant) -> Option<Instant> {
    let at = session.receiver(id)?.read(now)?.captured_at?;
    Some(Instant::from_millis((at.as_nanos() + 500_000) / 1_000_000))
}

//~ covers 3550-6.5.1-a, 8834-4.1-a
#[test]
fn two_participants_whose_clocks_are_years_apart_are_each_in_step() {
    let mut session = session(1, Limits::default());
    let add = |session: &mut Session, section: Section, ssrc: u32| {
        let id = session.add_receiver(at(0), section, None);
        session.bind(id, Ssrc(ssrc), None);
        id
    };
    let her_face = add(&mut session, section("1", video_payloads(), true), 10);
    let her_voice = add(&mut session, section("2", audio_payloads(), false), 11);
    let his_face = add(&mut session, section("3", video_payloads(), true), 20);
    for ssrc in [10, 20] {
        packet(&mut session, at(1000), (96, ssrc), 0);
    }
    packet(&mut session, at(1000), (111, 11), 0);
    // Her reports took 50 ms, his 70; what they call the time differs by years.
    report(&mut session, at(1050), 10, (1_000_000, 0), "her");
    report(&mut session, at(1070), 20, (2_000_000_000, 0), "him");
    report(&mut session, at(1050), 11, (1_000_000, 480), "her");
    assert_eq!(captured(&mut session, her_face, at(1100)), Some(at(1050)));
    assert_eq!(captured(&mut session, his_face, at(1100)), Some(at(1070)));
    assert_eq!(captured(&mut session, her_voice, at(1100)), Some(at(1040)), "10 ms before her picture");
}

#[test]
fn without_a_name_there_is_one_clock_and_a_flood_of_names_leaves_as_many_as_there_are_streams() {
    let mut session = session(1, Limits::default());
    let id = session.add_receiver(at(0), section("1", video_payloads(), true), None);
    session.bind(id, Ssrc(10), None);
    packet(&mut session, at(1000), (96, 10), 0);
    let info = SenderInfo { ntp: 77 << 32, rtp_timestamp: 0, packets: 1, octets: 1 };
    let mut bytes = Vec::new();
    rtcp::write_sender_report(&mut bytes, Ssrc(10), &info, []);
    feed(&mut session, at(1020), &bytes);
    assert_eq!(captured(&mut session, id, at(1100)), Some(at(1020)));
    for number in 0..10_000_u32 {
        report(&mut session, at(2000), 10, (78, 90_000), &format!("{number}"));
    }
    packet(&mut session, at(2000), (96, 10), 90_000);
    assert_eq!(captured(&mut session, id, at(2100)), Some(at(2000)));
    let printed = format!("{session:?}");
    assert!(printed.matches("Common {").count() <= 2, "one for the name, one for those without");
}
