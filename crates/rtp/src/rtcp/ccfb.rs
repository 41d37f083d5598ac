//! Feedback about each packet by SSRC and sequence number: whether it arrived, when, and with which ECN mark.
//! RFC 8888 §3.1.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |V=2|P| FMT=11  |   PT = 205    |          length               |
//! |                 SSRC of RTCP packet sender                    |
//! |                   SSRC of an RTP stream                       |  ┐
//! |          begin_seq            |          num_reports          |  │ one block a stream
//! |R|ECN|  arrival time offset    | …      | 16 bits of padding   |  ┘
//! |                 Report Timestamp (32 bits)                    |
//! ```

use alloc::vec::Vec;

use limpid_sansio::Ecn;
use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader, Writer};

use crate::names::Ssrc;

/// FMT of this feedback, in a packet of type 205.
pub const FORMAT: u8 = 11;
/// A block tells of no more packets. RFC 8888 §3.1.
pub const MAX_REPORTS: usize = 16_384;
/// The largest arrival time offset that is a measurement, in 1/1024 s. RFC 8888 §3.1.
pub const MAX_OFFSET: u16 = 0x1ffd;
/// The offset is larger than [`MAX_OFFSET`].
const OVER_RANGE: u16 = 0x1ffe;
/// There is no offset: not measured, or later than the report.
const UNAVAILABLE: u16 = 0x1fff;

/// One packet as it lies in a buffer. All lengths in it were checked.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct View<'a> {
    /// Who received the packets.
    pub sender: Ssrc,
    /// The instant that arrivals are counted back from: the middle 32 bits of an NTP time.
    pub report_timestamp: u32,
    blocks: &'a [u8],
    /// Blocks hold one metric more than they say.
    inclusive: bool,
}

impl<'a> View<'a> {
    /// Reads what stands behind the sender's SSRC, without padding.
    ///
    /// RFC 8888 says both that `num_reports` counts the metrics and that the last number is `begin_seq + num_reports`. Everybody
    /// counts; where the lengths fit only the other reading, that is taken.
    pub fn parse(sender: Ssrc, body: &'a [u8]) -> Result<Self, ParseError> {
        let counted = Self::parse_as(sender, body, false);
        counted.or_else(|error| Self::parse_as(sender, body, true).map_err(|_| error))
    }

    fn parse_as(sender: Ssrc, body: &'a [u8], inclusive: bool) -> Result<Self, ParseError> {
        let mut reader = Reader::new(body);
        while reader.remaining() > 4 {
            Block::read(&mut reader, inclusive)?;
        }
        let blocks = &body[..reader.offset()];
        let report_timestamp = reader.u32("Report Timestamp")?;
        Ok(View { sender, report_timestamp, blocks, inclusive })
    }

    /// The streams, in the order of the packet. A stream may stand in it more than once.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'a>> + Clone + use<'a> {
        let inclusive = self.inclusive;
        let mut reader = Reader::new(self.blocks);
        core::iter::from_fn(move || Block::read(&mut reader, inclusive).ok())
    }
}

/// What a packet says about one stream.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Block<'a> {
    /// The stream.
    pub ssrc: Ssrc,
    /// The sequence number of the first metric.
    pub begin_sequence: u16,
    metrics: &'a [[u8; 2]],
}

impl<'a> Block<'a> {
    fn read(reader: &mut Reader<'a>, inclusive: bool) -> Result<Self, ParseError> {
        let ssrc = Ssrc(reader.u32("SSRC of RTP stream")?);
        let begin_sequence = reader.u16("begin_seq")?;
        let at = reader.offset();
        let count = usize::from(reader.u16("num_reports")?);
        if count > MAX_REPORTS {
            return Err(ParseError::new("num_reports", at, ParseErrorKind::TooLarge));
        }
        let count = if inclusive && count > 0 { count + 1 } else { count };
        let padded = count.next_multiple_of(2) * 2;
        let metrics = &reader.bytes(padded, "packet metric blocks")?[..count * 2];
        Ok(Block { ssrc, begin_sequence, metrics: metrics.as_chunks::<2>().0 })
    }

    /// Sequence numbers and what is said about them. `None`: not here, or not here yet.
    pub fn metrics(&self) -> impl Iterator<Item = (u16, Option<Metric>)> + Clone + use<'a> {
        let begin = self.begin_sequence;
        let metrics = self.metrics.iter().enumerate();
        metrics.map(move |(ahead, bytes)| (begin.wrapping_add(ahead as u16), Metric::read(*bytes)))
    }
}

/// What is said about a packet that arrived.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Metric {
    /// The mark it came with. `None`: not ECN-capable, or ECN is not in use.
    pub ecn: Option<Ecn>,
    /// How long before the report it arrived.
    pub arrival: ArrivalOffset,
}

/// How long before the report a packet arrived.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ArrivalOffset {
    /// In 1/1024 s, at most [`MAX_OFFSET`].
    Units(u16),
    /// Longer ago.
    OverRange,
    /// Not measured, or later than the report.
    Unavailable,
}

impl ArrivalOffset {
    /// For a time in nanoseconds, rounded down.
    pub fn from_nanos(nanos: u64) -> Self {
        match u16::try_from(u128::from(nanos) * 1024 / 1_000_000_000) {
            Ok(units) if units <= MAX_OFFSET => ArrivalOffset::Units(units),
            _ => ArrivalOffset::OverRange,
        }
    }

    /// The time in nanoseconds, if it is told.
    pub fn nanos(self) -> Option<i64> {
        match self {
            ArrivalOffset::Units(units) => Some(i64::from(units) * 1_000_000_000 / 1024),
            _ => None,
        }
    }
}

impl Metric {
    fn read(bytes: [u8; 2]) -> Option<Self> {
        let word = u16::from_be_bytes(bytes);
        let ecn = match word >> 13 & 3 {
            0b01 => Some(Ecn::Ect1),
            0b10 => Some(Ecn::Ect0),
            0b11 => Some(Ecn::Ce),
            _ => None,
        };
        let arrival = match word & 0x1fff {
            OVER_RANGE => ArrivalOffset::OverRange,
            UNAVAILABLE => ArrivalOffset::Unavailable,
            units => ArrivalOffset::Units(units),
        };
        (word & 0x8000 != 0).then_some(Metric { ecn, arrival })
    }

    fn word(self) -> u16 {
        let ecn = match self.ecn {
            None => 0b00,
            Some(Ecn::Ect1) => 0b01,
            Some(Ecn::Ect0) => 0b10,
            Some(Ecn::Ce) => 0b11,
        };
        let offset = match self.arrival {
            ArrivalOffset::Units(units) if units <= MAX_OFFSET => units,
            ArrivalOffset::Units(_) | ArrivalOffset::OverRange => OVER_RANGE,
            ArrivalOffset::Unavailable => UNAVAILABLE,
        };
        0x8000 | ecn << 13 | offset
    }

    /// A queue on the way marked it because it grows.
    pub fn is_congested(&self) -> bool {
        self.ecn == Some(Ecn::Ce)
    }
}

/// Appends one packet: blocks, then the report timestamp.
#[derive(Debug)]
pub struct ReportWriter<'a> {
    writer: Writer<'a>,
}

impl<'a> ReportWriter<'a> {
    /// Bytes of a packet without blocks.
    pub const EMPTY_LEN: usize = 12;

    /// Bytes of a block about so many packets.
    pub const fn block_len(reports: usize) -> usize {
        8 + reports.next_multiple_of(2) * 2
    }

    /// Begins a packet.
    pub fn new(out: &'a mut Vec<u8>, sender: Ssrc) -> Self {
        let mut writer = Writer::new(out);
        writer.bytes(&[2 << 6 | FORMAT, 205, 0, 0]);
        writer.u32(sender.0);
        ReportWriter { writer }
    }

    /// Bytes that the packet will have without further blocks.
    pub fn len(&self) -> usize {
        self.writer.len() + 4
    }

    /// No block was written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == Self::EMPTY_LEN
    }

    /// Writes what is said about one stream; at most [`MAX_REPORTS`] metrics are taken.
    pub fn block(&mut self, ssrc: Ssrc, begin_sequence: u16, metrics: impl Iterator<Item = Option<Metric>>) {
        self.writer.u32(ssrc.0);
        self.writer.u16(begin_sequence);
        let at = self.writer.len();
        self.writer.u16(0);
        let mut count = 0u16;
        for metric in metrics.take(MAX_REPORTS) {
            self.writer.u16(metric.map_or(0, Metric::word));
            count += 1;
        }
        if count % 2 == 1 {
            self.writer.u16(0);
        }
        self.writer.written_mut()[at..at + 2].copy_from_slice(&count.to_be_bytes());
    }

    /// Ends the packet: `report_timestamp` is the middle 32 bits of an NTP time.
    pub fn finish(mut self, report_timestamp: u32) {
        self.writer.u32(report_timestamp);
        let words = (self.writer.len() / 4 - 1) as u16;
        self.writer.written_mut()[2..4].copy_from_slice(&words.to_be_bytes());
    }
}

#[cfg(test)]
mod tests;
