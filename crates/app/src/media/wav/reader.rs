//! What a file says of its samples, and the samples, mixed to one channel.

use std::io::{self, Read};

use limpid_sansio::wire::ParseErrorKind;

use crate::media::error::{malformed, read_some};
use limpid::limpid_rtp::codec::pcm::{from_a_law, from_mu_law};

/// How a sample is told.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Linear, eight bits, 128 for silence.
    Pcm8,
    /// Linear, sixteen bits with a sign.
    Pcm16,
    /// G.711.
    ALaw,
    /// G.711.
    MuLaw,
}

/// What `fmt ` says.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Format {
    /// How a sample is told.
    pub encoding: Encoding,
    /// 1 to 8.
    pub channels: u16,
    /// Samples in a second, of each channel: 1000 to 384 000.
    pub rate: u32,
}

impl Encoding {
    /// The number in `fmt `, and the bits of a sample.
    pub(super) fn tag(self) -> (u16, u16) {
        match self {
            Encoding::Pcm8 => (1, 8),
            Encoding::Pcm16 => (1, 16),
            Encoding::ALaw => (6, 8),
            Encoding::MuLaw => (7, 8),
        }
    }

    fn bytes(self) -> usize {
        usize::from(self.tag().1 / 8)
    }

    fn decode(self, sample: &[u8]) -> i16 {
        match (self, sample) {
            (Encoding::Pcm16, [low, high]) => i16::from_le_bytes([*low, *high]),
            (Encoding::Pcm8, [value]) => (i16::from(*value) - 128) << 8,
            (Encoding::ALaw, [code]) => from_a_law(*code),
            (Encoding::MuLaw, [code]) => from_mu_law(*code),
            _ => 0,
        }
    }
}

impl Format {
    /// Reads the content of `fmt `, which begins at an offset of the file.
    fn parse(bytes: &[u8], offset: u64) -> io::Result<Self> {
        let fault = |field, at: u64, kind| Err(malformed(field, offset + at, kind));
        let Some((start, rest)) = bytes.split_first_chunk::<16>() else {
            return fault("fmt", 0, ParseErrorKind::Truncated);
        };
        let u16_at = |at: usize| u16::from_le_bytes([start[at], start[at + 1]]);
        let (mut tag, channels, bits) = (u16_at(0), u16_at(2), u16_at(14));
        let rate = u32::from(u16_at(4)) | u32::from(u16_at(6)) << 16;
        // "Extensible": the number stands in front of a GUID.
        if tag == 0xfffe {
            let Some([a, b]) = rest.get(8..10) else { return fault("fmt", 16, ParseErrorKind::Truncated) };
            tag = u16::from_le_bytes([*a, *b]);
        }
        let all = [Encoding::Pcm8, Encoding::Pcm16, Encoding::ALaw, Encoding::MuLaw];
        let Some(encoding) = all.into_iter().find(|encoding| encoding.tag() == (tag, bits)) else {
            return fault("sample format", 0, ParseErrorKind::BadValue);
        };
        if !(1..=8).contains(&channels) {
            return fault("channels", 2, ParseErrorKind::BadValue);
        }
        if !(1000..=384_000).contains(&rate) {
            return fault("sample rate", 4, ParseErrorKind::BadValue);
        }
        Ok(Format { encoding, channels, rate })
    }
}

/// Reads samples in order; holds none.
#[derive(Debug)]
pub struct Reader<R> {
    inner: R,
    format: Format,
    /// Bytes of `data` that are left. Very many, if nobody knew when the header was written.
    left: u64,
}

impl<R: Read> Reader<R> {
    /// Reads up to the samples. Other chunks are passed over.
    pub fn new(mut inner: R) -> io::Result<Self> {
        let mut riff = [0; 12];
        inner.read_exact(&mut riff)?;
        if &riff[..4] != b"RIFF" || &riff[8..] != b"WAVE" {
            return Err(malformed("signature", 0, ParseErrorKind::BadValue));
        }
        let mut format = None;
        let mut offset = 12;
        loop {
            let chunk = read_some(&mut inner, 8)?;
            let Ok([a, b, c, d, len @ ..]) = <[u8; 8]>::try_from(chunk) else {
                return Err(malformed("data", offset, ParseErrorKind::Missing));
            };
            let len = u32::from_le_bytes(len);
            let padded = u64::from(len) + u64::from(len % 2);
            offset += 8;
            match &[a, b, c, d] {
                b"data" => {
                    let format = format.ok_or(malformed("fmt", offset, ParseErrorKind::Missing))?;
                    // A recorder that could not go back left one of these.
                    let left = if matches!(len, 0 | u32::MAX) { u64::MAX } else { len.into() };
                    return Ok(Reader { inner, format, left });
                }
                b"fmt " if len <= MAX_FORMAT => {
                    format = Some(Format::parse(&read_some(&mut inner, padded as usize)?, offset)?);
                }
                _ => {
                    io::copy(&mut (&mut inner).take(padded), &mut io::sink())?;
                }
            }
            offset += padded;
        }
    }

    /// What the file says of its samples.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Appends up to `count` samples, each the mean of all channels. Returns how many: fewer only at the end.
    pub fn read(&mut self, count: usize, out: &mut Vec<i16>) -> io::Result<usize> {
        let bytes = self.format.encoding.bytes();
        let width = bytes * usize::from(self.format.channels);
        let wanted = ((count * width) as u64).min(self.left) as usize;
        let raw = read_some(&mut self.inner, wanted)?;
        self.left -= raw.len() as u64;
        let before = out.len();
        out.extend(raw.chunks_exact(width).map(|samples| {
            let decoded = samples.chunks_exact(bytes).map(|sample| self.format.encoding.decode(sample));
            (decoded.map(i32::from).sum::<i32>() / i32::from(self.format.channels)) as i16
        }));
        Ok(out.len() - before)
    }

    /// What it read from.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

/// The longest `fmt ` that is looked at.
const MAX_FORMAT: u32 = 4096;
