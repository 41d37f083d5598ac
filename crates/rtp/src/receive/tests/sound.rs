//! Sound: packet by packet, and nothing waits longer than the playout delay.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::{SSRC, at};
use crate::codec::Format;
use crate::codec::red::{self, Block};
use crate::elements::{ElementIds, Extras};
use crate::ext::{AudioLevel, Kind};
use crate::header::{Form, Header, Packet, PacketWriter};
use crate::names::PayloadType;
use crate::receive::{Codec, Config, Limits, Stream, Verdict};
use crate::rtcp::SenderInfo;

const OPUS: PayloadType = PayloadType(111);
const RED: PayloadType = PayloadType(63);

fn sound(min: u64) -> Stream {
    let delay = Limits { min: Duration::from_millis(min), ..Limits::default() };
    let mut elements = ElementIds::default();
    elements.map.insert(1, Kind::AudioLevel);
    let formats = vec![Codec::new(OPUS, Format::Opus)];
    Stream::new(Config { delay, elements, ..Config::new(SSRC, false, formats) })
}

fn give(stream: &mut Stream, millis: u64, number: u32) -> Verdict {
    give_of(stream, millis, number, number * 960)
}

/// The same on another line of timestamps.
fn give_of(stream: &mut Stream, millis: u64, number: u32, timestamp: u32) -> Verdict {
    let header =
        Header { marker: false, payload_type: OPUS, sequence_number: number as u16, timestamp, ssrc: SSRC };
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, &header, Form::OneByte);
    writer.element(1, &[0x80 | 42]);
    writer.payload().extend_from_slice(&[0xf8, number as u8]);
    stream.receive(at(millis), &Packet::parse(&out).expect("sound"))
}

fn read(stream: &mut Stream, millis: u64) -> Vec<(u8, bool)> {
    core::iter::from_fn(|| stream.read(at(millis)).map(|frame| (frame.data[1], frame.lost_before))).collect()
}

#[test]
fn a_missing_packet_is_waited_for_until_the_next_is_to_be_played() {
    let mut stream = sound(60);
    give(&mut stream, 100, 1);
    assert_eq!(read(&mut stream, 100), [(1, false)]);
    give(&mut stream, 140, 3);
    assert_eq!(read(&mut stream, 140), []);
    assert_eq!(super::due(&stream), Some(at(200)));
    assert_eq!(read(&mut stream, 199), []);
    assert_eq!(read(&mut stream, 200), [(3, true)]);
    assert_eq!(give(&mut stream, 201, 2), Verdict::TooOld);
    give(&mut stream, 202, 4);
    assert_eq!(read(&mut stream, 202), [(4, false)]);
    assert_eq!((stream.stats().packets_discarded, stream.stats().packets_lost), (1, 0));
}

#[test]
fn packets_that_overtake_each_other_are_put_in_order() {
    let mut stream = sound(60);
    for (time, number) in [(100, 2), (110, 1), (130, 4), (140, 3)] {
        assert_eq!(give(&mut stream, time, number), Verdict::Fresh);
    }
    assert_eq!(read(&mut stream, 140), [(1, false), (2, false), (3, false), (4, false)]);
}

#[test]
fn each_frame_says_when_it_was_captured_and_is_to_be_played() {
    let mut stream = sound(40);
    give(&mut stream, 100, 1);
    let ntp = 3_900_000_000u64 << 32;
    stream.on_sender_report(at(100), &SenderInfo { ntp, rtp_timestamp: 960, packets: 1, octets: 2 });
    give(&mut stream, 125, 2);
    assert!(stream.read(at(125)).is_some_and(|frame| frame.playout == at(140)));
    let frame = stream.read(at(125)).expect("complete");
    assert_eq!((frame.playout, frame.completed), (at(160), at(125)));
    let captured = frame.captured.expect("a report came");
    assert_eq!(captured.since(crate::clock::Ntp(ntp)).as_micros(), 19_999, "rounded down");
    assert_eq!(
        frame.extras,
        Extras { audio_level: Some(AudioLevel { voice: true, level: 42 }), ..Extras::default() }
    );
    let block = stream.report_block(at(1100)).expect("packets came");
    assert_eq!((block.last_sender_report, block.delay_since_last), ((ntp >> 16) as u32, 1 << 16));
}

/// A packet of redundant audio: the one before, and its own.
fn give_red(stream: &mut Stream, millis: u64, number: u16) -> Verdict {
    let header = Header {
        marker: false,
        payload_type: RED,
        sequence_number: number,
        timestamp: u32::from(number) * 960,
        ssrc: SSRC,
    };
    let mut out = Vec::new();
    let earlier = [0xf8, number as u8 - 1];
    let earlier = Block { payload_type: OPUS, timestamp_offset: 960, data: &earlier };
    let payload = PacketWriter::new(&mut out, &header, Form::OneByte).payload();
    red::write(payload, &[earlier], OPUS, &[0xf8, number as u8]);
    stream.receive(at(millis), &Packet::parse(&out).expect("sound"))
}

#[test]
fn redundancy_fills_holes() {
    let mut stream = sound(0);
    stream.config.red = Some(RED);
    give_red(&mut stream, 100, 10);
    give_red(&mut stream, 140, 12);
    assert_eq!(read(&mut stream, 140), [(10, false), (11, false), (12, false)]);
    assert_eq!(give_red(&mut stream, 141, 11), Verdict::Duplicate);
    assert_eq!(stream.stats().fec_packets_received, 1);
    let mut broken = Vec::new();
    let header = Header { payload_type: RED, sequence_number: 13, ssrc: SSRC, ..Header::default() };
    PacketWriter::new(&mut broken, &header, Form::OneByte).payload().extend_from_slice(&[0x80, 1]);
    assert_eq!(stream.receive(at(160), &Packet::parse(&broken).expect("sound")), Verdict::Filler);
}

//~ covers 3550-A.3-s, 3550-A.3-t, 3550-A.8-a
#[test]
fn reports_tell_of_loss_and_jitter_as_the_rfc_counts_them() {
    let mut stream = sound(0);
    assert_eq!(stream.report_block(at(0)), None);
    for number in (65_500..65_536u32).chain(65_540..65_600) {
        let late = if number % 2 == 0 { 5 } else { 0 };
        give(&mut stream, u64::from(number - 65_500) * 20 + late, number);
    }
    let block = stream.report_block(at(5000)).expect("packets came");
    assert_eq!((block.cumulative_lost, block.fraction_lost), (4, (4 * 256 / 100) as u8));
    assert_eq!(block.highest_sequence, 65_599, "one cycle, and 63");
    // 5 ms up, 5 ms down: the jitter tends to 240 units.
    assert!((225..=240).contains(&block.jitter), "{}", block.jitter);
    for _ in 0..10 {
        give(&mut stream, 3000, 65_599);
    }
    let block = stream.report_block(at(6000)).expect("packets came");
    assert_eq!((block.cumulative_lost, block.fraction_lost), (-6, 0), "duplicates make it negative");
}

#[test]
fn timestamps_that_jump_back_cost_no_time() {
    for is_lost in [false, true] {
        let mut stream = sound(0);
        let timestamp = |number: u32| number * 960 + if number < 60 { 3_000_000_000 } else { 1_500_000_000 };
        let (mut latest, mut silence, mut heard) = (0, 0, 0);
        for number in 0..100 {
            let now = u64::from(number) * 20;
            // The last one of the old line and the first one of the new come at once; the one before may be lost.
            let burst = match number {
                58 if is_lost => [None, None],
                59 => [None, None],
                60 => [Some(59), Some(60)],
                _ => [Some(number), None],
            };
            for number in burst.into_iter().flatten() {
                give_of(&mut stream, now, number, timestamp(number));
            }
            while let Some(frame) = stream.read(at(now)) {
                latest = frame.playout.since(at(now)).as_millis();
                (silence, heard) = (silence.max(now - heard), now);
            }
        }
        assert!(latest <= 40, "the last frame plays in {latest} ms");
        assert!(silence <= 60, "{silence} ms without sound");
        assert_eq!(heard, 99 * 20);
    }
}

#[test]
fn timestamps_grow_over_a_wrap_and_an_outage() {
    let mut stream = sound(0);
    let mut last = 0;
    // Eighty seconds are missing, after which the numbers begin anew.
    for number in (0..100).chain(4100..4200) {
        give_of(&mut stream, u64::from(number) * 20, number, number.wrapping_mul(960).wrapping_sub(50 * 960));
        while let Some(frame) = stream.read(at(u64::from(number) * 20)) {
            assert!(frame.timestamp > last, "{number}: {} after {last}", frame.timestamp);
            last = frame.timestamp;
        }
    }
    assert_eq!(last, (2 << 32) + 4149 * 960);
}
