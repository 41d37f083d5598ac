//! Frames in order: what to read, what to wait for, what to give up.

use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use super::decodable::{Number, is_decodable};
use super::frames::Span;
use super::packets::Entry;
use super::{Codec, Frame, Stream};
use crate::codec::{Depacketizer, Format, FrameInfo};
use crate::names::PayloadType;

/// A missing packet of a picture is waited for at least so long, and for so many round trips: enough for five requests in a
/// row. At 5 % loss both ways one in a hundred thousand gets no answer to any of them.
const SHORTEST_REPAIR: Duration = Duration::from_millis(400);
const REPAIR_ROUND_TRIPS: u32 = 8;
/// Without requests a picture waits only for what was overtaken.
const OVERTAKING: Duration = Duration::from_millis(40);
/// A buffer for frames that grew beyond this is given back when it was needed once.
const LARGEST_KEPT: usize = 1 << 20;

/// Where the reader stands.
#[derive(Debug)]
pub(super) struct Reading {
    frame: Vec<u8>,
    has_begun: bool,
    /// What is at the front may be the rest of a broken frame, of this timestamp and payload type.
    resyncs: bool,
    broken: Option<(u64, PayloadType)>,
    /// What precedes the front is not known: it may be the middle of a frame.
    is_torn: bool,
    lost_before: bool,
    needs_key: bool,
    last: Option<FrameInfo>,
    /// Of the last packet of that frame.
    last_frame_number: Option<u16>,
}

impl Reading {
    pub(super) fn new(is_video: bool) -> Self {
        Reading {
            frame: Vec::new(),
            has_begun: false,
            resyncs: false,
            broken: None,
            is_torn: true,
            lost_before: false,
            needs_key: is_video,
            last: None,
            last_frame_number: None,
        }
    }

    pub(super) fn restart(&mut self, is_video: bool) {
        let lost_before = self.has_begun;
        *self = Reading { frame: core::mem::take(&mut self.frame), lost_before, ..Reading::new(is_video) };
    }

    /// Packets are given up, for who reads them one by one.
    pub(super) fn lose_packets(&mut self) {
        self.lost_before = self.has_begun;
    }

    /// Keeps the bytes of a packet until the next is read. Whether something is missing before it.
    pub(super) fn keep(&mut self, bytes: &[u8]) -> bool {
        self.frame.clear();
        self.frame.extend_from_slice(bytes);
        core::mem::take(&mut self.lost_before)
    }

    /// What was kept.
    pub(super) fn kept(&self) -> &[u8] {
        &self.frame
    }

    /// What the last frame that was read is counted by.
    fn last_number(&self) -> Number {
        let picture_id = self.last.as_ref().and_then(|last| last.picture_id);
        Number { picture_id, frame_number: self.last_frame_number }
    }

    /// Something was read or dropped: what came before the first packet is too old.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }
}

enum Step {
    Read(Span, FrameInfo),
    Again,
}

impl Stream {
    /// The next frame. `None`: none is complete, or one before it is still waited for.
    ///
    /// Call it after each packet and each timeout until it gives `None`. Frames are handed out as soon as their turn has
    /// come, mostly before [`Frame::playout`], so that they can be decoded in time.
    pub fn read(&mut self, now: Instant) -> Option<Frame<'_>> {
        loop {
            match self.step(now)? {
                Step::Again => {}
                Step::Read(span, info) => return self.deliver(now, span, info),
            }
        }
    }

    fn step(&mut self, now: Instant) -> Option<Step> {
        let first = self.packets.first();
        if self.skips(first) {
            self.advance(first + 1);
            return Some(Step::Again);
        }
        if self.reading.resyncs && self.packets.get(first).is_some() {
            (self.reading.resyncs, self.reading.broken) = (false, None);
        }
        if let Some(&span) = self.frames.front().filter(|span| span.first == first) {
            return Some(self.try_read(span));
        }
        if let Some(next) = self.goes_on_at() {
            self.advance(next);
            return Some(Step::Again);
        }
        if let Some(step) = self.key_frame_ahead() {
            return Some(step);
        }
        if self.gives_up_at().is_some_and(|at| at <= now) {
            let gap = self.packets.gap()?;
            let next = self.packets.present_from(gap)?;
            self.give_up_until(next);
            return Some(Step::Again);
        }
        None
    }

    /// Where the next frame begins, if nothing of the pictures is missing before it though numbers are. What had those was
    /// parity or padding, which no sender keeps: it would be waited for in vain.
    pub(super) fn goes_on_at(&self) -> Option<u64> {
        self.packets.gap()?;
        let span = self.frames.front().filter(|span| !span.is_broken)?;
        let brings_nothing = |sequence| self.packets.get(sequence).is_none_or(|entry| entry.is_filler);
        let goes_on = self.number(span.first).follows(self.reading.last_number())
            && (self.packets.first()..span.first).all(brings_nothing);
        goes_on.then_some(span.first)
    }

    /// What the frame of this packet is counted by.
    fn number(&self, sequence: u64) -> Number {
        let Some(entry) = self.packets.get(sequence) else { return Number::default() };
        let codec = self.codec(entry.payload_type);
        let picture_id = codec.and_then(|codec| Depacketizer::new(codec.format).picture_id(entry.payload()));
        Number { picture_id, frame_number: entry.frame_number }
    }

    /// Whether the packet at the front brings nothing: filler, or the rest of a frame that was given up.
    pub(super) fn skips(&self, first: u64) -> bool {
        self.packets.get(first).is_some_and(|entry| {
            let is_rest = self.reading.broken == Some((entry.timestamp, entry.payload_type));
            entry.is_filler || (self.reading.resyncs && (is_rest || !entry.begins))
        })
    }

    /// The frame at the front: read, or dropped because it is broken or can not be decoded.
    fn try_read(&mut self, span: Span) -> Step {
        let is_torn = core::mem::take(&mut self.reading.is_torn);
        let info = if span.is_broken { None } else { self.depacketize(span) };
        let Some((info, format)) = info.filter(|(info, format)| !is_torn || is_whole(*format, info)) else {
            self.drop_frame(span);
            self.lose();
            return Step::Again;
        };
        if self.reading.needs_key
            && !self.number(span.first).follows(self.reading.last_number())
            && !is_decodable(format, self.reading.last.as_ref(), &info)
        {
            self.drop_frame(span);
            self.reading.lost_before = true;
            self.key_frames.want();
            return Step::Again;
        }
        Step::Read(span, info)
    }

    fn drop_frame(&mut self, span: Span) {
        self.stats.frames_dropped += 1;
        self.advance(span.end);
    }

    /// Only a frame that depends on no other is of use now.
    pub(super) fn needs_key_frame(&self) -> bool {
        self.reading.needs_key
    }

    /// Something that others may need is gone.
    fn lose(&mut self) {
        self.reading.lost_before = true;
        if self.config.is_video && !self.config.by_packet {
            if self.reading.needs_key {
                self.key_frames.want();
            }
            self.reading.needs_key = true;
        }
    }

    /// While only a key frame helps, one that is complete is read though packets before it are missing.
    fn key_frame_ahead(&mut self) -> Option<Step> {
        if !self.reading.needs_key {
            return None;
        }
        let untried = self.frames.iter_mut().find(|span| !span.was_tried && !span.is_broken)?;
        untried.was_tried = true;
        let span = *untried;
        match self.depacketize(span) {
            Some((info, format))
                if info.is_key && (self.packets.follows(span.first) || is_whole(format, &info)) =>
            {
                self.reading.lost_before |= self.reading.has_begun;
                self.give_up_until(span.first);
                (self.reading.resyncs, self.reading.is_torn) = (false, false);
                Some(Step::Read(span, info))
            }
            _ => Some(Step::Again),
        }
    }

    /// The frame of these packets, into the buffer.
    fn depacketize(&mut self, span: Span) -> Option<(FrameInfo, Format)> {
        let first = self.packets.get(span.first)?;
        let format = self.codec(first.payload_type)?.format;
        let out = &mut self.reading.frame;
        if out.capacity() > LARGEST_KEPT && out.len() < LARGEST_KEPT / 4 {
            *out = Vec::new();
        }
        out.clear();
        let packets = &self.packets;
        let mut payloads = (span.first..span.end)
            .filter_map(|sequence| packets.get(sequence))
            .filter(|entry| !entry.is_filler)
            .map(Entry::payload);
        let info = Depacketizer::new(format).depacketize(&mut payloads, out).ok()?;
        Some((info, format))
    }

    /// When the missing packet that the reader waits for is given up. `None`: none is waited for.
    pub(super) fn gives_up_at(&self) -> Option<Instant> {
        let gap = self.packets.gap()?;
        let next = self.packets.present_from(gap).and_then(|next| self.packets.get(next))?;
        if !self.config.is_video {
            let clock_rate = self.codec(next.payload_type).map_or(0, |codec| codec.clock_rate);
            return Some(self.playout.at(next.arrived, next.timestamp, clock_rate).unwrap_or(next.arrived));
        }
        // One that is not known to be missing was asked for often enough.
        let Some(since) = self.losses.since(gap) else {
            return Some(next.arrived);
        };
        let longest = match self.config.nack {
            true => (self.rtt * REPAIR_ROUND_TRIPS).max(SHORTEST_REPAIR).min(self.config.longest_repair),
            false => OVERTAKING.max(self.playout.target()).min(self.config.longest_repair),
        };
        Some(since + longest)
    }

    /// Gives up what is missing below this number, and the frame that it tears.
    pub(super) fn give_up_until(&mut self, next: u64) {
        let first = self.packets.first();
        let last = (first..next).rev().find_map(|sequence| self.packets.get(sequence));
        if let Some(entry) = last.filter(|entry| !entry.is_filler) {
            self.reading.broken = (!entry.ends).then_some((entry.timestamp, entry.payload_type));
        }
        self.stats.frames_dropped += u64::from(self.config.is_video);
        (self.reading.resyncs, self.reading.is_torn) = (true, true);
        self.lose();
        self.advance(next);
    }

    pub(super) fn advance(&mut self, next: u64) {
        self.reading.has_begun = true;
        self.packets.release_until(next);
        self.frames.forget_below(next);
        self.losses.forget_below(next);
    }

    fn deliver(&mut self, now: Instant, span: Span, info: FrameInfo) -> Option<Frame<'_>> {
        let first = self.packets.get(span.first)?;
        let last = self.packets.get(span.end - 1)?;
        let (timestamp, payload_type, began) = (first.timestamp, first.payload_type, first.arrived);
        let (extras, marker, frame_number) = (last.extras, last.marker, last.frame_number);
        let Codec { format, clock_rate, .. } = self.codec(payload_type)?;
        let arrivals = (span.first..span.end).filter_map(|sequence| self.packets.get(sequence));
        let completed = arrivals.map(|entry| entry.arrived).max()?;
        self.advance(span.end);
        self.key_frames.read(info.is_key);
        let playout = self.playout.leave(now, timestamp, clock_rate);
        self.stats.frames_received += 1;
        self.stats.key_frames_received += u64::from(info.is_key);
        self.stats.jitter_buffer_delay += playout.max(now).since(began);
        self.stats.jitter_buffer_target_delay += self.playout.target();
        self.stats.jitter_buffer_emitted_count += 1;
        let by_report = self.mapping.ntp(timestamp as u32, clock_rate);
        self.reading.needs_key = false;
        (self.reading.last, self.reading.last_frame_number) = (Some(info), frame_number);
        Some(Frame {
            timestamp,
            payload_type,
            format,
            data: &self.reading.frame,
            info,
            marker,
            playout,
            completed,
            captured: extras.capture_time.map(|time| time.by_sender()).or(by_report),
            extras,
            lost_before: core::mem::take(&mut self.reading.lost_before),
            first_sequence: span.first,
            packets: (span.end - span.first) as u32,
        })
    }
}

/// Whether a frame is whole though nothing is known of the packet before it: of most formats the first packet says that a
/// frame begins with it. A packet of H.264 or H.265 may begin with any slice; there the parameter sets come first, which say
/// the size.
fn is_whole(format: Format, info: &FrameInfo) -> bool {
    !matches!(format, Format::H264 { .. } | Format::H265) || info.size.is_some()
}
