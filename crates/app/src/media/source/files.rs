//! Files that are played: the format is found by its first bytes, and all four become frames with times.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use crate::media::frame::{Codec, EncodedFrame};
use crate::media::tone::{FRAME, RATE};
use crate::media::{annexb, bitstream, ivf, ogg, sps, wav};
use limpid::limpid_rtp::codec::pcm::{A_LAW_SILENCE, MU_LAW_SILENCE, to_a_law, to_mu_law};

use super::{DEFAULT_FRAME, MAX_HOLE};

type Input = BufReader<File>;

/// A frame with the file's own idea of its time.
#[derive(Debug)]
struct Raw {
    at: Duration,
    /// `None`: until the next one.
    duration: Option<Duration>,
    data: Bytes,
    is_key: bool,
}

#[derive(Debug)]
enum Format {
    Ogg(ogg::Reader<Input>),
    Wav(WavSource),
    Ivf(ivf::Reader<Input>),
    AnnexB { reader: annexb::Reader<Input>, count: u32 },
}

/// An open file. Times go on where it begins again.
#[derive(Debug)]
pub(super) struct FileSource {
    file: File,
    format: Format,
    codec: Codec,
    repeat: bool,
    /// The frame after the next one: it says how long that one lasts.
    ahead: Option<Raw>,
    /// When the frame after the next one is due, and what lies between the two.
    at: Duration,
    /// What the last frame lasted.
    lasted: Duration,
    last_key: Duration,
    key_wanted: bool,
}

impl FileSource {
    pub(super) fn open(path: &Path, repeat: bool) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut format = Format::open(&file)?;
        let ahead = format.next()?;
        let codec = format.codec();
        let (at, lasted, last_key, key_wanted) = (Duration::ZERO, DEFAULT_FRAME, Duration::ZERO, false);
        Ok(FileSource { file, format, codec, repeat, ahead, at, lasted, last_key, key_wanted })
    }

    pub(super) fn codec(&self) -> Codec {
        self.codec
    }

    pub(super) fn request_key_frame(&mut self) {
        self.key_wanted = !self.codec.is_audio();
    }

    pub(super) fn next_frame(&mut self) -> io::Result<Option<EncodedFrame>> {
        if std::mem::take(&mut self.key_wanted)
            && self.at.saturating_sub(self.last_key) >= Duration::from_secs(1)
        {
            self.rewind()?;
        }
        if self.ahead.is_none() && self.repeat {
            self.rewind()?;
        }
        let Some(Raw { at: raw_at, duration, data, is_key }) = self.ahead.take() else { return Ok(None) };
        self.ahead = self.format.next()?;
        let until_next = match (&self.ahead, duration) {
            // A hole comes on top of what the frame lasts.
            (Some(next), _) => {
                next.at.checked_sub(raw_at).filter(|gap| *gap <= MAX_HOLE && !self.stands(*gap))
            }
            (None, own) => own,
        };
        let until_next = until_next.or(duration).unwrap_or(self.lasted.max(MIN_FRAME));
        let at = self.at;
        self.at += until_next;
        self.lasted = until_next;
        if is_key {
            self.last_key = at;
        }
        Ok(Some(EncodedFrame { at, duration: duration.unwrap_or(until_next), data, is_key }))
    }

    /// Whether more than two frames want to be at one time: then a file could be played in no time at all.
    fn stands(&self, gap: Duration) -> bool {
        gap < MIN_FRAME && self.lasted < MIN_FRAME
    }

    fn rewind(&mut self) -> io::Result<()> {
        (&self.file).rewind()?;
        self.format = Format::open(&self.file)?;
        self.ahead = self.format.next()?;
        Ok(())
    }
}

/// What a frame lasts at least, taken over two of them.
const MIN_FRAME: Duration = Duration::from_millis(1);

impl Format {
    fn open(file: &File) -> io::Result<Self> {
        let mut input = BufReader::new(file.try_clone()?);
        let mut magic = Vec::new();
        (&mut input).take(4).read_to_end(&mut magic)?;
        input.rewind()?;
        match magic.as_slice() {
            b"OggS" => Ok(Format::Ogg(ogg::Reader::new(input)?)),
            b"RIFF" => Ok(Format::Wav(WavSource::new(input)?)),
            b"DKIF" => Ok(Format::Ivf(ivf::Reader::new(input)?)),
            [0, 0, 0 | 1, ..] => Ok(Format::AnnexB { reader: annexb::Reader::new(input)?, count: 0 }),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "is neither Ogg, WAV, IVF nor H.264")),
        }
    }

    fn codec(&self) -> Codec {
        match self {
            Format::Ogg(reader) => Codec::Opus { channels: reader.head().channels },
            Format::Wav(wav) => wav.codec(),
            Format::Ivf(reader) => reader.header().codec,
            Format::AnnexB { .. } => Codec::H264,
        }
    }

    fn next(&mut self) -> io::Result<Option<Raw>> {
        match self {
            Format::Ogg(reader) => Ok(reader.next_packet()?.map(|packet| Raw {
                at: ticks(packet.at, 1, 48_000),
                duration: Some(ticks(packet.duration.into(), 1, 48_000)),
                data: packet.data.into(),
                is_key: true,
            })),
            Format::Wav(wav) => wav.next(),
            Format::Ivf(reader) => {
                let ivf::Header { codec, rate, scale, .. } = *reader.header();
                Ok(reader.next_frame()?.map(|frame| Raw {
                    at: ticks(frame.time, scale, rate),
                    duration: None,
                    is_key: bitstream::is_key(codec, &frame.data),
                    data: frame.data.into(),
                }))
            }
            Format::AnnexB { reader, count } => {
                let Some(unit) = reader.next_unit()? else { return Ok(None) };
                let duration = reader.sps().and_then(sps::frame_duration).unwrap_or(DEFAULT_FRAME);
                let at = duration.saturating_mul(*count);
                *count = count.saturating_add(1);
                Ok(Some(Raw { at, duration: Some(duration), data: unit.data.into(), is_key: unit.is_key }))
            }
        }
    }
}

/// A number of ticks, of which `rate` are `scale` seconds.
fn ticks(count: u64, scale: u32, rate: u32) -> Duration {
    let nanos = u128::from(count) * u128::from(scale) * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Samples of any rate as G.711.
#[derive(Debug)]
struct WavSource {
    reader: wav::Reader<Input>,
    resampler: wav::Resampler,
    /// At 8 kHz, less than a frame and what came with it.
    samples: Vec<i16>,
    read: Vec<i16>,
    count: u32,
}

impl WavSource {
    fn new(input: Input) -> io::Result<Self> {
        let reader = wav::Reader::new(input)?;
        let resampler = wav::Resampler::new(reader.format().rate, RATE as u32);
        Ok(WavSource { reader, resampler, samples: Vec::new(), read: Vec::new(), count: 0 })
    }

    /// A-law stays A-law; all else becomes µ-law.
    fn codec(&self) -> Codec {
        if self.reader.format().encoding == wav::Encoding::ALaw { Codec::Pcma } else { Codec::Pcmu }
    }

    /// The next 20 ms; the last ones are filled up with silence.
    fn next(&mut self) -> io::Result<Option<Raw>> {
        while self.samples.len() < FRAME {
            self.read.clear();
            if self.reader.read(FRAME, &mut self.read)? == 0 {
                break;
            }
            self.read.iter().for_each(|sample| self.resampler.push(*sample, &mut self.samples));
        }
        if self.samples.is_empty() {
            return Ok(None);
        }
        let (law, silence): (fn(i16) -> u8, u8) = match self.codec() {
            Codec::Pcma => (to_a_law, A_LAW_SILENCE),
            _ => (to_mu_law, MU_LAW_SILENCE),
        };
        let count = self.samples.len().min(FRAME);
        let mut data: Vec<u8> = self.samples.drain(..count).map(law).collect();
        data.resize(FRAME, silence);
        let duration = Duration::from_millis(20);
        let at = duration.saturating_mul(self.count);
        self.count = self.count.saturating_add(1);
        Ok(Some(Raw { at, duration: Some(duration), data: data.into(), is_key: true }))
    }
}
