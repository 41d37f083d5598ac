//! What all RTCP packets share: the word in front of each, and the two SSRCs of feedback. RFC 3550 §6.4.1, RFC 4585 §6.1.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |V=2|P|  count  |  packet type  |  length: words that follow    |
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader, Writer};

use crate::names::Ssrc;

/// Packet types that have a meaning here. RFC 3550 §12.1, RFC 4585 §9, RFC 3611 §6.1.
pub mod packet_type {
    /// What a sender has sent, and what it has received.
    pub const SENDER_REPORT: u8 = 200;
    /// What somebody who sends nothing has received.
    pub const RECEIVER_REPORT: u8 = 201;
    /// Who stands behind a source.
    pub const SOURCE_DESCRIPTION: u8 = 202;
    /// A source leaves.
    pub const GOODBYE: u8 = 203;
    /// Of an application's own making.
    pub const APPLICATION: u8 = 204;
    /// Feedback that any transport understands: loss, rate, congestion.
    pub const TRANSPORT_FEEDBACK: u8 = 205;
    /// Feedback that only the codec understands: pictures.
    pub const PAYLOAD_FEEDBACK: u8 = 206;
    /// Reports of other kinds.
    pub const EXTENDED_REPORT: u8 = 207;
}

/// Formats of feedback: what the five bits behind the padding bit say there. RFC 4585 §6.2, §6.3; RFC 5104 §4.2, §4.3.
pub mod feedback_format {
    /// 205: packets that are missing.
    pub const NACK: u8 = 1;
    /// 205: asks for a limit of the rate.
    pub const TMMBR: u8 = 3;
    /// 205: says which limits hold.
    pub const TMMBN: u8 = 4;
    /// 205: arrivals by SSRC. RFC 8888 §3.1.
    pub const CONGESTION_CONTROL: u8 = 11;
    /// 205: arrivals by transport-wide number. draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
    pub const TRANSPORT_WIDE: u8 = 15;
    /// 206: a picture was lost.
    pub const PICTURE_LOSS: u8 = 1;
    /// 206: parts of a picture were lost.
    pub const SLICE_LOSS: u8 = 2;
    /// 206: which picture to refer to.
    pub const REFERENCE_PICTURE: u8 = 3;
    /// 206: a decoder asks for a picture that depends on no other.
    pub const FULL_INTRA: u8 = 4;
    /// 206: of an application's own making; REMB is the one in use.
    pub const APPLICATION_LAYER: u8 = 15;
}

/// Bytes in front of every packet.
pub(super) const HEADER_LEN: usize = 4;
/// The largest count of blocks, chunks or sources: five bits.
pub(super) const MAX_COUNT: u8 = 31;
/// The longest packet that its length field can state, in bytes.
const MAX_PACKET: usize = HEADER_LEN + 0xffff * 4;

/// Whether a packet on a port that RTP and RTCP share is RTCP: its second byte, read as a packet type, is 192 to 223.
/// RFC 5761 §4. RTP must keep away from payload types 64 to 95 for that.
pub fn is_rtcp(packet: &[u8]) -> bool {
    matches!(packet, [first, 192..=223, ..] if first >> 6 == 2)
}

/// One packet of a datagram, not yet understood. Its length was checked.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Raw<'a> {
    /// What the packet is: see [`packet_type`].
    pub packet_type: u8,
    /// 0 to 31: how many blocks follow, a subtype, or the format of feedback.
    pub count: u8,
    /// Bytes of padding that were cut off from the body.
    pub padding: u8,
    /// What stands behind the first word, without padding.
    pub body: &'a [u8],
    /// Where the packet begins in its datagram.
    pub offset: usize,
}

/// Cuts a datagram into packets by their lengths.
pub fn raw_packets(datagram: &[u8]) -> RawPackets<'_> {
    RawPackets { reader: Reader::new(datagram) }
}

/// The packets of a datagram, in order. Ends behind the first whose length or padding does not fit.
#[derive(Clone, Debug)]
pub struct RawPackets<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for RawPackets<'a> {
    type Item = Result<Raw<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let packet = Raw::read(&mut self.reader);
        if packet.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(packet)
    }
}

impl<'a> Raw<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let offset = reader.offset();
        let first = reader.u8("V")?;
        if first >> 6 != 2 {
            return Err(ParseError::new("V", offset, ParseErrorKind::BadValue));
        }
        let packet_type = reader.u8("PT")?;
        let words = usize::from(reader.u16("length")?);
        if words * 4 > reader.remaining() {
            return Err(ParseError::new("length", offset + 2, ParseErrorKind::BadLength));
        }
        let body = reader.bytes(words * 4, "body")?;
        let padding = match (first & 0x20 != 0, body.last()) {
            (false, _) => 0,
            (true, Some(&count)) if count > 0 && usize::from(count) <= body.len() => count,
            (true, _) => {
                let at = reader.offset() - 1;
                return Err(ParseError::new("padding count", at, ParseErrorKind::BadValue));
            }
        };
        let body = &body[..body.len() - usize::from(padding)];
        Ok(Raw { packet_type, count: first & 0x1f, padding, body, offset })
    }

    /// Where the body begins in the datagram.
    pub fn body_offset(&self) -> usize {
        self.offset + HEADER_LEN
    }
}

/// Feedback of a format that is not told apart here: who says it, about which stream, and the rest. RFC 4585 §6.1.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Feedback<'a> {
    /// It stands in a packet of type 206: for the codec. Otherwise 205: for the transport.
    pub for_payload: bool,
    /// What it is, 0 to 31: see [`feedback_format`].
    pub format: u8,
    /// Who says so.
    pub sender: Ssrc,
    /// The stream that it is about. 0 where the control information names streams itself.
    pub media: Ssrc,
    /// The feedback control information.
    pub control: &'a [u8],
}

impl<'a> Feedback<'a> {
    pub(super) fn parse(raw: &Raw<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(raw.body);
        Ok(Feedback {
            for_payload: raw.packet_type == packet_type::PAYLOAD_FEEDBACK,
            format: raw.count,
            sender: Ssrc(reader.u32("SSRC of packet sender")?),
            media: Ssrc(reader.u32("SSRC of media source")?),
            control: reader.rest(),
        })
    }

    /// The control information as entries of `N` bytes, at least `least` of them.
    pub(super) fn entries<const N: usize>(&self, least: usize) -> Result<&'a [[u8; N]], ParseError> {
        let at = CONTROL_AT;
        let (entries, rest) = self.control.as_chunks::<N>();
        if !rest.is_empty() {
            return Err(ParseError::new("FCI", at + entries.len() * N, ParseErrorKind::BadLength));
        }
        if entries.len() < least {
            return Err(ParseError::new("FCI", at, ParseErrorKind::Missing));
        }
        Ok(entries)
    }
}

/// Where the control information of feedback begins in the body.
pub(super) const CONTROL_AT: usize = 8;

/// Appends feedback of any format. The control information is filled up with zeros to whole words, and cut where it is
/// longer than a packet can be.
pub fn write_feedback(out: &mut Vec<u8>, feedback: &Feedback<'_>) {
    let mut packet =
        Open::feedback(out, feedback.for_payload, feedback.format, feedback.sender, feedback.media);
    let len = feedback.control.len().min(packet.room());
    packet.writer.bytes(&feedback.control[..len]);
    packet.finish();
}

/// A packet that is being written: its first word stands, and is completed by [`finish`](Open::finish).
#[derive(Debug)]
pub(super) struct Open<'a> {
    pub(super) writer: Writer<'a>,
}

impl<'a> Open<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, packet_type: u8, count: u8) -> Self {
        let mut writer = Writer::new(out);
        writer.bytes(&[2 << 6 | (count & MAX_COUNT), packet_type, 0, 0]);
        Open { writer }
    }

    /// The first three words of feedback.
    pub(super) fn feedback(
        out: &'a mut Vec<u8>,
        for_payload: bool,
        format: u8,
        sender: Ssrc,
        media: Ssrc,
    ) -> Self {
        let packet_type =
            if for_payload { packet_type::PAYLOAD_FEEDBACK } else { packet_type::TRANSPORT_FEEDBACK };
        let mut packet = Open::new(out, packet_type, format);
        packet.writer.u32(sender.0);
        packet.writer.u32(media.0);
        packet
    }

    /// How many more bytes the length field can count.
    pub(super) fn room(&self) -> usize {
        MAX_PACKET - self.writer.len()
    }

    /// Sets the count.
    pub(super) fn count(&mut self, count: u8) {
        let first = &mut self.writer.written_mut()[0];
        *first = *first & !MAX_COUNT | (count & MAX_COUNT);
    }

    /// Takes the packet back.
    pub(super) fn abandon(mut self) {
        self.writer.truncate(0);
    }

    /// Fills the last word with zeros and states the length.
    pub(super) fn finish(mut self) {
        self.align();
        let words = (self.writer.len() / 4 - 1) as u16;
        self.writer.written_mut()[2..4].copy_from_slice(&words.to_be_bytes());
    }

    /// Zeros up to a whole word.
    pub(super) fn align(&mut self) {
        self.writer.zeros(self.writer.len().wrapping_neg() & 3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rtcp_is_told_from_rtp_by_its_second_byte() {
        //~ covers 5761-4-a
        assert!([192, 200, 207, 223].iter().all(|&kind| is_rtcp(&[0x80, kind])));
        // Payload types 0, 63 and 96 with and without a marker.
        assert!([0, 63, 96, 127, 128, 191, 224, 255].iter().all(|&kind| !is_rtcp(&[0x80, kind])));
        assert!(!is_rtcp(&[0x80]) && !is_rtcp(&[0x00, 200]));
    }

    #[test]
    fn a_datagram_is_cut_by_lengths_and_an_unknown_type_is_passed_over() {
        //~ covers 3550-6.1-d
        let datagram = [0x85, 199, 0, 1, 1, 2, 3, 4, 0x80, 223, 0, 0];
        let found: Vec<_> = raw_packets(&datagram).map(|packet| packet.expect("sound")).collect();
        assert_eq!((found[0].packet_type, found[0].count, found[0].body), (199, 5, &[1, 2, 3, 4][..]));
        assert_eq!((found[1].packet_type, found[1].offset, found[1].body), (223, 8, &[][..]));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_length_that_reaches_too_far_ends_the_datagram() {
        //~ covers 3550-A.2-a neg
        let datagram = [0x80, 203, 0, 0, 0x80, 203, 0, 2, 0, 0, 0, 0];
        let mut found = raw_packets(&datagram);
        assert!(found.next().is_some_and(|packet| packet.is_ok()));
        assert_eq!(found.next(), Some(Err(ParseError::new("length", 6, ParseErrorKind::BadLength))));
        assert_eq!(found.next(), None);
        let odd = raw_packets(&[0x40, 203, 0, 0]).next();
        assert_eq!(odd, Some(Err(ParseError::new("V", 0, ParseErrorKind::BadValue))));
    }

    #[test]
    fn padding_is_cut_off_and_a_count_that_cannot_be_is_a_fault() {
        //~ covers 3550-6.4.1-b neg
        let mut datagram = [0xa0, 203, 0, 2, 9, 9, 9, 9, 0, 0, 0, 4];
        let packet = raw_packets(&datagram).next().expect("one").expect("sound");
        assert_eq!((packet.padding, packet.body), (4, &[9, 9, 9, 9][..]));
        for count in [0, 9] {
            datagram[11] = count;
            let fault = ParseError::new("padding count", 11, ParseErrorKind::BadValue);
            assert_eq!(raw_packets(&datagram).next(), Some(Err(fault)));
        }
        assert!(raw_packets(&[0xa0, 203, 0, 0]).next().is_some_and(|packet| packet.is_err()));
    }
}
