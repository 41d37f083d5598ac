//! What feedback says about time, on one clock that does not wrap.

/// Turns a counter of `BITS` bits that wraps into nanoseconds. Only differences have a meaning.
#[derive(Clone, Debug)]
pub(super) struct RemoteClock<const BITS: u32> {
    nanos_per_unit: f64,
    last: Option<(u32, i64)>,
}

impl<const BITS: u32> RemoteClock<BITS> {
    /// `nanos_per_unit` may have a fraction.
    pub(super) const fn new(nanos_per_unit: f64) -> Self {
        RemoteClock { nanos_per_unit, last: None }
    }

    /// The instant that the counter's value names: the one nearest to the last.
    pub(super) fn nanos(&mut self, value: u32) -> i64 {
        let units = match self.last {
            None => 0,
            Some((last, units)) => {
                let ahead = (value.wrapping_sub(last) << (32 - BITS)) as i32 >> (32 - BITS);
                units + i64::from(ahead)
            }
        };
        self.last = Some((value, units));
        (units as f64 * self.nanos_per_unit) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_where_the_counter_wraps() {
        //~ covers twcc-3.1-b
        let mut clock = RemoteClock::<24>::new(64e6);
        let first = clock.nanos(0x00ff_fffe);
        assert_eq!(clock.nanos(1) - first, 3 * 64_000_000);
        assert_eq!(clock.nanos(0x00ff_ffff) - first, 64_000_000);
        // Signed values of the draft are the same bits.
        assert_eq!(clock.nanos(-1i32 as u32) - first, 64_000_000);
        let mut clock = RemoteClock::<32>::new(1e9 / 65_536.0);
        let first = clock.nanos(u32::MAX - 65_535);
        assert_eq!(clock.nanos(65_536) - first, 2_000_000_000);
    }
}
