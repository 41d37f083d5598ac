//! Records arrivals by transport-wide number and writes feedback about them.
//! draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.

use alloc::vec::Vec;

use limpid_sansio::Instant;
use limpid_sansio::serial::Unwrap16;

use super::interval::Interval;
use super::window::Window;
use crate::names::Ssrc;
use crate::rtcp::twcc::{self, Heading, TICKS_PER_SECOND};

/// The receiver's side of transport-wide feedback.
///
/// Remembers the arrivals of at most [`Recorder::WINDOW`] numbers in a row; what is older is forgotten untold. 8 bytes each.
#[derive(Clone, Debug)]
pub struct Recorder {
    unwrap: Option<Unwrap16>,
    /// Ticks since the driver's epoch, plus one; 0: not here, or told already.
    arrivals: Window<u64>,
    /// The first number that the next feedback speaks of.
    untold: u64,
    feedback_count: u8,
    interval: Interval,
    last: Option<Instant>,
    due: Option<Instant>,
    stale_in_a_row: u32,
    max_len: usize,
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder {
            unwrap: None,
            arrivals: Window::new(Self::WINDOW),
            untold: 0,
            feedback_count: 0,
            interval: Interval::default(),
            last: None,
            due: None,
            stale_in_a_row: 0,
            max_len: Self::MAX_LEN,
        }
    }
}

impl Recorder {
    /// Numbers in a row whose arrival can be remembered.
    pub const WINDOW: usize = 4096;
    /// The longest packet that is written, in bytes: one datagram on any path.
    pub const MAX_LEN: usize = 1100;
    /// After so many packets in a row that are older than the window, the sender has begun to count anew.
    const RESYNC: u32 = 64;
    /// How many packets may arrive behind the first and have a smaller number.
    const OVERTAKEN: u64 = 64;
    const NANOS_PER_TICK: u64 = 1_000_000_000 / TICKS_PER_SECOND;

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

    /// A packet with this transport-wide number arrived.
    pub fn received(&mut self, now: Instant, sequence: u16) {
        let number = match &mut self.unwrap {
            Some(unwrap) => unwrap.advance(sequence),
            none => {
                let number = none.insert(Unwrap16::starting_at(sequence)).peek(sequence);
                // The first packet may have overtaken some.
                self.arrivals.reach(number - Self::OVERTAKEN);
                self.untold = number;
                number
            }
        };
        let Some(slot) = self.arrivals.reach(number) else {
            self.stale_in_a_row += 1;
            if self.stale_in_a_row >= Self::RESYNC {
                self.begin_anew();
            }
            return;
        };
        self.stale_in_a_row = 0;
        if *slot == 0 {
            *slot = now.as_nanos() / Self::NANOS_PER_TICK + 1;
        }
        self.untold = self.untold.min(number).max(self.arrivals.start());
        let due = self.last.map_or(now, |last| (last + self.interval.get()).max(now));
        self.due.get_or_insert(due);
    }

    fn begin_anew(&mut self) {
        self.unwrap = None;
        self.arrivals.clear();
        self.stale_in_a_row = 0;
        self.due = None;
    }

    /// When feedback is due; `None` while there is nothing to tell.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Appends one RTCP packet when one is due. Call it again until it says `false`.
    pub fn poll(&mut self, now: Instant, sender: Ssrc, media: Ssrc, out: &mut Vec<u8>) -> bool {
        if self.due.is_none_or(|due| now < due) {
            return false;
        }
        let heading =
            Heading { sender, media, base_sequence: self.untold as u16, feedback_count: self.feedback_count };
        let arrivals = &self.arrivals;
        let ticks = (self.untold..arrivals.end()).map(|number| arrivals.get(number)?.checked_sub(1));
        let told = u64::from(twcc::write(out, &heading, ticks, self.max_len));
        for number in self.untold..self.untold + told {
            // Told once: a later packet that covers it again says "not received". §3.1.1.
            if let Some(slot) = self.arrivals.get_mut(number) {
                *slot = 0;
            }
        }
        self.untold += told;
        if told == 0 || self.untold >= self.arrivals.end() {
            self.due = None;
            self.untold = self.arrivals.end();
            self.last = Some(now);
        }
        self.feedback_count = self.feedback_count.wrapping_add(u8::from(told > 0));
        told > 0
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::rtcp::twcc::{Status, View};

    fn millis(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// Base, count of the packet, and what it says.
    fn poll(recorder: &mut Recorder, now: Instant) -> Option<(u16, u8, Vec<bool>)> {
        let mut out = Vec::new();
        if !recorder.poll(now, Ssrc(1), Ssrc(2), &mut out) {
            assert!(out.is_empty());
            return None;
        }
        let padding = if out[0] & 0x20 != 0 { usize::from(out[out.len() - 1]) } else { 0 };
        let view = View::parse(Ssrc(1), Ssrc(2), &out[12..out.len() - padding]).expect("sound");
        let received = view.statuses().map(|(_, status)| status != Status::NotReceived).collect();
        Some((view.base_sequence, view.feedback_count, received))
    }

    #[test]
    fn each_arrival_is_told_once_and_holes_are_told_as_holes() {
        //~ covers twcc-3.1-a, twcc-3.1-d
        let mut recorder = Recorder::new();
        assert_eq!(recorder.poll_timeout(), None);
        recorder.received(millis(1), 0xfffe);
        assert_eq!(poll(&mut recorder, millis(1)), Some((0xfffe, 0, std::vec![true])));
        recorder.received(millis(2), 0xffff);
        recorder.received(millis(3), 2);
        assert_eq!(recorder.poll_timeout(), Some(millis(101)));
        assert_eq!(poll(&mut recorder, millis(100)), None);
        let told = std::vec![true, false, false, true];
        assert_eq!(poll(&mut recorder, millis(101)), Some((0xffff, 1, told)));
        assert_eq!((poll(&mut recorder, millis(999)), recorder.poll_timeout()), (None, None));
    }

    #[test]
    fn a_late_packet_lowers_the_base_and_what_was_told_is_not_told_again() {
        //~ covers twcc-3.1.1-b
        let mut recorder = Recorder::new();
        for sequence in [10, 12, 13] {
            recorder.received(millis(1), sequence);
        }
        assert_eq!(poll(&mut recorder, millis(1)), Some((10, 0, std::vec![true, false, true, true])));
        recorder.received(millis(90), 11);
        recorder.received(millis(91), 14);
        assert_eq!(poll(&mut recorder, millis(101)), Some((11, 1, std::vec![true, false, false, true])));
    }

    #[test]
    fn leaps_and_new_counters_stay_within_the_window() {
        let mut recorder = Recorder::new();
        recorder.received(millis(1), 0);
        recorder.received(millis(2), 30_000);
        while poll(&mut recorder, millis(1000)).is_some() {}
        // Far behind: ignored, until it is plain that the sender began anew.
        for late in 0..Recorder::RESYNC as u16 {
            recorder.received(millis(1100), 20_000 + late);
            assert_eq!(recorder.poll_timeout(), None);
        }
        recorder.received(millis(1200), 20_100);
        assert_eq!(poll(&mut recorder, millis(1300)).map(|told| told.0), Some(20_100));
        assert!(recorder.arrivals.len() <= Recorder::WINDOW);
    }

    #[test]
    fn much_at_once_is_told_in_several_packets() {
        let mut recorder = Recorder::new();
        recorder.set_send_rate(10_000_000);
        for sequence in 0..4000u16 {
            recorder.received(millis(u64::from(sequence) * 70), sequence * 2);
        }
        let mut out = Vec::new();
        let (mut packets, mut len) = (0, 0);
        while recorder.poll(millis(280_000), Ssrc(1), Ssrc(2), &mut out) {
            assert!(out.len() - len <= Recorder::MAX_LEN);
            (packets, len) = (packets + 1, out.len());
        }
        // 2048 of them lie in the window, two bytes and two of seven symbols each.
        assert!((4..=8).contains(&packets), "{packets} packets");
    }
}
