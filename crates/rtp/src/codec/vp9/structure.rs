//! The scalability structure: how large each spatial layer is, and which pictures each picture of a group refers to.
//! RFC 9628 §4.2.1.
//!
//! ```text
//!  0 1 2 3 4 5 6 7
//! | N_S |Y|G|-|-|-|
//! |  WIDTH · HEIGHT |   if Y: two bytes each, N_S + 1 times
//! |      N_G      |     if G
//! | TID |U| R |-|-|     N_G times, each followed by
//! |    P_DIFF     |     R times
//! ```

use limpid_sansio::wire::{ParseError, Reader};

use super::descriptor::References;

/// A structure as it lies in a packet. All lengths were checked once.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Structure<'a> {
    raw: &'a [u8],
}

/// One picture of the group.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct GroupPicture {
    /// TID.
    pub temporal_id: u8,
    /// U: from here a receiver may take higher temporal layers.
    pub is_switching_point: bool,
    /// P_DIFF: how many pictures ago those were that it refers to.
    pub references: References,
}

impl<'a> Structure<'a> {
    /// Reads a structure that fills these bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let structure = Self::read(&mut reader)?;
        reader.finish("SS")?;
        Ok(structure)
    }

    /// Reads a structure, and leaves what comes after it.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let before = reader.rest();
        let first = reader.u8("N_S")?;
        if first & 0x10 != 0 {
            reader.bytes((usize::from(first >> 5) + 1) * 4, "WIDTH")?;
        }
        if first & 0x08 != 0 {
            for _ in 0..reader.u8("N_G")? {
                let picture = reader.u8("TID")?;
                reader.bytes(usize::from(picture >> 2 & 3), "P_DIFF")?;
            }
        }
        Ok(Structure { raw: &before[..before.len() - reader.remaining()] })
    }

    /// The bytes of it.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }

    /// How many spatial layers the stream has, 1 to 8.
    pub fn spatial_layers(&self) -> u8 {
        (self.raw[0] >> 5) + 1
    }

    /// Width and height of each spatial layer, the lowest first. Empty: they were not told.
    pub fn sizes(&self) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        let count = if self.raw[0] & 0x10 != 0 { usize::from(self.spatial_layers()) } else { 0 };
        let number = |high, low| u32::from(u16::from_be_bytes([high, low]));
        self.raw[1..].chunks_exact(4).take(count).map(move |size| {
            (number(size[0], size[1]), number(size[2], size[3])) // chunks of exactly 4
        })
    }

    /// The pictures of the group. Empty: there is none.
    pub fn group(&self) -> impl Iterator<Item = GroupPicture> + use<'a> {
        let first = self.raw[0];
        let sizes = if first & 0x10 != 0 { usize::from(self.spatial_layers()) * 4 } else { 0 };
        let mut rest = if first & 0x08 != 0 { &self.raw[2 + sizes..] } else { &[] };
        core::iter::from_fn(move || {
            let (&picture, behind) = rest.split_first()?;
            let (references, behind) = behind.split_at_checked(usize::from(picture >> 2 & 3))?;
            rest = behind;
            Some(GroupPicture {
                temporal_id: picture >> 5,
                is_switching_point: picture & 0x10 != 0,
                references: References::new(references),
            })
        })
    }
}
