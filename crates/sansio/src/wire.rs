//! Reading and writing wire formats: big-endian cursors and the one parse error of every codec.

use alloc::vec::Vec;
use core::fmt;

/// Why bytes are not what they should be: which field, where it begins, and what is wrong with it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The field's name in its RFC.
    pub field: &'static str,
    /// Where it begins, in bytes from the start of what was parsed.
    pub offset: usize,
    /// What is wrong.
    pub kind: ParseErrorKind,
}

/// What can be wrong with a field.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The bytes end before the field does.
    Truncated,
    /// Bytes are left over where the format ends.
    TrailingBytes,
    /// A length field contradicts its surroundings.
    BadLength,
    /// A value that the format forbids.
    BadValue,
    /// A checksum does not match.
    BadChecksum,
    /// The field is required and missing.
    Missing,
    /// The field may stand once and stands again.
    Repeated,
    /// Larger than this side is willing to take.
    TooLarge,
}

impl ParseError {
    /// A fault of `kind` in `field` at `offset`.
    pub const fn new(field: &'static str, offset: usize, kind: ParseErrorKind) -> Self {
        ParseError { field, offset, kind }
    }

    /// The same fault, seen from a format in which the parsed part begins at `base`.
    pub const fn within(self, base: usize) -> Self {
        ParseError { offset: self.offset + base, ..self }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ParseErrorKind::Truncated => "ends too early",
            ParseErrorKind::TrailingBytes => "is followed by bytes that do not belong",
            ParseErrorKind::BadLength => "has a length that does not fit",
            ParseErrorKind::BadValue => "has a value that is not allowed",
            ParseErrorKind::BadChecksum => "does not match what it covers",
            ParseErrorKind::Missing => "is missing",
            ParseErrorKind::Repeated => "stands more than once",
            ParseErrorKind::TooLarge => "is larger than allowed",
        };
        write!(f, "{} at offset {} {what}", self.field, self.offset)
    }
}

impl core::error::Error for ParseError {}

/// Reads big-endian fields from the front of a slice, and knows how far it has come.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// From the first byte.
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, at: 0 }
    }

    /// Bytes read so far.
    #[inline]
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// Bytes left.
    #[inline]
    pub const fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Nothing is left.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// What is left, without reading it.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// A fault of `kind` in `field`, here.
    pub const fn error(&self, field: &'static str, kind: ParseErrorKind) -> ParseError {
        ParseError::new(field, self.at, kind)
    }

    /// The next `len` bytes.
    #[inline]
    pub fn bytes(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], ParseError> {
        let end = self.at.checked_add(len).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(self.error(field, ParseErrorKind::Truncated))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    #[inline]
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], ParseError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N, field)?);
        Ok(array)
    }

    /// One byte.
    #[inline]
    pub fn u8(&mut self, field: &'static str) -> Result<u8, ParseError> {
        Ok(self.array::<1>(field)?[0])
    }

    /// Two bytes.
    #[inline]
    pub fn u16(&mut self, field: &'static str) -> Result<u16, ParseError> {
        Ok(u16::from_be_bytes(self.array(field)?))
    }

    /// Three bytes, as TLS uses them.
    pub fn u24(&mut self, field: &'static str) -> Result<u32, ParseError> {
        let [a, b, c] = self.array(field)?;
        Ok(u32::from_be_bytes([0, a, b, c]))
    }

    /// Four bytes.
    #[inline]
    pub fn u32(&mut self, field: &'static str) -> Result<u32, ParseError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    /// Six bytes, as DTLS uses them.
    pub fn u48(&mut self, field: &'static str) -> Result<u64, ParseError> {
        let [a, b, c, d, e, f] = self.array(field)?;
        Ok(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }

    /// Eight bytes.
    #[inline]
    pub fn u64(&mut self, field: &'static str) -> Result<u64, ParseError> {
        Ok(u64::from_be_bytes(self.array(field)?))
    }

    /// A vector behind its length in one byte.
    pub fn vec8(&mut self, field: &'static str) -> Result<&'a [u8], ParseError> {
        let len = self.u8(field)?;
        self.bytes(len.into(), field)
    }

    /// A vector behind its length in two bytes.
    pub fn vec16(&mut self, field: &'static str) -> Result<&'a [u8], ParseError> {
        let len = self.u16(field)?;
        self.bytes(len.into(), field)
    }

    /// A vector behind its length in three bytes.
    pub fn vec24(&mut self, field: &'static str) -> Result<&'a [u8], ParseError> {
        let len = self.u24(field)?;
        self.bytes(len as usize, field)
    }

    /// Nothing may be left.
    pub fn finish(&self, field: &'static str) -> Result<(), ParseError> {
        if self.is_empty() { Ok(()) } else { Err(self.error(field, ParseErrorKind::TrailingBytes)) }
    }
}

/// Appends big-endian fields to the caller's buffer.
///
/// Offsets are counted from where this writer began, so that a format can be written behind other bytes.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

/// A length field that is filled in when what it counts has been written. See [`Writer::open`].
#[must_use]
#[derive(Debug)]
pub struct OpenLength {
    at: usize,
    width: usize,
}

impl<'a> Writer<'a> {
    /// Appends behind what `out` holds.
    #[inline]
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Writer { out, start }
    }

    /// Bytes written by this writer.
    #[inline]
    pub fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What this writer wrote.
    pub fn written(&self) -> &[u8] {
        &self.out[self.start..]
    }

    /// What this writer wrote, to be patched.
    #[inline]
    pub fn written_mut(&mut self) -> &mut [u8] {
        &mut self.out[self.start..]
    }

    /// Takes back all but the first `len` bytes that this writer wrote.
    pub fn truncate(&mut self, len: usize) {
        self.out.truncate(self.start.saturating_add(len));
    }

    /// Raw bytes.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// `count` zero bytes.
    #[inline]
    pub fn zeros(&mut self, count: usize) {
        self.out.resize(self.out.len() + count, 0);
    }

    /// One byte.
    #[inline]
    pub fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    /// Two bytes.
    #[inline]
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    /// The low three bytes.
    pub fn u24(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes()[1..]);
    }

    /// Four bytes.
    #[inline]
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// The low six bytes.
    pub fn u48(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes()[2..]);
    }

    /// Eight bytes.
    #[inline]
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// Begins a vector behind a length of `width` bytes (1 to 4). Close it with [`close`](Writer::close).
    pub fn open(&mut self, width: usize) -> OpenLength {
        let at = self.len();
        self.zeros(width);
        OpenLength { at, width }
    }

    /// Fills in a length field with the number of bytes written since it was opened.
    pub fn close(&mut self, open: OpenLength) {
        let len = self.len() - open.at - open.width;
        debug_assert!(len < 1 << (8 * open.width), "a vector fits its length field");
        let bytes = (len as u32).to_be_bytes();
        self.written_mut()[open.at..open.at + open.width].copy_from_slice(&bytes[4 - open.width..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let mut out = alloc::vec![0xff];
        let mut writer = Writer::new(&mut out);
        writer.u8(1);
        writer.u24(0x02_0304);
        writer.u48(0x0506_0708_090a);
        let open = writer.open(2);
        writer.bytes(b"abc");
        writer.close(open);
        assert_eq!(writer.len(), 15);

        let mut reader = Reader::new(&out[1..]);
        assert_eq!(reader.u8("a"), Ok(1));
        assert_eq!(reader.u24("b"), Ok(0x02_0304));
        assert_eq!(reader.u48("c"), Ok(0x0506_0708_090a));
        assert_eq!(reader.vec16("d"), Ok(&b"abc"[..]));
        assert_eq!(reader.finish("end"), Ok(()));
    }

    #[test]
    fn a_fault_names_its_field_and_place() {
        let mut reader = Reader::new(&[0, 9, 1]);
        let error = reader.vec16("cookie").unwrap_err();
        assert_eq!(error, ParseError::new("cookie", 2, ParseErrorKind::Truncated));
        assert_eq!(alloc::format!("{}", error.within(10)), "cookie at offset 12 ends too early");
    }
}
