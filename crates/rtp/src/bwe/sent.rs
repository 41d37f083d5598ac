//! Packets that were sent, until feedback about them comes.

use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use super::probe::ProbeId;
use crate::feedback::window::Window;
use crate::names::Ssrc;

/// What became of a packet.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
enum Fate {
    /// Its number was skipped.
    #[default]
    NotSent,
    Unknown,
    Lost,
    Arrived,
}

#[derive(Copy, Clone, Default, Debug)]
struct Packet {
    sent: Instant,
    size: u32,
    probe: Option<ProbeId>,
    fate: Fate,
}

/// A packet that feedback says has arrived.
#[derive(Copy, Clone, Debug)]
pub(super) struct Arrival {
    pub(super) sent: Instant,
    /// Nanoseconds on the receiver's clock.
    pub(super) arrived: i64,
    /// Bytes.
    pub(super) size: u32,
    pub(super) probe: Option<ProbeId>,
    /// It was told as lost before.
    pub(super) was_lost: bool,
}

/// The last packets, at most [`Sent::LIMIT`] of them and none older than [`Sent::KEEP`]. 32 bytes each.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    packets: Window<Packet>,
    highest_arrived: Option<u64>,
    /// The first number that no feedback has spoken of.
    untold: u64,
    streams: Vec<Stream>,
}

/// Which transport-wide numbers the packets of one stream have: for feedback by SSRC.
#[derive(Clone, Debug)]
struct Stream {
    ssrc: Ssrc,
    /// By the low bits of the sequence number: it, and the transport-wide number.
    numbers: Vec<(u16, u64)>,
}

impl Sent {
    pub(super) const LIMIT: usize = 16_384;
    pub(super) const KEEP: Duration = Duration::from_secs(10);
    /// Streams that feedback by SSRC can be matched for. The oldest gives way.
    const STREAMS: usize = 64;
    /// Numbers of one stream that feedback by SSRC can be matched for.
    const STREAM_WINDOW: usize = 2048;

    pub(super) const fn new() -> Self {
        Sent { packets: Window::new(Self::LIMIT), highest_arrived: None, untold: 0, streams: Vec::new() }
    }

    pub(super) fn add(&mut self, now: Instant, number: u64, size: usize, probe: Option<ProbeId>) {
        let keep = now - Self::KEEP;
        let mut first = self.packets.start();
        while self.packets.get(first).is_some_and(|packet| packet.sent < keep) {
            first += 1;
        }
        self.packets.forget_before(first);
        if let Some(slot) = self.packets.reach(number) {
            let size = u32::try_from(size).unwrap_or(u32::MAX);
            *slot = Packet { sent: now, size, probe, fate: Fate::Unknown };
        }
    }

    /// The packet with this number carries this RTP packet.
    pub(super) fn add_rtp(&mut self, number: u64, ssrc: Ssrc, sequence: u16) {
        let at = self.streams.iter().position(|stream| stream.ssrc == ssrc).unwrap_or_else(|| {
            if self.streams.len() == Self::STREAMS {
                self.streams.remove(0);
            }
            let mut numbers = Vec::new();
            numbers.resize(Self::STREAM_WINDOW, (0, u64::MAX));
            self.streams.push(Stream { ssrc, numbers });
            self.streams.len() - 1
        });
        self.streams[at].numbers[usize::from(sequence) % Self::STREAM_WINDOW] = (sequence, number);
    }

    /// The transport-wide number of an RTP packet.
    pub(super) fn number_of(&self, ssrc: Ssrc, sequence: u16) -> Option<u64> {
        let stream = self.streams.iter().find(|stream| stream.ssrc == ssrc)?;
        let (found, number) = stream.numbers[usize::from(sequence) % Self::STREAM_WINDOW];
        (found == sequence && number != u64::MAX).then_some(number)
    }

    /// The newest number with these low bits among those that were used. One that was never sent comes out as one that was
    /// forgotten long ago.
    pub(super) fn newest(&self, low: u16) -> Option<u64> {
        let last = self.packets.end().checked_sub(1)?;
        last.checked_sub(u64::from((last as u16).wrapping_sub(low)))
    }

    /// A packet arrived. `None`: it was never sent, is forgotten, or was told before.
    pub(super) fn arrived(&mut self, number: u64, arrived: i64) -> Option<Arrival> {
        let packet = self.packets.get_mut(number)?;
        if matches!(packet.fate, Fate::Arrived | Fate::NotSent) {
            return None;
        }
        let was_lost = packet.fate == Fate::Lost;
        packet.fate = Fate::Arrived;
        self.highest_arrived = self.highest_arrived.max(Some(number));
        let Packet { sent, size, probe, .. } = *packet;
        Some(Arrival { sent, arrived, size, probe, was_lost })
    }

    /// Feedback speaks of the numbers from `first` to `end`. Returns the bytes of those before that none spoke of.
    pub(super) fn untold_before(&mut self, first: u64, end: u64) -> u64 {
        let from = self.untold.max(self.packets.start());
        let known = (from..first.min(self.packets.end())).filter_map(|number| self.packets.get(number));
        let bytes =
            known.filter(|packet| packet.fate == Fate::Unknown).map(|packet| u64::from(packet.size)).sum();
        self.untold = self.untold.max(end.min(self.packets.end()));
        bytes
    }

    /// Of the numbers from `first` on, `count` of them, those that did not arrive count as lost from now on, if a later one
    /// did. Returns how many are new.
    pub(super) fn lost_between(&mut self, first: u64, count: u64) -> u32 {
        let Some(highest) = self.highest_arrived else { return 0 };
        let end = first.saturating_add(count).min(highest);
        (first.max(self.packets.start())..end).map(|number| u32::from(self.lost(number))).sum()
    }

    /// The packet counts as lost from now on, if a later one arrived. `true`: that is new.
    pub(super) fn lost(&mut self, number: u64) -> bool {
        let is_overtaken = self.highest_arrived.is_some_and(|highest| number < highest);
        match self.packets.get_mut(number) {
            Some(packet) if is_overtaken && packet.fate == Fate::Unknown => {
                packet.fate = Fate::Lost;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn a_packet_arrives_once_and_may_do_so_after_it_was_lost() {
        let mut sent = Sent::new();
        for number in 100..110 {
            sent.add(millis(number), number, 1000, None);
        }
        assert!(sent.arrived(104, 7).is_some_and(|packet| packet.sent == millis(104) && !packet.was_lost));
        assert!(
            sent.arrived(104, 7).is_none() && sent.arrived(110, 7).is_none() && sent.arrived(99, 7).is_none()
        );
        assert_eq!(sent.lost_between(0, u64::MAX), 4, "only what was overtaken");
        assert_eq!(sent.lost_between(0, u64::MAX), 0, "once");
        assert!(sent.arrived(102, 9).is_some_and(|packet| packet.was_lost));
    }

    #[test]
    fn low_bits_name_a_number_that_was_used() {
        let mut sent = Sent::new();
        assert_eq!(sent.newest(5), None);
        sent.add(millis(1), 0x2_0003, 1000, None);
        assert_eq!([3, 2, 4].map(|low| sent.newest(low)), [Some(0x2_0003), Some(0x2_0002), Some(0x1_0004)]);
    }

    #[test]
    fn packets_of_a_stream_are_found_by_their_sequence_number() {
        let mut sent = Sent::new();
        for number in 0..5000 {
            sent.add_rtp(number, Ssrc(number as u32 % 2), number as u16);
        }
        assert_eq!(sent.number_of(Ssrc(1), 4999), Some(4999));
        assert_eq!(sent.number_of(Ssrc(0), 4999), None);
        assert_eq!(sent.number_of(Ssrc(1), 999), None, "overwritten");
        for ssrc in 0..1000 {
            sent.add_rtp(1, Ssrc(ssrc), 1);
        }
        assert_eq!(sent.streams.len(), Sent::STREAMS);
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let mut sent = Sent::new();
        for number in 0..100_000 {
            sent.add(millis(number * 10), number, 1000, None);
            assert!(sent.packets.len() <= 1002);
        }
        for number in 0..100_000 {
            sent.add(millis(2_000_000), 200_000 + number, 1000, None);
        }
        assert_eq!(sent.packets.len(), Sent::LIMIT);
    }
}
