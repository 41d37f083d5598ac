//! IVF: frames of VP8, VP9 or AV1 with their times, and hardly anything else.
//!
//! All numbers are little-endian. A header of 32 bytes: `DKIF`, version 0, the header's length, four letters for the
//! codec, width, height, ticks in a second as a fraction, the number of frames, four unused bytes. Then for each frame
//! its length, its time in ticks, and its bytes.

use std::io::{self, Read, Seek, SeekFrom, Write};

use limpid_sansio::wire::ParseErrorKind;

use crate::media::error::{MAX_FRAME, malformed, read_some};
use crate::media::frame::Codec;

/// The length of the header that we write.
pub const HEADER_LEN: usize = 32;

/// What a file begins with.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// [`Codec::Vp8`], [`Codec::Vp9`] or [`Codec::Av1`].
    pub codec: Codec,
    /// In pixels; 0 if nobody knew.
    pub width: u16,
    /// In pixels; 0 if nobody knew.
    pub height: u16,
    /// Ticks in `scale` seconds. Not 0.
    pub rate: u32,
    /// Seconds that hold `rate` ticks. Not 0.
    pub scale: u32,
    /// How many frames the writer counted; 0 if it did not.
    pub frames: u32,
}

/// One frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// When it is shown, in ticks.
    pub time: u64,
    /// As the codec has it.
    pub data: Vec<u8>,
}

impl Header {
    /// Reads a header of exactly 32 bytes.
    pub fn parse(bytes: &[u8; HEADER_LEN]) -> Result<(Self, usize), io::Error> {
        let u16_at = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let u32_at = |at: usize| u32::from(u16_at(at)) | u32::from(u16_at(at + 2)) << 16;
        if &bytes[..4] != b"DKIF" || u16_at(4) != 0 {
            return Err(malformed("signature", 0, ParseErrorKind::BadValue));
        }
        let len = usize::from(u16_at(6));
        if len < HEADER_LEN {
            return Err(malformed("header length", 6, ParseErrorKind::BadLength));
        }
        let codec = match &bytes[8..12] {
            b"VP80" => Codec::Vp8,
            b"VP90" => Codec::Vp9,
            b"AV01" => Codec::Av1,
            _ => return Err(malformed("codec", 8, ParseErrorKind::BadValue)),
        };
        let (rate, scale) = (u32_at(16), u32_at(20));
        if rate == 0 || scale == 0 {
            return Err(malformed("time base", 16, ParseErrorKind::BadValue));
        }
        let header = Header { codec, width: u16_at(12), height: u16_at(14), rate, scale, frames: u32_at(24) };
        Ok((header, len))
    }

    /// The 32 bytes. A codec that IVF has no letters for is written as VP8.
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[..4].copy_from_slice(b"DKIF");
        out[6..8].copy_from_slice(&(HEADER_LEN as u16).to_le_bytes());
        out[8..12].copy_from_slice(match self.codec {
            Codec::Av1 => b"AV01",
            Codec::Vp9 => b"VP90",
            _ => b"VP80",
        });
        out[12..14].copy_from_slice(&self.width.to_le_bytes());
        out[14..16].copy_from_slice(&self.height.to_le_bytes());
        out[16..20].copy_from_slice(&self.rate.to_le_bytes());
        out[20..24].copy_from_slice(&self.scale.to_le_bytes());
        out[24..28].copy_from_slice(&self.frames.to_le_bytes());
        out
    }
}

/// Reads frames one after the other; holds none.
#[derive(Debug)]
pub struct Reader<R> {
    inner: R,
    header: Header,
    offset: u64,
}

impl<R: Read> Reader<R> {
    /// Reads the header.
    pub fn new(mut inner: R) -> io::Result<Self> {
        let mut bytes = [0; HEADER_LEN];
        inner.read_exact(&mut bytes)?;
        let (header, len) = Header::parse(&bytes)?;
        read_some(&mut inner, len - HEADER_LEN)?;
        Ok(Reader { inner, header, offset: len as u64 })
    }

    /// What the file began with.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next frame. A last one that is cut off, as by the end of a recorder, is left out.
    pub fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        let start = read_some(&mut self.inner, 12)?;
        let Ok([a, b, c, d, time @ ..]) = <[u8; 12]>::try_from(start.as_slice()) else { return Ok(None) };
        let len = u32::from_le_bytes([a, b, c, d]) as usize;
        if len > MAX_FRAME {
            return Err(malformed("frame length", self.offset, ParseErrorKind::TooLarge));
        }
        let data = read_some(&mut self.inner, len)?;
        self.offset += 12 + len as u64;
        Ok((data.len() == len).then_some(Frame { time: u64::from_le_bytes(time), data }))
    }

    /// What it read from.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

/// Writes frames as they come, so that a file is readable whenever the writer ends.
#[derive(Debug)]
pub struct Writer<W> {
    inner: W,
    header: Header,
    frames: u32,
}

impl<W: Write + Seek> Writer<W> {
    /// Writes the header; the number of frames in it is not believed but counted.
    pub fn new(mut inner: W, header: Header) -> io::Result<Self> {
        let header = Header { frames: 0, ..header };
        inner.write_all(&header.to_bytes())?;
        Ok(Writer { inner, header, frames: 0 })
    }

    /// Appends a frame.
    pub fn write(&mut self, time: u64, data: &[u8]) -> io::Result<()> {
        let len = u32::try_from(data.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut start = [0; 12];
        start[..4].copy_from_slice(&len.to_le_bytes());
        start[4..].copy_from_slice(&time.to_le_bytes());
        self.inner.write_all(&start)?;
        self.inner.write_all(data)?;
        self.frames = self.frames.saturating_add(1);
        Ok(())
    }

    /// Says the size of the picture, once it is known.
    pub fn set_size(&mut self, width: u16, height: u16) -> io::Result<()> {
        (self.header.width, self.header.height) = (width, height);
        self.update()
    }

    /// What the header says of the size.
    pub fn size(&self) -> (u16, u16) {
        (self.header.width, self.header.height)
    }

    /// Puts the number of frames into the header, and goes on.
    pub fn update(&mut self) -> io::Result<()> {
        self.header.frames = self.frames;
        self.inner.seek(SeekFrom::Start(0))?;
        self.inner.write_all(&self.header.to_bytes())?;
        self.inner.seek(SeekFrom::End(0))?;
        Ok(())
    }

    /// Puts the number of frames into the header. Returns what it wrote to.
    pub fn finish(mut self) -> io::Result<W> {
        self.update()?;
        self.inner.flush()?;
        Ok(self.inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    const HEADER: Header =
        Header { codec: Codec::Vp9, width: 320, height: 240, rate: 30_000, scale: 1001, frames: 0 };

    fn read(bytes: &[u8]) -> io::Result<(Header, Vec<Frame>)> {
        let mut reader = Reader::new(bytes)?;
        let mut frames = Vec::new();
        while let Some(frame) = reader.next_frame()? {
            frames.push(frame);
        }
        Ok((*reader.header(), frames))
    }

    #[test]
    fn a_file_that_was_cut_off_is_read_up_to_there() {
        let mut writer = Writer::new(Cursor::new(Vec::new()), HEADER).unwrap();
        writer.write(0, &[1; 10]).unwrap();
        writer.write(7, &[2; 10]).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        let (header, frames) = read(&bytes).unwrap();
        assert_eq!((header.frames, frames.len(), frames[1].time), (2, 2, 7));
        for len in HEADER_LEN..bytes.len() {
            assert_eq!(read(&bytes[..len]).unwrap().1.len(), (len - HEADER_LEN) / 22, "{len}");
        }
        assert!(read(&bytes[..31]).is_err());
    }

    #[test]
    fn what_is_no_ivf_is_refused() {
        let good = HEADER.to_bytes();
        for (at, value) in [(0, b'X'), (4, 1), (6, 31), (8, b'X')] {
            let mut bad = good;
            bad[at] = value;
            assert!(read(&bad).is_err(), "byte {at}");
        }
        let mut no_rate = good;
        no_rate[16..20].fill(0);
        assert!(read(&no_rate).is_err());
        let mut huge = good.to_vec();
        huge.extend_from_slice(&[0xff; 12]);
        assert!(read(&huge).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(frames: Vec<(u64, Vec<u8>)>) {
            let mut writer = Writer::new(Cursor::new(Vec::new()), HEADER).unwrap();
            for (time, data) in &frames {
                writer.write(*time, data).unwrap();
            }
            let (header, read) = read(&writer.finish().unwrap().into_inner()).unwrap();
            prop_assert_eq!(header, Header { frames: frames.len() as u32, ..HEADER });
            let read: Vec<_> = read.into_iter().map(|frame| (frame.time, frame.data)).collect();
            prop_assert_eq!(read, frames);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = read(&bytes);
            let _ = read(&[&HEADER.to_bytes(), bytes.as_slice()].concat());
        }
    }
}
