//! The two headers of Opus in Ogg, and how long a packet lasts (RFC 7845 §5, RFC 6716 §3.1).

use limpid_sansio::wire::{ParseError, ParseErrorKind};

/// The identification header.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// 1 or 2 for mono and stereo.
    pub channels: u8,
    /// Samples at 48 kHz that a decoder makes and nobody should hear.
    pub pre_skip: u16,
    /// Of what was encoded, in hertz; for information only.
    pub input_rate: u32,
    /// To apply when decoding, in 1/256 dB.
    pub gain: i16,
    /// How channels are put together: 0 for mono and stereo.
    pub family: u8,
}

impl Head {
    /// Reads it. Families other than 0 have a mapping behind it, which is not looked at.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let truncated = ParseError::new("OpusHead", bytes.len(), ParseErrorKind::Truncated);
        let (head, _) = bytes.split_first_chunk::<19>().ok_or(truncated)?;
        if &head[..8] != b"OpusHead" {
            return Err(ParseError::new("OpusHead", 0, ParseErrorKind::BadValue));
        }
        // The upper half of the version changes when old readers can not go on.
        if head[8] & 0xf0 != 0 {
            return Err(ParseError::new("version", 8, ParseErrorKind::BadValue));
        }
        if head[9] == 0 || (head[18] == 0 && head[9] > 2) {
            return Err(ParseError::new("channel count", 9, ParseErrorKind::BadValue));
        }
        Ok(Head {
            channels: head[9],
            pre_skip: u16::from_le_bytes([head[10], head[11]]),
            input_rate: u32::from_le_bytes([head[12], head[13], head[14], head[15]]),
            gain: i16::from_le_bytes([head[16], head[17]]),
            family: head[18],
        })
    }

    /// The 19 bytes. For family 0: any other needs a mapping behind it.
    pub fn to_bytes(&self) -> [u8; 19] {
        let mut out = [0; 19];
        out[..8].copy_from_slice(b"OpusHead");
        (out[8], out[9]) = (1, self.channels);
        out[10..12].copy_from_slice(&self.pre_skip.to_le_bytes());
        out[12..16].copy_from_slice(&self.input_rate.to_le_bytes());
        out[16..18].copy_from_slice(&self.gain.to_le_bytes());
        out[18] = self.family;
        out
    }
}

/// The comment header: who wrote it, and no comments.
pub fn tags(vendor: &str) -> Vec<u8> {
    let mut out = b"OpusTags".to_vec();
    out.extend_from_slice(&(vendor.len() as u32).to_le_bytes());
    out.extend_from_slice(vendor.as_bytes());
    out.extend_from_slice(&[0; 4]);
    out
}

/// How many samples at 48 kHz a packet lasts, by its first bytes; `None` if it is no packet of Opus.
pub fn duration(packet: &[u8]) -> Option<u32> {
    let toc = *packet.first()?;
    let size = u32::from(toc >> 3);
    // SILK at 10 to 60 ms, hybrid at 10 and 20 ms, CELT at 2.5 to 20 ms.
    let frame = match size {
        0..12 => [480, 960, 1920, 2880][size as usize % 4],
        12..16 => [480, 960][size as usize % 2],
        _ => 120 << (size % 4),
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(packet.get(1)? & 0x3f),
    };
    // At most 120 ms (RFC 6716 §3.2.5).
    Some(frame * count).filter(|samples| (1..=5760).contains(samples))
}
