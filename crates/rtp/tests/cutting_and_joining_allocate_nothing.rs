//! Counts allocations of a stream in its stride: frames cut into payloads, payloads made frames. None.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use limpid_rtp::PayloadType;
use limpid_rtp::codec::{Depacketizer, FirstIds, Format, FrameToSend, Packetizer, red};

/// One payload after the other in one buffer, and where each ends.
#[derive(Default)]
struct Payloads {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Payloads {
    fn fill(&mut self, packetizer: &mut Packetizer, frame: &[u8]) {
        self.bytes.clear();
        self.ends.clear();
        packetizer.start(frame, &FrameToSend::default(), 1200).unwrap();
        while packetizer.next_payload(frame, &mut self.bytes).is_some() {
            self.ends.push(self.bytes.len());
        }
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = core::iter::once(&0).chain(&self.ends);
        begins.zip(&self.ends).map(|(begin, end)| &self.bytes[*begin..*end])
    }
}

#[test]
fn a_stream_in_its_stride_allocates_nothing() {
    let noise: Vec<u8> = (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 1).collect();
    let with = |head: &[u8]| [head, &noise].concat();
    let frames = [
        (Format::Vp8, with(&[0x10, 1, 2, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00])),
        (Format::Vp9, with(&[0x82, 0x49, 0x83, 0x42, 0x20, 0x13, 0xf0, 0x0e, 0xf0])),
        (Format::H264 { mode: 1 }, with(&[0, 0, 1, 0x67, 9, 9, 0, 0, 1, 0x68, 9, 0, 0, 1, 0x65])),
        (Format::H265, with(&[0, 0, 1, 64, 1, 9, 0, 0, 1, 66, 1, 9, 0, 0, 1, 38, 1])),
        (Format::Av1, with(&[0x0a, 2, 1, 1, 0x30])),
        (Format::Opus, with(&[])[..200].to_vec()),
    ];
    for (format, mut frame) in frames {
        if format == Format::Opus {
            frame[0] = 0xfc;
        }
        let mut packetizer = Packetizer::new(format, FirstIds::default());
        let mut depacketizer = Depacketizer::new(format);
        let (mut payloads, mut back) = (Payloads::default(), Vec::new());
        let mut turn = || {
            payloads.fill(&mut packetizer, &frame);
            back.clear();
            depacketizer.depacketize(&mut payloads.iter(), &mut back).unwrap();
            back.len()
        };
        assert!(turn() >= frame.len());
        let counted = allocation_counter::measure(|| {
            for _ in 0..10 {
                turn();
            }
        });
        assert_eq!(counted.count_total, 0, "{format:?}");
    }
}

#[test]
fn redundancy_uses_its_buffers_again() {
    let (mut sender, mut out) = (red::Sender::new(PayloadType(111), 2), Vec::with_capacity(2000));
    let mut send = |timestamp: u32| {
        out.clear();
        sender.write(timestamp, &[7; 300], 1200, &mut out)
    };
    (0..4).for_each(|number| assert!(send(number * 960)));
    let counted = allocation_counter::measure(|| (4..40).for_each(|number| assert!(send(number * 960))));
    assert_eq!(counted.count_total, 0);
}
