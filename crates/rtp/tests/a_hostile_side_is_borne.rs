//! The other side has the keys and means ill, or a bit tipped over: memory stays within bounds, what is sent stays within its
//! rate, and the streams that are sound go on.

mod common;

use std::time::Duration;

use common::{Call, VIDEO_SSRC, audio_payloads, section, video_payloads};
use limpid_crypto::Random;
use limpid_netsim::{Injected, Link, Packet as Datagram, Verdict};
use limpid_rtp::bwe::Limits;
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::rtcp::{self, ReportBlock, ccfb, twcc};
use limpid_rtp::session::{Config, DropReason, Feedback, Inbound, Session};
use limpid_rtp::{Form, Header, Packet, PacketWriter, PayloadType, Ssrc, send};
use limpid_sansio::{Instant, Machine};

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn give(session: &mut Session, now: Instant, bytes: &[u8]) {
    let Ok(()) = session.handle_input(now, Inbound { ecn: None, bytes });
}

fn drain(session: &mut Session, now: Instant) -> Vec<Vec<u8>> {
    if session.poll_timeout().is_some_and(|due| due <= now) {
        let Ok(()) = session.handle_timeout(now);
    }
    let (mut all, mut out) = (Vec::new(), Vec::new());
    while session.poll_transmit(now, &mut out).is_some() {
        all.push(std::mem::take(&mut out));
        assert!(all.len() < 10_000, "it falls silent");
    }
    while session.poll_event().is_some() {}
    all
}

fn receiver(feedback: Feedback) -> Session {
    let mut session = common::session(2, Limits::default());
    session.set_feedback(feedback, true);
    session.add_receiver(at(0), section("v", video_payloads(), true), None);
    session.add_receiver(at(0), section("a", audio_payloads(), false), None);
    session
}

fn packet(ssrc: u32, sequence_number: u16, mid: &[u8], payload: &[u8]) -> Vec<u8> {
    let header = Header {
        marker: true,
        payload_type: PayloadType(96),
        sequence_number,
        timestamp: u32::from(sequence_number) * 3000,
        ssrc: Ssrc(ssrc),
    };
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, &header, Form::OneByte);
    writer.element(1, mid);
    writer.element(3, &sequence_number.to_be_bytes());
    writer.payload().extend_from_slice(payload);
    out
}

#[test]
fn a_hundred_thousand_streams_take_no_more_memory_than_a_few() {
    for feedback in [Feedback::TransportWide, Feedback::CongestionControl] {
        for mid in [&b"v"[..], b"nobody"] {
            let mut session = receiver(feedback);
            let flood = |session: &mut Session, numbers: std::ops::Range<u32>| {
                for ssrc in numbers {
                    // Ten a millisecond.
                    let now = at(u64::from(ssrc) / 10);
                    give(session, now, &packet(ssrc | 0x8000_0000, ssrc as u16, mid, &[0x10, 0x10, 2, 0]));
                    if ssrc % 1000 == 0 {
                        drain(session, now);
                    }
                }
            };
            flood(&mut session, 0..20_000);
            let more = allocation_counter::measure(|| flood(&mut session, 20_000..100_000));
            assert!(more.bytes_current < 200_000, "{feedback:?}: {more:?}");
            assert!(more.bytes_max < 1_000_000, "{feedback:?}: {more:?}");
            let reasons = session.dropped();
            assert!(reasons[DropReason::Unrouted as usize] > 90_000, "{reasons:?}");
            // Who is sound is heard all the same.
            let Some((id, ..)) = session.receivers().next() else { panic!("it is there") };
            let now = at(20_000);
            for sequence in 0..3 {
                give(&mut session, now, &packet(5, sequence, b"v", &common_picture(sequence)));
            }
            assert!(session.receiver(id).expect("there").read(now).is_some());
        }
    }
}

/// One packet with a VP8 picture.
fn common_picture(number: u16) -> Vec<u8> {
    [&[0x10][..], &common::picture(number.into(), number == 0, 20)].concat()
}

#[test]
fn a_bomb_of_header_extensions_costs_no_more_than_its_length() {
    let mut session = receiver(Feedback::TransportWide);
    let header = Header { payload_type: PayloadType(96), ssrc: Ssrc(5), ..Header::default() };
    let mut ends = vec![Vec::new(); 4];
    for (kind, out) in ends.iter_mut().enumerate() {
        let form = if kind % 2 == 0 { Form::OneByte } else { Form::TwoByte };
        let mut writer = PacketWriter::new(out, &header, form);
        for index in 0..15_000u32 {
            // All kinds in turn, or the same name again and again.
            let id = if kind < 2 { 1 + (index % 14) as u8 } else { 1 };
            if out_of_room(index, form) {
                break;
            }
            writer.element(id, &[index as u8]);
        }
        writer.payload().extend_from_slice(&[0x10, 0x10, 2, 0]);
    }
    let cost = allocation_counter::measure(|| {
        for bomb in &ends {
            for sequence in 0..50u16 {
                let mut bytes = bomb.clone();
                bytes[2..4].copy_from_slice(&sequence.to_be_bytes());
                give(&mut session, at(u64::from(sequence)), &bytes);
            }
        }
        drain(&mut session, at(100));
    });
    assert!(cost.bytes_current < 500_000, "{cost:?}");
}

/// The length of a header extension has sixteen bits of words.
fn out_of_room(index: u32, form: Form) -> bool {
    index * if form == Form::OneByte { 2 } else { 3 } > 65_000
}

fn sender(limits: Limits) -> Session {
    let mut config = Config::new([1; 32], "somebody");
    config.bitrate = limits;
    // Lies would open them, and then nothing is sent that a lie could be about.
    config.circuit_breakers = false;
    let mut session = Session::new(config);
    let mut map = Map::new();
    assert!(map.insert(1, Kind::Mid) && map.insert(3, Kind::TransportWide));
    session.set_extensions(&map);
    let sender = common::video_sender(VIDEO_SSRC, Some(Ssrc(0x1111_1112)));
    session.add_sender(at(0), sender).expect("free");
    session
}

fn show(session: &mut Session, now: Instant) {
    let data = common::picture(1, now == at(0), 4000);
    let (info, extras) = Default::default();
    let frame = send::Frame { media_time: now.since(at(0)), captured: None, data: &data, info, extras };
    session.sender(VIDEO_SSRC).expect("there").write(now, &frame).expect("room");
}

#[test]
fn a_storm_of_requests_at_most_doubles_the_rate() {
    let rate = 1_500_000;
    let mut session = sender(Limits { min: rate, start: rate, max: rate });
    let (mut sequences, mut sent) = (Vec::<u16>::new(), 0);
    let mut storm = Vec::new();
    for millis in 0..10_000u64 {
        let now = at(millis);
        if millis.is_multiple_of(33) {
            show(&mut session, now);
        }
        for bytes in drain(&mut session, now) {
            sent += bytes.len();
            let packet = (!rtcp::is_rtcp(&bytes)).then(|| Packet::parse(&bytes).expect("sound"));
            if let Some(packet) = packet.filter(|packet| packet.header.ssrc == VIDEO_SSRC) {
                sequences.push(packet.header.sequence_number);
            }
        }
        // Ten requests a millisecond, each for the whole history.
        let from = sequences.len().saturating_sub(1000);
        storm.clear();
        rtcp::write_nack(&mut storm, Ssrc(9), VIDEO_SSRC, sequences[from..].iter().copied());
        for _ in 0..10 {
            give(&mut session, now, &storm);
        }
    }
    // What is shown takes about a megabit; each byte of it may be sent once more.
    let shown = 300 * 4000;
    assert!(sent < shown * 5 / 2, "{sent} bytes, of which {shown} are pictures");
    let stats = session.sender(VIDEO_SSRC).expect("there").stats();
    let first = stats.bytes_sent - stats.retransmitted_bytes_sent;
    assert!(stats.retransmitted_bytes_sent <= first + (32 << 10), "{stats:?}");
    assert!(stats.retransmissions_refused > 1_000_000, "{stats:?}");
}

/// Feedback that makes no sense, of one kind.
fn nonsense(kind: u64, random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    let heading = twcc::Heading {
        sender: Ssrc(9),
        media: VIDEO_SSRC,
        base_sequence: random.u32() as u16,
        feedback_count: random.u32() as u8,
    };
    match kind {
        // Packets that were never sent, at times that lie apart by hours.
        0 => {
            let start = u64::from(random.u32());
            twcc::write(&mut out, &heading, (0..400).map(|index| Some(start + index * 30_000)), 1100);
        }
        // 65 535 of them, all here and none: runs of 8191.
        1 | 2 => {
            let [high, low] = heading.base_sequence.to_be_bytes();
            out.extend_from_slice(&[
                0x8f, 205, 0, 0, 0, 0, 0, 9, 0x11, 0x11, 0x11, 0x11, high, low, 0xff, 0xff,
            ]);
            out.extend_from_slice(&[0xff, 0xff, 0xff, 1]);
            let chunk: u16 = if kind == 1 { 0x3fff } else { 0x1fff };
            (0..9).for_each(|_| out.extend_from_slice(&chunk.to_be_bytes()));
            out.resize(out.len() + if kind == 1 { 65_535 } else { 2 }, 0);
            out.resize(out.len().next_multiple_of(4), 0);
            let words = (out.len() / 4 - 1) as u16;
            out[2..4].copy_from_slice(&words.to_be_bytes());
        }
        // By stream, of strangers and of ours, marked and late.
        3 => {
            let mut writer = ccfb::ReportWriter::new(&mut out, Ssrc(9));
            for ssrc in [VIDEO_SSRC, Ssrc(random.u32())] {
                let metric = ccfb::Metric {
                    ecn: Some(limpid_sansio::Ecn::Ce),
                    arrival: ccfb::ArrivalOffset::Units(random.u32() as u16 & 0x1fff),
                };
                writer.block(ssrc, random.u32() as u16, (0..400).map(|_| Some(metric)));
            }
            writer.finish(random.u32());
        }
        // A report that lies.
        _ => {
            let block = ReportBlock {
                ssrc: VIDEO_SSRC,
                fraction_lost: 255,
                cumulative_lost: -5,
                highest_sequence: random.u32(),
                jitter: u32::MAX,
                last_sender_report: random.u32(),
                delay_since_last: random.u32(),
            };
            rtcp::write_receiver_report(&mut out, Ssrc(9), [block]);
        }
    }
    out
}

#[test]
fn feedback_that_makes_no_sense_leaves_the_rate_within_its_limits() {
    let limits = Limits { min: 100_000, start: 800_000, max: 2_000_000 };
    let mut session = sender(limits);
    let mut random = Random::from_seed([7; 32]);
    let (mut warm, mut later) = (0, 0);
    for millis in 0..20_000u64 {
        let now = at(millis);
        if millis.is_multiple_of(33) && session.sender(VIDEO_SSRC).expect("there").queued_bytes() < 50_000 {
            show(&mut session, now);
        }
        let feedback = nonsense(u64::from(random.below(5)), &mut random);
        let cost = allocation_counter::measure(|| give(&mut session, now, &feedback));
        if millis < 10_000 {
            warm += cost.bytes_current
        } else {
            later += cost.bytes_current
        }
        drain(&mut session, now);
        let target = session.target_bitrate();
        assert!((limits.min..=limits.max).contains(&target), "{target} bit/s");
        assert!(session.poll_timeout().is_none_or(|due| due > now), "what was handled is due no more");
    }
    assert!(warm < 4_000_000 && later < 100_000, "{warm} bytes were kept, then {later}");
}

/// Each packet of the call comes again a little later, as it was, cut off, or, if wished, with a bit that tipped over.
fn vandalised(seed: u8, flips: bool) -> Call {
    let mut call =
        Call::with_limits(seed.into(), Link::millis(20), Limits { max: 1_500_000, ..Limits::default() });
    let mut random = Random::from_seed([seed; 32]);
    call.pair.stand_between(move |now: Instant, packet: &mut Datagram, injected: &mut Injected| {
        if now >= at(10_000) {
            return Verdict::Forward;
        }
        let mut forged = packet.clone();
        let len = forged.bytes.len();
        match random.below(if flips { 3 } else { 2 }) {
            0 => {}
            1 => forged.bytes.truncate(random.below(len as u32) as usize),
            _ => forged.bytes[random.below(len as u32) as usize] ^= 1 << random.below(8),
        }
        injected.send_later(Duration::from_millis(u64::from(1 + random.below(30))), forged);
        Verdict::Forward
    });
    call.run_for(Duration::from_secs(10));
    call
}

#[test]
fn what_is_replayed_or_cut_off_changes_nothing() {
    let call = vandalised(3, false);
    assert_eq!(common::lost_per_mille(&call.seen, call.pictures, 3), 0);
    assert_eq!(common::lost_per_mille(&call.heard, call.sounds, 5), 0);
    assert_eq!(call.key_frames_asked, 0);
    let dropped = call.pair.b.machine.dropped();
    assert!(dropped[DropReason::Stale as usize] > 500, "{dropped:?}");
    assert!(dropped[DropReason::Malformed as usize] > 5, "{dropped:?}");
}

#[test]
fn what_tipped_over_does_little_harm_and_none_afterwards() {
    let mut call = vandalised(4, true);
    assert!(common::lost_per_mille(&call.seen, call.pictures, 15) < 100, "{} seen", call.seen.len());
    // A number of a stream that tipped over looks like another stream that takes its place, for a tenth of a second: it is
    // SRTP that tells the two apart.
    assert!(common::lost_per_mille(&call.heard, call.sounds, 15) < 150, "{} heard", call.heard.len());
    call.run_for(Duration::from_secs(2));
    let (seen, heard) = (call.seen.len(), call.heard.len());
    call.run_for(Duration::from_secs(4));
    assert!(call.seen.len() - seen >= 118, "{} pictures in 4 s", call.seen.len() - seen);
    assert!(call.heard.len() - heard >= 198, "{} sounds in 4 s", call.heard.len() - heard);
}
