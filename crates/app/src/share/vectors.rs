//! Test vectors that another implementation computed.

use serde::Deserialize;

use crate::share::message::from_hex;

/// `tests/vectors/proof.json`.
pub(crate) struct Proof {
    pub(crate) fragment: String,
    pub(crate) room: String,
    pub(crate) auth: Vec<u8>,
    pub(crate) proof_offerer: String,
    pub(crate) proof_answerer: String,
}

pub(crate) fn proof() -> Proof {
    let json: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/vectors/proof.json")).unwrap();
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    Proof {
        fragment: text("fragment"),
        room: text("room"),
        auth: from_hex::<32>(&text("auth")).unwrap().to_vec(),
        proof_offerer: text("proof_offerer"),
        proof_answerer: text("proof_answerer"),
    }
}

/// `tests/vectors/sha256t.json`.
#[derive(Deserialize)]
pub(crate) struct Tree {
    pub(crate) files: Vec<TreeFile>,
    pub(crate) share: TreeShare,
}

#[derive(Deserialize)]
pub(crate) struct TreeFile {
    pub(crate) name: String,
    pub(crate) size: usize,
    pub(crate) root: String,
}

#[derive(Deserialize)]
pub(crate) struct TreeShare {
    pub(crate) files: Vec<TreePath>,
    pub(crate) root: String,
}

#[derive(Deserialize)]
pub(crate) struct TreePath {
    pub(crate) path: String,
    pub(crate) size: usize,
}

pub(crate) fn sha256t() -> Tree {
    serde_json::from_str(include_str!("../../tests/vectors/sha256t.json")).unwrap()
}

/// The content of a file of that size in the vectors.
pub(crate) fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|i| ((i % 251) * 31 + 7) as u8).collect()
}
