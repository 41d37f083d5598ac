//! Fields that are no whole bytes: the first bit of a byte is its highest. AV1 RTP specification, appendix A.8.1.

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

/// Reads bits from the front of a slice.
#[derive(Clone, Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        BitReader { bytes, at: 0 }
    }

    /// A fault here.
    pub(super) fn error(&self, field: &'static str, kind: ParseErrorKind) -> ParseError {
        ParseError::new(field, self.at / 8, kind)
    }

    /// f(n): the next `count` bits, at most 32.
    pub(super) fn bits(&mut self, count: usize, field: &'static str) -> Result<u32, ParseError> {
        if count > self.bytes.len() * 8 - self.at {
            return Err(self.error(field, ParseErrorKind::Truncated));
        }
        let mut value = 0;
        for at in self.at..self.at + count {
            value = value << 1 | u32::from(self.bytes[at / 8] >> (7 - at % 8) & 1);
        }
        self.at += count;
        Ok(value)
    }

    /// One bit.
    pub(super) fn flag(&mut self, field: &'static str) -> Result<bool, ParseError> {
        Ok(self.bits(1, field)? == 1)
    }

    /// ns(n): a value below `limit` (at least 1), of which the lower ones take a bit less.
    pub(super) fn below(&mut self, limit: u32, field: &'static str) -> Result<u32, ParseError> {
        let (width, short) = widths(limit);
        let value = self.bits(width - 1, field)?;
        match value < short {
            true => Ok(value),
            false => Ok((value << 1) - short + self.bits(1, field)?),
        }
    }
}

/// The most bits a value below `limit` takes, and how many values take one less.
fn widths(limit: u32) -> (usize, u32) {
    let width = u32::BITS - limit.leading_zeros();
    (width as usize, (1 << width) - limit)
}

/// Appends bits; the last byte is filled up with zeros.
#[derive(Debug)]
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Bits that are free in the last byte.
    free: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        BitWriter { out, free: 0 }
    }

    pub(super) fn bits(&mut self, count: usize, value: u32) {
        for bit in (0..count).rev() {
            if self.free == 0 {
                self.out.push(0);
                self.free = 8;
            }
            self.free -= 1;
            if let Some(last) = self.out.last_mut() {
                *last |= ((value >> bit & 1) as u8) << self.free;
            }
        }
    }

    pub(super) fn flag(&mut self, value: bool) {
        self.bits(1, value.into());
    }

    /// The counterpart of [`below`](BitReader::below).
    pub(super) fn below(&mut self, limit: u32, value: u32) {
        let (width, short) = widths(limit);
        match value < short {
            true => self.bits(width - 1, value),
            false => self.bits(width, value + short),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_below_every_limit_read_back() {
        for limit in 1..70 {
            for value in 0..limit {
                let mut out = Vec::new();
                let mut writer = BitWriter::new(&mut out);
                writer.bits(3, 5);
                writer.below(limit, value);
                writer.flag(true);
                let mut reader = BitReader::new(&out);
                assert_eq!(reader.bits(3, "a"), Ok(5));
                assert_eq!(reader.below(limit, "b"), Ok(value), "{value} below {limit}");
                assert_eq!(reader.flag("c"), Ok(true));
            }
        }
    }

    #[test]
    fn five_values_take_two_or_three_bits() {
        let coded: Vec<_> = (0..5)
            .map(|value| {
                let mut out = Vec::new();
                BitWriter::new(&mut out).below(5, value);
                out[0]
            })
            .collect();
        assert_eq!(coded, [0b0000_0000, 0b0100_0000, 0b1000_0000, 0b1100_0000, 0b1110_0000]);
    }

    #[test]
    fn the_end_is_a_fault() {
        let mut reader = BitReader::new(&[0xff]);
        assert_eq!(reader.bits(7, "a"), Ok(0x7f));
        assert_eq!(reader.bits(2, "b"), Err(ParseError::new("b", 0, ParseErrorKind::Truncated)));
    }
}
