//! What pictures show, how long they took, and their colours: <http://www.webrtc.org/experiments/rtp-hdrext/video-content-type>,
//! `…/video-timing`, `…/color-space`.

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::exactly;

/// What the pictures show.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct VideoContentType(
    /// The lowest bit: a screen. The others have no meaning any more, and are kept.
    pub u8,
);

impl VideoContentType {
    /// Reads one byte.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        exactly(data, "video content type").map(|[byte]| VideoContentType(byte))
    }

    /// The pictures show a screen, of which sharpness matters more than motion.
    pub const fn is_screen(self) -> bool {
        self.0 & 1 != 0
    }
}

/// When a frame passed the stations of its way, in ms after its capture.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct VideoTiming {
    /// Bit 0: sent on a timer; bit 1: sent because the frame is large. `None`: a sender of the first version.
    pub flags: Option<u8>,
    /// Encoding began.
    pub encode_start: u16,
    /// Encoding ended.
    pub encode_finish: u16,
    /// Its packets were made.
    pub packetization_complete: u16,
    /// Its last packet left the pacer.
    pub pacer_exit: u16,
    /// Left to servers on the way.
    pub network: [u16; 2],
}

impl VideoTiming {
    /// Bytes as they are written.
    pub const LEN: usize = 13;

    /// Reads 13 bytes, or 12 of a sender that knows no flags.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let flags = match data.len() {
            12 => None,
            Self::LEN => Some(reader.u8("flags")?),
            _ => return Err(ParseError::new("video timing", 0, ParseErrorKind::BadLength)),
        };
        Ok(VideoTiming {
            flags,
            encode_start: reader.u16("encode start")?,
            encode_finish: reader.u16("encode finish")?,
            packetization_complete: reader.u16("packetization complete")?,
            pacer_exit: reader.u16("pacer exit")?,
            network: [reader.u16("network")?, reader.u16("network 2")?],
        })
    }

    /// 13 bytes; flags that are missing are 0.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0] = self.flags.unwrap_or(0);
        let [first, second] = self.network;
        let times = [
            self.encode_start,
            self.encode_finish,
            self.packetization_complete,
            self.pacer_exit,
            first,
            second,
        ];
        for (slot, time) in bytes[1..].chunks_exact_mut(2).zip(times) {
            slot.copy_from_slice(&time.to_be_bytes());
        }
        bytes
    }
}

/// Colours, by the code points of ISO/IEC 23001-8 (as in AV1 and VP9).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ColorSpace<'a> {
    /// Which red, green and blue.
    pub primaries: u8,
    /// How brightness is coded.
    pub transfer: u8,
    /// How brightness and colour are told apart.
    pub matrix: u8,
    /// Two bits each: the range of values, and where colour is sampled, across and down.
    pub range_and_siting: u8,
    /// 24 bytes that say how bright the pictures and their master are, kept as they stand.
    pub hdr: Option<&'a [u8; 24]>,
}

impl<'a> ColorSpace<'a> {
    /// Reads 4 or 28 bytes.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let bad_length = ParseError::new("color space", 0, ParseErrorKind::BadLength);
        let (&[primaries, transfer, matrix, range_and_siting], hdr) =
            data.split_first_chunk().ok_or(bad_length)?;
        let hdr = match hdr.is_empty() {
            true => None,
            false => Some(hdr.try_into().map_err(|_| bad_length)?),
        };
        Ok(ColorSpace { primaries, transfer, matrix, range_and_siting, hdr })
    }

    /// The counterpart of [`parse`](ColorSpace::parse), without what stands behind it.
    pub fn to_bytes(self) -> [u8; 4] {
        [self.primaries, self.transfer, self.matrix, self.range_and_siting]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_told_by_the_lowest_bit() {
        assert_eq!(VideoContentType::parse(&[0x21]).map(VideoContentType::is_screen), Ok(true));
        assert_eq!(VideoContentType::parse(&[0x20]).map(VideoContentType::is_screen), Ok(false));
        assert!(VideoContentType::parse(&[]).is_err());
    }

    #[test]
    fn timing_reads_with_and_without_flags() {
        let bytes = core::array::from_fn::<u8, 13, _>(|index| index as u8 + 1);
        let timing = VideoTiming::parse(&bytes).expect("sound");
        assert_eq!((timing.flags, timing.encode_start, timing.network[1]), (Some(1), 0x0203, 0x0c0d));
        assert_eq!(timing.to_bytes(), bytes);
        let old = VideoTiming::parse(&bytes[1..]).expect("sound");
        assert_eq!(old, VideoTiming { flags: None, ..timing });
        assert!(VideoTiming::parse(&bytes[2..]).is_err());
    }

    #[test]
    fn colours_keep_what_is_said_of_brightness() {
        let bytes = core::array::from_fn::<u8, 28, _>(|index| index as u8);
        let space = ColorSpace::parse(&bytes).expect("sound");
        assert_eq!((space.primaries, space.hdr.map(|hdr| hdr[23])), (0, Some(27)));
        assert_eq!(space.to_bytes(), bytes[..4]);
        assert_eq!(ColorSpace::parse(&bytes[..4]).map(|space| space.hdr), Ok(None));
        assert!(ColorSpace::parse(&bytes[..3]).is_err() && ColorSpace::parse(&bytes[..27]).is_err());
    }
}
