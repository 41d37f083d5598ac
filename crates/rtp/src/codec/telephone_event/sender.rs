//! When to send which report: the tones of an `RTCDTMFSender`, one after the other. RFC 4733 §2.5.1; WebRTC 1.0 §7.2.

use alloc::collections::VecDeque;
use core::fmt;
use core::time::Duration;

use limpid_sansio::Instant;

use super::{Event, MAX_DURATION, code_of};

/// Tones that may wait, commas with them.
pub const MAX_TONES: usize = 256;

/// Between two reports: the spacing of audio packets, which RFC 4733 §2.5.1.2 calls the natural one.
const INTERVAL: Duration = Duration::from_millis(20);

/// How often the last report of an event, or of a segment, is sent. RFC 4733 §2.5.1.4.
const FINALS: u8 = 3;

/// How long a comma waits. WebRTC 1.0 §7.2.
const COMMA: Duration = Duration::from_secs(2);

/// Between which bounds a tone lasts. WebRTC 1.0 §7.2.
const DURATIONS: (Duration, Duration) = (Duration::from_millis(40), Duration::from_secs(6));

/// And the pause after it; the upper bound is that of browsers.
const GAPS: (Duration, Duration) = (Duration::from_millis(30), Duration::from_secs(6));

/// How loud: 10 dB below 0 dBm0, a usual level of telephones.
const VOLUME: u8 = 10;

/// What [`Sender::poll`] has to tell.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// A tone, or the wait of a comma, begins: the W3C's `tonechange`.
    Began(char),
    /// Send this in a packet.
    Report(Report),
    /// No tone is left: `tonechange` with an empty string.
    Finished,
}

/// One payload, and what its packet needs.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The payload.
    pub payload: [u8; 4],
    /// The marker bit: the first report of an event.
    pub marker: bool,
    /// When the event began. Its packets have the timestamp of that moment …
    pub begun: Instant,
    /// … plus so many ticks, which are not 0 in the later segments of a long event.
    pub timestamp_offset: u32,
}

/// Why tones were not taken.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum BadTones {
    /// A character that is neither a key nor a comma.
    Unknown(char),
    /// A key that the other side did not list.
    Unlisted(char),
    /// More than [`MAX_TONES`].
    TooMany,
}

impl fmt::Display for BadTones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadTones::Unknown(tone) => write!(f, "{tone:?} is no key of a telephone"),
            BadTones::Unlisted(tone) => write!(f, "the other side does not take {tone:?}"),
            BadTones::TooMany => write!(f, "more than {MAX_TONES} tones"),
        }
    }
}

impl core::error::Error for BadTones {}

/// Plays tones, one after the other. Holds at most [`MAX_TONES`] of them.
#[derive(Debug)]
pub struct Sender {
    clock_rate: u32,
    /// A bit for each key that may be sent.
    listed: u16,
    waiting: VecDeque<char>,
    duration: Duration,
    gap: Duration,
    state: State,
}

#[derive(Copy, Clone, Debug)]
enum State {
    Idle,
    /// The next tone begins then.
    Pause(Instant),
    Sounding(Sounding),
}

/// An event under way.
#[derive(Copy, Clone, Debug)]
struct Sounding {
    code: u8,
    begun: Instant,
    /// All of it, in ticks and as time.
    total: u32,
    duration: Duration,
    gap: Duration,
    /// Where the segment at hand begins, in ticks from the begin.
    segment: u32,
    is_first: bool,
    /// How often the last report of this segment was sent.
    finals: u8,
    next: Instant,
}

impl Sender {
    /// `clock_rate` is that of the `a=rtpmap` of telephone-event, in ticks a second.
    pub const fn new(clock_rate: u32) -> Self {
        Sender {
            clock_rate,
            listed: u16::MAX,
            waiting: VecDeque::new(),
            duration: DURATIONS.0,
            gap: GAPS.0,
            state: State::Idle,
        }
    }

    /// Sends only keys that the other side's `a=fmtp` lists, such as `0-15,66`; from then on, all others are refused. Until
    /// this is said, all sixteen are sent (RFC 4733 §2.5.1.1).
    pub fn restrict(&mut self, fmtp: &str) {
        let range = |item: &str| {
            let (first, last) = item.split_once('-').unwrap_or((item, item));
            Some(first.trim().parse::<u8>().ok()?..=last.trim().parse().ok()?)
        };
        self.listed = fmtp.split(',').filter_map(range).fold(0, |listed, range| {
            (0..16).filter(|code| range.contains(code)).fold(listed, |bits, code| bits | 1 << code)
        });
    }

    /// Plays these tones after the one that sounds now, in place of all that wait: keys `0` to `9`, `A` to `D`, `*`, `#`, and
    /// `,` for a pause of two seconds. Durations are held between 40 ms and 6 s, gaps between 30 ms and 6 s.
    pub fn insert(
        &mut self,
        now: Instant,
        tones: &str,
        duration: Duration,
        gap: Duration,
    ) -> Result<(), BadTones> {
        let is_unknown = |tone: &char| *tone != ',' && code_of(*tone).is_none();
        if let Some(unknown) = tones.chars().find(is_unknown) {
            return Err(BadTones::Unknown(unknown));
        }
        let is_unlisted = |tone: &char| code_of(*tone).is_some_and(|code| self.listed >> code & 1 == 0);
        if let Some(unlisted) = tones.chars().find(is_unlisted) {
            return Err(BadTones::Unlisted(unlisted));
        }
        if tones.len() > MAX_TONES {
            return Err(BadTones::TooMany);
        }
        self.waiting.clear();
        self.waiting.extend(tones.chars().map(|tone| tone.to_ascii_uppercase()));
        self.duration = duration.clamp(DURATIONS.0, DURATIONS.1);
        self.gap = gap.clamp(GAPS.0, GAPS.1);
        if matches!(self.state, State::Idle) && !self.waiting.is_empty() {
            self.state = State::Pause(now);
        }
        Ok(())
    }

    /// The tones that wait: the W3C's `toneBuffer`.
    pub fn waiting(&self) -> impl Iterator<Item = char> + '_ {
        self.waiting.iter().copied()
    }

    /// Whether a tone fills this moment: then no other sound is sent.
    pub fn sounds_at(&self, now: Instant) -> bool {
        matches!(&self.state, State::Sounding(tone) if now < tone.begun + tone.duration)
    }

    /// When [`poll`](Sender::poll) has something to tell.
    pub const fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Idle => None,
            State::Pause(until) => Some(*until),
            State::Sounding(sounding) => Some(sounding.next),
        }
    }

    /// The next thing that is due.
    pub fn poll(&mut self, now: Instant) -> Option<Output> {
        match &mut self.state {
            State::Pause(until) if *until <= now => Some(self.next_tone(now)),
            State::Sounding(sounding) if sounding.next <= now => {
                let (report, ends) = sounding.report(now, self.clock_rate);
                if let Some(pause) = ends {
                    self.state = State::Pause(pause);
                }
                Some(Output::Report(report))
            }
            _ => None,
        }
    }

    fn next_tone(&mut self, now: Instant) -> Output {
        let Some(tone) = self.waiting.pop_front() else {
            self.state = State::Idle;
            return Output::Finished;
        };
        self.state = match code_of(tone) {
            None => State::Pause(now + COMMA),
            Some(code) => State::Sounding(Sounding {
                code,
                begun: now,
                total: ticks(self.duration, self.clock_rate),
                duration: self.duration,
                gap: self.gap,
                segment: 0,
                is_first: true,
                finals: 0,
                next: now + INTERVAL,
            }),
        };
        Output::Began(tone)
    }
}

impl Sounding {
    /// The report that is due, and when the next tone begins if this was the last.
    fn report(&mut self, now: Instant, clock_rate: u32) -> (Report, Option<Instant>) {
        let lasted = ticks(now.since(self.begun), clock_rate).min(self.total);
        let in_segment = lasted - self.segment;
        let fills_segment = in_segment > u32::from(MAX_DURATION);
        let is_end = lasted == self.total && !fills_segment;
        let event = Event {
            code: self.code,
            is_end,
            volume: VOLUME,
            // Never 0, which would mean without end.
            duration: in_segment.clamp(1, u32::from(MAX_DURATION)) as u16,
        };
        let report = Report {
            payload: event.to_bytes(),
            marker: self.is_first,
            begun: self.begun,
            timestamp_offset: self.segment,
        };
        self.is_first = false;
        self.next = now + INTERVAL;
        self.finals += u8::from(fills_segment || is_end);
        if self.finals == FINALS {
            if is_end {
                return (report, Some((self.begun + self.duration + self.gap).max(now)));
            }
            self.finals = 0;
            self.segment += u32::from(MAX_DURATION);
        } else if self.finals == 0 {
            // The end itself is not to be late.
            self.next = self.next.min(self.begun + self.duration);
        }
        (report, None)
    }
}

fn ticks(duration: Duration, clock_rate: u32) -> u32 {
    let ticks = duration.as_micros() * u128::from(clock_rate) / 1_000_000;
    u32::try_from(ticks).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
