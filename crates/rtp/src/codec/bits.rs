//! Reading bit by bit: headers of video frames and parameter sets.

/// From the highest bit of the first byte on. Every read is `None` where the bytes end.
#[derive(Clone, Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    used: u8,
    skips_emulation: bool,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Bits { bytes, at: 0, used: 0, skips_emulation: false }
    }

    /// Of a NAL unit, in which a 3 behind two zeros was put in so that no start code appears (ITU-T H.264 §7.4.1).
    pub(super) const fn of_nal_unit(bytes: &'a [u8]) -> Self {
        Bits { bytes, at: 0, used: 0, skips_emulation: true }
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        if self.used == 0 && self.skips_emulation && self.at >= 2 {
            let around = self.bytes.get(self.at - 2..=self.at)?;
            self.at += usize::from(around == [0, 0, 3]);
        }
        let bit = self.bytes.get(self.at)? >> (7 - self.used) & 1;
        self.used = (self.used + 1) % 8;
        self.at += usize::from(self.used == 0);
        Some(bit == 1)
    }

    /// Up to 32 bits.
    pub(super) fn number(&mut self, bits: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..bits {
            value = value << 1 | u32::from(self.flag()?);
        }
        Some(value)
    }

    pub(super) fn skip(&mut self, bits: u32) -> Option<()> {
        (0..bits).try_for_each(|_| self.flag().map(|_| ()))
    }

    /// Exp-Golomb, `ue(v)` of ITU-T H.264 §9.1; AV1's `uvlc()`.
    pub(super) fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.number(zeros)?)
    }

    /// `se(v)`: 0, 1, −1, 2, −2 …
    pub(super) fn signed_golomb(&mut self) -> Option<i32> {
        let code = i64::from(self.golomb()?);
        let magnitude = (code + 1) / 2;
        i32::try_from(if code % 2 == 1 { magnitude } else { -magnitude }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golomb_codes_read_as_in_the_table_of_the_standard() {
        // 1 · 010 · 011 · 00100 · 00101 · 1
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1100_0000]);
        let read: alloc::vec::Vec<_> = (0..6).map_while(|_| bits.golomb()).collect();
        assert_eq!(read, [0, 1, 2, 3, 4, 0]);
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1100_0000]);
        let read: alloc::vec::Vec<_> = (0..5).map_while(|_| bits.signed_golomb()).collect();
        assert_eq!(read, [0, 1, -1, 2, -2]);
        assert_eq!(Bits::new(&[0; 5]).golomb(), None, "longer than any number");
    }

    #[test]
    fn the_byte_that_prevents_a_start_code_is_not_read() {
        let mut bits = Bits::of_nal_unit(&[0, 0, 3, 1, 0, 0, 3, 3]);
        assert_eq!((bits.number(24), bits.number(16), bits.number(8)), (Some(1), Some(0), Some(3)));
        assert_eq!(bits.flag(), None);
        assert_eq!(Bits::new(&[0, 0, 3, 1]).number(32), Some(0x301));
    }
}
