//! Numbers that wrap around: comparison after RFC 1982, and unwrapping to 64 bits.

/// Whether `a` comes before `b` on the circle of 32-bit numbers (RFC 1982 §3.2). Exactly opposite numbers do not.
pub const fn before32(a: u32, b: u32) -> bool {
    a != b && b.wrapping_sub(a) < 1 << 31
}

/// Whether `a` comes before `b` on the circle of 16-bit numbers (RFC 1982 §3.2). Exactly opposite numbers do not.
pub const fn before16(a: u16, b: u16) -> bool {
    a != b && b.wrapping_sub(a) < 1 << 15
}

/// Gives each 32-bit number the 64-bit one that lies nearest to the last: a wrapping counter becomes a growing one.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Unwrap32(u64);

impl Unwrap32 {
    /// The counter stands at `first`; it may later be seen up to 2³¹ below it.
    pub const fn starting_at(first: u32) -> Self {
        Unwrap32((1 << 32) + first as u64)
    }

    /// The full number nearest to the last one remembered.
    pub const fn peek(&self, value: u32) -> u64 {
        let ahead = value.wrapping_sub(self.0 as u32) as i32;
        self.0.wrapping_add_signed(ahead as i64)
    }

    /// The same, and remembers it when it is the largest so far.
    pub const fn advance(&mut self, value: u32) -> u64 {
        let full = self.peek(value);
        if full > self.0 {
            self.0 = full;
        }
        full
    }
}

/// Gives each 16-bit number the 64-bit one that lies nearest to the last.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Unwrap16(u64);

impl Unwrap16 {
    /// The counter stands at `first`; it may later be seen up to 2¹⁵ below it.
    pub const fn starting_at(first: u16) -> Self {
        Unwrap16((1 << 16) + first as u64)
    }

    /// The full number nearest to the last one remembered.
    pub const fn peek(&self, value: u16) -> u64 {
        let ahead = value.wrapping_sub(self.0 as u16) as i16;
        self.0.wrapping_add_signed(ahead as i64)
    }

    /// The same, and remembers it when it is the largest so far.
    pub const fn advance(&mut self, value: u16) -> u64 {
        let full = self.peek(value);
        if full > self.0 {
            self.0 = full;
        }
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparison_goes_around_the_circle() {
        assert!(before32(u32::MAX, 0) && !before32(0, u32::MAX) && !before32(7, 7));
        assert!(!before32(0, 1 << 31) && !before32(1 << 31, 0));
        assert!(before16(0xfffe, 3) && !before16(3, 0xfffe));
    }

    #[test]
    fn unwrapping_survives_wrap_reordering_and_a_start_at_zero() {
        let mut tsn = Unwrap32::starting_at(u32::MAX - 1);
        let base = tsn.peek(u32::MAX - 1);
        assert_eq!(tsn.advance(1), base + 3);
        assert_eq!(tsn.advance(u32::MAX), base + 1);
        assert_eq!(tsn.advance(2), base + 4);
        let mut ssn = Unwrap16::starting_at(0);
        let base = ssn.peek(0);
        assert_eq!(ssn.peek(0xffff), base - 1);
        assert_eq!(ssn.advance(1), base + 1);
    }
}
