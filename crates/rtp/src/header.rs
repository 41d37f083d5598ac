//! The RTP packet: header, contributing sources, header extension, payload, padding. RFC 3550 §5.1, §5.3.1; RFC 8285 §4.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//! |                           timestamp                           |
//! |           synchronization source (SSRC) identifier            |
//! |            contributing source (CSRC) identifiers …           |
//! |  0xBEDE or 0x100A |  length in words  |  elements …            |
//! |  payload …                      |  padding  | padding count   |
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use crate::names::{PayloadType, Ssrc};

/// The part of a header that every packet has.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Header {
    /// The end of a frame (video) or the begin of a talkspurt (audio); the payload format says which.
    pub marker: bool,
    /// The format of the payload.
    pub payload_type: PayloadType,
    /// Grows by one a packet, and wraps.
    pub sequence_number: u16,
    /// When the payload was sampled, in units of the format's clock; wraps.
    pub timestamp: u32,
    /// The stream.
    pub ssrc: Ssrc,
}

/// A packet as it lies in a buffer. All lengths were checked once.
#[derive(Copy, Clone, Debug)]
pub struct Packet<'a> {
    /// The fixed part.
    pub header: Header,
    /// The payload, without padding.
    pub payload: &'a [u8],
    /// Bytes of padding that were cut off.
    pub padding: u8,
    csrcs: &'a [u8],
    extension: Option<(u16, &'a [u8])>,
    bytes: &'a [u8],
}

impl<'a> Packet<'a> {
    /// The fixed header in bytes.
    pub const HEADER_LEN: usize = 12;

    /// Reads a packet. Fails when the version is not 2, when a length does not fit, or when the padding count is 0 or
    /// larger than what is there.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let first = reader.u8("V")?;
        if first >> 6 != 2 {
            return Err(ParseError::new("V", 0, ParseErrorKind::BadValue));
        }
        let second = reader.u8("PT")?;
        let header = Header {
            marker: second & 0x80 != 0,
            payload_type: PayloadType(second & 0x7f),
            sequence_number: reader.u16("sequence number")?,
            timestamp: reader.u32("timestamp")?,
            ssrc: Ssrc(reader.u32("SSRC")?),
        };
        let csrcs = reader.bytes(usize::from(first & 0x0f) * 4, "CSRC")?;
        let extension = match first & 0x10 != 0 {
            false => None,
            true => {
                let profile = reader.u16("extension profile")?;
                let words = usize::from(reader.u16("extension length")?);
                Some((profile, reader.bytes(words * 4, "extension")?))
            }
        };
        let rest = reader.rest();
        let padding = match first & 0x20 != 0 {
            false => 0,
            true => match rest.last() {
                Some(&count) if count > 0 && usize::from(count) <= rest.len() => count,
                _ => return Err(reader.error("padding count", ParseErrorKind::BadValue)),
            },
        };
        let payload = &rest[..rest.len() - usize::from(padding)];
        Ok(Packet { header, payload, padding, csrcs, extension, bytes })
    }

    /// All of it, as it lies in the buffer.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The sources that a mixer put together.
    pub fn csrcs(&self) -> Csrcs<'a> {
        Csrcs(self.csrcs)
    }

    /// The header extension as it stands: what its profile field says, and its words.
    pub fn extension(&self) -> Option<(u16, &'a [u8])> {
        self.extension
    }

    /// The elements of the header extension. Empty when there is none, or one of another profile than RFC 8285.
    pub fn elements(&self) -> Elements<'a> {
        let (form, bytes) = match self.extension {
            Some((profile, bytes)) => (Form::of(profile), bytes),
            None => (None, &[][..]),
        };
        Elements { form: form.unwrap_or(Form::OneByte), rest: if form.is_some() { bytes } else { &[] } }
    }

    /// Where the data of each element lies in the packet.
    pub(crate) fn element_places(&self) -> impl Iterator<Item = (u8, core::ops::Range<usize>)> + use<'a> {
        let start = Self::HEADER_LEN + self.csrcs.len() + 4;
        let mut elements = self.elements();
        let len = self.extension.map_or(0, |(_, words)| words.len());
        core::iter::from_fn(move || {
            let (id, data) = elements.next()?;
            let end = start + len - elements.rest.len();
            Some((id, end - data.len()..end))
        })
    }

    /// The data of the first element with this id.
    pub fn element(&self, id: u8) -> Option<&'a [u8]> {
        self.elements().find_map(|(found, data)| (found == id).then_some(data))
    }
}

/// Contributing sources, in order.
#[derive(Clone, Debug)]
pub struct Csrcs<'a>(&'a [u8]);

impl Iterator for Csrcs<'_> {
    type Item = Ssrc;

    fn next(&mut self) -> Option<Ssrc> {
        let (first, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(Ssrc(u32::from_be_bytes(*first)))
    }
}

/// How the elements of a header extension are written. RFC 8285 §4.2, §4.3.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// Ids 1 to 14, 1 to 16 bytes of data.
    OneByte,
    /// Ids 1 to 255, 0 to 255 bytes of data.
    TwoByte,
}

impl Form {
    /// By the profile field: 0xBEDE, or 0x100 and four bits that are free.
    pub const fn of(profile: u16) -> Option<Form> {
        match profile {
            0xbede => Some(Form::OneByte),
            0x1000..=0x100f => Some(Form::TwoByte),
            _ => None,
        }
    }

    const fn profile(self) -> u16 {
        match self {
            Form::OneByte => 0xbede,
            Form::TwoByte => 0x1000,
        }
    }
}

/// The elements of a header extension: id and data. Ends at the first that does not fit, as RFC 8285 §4.2 asks.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    form: Form,
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.rest.iter().position(|&byte| byte != 0)?; // zeros between elements are padding
        let (id, len, data) = match (self.form, &self.rest[start..]) {
            (Form::OneByte, [head, data @ ..]) => (head >> 4, usize::from(head & 0x0f) + 1, data),
            (Form::TwoByte, [id, len, data @ ..]) => (*id, usize::from(*len), data),
            _ => (0, 0, &[][..]),
        };
        // Id 15 ends the one-byte form; id 0 with a length is nothing that may be written.
        let is_end = id == 0 || (self.form == Form::OneByte && id == 15) || len > data.len();
        if is_end {
            self.rest = &[];
            return None;
        }
        let (data, rest) = data.split_at(len);
        self.rest = rest;
        Some((id, data))
    }
}

/// Appends one packet to a buffer: header, then elements, then (behind [`payload`](PacketWriter::payload)) the payload.
#[derive(Debug)]
pub struct PacketWriter<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    form: Form,
}

impl<'a> PacketWriter<'a> {
    /// Writes the fixed header. Elements will be written in this form.
    pub fn new(out: &'a mut Vec<u8>, header: &Header, form: Form) -> Self {
        let start = out.len();
        let marker = u8::from(header.marker) << 7;
        out.extend_from_slice(&[2 << 6, marker | (header.payload_type.0 & 0x7f)]);
        out.extend_from_slice(&header.sequence_number.to_be_bytes());
        out.extend_from_slice(&header.timestamp.to_be_bytes());
        out.extend_from_slice(&header.ssrc.0.to_be_bytes());
        PacketWriter { out, start, form }
    }

    /// Writes one element. Returns where its data lies in the buffer, so that it can be filled in later; `None`: this form
    /// can not hold it, and nothing was written.
    pub fn element(&mut self, id: u8, data: &[u8]) -> Option<usize> {
        let fits = match self.form {
            Form::OneByte => (1..=14).contains(&id) && (1..=16).contains(&data.len()),
            Form::TwoByte => id != 0 && data.len() <= 255,
        };
        if !fits {
            return None;
        }
        if self.out.len() == self.start + Packet::HEADER_LEN {
            self.out[self.start] |= 0x10;
            self.out.extend_from_slice(&self.form.profile().to_be_bytes());
            self.out.extend_from_slice(&[0, 0]);
        }
        match self.form {
            Form::OneByte => self.out.push(id << 4 | (data.len() - 1) as u8),
            Form::TwoByte => self.out.extend_from_slice(&[id, data.len() as u8]),
        }
        let at = self.out.len();
        self.out.extend_from_slice(data);
        Some(at)
    }

    /// Closes the header extension and hands the buffer back, at the place where the payload begins.
    pub fn payload(self) -> &'a mut Vec<u8> {
        let extension = self.start + Packet::HEADER_LEN;
        if self.out.len() > extension {
            let written = self.out.len() - extension - 4;
            let words = written.div_ceil(4);
            self.out.resize(extension + 4 + words * 4, 0);
            self.out[extension + 2..extension + 4].copy_from_slice(&(words as u16).to_be_bytes());
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    const HEADER: Header = Header {
        marker: true,
        payload_type: PayloadType(96),
        sequence_number: 0xfffe,
        timestamp: 0x0102_0304,
        ssrc: Ssrc(0xdead_beef),
    };

    #[test]
    fn what_is_written_reads_back_in_both_forms() {
        for form in [Form::OneByte, Form::TwoByte] {
            let mut out = vec![7; 3];
            let mut writer = PacketWriter::new(&mut out, &HEADER, form);
            assert_eq!(
                writer.element(3, b"abc"),
                Some(3 + 12 + 4 + if form == Form::OneByte { 1 } else { 2 })
            );
            assert_eq!(writer.element(15, b"too far").is_some(), form == Form::TwoByte);
            writer.payload().extend_from_slice(b"payload");
            let packet = Packet::parse(&out[3..]).expect("sound");
            assert_eq!((packet.header, packet.payload, packet.padding), (HEADER, &b"payload"[..], 0));
            assert_eq!(packet.element(3), Some(&b"abc"[..]));
            assert_eq!(packet.elements().count(), if form == Form::OneByte { 1 } else { 2 });
        }
    }

    #[test]
    fn padding_counts_itself_and_is_never_zero() {
        let mut bytes = Vec::new();
        PacketWriter::new(&mut bytes, &HEADER, Form::OneByte).payload().extend_from_slice(&[1, 2, 0, 0, 3]);
        bytes[0] |= 0x20;
        let packet = Packet::parse(&bytes).expect("sound");
        assert_eq!((packet.payload, packet.padding), (&[1, 2][..], 3));
        for count in [0, 6] {
            *bytes.last_mut().expect("not empty") = count;
            assert_eq!(Packet::parse(&bytes).map_err(|error| error.field).err(), Some("padding count"));
        }
    }

    #[test]
    fn the_one_byte_form_ends_at_id_15_and_at_an_element_that_does_not_fit() {
        let elements = |rest| Elements { form: Form::OneByte, rest };
        let seen: Vec<_> = elements(&[0x10, 1, 0, 0x21, 2, 2, 0xf0, 9, 0x30, 3]).collect();
        assert_eq!(seen, [(1, &[1][..]), (2, &[2, 2][..])]);
        assert_eq!(elements(&[0x13, 1, 2]).count(), 0);
        assert_eq!(elements(&[0x05, 1, 2]).count(), 0, "id 0 has no length");
    }
}
