//! What stands before the bytes of a VP9 frame in each packet. RFC 9628 §4.2.
//!
//! ```text
//!  0 1 2 3 4 5 6 7
//! |I|P|L|F|B|E|V|Z|   B: a frame begins; E: it ends; Z: no higher layer needs it
//! |M| PICTURE ID  |   if I; two bytes if M
//! | TID |U| SID |D|   if L
//! |   TL0PICIDX   |   if L and not F
//! | P_DIFF      |N|   if P and F, up to three times
//! |  structure …  |   if V
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::super::frame::Layer;
use super::super::picture_id::PictureId;
use super::structure::Structure;

/// P_DIFF: how many pictures ago those were that a picture refers to. Up to three.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct References {
    distances: [u8; 3],
    len: u8,
}

impl References {
    /// The first three of these.
    pub fn new(distances: &[u8]) -> Self {
        let mut references = References::default();
        for (place, distance) in references.distances.iter_mut().zip(distances) {
            *place = *distance;
            references.len += 1;
        }
        references
    }

    /// The distances.
    pub fn as_slice(&self) -> &[u8] {
        &self.distances[..usize::from(self.len)]
    }
}

/// The payload descriptor.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Descriptor<'a> {
    /// The number of the picture.
    pub picture_id: Option<PictureId>,
    /// P: predicted from other pictures.
    pub is_predicted: bool,
    /// F: says what it refers to, rather than following a structure that was told.
    pub is_flexible: bool,
    /// B: the first packet of a frame.
    pub begins_frame: bool,
    /// E: the last packet of a frame.
    pub ends_frame: bool,
    /// Z: no higher spatial layer refers to this one.
    pub is_unused_above: bool,
    /// TID, U, SID, D.
    pub layer: Option<Layer>,
    /// TL0PICIDX: which picture of the lowest temporal layer this is, or depends on. In non-flexible mode, with `layer`.
    pub tl0_picture_index: Option<u8>,
    /// In flexible mode, if predicted.
    pub references: References,
    /// The scalability structure from here on.
    pub structure: Option<Structure<'a>>,
}

impl<'a> Descriptor<'a> {
    /// Reads the descriptor; what the reader has left are bytes of the frame.
    ///
    /// Fails when it is cut off, when a fourth reference is announced, or when one refers to its own picture.
    pub fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let first = reader.u8("I")?;
        let has = |bit: u8| first & bit != 0;
        let mut descriptor = Descriptor {
            is_predicted: has(0x40),
            begins_frame: has(0x08),
            ends_frame: has(0x04),
            is_unused_above: has(0x01),
            ..Descriptor::default()
        };
        if has(0x80) {
            descriptor.picture_id = Some(PictureId::read(reader)?);
            // Without a picture id the bit says nothing.
            descriptor.is_flexible = has(0x10);
        }
        if has(0x20) {
            let byte = reader.u8("TID")?;
            descriptor.layer = Some(Layer {
                temporal_id: byte >> 5,
                is_switching_point: byte & 0x10 != 0,
                spatial_id: byte >> 1 & 7,
                uses_lower_layer: byte & 1 != 0,
            });
            if !descriptor.is_flexible {
                descriptor.tl0_picture_index = Some(reader.u8("TL0PICIDX")?);
            }
        }
        if descriptor.is_flexible && descriptor.is_predicted {
            descriptor.references = read_references(reader)?;
        }
        if has(0x02) {
            descriptor.structure = Some(Structure::read(reader)?);
        }
        Ok(descriptor)
    }

    /// How many bytes it takes.
    pub(super) fn len(&self) -> usize {
        let picture_id = match self.picture_id {
            None => 0,
            Some(PictureId::Short(_)) => 1,
            Some(PictureId::Long(_)) => 2,
        };
        let layer = usize::from(self.layer.is_some()) + usize::from(self.tl0_picture_index.is_some());
        let structure = self.structure.map_or(0, |structure| structure.as_bytes().len());
        1 + picture_id + layer + self.references.as_slice().len() + structure
    }

    /// Appends it. What belongs to the other mode, or to no picture id, is left out.
    pub fn write(&self, out: &mut Vec<u8>) {
        let is_flexible = self.is_flexible && self.picture_id.is_some();
        let flags = [
            (self.picture_id.is_some(), 0x80),
            (self.is_predicted, 0x40),
            (self.layer.is_some(), 0x20),
            (is_flexible, 0x10),
            (self.begins_frame, 0x08),
            (self.ends_frame, 0x04),
            (self.structure.is_some(), 0x02),
            (self.is_unused_above, 0x01),
        ];
        out.push(flags.iter().filter(|(is_set, _)| *is_set).fold(0, |byte, (_, bit)| byte | bit));
        if let Some(id) = self.picture_id {
            id.write(out);
        }
        if let Some(layer) = self.layer {
            let [up, down] = [layer.is_switching_point, layer.uses_lower_layer].map(u8::from);
            out.push(layer.temporal_id << 5 | up << 4 | (layer.spatial_id & 7) << 1 | down);
            if !is_flexible {
                out.push(self.tl0_picture_index.unwrap_or(0));
            }
        }
        if is_flexible && self.is_predicted {
            let distances = self.references.as_slice();
            for (number, distance) in distances.iter().enumerate() {
                out.push(distance << 1 | u8::from(number + 1 < distances.len()));
            }
        }
        if let Some(structure) = self.structure {
            out.extend_from_slice(structure.as_bytes());
        }
    }
}

fn read_references(reader: &mut Reader<'_>) -> Result<References, ParseError> {
    let mut references = References::default();
    for place in 0..3 {
        let at = reader.offset();
        let byte = reader.u8("P_DIFF")?;
        if byte >> 1 == 0 {
            return Err(ParseError::new("P_DIFF", at, ParseErrorKind::BadValue));
        }
        references.distances[place] = byte >> 1;
        references.len += 1;
        if byte & 1 == 0 {
            return Ok(references);
        }
    }
    Err(reader.error("P_DIFF", ParseErrorKind::Repeated))
}
