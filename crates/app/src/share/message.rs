//! What goes over the channels: JSON texts on `control`, chunks on `data/0`. PROTOCOLS.md 4.

use serde::{Deserialize, Serialize};

/// The label of the ordered channel of JSON texts.
pub const CONTROL: &str = "control";
/// The label of the ordered channel of chunks.
pub const DATA: &str = "data/0";
/// The longest control message in bytes; longer lists are paged.
pub const MAX_TEXT: usize = 64 * 1024;
/// The most payload in a chunk.
pub const MAX_CHUNK: usize = 64 * 1024;
/// Bytes before a chunk's payload: kind, file, offset.
pub const CHUNK_HEADER: usize = 13;
/// What a sender may send before the receiver has said anything about credit.
pub const FIRST_CREDIT: u64 = 8 << 20;
/// The name of the tree hash in a manifest.
pub const HASH: &str = "sha256t";
/// No size and no sum of sizes reaches this: JavaScript counts that far.
pub const MAX_TOTAL: u64 = 1 << 53;

const KIND_CHUNK: u8 = 1;

/// Not a message: no JSON object, or a member missing or of the wrong type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Malformed;

/// One entry of a manifest, as it stands on the wire: nothing about it is to be believed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Its number: counts up from 0 through all pages.
    pub f: u32,
    /// Parts joined by `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Whole seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtime: Option<i64>,
    /// May be run. The receiver decides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exec: bool,
    /// An empty folder.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dir: bool,
}

/// Which files: a list of numbers, or all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Files {
    /// These.
    Some(Vec<u32>),
    /// `"all"`.
    All(All),
}

/// The word `all`.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum All {
    /// `"all"`.
    All,
}

/// A message on the control channel.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "m", rename_all = "lowercase")]
pub enum Control {
    /// Both, first: versions, and the proof in hex.
    Hello {
        /// Versions that this side speaks.
        v: Vec<u32>,
        /// 32 bytes as hex.
        proof: String,
    },
    /// Sender: what there is, in pages.
    Manifest {
        /// 16 random bytes as hex, the same on every page.
        id: String,
        /// [`HASH`].
        hash: String,
        /// Bytes of a group.
        group: u64,
        /// The sum of all sizes.
        total: u64,
        /// This page's entries.
        files: Vec<Entry>,
        /// Another page follows.
        #[serde(default)]
        more: bool,
    },
    /// Receiver: what it wants, in pages.
    Accept {
        /// This page's files.
        files: Files,
        /// Another page follows.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// Receiver: nothing.
    Decline {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Receiver: how many payload bytes it takes in all. Never falls.
    Credit {
        /// Counted from the first chunk, repeats included.
        bytes: u64,
    },
    /// Sender, after the last chunk of a group: its hash in hex.
    Group {
        /// File.
        f: u32,
        /// Number of the group.
        i: u64,
        /// Hash.
        h: String,
    },
    /// Sender, after the last group of a file: its root in hex.
    File {
        /// File.
        f: u32,
        /// Hash.
        root: String,
    },
    /// Receiver: this group is damaged, send it again.
    Bad {
        /// File.
        f: u32,
        /// Number of the group.
        i: u64,
    },
    /// Receiver: all is written. The hash of what was accepted.
    Done {
        /// Hash in hex.
        root: String,
    },
    /// Sender: goodbye.
    Bye,
    /// Either: it is over.
    Error {
        /// The slug of a [`Failure`](crate::share::failure::Failure).
        error: String,
    },
}

impl Control {
    /// Reads a message. `None`: a kind that we do not know, to be ignored.
    pub fn parse(text: &str) -> Result<Option<Self>, Malformed> {
        #[derive(Deserialize)]
        struct Kind {
            m: String,
        }
        const KNOWN: [&str; 11] = [
            "hello", "manifest", "accept", "decline", "credit", "group", "file", "bad", "done", "bye",
            "error",
        ];
        if text.len() > MAX_TEXT || !text.trim_start().starts_with('{') {
            return Err(Malformed);
        }
        let kind: Kind = serde_json::from_str(text).map_err(|_| Malformed)?;
        if !KNOWN.contains(&kind.m.as_str()) {
            return Ok(None);
        }
        serde_json::from_str(text).map(Some).map_err(|_| Malformed)
    }

    /// The message as JSON.
    pub fn to_text(&self) -> String {
        // invariant: strings, numbers and lists always serialise.
        serde_json::to_string(self).expect("a control message is plain data")
    }
}

/// Bytes of one file, from one group.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Chunk<'a> {
    /// File.
    pub file: u32,
    /// Where in the file.
    pub offset: u64,
    /// 1 to [`MAX_CHUNK`] bytes.
    pub bytes: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Reads a binary message. `None`: a kind that we do not know, to be ignored.
    pub fn parse(message: &'a [u8]) -> Result<Option<Self>, Malformed> {
        let (&kind, rest) = message.split_first().ok_or(Malformed)?;
        if kind != KIND_CHUNK {
            return Ok(None);
        }
        let (file, rest) = rest.split_first_chunk::<4>().ok_or(Malformed)?;
        let (offset, bytes) = rest.split_first_chunk::<8>().ok_or(Malformed)?;
        if bytes.is_empty() || bytes.len() > MAX_CHUNK {
            return Err(Malformed);
        }
        Ok(Some(Chunk { file: u32::from_be_bytes(*file), offset: u64::from_be_bytes(*offset), bytes }))
    }

    /// Appends the message to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(KIND_CHUNK);
        out.extend_from_slice(&self.file.to_be_bytes());
        out.extend_from_slice(&self.offset.to_be_bytes());
        out.extend_from_slice(self.bytes);
    }
}

/// Lower case hex.
pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Exactly `N` bytes of hex, in any case.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
#[path = "message/tests.rs"]
mod tests;
