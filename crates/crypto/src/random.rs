//! The one generator of every machine: ChaCha20, seeded with 32 bytes from its config.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Unpredictable to all who do not hold the seed, and the same every time to those who do.
///
/// The runtime seeds it from the operating system for every connection, a simulation from its scenario.
#[derive(Clone)]
pub struct Random(ChaCha20Rng);

impl Random {
    /// A generator that depends on `seed` alone.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Random(ChaCha20Rng::from_seed(seed))
    }

    /// A seed for a child machine.
    pub fn seed(&mut self) -> [u8; 32] {
        self.bytes()
    }

    /// Fills `out`.
    pub fn fill(&mut self, out: &mut [u8]) {
        self.0.fill_bytes(out);
    }

    /// `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    /// 32 bits.
    pub fn u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// 64 bits.
    pub fn u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound` (0 when `bound` is 0), without bias worth mentioning (at most 2⁻³²).
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u128::from(self.u64()) * u128::from(bound)) >> 64) as u32
    }
}

impl core::fmt::Debug for Random {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Random")
    }
}
