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

/// One change; most of those to a text leave its structure alone.
fn change(data: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    if data.is_empty() {
        data.extend_from_slice(other);
        return;
    }
    let at = random.below(data.len() as u32) as usize;
    let len = 1 + random.below((data.len() - at).min(32) as u32) as usize;
    let end = (at + len).min(data.len());
    match random.below(if data.is_ascii() { 15 } else { 9 }) {
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
        8 => data.swap(at, end - 1),
        _ => change_word(data, at, other, random),
    }
}

/// In texts: a word becomes another one, from another input or from a list of awkward ones. Brackets and quotes stay.
fn change_word(data: &mut Vec<u8>, at: usize, other: &[u8], random: &mut Random) {
    const AWKWARD: [&[u8]; 8] =
        [b"", b"0", b"-1", b"65536", b"4294967296", b"18446744073709551616", b"0.5", b"\\u0000"];
    let word = word_at(data, at);
    let new = match random.below(3) {
        0 => AWKWARD[random.below(AWKWARD.len() as u32) as usize].to_vec(),
        _ if other.is_empty() => Vec::new(),
        _ => other[word_at(other, random.below(other.len() as u32) as usize)].to_vec(),
    };
    data.splice(word, new);
}

/// The letters and digits around a place.
fn word_at(data: &[u8], at: usize) -> std::ops::Range<usize> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
    let start = data[..at].iter().rposition(|byte| !is_word(byte)).map_or(0, |before| before + 1);
    let end = data[at..].iter().position(|byte| !is_word(byte)).map_or(data.len(), |after| at + after);
    start.min(end)..end
}
