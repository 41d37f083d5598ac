//! H.264 as a stream of bytes: NAL units behind start codes, put together to access units (ITU-T H.264, Annex B, §7.4.1.2).
//!
//! A *NAL unit* is a slice of a picture or what is needed to read one; an *access unit* is all that belongs to one
//! picture. The file says neither when a picture is shown nor where it ends: the next one's beginning does.

use std::io::{self, Read};

use limpid_sansio::wire::ParseErrorKind;

use crate::media::error::{MAX_FRAME, malformed};

/// The kind of a NAL unit that holds a slice of a picture with which decoding can begin.
pub const IDR: u8 = 5;
/// The kind of a NAL unit that holds a sequence parameter set.
pub const SPS: u8 = 7;
/// What stands in front of a NAL unit where we write one.
pub const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// How much is read at once.
const CHUNK: u64 = 64 << 10;

/// The kind of a NAL unit; 0 of an empty one (H.264 table 7-1).
pub fn kind(nal: &[u8]) -> u8 {
    nal.first().map_or(0, |first| first & 0x1f)
}

/// The NAL units of bytes that are all there; empty ones are left out. What stands before the first start code belongs to
/// none.
pub fn nal_units(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = start_code(bytes).map_or(&[][..], |at| &bytes[at + 3..]);
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = start_code(rest);
            let nal = without_zeros(&rest[..end.unwrap_or(rest.len())]);
            rest = end.map_or(&[][..], |at| &rest[at + 3..]);
            if !nal.is_empty() {
                return Some(nal);
            }
        }
        None
    })
}

/// Appends a NAL unit behind a start code.
pub fn write(nal: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&START_CODE);
    out.extend_from_slice(nal);
}

/// Where the next start code of three bytes is. A fourth byte in front of it looks like the end of the NAL unit before.
fn start_code(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|three| three == [0, 0, 1])
}

/// No NAL unit ends in a zero: those that stand there fill a gap.
fn without_zeros(nal: &[u8]) -> &[u8] {
    &nal[..nal.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)]
}

/// One picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessUnit {
    /// NAL units, each behind a start code of four bytes.
    pub data: Vec<u8>,
    /// Whether decoding can begin here.
    pub is_key: bool,
}

/// Reads access units one after the other. Holds one, and what was read ahead.
#[derive(Debug)]
pub struct Reader<R> {
    inner: R,
    /// Begins behind a start code.
    buffer: Vec<u8>,
    /// Up to here there is no start code.
    searched: usize,
    at_end: bool,
    offset: u64,
    /// The first NAL unit of the next picture.
    ahead: Option<Vec<u8>>,
    sps: Option<Vec<u8>>,
}

impl<R: Read> Reader<R> {
    /// A file begins with a start code, in front of which there may be zeros.
    pub fn new(inner: R) -> io::Result<Self> {
        let (buffer, searched, at_end, offset) = (Vec::new(), 0, false, 0);
        let mut reader = Reader { inner, buffer, searched, at_end, offset, ahead: None, sps: None };
        match reader.next_nal()? {
            Some(nal) if nal.is_empty() => Ok(reader),
            _ => Err(malformed("start code", 0, ParseErrorKind::Missing)),
        }
    }

    /// The next picture.
    pub fn next_unit(&mut self) -> io::Result<Option<AccessUnit>> {
        let mut unit = AccessUnit { data: Vec::new(), is_key: false };
        let mut has_slice = false;
        loop {
            let nal = match self.ahead.take() {
                Some(nal) => nal,
                None => match self.next_nal()? {
                    Some(nal) if nal.is_empty() => continue,
                    Some(nal) => nal,
                    None => return Ok((!unit.data.is_empty()).then_some(unit)),
                },
            };
            if has_slice && begins_unit(&nal) {
                self.ahead = Some(nal);
                return Ok(Some(unit));
            }
            if unit.data.len() + nal.len() + START_CODE.len() > MAX_FRAME {
                return Err(malformed("access unit", self.offset, ParseErrorKind::TooLarge));
            }
            has_slice |= matches!(kind(&nal), 1..=5);
            unit.is_key |= kind(&nal) == IDR;
            if kind(&nal) == SPS {
                self.sps = Some(nal.clone());
            }
            write(&nal, &mut unit.data);
        }
    }

    /// The last sequence parameter set that came by.
    pub fn sps(&self) -> Option<&[u8]> {
        self.sps.as_deref()
    }

    /// What it read from.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// The bytes up to the next start code, without zeros at their end.
    fn next_nal(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = start_code(&self.buffer[self.searched..]) {
                let at = self.searched + at;
                let nal = without_zeros(&self.buffer[..at]).to_vec();
                self.buffer.drain(..at + 3);
                self.offset += at as u64 + 3;
                self.searched = 0;
                return Ok(Some(nal));
            }
            // The beginning of a start code may be at the end.
            self.searched = self.buffer.len().saturating_sub(2);
            if self.at_end {
                let nal = without_zeros(&std::mem::take(&mut self.buffer)).to_vec();
                self.searched = 0;
                return Ok((!nal.is_empty()).then_some(nal));
            }
            if self.buffer.len() > MAX_FRAME {
                return Err(malformed("NAL unit", self.offset, ParseErrorKind::TooLarge));
            }
            self.at_end = (&mut self.inner).take(CHUNK).read_to_end(&mut self.buffer)? == 0;
        }
    }
}

/// Whether a NAL unit behind a slice belongs to the next picture (H.264 §7.4.1.2.3, as far as its first bytes tell).
fn begins_unit(nal: &[u8]) -> bool {
    match kind(nal) {
        // A slice whose first macroblock is the picture's first: Exp-Golomb 0, a single 1.
        1 | 2 | 5 => nal.get(1).is_some_and(|byte| byte & 0x80 != 0),
        6..=9 | 14..=18 => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> io::Result<Vec<AccessUnit>> {
        let mut reader = Reader::new(bytes)?;
        let mut units = Vec::new();
        while let Some(unit) = reader.next_unit()? {
            units.push(unit);
        }
        Ok(units)
    }

    fn joined(nals: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        nals.iter().for_each(|nal| write(nal, &mut out));
        out
    }

    const SPS_NAL: &[u8] = &[0x67, 1, 2];
    const PPS_NAL: &[u8] = &[0x68, 3];
    const KEY_FIRST: &[u8] = &[0x65, 0x88, 4];
    const KEY_SECOND: &[u8] = &[0x65, 0x42, 5];
    const INTER: &[u8] = &[0x41, 0x9a, 6];

    #[test]
    fn slices_and_what_they_need_are_one_picture() {
        let bytes =
            joined(&[SPS_NAL, PPS_NAL, KEY_FIRST, KEY_SECOND, INTER, INTER, SPS_NAL, PPS_NAL, KEY_FIRST]);
        let units = read(&bytes).unwrap();
        let keys: Vec<_> = units.iter().map(|unit| unit.is_key).collect();
        assert_eq!(keys, [true, false, false, true]);
        assert_eq!(units[0].data, joined(&[SPS_NAL, PPS_NAL, KEY_FIRST, KEY_SECOND]));
        assert_eq!(units.concat_data(), bytes);
    }

    trait ConcatData {
        fn concat_data(&self) -> Vec<u8>;
    }

    impl ConcatData for Vec<AccessUnit> {
        fn concat_data(&self) -> Vec<u8> {
            self.iter().flat_map(|unit| unit.data.clone()).collect()
        }
    }

    #[test]
    fn short_start_codes_and_zeros_around_them_are_no_content() {
        let bytes =
            [&[0, 0, 0, 0, 1][..], KEY_FIRST, &[0, 0, 0, 0, 1], INTER, &[0, 0, 1], INTER, &[0, 0]].concat();
        assert_eq!(read(&bytes).unwrap().concat_data(), joined(&[KEY_FIRST, INTER, INTER]));
        assert_eq!(nal_units(&bytes).collect::<Vec<_>>(), [KEY_FIRST, INTER, INTER]);
    }

    #[test]
    fn start_codes_are_found_across_reads() {
        let long = [&[0x41, 0x9a][..], &vec![7; CHUNK as usize - 8]].concat();
        for cut in 0..8 {
            let bytes = joined(&[&long[..long.len() - cut], INTER, &long]);
            assert_eq!(read(&bytes).unwrap().len(), 3, "{cut}");
            assert_eq!(read(&bytes).unwrap().concat_data(), bytes);
        }
    }

    #[test]
    fn a_file_of_something_else_is_refused_and_so_is_one_without_end() {
        assert!(read(b"").is_err());
        assert!(read(b"DKIF and so on").is_err());
        assert!(read(&[&[9][..], &joined(&[INTER])].concat()).is_err());
        let endless = joined(&[&vec![0x41; MAX_FRAME + 1]]);
        assert_eq!(read(&endless).unwrap_err().kind(), io::ErrorKind::InvalidData);
        let many = joined(&vec![&[6, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12][..]; MAX_FRAME / 16]);
        assert_eq!(read(&many).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    proptest! {
        #[test]
        fn no_byte_of_a_nal_unit_is_lost(
            nals in proptest::collection::vec(proptest::collection::vec(1_u8.., 1..40), 1..20),
        ) {
            let nals: Vec<&[u8]> = nals.iter().map(Vec::as_slice).collect();
            let bytes = joined(&nals);
            prop_assert_eq!(nal_units(&bytes).collect::<Vec<_>>(), nals);
            prop_assert_eq!(read(&bytes).unwrap().concat_data(), bytes);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(0_u8..4, 0..200)) {
            let _ = read(&bytes);
            let _ = read(&[&START_CODE, bytes.as_slice()].concat());
        }
    }
}
