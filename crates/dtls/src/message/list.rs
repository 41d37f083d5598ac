//! Lists of 16-bit code points, as they lie in a message.

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

/// A list of 16-bit numbers that borrows its wire form.
#[derive(Copy, Clone, PartialEq, Eq, Default)]
pub struct U16List<'a>(&'a [u8]);

impl<'a> U16List<'a> {
    /// From big-endian bytes; an odd number of them is a fault in `field`.
    pub fn new(bytes: &'a [u8], field: &'static str) -> Result<Self, ParseError> {
        if bytes.len().is_multiple_of(2) {
            Ok(U16List(bytes))
        } else {
            Err(ParseError::new(field, 0, ParseErrorKind::BadLength))
        }
    }

    /// Reads a list behind its length in two bytes. An empty one is a fault: no list of TLS may be.
    pub fn parse(reader: &mut Reader<'a>, field: &'static str) -> Result<Self, ParseError> {
        let at = reader.offset();
        let bytes = reader.vec16(field)?;
        if bytes.is_empty() || !bytes.len().is_multiple_of(2) {
            return Err(ParseError::new(field, at, ParseErrorKind::BadLength));
        }
        Ok(U16List(bytes))
    }

    /// Appends the list behind its length in two bytes.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.0.len() as u16);
        writer.bytes(self.0);
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u16> + 'a {
        self.0.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
    }

    /// Whether `number` is one of them.
    pub fn contains(&self, number: u16) -> bool {
        self.iter().any(|one| one == number)
    }
}

impl fmt::Debug for U16List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|number| format!("{number:#06x}"))).finish()
    }
}
