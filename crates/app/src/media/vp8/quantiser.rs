//! How coarse coefficients are told (RFC 6386 §9.6, §14.1).

use super::tables::{AC_STEP, DC_STEP};
use super::transform::Block;

/// Steps of one kind of block: of its first coefficient, and of the others.
#[derive(Copy, Clone, Debug)]
pub(super) struct Steps {
    dc: i16,
    ac: i16,
}

/// The steps that follow from a frame's quantiser index, 0 (finest) to 127.
#[derive(Copy, Clone, Debug)]
pub(super) struct Quantiser {
    pub(super) luma: Steps,
    pub(super) luma_dc: Steps,
    pub(super) chroma: Steps,
}

impl Quantiser {
    pub(super) fn new(index: u8) -> Self {
        let (dc, ac) = (DC_STEP[usize::from(index.min(127))], AC_STEP[usize::from(index.min(127))]);
        Quantiser {
            luma: Steps { dc, ac },
            luma_dc: Steps { dc: dc * 2, ac: (i32::from(ac) * 155 / 100).max(8) as i16 },
            chroma: Steps { dc: dc.min(132), ac },
        }
    }
}

impl Steps {
    /// To the nearest multiple, as a count of steps.
    pub(super) fn divide(self, coefficients: &Block) -> Block {
        self.each(coefficients, |value, step| {
            let magnitude = (value.unsigned_abs() + step.unsigned_abs() / 2) / step.unsigned_abs();
            if value < 0 { -(magnitude as i16) } else { magnitude as i16 }
        })
    }

    /// What a decoder makes of counts of steps.
    pub(super) fn multiply(self, levels: &Block) -> Block {
        self.each(levels, |value, step| value.saturating_mul(step))
    }

    fn each(self, block: &Block, change: impl Fn(i16, i16) -> i16) -> Block {
        let mut out = [0; 16];
        for (place, (to, value)) in out.iter_mut().zip(block).enumerate() {
            *to = change(*value, if place == 0 { self.dc } else { self.ac });
        }
        out
    }
}
