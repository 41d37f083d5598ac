//! VP8 in RTP. RFC 7741.
//!
//! ```text
//!  0 1 2 3 4 5 6 7
//! |X|R|N|S|R| PID |   N: no frame refers to this one; S: a partition begins; PID: which
//! |I|L|T|K| RSV   |   if X
//! |M| PictureID   |   if I; two bytes if M
//! |   TL0PICIDX   |   if L
//! |TID|Y| KEYIDX  |   if T or K
//! ```
//!
//! Behind the descriptor come the bytes of the frame. Its own header follows in the first packet: the lowest bit of its first
//! byte is 0 in a key frame, which tells width and height in bytes 6 to 9 (RFC 6386 §9.1).

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::frame::{
    Assembly, FirstIds, FrameInfo, FrameToSend, Layer, Malformed, Piece, Slices, Unsendable, join as join_all,
};
use super::picture_id::PictureId;

/// What stands before the bytes of a frame in each packet. RFC 7741 §4.2.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Descriptor {
    /// N: no other frame refers to this one.
    pub is_discardable: bool,
    /// S: a partition begins with this packet.
    pub begins_partition: bool,
    /// PID, 0 to 7: to which partition the first byte belongs.
    pub partition: u8,
    /// The number of the frame.
    pub picture_id: Option<PictureId>,
    /// TL0PICIDX: which frame of the lowest temporal layer this is, or depends on.
    pub tl0_picture_index: Option<u8>,
    /// TID, 0 to 3, and Y: from here a receiver may take this layer.
    pub temporal: Option<(u8, bool)>,
    /// KEYIDX, 0 to 31: counts key frames.
    pub key_index: Option<u8>,
}

impl Descriptor {
    /// The longest one, in bytes.
    const MAX_LEN: usize = 6;

    /// Reads the descriptor; what the reader has left are bytes of the frame.
    pub fn read(reader: &mut Reader<'_>) -> Result<Descriptor, ParseError> {
        let first = reader.u8("X")?;
        let flags = if first & 0x80 != 0 { reader.u8("I")? } else { 0 };
        let mut descriptor = Descriptor {
            is_discardable: first & 0x20 != 0,
            begins_partition: first & 0x10 != 0,
            partition: first & 0x07,
            ..Descriptor::default()
        };
        if flags & 0x80 != 0 {
            descriptor.picture_id = Some(PictureId::read(reader)?);
        }
        if flags & 0x40 != 0 {
            descriptor.tl0_picture_index = Some(reader.u8("TL0PICIDX")?);
        }
        if flags & 0x30 != 0 {
            let byte = reader.u8("TID")?;
            descriptor.temporal = (flags & 0x20 != 0).then_some((byte >> 6, byte & 0x20 != 0));
            descriptor.key_index = (flags & 0x10 != 0).then_some(byte & 0x1f);
        }
        Ok(descriptor)
    }

    /// Appends it.
    pub fn write(&self, out: &mut Vec<u8>) {
        let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let extension = flag(self.picture_id.is_some(), 0x80)
            | flag(self.tl0_picture_index.is_some(), 0x40)
            | flag(self.temporal.is_some(), 0x20)
            | flag(self.key_index.is_some(), 0x10);
        let first = flag(extension != 0, 0x80)
            | flag(self.is_discardable, 0x20)
            | flag(self.begins_partition, 0x10)
            | self.partition & 0x07;
        out.push(first);
        if extension != 0 {
            out.push(extension);
        }
        if let Some(id) = self.picture_id {
            id.write(out);
        }
        out.extend(self.tl0_picture_index);
        if extension & 0x30 != 0 {
            let (id, is_sync) = self.temporal.unwrap_or_default();
            out.push(id << 6 | flag(is_sync, 0x20) | self.key_index.unwrap_or(0) & 0x1f);
        }
    }
}

/// Whether a frame is a key frame, and how large it then is. `None`: its header is cut off or wrong. RFC 6386 §9.1.
fn frame_header(frame: &[u8]) -> Option<(bool, Option<(u32, u32)>)> {
    let is_key = frame.first()? & 1 == 0;
    if !is_key {
        return Some((false, None));
    }
    let &[_, _, _, 0x9d, 0x01, 0x2a, width, width_scale, height, height_scale, ..] = frame else {
        return None;
    };
    // The top two bits are how to scale for display.
    let number = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some((true, Some((number(width, width_scale), number(height, height_scale)))))
}

/// Cuts frames without regard to their partitions.
#[derive(Debug)]
pub(super) struct Cutter {
    next_picture: PictureId,
    tl0_picture_index: u8,
    descriptor: Descriptor,
    slices: Slices,
}

impl Cutter {
    pub(super) fn new(first: FirstIds) -> Self {
        Cutter {
            next_picture: PictureId::Long(first.picture_id & 0x7fff),
            tl0_picture_index: first.tl0_picture_index,
            descriptor: Descriptor::default(),
            slices: Slices::default(),
        }
    }

    pub(super) fn start(
        &mut self,
        frame: &[u8],
        info: &FrameToSend,
        max_payload: usize,
    ) -> Result<FrameInfo, Unsendable> {
        self.slices = Slices::default();
        if frame.is_empty() {
            return Err(Unsendable::Empty);
        }
        let (is_key, size) = frame_header(frame).ok_or(Unsendable::Malformed)?;
        if info.layer.is_some_and(|layer| layer.temporal_id > 3 || layer.spatial_id > 0) {
            return Err(Unsendable::BadLayer);
        }
        let overhead = if info.layer.is_some() { Descriptor::MAX_LEN } else { Descriptor::MAX_LEN - 2 };
        let room = max_payload.checked_sub(overhead).filter(|room| *room > 0).ok_or(Unsendable::NoRoom)?;

        if info.layer.is_some_and(|layer| layer.temporal_id == 0) {
            self.tl0_picture_index = self.tl0_picture_index.wrapping_add(1);
        }
        self.descriptor = Descriptor {
            is_discardable: info.is_discardable,
            begins_partition: true,
            picture_id: Some(self.next_picture),
            tl0_picture_index: info.layer.map(|_| self.tl0_picture_index),
            temporal: info.layer.map(|layer| (layer.temporal_id, layer.is_switching_point)),
            ..Descriptor::default()
        };
        self.next_picture = self.next_picture.next();
        self.slices = Slices::new(0..frame.len(), room);
        Ok(FrameInfo { is_key, size, ..said_by(&self.descriptor) })
    }

    pub(super) fn next_payload(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Option<Piece> {
        let (slice, is_last) = self.slices.next()?;
        let bytes = frame.get(slice)?;
        self.descriptor.write(out);
        out.extend_from_slice(bytes);
        // Partitions are not looked at, so that only the first packet begins one (RFC 7741 §4.4).
        self.descriptor.begins_partition = false;
        Some(Piece { is_last, marker: is_last })
    }
}

fn said_by(descriptor: &Descriptor) -> FrameInfo {
    let layer =
        |(temporal_id, is_switching_point)| Layer { temporal_id, is_switching_point, ..Layer::default() };
    FrameInfo {
        picture_id: descriptor.picture_id,
        tl0_picture_index: descriptor.tl0_picture_index,
        layer: descriptor.temporal.map(layer),
        is_discardable: descriptor.is_discardable,
        ..FrameInfo::default()
    }
}

/// A frame begins with its first partition.
pub(super) fn begins_frame(payload: &[u8]) -> bool {
    payload.first().is_some_and(|first| first & 0x17 == 0x10)
}

/// Puts a frame together.
pub(super) fn join(
    payloads: &mut dyn Iterator<Item = &[u8]>,
    assembly: &mut Assembly<'_>,
) -> Result<FrameInfo, Malformed> {
    let mut begin = Descriptor::default();
    join_all(payloads, |number, payload| {
        let mut reader = Reader::new(payload);
        let descriptor = Descriptor::read(&mut reader)?;
        if reader.is_empty() {
            return Err(reader.error("VP8 payload", ParseErrorKind::Missing));
        }
        match number {
            0 if !begins_frame(payload) => {
                return Err(ParseError::new("S", 0, ParseErrorKind::BadValue));
            }
            0 => begin = descriptor,
            // Two frames in one: the sender, or whoever collected the packets, lost count.
            _ if descriptor.picture_id != begin.picture_id => {
                return Err(ParseError::new("PictureID", 0, ParseErrorKind::BadValue));
            }
            _ => {}
        }
        assembly.push(reader.rest())
    })?;
    // A key frame that is cut off in its header is for the decoder to refuse.
    let is_key = assembly.frame()[0] & 1 == 0;
    let (_, size) = frame_header(assembly.frame()).unwrap_or_default();
    Ok(FrameInfo { is_key, size, ..said_by(&begin) })
}

#[cfg(test)]
mod tests;
