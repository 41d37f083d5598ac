//! The generator of the network's own chances: small, fast, and the same on every machine.

/// SplitMix64 (Steele, Lea and Flood, 2014). Good enough for losing packets, and for nothing secret.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that depends on `seed` alone.
    pub const fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// A generator for one part of the network, so that another part's packets do not change its chances.
    pub fn for_part(seed: u64, part: u64) -> Self {
        let mut mixed = Random(seed ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Random(mixed.u64())
    }

    /// 64 bits.
    pub fn u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.u64()) * u128::from(bound)) >> 64) as u64
    }

    /// True with this probability (0 to 1).
    pub fn chance(&mut self, probability: f64) -> bool {
        const UNIT: f64 = (1u64 << 53) as f64;
        // 53 bits are what an f64 holds exactly, so the comparison is the same everywhere.
        probability > 0.0 && ((self.u64() >> 11) as f64) < probability * UNIT
    }

    /// 32 bytes: the seed of a machine.
    pub fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.u64().to_le_bytes()));
        seed
    }
}
