//! Two sessions and a link: one side shows pictures or talks, the other one watches or listens.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    reason = "each test uses its part"
)]

use std::time::Duration;

use limpid_netsim::{Link, Pair};
use limpid_rtp::bwe::Limits;
use limpid_rtp::codec::{Format, FrameToSend};
use limpid_rtp::ext::{Kind, Map};
use limpid_rtp::session::{
    Config, Event, Feedback, Inbound, Meaning, Payload, ReceiverId, Section, SenderConfig, Session,
};
use limpid_rtp::{Mid, PayloadType, Ssrc, send};
use limpid_sansio::{Instant, Machine};

/// Thirty pictures a second.
pub const PICTURE: Duration = Duration::from_nanos(33_333_333);
/// Fifty packets of sound a second.
pub const SOUND: Duration = Duration::from_millis(20);
pub const VIDEO_SSRC: Ssrc = Ssrc(0x1111_1111);
pub const AUDIO_SSRC: Ssrc = Ssrc(0x2222_2222);

/// A frame that was read on the other side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Its number.
    pub number: u32,
    /// From the moment that it was written to the moment that it could be read.
    pub delay: Duration,
    pub at: Instant,
    pub is_key: bool,
}

/// One side sends, the other receives.
pub struct Call {
    pub pair: Pair<Session, Session>,
    pub video: ReceiverId,
    pub audio: ReceiverId,
    pub seen: Vec<Seen>,
    pub heard: Vec<Seen>,
    next_picture: Instant,
    next_sound: Instant,
    pub pictures: u32,
    pub sounds: u32,
    /// Bits per second of pictures; `None`: as the estimate says.
    pub bitrate: Option<u64>,
    wants_key: bool,
    /// When each picture and sound was written.
    written: [Vec<Instant>; 2],
    pub key_frames_asked: u32,
    /// What the left side said.
    pub told: Vec<(Instant, Event)>,
}

pub fn video_payloads() -> Vec<Payload> {
    let payload = |number, meaning| Payload {
        payload_type: PayloadType(number),
        meaning,
        clock_rate: 90_000,
        nack: true,
        pli: true,
        fir: true,
    };
    vec![payload(96, Meaning::Media(Format::Vp8)), payload(97, Meaning::Retransmission(PayloadType(96)))]
}

pub fn audio_payloads() -> Vec<Payload> {
    vec![Payload {
        payload_type: PayloadType(111),
        meaning: Meaning::Media(Format::Opus),
        clock_rate: 48_000,
        nack: false,
        pli: false,
        fir: false,
    }]
}

/// A stream of pictures of section `v`, as VP8.
pub fn video_sender(ssrc: Ssrc, repair: Option<Ssrc>) -> SenderConfig {
    SenderConfig {
        ssrc,
        repair,
        mid: Mid::new("v"),
        rid: None,
        payloads: video_payloads(),
        payload_type: PayloadType(96),
        is_video: true,
        history: Duration::from_secs(1),
    }
}

/// A stream of sound of section `a`, as Opus.
pub fn audio_sender(ssrc: Ssrc) -> SenderConfig {
    SenderConfig {
        ssrc,
        repair: None,
        mid: Mid::new("a"),
        rid: None,
        payloads: audio_payloads(),
        payload_type: PayloadType(111),
        is_video: false,
        history: Duration::ZERO,
    }
}

pub fn section(mid: &str, payloads: Vec<Payload>, is_video: bool) -> Section {
    Section { mid: Mid::new(mid), payloads, rids: Vec::new(), is_video }
}

pub fn session(seed: u8, limits: Limits) -> Session {
    let mut config = Config::new([seed; 32], "somebody");
    config.feedback = Feedback::TransportWide;
    config.ntp_epoch = 3_900_000_000 << 32;
    config.bitrate = limits;
    let mut session = Session::new(config);
    let mut map = Map::new();
    for (id, kind) in [(1, Kind::Mid), (3, Kind::TransportWide), (2, Kind::AbsSendTime)] {
        assert!(map.insert(id, kind));
    }
    session.set_extensions(&map);
    session
}

fn feed(session: &mut Session, now: Instant, bytes: &mut [u8]) -> Result<(), core::convert::Infallible> {
    session.handle_input(now, Inbound { ecn: None, bytes })
}

impl Call {
    pub fn new(seed: u64, link: Link) -> Self {
        Self::with_limits(seed, link, Limits::default())
    }

    /// Both sides tell each other of arrivals in this way.
    pub fn with_feedback(seed: u64, link: Link, feedback: Feedback) -> Self {
        let mut call = Self::new(seed, link);
        call.pair.left(|session, _| session.set_feedback(feedback, true));
        call.pair.right(|session, _| session.set_feedback(feedback, true));
        call
    }

    pub fn without_repair(seed: u64, link: Link) -> Self {
        let payloads: Vec<Payload> = video_payloads().into_iter().take(1).collect();
        Self::with(seed, link, Limits::default(), &payloads)
    }

    pub fn with_limits(seed: u64, link: Link, limits: Limits) -> Self {
        Self::with(seed, link, limits, &video_payloads())
    }

    fn with(seed: u64, link: Link, limits: Limits, payloads: &[Payload]) -> Self {
        let (left, mut right) = (session(1, limits), session(2, limits));
        let video = right.add_receiver(Instant::ZERO, section("v", payloads.to_vec(), true), None);
        let audio = right.add_receiver(Instant::ZERO, section("a", audio_payloads(), false), None);
        let pair = Pair::new(seed, link, left, feed, right, feed);
        let mut call = Call {
            pair,
            video,
            audio,
            seen: Vec::new(),
            heard: Vec::new(),
            next_picture: Instant::ZERO,
            next_sound: Instant::ZERO,
            pictures: 0,
            sounds: 0,
            bitrate: None,
            wants_key: true,
            written: [Vec::new(), Vec::new()],
            key_frames_asked: 0,
            told: Vec::new(),
        };
        call.add_senders(payloads.to_vec());
        call
    }

    pub fn add_senders(&mut self, payloads: Vec<Payload>) {
        self.pair.left(|session, now| {
            let video = SenderConfig { payloads, ..video_sender(VIDEO_SSRC, Some(Ssrc(0x1111_1112))) };
            session.add_sender(now, video).expect("free");
            session.add_sender(now, audio_sender(AUDIO_SSRC)).expect("free");
        });
    }

    /// Shows and talks for so long.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.pair.now() + time;
        while self.pair.now() < end {
            let next = self.next_picture.min(self.next_sound).min(end);
            let wait = next.since(self.pair.now());
            let (video, audio) = (self.video, self.audio);
            let (mut seen, mut heard) = (Vec::new(), Vec::new());
            self.pair.run_until(wait, |pair| {
                let now = pair.now();
                for (id, out) in [(video, &mut seen), (audio, &mut heard)] {
                    while let Some(frame) =
                        pair.b.machine.receiver(id).and_then(|receiver| receiver.read(now))
                    {
                        out.push((number_of(frame.data, id == video), now, frame.info.is_key));
                    }
                }
                false
            });
            self.note(seen, heard);
            self.produce();
        }
    }

    fn note(&mut self, seen: Vec<(u32, Instant, bool)>, heard: Vec<(u32, Instant, bool)>) {
        for (at, event) in std::mem::take(&mut self.pair.a.events) {
            self.told.push((at, event));
            // What begins again begins with a picture that needs no other.
            self.wants_key |= event == Event::SendingResumed(VIDEO_SSRC);
            if event == Event::KeyFrameRequested(VIDEO_SSRC) {
                self.wants_key = true;
                self.key_frames_asked += 1;
            }
        }
        for (frames, written, out) in
            [(seen, &self.written[0], &mut self.seen), (heard, &self.written[1], &mut self.heard)]
        {
            out.extend(frames.into_iter().map(|(number, at, is_key)| Seen {
                number,
                delay: at.since(written[number as usize]),
                at,
                is_key,
            }));
        }
    }

    fn produce(&mut self) {
        let now = self.pair.now();
        if now >= self.next_picture {
            self.next_picture += PICTURE;
            let bitrate =
                self.bitrate.unwrap_or_else(|| self.pair.a.machine.target_bitrate().saturating_sub(40_000));
            let len = (bitrate / 8 / 30).clamp(30, 1 << 20) as usize;
            let frame = picture(self.pictures, core::mem::take(&mut self.wants_key), len);
            self.write(VIDEO_SSRC, PICTURE * self.pictures, &frame);
            self.written[0].push(now);
            self.pictures += 1;
        }
        if now >= self.next_sound {
            self.next_sound += SOUND;
            let mut frame = vec![0x78; 80]; // 20 ms of CELT, one frame
            frame[1..5].copy_from_slice(&self.sounds.to_be_bytes());
            self.write(AUDIO_SSRC, SOUND * self.sounds, &frame);
            self.written[1].push(now);
            self.sounds += 1;
        }
    }

    fn write(&mut self, ssrc: Ssrc, media_time: Duration, data: &[u8]) {
        let info = FrameToSend::default();
        let frame = send::Frame { media_time, captured: None, data, info, extras: Default::default() };
        // A frame that is refused is one that the other side misses.
        let _ = self.pair.left(|session, now| session.sender(ssrc).expect("there").write(now, &frame));
    }
}

/// A VP8 frame that is none but for its header, with a number in it.
pub fn picture(number: u32, is_key: bool, len: usize) -> Vec<u8> {
    let mut frame = match is_key {
        true => vec![0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00],
        false => vec![0x11, 0x02, 0x00, 0, 0, 0, 0, 0, 0, 0],
    };
    frame.extend_from_slice(&number.to_be_bytes());
    frame.resize(len.max(14), 7);
    frame
}

fn number_of(data: &[u8], is_video: bool) -> u32 {
    let at = if is_video { 10 } else { 1 };
    u32::from_be_bytes(data[at..at + 4].try_into().expect("long enough"))
}

/// Of the frames that were written, how many per mille were never seen. Those of the last second may be on their way.
pub fn lost_per_mille(seen: &[Seen], written: u32, on_their_way: u32) -> u32 {
    let counted = written.saturating_sub(on_their_way);
    let mut numbers: Vec<u32> =
        seen.iter().map(|seen| seen.number).filter(|&number| number < counted).collect();
    numbers.sort_unstable();
    numbers.dedup();
    (counted - numbers.len() as u32) * 1000 / counted.max(1)
}

/// The delay that so many per cent of the frames do not exceed.
pub fn percentile(seen: &[Seen], percent: usize) -> Duration {
    let mut delays: Vec<Duration> = seen.iter().map(|seen| seen.delay).collect();
    delays.sort_unstable();
    delays.get(delays.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}
