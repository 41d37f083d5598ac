//! Samples as they come, behind a header that is kept true.

use std::io::{self, Seek, SeekFrom, Write};

use super::reader::Format;

/// Bytes in front of the samples: `RIFF`, `fmt ` of 18 bytes, `fact`, and the start of `data`.
const HEADER_LEN: u32 = 58;

/// Writes one file. Holds no samples.
#[derive(Debug)]
pub struct Writer<W> {
    inner: W,
    format: Format,
    /// Bytes of samples.
    len: u32,
}

impl<W: Write + Seek> Writer<W> {
    /// Writes a header that says nothing is there yet.
    pub fn new(mut inner: W, format: Format) -> io::Result<Self> {
        inner.write_all(&header(format, 0))?;
        Ok(Writer { inner, format, len: 0 })
    }

    /// Appends samples in the file's own encoding. Fails where the lengths of a header end, at 4 GiB.
    pub fn write(&mut self, samples: &[u8]) -> io::Result<()> {
        let len = u32::try_from(samples.len()).ok().and_then(|len| self.len.checked_add(len));
        let len = len.filter(|len| *len < u32::MAX - HEADER_LEN - 1).ok_or(io::ErrorKind::FileTooLarge)?;
        self.inner.write_all(samples)?;
        self.len = len;
        Ok(())
    }

    /// Puts the lengths into the header, and goes on.
    pub fn update(&mut self) -> io::Result<()> {
        self.inner.seek(SeekFrom::Start(0))?;
        self.inner.write_all(&header(self.format, self.len))?;
        self.inner.seek(SeekFrom::End(0))?;
        Ok(())
    }

    /// Bytes of samples so far.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// No sample was written.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts the lengths into the header. Returns what it wrote to.
    pub fn finish(mut self) -> io::Result<W> {
        if self.len % 2 == 1 {
            self.inner.write_all(&[0])?;
        }
        self.update()?;
        self.inner.flush()?;
        Ok(self.inner)
    }
}

fn header(format: Format, len: u32) -> Vec<u8> {
    let (tag, bits) = format.encoding.tag();
    let width = format.channels * (bits / 8);
    let mut out = Vec::with_capacity(HEADER_LEN as usize);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(HEADER_LEN - 8 + len + len % 2).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&18_u32.to_le_bytes());
    out.extend_from_slice(&tag.to_le_bytes());
    out.extend_from_slice(&format.channels.to_le_bytes());
    out.extend_from_slice(&format.rate.to_le_bytes());
    out.extend_from_slice(&(format.rate * u32::from(width)).to_le_bytes());
    out.extend_from_slice(&width.to_le_bytes());
    out.extend_from_slice(&bits.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out.extend_from_slice(b"fact");
    out.extend_from_slice(&4_u32.to_le_bytes());
    out.extend_from_slice(&(len / u32::from(width.max(1))).to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&len.to_le_bytes());
    out
}
