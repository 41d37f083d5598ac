//! Extended reports: above all the round trip as a receiver measures it. RFC 3611.
//!
//! ```text
//! |V=2|P|reserved |    PT=207     |            length             |
//! |                             SSRC                              |
//! |  block type   | type-specific |  block length in words        |
//! |  RRTR (4): NTP timestamp, 64 bits                             |
//! |  DLRR (5): SSRC, last RR, delay since last RR             ×n  |
//! ```

use alloc::vec::Vec;
use core::iter::from_fn;
use core::time::Duration;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::common::{Open, Raw, packet_type};
use super::report::round_trip;
use crate::names::Ssrc;

const RECEIVER_REFERENCE_TIME: u8 = 4;
const DELAY_SINCE_LAST: u8 = 5;

/// What a sender answers to a receiver's reference time. §4.5.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct LastReceiverReport {
    /// The receiver that is answered.
    pub ssrc: Ssrc,
    /// The compact NTP time of its last reference time; 0: none has come.
    pub last_report: u32,
    /// The time since that came, in 1/65536 s.
    pub delay_since_last: u32,
}

impl LastReceiverReport {
    const LEN: usize = 12;

    fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let (words, _) = bytes.as_chunks();
        let [ssrc, last_report, delay_since_last] = [words[0], words[1], words[2]].map(u32::from_be_bytes);
        LastReceiverReport { ssrc: Ssrc(ssrc), last_report, delay_since_last }
    }

    /// The round trip that this shows the receiver. See [`round_trip`](super::round_trip).
    pub fn round_trip(&self, arrival: u32) -> Option<Duration> {
        round_trip(arrival, self.last_report, self.delay_since_last)
    }
}

/// One block of an extended report.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Block<'a> {
    /// The time at which a receiver wrote this, so that senders can answer. §4.4.
    ReceiverReferenceTime {
        /// NTP time.
        ntp: u64,
    },
    /// The answers: entries of twelve bytes, read by [`Block::answers`]. §4.5.
    DelaySinceLastReceiverReport(&'a [[u8; 12]]),
    /// A block that is kept as it is.
    Other {
        /// Its type.
        kind: u8,
        /// The byte behind the type.
        specific: u8,
        /// What follows its length: whole words.
        body: &'a [u8],
    },
}

impl<'a> Block<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let (kind, specific) = (reader.u8("block type")?, reader.u8("type-specific")?);
        let at = reader.offset();
        let words = usize::from(reader.u16("block length")?);
        let bad_length = ParseError::new("block length", at, ParseErrorKind::BadLength);
        let body = reader.bytes(words * 4, "block").map_err(|_| bad_length)?;
        Ok(match kind {
            RECEIVER_REFERENCE_TIME => {
                let ntp = body.try_into().map_err(|_| bad_length)?;
                Block::ReceiverReferenceTime { ntp: u64::from_be_bytes(ntp) }
            }
            DELAY_SINCE_LAST => match body.as_chunks() {
                (entries, []) => Block::DelaySinceLastReceiverReport(entries),
                _ => return Err(bad_length),
            },
            _ => Block::Other { kind, specific, body },
        })
    }

    /// The answers to receivers. Empty for a block of another type.
    pub fn answers(&self) -> impl ExactSizeIterator<Item = LastReceiverReport> + Clone + use<'a> {
        let entries = match self {
            Block::DelaySinceLastReceiverReport(entries) => *entries,
            _ => &[],
        };
        entries.iter().map(LastReceiverReport::from_bytes)
    }
}

/// An extended report.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ExtendedReport<'a> {
    /// Who reports.
    pub sender: Ssrc,
    blocks: &'a [u8],
}

impl<'a> ExtendedReport<'a> {
    pub(super) fn parse(raw: &Raw<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(raw.body);
        let sender = Ssrc(reader.u32("SSRC")?);
        let blocks = reader.rest();
        while !reader.is_empty() {
            Block::read(&mut reader)?;
        }
        Ok(ExtendedReport { sender, blocks })
    }

    /// The blocks, in order.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'a>> + use<'a> {
        let mut reader = Reader::new(self.blocks);
        from_fn(move || Block::read(&mut reader).ok())
    }
}

/// Appends one extended report, block by block. Blocks beyond what one packet can state are left out.
#[derive(Debug)]
pub struct ExtendedReportWriter<'a>(Open<'a>);

impl<'a> ExtendedReportWriter<'a> {
    /// Begins a report.
    pub fn new(out: &'a mut Vec<u8>, sender: Ssrc) -> Self {
        let mut packet = Open::new(out, packet_type::EXTENDED_REPORT, 0);
        packet.writer.u32(sender.0);
        ExtendedReportWriter(packet)
    }

    /// The time now, for senders to answer. At most one a report.
    pub fn reference_time(self, ntp: u64) -> Self {
        self.block(RECEIVER_REFERENCE_TIME, 0, &ntp.to_be_bytes())
    }

    /// Answers to receivers; none: no block is written.
    pub fn answers(mut self, answers: impl IntoIterator<Item = LastReceiverReport>) -> Self {
        let start = self.0.writer.len();
        if self.0.room() < 4 {
            return self;
        }
        self.0.writer.bytes(&[DELAY_SINCE_LAST, 0, 0, 0]);
        for answer in answers {
            if self.0.room() < LastReceiverReport::LEN {
                break;
            }
            self.0.writer.u32(answer.ssrc.0);
            self.0.writer.u32(answer.last_report);
            self.0.writer.u32(answer.delay_since_last);
        }
        let words = ((self.0.writer.len() - start) / 4 - 1) as u16;
        match words {
            0 => self.0.writer.truncate(start),
            _ => self.0.writer.written_mut()[start + 2..start + 4].copy_from_slice(&words.to_be_bytes()),
        }
        self
    }

    /// A block of any type. It is filled up with zeros to whole words.
    pub fn block(mut self, kind: u8, specific: u8, body: &[u8]) -> Self {
        let words = body.len().div_ceil(4);
        if (words + 1) * 4 <= self.0.room() {
            self.0.writer.bytes(&[kind, specific]);
            self.0.writer.u16(words as u16);
            self.0.writer.bytes(body);
            self.0.align();
        }
        self
    }

    /// Completes the report.
    pub fn finish(self) {
        self.0.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};
    use std::vec;

    fn parse(bytes: &[u8]) -> Result<ExtendedReport<'_>, ParseError> {
        match packets(bytes).next() {
            Some(Ok(Packet::ExtendedReport(report))) => Ok(report),
            Some(Err(error)) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reference_time_answers_and_unknown_blocks_read_back_in_order() {
        //~ covers 3611-3-a, 3611-4.4-a, 3611-4.5-a
        let answer = LastReceiverReport { ssrc: Ssrc(7), last_report: 8 << 16, delay_since_last: 1 << 16 };
        let mut out = Vec::new();
        ExtendedReportWriter::new(&mut out, Ssrc(1))
            .reference_time(0x0102_0304_0506_0708)
            .block(200, 3, b"12345678")
            .answers([answer, answer])
            .answers([])
            .finish();
        let report = parse(&out).expect("sound");
        assert_eq!(report.sender, Ssrc(1));
        let blocks: Vec<_> = report.blocks().collect();
        assert_eq!(blocks[0], Block::ReceiverReferenceTime { ntp: 0x0102_0304_0506_0708 });
        assert_eq!(blocks[1], Block::Other { kind: 200, specific: 3, body: b"12345678" });
        assert!(blocks[2].answers().eq([answer, answer]));
        assert_eq!(blocks.len(), 3);
        assert_eq!(answer.round_trip(11 << 16), Some(Duration::from_secs(2)));
    }

    #[test]
    fn lengths_of_blocks_have_to_fit_and_known_ones_have_theirs() {
        //~ covers 3611-3-b neg
        for (kind, words, there) in [(200, 2, 1), (4, 1, 1), (4, 3, 3), (5, 2, 2), (5, 4, 4)] {
            let mut bytes = vec![0x80, 207, 0, 2 + there, 0, 0, 0, 1, kind, 0, 0, words];
            bytes.resize(bytes.len() + usize::from(there) * 4, 0);
            let fault = ParseError::new("block length", 10, ParseErrorKind::BadLength);
            assert_eq!(parse(&bytes), Err(fault), "{kind} {words} {there}");
        }
    }

    #[test]
    fn a_report_never_outgrows_its_length_field() {
        let long = vec![0; 0x2_0000];
        let mut out = Vec::new();
        ExtendedReportWriter::new(&mut out, Ssrc(1)).block(9, 0, &long).block(9, 0, &long).finish();
        assert_eq!(parse(&out).expect("sound").blocks().count(), 1);
    }
}
