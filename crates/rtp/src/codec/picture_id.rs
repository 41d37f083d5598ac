//! The running number of a picture in VP8 and VP9: 7 or 15 bits, and a bit that says which. RFC 7741 §4.2, RFC 9628 §4.2.
//!
//! ```text
//!  0 1 2 3 4 5 6 7                    0                   1
//! +-+-+-+-+-+-+-+-+                   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//! |0|  PictureID  |         or       |1|         PictureID           |
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, Reader};

/// A picture id as it stands in a packet. Its number of bits may change from one picture to the next.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum PictureId {
    /// 0 to 127.
    Short(u8),
    /// 0 to 32 767.
    Long(u16),
}

impl PictureId {
    /// The number.
    pub const fn value(self) -> u16 {
        match self {
            PictureId::Short(value) => value as u16 & 0x7f,
            PictureId::Long(value) => value & 0x7fff,
        }
    }

    /// The id of the picture after this one, in as many bits: 0 comes after the largest.
    pub const fn next(self) -> PictureId {
        match self {
            PictureId::Short(value) => PictureId::Short((value + 1) & 0x7f),
            PictureId::Long(value) => PictureId::Long((value + 1) & 0x7fff),
        }
    }

    /// Whether this one comes right after `earlier`, also when the number of bits changed between them: of the longer one
    /// then only the low seven bits can be compared.
    pub const fn follows(self, earlier: PictureId) -> bool {
        let difference = self.value().wrapping_sub(earlier.value());
        match (self, earlier) {
            (PictureId::Long(_), PictureId::Long(_)) => difference & 0x7fff == 1,
            _ => difference & 0x7f == 1,
        }
    }

    /// Reads one.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<PictureId, ParseError> {
        let first = reader.u8("PictureID")?;
        match first & 0x80 {
            0 => Ok(PictureId::Short(first)),
            _ => Ok(PictureId::Long(u16::from_be_bytes([first & 0x7f, reader.u8("PictureID")?]))),
        }
    }

    /// Appends it.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self {
            PictureId::Short(value) => out.push(value & 0x7f),
            PictureId::Long(value) => out.extend_from_slice(&(value | 0x8000).to_be_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 7741-4.2-f, 7741-4.2-g, 9628-4.2-d
    #[test]
    fn ids_wrap_to_zero_and_may_change_their_length() {
        use PictureId::{Long, Short};
        assert_eq!((Short(0x7f).next(), Long(0x7fff).next()), (Short(0), Long(0)));
        let rows = [
            (Short(0), Short(0x7f), true),
            (Long(0), Long(0x7fff), true),
            (Long(0x80), Long(0x7f), true),
            (Long(0x80), Short(0x7f), true),     // grown instead of wrapped
            (Long(0x6f), Short(0x6e), true),     // zero-extended
            (Short(0x3f), Long(0x1bbe), true),   // cut off
            (Short(0x7f), Short(0), false),      // backwards
            (Long(5), Long(5), false),           // the same
            (Long(0x0102), Long(0x0181), false), // the low bits alone deceive
        ];
        for (later, earlier, follows) in rows {
            assert_eq!(later.follows(earlier), follows, "{earlier:?} {later:?}");
        }
    }

    #[test]
    fn both_lengths_read_back() {
        for id in [PictureId::Short(0), PictureId::Short(0x7f), PictureId::Long(0), PictureId::Long(0x7fff)] {
            let mut out = Vec::new();
            id.write(&mut out);
            assert_eq!(PictureId::read(&mut Reader::new(&out)), Ok(id));
        }
        assert!(PictureId::read(&mut Reader::new(&[0x80])).is_err());
    }
}
