//! What a hash or a MAC puts out, by value.

use core::fmt;
use core::ops::Deref;

use crate::secret::equal;

/// The output of a hash or MAC: up to 64 bytes, without an allocation. Derefs to its bytes.
#[derive(Copy, Clone)]
pub struct Digest {
    bytes: [u8; 64],
    len: u8,
}

impl Digest {
    /// From at most 64 bytes; longer input is cut.
    pub fn new(bytes: &[u8]) -> Self {
        let len = bytes.len().min(64);
        let mut digest = Digest { bytes: [0; 64], len: len as u8 };
        digest.bytes[..len].copy_from_slice(&bytes[..len]);
        digest
    }
}

impl Deref for Digest {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        equal(self, other)
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({} bytes)", self.len)
    }
}
