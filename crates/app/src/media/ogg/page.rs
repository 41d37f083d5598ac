//! One page (RFC 3533 §6).

use limpid_sansio::wire::{ParseError, ParseErrorKind};

/// Bytes in front of the lengths of the segments.
pub const HEADER_LEN: usize = 27;
/// The longest page: a header, 255 lengths, 255 segments of 255 bytes.
pub const MAX_LEN: usize = HEADER_LEN + 255 + 255 * 255;

/// A page whose checksum held.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Page<'a> {
    /// The first packet began on the page before.
    pub continued: bool,
    /// The first page of its stream.
    pub first: bool,
    /// The last page of its stream.
    pub last: bool,
    /// Where the last packet that ends here ends; `None` if none does.
    pub position: Option<u64>,
    /// Which of the streams of a file.
    pub serial: u32,
    /// Counts the pages of the stream.
    pub sequence: u32,
    /// The lengths of the segments, at most 255 of them.
    pub lacing: &'a [u8],
    /// The segments.
    pub body: &'a [u8],
}

/// A part of a page's body.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Piece<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Whether the packet ends with it, or goes on on the next page.
    pub ends: bool,
}

impl<'a> Page<'a> {
    /// Reads the page at the front, and says how long it is. Bytes may follow.
    pub fn parse(bytes: &'a [u8]) -> Result<(Self, usize), ParseError> {
        let truncated = |field| ParseError::new(field, bytes.len(), ParseErrorKind::Truncated);
        let (header, rest) = bytes.split_first_chunk::<HEADER_LEN>().ok_or(truncated("page header"))?;
        if &header[..4] != b"OggS" {
            return Err(ParseError::new("capture pattern", 0, ParseErrorKind::BadValue));
        }
        if header[4] != 0 {
            return Err(ParseError::new("version", 4, ParseErrorKind::BadValue));
        }
        let (lacing, rest) = rest.split_at_checked(header[26].into()).ok_or(truncated("lacing"))?;
        let len = lacing.iter().map(|len| usize::from(*len)).sum();
        let body = rest.get(..len).ok_or(truncated("body"))?;
        let [.., a, b, c, d, _] = *header;
        let whole = &bytes[..HEADER_LEN + lacing.len() + len];
        if checksum(whole) != u32::from_le_bytes([a, b, c, d]) {
            return Err(ParseError::new("checksum", 22, ParseErrorKind::BadChecksum));
        }
        let number = |at: usize, len: usize| {
            header[at..at + len].iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte))
        };
        let page = Page {
            continued: header[5] & CONTINUED != 0,
            first: header[5] & FIRST != 0,
            last: header[5] & LAST != 0,
            position: Some(number(6, 8)).filter(|position| *position != NO_POSITION),
            serial: number(14, 4) as u32,
            sequence: number(18, 4) as u32,
            lacing,
            body,
        };
        Ok((page, whole.len()))
    }

    /// Appends the page with its checksum. Its body is as long as its lacing says, which has at most 255 lengths.
    pub fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        let flags = flag(self.continued, CONTINUED) | flag(self.first, FIRST) | flag(self.last, LAST);
        out.extend_from_slice(b"OggS");
        out.extend_from_slice(&[0, flags]);
        out.extend_from_slice(&self.position.unwrap_or(NO_POSITION).to_le_bytes());
        out.extend_from_slice(&self.serial.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.push(self.lacing.len() as u8);
        out.extend_from_slice(self.lacing);
        out.extend_from_slice(self.body);
        let sum = checksum(&out[start..]);
        out[start + 22..start + 26].copy_from_slice(&sum.to_le_bytes());
    }

    /// Its packets and parts of packets.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'a>> {
        let (mut lacing, mut body) = (self.lacing, self.body);
        std::iter::from_fn(move || {
            if lacing.is_empty() {
                return None;
            }
            // A packet ends with the first segment that is not full.
            let last = lacing.iter().position(|len| *len < 255);
            let (taken, left) = lacing.split_at(last.map_or(lacing.len(), |last| last + 1));
            let len = taken.iter().map(|len| usize::from(*len)).sum::<usize>().min(body.len());
            let (bytes, rest) = body.split_at(len);
            (lacing, body) = (left, rest);
            Some(Piece { bytes, ends: last.is_some() })
        })
    }
}

/// The lengths of a packet's segments: full ones, and one that is not.
pub fn lace(len: usize) -> impl Iterator<Item = u8> {
    std::iter::repeat_n(255, len / 255).chain([(len % 255) as u8])
}

/// The checksum of a page, whose own four bytes count as zeros: a CRC of polynomial 0x04c11db7, not reflected.
fn checksum(page: &[u8]) -> u32 {
    let step = |sum: u32, byte: u8| sum << 8 ^ CRC[usize::from((sum >> 24) as u8 ^ byte)];
    let before = page[..22].iter().fold(0, |sum, byte| step(sum, *byte));
    let blank = (0..4).fold(before, |sum, _| step(sum, 0));
    page[26..].iter().fold(blank, |sum, byte| step(sum, *byte))
}

/// What each byte adds to the sum.
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

const CONTINUED: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;
/// What stands for "no packet ends here".
const NO_POSITION: u64 = u64::MAX;
