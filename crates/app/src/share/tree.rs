//! `sha256t`: a tree of hashes over groups of 1 MiB, shaped as in RFC 6962 §2.1. PROTOCOLS.md 4.
//!
//! A receiver checks each group as it comes and knows the file by one hash; a hasher holds one hash per level.

use limpid_crypto::{HashAlgorithm, Provider};

/// Bytes of a group, but for the last one of a file.
pub const GROUP: usize = 1 << 20;

/// SHA-256.
pub type Hash = [u8; 32];

const LEAF: u8 = 0;
const NODE: u8 = 1;
const FILE: u8 = 2;

fn sha256(provider: &Provider, parts: &[&[u8]]) -> Hash {
    let digest = provider.hash.digest(HashAlgorithm::Sha256, parts);
    // invariant: every shipped provider has SHA-256, whose output is 32 bytes.
    digest.and_then(|digest| (*digest).try_into().ok()).expect("SHA-256")
}

/// The leaf of one group; of an empty one: the root of an empty file.
pub fn group_hash(provider: &Provider, group: &[u8]) -> Hash {
    sha256(provider, &[&[LEAF], group])
}

/// The leaf of one file in the tree of a share.
pub fn file_hash(provider: &Provider, path: &str, size: u64, root: &Hash) -> Hash {
    let length = u32::try_from(path.len()).unwrap_or(u32::MAX);
    sha256(provider, &[&[FILE], &length.to_be_bytes(), path.as_bytes(), &size.to_be_bytes(), root])
}

/// Takes leaves in order and gives the root. Memory: one hash for each bit of their number.
#[derive(Clone, Debug, Default)]
pub struct TreeHasher {
    /// Whole subtrees of falling size: one for each bit that is set in `leaves`, the largest first.
    subtrees: Vec<Hash>,
    leaves: u64,
}

impl TreeHasher {
    /// Takes the next leaf.
    pub fn push(&mut self, provider: &Provider, leaf: Hash) {
        let mut hash = leaf;
        // Each trailing one of the count is a subtree that the new leaf completes.
        for _ in 0..self.leaves.trailing_ones() {
            let Some(left) = self.subtrees.pop() else { break };
            hash = sha256(provider, &[&[NODE], &left, &hash]);
        }
        self.subtrees.push(hash);
        self.leaves += 1;
    }

    /// How many leaves it took.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// The root of all leaves so far; of none: that of an empty file.
    pub fn root(&self, provider: &Provider) -> Hash {
        let joined = self
            .subtrees
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| sha256(provider, &[&[NODE], &left, &right]));
        joined.unwrap_or_else(|| group_hash(provider, &[]))
    }
}

/// The hash that a transfer is known by: that of its file if it is one, else that of the tree over all.
#[derive(Clone, Debug, Default)]
pub struct ShareHasher {
    tree: TreeHasher,
    first: Option<Hash>,
}

impl ShareHasher {
    /// Takes the next file, in the order of the manifest.
    pub fn push(&mut self, provider: &Provider, path: &str, size: u64, root: Hash) {
        self.tree.push(provider, file_hash(provider, path, size, &root));
        self.first.get_or_insert(root);
    }

    /// The hash of all so far.
    pub fn finish(&self, provider: &Provider) -> Hash {
        match (self.tree.leaves, self.first) {
            (1, Some(root)) => root,
            _ => self.tree.root(provider),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::message::to_hex;
    use crate::share::vectors;
    use limpid_crypto::ring::provider;
    use proptest::prelude::*;

    fn root_of(data: &[u8]) -> Hash {
        let mut tree = TreeHasher::default();
        data.chunks(GROUP).for_each(|group| tree.push(&provider(), group_hash(&provider(), group)));
        tree.root(&provider())
    }

    #[test]
    fn five_files_and_a_share_hash_as_computed_elsewhere() {
        let vectors = vectors::sha256t();
        assert_eq!(vectors.files.len(), 5);
        for file in vectors.files {
            assert_eq!(to_hex(&root_of(&vectors::pattern(file.size))), file.root, "{}", file.name);
        }
        let mut share = ShareHasher::default();
        for file in &vectors.share.files {
            let root = root_of(&vectors::pattern(file.size));
            share.push(&provider(), &file.path, file.size as u64, root);
        }
        assert_eq!(to_hex(&share.finish(&provider())), vectors.share.root);
    }

    #[test]
    fn a_share_of_one_file_is_known_by_the_hash_of_the_file() {
        let mut share = ShareHasher::default();
        share.push(&provider(), "a", 3, [7; 32]);
        assert_eq!(share.finish(&provider()), [7; 32]);
    }

    /// RFC 6962 §2.1, word for word: split at the largest power of two below the count.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => group_hash(&provider(), &[]),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                sha256(&provider(), &[&[NODE], &by_definition(left), &by_definition(right)])
            }
        }
    }

    proptest! {
        #[test]
        fn leaf_by_leaf_gives_what_the_definition_gives(leaves in proptest::collection::vec(any::<[u8; 32]>(), 0..70)) {
            let mut tree = TreeHasher::default();
            leaves.iter().for_each(|leaf| tree.push(&provider(), *leaf));
            prop_assert_eq!(tree.root(&provider()), by_definition(&leaves));
        }
    }
}
