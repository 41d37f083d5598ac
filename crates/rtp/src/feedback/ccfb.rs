//! Records arrivals by SSRC and sequence number and writes feedback about them. RFC 8888.

use alloc::vec::Vec;

use limpid_sansio::serial::Unwrap16;
use limpid_sansio::{Ecn, Instant};

use super::interval::Interval;
use super::window::Window;
use crate::names::Ssrc;
use crate::rtcp::ccfb::{ArrivalOffset, Metric, ReportWriter};

/// The receiver's side of RFC 8888.
///
/// Remembers at most [`Recorder::STREAMS`] streams (the one that was silent longest gives way), and of each the arrivals of
/// the last [`Recorder::WINDOW`] numbers. 16 bytes each.
#[derive(Clone, Debug)]
pub struct Recorder {
    streams: Vec<Stream>,
    interval: Interval,
    last: Option<Instant>,
    due: Option<Instant>,
    /// The stream that the next packet begins with, when the last had no room for it.
    next: usize,
    max_len: usize,
}

impl Default for Recorder {
    fn default() -> Self {
        let (streams, interval) = Default::default();
        Recorder { streams, interval, last: None, due: None, next: 0, max_len: Self::MAX_LEN }
    }
}

#[derive(Clone, Debug)]
struct Stream {
    ssrc: Ssrc,
    unwrap: Unwrap16,
    arrivals: Window<Arrival>,
    /// The first number that was not told, or has changed since.
    untold: u64,
    last: Instant,
}

#[derive(Copy, Clone, Default, Debug)]
struct Arrival {
    at: Instant,
    has_arrived: bool,
    ecn: Option<Ecn>,
}

impl Recorder {
    /// Streams that are remembered.
    pub const STREAMS: usize = 64;
    /// Numbers of a stream that are remembered; what falls out untold is forgotten.
    pub const WINDOW: usize = 1024;
    /// The longest packet that is written, in bytes: one datagram on any path. RFC 8888 §3.1 asks to split what is larger.
    pub const MAX_LEN: usize = 1100;
    /// How many packets may arrive behind the first and have a smaller number.
    const OVERTAKEN: u64 = 16;

    /// Nothing has arrived yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How fast this side may send, in bits per second: feedback is a twentieth of it.
    pub fn set_send_rate(&mut self, bits_per_second: u64) {
        self.interval = Interval::of_rate(bits_per_second);
    }

    /// How long the next packet may be, in bytes: what is left of a datagram. At most, and by default,
    /// [`Recorder::MAX_LEN`]; at least 64.
    pub fn set_max_len(&mut self, bytes: usize) {
        self.max_len = bytes.clamp(64, Self::MAX_LEN);
    }

    /// An RTP packet arrived, with this mark.
    pub fn received(&mut self, now: Instant, ssrc: Ssrc, sequence: u16, ecn: Option<Ecn>) {
        let at = self.stream(ssrc, sequence, now);
        if self.streams[at].received(now, sequence, ecn) {
            let due = self.last.map_or(now, |last| (last + self.interval.get()).max(now));
            self.due.get_or_insert(due);
        }
    }

    fn stream(&mut self, ssrc: Ssrc, sequence: u16, now: Instant) -> usize {
        if let Some(at) = self.streams.iter().position(|stream| stream.ssrc == ssrc) {
            return at;
        }
        let silent = self.streams.iter().enumerate().min_by_key(|(_, stream)| stream.last);
        match silent.filter(|_| self.streams.len() == Self::STREAMS) {
            Some((at, _)) => {
                // The ring is used again.
                let mut arrivals =
                    core::mem::replace(&mut self.streams[at].arrivals, Window::new(Self::WINDOW));
                arrivals.clear();
                self.streams[at] = Stream::new(ssrc, sequence, now, arrivals);
                at
            }
            None => {
                self.streams.push(Stream::new(ssrc, sequence, now, Window::new(Self::WINDOW)));
                self.streams.len() - 1
            }
        }
    }

    /// When feedback is due; `None` while there is nothing to tell.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Appends one RTCP packet when one is due. Call it again until it says `false`. `report_timestamp` is `now` as the middle
    /// 32 bits of an NTP time, on the clock that sender reports use.
    pub fn poll(&mut self, now: Instant, report_timestamp: u32, sender: Ssrc, out: &mut Vec<u8>) -> bool {
        if self.due.is_none_or(|due| now < due) {
            return false;
        }
        let mut writer = ReportWriter::new(out, sender);
        let mut is_full = false;
        while self.next < self.streams.len() && !is_full {
            is_full = self.streams[self.next].report(now, self.max_len, &mut writer);
            self.next += usize::from(!is_full);
        }
        let has_said_something = !writer.is_empty();
        writer.finish(report_timestamp);
        if !has_said_something {
            out.truncate(out.len() - ReportWriter::EMPTY_LEN);
        }
        if !is_full {
            (self.next, self.due, self.last) = (0, None, Some(now));
        }
        has_said_something
    }
}

impl Stream {
    fn new(ssrc: Ssrc, sequence: u16, now: Instant, mut arrivals: Window<Arrival>) -> Self {
        let unwrap = Unwrap16::starting_at(sequence);
        let untold = unwrap.peek(sequence);
        arrivals.reach(untold - Recorder::OVERTAKEN);
        Stream { ssrc, unwrap, arrivals, untold, last: now }
    }

    /// `true`: there is something new to tell.
    fn received(&mut self, now: Instant, sequence: u16, ecn: Option<Ecn>) -> bool {
        self.last = now;
        let number = self.unwrap.advance(sequence);
        let Some(slot) = self.arrivals.reach(number) else { return false };
        let is_marked = ecn == Some(Ecn::Ce) && slot.ecn != ecn;
        if slot.has_arrived && !is_marked {
            return false;
        }
        // Of duplicates the first arrival counts, and any mark of congestion. RFC 8888 §3.1.
        let at = if slot.has_arrived { slot.at } else { now };
        *slot = Arrival { at, has_arrived: true, ecn };
        self.untold = self.untold.min(number).max(self.arrivals.start());
        true
    }

    /// Writes a block about what was not told yet. What was told as received before is told so again where the range covers
    /// it. `true`: not all had room.
    fn report(&mut self, now: Instant, max_len: usize, writer: &mut ReportWriter<'_>) -> bool {
        let end = self.arrivals.end();
        if self.untold >= end {
            return false;
        }
        let room = max_len.saturating_sub(writer.len() + ReportWriter::block_len(0)) / 4 * 2;
        if room == 0 {
            return true;
        }
        let upto = end.min(self.untold + room as u64);
        let metrics = (self.untold..upto).map(|number| {
            let arrival = self.arrivals.get(number).filter(|arrival| arrival.has_arrived)?;
            let ago = now.since(arrival.at).as_nanos() as u64;
            Some(Metric { ecn: arrival.ecn, arrival: ArrivalOffset::from_nanos(ago) })
        });
        writer.block(self.ssrc, self.untold as u16, metrics);
        self.untold = upto;
        upto < end
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::rtcp::ccfb::View;

    fn millis(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    type Told = (u32, u16, Vec<Option<Metric>>);

    fn poll(recorder: &mut Recorder, now: Instant) -> Vec<Told> {
        let (mut told, mut out) = (Vec::new(), Vec::new());
        while recorder.poll(now, 0, Ssrc(1), &mut out) {
            assert!(out.len() <= Recorder::MAX_LEN);
            let view = View::parse(Ssrc(1), &out[8..]).expect("sound");
            told.extend(view.blocks().map(|block| {
                (
                    block.ssrc.0,
                    block.begin_sequence,
                    block.metrics().map(|(_, metric)| metric).collect::<Vec<_>>(),
                )
            }));
            out.clear();
        }
        assert!(out.is_empty());
        told
    }

    fn units(ecn: Option<Ecn>, units: u16) -> Option<Metric> {
        Some(Metric { ecn, arrival: ArrivalOffset::Units(units) })
    }

    #[test]
    fn each_stream_has_a_block_with_its_holes() {
        //~ covers 8888-3.1-g
        let mut recorder = Recorder::new();
        recorder.received(millis(0), Ssrc(5), 0xffff, None);
        recorder.received(millis(0), Ssrc(6), 10, Some(Ecn::Ect1));
        recorder.received(millis(500), Ssrc(5), 1, None);
        let told = poll(&mut recorder, millis(1000));
        let five = std::vec![units(None, 1024), None, units(None, 512)];
        assert_eq!(told, [(5, 0xffff, five), (6, 10, std::vec![units(Some(Ecn::Ect1), 1024)])]);
        assert_eq!((recorder.poll_timeout(), poll(&mut recorder, millis(9999))), (None, Vec::new()));
    }

    #[test]
    fn what_was_received_stays_received_in_a_report_that_covers_it_again() {
        //~ covers 8888-3.1-h
        let mut recorder = Recorder::new();
        for sequence in [10, 12, 13] {
            recorder.received(millis(0), Ssrc(5), sequence, None);
        }
        poll(&mut recorder, millis(0));
        recorder.received(millis(125), Ssrc(5), 11, None);
        let told = poll(&mut recorder, millis(125));
        assert_eq!(told, [(5, 11, std::vec![units(None, 0), units(None, 128), units(None, 128)])]);
    }

    #[test]
    fn of_duplicates_the_first_arrival_counts_and_any_mark() {
        //~ covers 8888-3.1-i, 8888-3.1-j
        let mut recorder = Recorder::new();
        recorder.received(millis(0), Ssrc(5), 1, Some(Ecn::Ect0));
        recorder.received(millis(125), Ssrc(5), 1, Some(Ecn::Ce));
        recorder.received(millis(125), Ssrc(5), 1, Some(Ecn::Ect0));
        assert_eq!(poll(&mut recorder, millis(250)), [(5, 1, std::vec![units(Some(Ecn::Ce), 256)])]);
    }

    #[test]
    fn a_report_that_is_too_large_is_split() {
        //~ covers 8888-3.1-k
        let mut recorder = Recorder::new();
        for sequence in 0..900 {
            recorder.received(millis(1), Ssrc(5), sequence, None);
            recorder.received(millis(1), Ssrc(6), sequence, None);
        }
        let told = poll(&mut recorder, millis(1));
        for ssrc in [5, 6] {
            let all = told.iter().filter(|told| told.0 == ssrc).flat_map(|told| &told.2);
            assert!(all.clone().all(|metric| metric.is_some()) && all.count() == 900);
        }
        assert!(told.len() > 3);
    }

    #[test]
    fn a_flood_of_streams_stays_within_bounds() {
        let mut recorder = Recorder::new();
        for ssrc in 0..10_000 {
            recorder.received(millis(u64::from(ssrc)), Ssrc(ssrc), ssrc as u16, None);
        }
        assert_eq!(recorder.streams.len(), Recorder::STREAMS);
        assert_eq!(poll(&mut recorder, millis(10_000)).len(), Recorder::STREAMS);
        recorder.received(millis(10_001), Ssrc(9999), 40_000, None);
        assert!(recorder.streams.iter().all(|stream| stream.arrivals.len() <= Recorder::WINDOW));
    }
}
