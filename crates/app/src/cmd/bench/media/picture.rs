//! Frames that look like VP8 to whoever cuts, joins and judges them, and the stamp that each carries.

/// Behind the head of a key frame, and of any other: RFC 6386 §9.1. The first partition is 16 bytes long.
const KEY: [u8; 10] = [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];
const DELTA: [u8; 3] = [0x11, 0x02, 0x00];
/// How much larger a key frame is than the others.
const KEY_FACTOR: usize = 3;
/// The smallest frame: head, first partition and stamp.
const SMALLEST: usize = 64;

/// What a frame says of itself, in its last bytes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    /// Counts frames from the first.
    pub number: u64,
    /// When it was written, in nanoseconds since 1970.
    pub written: u64,
    /// It belongs to the time that is measured.
    pub counts: bool,
}

impl Stamp {
    const LEN: usize = 17;

    /// A frame of this number, written now.
    pub(super) fn now(number: u64, counts: bool) -> Self {
        Stamp { number, written: nanos_since_1970(), counts }
    }

    /// What a frame that came says. `None`: it is not one of ours.
    pub(super) fn of(frame: &[u8]) -> Option<Self> {
        let stamp: &[u8; Self::LEN] = frame.last_chunk()?;
        let (number, rest) = stamp.split_first_chunk()?;
        let (written, counts) = rest.split_first_chunk()?;
        let (number, written) = (u64::from_be_bytes(*number), u64::from_be_bytes(*written));
        Some(Stamp { number, written, counts: counts == [1] })
    }

    /// Nanoseconds that have passed since it was written.
    pub(super) fn age(&self) -> u64 {
        nanos_since_1970().saturating_sub(self.written)
    }

    fn put(&self, frame: &mut [u8]) {
        let Some(place) = frame.last_chunk_mut::<{ Self::LEN }>() else { return };
        place[..8].copy_from_slice(&self.number.to_be_bytes());
        place[8..16].copy_from_slice(&self.written.to_be_bytes());
        place[16] = u8::from(self.counts);
    }
}

/// The clock that both processes share.
fn nanos_since_1970() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// One frame of each kind, made once: only the stamp changes.
#[derive(Debug)]
pub(super) struct Pictures {
    key: Vec<u8>,
    delta: Vec<u8>,
}

impl Pictures {
    /// So many frames a second are so many bits a second, key frames left out.
    pub(super) fn new(bits_per_second: u64, frames_per_second: u64) -> Self {
        let len = usize::try_from(bits_per_second / 8 / frames_per_second.max(1)).unwrap_or(usize::MAX / 8);
        let len = len.max(SMALLEST);
        Pictures { key: frame(&KEY, len.saturating_mul(KEY_FACTOR)), delta: frame(&DELTA, len) }
    }

    /// The frame of that kind with this stamp in it.
    pub(super) fn stamped(&mut self, is_key: bool, stamp: &Stamp) -> &[u8] {
        let frame = if is_key { &mut self.key } else { &mut self.delta };
        stamp.put(frame);
        frame
    }
}

fn frame(head: &[u8], len: usize) -> Vec<u8> {
    let mut frame = head.to_vec();
    frame.resize(len, 0x5a);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_as_long_as_the_rate_asks_and_says_what_it_was_told() {
        let mut pictures = Pictures::new(2_000_000, 30);
        let stamp = Stamp { number: 7, written: 1_790_000_000_000_000_001, counts: true };
        let delta = pictures.stamped(false, &stamp).to_vec();
        assert_eq!((delta.len(), Stamp::of(&delta)), (8333, Some(stamp)));
        let stamp = Stamp { number: u64::MAX, written: 0, counts: false };
        let key = pictures.stamped(true, &stamp);
        assert_eq!((key.len(), Stamp::of(key)), (24_999, Some(stamp)));
        assert_eq!((key[0] & 1, delta[0] & 1), (0, 1), "the bit that tells key frames from others");
        assert_eq!(Stamp::of(&[1; 16]), None);
    }

    #[test]
    fn a_stamp_grows_older() {
        let stamp = Stamp::now(1, true);
        assert!(stamp.age() < 60_000_000_000);
        let old = Stamp { written: stamp.written - 5_000_000, ..stamp };
        assert!(old.age() >= 5_000_000);
    }
}
