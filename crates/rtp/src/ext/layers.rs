//! Which layers of a picture are sent, and at what rate and size.
//! <http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00>
//!
//! ```text
//! |RID|NS | sl_bm |        this stream, streams less one, spatial layers of all streams alike
//! |sl0_bm |sl1_bm |  …     spatial layers by stream, where sl_bm is 0
//! |#tl|#tl|#tl|#tl|  …     temporal layers less one, by spatial layer
//! | kbit/s, LEB128  …      by temporal layer, each with those below it
//! | width less one 16 | height less one 16 | frames a second 8 | …    by spatial layer; may be missing
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

/// Size and rate of the pictures of a layer.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Resolution {
    /// In pixels, 1 to 65536.
    pub width: u32,
    /// In pixels, 1 to 65536.
    pub height: u32,
    /// Pictures in a second, at most.
    pub frame_rate: u8,
}

/// One spatial layer that is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layer {
    /// The stream that carries it, 0 to 3.
    pub stream: u8,
    /// Which layer of the stream, 0 to 3.
    pub spatial_id: u8,
    /// kbit/s of its temporal layers, one to four, each with those below it.
    pub rates: Vec<u32>,
    /// What its pictures are like.
    pub resolution: Option<Resolution>,
}

/// What a sender of video sends. At most 16 layers.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct VideoLayersAllocation {
    /// The stream that carries this, 0 to 3.
    pub stream: u8,
    /// How many streams there are, 1 to 4; 0 with no layers: nothing is sent.
    pub streams: u8,
    /// The layers, by stream and spatial layer. Either all say what their pictures are like, or none does.
    pub layers: Vec<Layer>,
}

/// Streams, and spatial layers of one.
const MAX: u8 = 4;
/// More is no rate, and what follows a number of ten bytes is no picture.
const MAX_LEB128: usize = 5;

impl VideoLayersAllocation {
    /// Reads an element.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        if data == [0] {
            return Ok(Self::default()); // nothing is sent
        }
        let mut reader = Reader::new(data);
        let head = reader.u8("RID, NS, sl_bm")?;
        let (stream, streams) = (head >> 6, (head >> 4 & 3) + 1);
        let masks = masks(&mut reader, head & 0x0f, streams)?;
        let mut layers = Vec::new();
        for stream in 0..streams {
            let spatial = (0..MAX).filter(|layer| masks[usize::from(stream)] >> layer & 1 == 1);
            layers.extend(spatial.map(|spatial_id| Layer {
                stream,
                spatial_id,
                rates: Vec::new(),
                resolution: None,
            }));
        }
        let counts = reader.bytes(layers.len().div_ceil(4), "#tl")?;
        for (index, layer) in layers.iter_mut().enumerate() {
            let count = (counts[index / 4] >> (6 - index % 4 * 2) & 3) + 1;
            for _ in 0..count {
                layer.rates.push(leb128(&mut reader)?);
            }
        }
        if !reader.is_empty() {
            for layer in &mut layers {
                layer.resolution = Some(Resolution {
                    width: u32::from(reader.u16("width")?) + 1,
                    height: u32::from(reader.u16("height")?) + 1,
                    frame_rate: reader.u8("max frame rate")?,
                });
            }
        }
        reader.finish("video layers allocation")?;
        Ok(VideoLayersAllocation { stream, streams, layers })
    }

    /// The counterpart of [`parse`](VideoLayersAllocation::parse). `false`: a number is out of its range, or layers are not in
    /// order, and nothing was written.
    pub fn write(&self, out: &mut Vec<u8>) -> bool {
        if self.layers.is_empty() {
            out.push(0);
            return true;
        }
        if !self.is_sound() {
            return false;
        }
        let mut masks = [0u8; MAX as usize];
        for layer in &self.layers {
            masks[usize::from(layer.stream)] |= 1 << layer.spatial_id;
        }
        let masks = &masks[..usize::from(self.streams)];
        let shared = if masks.iter().all(|mask| *mask == masks[0]) { masks[0] } else { 0 };
        out.push(self.stream << 6 | (self.streams - 1) << 4 | shared);
        if shared == 0 {
            out.extend(masks.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)));
        }
        for four in self.layers.chunks(4) {
            let place =
                |byte, (at, layer): (usize, &Layer)| byte | (layer.rates.len() as u8 - 1) << (6 - at * 2);
            out.push(four.iter().enumerate().fold(0, place));
        }
        self.layers.iter().flat_map(|layer| &layer.rates).for_each(|rate| write_leb128(*rate, out));
        for resolution in self.layers.iter().filter_map(|layer| layer.resolution) {
            out.extend_from_slice(&(resolution.width.wrapping_sub(1) as u16).to_be_bytes());
            out.extend_from_slice(&(resolution.height.wrapping_sub(1) as u16).to_be_bytes());
            out.push(resolution.frame_rate);
        }
        true
    }

    fn is_sound(&self) -> bool {
        let place = |layer: &Layer| (layer.stream, layer.spatial_id);
        let sides =
            |size: Resolution| [size.width, size.height].iter().all(|side| (1..=0x1_0000).contains(side));
        let described = self.layers.iter().filter(|layer| layer.resolution.is_some()).count();
        (1..=MAX).contains(&self.streams)
            && self.stream < MAX
            && self.layers.is_sorted_by(|a, b| place(a) < place(b))
            && self.layers.iter().all(|layer| {
                layer.stream < self.streams
                    && layer.spatial_id < MAX
                    && (1..=4).contains(&layer.rates.len())
                    && layer.resolution.is_none_or(sides)
            })
            && (described == 0 || described == self.layers.len())
    }
}

/// The spatial layers of each stream, as bits.
fn masks(reader: &mut Reader<'_>, shared: u8, streams: u8) -> Result<[u8; MAX as usize], ParseError> {
    let mut masks = [shared; MAX as usize];
    if shared == 0 {
        let at = reader.offset();
        let bytes = reader.bytes(usize::from(streams).div_ceil(2), "sl_bm by stream")?;
        for stream in 0..usize::from(streams) {
            masks[stream] = bytes[stream / 2] >> (4 - stream % 2 * 4) & 0x0f;
        }
        if masks == [0; MAX as usize] {
            return Err(ParseError::new("sl_bm by stream", at, ParseErrorKind::BadValue));
        }
    }
    Ok(masks)
}

fn leb128(reader: &mut Reader<'_>) -> Result<u32, ParseError> {
    let at = reader.offset();
    let mut value = 0u64;
    for index in 0..MAX_LEB128 {
        let byte = reader.u8("target bit rate")?;
        value |= u64::from(byte & 0x7f) << (index * 7);
        if byte & 0x80 == 0 {
            let fault = ParseError::new("target bit rate", at, ParseErrorKind::TooLarge);
            return u32::try_from(value).map_err(|_| fault);
        }
    }
    Err(ParseError::new("target bit rate", at, ParseErrorKind::TooLarge))
}

fn write_leb128(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn layer(stream: u8, spatial_id: u8, rates: &[u32]) -> Layer {
        Layer { stream, spatial_id, rates: rates.to_vec(), resolution: None }
    }

    #[test]
    fn streams_with_the_same_layers_share_their_mask() {
        let sent = VideoLayersAllocation {
            stream: 1,
            streams: 2,
            layers: vec![layer(0, 0, &[100, 150]), layer(1, 0, &[300])],
        };
        let mut out = Vec::new();
        assert!(sent.write(&mut out));
        assert_eq!(out, [0b0101_0001, 0b0100_0000, 100, 150 | 0x80, 1, 300_u16 as u8 | 0x80, 2]);
        assert_eq!(VideoLayersAllocation::parse(&out), Ok(sent));
    }

    #[test]
    fn streams_that_differ_have_masks_of_their_own_and_pictures_have_sizes() {
        let resolution = Some(Resolution { width: 65536, height: 1, frame_rate: 30 });
        let sized = |stream, spatial_id, rates| Layer { resolution, ..layer(stream, spatial_id, rates) };
        let sent = VideoLayersAllocation {
            stream: 3,
            streams: 3,
            layers: vec![sized(0, 1, &[1]), sized(0, 3, &[1, 2, 3, 4]), sized(2, 0, &[u32::MAX])],
        };
        let mut out = Vec::new();
        assert!(sent.write(&mut out));
        assert_eq!(out[..3], [0b1110_0000, 0b1010_0000, 0b0001_0000]);
        assert_eq!(VideoLayersAllocation::parse(&out), Ok(sent));
    }

    #[test]
    fn nothing_sent_is_one_zero() {
        let mut out = Vec::new();
        assert!(VideoLayersAllocation::default().write(&mut out));
        assert_eq!(out, [0]);
        assert_eq!(VideoLayersAllocation::parse(&[0]), Ok(VideoLayersAllocation::default()));
    }

    #[test]
    fn what_cannot_be_said_is_not_written() {
        let with = |layers| VideoLayersAllocation { stream: 0, streams: 1, layers };
        let wrong = [
            vec![layer(1, 0, &[1])],
            vec![layer(0, 4, &[1])],
            vec![layer(0, 0, &[])],
            vec![layer(0, 0, &[1; 5])],
            vec![layer(0, 1, &[1]), layer(0, 0, &[1])],
        ];
        let mut out = Vec::new();
        assert!(wrong.into_iter().all(|layers| !with(layers).write(&mut out)));
        assert!(out.is_empty());
    }

    #[test]
    fn rates_without_end_and_pictures_by_halves_are_faults() {
        let fault =
            |data: &[u8]| VideoLayersAllocation::parse(data).map_err(|error| (error.field, error.kind));
        assert_eq!(fault(&[]), Err(("RID, NS, sl_bm", ParseErrorKind::Truncated)));
        assert_eq!(fault(&[0x10, 0, 0]), Err(("sl_bm by stream", ParseErrorKind::BadValue)));
        assert_eq!(
            fault(&[1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0]),
            Err(("target bit rate", ParseErrorKind::TooLarge))
        );
        assert_eq!(
            fault(&[1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f]),
            Err(("target bit rate", ParseErrorKind::TooLarge))
        );
        assert_eq!(fault(&[1, 0, 9, 1]), Err(("width", ParseErrorKind::Truncated)));
        assert_eq!(
            fault(&[1, 0, 9, 0, 0, 0, 0, 0, 7]),
            Err(("video layers allocation", ParseErrorKind::TrailingBytes))
        );
    }
}
