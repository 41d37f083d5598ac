//! The files of a recorder: one format for each codec.

use std::fs::File;
use std::io::{self, Write};

use crate::media::frame::Codec;
use crate::media::{annexb, bitstream, ivf, ogg, wav};
use limpid::limpid_rtp::codec::pcm::{A_LAW_SILENCE, MU_LAW_SILENCE};

/// Samples of silence beyond those that were received: a minute. So a sender cannot fill a disk with what it did not send.
pub(super) const SPARE_SILENCE: u64 = 60 * 8000;

/// A file in one of the formats.
#[derive(Debug)]
pub(super) enum Output {
    Ogg(ogg::Writer<File>),
    Wav { writer: wav::Writer<File>, silence_code: u8, received: u64, silence: u64 },
    Ivf { writer: ivf::Writer<File>, codec: Codec },
    AnnexB(File),
}

/// What became of a frame.
#[derive(Copy, Clone, Debug)]
pub(super) struct Written {
    /// Where it ends, in units of RTP time.
    pub(super) end: u64,
    /// Bytes of silence in front of it.
    pub(super) silence: u64,
}

impl Output {
    pub(super) fn new(file: File, codec: Codec) -> io::Result<Self> {
        let wav = |file, encoding, silence_code| -> io::Result<Self> {
            let writer = wav::Writer::new(file, wav::Format { encoding, channels: 1, rate: 8000 })?;
            Ok(Output::Wav { writer, silence_code, received: 0, silence: 0 })
        };
        match codec {
            Codec::Opus { channels } => {
                // How much its sender's encoder runs ahead, RTP does not say: nothing is cut off.
                let head = ogg::opus::Head { channels, pre_skip: 0, input_rate: 48_000, gain: 0, family: 0 };
                Ok(Output::Ogg(ogg::Writer::new(file, SERIAL, &head)?))
            }
            Codec::Pcmu => wav(file, wav::Encoding::MuLaw, MU_LAW_SILENCE),
            Codec::Pcma => wav(file, wav::Encoding::ALaw, A_LAW_SILENCE),
            Codec::Vp8 | Codec::Vp9 | Codec::Av1 => {
                let rate = codec.clock_rate();
                let header = ivf::Header { codec, width: 0, height: 0, rate, scale: 1, frames: 0 };
                Ok(Output::Ivf { writer: ivf::Writer::new(file, header)?, codec })
            }
            Codec::H264 => Ok(Output::AnnexB(file)),
        }
    }

    /// Writes a frame that begins at `at`; the last one ended at `end`. `None`: it is none of its codec.
    pub(super) fn write(&mut self, at: u64, end: u64, data: &[u8]) -> io::Result<Option<Written>> {
        match self {
            Output::Ogg(writer) => {
                let Some(duration) = ogg::opus::duration(data).filter(|_| data.len() < MAX_OPUS) else {
                    return Ok(None);
                };
                writer.write(at, duration, data)?;
                Ok(Some(Written { end: at.max(end) + u64::from(duration), silence: 0 }))
            }
            Output::Wav { writer, silence_code, received, silence } => {
                let len = data.len() as u64;
                *received += len;
                let room = (*received + SPARE_SILENCE).saturating_sub(*silence);
                let filled = at.saturating_sub(end).min(room);
                write_silence(writer, *silence_code, filled)?;
                writer.write(data)?;
                *silence += filled;
                Ok(Some(Written { end: at.max(end) + len, silence: filled }))
            }
            Output::Ivf { writer, codec } => {
                if writer.size() == (0, 0)
                    && let Some((width, height)) = bitstream::dimensions(*codec, data)
                {
                    writer.set_size(width, height)?;
                }
                // In RTP, what marks the beginning of a temporal unit is left out.
                if *codec == Codec::Av1 && !data.starts_with(&TEMPORAL_DELIMITER) {
                    writer.write(at, &[&TEMPORAL_DELIMITER, data].concat())?;
                } else {
                    writer.write(at, data)?;
                }
                Ok(Some(Written { end: at, silence: 0 }))
            }
            Output::AnnexB(file) => {
                let mut out = Vec::with_capacity(data.len() + annexb::START_CODE.len());
                annexb::nal_units(data).for_each(|nal| annexb::write(nal, &mut out));
                file.write_all(&out)?;
                Ok((!out.is_empty()).then_some(Written { end: at, silence: 0 }))
            }
        }
    }

    /// Brings the header up to date.
    pub(super) fn update(&mut self) -> io::Result<()> {
        match self {
            Output::Wav { writer, .. } => writer.update(),
            Output::Ivf { writer, .. } => writer.update(),
            Output::Ogg(_) | Output::AnnexB(_) => Ok(()),
        }
    }

    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Output::Ogg(writer) => writer.finish().map(drop),
            Output::Wav { writer, .. } => writer.finish().map(drop),
            Output::Ivf { writer, .. } => writer.finish().map(drop),
            Output::AnnexB(_) => Ok(()),
        }
    }
}

fn write_silence(writer: &mut wav::Writer<File>, code: u8, mut len: u64) -> io::Result<()> {
    let block = [code; 8000];
    while len > 0 {
        let part = len.min(block.len() as u64);
        writer.write(&block[..part as usize])?;
        len -= part;
    }
    Ok(())
}

/// The only stream of its file: any number will do.
const SERIAL: u32 = 1;
/// What an Ogg page holds at most, and more than a packet of Opus needs (RFC 6716 §3.4).
const MAX_OPUS: usize = 62_000;
/// An OBU of type 2 without content (AV1 specification §5.6).
const TEMPORAL_DELIMITER: [u8; 2] = [0x12, 0];
