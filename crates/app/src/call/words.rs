//! Four words that two people read to each other: the same on both sides, unless somebody stands in between. PROTOCOLS.md 11.
//!
//! Each side is bound to a random number of its own before it sees the other's, so that whoever stands in between has one
//! attempt at 32 bits, and not as many as it can compute.

use limpid_crypto::{HashAlgorithm, Provider};

use crate::share::proof::Side;

/// 256 words, no two of which begin with the same four letters. The page has the same.
const WORDS: &str = include_str!("words.txt");
/// How many of them are read.
const COUNT: usize = 4;

/// What a side says of its number in `hello`.
pub fn commitment(provider: &Provider, number: &[u8; 32]) -> [u8; 32] {
    sha256(provider, &[b"limpid-call/1 commit", number])
}

/// Both ends of a session, from the point of view of one of them.
#[derive(Clone, Debug)]
pub struct Ends {
    /// What this side is: whoever made the first offer of the session is the offerer.
    pub side: Side,
    /// SHA-256 of the certificates: ours, theirs.
    pub fingerprints: [[u8; 32]; 2],
    /// The numbers: ours, theirs.
    pub numbers: [[u8; 32]; 2],
}

impl Ends {
    /// The words.
    pub fn words(&self, provider: &Provider) -> String {
        let [ours, theirs] = &self.fingerprints;
        let [our_number, their_number] = &self.numbers;
        let label: &[u8] = b"limpid-call/1 words";
        let digest = match self.side {
            Side::Offerer => sha256(provider, &[label, ours, theirs, our_number, their_number]),
            Side::Answerer => sha256(provider, &[label, theirs, ours, their_number, our_number]),
        };
        let all: Vec<&str> = WORDS.split_whitespace().collect();
        let words: Vec<&str> =
            digest[..COUNT].iter().filter_map(|byte| all.get(usize::from(*byte)).copied()).collect();
        words.join(" ")
    }
}

fn sha256(provider: &Provider, parts: &[&[u8]]) -> [u8; 32] {
    let digest = provider.hash.digest(HashAlgorithm::Sha256, parts);
    // invariant: every shipped provider has SHA-256, and that is 32 bytes.
    digest.and_then(|digest| (*digest).try_into().ok()).expect("SHA-256")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use limpid_crypto::ring::provider;

    use super::*;
    use crate::share::message::{from_hex, to_hex};

    #[test]
    fn there_are_256_words_that_no_ear_takes_for_each_other_and_the_page_has_the_same() {
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let beginnings: BTreeSet<&str> = words.iter().map(|word| &word[..4]).collect();
        assert_eq!((words.len(), beginnings.len()), (256, 256));
        let page = include_str!("../../web/call-words.js");
        let (_, list) = page.split_once("const WORDS = `").unwrap();
        let (list, _) = list.split_once('`').unwrap();
        assert!(list.split_whitespace().eq(words));
    }

    #[test]
    fn both_sides_have_the_words_that_a_page_computes() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/call.json")).unwrap();
        let of = |name: &str| from_hex::<32>(vectors[name].as_str().unwrap()).unwrap();
        let (fingerprints, numbers) = (
            [of("fingerprint_offerer"), of("fingerprint_answerer")],
            [of("nonce_offerer"), of("nonce_answerer")],
        );
        let offerer = Ends { side: Side::Offerer, fingerprints, numbers };
        let turned = |[ours, theirs]: [[u8; 32]; 2]| [theirs, ours];
        let answerer =
            Ends { side: Side::Answerer, fingerprints: turned(fingerprints), numbers: turned(numbers) };
        assert_eq!(offerer.words(&provider()), vectors["words"]);
        assert_eq!(answerer.words(&provider()), vectors["words"]);
        assert_eq!(to_hex(&commitment(&provider(), &numbers[0])), vectors["commit_offerer"]);
        let other = Ends { side: Side::Answerer, ..offerer.clone() };
        assert_ne!(other.words(&provider()), offerer.words(&provider()));
    }
}
