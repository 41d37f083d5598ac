//! Sender and receiver reports. RFC 3550 §6.4.
//!
//! ```text
//! |V=2|P|   RC    |  PT=200, 201  |            length             |
//! |                        SSRC of sender                         |
//! |  NTP timestamp (64) | RTP timestamp | packets | octets  (200) |
//! |  report block: SSRC                                      ×RC  |
//! |  fraction lost |        cumulative number of packets lost     |
//! |           extended highest sequence number received           |
//! |                      interarrival jitter                      |
//! |         last SR (LSR)         |  delay since last SR (DLSR)   |
//! |  profile-specific extensions                                  |
//! ```

use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::wire::{ParseError, Reader, Writer};

use super::common::{MAX_COUNT, Open, Raw, packet_type};
use crate::names::Ssrc;

/// The middle 32 bits of an NTP time: 16 of seconds, 16 of their fraction. RFC 3550 §4.
pub const fn compact_ntp(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// A span in units of 1/65536 s, as DLSR states it. What is longer than 18 hours says 18 hours.
pub fn compact_duration(span: Duration) -> u32 {
    u32::try_from((span.as_nanos() << 16) / 1_000_000_000).unwrap_or(u32::MAX)
}

/// The time a packet takes there and back: the arrival of the report, less the time of the report that it answers, less
/// what the other side held it. RFC 3550 §6.4.1.
///
/// `arrival` is the compact NTP time of the very clock that wrote the answered report. `None`: nothing was answered
/// (LSR 0), or the result is negative, which clocks that step and liars cause.
pub fn round_trip(arrival: u32, last_report: u32, delay_since: u32) -> Option<Duration> {
    // The delay is subtracted unwrapped: it may be longer than half the range.
    let elapsed = u64::from(arrival.wrapping_sub(last_report));
    let units = elapsed.checked_sub(u64::from(delay_since)).filter(|_| last_report != 0)?;
    // A report from the future looks like one from 9 hours ago and more.
    (elapsed < 1 << 31).then(|| Duration::from_nanos((units * 1_000_000_000) >> 16))
}

/// What a receiver says of one stream. RFC 3550 §6.4.1.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct ReportBlock {
    /// The stream.
    pub ssrc: Ssrc,
    /// The part of packets that was lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the stream began. Duplicates make it negative; 24 bits on the wire, larger ones are cut to them.
    pub cumulative_lost: i32,
    /// The highest sequence number, with the count of its wraps in the upper half.
    pub highest_sequence: u32,
    /// How unevenly packets arrive, in units of the stream's clock.
    pub jitter: u32,
    /// The compact NTP time of the last sender report; 0: none has come.
    pub last_sender_report: u32,
    /// The time since that report came, in 1/65536 s.
    pub delay_since_last: u32,
}

impl ReportBlock {
    /// Bytes of a block.
    pub const LEN: usize = 24;
    /// The most and the least that 24 bits can say of losses.
    pub const CUMULATIVE_LOST: core::ops::RangeInclusive<i32> = -0x80_0000..=0x7f_ffff;

    fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let (words, _) = bytes.as_chunks::<4>();
        let word = |index: usize| u32::from_be_bytes(words[index]);
        ReportBlock {
            ssrc: Ssrc(word(0)),
            fraction_lost: bytes[4],
            cumulative_lost: (word(1) << 8) as i32 >> 8, // its sign is bit 23
            highest_sequence: word(2),
            jitter: word(3),
            last_sender_report: word(4),
            delay_since_last: word(5),
        }
    }

    fn write(&self, writer: &mut Writer<'_>) {
        let lost = self.cumulative_lost.clamp(*Self::CUMULATIVE_LOST.start(), *Self::CUMULATIVE_LOST.end());
        writer.u32(self.ssrc.0);
        writer.u8(self.fraction_lost);
        writer.u24(lost as u32);
        writer.u32(self.highest_sequence);
        writer.u32(self.jitter);
        writer.u32(self.last_sender_report);
        writer.u32(self.delay_since_last);
    }

    /// The round trip that this block shows the sender of the answered report. See [`round_trip`].
    pub fn round_trip(&self, arrival: u32) -> Option<Duration> {
        round_trip(arrival, self.last_sender_report, self.delay_since_last)
    }
}

/// What a sender says of itself. RFC 3550 §6.4.1.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct SenderInfo {
    /// When this was written: seconds since 1900 in the upper half, their fraction in the lower.
    pub ntp: u64,
    /// The same moment in units of the stream's clock.
    pub rtp_timestamp: u32,
    /// Packets sent since the stream began; wraps.
    pub packets: u32,
    /// Bytes of payload in them; wraps.
    pub octets: u32,
}

/// A sender report.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SenderReport<'a> {
    /// The stream that reports.
    pub sender: Ssrc,
    /// What it has sent.
    pub info: SenderInfo,
    /// What a profile puts behind the blocks.
    pub extension: &'a [u8],
    blocks: &'a [u8],
}

impl<'a> SenderReport<'a> {
    /// Bytes of a report without blocks.
    pub const EMPTY_LEN: usize = 28;

    pub(super) fn parse(raw: &Raw<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(raw.body);
        let sender = Ssrc(reader.u32("SSRC of sender")?);
        let info = SenderInfo {
            ntp: reader.u64("NTP timestamp")?,
            rtp_timestamp: reader.u32("RTP timestamp")?,
            packets: reader.u32("sender's packet count")?,
            octets: reader.u32("sender's octet count")?,
        };
        let blocks = reader.bytes(usize::from(raw.count) * ReportBlock::LEN, "report block")?;
        Ok(SenderReport { sender, info, blocks, extension: reader.rest() })
    }

    /// What the sender has received, at most 31 streams.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = ReportBlock> + Clone + use<'a> {
        blocks(self.blocks)
    }
}

/// A receiver report.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ReceiverReport<'a> {
    /// Who reports.
    pub sender: Ssrc,
    /// What a profile puts behind the blocks.
    pub extension: &'a [u8],
    blocks: &'a [u8],
}

impl<'a> ReceiverReport<'a> {
    /// Bytes of a report without blocks.
    pub const EMPTY_LEN: usize = 8;

    pub(super) fn parse(raw: &Raw<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(raw.body);
        let sender = Ssrc(reader.u32("SSRC of sender")?);
        let blocks = reader.bytes(usize::from(raw.count) * ReportBlock::LEN, "report block")?;
        Ok(ReceiverReport { sender, blocks, extension: reader.rest() })
    }

    /// What was received, at most 31 streams.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = ReportBlock> + Clone + use<'a> {
        blocks(self.blocks)
    }
}

fn blocks(bytes: &[u8]) -> impl ExactSizeIterator<Item = ReportBlock> + Clone + use<'_> {
    bytes.as_chunks().0.iter().map(ReportBlock::from_bytes)
}

/// Appends a sender report. Blocks beyond the 31 that it holds go into receiver reports behind it, as RFC 3550 §6.1 says.
pub fn write_sender_report(
    out: &mut Vec<u8>,
    sender: Ssrc,
    info: &SenderInfo,
    blocks: impl IntoIterator<Item = ReportBlock>,
) {
    let mut packet = Open::new(out, packet_type::SENDER_REPORT, 0);
    packet.writer.u32(sender.0);
    packet.writer.u64(info.ntp);
    packet.writer.u32(info.rtp_timestamp);
    packet.writer.u32(info.packets);
    packet.writer.u32(info.octets);
    let mut blocks = blocks.into_iter().peekable();
    finish(packet, &mut blocks);
    if blocks.peek().is_some() {
        write_receiver_report(out, sender, blocks);
    }
}

/// Appends a receiver report, and one more for every 31 blocks. Without blocks it is an empty one, which a datagram of
/// somebody who receives nothing begins with.
pub fn write_receiver_report(out: &mut Vec<u8>, sender: Ssrc, blocks: impl IntoIterator<Item = ReportBlock>) {
    let mut blocks = blocks.into_iter().peekable();
    loop {
        let mut packet = Open::new(out, packet_type::RECEIVER_REPORT, 0);
        packet.writer.u32(sender.0);
        finish(packet, &mut blocks);
        if blocks.peek().is_none() {
            return;
        }
    }
}

/// As many blocks as a report holds.
fn finish(mut packet: Open<'_>, blocks: &mut impl Iterator<Item = ReportBlock>) {
    let mut count = 0;
    for block in blocks.by_ref().take(MAX_COUNT.into()) {
        block.write(&mut packet.writer);
        count += 1;
    }
    packet.count(count);
    packet.finish();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};

    const SECOND: u32 = 1 << 16;

    #[test]
    fn losses_are_signed_and_cut_to_24_bits() {
        //~ covers 3550-6.4.1-c, 3550-A.3-a
        for (told, read) in [(-1, -1), (i32::MIN, -0x80_0000), (i32::MAX, 0x7f_ffff), (0x80_0000, 0x7f_ffff)]
        {
            let mut out = Vec::new();
            write_receiver_report(
                &mut out,
                Ssrc(1),
                [ReportBlock { cumulative_lost: told, ..Default::default() }],
            );
            let Some(Ok(Packet::ReceiverReport(report))) = packets(&out).next() else { panic!("{out:?}") };
            assert_eq!(report.blocks().next().map(|block| block.cumulative_lost), Some(read));
        }
    }

    #[test]
    fn a_report_holds_31_blocks_and_the_rest_follows_in_more_reports() {
        //~ covers 3550-6.1-c
        let mut out = Vec::new();
        let blocks = (0..70).map(|ssrc| ReportBlock { ssrc: Ssrc(ssrc), ..Default::default() });
        write_sender_report(&mut out, Ssrc(9), &SenderInfo::default(), blocks);
        let counts: Vec<_> = packets(&out)
            .map(|packet| match packet.expect("sound") {
                Packet::SenderReport(report) => ("SR", report.blocks().len()),
                Packet::ReceiverReport(report) => ("RR", report.blocks().len()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(counts, [("SR", 31), ("RR", 31), ("RR", 8)]);
    }

    #[test]
    fn a_round_trip_takes_no_negative_value_and_nothing_without_a_report() {
        //~ covers 3550-6.4.1-d
        assert_eq!(round_trip(10 * SECOND, 7 * SECOND, SECOND), Some(Duration::from_secs(2)));
        assert_eq!(round_trip(10 * SECOND, 0, SECOND), None, "LSR 0");
        assert_eq!(round_trip(10 * SECOND, 9 * SECOND, 2 * SECOND), None, "negative");
        assert_eq!(round_trip(10 * SECOND, 9 * SECOND, u32::MAX), None, "a delay of 18 hours");
        assert_eq!(round_trip(10 * SECOND, 11 * SECOND, 0), None, "from the future");
        assert_eq!(round_trip(SECOND, u32::MAX - SECOND + 1, 0), Some(Duration::from_secs(2)), "wrapped");
    }

    #[test]
    fn a_delay_saturates() {
        assert_eq!(compact_duration(Duration::from_millis(1500)), SECOND * 3 / 2);
        assert_eq!(compact_duration(Duration::from_secs(70_000)), u32::MAX);
        assert_eq!(compact_duration(Duration::MAX), u32::MAX);
        assert_eq!(compact_ntp(0x0123_4567_89ab_cdef), 0x4567_89ab);
    }

    #[test]
    fn the_count_of_blocks_has_to_fit() {
        //~ covers 3550-A.2-a neg
        let mut out = Vec::new();
        write_receiver_report(&mut out, Ssrc(1), [ReportBlock::default()]);
        out[0] += 1;
        assert_eq!(
            packets(&out).next(),
            Some(Err(ParseError::new("report block", 8, limpid_sansio::wire::ParseErrorKind::Truncated)))
        );
    }
}
