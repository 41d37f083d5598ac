//! Whatever a path does: what is read are whole frames in order, each once, and with nothing lost all of them.

use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;
use proptest::prelude::*;

use super::{RTX, SSRC, at, frame, give, read, video};
use crate::codec::Format;
use crate::header::{Form, Header, Packet, PacketWriter};
use crate::names::PayloadType;
use crate::receive::{Codec, Config, Stream};
use crate::rtcp::SenderInfo;

/// What happens to each packet: how many others overtake it, whether it is lost, whether it comes twice.
fn fates() -> impl Strategy<Value = Vec<(u8, bool, bool)>> {
    let fate = (0u8..12, prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    prop::collection::vec(fate, 20..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_that_are_read_are_whole_in_order_and_once(
        fates in fates(),
        first in any::<u16>(),
        sizes in prop::collection::vec(1u16..6, 40),
    ) {
        let mut packets = Vec::new();
        for (number, &size) in sizes.iter().enumerate() {
            let sequence = first.wrapping_add(packets.len() as u16);
            packets.extend(frame(sequence, number as u32, number % 10 == 0, size));
        }
        let mut arrivals = Vec::new();
        let mut is_lossless = true;
        for (index, packet) in packets.iter().enumerate() {
            let (late, is_lost, twice) = fates[index % fates.len()];
            // The first packet shows where the stream begins.
            let late = if index == 0 { 0 } else { usize::from(late) };
            is_lossless &= !is_lost;
            if !is_lost {
                arrivals.push((index + late, packet));
            }
            if twice {
                arrivals.push((index + late + 3, packet));
                is_lossless |= false;
            }
        }
        arrivals.sort_by_key(|arrival| arrival.0);
        let mut stream = video();
        let mut seen = Vec::new();
        for (time, packet) in &arrivals {
            give(&mut stream, *time as u64, packet);
            seen.extend(read(&mut stream, *time as u64));
        }
        seen.extend(read(&mut stream, 100_000));
        let numbers: Vec<u32> = seen.iter().map(|frame| frame.0).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        for pair in seen.windows(2) {
            let is_gap = pair[1].0 != pair[0].0 + 1;
            prop_assert!(!is_gap || pair[1].1, "a gap is told of: {seen:?}");
            prop_assert!(!is_gap || pair[1].0 % 10 == 0, "and only a key frame follows it: {seen:?}");
        }
        if is_lossless {
            prop_assert_eq!(numbers, (0..40).collect::<Vec<u32>>());
        }
        prop_assert!(super::due(&stream).is_none_or(|due| due >= at(0)));
    }
}

/// What a hostile or broken sender does.
#[derive(Clone, Debug)]
enum Step {
    /// A packet so many numbers and so many timestamps (of 1000) after the last.
    Packet { ahead: i8, later: i8, format: u8, marker: bool, payload: Vec<u8> },
    /// One from anywhere.
    Jump { sequence: u16, timestamp: u32, format: u8, payload: Vec<u8> },
    /// One again, from so far back.
    Again { back: u8, payload: Vec<u8> },
    /// A report.
    Report(u64, u32),
    /// Time goes by, and all is read.
    Pass(u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let payload = || {
        let lead = prop::sample::select(alloc::vec![0x00u8, 0x10, 0x90, 0x65, 0x67, 0x7c, 0xff]);
        (lead, prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(lead, mut rest)| {
            rest.insert(0, lead);
            rest
        })
    };
    let packet = (0i8..3, 0i8..2, 0u8..9, any::<bool>(), payload()).prop_map(
        |(ahead, later, format, marker, payload)| Step::Packet { ahead, later, format, marker, payload },
    );
    let odd = (any::<i8>(), any::<i8>(), 0u8..9, any::<bool>(), payload()).prop_map(
        |(ahead, later, format, marker, payload)| Step::Packet { ahead, later, format, marker, payload },
    );
    let jump =
        (any::<u16>(), any::<u32>(), 0u8..9, payload()).prop_map(|(sequence, timestamp, format, payload)| {
            Step::Jump { sequence, timestamp, format, payload }
        });
    let again = (any::<u8>(), payload()).prop_map(|(back, payload)| Step::Again { back, payload });
    let report = any::<(u64, u32)>().prop_map(|(ntp, timestamp)| Step::Report(ntp, timestamp));
    let pass = (0u16..300).prop_map(Step::Pass);
    let step = prop_oneof![8 => packet, 2 => odd, 1 => jump, 3 => again, 1 => report, 4 => pass];
    prop::collection::vec(step, 1..300)
}

const HELD: usize = 3000;

struct Victim {
    stream: Stream,
    now: Instant,
    sequence: u16,
    timestamp: u32,
    last: Option<u64>,
}

impl Victim {
    fn new(is_video: bool) -> Self {
        let formats =
            [Format::Vp8, Format::Vp9, Format::H264 { mode: 1 }, Format::H265, Format::Av1, Format::Opus];
        let formats = (0..).zip(formats).map(|(number, format)| Codec::new(PayloadType(number), format));
        let config = Config {
            nack: true,
            rtx: (0..6).map(|number| (RTX, PayloadType(number))).collect(),
            red: Some(PayloadType(7)),
            bytes: HELD,
            packets: 64,
            ..Config::new(SSRC, is_video, formats.collect())
        };
        Victim { stream: Stream::new(config), now: at(1000), sequence: 65_500, timestamp: 7, last: None }
    }

    fn give(&mut self, format: u8, marker: bool, payload: &[u8], is_rtx: bool) {
        let header = Header {
            marker,
            payload_type: PayloadType(format),
            sequence_number: self.sequence,
            timestamp: self.timestamp,
            ssrc: SSRC,
        };
        let mut out = Vec::new();
        PacketWriter::new(&mut out, &header, Form::OneByte).payload().extend_from_slice(payload);
        let packet = Packet::parse(&out).expect("sound");
        match is_rtx {
            true => self.stream.receive_rtx(self.now, &packet),
            false => self.stream.receive(self.now, &packet),
        };
        assert!(self.stream.held_bytes() <= HELD, "too much is held");
        assert!(self.stream.packets.end() - self.stream.packets.first() <= 64);
    }

    fn obey(&mut self, step: &Step) {
        match step {
            Step::Packet { ahead, later, format, marker, payload } => {
                self.sequence = self.sequence.wrapping_add_signed((*ahead).into());
                self.timestamp = self.timestamp.wrapping_add_signed(i32::from(*later) * 1000);
                self.give(*format, *marker, payload, false);
            }
            Step::Jump { sequence, timestamp, format, payload } => {
                (self.sequence, self.timestamp) = (*sequence, *timestamp);
                self.give(*format, true, payload, false);
            }
            Step::Again { back, payload } => {
                let original = self.sequence.wrapping_sub((*back).into());
                let wrapped = [&original.to_be_bytes()[..], payload].concat();
                self.give(RTX.0, true, &wrapped, true);
            }
            Step::Report(ntp, timestamp) => {
                let info = SenderInfo { ntp: *ntp, rtp_timestamp: *timestamp, packets: 0, octets: 0 };
                self.stream.on_sender_report(self.now, &info);
                self.stream.report_block(self.now);
            }
            Step::Pass(millis) => {
                self.now += Duration::from_millis((*millis).into());
                self.drain();
            }
        }
    }

    fn drain(&mut self) {
        let mut lost = Vec::new();
        self.stream.poll_nack(self.now, Duration::from_millis(40), usize::MAX, &mut lost);
        assert!(lost.len() <= 1000);
        while let Some(frame) = self.stream.read(self.now) {
            assert!(self.last.is_none_or(|last| frame.first_sequence > last), "frames in order, and once");
            self.last = Some(frame.first_sequence + u64::from(frame.packets) - 1);
        }
        self.stream.poll_key_frame_request(self.now);
        let due = super::due(&self.stream);
        assert!(
            due.is_none_or(|due| due > self.now),
            "what was handled is due no more: {due:?} at {}",
            self.now
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_comes_upsets_a_stream(steps in steps(), is_video in any::<bool>()) {
        let mut victim = Victim::new(is_video);
        steps.iter().for_each(|step| victim.obey(step));
        victim.drain();
    }
}
