//! VP9 in RTP. RFC 9628.
//!
//! A *picture* is all that has one timestamp; a *frame* is one spatial layer of it. Out goes one frame at a time; in come all
//! frames of a picture, one behind the other, as decoders take them.
//!
//! Sent is what needs no knowledge of the encoder: without layers, non-flexible mode, each picture predicted from the one
//! before; with layers, flexible mode with the references that the caller names. The scalability structure goes with each key
//! frame of a stream without spatial layers, whose one size is in the frame; of several sizes the first frame knows only its
//! own, so that there it is left out.

mod descriptor;
mod header;
mod structure;

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

pub use descriptor::{Descriptor, References};
pub use structure::{GroupPicture, Structure};

use super::frame::{
    Assembly, FirstIds, FrameInfo, FrameToSend, Layer, Malformed, Piece, Slices, Unsendable, join as join_all,
};
use super::picture_id::PictureId;
use header::frame_header;

/// What the structure of a stream with one spatial layer takes at most, in bytes.
const STRUCTURE_LEN: usize = 8;

/// Cuts frames.
#[derive(Debug)]
pub(super) struct Cutter {
    /// Of the picture at hand.
    picture_id: PictureId,
    tl0_picture_index: u8,
    is_flexible: bool,
    /// Of the picture at hand: it began with a key frame, and frames of higher layers follow.
    is_key_picture: bool,
    continues: bool,
    descriptor: Fields,
    structure: Option<([u8; STRUCTURE_LEN], usize)>,
    slices: Slices,
    ends_picture: bool,
}

/// A descriptor but for what changes from packet to packet.
type Fields = Descriptor<'static>;

impl Cutter {
    pub(super) fn new(first: FirstIds) -> Self {
        Cutter {
            // Counted up before the first picture.
            picture_id: PictureId::Long(first.picture_id.wrapping_sub(1) & 0x7fff),
            tl0_picture_index: first.tl0_picture_index,
            is_flexible: false,
            is_key_picture: false,
            continues: false,
            descriptor: Fields::default(),
            structure: None,
            slices: Slices::default(),
            ends_picture: true,
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
        let header = frame_header(frame).ok_or(Unsendable::Malformed)?;
        let begins_picture = !self.continues;
        let is_key_picture = if begins_picture { header.is_key } else { self.is_key_picture };
        // The mode may change with a key picture only (RFC 9628 §4.2, F).
        let is_flexible =
            if begins_picture && header.is_key { info.layer.is_some() } else { self.is_flexible };
        check(info, is_key_picture)?;

        let picture_id = if begins_picture { self.picture_id.next() } else { self.picture_id };
        let is_base = begins_picture && info.layer.is_none_or(|layer| layer.temporal_id == 0);
        let tl0_picture_index = self.tl0_picture_index.wrapping_add(u8::from(is_base));
        let descriptor = Fields {
            picture_id: Some(picture_id),
            is_predicted: !is_key_picture,
            is_flexible,
            layer: info.layer,
            tl0_picture_index: (!is_flexible && info.layer.is_some()).then_some(tl0_picture_index),
            references: references(info, is_flexible && !is_key_picture),
            ..Fields::default()
        };
        let is_alone = !info.more_layers_follow && begins_picture;
        let structure =
            header.size.filter(|_| header.is_key && is_alone).map(|size| structure(size, is_flexible));
        let overhead = descriptor.len() + structure.map_or(0, |(_, len)| len);
        let room = max_payload.checked_sub(overhead).filter(|room| *room > 0).ok_or(Unsendable::NoRoom)?;

        self.slices = Slices::new(0..frame.len(), room);
        (self.descriptor, self.structure) = (descriptor, structure);
        (self.picture_id, self.tl0_picture_index) = (picture_id, tl0_picture_index);
        (self.is_flexible, self.is_key_picture) = (is_flexible, is_key_picture);
        (self.continues, self.ends_picture) = (info.more_layers_follow, !info.more_layers_follow);
        self.descriptor.begins_frame = true;
        Ok(FrameInfo {
            is_key: header.is_key,
            size: header.size,
            picture_id: Some(picture_id),
            tl0_picture_index: descriptor.tl0_picture_index,
            layer: info.layer,
            is_discardable: false,
        })
    }

    pub(super) fn next_payload(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Option<Piece> {
        let (slice, is_last) = self.slices.next()?;
        let bytes = frame.get(slice)?;
        self.descriptor.ends_frame = is_last;
        let structure = self.structure.filter(|_| self.descriptor.begins_frame);
        let structure = structure.as_ref().and_then(|(bytes, len)| Structure::parse(&bytes[..*len]).ok());
        Descriptor { structure, ..self.descriptor }.write(out);
        out.extend_from_slice(bytes);
        self.descriptor.begins_frame = false;
        Some(Piece { is_last, marker: is_last && self.ends_picture })
    }
}

/// Whether layers and references are such as can be written.
fn check(info: &FrameToSend, is_key_picture: bool) -> Result<(), Unsendable> {
    let is_bad = |layer: Layer| {
        layer.temporal_id > 7
            || layer.spatial_id > 7
            || (layer.spatial_id == 0 && layer.uses_lower_layer)
            || (is_key_picture && layer.temporal_id > 0)
    };
    let is_too_far = info.references.iter().any(|distance| *distance > 127);
    if info.layer.is_some_and(is_bad) || is_too_far { Err(Unsendable::BadLayer) } else { Ok(()) }
}

/// P_DIFFs, of which a predicted picture in flexible mode has at least one.
fn references(info: &FrameToSend, are_needed: bool) -> References {
    match info.references {
        _ if !are_needed => References::default(),
        [0, ..] => References::new(&[1]),
        [a, 0, _] => References::new(&[a]),
        [a, b, 0] => References::new(&[a, b]),
        all => References::new(&all),
    }
}

/// One spatial layer of this size; in non-flexible mode each picture refers to the one before. RFC 9628 §4.2.1.
fn structure((width, height): (u32, u32), is_flexible: bool) -> ([u8; STRUCTURE_LEN], usize) {
    let [w, h] = [width, height].map(|pixels| (pixels as u16).to_be_bytes()); // the header of a frame has 16 bits
    match is_flexible {
        true => ([0x10, w[0], w[1], h[0], h[1], 0, 0, 0], 5),
        false => ([0x18, w[0], w[1], h[0], h[1], 1, 0x04, 1], 8),
    }
}

/// A picture begins with the first packet of a frame that needs no lower layer.
pub(super) fn begins_frame(payload: &[u8]) -> bool {
    Descriptor::read(&mut Reader::new(payload)).is_ok_and(|descriptor| {
        descriptor.begins_frame && !descriptor.layer.is_some_and(|layer| layer.uses_lower_layer)
    })
}

/// Without layers the last packet of the frame is that of the picture.
pub(super) fn ends_frame(payload: &[u8]) -> bool {
    Descriptor::read(&mut Reader::new(payload))
        .is_ok_and(|descriptor| descriptor.ends_frame && descriptor.layer.is_none())
}

/// Puts all frames of a picture together.
pub(super) fn join(
    payloads: &mut dyn Iterator<Item = &[u8]>,
    assembly: &mut Assembly<'_>,
) -> Result<FrameInfo, Malformed> {
    let mut info = FrameInfo::default();
    let mut is_predicted = false;
    let mut is_between_frames = true;
    join_all(payloads, |number, payload| {
        let mut reader = Reader::new(payload);
        let descriptor = Descriptor::read(&mut reader)?;
        if reader.is_empty() {
            return Err(reader.error("VP9 payload", ParseErrorKind::Missing));
        }
        if is_between_frames && !descriptor.begins_frame {
            return Err(ParseError::new("B", 0, ParseErrorKind::Missing));
        }
        if number == 0 {
            info.picture_id = descriptor.picture_id;
            is_predicted = descriptor.is_predicted;
        } else if descriptor.picture_id != info.picture_id {
            return Err(ParseError::new("PICTURE ID", 1, ParseErrorKind::BadValue));
        }
        info.tl0_picture_index = descriptor.tl0_picture_index.or(info.tl0_picture_index);
        info.layer = descriptor.layer.or(info.layer);
        let sizes = descriptor.structure.map(|structure| structure.sizes());
        info.size = sizes.and_then(Iterator::last).or(info.size);
        is_between_frames = descriptor.ends_frame;
        assembly.push(reader.rest())
    })?;
    let header = frame_header(assembly.frame());
    info.is_key = header.map_or(!is_predicted, |header| header.is_key);
    info.size = info.size.or(header.and_then(|header| header.size));
    Ok(info)
}

#[cfg(test)]
mod tests;
