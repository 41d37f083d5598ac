//! Datagrams that wait to be taken: one buffer, no allocation a datagram.

use std::collections::VecDeque;

use limpid_sansio::{Path, Transmit};

/// At most [`Outbound::LIMIT`] bytes and one datagram; what comes beyond is refused, and sent again by its sender's timer.
#[derive(Default, Debug)]
pub(crate) struct Outbound {
    bytes: Vec<u8>,
    list: VecDeque<(Path, usize)>,
    at: usize,
}

impl Outbound {
    /// 64 KiB: more than 400 checks.
    pub(crate) const LIMIT: usize = 65_536;
    /// What an idle agent keeps: room for a few consent checks.
    const KEPT: usize = 512;

    pub(crate) fn has_room(&self) -> bool {
        self.bytes.len() - self.at < Self::LIMIT
    }

    /// Lets `write` append one datagram. Returns where it stands.
    pub(crate) fn push(&mut self, path: Path, write: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.list.push_back((path, self.bytes.len() - start));
        &self.bytes[start..]
    }

    /// Takes the last one back.
    pub(crate) fn retract(&mut self) {
        if let Some((_, len)) = self.list.pop_back() {
            self.bytes.truncate(self.bytes.len() - len);
        }
    }

    /// Moves the oldest to `out`.
    pub(crate) fn pop(&mut self, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        let (path, len) = self.list.pop_front()?;
        out.extend_from_slice(&self.bytes[self.at..self.at + len]);
        self.at += len;
        if self.list.is_empty() {
            self.clear();
        }
        Some(Transmit::new(path, len))
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.list.clear();
        self.at = 0;
        self.bytes.shrink_to(Self::KEPT);
        self.list.shrink_to(4);
    }
}
