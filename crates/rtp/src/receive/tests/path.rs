//! A stream that goes out and one that comes in, with a path between them that loses and delays, and answers that are lost too.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use super::{RTX, SSRC, VIDEO, picture};
use crate::codec::{Format, FrameToSend};
use crate::elements::ElementIds;
use crate::header::Packet;
use crate::names::Ssrc;
use crate::receive::{Codec, Config, Stream};
use crate::rtx::Rtx;
use crate::send;

const RTX_SSRC: Ssrc = Ssrc(8);
const MS: Duration = Duration::from_millis(1);

enum Event {
    Capture(u32),
    Media(Vec<u8>),
    Nack(Vec<u16>),
    KeyFrame,
    Wake,
}

/// What the path does.
#[derive(Copy, Clone)]
struct Path {
    one_way: Duration,
    /// Of 1000 packets, both ways.
    loss: u64,
    /// Packets take up to so much longer, each for itself.
    jitter: Duration,
}

struct World {
    path: Path,
    events: BTreeMap<(Instant, u64), Event>,
    count: u64,
    chance: u64,
    sender: send::Stream,
    receiver: Stream,
    /// When each frame was captured and read.
    captured: BTreeMap<u32, Instant>,
    read: BTreeMap<u32, Instant>,
    order: Vec<u32>,
    wants_key: bool,
}

impl World {
    fn new(path: Path) -> World {
        let rtx = Rtx { ssrc: RTX_SSRC, payload_type: RTX, first_sequence_number: 65_000 };
        let sender = send::Stream::new(send::Config {
            rtx: Some(rtx),
            first_sequence_number: 65_000,
            first_timestamp: u32::MAX - 100_000,
            ..send::Config::new(SSRC, VIDEO, Format::Vp8)
        });
        let formats = vec![Codec::new(VIDEO, Format::Vp8)];
        let config = Config { nack: true, rtx: vec![(RTX, VIDEO)], ..Config::new(SSRC, true, formats) };
        World {
            path,
            events: BTreeMap::new(),
            count: 0,
            chance: 88_172_645_463_325_252,
            sender,
            receiver: Stream::new(config),
            captured: BTreeMap::new(),
            read: BTreeMap::new(),
            order: Vec::new(),
            wants_key: true,
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) % bound.max(1)
    }

    fn schedule(&mut self, at: Instant, event: Event) {
        self.count += 1;
        self.events.insert((at, self.count), event);
    }

    fn transfer(&mut self, now: Instant, event: Event) {
        if self.below(1000) < self.path.loss {
            return;
        }
        let jitter = Duration::from_nanos(self.below(self.path.jitter.as_nanos() as u64));
        self.schedule(now + self.path.one_way + jitter, event);
    }

    fn capture(&mut self, now: Instant, number: u32) {
        let is_key = core::mem::take(&mut self.wants_key);
        let data = picture(is_key, number, if is_key { 12_000 } else { 3_500 });
        let frame = send::Frame {
            media_time: MS * 33 * number,
            captured: None,
            data: &data,
            info: FrameToSend::default(),
            extras: Default::default(),
        };
        self.sender.write(now, &frame, 1100).expect("there is room");
        self.captured.insert(number, now);
    }

    fn send(&mut self, now: Instant) {
        let mut out = Vec::new();
        while self.sender.poll_packet(now, &ElementIds::default(), &mut out).is_some() {
            let packet = core::mem::take(&mut out);
            self.transfer(now, Event::Media(packet));
        }
    }

    fn receive(&mut self, now: Instant) {
        let mut lost = Vec::new();
        let rtt = self.path.one_way * 2;
        self.receiver.poll_nack(now, rtt, usize::MAX, &mut lost);
        if !lost.is_empty() {
            self.transfer(now, Event::Nack(lost));
        }
        while let Some(frame) = self.receiver.read(now) {
            let number = &frame.data[if frame.info.is_key { 10 } else { 3 }..][..4];
            let number = u32::from_be_bytes(number.try_into().expect("four"));
            assert_eq!(
                frame.data,
                picture(frame.info.is_key, number, if frame.info.is_key { 12_000 } else { 3_500 })
            );
            self.order.push(number);
            self.read.insert(number, now);
        }
        if self.receiver.poll_key_frame_request(now) {
            self.transfer(now, Event::KeyFrame);
        }
        if let Some(at) = super::due(&self.receiver) {
            assert!(at > now, "{at} is still due at {now}");
            self.schedule(at, Event::Wake);
        }
    }

    /// Sends so many frames at 30 a second, and waits for what is under way.
    fn run(&mut self, frames: u32) {
        for number in 0..frames {
            self.schedule(Instant::from_millis(1000) + MS * 33 * number, Event::Capture(number));
        }
        let end = Instant::from_millis(4000) + MS * 33 * frames;
        while let Some(((now, _), event)) = self.events.pop_first().filter(|((at, _), _)| *at <= end) {
            match event {
                Event::Capture(number) => self.capture(now, number),
                Event::Media(bytes) => {
                    let packet = Packet::parse(&bytes).expect("sound");
                    match packet.header.ssrc == SSRC {
                        true => self.receiver.receive(now, &packet),
                        false => self.receiver.receive_rtx(now, &packet),
                    };
                }
                Event::Nack(lost) => self.sender.on_nack(now, lost.into_iter(), self.path.one_way * 2),
                Event::KeyFrame => self.wants_key |= self.sender.on_picture_loss(now),
                Event::Wake => {}
            }
            self.send(now);
            self.receive(now);
        }
    }

    /// How many frames were not read, in 100 000ths.
    fn lost(&self) -> usize {
        (self.captured.len() - self.read.len()) * 100_000 / self.captured.len()
    }

    /// How long frames took beyond the way itself; this share of them, in 1000ths, not longer.
    fn delay(&self, share: usize) -> Duration {
        let mut delays: Vec<_> = self
            .read
            .iter()
            .map(|(number, at)| at.since(self.captured[number] + self.path.one_way))
            .collect();
        delays.sort_unstable();
        delays[(delays.len() - 1) * share / 1000]
    }
}

//~ covers 4588-6.3-b
#[test]
fn five_percent_of_loss_at_50_ms_costs_no_frames_and_less_than_two_round_trips() {
    let path = Path { one_way: MS * 25, loss: 50, jitter: Duration::ZERO };
    let mut world = World::new(path);
    world.run(9000);
    let (lost, most) = (world.lost(), world.delay(950));
    std::println!("lost {lost} of 100 000, delay {most:?} of 95 %, {:?} of 99 %", world.delay(990));
    assert!(world.order.is_sorted(), "in order");
    assert!(lost < 100, "less than 0.1 %: {lost}");
    assert!(most < MS * 100, "{most:?}");
    assert!(world.sender.stats().retransmitted_packets_sent * 100 < world.sender.stats().packets_sent * 8);
}

#[test]
fn jitter_that_reorders_packets_loses_nothing() {
    let path = Path { one_way: MS * 40, loss: 0, jitter: MS * 15 };
    let mut world = World::new(path);
    world.run(2000);
    assert_eq!((world.lost(), world.order.is_sorted()), (0, true));
    assert!(world.delay(1000) < MS * 60, "{:?}", world.delay(1000));
}

#[test]
fn a_path_that_loses_a_third_still_shows_pictures() {
    let path = Path { one_way: MS * 20, loss: 330, jitter: MS * 3 };
    let mut world = World::new(path);
    world.run(1500);
    assert!(world.order.is_sorted() && world.lost() < 50_000, "{}", world.lost());
}
