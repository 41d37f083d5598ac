//! How long it takes to cut a frame into payloads and to put it together: `cargo run --release -p limpid-rtp --example payload_speed`.
#![allow(clippy::disallowed_methods, reason = "measures the real time")]

use std::hint::black_box;
use std::time::Instant;

use limpid_rtp::codec::{Depacketizer, FirstIds, Format, FrameToSend, Packetizer};

/// Bytes of a frame: one of 50 a second at 12 Mbit/s.
const FRAME: usize = 30_000;

/// Payloads one behind the other, and where each ends.
#[derive(Default)]
struct Payloads {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Payloads {
    fn cut(&mut self, packetizer: &mut Packetizer, frame: &[u8]) {
        self.bytes.clear();
        self.ends.clear();
        packetizer.start(frame, &FrameToSend::default(), 1200).expect("a sound frame");
        while packetizer.next_payload(frame, &mut self.bytes).is_some() {
            self.ends.push(self.bytes.len());
        }
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&0).chain(&self.ends).zip(&self.ends).map(|(begin, end)| &self.bytes[*begin..*end])
    }
}

/// The median of seven runs, in nanoseconds.
fn median(mut run: impl FnMut()) -> f64 {
    const TURNS: u32 = 2000;
    let mut times: Vec<_> = (0..7)
        .map(|_| {
            let start = Instant::now();
            (0..TURNS).for_each(|_| run());
            start.elapsed().as_nanos() as f64 / f64::from(TURNS)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[3]
}

fn main() {
    let noise: Vec<u8> = (0..FRAME as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let with = |head: &[u8]| [head, &noise].concat();
    let frames = [
        (Format::Vp8, with(&[0x11])),
        (Format::Vp9, with(&[0x86])),
        (Format::H264 { mode: 1 }, with(&[0, 0, 0, 1, 0x41])),
        (Format::H265, with(&[0, 0, 0, 1, 2, 1])),
        (Format::Av1, with(&[0x30])),
    ];
    println!("{FRAME} bytes in payloads of 1200\n{:24} {:>12} {:>12}", "", "cut", "join");
    for (format, frame) in frames {
        let mut packetizer = Packetizer::new(format, FirstIds::default());
        let mut depacketizer = Depacketizer::new(format);
        let (mut payloads, mut back) = (Payloads::default(), Vec::new());
        let cut = median(|| payloads.cut(black_box(&mut packetizer), black_box(&frame)));
        let join = median(|| {
            back.clear();
            assert!(depacketizer.depacketize(black_box(&mut payloads.iter()), &mut back).is_ok());
        });
        let packets = payloads.ends.len() as f64;
        let name = format!("{format:?}");
        println!("{name:24} {:6.0} ns/pkt {:6.0} ns/pkt", cut / packets, join / packets);
    }
}
