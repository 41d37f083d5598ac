//! Open bitstream units: header, size, and the numbers that these are written with. AV1 bitstream specification §4.10.5, §5.3.
//!
//! ```text
//!  0 1 2 3 4 5 6 7
//! |F|  type |X|S|-|   F: 0; X: an extension follows; S: a size follows
//! | TID |SID|  -  |   if X
//! | size (leb128) |   if S; else the OBU fills what it is in
//! ```

use alloc::vec::Vec;
use core::ops::Range;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::super::frame::Assembly;

const TEMPORAL_DELIMITER: u8 = 2;
const TILE_LIST: u8 = 8;

const HAS_EXTENSION: u8 = 0x04;
const HAS_SIZE: u8 = 0x02;

/// Where an OBU lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Obu {
    /// The first byte of the header, without the bit that tells a size.
    header: u8,
    pub(super) extension: Option<u8>,
    /// What comes behind header and size.
    pub(super) payload: Range<usize>,
}

impl Obu {
    /// Reads the OBU at `at`, and says where it ends.
    pub(super) fn read(bytes: &[u8], at: usize) -> Result<(Obu, usize), ParseError> {
        let mut reader = Reader::new(&bytes[at..]);
        let header = reader.u8("obu_header")?;
        if header & 0x80 != 0 {
            return Err(ParseError::new("obu_forbidden_bit", at, ParseErrorKind::BadValue));
        }
        let extension = match header & HAS_EXTENSION != 0 {
            true => Some(reader.u8("obu_extension_header")?),
            false => None,
        };
        let len = match header & HAS_SIZE != 0 {
            true => read_leb128(&mut reader, "obu_size")?,
            false => reader.remaining(),
        };
        let begin = at + reader.offset();
        reader.bytes(len, "obu_size")?;
        let payload = begin..begin + len;
        let end = payload.end;
        Ok((Obu { header: header & !HAS_SIZE, extension, payload }, end))
    }

    pub(super) const fn kind(&self) -> u8 {
        self.header >> 3 & 0x0f
    }

    /// Delimiters and tile lists do not go over RTP.
    pub(super) const fn is_sent(&self) -> bool {
        !matches!(self.kind(), TEMPORAL_DELIMITER | TILE_LIST)
    }

    fn header_len(&self) -> usize {
        1 + usize::from(self.extension.is_some())
    }

    /// Its length in packets.
    pub(super) fn len(&self) -> usize {
        self.header_len() + self.payload.len()
    }

    /// Appends a part of it as it is in packets. `None`: the frame is another one.
    pub(super) fn write(&self, frame: &[u8], part: Range<usize>, out: &mut Vec<u8>) -> Option<()> {
        let header = [self.header, self.extension.unwrap_or(0)];
        let header_len = self.header_len();
        let from_header = part.start.min(header_len)..part.end.min(header_len);
        let shift = |at: usize| self.payload.start + at.saturating_sub(header_len);
        let bytes = frame.get(shift(part.start)..shift(part.end))?;
        out.extend_from_slice(&header[from_header]);
        out.extend_from_slice(bytes);
        Some(())
    }

    /// Makes what lies from `begin` to the end of the frame, and reads as this OBU, one with a size field.
    pub(super) fn put_size(&self, assembly: &mut Assembly<'_>, begin: usize) -> Result<(), ParseError> {
        let (header_len, len) = (self.header_len(), self.payload.len());
        let begin_payload = begin + header_len + leb128_len(len);
        let end = assembly.len();
        // As many bytes as the size takes more than one that was there; then the payload moves to its place.
        let missing = (begin_payload + len).saturating_sub(end);
        assembly.push(&[0; 8][..missing])?;
        let frame = assembly.frame_mut();
        let was = begin + self.payload.start;
        frame.copy_within(was..was + len, begin_payload);
        frame[begin] = self.header | HAS_SIZE;
        let mut size = leb128(len);
        frame[begin + header_len..begin_payload].fill_with(|| size.next().unwrap_or(0));
        assembly.truncate(begin_payload + len);
        Ok(())
    }
}

/// The bytes of a number: seven bits each, the lowest first; the top bit says that more follow.
fn leb128(mut value: usize) -> impl Iterator<Item = u8> {
    let mut is_done = false;
    core::iter::from_fn(move || {
        if is_done {
            return None;
        }
        let low = (value & 0x7f) as u8;
        value >>= 7;
        is_done = value == 0;
        Some(if is_done { low } else { low | 0x80 })
    })
}

/// How many bytes a number takes.
pub(super) fn leb128_len(value: usize) -> usize {
    leb128(value).count()
}

pub(super) fn write_leb128(value: usize, out: &mut Vec<u8>) {
    out.extend(leb128(value));
}

/// Reads a number of at most 32 bits in at most eight bytes, as the specification allows.
pub(super) fn read_leb128(reader: &mut Reader<'_>, field: &'static str) -> Result<usize, ParseError> {
    let at = reader.offset();
    let mut value: u64 = 0;
    for place in 0..8 {
        let byte = reader.u8(field)?;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return u32::try_from(value)
                .map(|value| value as usize)
                .map_err(|_| ParseError::new(field, at, ParseErrorKind::TooLarge));
        }
    }
    Err(ParseError::new(field, at, ParseErrorKind::TooLarge))
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers av1-4.4-b
    #[test]
    fn numbers_read_back_and_may_be_longer_than_they_must() {
        for value in [0, 1, 127, 128, 16_383, 16_384, 0xffff_ffff] {
            let mut out = Vec::new();
            write_leb128(value, &mut out);
            assert_eq!(out.len(), leb128_len(value));
            assert_eq!(read_leb128(&mut Reader::new(&out), "size"), Ok(value));
        }
        assert_eq!(read_leb128(&mut Reader::new(&[0x85, 0x80, 0x00]), "size"), Ok(5));
        assert!(read_leb128(&mut Reader::new(&[0x80; 9]), "size").is_err(), "longer than eight bytes");
        assert!(read_leb128(&mut Reader::new(&[0xff, 0xff, 0xff, 0xff, 0x7f]), "size").is_err());
        assert!(read_leb128(&mut Reader::new(&[0x80]), "size").is_err());
    }

    #[test]
    fn a_size_is_put_in_or_made_as_short_as_it_can_be() {
        let with_size = |bytes: &[u8]| {
            let mut out = bytes.to_vec();
            let mut assembly = Assembly::new(&mut out, 1000);
            assembly.truncate(0);
            assembly.push(bytes).expect("room");
            let (obu, _) = Obu::read(bytes, 0).expect("sound");
            obu.put_size(&mut assembly, 0).expect("room");
            assembly.frame().to_vec()
        };
        assert_eq!(with_size(&[0x30, 1, 2]), [0x32, 2, 1, 2]);
        assert_eq!(with_size(&[0x34, 0x28, 1, 2]), [0x36, 0x28, 2, 1, 2]);
        assert_eq!(with_size(&[0x32, 2, 1, 2]), [0x32, 2, 1, 2]);
        assert_eq!(with_size(&[0x32, 0x82, 0x80, 0x00, 1, 2]), [0x32, 2, 1, 2]);
        assert_eq!(with_size(&[0x30]), [0x32, 0]);
        let long = with_size(&[&[0x30][..], &[7; 200]].concat());
        assert_eq!(long, [&[0x32, 0xc8, 0x01][..], &[7; 200]].concat());
    }
}
