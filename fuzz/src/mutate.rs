//! Seeded mutations, for runs without an engine: the same seed gives the same inputs on every machine.

use limpid_crypto::Random;

/// Values at which length and sequence arithmetic breaks.
const INTERESTING: [u8; 8] = [0, 1, 3, 4, 0x7f, 0x80, 0xfe, 0xff];

/// The longest input that is made, in bytes: a little more than a datagram.
const MAX_LEN: usize = 70_000;

/// One to a few changes to one of `corpus`, with pieces of another; sometimes just noise.
pub fn mutated(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let pick = |random: &mut Random| &corpus[random.below(corpus.len() as u32) as usize];
    if corpus.is_empty() || random.below(50) == 0 {
        let mut noise = vec![0; random.below(300) as usize];
        random.fill(&mut noise);
        return noise;
    }
    let mut data = pick(random).clone();
    for _ in 0..=random.below(3) {
        let other = pick(random);
        change(&mut data, other, random);
    }
    data.truncate(MAX_LEN);
    data
}

/// One change.
fn change(data: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    if data.is_empty() {
        data.extend_from_slice(other);
        return;
    }
    let at = random.below(data.len() as u32) as usize;
    let len = 1 + random.below((data.len() - at).min(32) as u32) as usize;
    let end = (at + len).min(data.len());
    match random.below(9) {
        0 => data[at] ^= 1 << random.below(8),
        1 => data[at] = INTERESTING[random.below(8) as usize],
        2 => data[at] = data[at].wrapping_add(1),
        3 => data.truncate(at),
        4 => drop(data.drain(at..end)),
        5 => {
            let piece = data[at..end].to_vec();
            data.splice(at..at, piece);
        }
        6 => {
            // A piece of another input, from the same place: structures stay aligned.
            let from = at.min(other.len());
            let piece = other[from..(from + len).min(other.len())].to_vec();
            data.splice(at..end, piece);
        }
        7 => {
            let digits = [b'0' + random.below(10) as u8];
            data.splice(at..at + 1, digits);
        }
        _ => data.swap(at, end - 1),
    }
}
