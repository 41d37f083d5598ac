//! How a long-term password becomes a key: PASSWORD-ALGORITHM and the list PASSWORD-ALGORITHMS. RFC 8489 §14.11, §18.5.

use limpid_sansio::wire::{ParseError, Reader, Writer};

/// One way to derive the key. Both known ways have no parameters.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct PasswordAlgorithm<'a> {
    /// The registry's number. Unknown ones are kept.
    pub number: u16,
    /// What the algorithm wants to know, without padding.
    pub parameters: &'a [u8],
}

impl<'a> PasswordAlgorithm<'a> {
    /// 16 bytes of MD5. For peers that know nothing better.
    pub const MD5: PasswordAlgorithm<'static> = PasswordAlgorithm { number: 1, parameters: &[] };
    /// 32 bytes of SHA-256.
    pub const SHA256: PasswordAlgorithm<'static> = PasswordAlgorithm { number: 2, parameters: &[] };

    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let number = reader.u16("algorithm")?;
        let parameters = reader.vec16("algorithm parameters")?;
        // The last one's padding may be the attribute's own, and so be missing from its value.
        let padding = (parameters.len().next_multiple_of(4) - parameters.len()).min(reader.remaining());
        reader.bytes(padding, "padding")?;
        Ok(PasswordAlgorithm { number, parameters })
    }

    pub(crate) const fn encoded_len(&self) -> usize {
        4 + self.parameters.len().next_multiple_of(4)
    }

    pub(crate) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.number);
        writer.u16(self.parameters.len() as u16);
        writer.bytes(self.parameters);
        writer.zeros(self.encoded_len() - 4 - self.parameters.len());
    }
}

/// What a server accepts, best first, in the form in which a client must echo it byte for byte.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct PasswordAlgorithms<'a>(&'a [u8]);

impl<'a> PasswordAlgorithms<'a> {
    /// SHA-256, then MD5.
    pub const SHA256_MD5: PasswordAlgorithms<'static> = PasswordAlgorithms(&[0, 2, 0, 0, 0, 1, 0, 0]);
    /// SHA-256 alone.
    pub const SHA256: PasswordAlgorithms<'static> = PasswordAlgorithms(&[0, 2, 0, 0]);

    /// From the attribute's value.
    pub fn from_wire(value: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(value);
        while !reader.is_empty() {
            PasswordAlgorithm::read(&mut reader)?;
        }
        Ok(PasswordAlgorithms(value))
    }

    /// The attribute's value.
    pub const fn as_wire(&self) -> &'a [u8] {
        self.0
    }

    /// One by one, best first.
    pub fn iter(&self) -> impl Iterator<Item = PasswordAlgorithm<'a>> + use<'a> {
        let mut reader = Reader::new(self.0);
        core::iter::from_fn(
            move || {
                if reader.is_empty() { None } else { PasswordAlgorithm::read(&mut reader).ok() }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn parameters_are_padded_and_unknown_algorithms_are_kept() {
        //~ covers 8489-14.11-a
        let wire = [0x80, 7, 0, 5, 1, 2, 3, 4, 5, 0xff, 0xff, 0xff, 0, 1, 0, 0];
        let list = PasswordAlgorithms::from_wire(&wire).unwrap();
        let expected =
            [PasswordAlgorithm { number: 0x8007, parameters: &[1, 2, 3, 4, 5] }, PasswordAlgorithm::MD5];
        assert_eq!(list.iter().collect::<Vec<_>>(), expected);
        assert!(PasswordAlgorithms::from_wire(&[0, 1, 0, 9]).is_err());
    }
}
