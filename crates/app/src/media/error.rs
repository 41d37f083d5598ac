//! Files that are not what they say: a fault with its place, as an error of input and output.

use std::io::{self, Read};

use limpid_sansio::wire::{ParseError, ParseErrorKind};

/// The longest frame or packet that is read, in bytes: far more than a real one, and little memory.
pub const MAX_FRAME: usize = 4 << 20;

/// A fault at an offset of a file.
pub(super) fn malformed(field: &'static str, offset: u64, kind: ParseErrorKind) -> io::Error {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    io::Error::new(io::ErrorKind::InvalidData, ParseError::new(field, offset, kind))
}

/// Reads exactly `len` bytes, or as many as there are. Memory grows with what comes, not with what a header promises.
pub(super) fn read_some(reader: &mut impl Read, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(len as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
