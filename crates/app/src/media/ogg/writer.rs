//! Packets into pages, as they come.

use std::io::{self, Write};

use super::opus::{Head, tags};
use super::page::{Page, lace};

/// How long a page may become, in samples: a fifth of a second, which is what a file lacks that ends without warning.
const PAGE: u64 = 9600;

/// Writes one stream. Holds one page.
#[derive(Debug)]
pub struct Writer<W> {
    inner: W,
    serial: u32,
    sequence: u32,
    lacing: Vec<u8>,
    body: Vec<u8>,
    /// Where the page's packets begin and end, in samples at 48 kHz.
    started: u64,
    ended: u64,
}

impl<W: Write> Writer<W> {
    /// Writes both headers. `serial` tells this stream from others, should files be joined.
    pub fn new(inner: W, serial: u32, head: &Head) -> io::Result<Self> {
        let (lacing, body) = (Vec::new(), Vec::new());
        let mut writer = Writer { inner, serial, sequence: 0, lacing, body, started: 0, ended: 0 };
        // Each header has a page of its own (RFC 7845 §3).
        writer.add(&head.to_bytes());
        writer.write_page(Some(0), false)?;
        writer.add(&tags("limpid"));
        writer.write_page(Some(0), false)?;
        Ok(writer)
    }

    /// Appends a packet that begins at a sample (at 48 kHz, since the first one) and lasts `duration` samples. One that
    /// begins later than the last one ended leaves a hole in the positions. Packets over 64 KiB are refused.
    pub fn write(&mut self, at: u64, duration: u32, packet: &[u8]) -> io::Result<()> {
        let segments = packet.len() / 255 + 1;
        if segments > 255 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let at = at.max(self.ended);
        // A page tells one position, that of its end: what is on it has no holes.
        let full = self.lacing.len() + segments > 255 || self.ended - self.started >= PAGE;
        if !self.lacing.is_empty() && (at > self.ended || full) {
            self.write_page(Some(self.ended), false)?;
        }
        if self.lacing.is_empty() {
            self.started = at;
        }
        self.add(packet);
        self.ended = at.saturating_add(duration.into());
        Ok(())
    }

    /// Writes the last page. Returns what it wrote to.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_page(Some(self.ended), true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn add(&mut self, packet: &[u8]) {
        self.lacing.extend(lace(packet.len()));
        self.body.extend_from_slice(packet);
    }

    fn write_page(&mut self, position: Option<u64>, last: bool) -> io::Result<()> {
        let mut out = Vec::new();
        let page = Page {
            continued: false,
            first: self.sequence == 0,
            last,
            position,
            serial: self.serial,
            sequence: self.sequence,
            lacing: &self.lacing,
            body: &self.body,
        };
        page.write(&mut out);
        self.inner.write_all(&out)?;
        self.sequence = self.sequence.wrapping_add(1);
        self.lacing.clear();
        self.body.clear();
        Ok(())
    }
}
