//! Two associations and the wires between them: delay, loss, duplication and reordering by a seed.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // each test file uses its part

use std::collections::BTreeMap;
use std::time::Duration;

use limpid_crypto::{Random, null};
use limpid_sansio::conformance::checked_drain;
use limpid_sansio::wire::Writer;
use limpid_sansio::{Instant, Machine};
use limpid_sctp::chunk::{Chunk, ChunkType, Init};
use limpid_sctp::packet::{self, Packet};
use limpid_sctp::param::{self, ParameterType};
use limpid_sctp::{
    Association, ChannelConfig, ChannelId, Config, Event, Inbound, Kind, Parity, State, WriteError,
};

pub const MS: fn(u64) -> Duration = Duration::from_millis;

/// What a wire does to packets.
#[derive(Copy, Clone, Debug)]
pub struct Link {
    pub delay: Duration,
    pub jitter: Duration,
    /// Per cent.
    pub loss: u32,
    pub duplicate: u32,
}

/// A narrow place in front of each wire: bytes per second, and how many bytes wait before it.
#[derive(Copy, Clone, Debug)]
pub struct Bottleneck {
    pub rate: u64,
    pub queue: u64,
}

impl Link {
    pub const PERFECT: Link =
        Link { delay: Duration::from_millis(5), jitter: Duration::ZERO, loss: 0, duplicate: 0 };
}

/// Decides about a packet by side, running number and bytes: `false` drops it.
pub type Filter = Box<dyn FnMut(usize, usize, &[u8]) -> bool>;

/// What came on one channel.
pub type Messages = Vec<(Kind, Vec<u8>)>;

pub struct Net {
    pub ends: [Association; 2],
    pub events: [Vec<Event>; 2],
    pub now: Instant,
    pub link: Link,
    pub filter: Option<Filter>,
    /// Every packet that an end sent, with its sender, dropped or not.
    pub log: Vec<(Instant, usize, Vec<u8>)>,
    /// Reads on `Readable`.
    pub reading: [bool; 2],
    pub received: [BTreeMap<ChannelId, Messages>; 2],
    wire: BTreeMap<(Instant, u64), (usize, Vec<u8>)>,
    random: Random,
    sequence: u64,
    counts: [usize; 2],
    pub keep_log: bool,
    pub bottleneck: Option<Bottleneck>,
    busy_until: [Instant; 2],
}

pub fn config(seed: u8) -> Config {
    Config { max_datagram: 1200, ..Config::new(null::provider(), [seed; 32]) }
}

pub fn start() -> Instant {
    Instant::from_millis(1000)
}

impl Net {
    pub fn new(a: Config, b: Config, link: Link) -> Self {
        let mut ends = [Association::new(a, start()), Association::new(b, start())];
        ends[0].set_parity(Parity::Even);
        ends[1].set_parity(Parity::Odd);
        Net {
            ends,
            events: Default::default(),
            now: start(),
            link,
            filter: None,
            log: Vec::new(),
            reading: [true, true],
            received: Default::default(),
            wire: BTreeMap::new(),
            random: Random::from_seed([77; 32]),
            sequence: 0,
            counts: [0, 0],
            keep_log: true,
            bottleneck: None,
            busy_until: [start(); 2],
        }
    }

    /// Both ends begin at once, as in WebRTC, and meet.
    pub fn connected(link: Link) -> Self {
        Net::connected_with(config(1), config(2), link)
    }

    pub fn connected_with(a: Config, b: Config, link: Link) -> Self {
        let mut net = Net::new(a, b, link);
        net.connect(0);
        net.connect(1);
        net.run_until(MS(600_000), |net| net.is_up());
        assert!(net.is_up(), "no association after ten minutes");
        net
    }

    pub fn is_up(&self) -> bool {
        self.ends.iter().all(|end| end.state() == State::Established)
    }

    pub fn connect(&mut self, side: usize) {
        self.ends[side].connect(self.now);
        self.flush(side);
    }

    /// Opens a channel at end 0 and waits until both know of it. Its handles at end 0 and 1.
    pub fn channel(&mut self, config: ChannelConfig) -> (ChannelId, ChannelId) {
        let ours = self.ends[0].open_channel(self.now, config).unwrap();
        self.flush(0);
        let before = self.events[1].len();
        let accepted = |event: &Event| match event {
            Event::ChannelAccepted(id) => Some(*id),
            _ => None,
        };
        self.run_until(MS(100_000), |net| {
            net.events[1][before..].iter().any(|event| accepted(event).is_some())
                && net.events[0].contains(&Event::ChannelOpened(ours))
        });
        let theirs = self.events[1][before..].iter().find_map(accepted).expect("the channel was accepted");
        (ours, theirs)
    }

    pub fn write(&mut self, side: usize, id: ChannelId, bytes: &[u8]) -> Result<(), WriteError> {
        self.ends[side].write(self.now, id, Kind::Binary, bytes)
    }

    /// Writes and sends.
    pub fn send(&mut self, side: usize, id: ChannelId, bytes: &[u8]) {
        self.write(side, id, bytes).unwrap();
        self.flush(side);
    }

    /// Drains one end, checking the rules of the contract on the way.
    pub fn flush(&mut self, side: usize) {
        let (events, received) = (&mut self.events[side], &mut self.received[side]);
        let reading = self.reading[side];
        let sent = checked_drain(&mut self.ends[side], self.now, |end, event| {
            if let (Event::Readable(id), true) = (event, reading) {
                while let Some(message) = end.read(id) {
                    received.entry(id).or_default().push((message.kind, message.bytes.to_vec()));
                }
            }
            events.push(event);
        });
        for (_, bytes) in sent {
            self.carry(side, bytes);
        }
    }

    fn carry(&mut self, side: usize, bytes: Vec<u8>) {
        let number = self.counts[side];
        self.counts[side] += 1;
        if self.keep_log {
            self.log.push((self.now, side, bytes.clone()));
        }
        if self.filter.as_mut().is_some_and(|keep| !keep(side, number, &bytes)) {
            return;
        }
        let Some(queued) = self.queue_up(side, bytes.len() as u64) else { return };
        let copies = 1 + u32::from(self.random.below(100) < self.link.duplicate);
        for _ in 0..copies {
            if self.random.below(100) >= self.link.loss {
                let jitter = self.random.below(self.link.jitter.as_micros() as u32 + 1);
                self.inject(
                    1 - side,
                    queued + self.link.delay + Duration::from_micros(jitter.into()),
                    bytes.clone(),
                );
            }
        }
    }

    /// How long a packet takes to get through the bottleneck; `None`: its queue is full.
    fn queue_up(&mut self, side: usize, len: u64) -> Option<Duration> {
        let Some(Bottleneck { rate, queue }) = self.bottleneck else { return Some(Duration::ZERO) };
        let begin = self.busy_until[side].max(self.now);
        let waiting = begin.since(self.now).as_nanos() as u64 / 1000 * rate / 1_000_000;
        if waiting > queue {
            return None;
        }
        self.busy_until[side] = begin + Duration::from_nanos(len * 1_000_000_000 / rate);
        Some(self.busy_until[side].since(self.now))
    }

    /// Puts a packet on the wire to an end.
    pub fn inject(&mut self, to: usize, delay: Duration, bytes: Vec<u8>) {
        self.sequence += 1;
        self.wire.insert((self.now + delay, self.sequence), (to, bytes));
    }

    /// Hands a packet to an end now.
    pub fn deliver(&mut self, to: usize, bytes: &[u8]) {
        let _ = self.ends[to].handle_input(self.now, Inbound { ecn: None, bytes });
        self.flush(to);
    }

    /// The next thing that happens, if it does before `until`.
    pub fn step(&mut self, until: Instant) -> bool {
        let packet = self.wire.first_key_value().map(|(key, _)| key.0);
        let timeout = Instant::earliest(self.ends[0].poll_timeout(), self.ends[1].poll_timeout());
        let Some(next) = Instant::earliest(packet, timeout).filter(|next| *next <= until) else {
            self.now = self.now.max(until);
            return false;
        };
        self.now = self.now.max(next);
        if packet.is_some_and(|at| at <= next) {
            let (_, (to, bytes)) = self.wire.pop_first().unwrap();
            self.deliver(to, &bytes);
        } else {
            for side in 0..2 {
                if self.ends[side].poll_timeout().is_some_and(|at| at <= self.now) {
                    let _ = self.ends[side].handle_timeout(self.now);
                    self.flush(side);
                }
            }
        }
        true
    }

    /// Goes on until the condition holds, at most so long. Whether it does.
    pub fn run_until(&mut self, time: Duration, mut done: impl FnMut(&mut Net) -> bool) -> bool {
        let until = self.now + time;
        while !done(self) {
            if !self.step(until) {
                return done(self);
            }
        }
        true
    }

    pub fn run(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    pub fn messages(&self, side: usize, id: ChannelId) -> Vec<Vec<u8>> {
        let all = self.received[side].get(&id).map_or(&[][..], Vec::as_slice);
        all.iter().map(|(_, bytes)| bytes.clone()).collect()
    }

    /// Types of the chunks that an end sent, packet by packet.
    pub fn sent(&self, side: usize) -> Vec<Vec<ChunkType>> {
        let of_side = self.log.iter().filter(|entry| entry.1 == side);
        of_side.map(|entry| kinds(&entry.2)).collect()
    }
}

/// The chunk types of a packet.
pub fn kinds(packet: &[u8]) -> Vec<ChunkType> {
    chunks(packet).iter().map(|chunk| chunk.kind).collect()
}

pub fn chunks(packet: &[u8]) -> Vec<Chunk<'_>> {
    Packet::parse(packet).unwrap().chunks().map(Result::unwrap).collect()
}

pub fn tag(packet: &[u8]) -> u32 {
    Packet::parse(packet).unwrap().verification_tag
}

/// A packet of our making.
pub fn forge(tag: u32, write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    packet::begin(&mut writer, 5000, 5000, tag);
    write(&mut writer);
    packet::finish(&mut out);
    out
}

/// Bytes that tell their place.
pub fn pattern(seed: usize, len: usize) -> Vec<u8> {
    (0..len).map(|at| (at.wrapping_mul(31) ^ (at >> 8) ^ seed.wrapping_mul(131)) as u8).collect()
}

/// An INIT with so many streams each way, first TSN 7.
pub fn init_chunk(tag: u32, a_rwnd: u32, streams: u16, params: &[(u16, &[u8])]) -> Vec<u8> {
    let mut value = Vec::new();
    for word in [tag, a_rwnd, u32::from(streams) << 16 | u32::from(streams), 7] {
        value.extend_from_slice(&word.to_be_bytes());
    }
    let mut writer = Writer::new(&mut value);
    params.iter().for_each(|(kind, bytes)| param::write(&mut writer, ParameterType(*kind), &[bytes]));
    raw_chunk(1, 0, &value)
}

pub fn raw_chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let mut chunk = vec![kind, flags];
    chunk.extend_from_slice(&(value.len() as u16 + 4).to_be_bytes());
    chunk.extend_from_slice(value);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

/// What a lone end answers to one packet.
pub fn answer(end: &mut Association, packet: &[u8]) -> Vec<Vec<u8>> {
    end.handle_input(start(), Inbound { ecn: None, bytes: packet }).unwrap();
    let mut out = Vec::new();
    let mut all = Vec::new();
    while end.poll_transmit(start(), &mut out).is_some() {
        all.push(std::mem::take(&mut out));
    }
    all
}

/// Sends INIT to a lone end: the cookie that it gives, and its tag.
pub fn knock(end: &mut Association) -> (Vec<u8>, u32) {
    let packet = forge(0, |writer| writer.bytes(&init_chunk(0x77, 1 << 20, 100, &[])));
    let answers = answer(end, &packet);
    let ack = chunks(&answers[0]);
    let init = Init::parse(&ack[0]).unwrap();
    (init.cookie().unwrap().to_vec(), init.initiate_tag)
}
