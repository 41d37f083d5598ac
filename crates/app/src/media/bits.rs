//! Single bits, high ones first, as headers of video codecs are told.

/// Reads from the front. Behind the end there is nothing: `None`.
#[derive(Clone, Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Bits { bytes, at: 0 }
    }

    /// The next bit.
    pub(super) fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// The next `count` bits, at most 32.
    pub(super) fn number(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u32::from(self.flag()?)))
    }

    /// Passes over bits.
    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.flag().map(drop))
    }

    /// A number in Exp-Golomb code, `ue(v)` of H.264 §9.1: as many bits as zeros stand in front of it.
    pub(super) fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.number(zeros)?)
    }

    /// The same with a sign, `se(v)`: 0, 1, -1, 2, -2 and so on.
    pub(super) fn signed_golomb(&mut self) -> Option<i64> {
        let value = i64::from(self.golomb()?);
        Some(if value % 2 == 1 { value / 2 + 1 } else { -(value / 2) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golomb_numbers_are_as_long_as_they_need() {
        // 1 · 010 · 011 · 00100 · 00111
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0011, 0b1000_0000]);
        let read: Vec<_> = (0..5).map(|_| bits.golomb().unwrap()).collect();
        assert_eq!(read, [0, 1, 2, 3, 6]);
        assert_eq!(bits.golomb(), None);
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0011, 0b1000_0000]);
        let read: Vec<_> = (0..5).map(|_| bits.signed_golomb().unwrap()).collect();
        assert_eq!(read, [0, 1, -1, 2, -3]);
        assert_eq!(Bits::new(&[0; 8]).golomb(), None);
    }
}
