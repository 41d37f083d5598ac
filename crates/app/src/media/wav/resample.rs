//! From one sample rate to another: each new sample is the mean of the old ones over its time.
//!
//! Crude, but without seams, and what is far above half of the new rate mostly cancels itself out.

/// Holds the sample that is not complete yet.
#[derive(Clone, Debug)]
pub struct Resampler {
    from: u32,
    to: u32,
    /// The sum so far, and over how much of a new sample, which is `from` wide: an old one is `to` wide.
    sum: i64,
    filled: u32,
}

impl Resampler {
    /// Both in hertz, and not 0.
    pub fn new(from: u32, to: u32) -> Self {
        Resampler { from: from.max(1), to: to.max(1), sum: 0, filled: 0 }
    }

    /// One old sample; appends the new ones that are complete.
    pub fn push(&mut self, sample: i16, out: &mut Vec<i16>) {
        let mut left = self.to;
        while left > 0 {
            let part = left.min(self.from - self.filled);
            self.sum += i64::from(sample) * i64::from(part);
            self.filled += part;
            left -= part;
            if self.filled == self.from {
                out.push((self.sum / i64::from(self.from)) as i16);
                (self.sum, self.filled) = (0, 0);
            }
        }
    }
}
