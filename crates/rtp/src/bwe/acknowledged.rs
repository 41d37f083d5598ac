//! The rate that arrives, measured where it arrives. draft-ietf-rmcat-gcc-02 §5.5 (R_hat).

/// Bytes that arrived in the last half second of the receiver's clock, in steps of 50 ms.
#[derive(Clone, Debug, Default)]
pub(super) struct Acknowledged {
    /// Bytes by the low part of the step.
    steps: [u64; STEPS],
    /// The newest step, and the first one since when packets were counted.
    newest: Option<i64>,
    first: i64,
}

const STEP: i64 = 50_000_000;
/// The newest is still being filled: ten are complete.
const STEPS: usize = 11;
/// Fewer complete steps are no measure.
const LEAST: i64 = 3;

impl Acknowledged {
    /// A packet arrived at this time in nanoseconds.
    pub(super) fn add(&mut self, arrived: i64, bytes: u32) {
        let step = arrived.div_euclid(STEP);
        let newest = *self.newest.get_or_insert(step);
        // Late is counted where it belongs, if that is still there; a clock that was set begins anew.
        let ahead = step.saturating_sub(newest);
        if ahead >= 2 * STEPS as i64 || ahead <= -4 * STEPS as i64 {
            *self = Acknowledged { newest: Some(step), first: step, ..Self::default() };
        } else if ahead > 0 {
            (newest + 1..=step).for_each(|fresh| *self.slot(fresh) = 0);
            self.newest = Some(step);
        } else if ahead <= -(STEPS as i64) {
            return;
        } else if newest == step && self.steps.iter().all(|bytes| *bytes == 0) {
            self.first = step;
        }
        *self.slot(step) += u64::from(bytes);
    }

    /// So many bytes arrived between the last packet and `until`, nobody knows when: they are spread evenly.
    pub(super) fn fill(&mut self, until: i64, bytes: u64) {
        let Some(newest) = self.newest else { return };
        let steps = until.div_euclid(STEP).saturating_sub(newest).clamp(1, STEPS as i64);
        let each = u32::try_from(bytes / steps as u64).unwrap_or(u32::MAX);
        for step in (newest..newest + steps).filter(|_| each > 0) {
            self.add(step.saturating_mul(STEP), each);
        }
    }

    fn slot(&mut self, step: i64) -> &mut u64 {
        &mut self.steps[step.rem_euclid(STEPS as i64) as usize]
    }

    /// Bits per second. `None`: too little was seen.
    pub(super) fn rate(&self) -> Option<u64> {
        let newest = self.newest?;
        let complete = (newest - self.first).min(STEPS as i64 - 1);
        let counted =
            (newest - complete..newest).map(|step| self.steps[step.rem_euclid(STEPS as i64) as usize]);
        let nanos = (complete * STEP) as u128;
        let bits = counted.map(u128::from).sum::<u128>() * 8;
        let rate = (bits * 1_000_000_000).checked_div(nanos)?;
        (complete >= LEAST).then(|| u64::try_from(rate).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: i64 = 1_000_000;

    #[test]
    fn a_steady_flow_has_its_rate_and_a_new_one_is_seen_within_half_a_second() {
        let mut acknowledged = Acknowledged::default();
        for at in 0..200 {
            acknowledged.add(at * 10 * MILLI, 1250);
            if at < 15 {
                assert_eq!(acknowledged.rate(), None);
            }
        }
        assert_eq!(acknowledged.rate(), Some(1_000_000));
        for at in 200..255 {
            acknowledged.add(at * 10 * MILLI, 125);
        }
        assert_eq!(acknowledged.rate(), Some(100_000));
    }

    #[test]
    fn what_no_feedback_speaks_of_is_filled_in() {
        let mut acknowledged = Acknowledged::default();
        for at in (0..100).filter(|at| !(60..75).contains(at)) {
            if at == 75 {
                acknowledged.fill(750 * MILLI, 15 * 1250);
            }
            acknowledged.add(at * 10 * MILLI, 1250);
        }
        let rate = acknowledged.rate().expect("enough");
        assert!((990_000..1_010_000).contains(&rate), "{rate}");
    }

    #[test]
    fn late_packets_and_clocks_that_are_set_do_no_harm() {
        let mut acknowledged = Acknowledged::default();
        for at in [0, 5, -3, 1000, 999, -1000, i64::MAX / MILLI, i64::MIN / MILLI, 0] {
            acknowledged.add(at * MILLI, 1250);
            assert!(acknowledged.rate().is_none_or(|rate| rate < 1_000_000));
        }
    }
}
