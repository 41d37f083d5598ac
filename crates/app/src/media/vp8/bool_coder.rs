//! The arithmetic coder: yes and no, each with its odds, in hardly more space than their surprise (RFC 6386 §7).

/// Writes decisions; the reader must ask them in the same order with the same odds.
///
/// Two numbers hold the state: an interval's lower end and its width, 128 to 255. A decision keeps one part of the
/// interval; when it has become narrow, both numbers are doubled and a finished bit leaves at the top.
#[derive(Debug)]
pub(super) struct BoolEncoder {
    out: Vec<u8>,
    /// The lower end. Of it, `pending` + 8 bits are not written yet; a bit above them is a carry.
    low: u64,
    range: u32,
    pending: u32,
}

impl BoolEncoder {
    pub(super) fn new() -> Self {
        BoolEncoder { out: Vec::new(), low: 0, range: 255, pending: 0 }
    }

    /// One decision; `probability` / 256 are the odds that it is `false`.
    #[inline]
    pub(super) fn bool(&mut self, probability: u8, value: bool) {
        let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
        if value {
            self.low += u64::from(split);
            self.range -= split;
        } else {
            self.range = split;
        }
        // The width becomes at least 128 again, which are eight significant bits.
        let shift = self.range.leading_zeros() - 24;
        self.range <<= shift;
        self.low <<= shift;
        self.pending += shift;
        if self.pending >= 8 {
            self.emit();
        }
    }

    /// A decision without odds.
    pub(super) fn flag(&mut self, value: bool) {
        self.bool(128, value);
    }

    /// The low `bits` of a number, high ones first.
    pub(super) fn literal(&mut self, bits: u32, value: u32) {
        for bit in (0..bits).rev() {
            self.flag(value >> bit & 1 == 1);
        }
    }

    /// What was written, with enough of the rest that a reader finds every decision.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for _ in 0..2 {
            self.low <<= 8 - self.pending;
            self.pending = 8;
            self.emit();
        }
        self.out
    }

    /// Moves the top eight unwritten bits out.
    fn emit(&mut self) {
        let top = self.low >> self.pending;
        if top > 0xff {
            self.carry();
        }
        self.out.push(top as u8);
        self.low &= (1 << self.pending) - 1;
        self.pending -= 8;
    }

    /// Adds one to what was written. It ends before the first byte, as no sum of parts of the interval exceeds it.
    fn carry(&mut self) {
        for byte in self.out.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
}
