//! What a stream counts, in the words of the W3C's statistics, and RFC 3550's loss and jitter (A.1, A.3, A.8).

use core::time::Duration;

use limpid_sansio::Instant;
use limpid_sansio::serial::Unwrap16;

use crate::clock::Ntp;
use crate::names::PayloadType;

/// What a stream that goes out has counted, and what the receiver said of it. W3C `RTCOutboundRtpStreamStats` and
/// `RTCRemoteInboundRtpStreamStats`.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Outbound {
    /// Packets, retransmissions and padding included.
    pub packets_sent: u64,
    /// Bytes of payload, retransmissions included, without padding.
    pub bytes_sent: u64,
    /// Bytes of headers and of padding.
    pub header_bytes_sent: u64,
    /// Packets that were sent again.
    pub retransmitted_packets_sent: u64,
    /// Bytes of payload that were sent again.
    pub retransmitted_bytes_sent: u64,
    /// Packets that only fill the path.
    pub padding_packets_sent: u64,
    /// Frames whose last packet was sent.
    pub frames_sent: u64,
    /// Key frames among them.
    pub key_frames_sent: u64,
    /// How long packets waited from being written to being sent, summed up.
    pub total_packet_send_delay: Duration,
    /// Sequence numbers that were asked for again.
    pub nack_count: u64,
    /// NACK packets in which they were.
    pub nack_packets: u64,
    /// Picture Loss Indications that came.
    pub pli_count: u64,
    /// Full Intra Requests that came, repetitions not counted.
    pub fir_count: u64,
    /// Requests for a packet that was too young, too old, or beyond the budget.
    pub retransmissions_refused: u64,
    /// The last report block.
    pub remote: Option<RemoteInbound>,
}

/// How the other side receives our stream. RFC 3550 §6.4.1.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct RemoteInbound {
    /// Lost since the stream began; duplicates make it negative.
    pub packets_lost: i32,
    /// Lost in the last interval, in 256ths.
    pub fraction_lost: u8,
    /// In units of the stream's clock.
    pub jitter: u32,
    /// The last one measured.
    pub round_trip_time: Option<Duration>,
    /// Of all that were measured.
    pub total_round_trip_time: Duration,
    /// How many were measured.
    pub round_trip_time_measurements: u64,
}

/// What a stream that comes in has counted. W3C `RTCInboundRtpStreamStats`.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Inbound {
    /// Packets on the stream's own SSRC, duplicates included (RFC 3550 A.3).
    pub packets_received: u64,
    /// Bytes of their payload.
    pub bytes_received: u64,
    /// Bytes of their headers and padding.
    pub header_bytes_received: u64,
    /// Packets expected less packets received; duplicates make it negative.
    pub packets_lost: i64,
    /// Packets that came twice.
    pub packets_duplicated: u64,
    /// Packets that came after their frame had been read or given up.
    pub packets_discarded: u64,
    /// Interarrival jitter, in units of the clock.
    pub jitter: u32,
    /// Packets that came again, by RTX.
    pub retransmitted_packets_received: u64,
    /// Bytes of their payload.
    pub retransmitted_bytes_received: u64,
    /// Packets that were restored from redundancy or parity.
    pub fec_packets_received: u64,
    /// Packets of parity that came: W3C `fecPacketsReceived`.
    pub parity_packets_received: u64,
    /// Those among them that could not be read, or protect nothing of this stream.
    pub parity_packets_discarded: u64,
    /// Frames that were complete and read.
    pub frames_received: u64,
    /// Key frames among them.
    pub key_frames_received: u64,
    /// Frames that were dropped: incomplete, or of no use without one that was lost.
    pub frames_dropped: u64,
    /// Sequence numbers that we asked for again.
    pub nack_count: u64,
    /// NACK packets in which they were.
    pub nack_packets: u64,
    /// Key frames that we asked for.
    pub pli_count: u64,
    /// From the first packet of each frame to its playout, summed over `jitter_buffer_emitted_count`.
    pub jitter_buffer_delay: Duration,
    /// The delay that the buffer aimed at, summed likewise.
    pub jitter_buffer_target_delay: Duration,
    /// Frames that left the buffer.
    pub jitter_buffer_emitted_count: u64,
    /// The last packet of the stream's own SSRC: when it came, and its payload type.
    pub last_packet: Option<(Instant, PayloadType)>,
    /// The last sender report.
    pub remote: Option<RemoteOutbound>,
}

/// What the other side says of a stream that it sends. RFC 3550 §6.4.1; W3C `RTCRemoteOutboundRtpStreamStats`.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct RemoteOutbound {
    /// Packets, modulo 2³².
    pub packets_sent: u32,
    /// Bytes of their payload, modulo 2³².
    pub bytes_sent: u32,
    /// How many reports came.
    pub reports: u64,
    /// The sender's time of the last one.
    pub sent_at: Ntp,
    /// When that came.
    pub came: Instant,
}

/// RFC 3550's account of one SSRC: extended highest sequence number, loss, jitter.
#[derive(Clone, Debug)]
pub(crate) struct Reception {
    numbers: Option<Numbers>,
    /// What a source that began anew would send next (A.1's `bad_seq`).
    restart: Option<u16>,
    received: u64,
    expected_prior: u64,
    received_prior: u64,
    jitter: Jitter,
}

#[derive(Copy, Clone, Debug)]
struct Numbers {
    unwrap: Unwrap16,
    /// Whole turns that are added, so that full numbers go on growing when a source begins anew.
    turns: u64,
    base: u64,
    highest: u64,
}

impl Numbers {
    fn starting_at(sequence: u16, turns: u64) -> Self {
        let unwrap = Unwrap16::starting_at(sequence);
        let base = turns + unwrap.peek(sequence);
        Numbers { unwrap, turns, base, highest: base }
    }

    fn peek(&self, sequence: u16) -> u64 {
        self.turns + self.unwrap.peek(sequence)
    }
}

/// A.1: a jump ahead of this size or more is no loss but another sequence.
pub(crate) const MAX_DROPOUT: u64 = 3000;
/// A.1: older than this is no reordering but another sequence.
pub(crate) const MAX_MISORDER: u64 = 100;

/// What a sequence number means.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// The full number, which never wraps.
    At(u64),
    /// The source began anew here: nothing that was before counts.
    Restarted(u64),
    /// Too far from all others; the next number would confirm a new beginning.
    OutOfRange,
}

impl Reception {
    pub(crate) fn new() -> Self {
        let jitter = Jitter::default();
        Reception { numbers: None, restart: None, received: 0, expected_prior: 0, received_prior: 0, jitter }
    }

    /// Places the sequence number of a packet that came on the SSRC. `is_awaited` says whether an old number was asked for.
    ///
    /// Deviation: A.1's probation (two packets in a row before a source counts) is left out: SRTP authenticates packets.
    pub(crate) fn place(&mut self, sequence: u16, is_awaited: impl FnOnce(u64) -> bool) -> Place {
        let Some(numbers) = &mut self.numbers else {
            return Place::At(self.begin(sequence, 0));
        };
        let full = numbers.peek(sequence);
        let is_ahead = full > numbers.highest && full - numbers.highest < MAX_DROPOUT;
        let is_late = full <= numbers.highest && (numbers.highest - full <= MAX_MISORDER || is_awaited(full));
        if is_ahead || is_late {
            numbers.unwrap.advance(sequence);
            numbers.highest = numbers.highest.max(full);
            self.received += 1;
            self.restart = None;
            return Place::At(full);
        }
        if self.restart == Some(sequence) {
            let turns = (numbers.highest | 0xffff) + 1;
            return Place::Restarted(self.begin(sequence, turns));
        }
        self.restart = Some(sequence.wrapping_add(1));
        Place::OutOfRange
    }

    fn begin(&mut self, sequence: u16, turns: u64) -> u64 {
        let numbers = Numbers::starting_at(sequence, turns);
        self.numbers = Some(numbers);
        (self.restart, self.received, self.expected_prior, self.received_prior) = (None, 1, 0, 0);
        self.jitter.forget_transit();
        numbers.base
    }

    /// The full number of a sequence number that came by another way (RTX). `None` before the first packet.
    pub(crate) fn peek(&self, sequence: u16) -> Option<u64> {
        Some(self.numbers.as_ref()?.peek(sequence))
    }

    /// The highest full number that came.
    pub(crate) fn highest(&self) -> Option<u64> {
        Some(self.numbers.as_ref()?.highest)
    }

    /// Expected less received since the sequence began (A.3). Negative when packets came twice.
    pub(crate) fn lost(&self) -> i64 {
        (self.expected() as i64).saturating_sub(self.received as i64)
    }

    fn expected(&self) -> u64 {
        self.numbers.as_ref().map_or(0, |numbers| numbers.highest - numbers.base + 1)
    }

    /// The account of the interval since the last call: the fraction lost in 256ths, clamped cumulative loss, and the
    /// extended highest sequence number.
    pub(crate) fn report(&mut self) -> Option<(u8, i32, u32)> {
        let numbers = self.numbers?;
        let expected = self.expected();
        let expected_interval = expected - self.expected_prior;
        let received_interval = self.received - self.received_prior;
        (self.expected_prior, self.received_prior) = (expected, self.received);
        let lost = expected_interval.saturating_sub(received_interval);
        let fraction = (lost << 8).checked_div(expected_interval).unwrap_or(0).min(255) as u8;
        let cumulative = self.lost().clamp(-0x80_0000, 0x7f_ffff) as i32;
        // Cycles are counted from the first packet on, whose own number had none.
        let extended = numbers.highest - (numbers.base & !0xffff);
        Some((fraction, cumulative, extended as u32))
    }

    pub(crate) fn jitter(&mut self) -> &mut Jitter {
        &mut self.jitter
    }

    pub(crate) fn jitter_value(&self) -> u32 {
        self.jitter.value()
    }
}

/// The interarrival jitter of A.8, in units of the clock.
#[derive(Copy, Clone, Default, Debug)]
pub(crate) struct Jitter {
    clock_rate: u32,
    /// Arrival less timestamp, of the last packet.
    transit: Option<u32>,
    /// Sixteen times the jitter.
    scaled: u32,
}

impl Jitter {
    /// A packet came that was sent once. Another clock rate begins a new comparison (RFC 7160 §4.3): the two timestamps have
    /// different units.
    pub(crate) fn arrived(&mut self, now: Instant, timestamp: u32, clock_rate: u32) {
        if self.clock_rate != clock_rate {
            let scaled = u64::from(self.scaled) * u64::from(clock_rate);
            self.scaled = scaled.checked_div(u64::from(self.clock_rate)).unwrap_or(0) as u32;
            (self.clock_rate, self.transit) = (clock_rate, None);
        }
        let arrival = (u128::from(now.as_nanos()) * u128::from(clock_rate) / 1_000_000_000) as u32;
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(last) = self.transit.replace(transit) {
            let difference = (transit.wrapping_sub(last) as i32).unsigned_abs();
            self.scaled = self.scaled.saturating_add(difference) - ((self.scaled.saturating_add(8)) >> 4);
        }
    }

    /// The next packet begins a new comparison.
    pub(crate) fn forget_transit(&mut self) {
        self.transit = None;
    }

    pub(crate) fn value(&self) -> u32 {
        self.scaled >> 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 7160-4.3-a
    #[test]
    fn another_clock_begins_another_comparison_of_arrivals() {
        let mut jitter = Jitter::default();
        for packet in 0..100u32 {
            let now = Instant::from_millis(u64::from(packet) * 20 + u64::from(packet % 2) * 5);
            jitter.arrived(now, packet * 160, 8000);
        }
        let before = jitter.value();
        assert!((37..=40).contains(&before), "{before}");
        jitter.arrived(Instant::from_millis(2000), 77_777_777, 48_000);
        assert_eq!(jitter.value() / 6, before, "the same time in other units");
    }

    #[test]
    fn full_numbers_grow_when_a_source_begins_anew() {
        let mut reception = Reception::new();
        assert_eq!((reception.peek(5), reception.report()), (None, None));
        let Place::At(first) = reception.place(65_535, |_| false) else { panic!("the first") };
        assert_eq!(reception.place(1, |_| false), Place::At(first + 2));
        assert_eq!(reception.place(30_000, |_| true), Place::OutOfRange);
        let Place::Restarted(anew) = reception.place(30_001, |_| false) else {
            panic!("the second in a row")
        };
        assert!(anew > first + 2 && anew as u16 == 30_001);
        assert_eq!(reception.place(29_800, |_| false), Place::OutOfRange);
        assert_eq!(reception.place(29_800, |_| true), Place::At(anew - 201), "it was asked for");
        assert_eq!(reception.report(), Some((0, -1, 30_001)));
    }

    #[test]
    fn loss_is_clamped_to_its_24_bits() {
        let mut reception = Reception::new();
        let mut sequence = 0u16;
        for _ in 0..3000 {
            reception.place(sequence, |_| false);
            sequence = sequence.wrapping_add(2999);
        }
        assert_eq!(reception.report().map(|report| report.1), Some(0x7f_ffff));
        assert!(reception.lost() > 0x7f_ffff);
    }
}
