//! Packets of the first Opus stream of a file, with their times.

use std::collections::VecDeque;
use std::io::{self, Read};

use limpid_sansio::wire::ParseErrorKind;

use crate::media::error::{malformed, read_some};

use super::opus::{Head, duration};
use super::page::{HEADER_LEN, Page};

/// The longest packet, in bytes: 48 frames of 1275 bytes and their lengths, rounded up (RFC 6716 §3.2.5).
const MAX_PACKET: usize = 64 << 10;
/// The longest header: comments may hold pictures, which are skipped.
const MAX_HEADER: usize = 16 << 20;

/// One packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// When it begins, in samples at 48 kHz since the first one.
    pub at: u64,
    /// How many samples it lasts.
    pub duration: u32,
    /// As RTP carries it.
    pub data: Vec<u8>,
}

/// Reads page by page. Holds one page and at most one packet more.
#[derive(Debug)]
pub struct Reader<R> {
    inner: R,
    head: Head,
    serial: u32,
    offset: u64,
    /// A packet whose end is on a later page.
    partial: Option<Vec<u8>>,
    /// How many of the stream's two headers are still to come.
    headers_left: u8,
    ready: VecDeque<Packet>,
    /// Where the last packet ended, and what the file calls the beginning.
    end: u64,
    origin: Option<u64>,
}

impl<R: Read> Reader<R> {
    /// Reads up to the stream's first header. Streams of other codecs are passed over.
    pub fn new(mut inner: R) -> io::Result<Self> {
        let mut offset = 0;
        while let Some(bytes) = read_page(&mut inner, offset)? {
            let page = parse(&bytes, offset)?;
            // All streams begin before any goes on (RFC 3533 §4).
            if !page.first {
                break;
            }
            if let Ok(head) = Head::parse(page.body) {
                return Ok(Reader {
                    inner,
                    head,
                    serial: page.serial,
                    offset: offset + bytes.len() as u64,
                    partial: None,
                    headers_left: 1,
                    ready: VecDeque::new(),
                    end: 0,
                    origin: None,
                });
            }
            offset += bytes.len() as u64;
        }
        Err(malformed("OpusHead", offset, ParseErrorKind::Missing))
    }

    /// The stream's first header.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The next packet. A last page that is cut off is left out.
    pub fn next_packet(&mut self) -> io::Result<Option<Packet>> {
        loop {
            if let Some(packet) = self.ready.pop_front() {
                return Ok(Some(packet));
            }
            let Some(bytes) = read_page(&mut self.inner, self.offset)? else { return Ok(None) };
            let page = parse(&bytes, self.offset)?;
            if page.serial == self.serial {
                self.take(&page)?;
            }
            self.offset += bytes.len() as u64;
        }
    }

    /// What it read from.
    pub fn into_inner(self) -> R {
        self.inner
    }

    fn take(&mut self, page: &Page<'_>) -> io::Result<()> {
        let mut packets = Vec::new();
        if !page.continued {
            self.partial = None;
        }
        for (n, piece) in page.pieces().enumerate() {
            // The end of a packet whose beginning nobody has is of no use.
            let orphan = n == 0 && page.continued && self.partial.is_none();
            let mut packet = self.partial.take().unwrap_or_default();
            let limit = if self.headers_left > 0 { MAX_HEADER } else { MAX_PACKET };
            if packet.len() + piece.bytes.len() > limit {
                return Err(malformed("packet", self.offset, ParseErrorKind::TooLarge));
            }
            packet.extend_from_slice(piece.bytes);
            match piece.ends {
                _ if orphan => {}
                false => self.partial = Some(packet),
                true if self.headers_left > 0 => self.headers_left -= 1,
                true => packets.extend(duration(&packet).map(|duration| (packet, duration))),
            }
        }
        self.place(packets, page);
        Ok(())
    }

    /// Gives a page's packets their times: they end where the page says.
    fn place(&mut self, packets: Vec<(Vec<u8>, u32)>, page: &Page<'_>) {
        let lasts: u64 = packets.iter().map(|(_, duration)| u64::from(*duration)).sum();
        if packets.is_empty() {
            return;
        }
        let started = page.position.and_then(|position| position.checked_sub(lasts));
        let origin = *self.origin.get_or_insert(started.unwrap_or(0));
        // Earlier than the last one ended: a last page that cuts off what was padded (RFC 7845 §4.4).
        let mut at = self.end.max(started.unwrap_or(0).saturating_sub(origin));
        for (data, duration) in packets {
            self.ready.push_back(Packet { at, duration, data });
            at += u64::from(duration);
        }
        self.end = at;
    }
}

/// The bytes of the next page, with which the file may end; `None` where it ends, or is cut off.
fn read_page(inner: &mut impl Read, offset: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = read_some(inner, HEADER_LEN)?;
    if bytes.len() < HEADER_LEN {
        return Ok(None);
    }
    if !bytes.starts_with(b"OggS") {
        return Err(malformed("capture pattern", offset, ParseErrorKind::BadValue));
    }
    let count = usize::from(bytes[26]);
    let lacing = read_some(inner, count)?;
    let len = lacing.iter().map(|len| usize::from(*len)).sum();
    let body = read_some(inner, len)?;
    if lacing.len() < count || body.len() < len {
        return Ok(None);
    }
    bytes.extend_from_slice(&lacing);
    bytes.extend_from_slice(&body);
    Ok(Some(bytes))
}

fn parse(bytes: &[u8], offset: u64) -> io::Result<Page<'_>> {
    let parsed = Page::parse(bytes);
    parsed
        .map(|(page, _)| page)
        .map_err(|error| malformed(error.field, offset + error.offset as u64, error.kind))
}
