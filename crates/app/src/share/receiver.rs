//! The receiver's side of `limpid-share/1`: pure state. Texts and chunks go in, texts and verified groups come out.
//!
//! ```text
//! (list) ─→ accept ─→ (chunks, hashes) ─→ verified group ─→ write ─→ written: credit ─→ … ─→ done ─→ (bye)
//! ```
//! The caller verified the peer before ([`proof`](crate::share::proof)). Chunks and hashes come over two channels, so
//! either may be early. Groups are released in order, checked. Bounds: payload, arriving or waiting to be written, never
//! exceeds the credit of 8 MiB; early hashes [`MAX_EARLY`]; the list [`MAX_ENTRIES`](crate::share::manifest::MAX_ENTRIES).

use std::collections::{BTreeMap, VecDeque};

use limpid_crypto::Provider;

use crate::share::failure::Failure;
use crate::share::manifest::{Listing, Page};
use crate::share::message::{All, Chunk, Control, Entry, FIRST_CREDIT, Files, from_hex, to_hex};
use crate::share::tree::{GROUP, Hash, ShareHasher, TreeHasher, group_hash};

/// How many hashes may come before what they are of.
pub const MAX_EARLY: usize = 65_536;
/// How often a group may arrive damaged.
pub const ATTEMPTS: u8 = 3;
/// Credit is told in steps of this much.
const STEP: u64 = (GROUP / 2) as u64;
/// File numbers in one message.
const PAGE: usize = 4000;

/// Something to do with the files, in this order. Give each back to [`worked`](Receiver::worked) when it is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Work {
    /// Begin a file; of a folder, make it.
    Begin {
        /// File.
        file: u32,
    },
    /// Write a verified group.
    Write {
        /// File.
        file: u32,
        /// Where.
        offset: u64,
        /// What.
        bytes: Vec<u8>,
    },
    /// The file is whole, and its root is right.
    Finish {
        /// File.
        file: u32,
    },
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The list is here: choose, then [`accept`](Receiver::accept) or [`decline`](Receiver::decline).
    Offered,
    /// A group was damaged and is fetched again.
    Damaged {
        /// File.
        file: u32,
        /// Number of the group.
        group: u64,
    },
    /// Everything was written; the sender knows.
    Finished,
}

#[derive(Debug, Default)]
struct Arriving {
    bytes: Vec<u8>,
    hash: Option<Hash>,
    damaged: u8,
}

/// A share on its way.
#[derive(Debug)]
pub struct Receiver {
    provider: Provider,
    listing: Listing,
    entries: Option<Vec<Entry>>,
    accepted: Vec<u32>,
    texts: VecDeque<String>,
    events: VecDeque<Event>,
    work: VecDeque<Work>,
    /// The next chunk in order: a place in `accepted`, and an offset.
    expected: (usize, u64),
    /// The next group to release, likewise.
    releasing: (usize, u64),
    begun: bool,
    groups: BTreeMap<(u32, u64), Arriving>,
    roots: BTreeMap<u32, Hash>,
    early: usize,
    tree: TreeHasher,
    share: ShareHasher,
    taken: u64,
    consumed: u64,
    granted: u64,
    progress: u64,
    /// Work that was queued and is not yet done.
    undone: usize,
    is_accepted: bool,
    is_done: bool,
    is_over: bool,
}

impl Receiver {
    /// Waits for a list.
    pub fn new(provider: Provider) -> Self {
        Receiver {
            provider,
            listing: Listing::default(),
            entries: None,
            accepted: Vec::new(),
            texts: VecDeque::new(),
            events: VecDeque::new(),
            work: VecDeque::new(),
            expected: (0, 0),
            releasing: (0, 0),
            begun: false,
            groups: BTreeMap::new(),
            roots: BTreeMap::new(),
            early: 0,
            tree: TreeHasher::default(),
            share: ShareHasher::default(),
            taken: 0,
            consumed: 0,
            granted: FIRST_CREDIT,
            progress: 0,
            undone: 0,
            is_accepted: false,
            is_done: false,
            is_over: false,
        }
    }

    /// Takes a text from the control channel.
    pub fn handle_text(&mut self, text: &str) -> Result<(), Failure> {
        let Some(message) = Control::parse(text).map_err(|_| Failure::PeerProtocol)? else { return Ok(()) };
        match message {
            Control::Manifest { id, hash, group, total, files, more } if self.entries.is_none() => {
                self.entries = self.listing.take(Page { id, hash, group, total, files, more })?;
                if self.entries.is_some() {
                    self.events.push_back(Event::Offered);
                }
            }
            Control::Group { f, i, h } => self.hear_group(f, i, &h)?,
            Control::File { f, root } => self.hear_root(f, &root)?,
            Control::Bye if self.is_done => self.end(),
            Control::Error { error } => return Err(Failure::from_peer(&error)),
            _ => return Err(Failure::PeerProtocol),
        }
        self.release()
    }

    /// Takes a chunk from the data channel.
    pub fn handle_data(&mut self, message: &[u8]) -> Result<(), Failure> {
        let Some(chunk) = Chunk::parse(message).map_err(|_| Failure::PeerProtocol)? else { return Ok(()) };
        self.taken += chunk.bytes.len() as u64;
        if self.taken > self.granted {
            return Err(Failure::PeerProtocol);
        }
        let i = chunk.offset / GROUP as u64;
        let in_order = self.next_expected() == Some((chunk.file, chunk.offset));
        let known = self.groups.get(&(chunk.file, i));
        if !in_order && known.is_none_or(|group| group.damaged == 0) {
            return Err(Failure::PeerProtocol);
        }
        let size = self.group_size(chunk.file, i).ok_or(Failure::PeerProtocol)?;
        let group = self.groups.entry((chunk.file, i)).or_default();
        let at = chunk.offset % GROUP as u64;
        if at != group.bytes.len() as u64 || group.bytes.len() + chunk.bytes.len() > size {
            return Err(Failure::PeerProtocol);
        }
        if group.bytes.is_empty() {
            group.bytes.reserve_exact(size);
        }
        group.bytes.extend_from_slice(chunk.bytes);
        if in_order {
            self.expected.1 += chunk.bytes.len() as u64;
        }
        self.release()
    }

    /// The connection has ended. After [`Event::Finished`] or once everything is written and told, that is no failure.
    pub fn handle_end(&mut self) -> Result<(), Failure> {
        if !self.is_done {
            return Err(Failure::ConnectionLost);
        }
        self.end();
        Ok(())
    }

    /// The list, once it is here.
    pub fn entries(&self) -> &[Entry] {
        self.entries.as_deref().unwrap_or_default()
    }

    /// Takes these files: numbers in rising order. Once.
    pub fn accept(&mut self, files: Vec<u32>) -> Result<(), Failure> {
        let is_list = files.is_sorted_by(|a, b| a < b) && files.iter().all(|f| self.entry(*f).is_some());
        if self.is_accepted || files.is_empty() || !is_list {
            return Err(Failure::AllNamesRefused);
        }
        self.is_accepted = true;
        if files.len() == self.entries().len() {
            self.say(&Control::Accept { files: Files::All(All::All), more: false });
        } else {
            let pages = files.chunks(PAGE).count();
            for (number, page) in files.chunks(PAGE).enumerate() {
                self.say(&Control::Accept { files: Files::Some(page.to_vec()), more: number + 1 < pages });
            }
        }
        self.accepted = files;
        self.release()
    }

    /// Takes nothing, and may say why.
    pub fn decline(&mut self, reason: Option<&str>) {
        self.say(&Control::Decline { reason: reason.map(str::to_owned) });
    }

    /// Tells the sender why it is over.
    pub fn abort(&mut self, failure: Failure) {
        self.say(&Control::Error { error: failure.slug().to_owned() });
    }

    /// The next thing to do with the files.
    pub fn poll_work(&mut self) -> Option<Work> {
        self.work.pop_front()
    }

    /// That was done. For each byte that was written the sender may send another.
    pub fn worked(&mut self, work: Work) -> Result<(), Failure> {
        self.undone = self.undone.saturating_sub(1);
        if let Work::Write { bytes, .. } = work {
            self.progress += bytes.len() as u64;
            self.consume(bytes.len(), STEP);
        }
        self.release()
    }

    /// The next text for the control channel.
    pub fn poll_text(&mut self) -> Option<String> {
        self.texts.pop_front()
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Payload written so far.
    pub fn progress(&self) -> u64 {
        self.progress
    }

    /// The hash that the transfer is known by, once all is there.
    pub fn hash(&self) -> Option<Hash> {
        self.is_done.then(|| self.share.finish(&self.provider))
    }

    fn end(&mut self) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.events.push_back(Event::Finished);
        }
    }

    fn entry(&self, f: u32) -> Option<&Entry> {
        self.entries().get(usize::try_from(f).ok()?)
    }

    fn is_wanted(&self, f: u32) -> bool {
        self.accepted.binary_search(&f).is_ok()
    }

    /// Bytes of a group; `None`: there is none of that number.
    fn group_size(&self, f: u32, i: u64) -> Option<usize> {
        let left = self.entry(f)?.size.checked_sub(i.checked_mul(GROUP as u64)?)?;
        (left > 0).then(|| left.min(GROUP as u64) as usize)
    }

    /// File and offset of the next chunk in order.
    fn next_expected(&mut self) -> Option<(u32, u64)> {
        loop {
            let (place, offset) = self.expected;
            let f = *self.accepted.get(place)?;
            if offset < self.entry(f)?.size {
                return Some((f, offset));
            }
            self.expected = (place + 1, 0);
        }
    }

    fn hear_group(&mut self, f: u32, i: u64, hash: &str) -> Result<(), Failure> {
        let hash: Hash = from_hex(hash).ok_or(Failure::PeerProtocol)?;
        let is_past = (f, i) < self.release_point();
        if !self.is_wanted(f) || self.group_size(f, i).is_none() || is_past {
            return Err(Failure::PeerProtocol);
        }
        let group = self.groups.entry((f, i)).or_default();
        if group.hash.replace(hash).is_none() {
            self.early += 1;
        }
        if self.early > MAX_EARLY { Err(Failure::PeerProtocol) } else { Ok(()) }
    }

    fn hear_root(&mut self, f: u32, root: &str) -> Result<(), Failure> {
        let root: Hash = from_hex(root).ok_or(Failure::PeerProtocol)?;
        let is_past = f < self.release_point().0;
        if !self.is_wanted(f) || is_past || self.roots.insert(f, root).is_some() {
            return Err(Failure::PeerProtocol);
        }
        if self.roots.len() > MAX_EARLY { Err(Failure::PeerProtocol) } else { Ok(()) }
    }

    /// File and group that are released next; beyond everything at the end.
    fn release_point(&self) -> (u32, u64) {
        let (place, i) = self.releasing;
        self.accepted.get(place).map_or((u32::MAX, u64::MAX), |f| (*f, i))
    }

    /// Releases whatever is complete and in order.
    fn release(&mut self) -> Result<(), Failure> {
        if !self.is_accepted {
            return Ok(());
        }
        while let Some(&f) = self.accepted.get(self.releasing.0) {
            if !std::mem::replace(&mut self.begun, true) {
                self.queue(Work::Begin { file: f });
            }
            let released = match self.group_size(f, self.releasing.1) {
                Some(size) => self.release_group(f, self.releasing.1, size)?,
                None => self.release_file(f)?,
            };
            if !released {
                return Ok(());
            }
        }
        if self.undone == 0 && !self.is_done {
            self.is_done = true;
            let root = to_hex(&self.share.finish(&self.provider));
            self.say(&Control::Done { root });
        }
        Ok(())
    }

    fn release_group(&mut self, f: u32, i: u64, size: usize) -> Result<bool, Failure> {
        let Some(group) = self.groups.get_mut(&(f, i)).filter(|group| group.bytes.len() == size) else {
            return Ok(false);
        };
        let Some(hash) = group.hash.take() else { return Ok(false) };
        self.early -= 1;
        let leaf = group_hash(&self.provider, &group.bytes);
        if leaf != hash {
            group.bytes.clear();
            group.damaged += 1;
            if group.damaged >= ATTEMPTS {
                return Err(Failure::Integrity);
            }
            self.say(&Control::Bad { f, i });
            // The credit is told at once, however little, since the sender may have none left; and after the request, so
            // that nothing else is sent for it.
            self.consume(size, 1);
            self.events.push_back(Event::Damaged { file: f, group: i });
            return Ok(false);
        }
        let bytes = self.groups.remove(&(f, i)).map(|group| group.bytes).unwrap_or_default();
        self.tree.push(&self.provider, leaf);
        self.queue(Work::Write { file: f, offset: i * GROUP as u64, bytes });
        self.releasing.1 += 1;
        Ok(true)
    }

    fn release_file(&mut self, f: u32) -> Result<bool, Failure> {
        let Some(claimed) = self.roots.remove(&f) else { return Ok(false) };
        let root = std::mem::take(&mut self.tree).root(&self.provider);
        if root != claimed {
            return Err(Failure::Integrity);
        }
        if let Some(entry) = self.entries.as_ref().and_then(|entries| entries.get(f as usize)) {
            self.share.push(&self.provider, &entry.path, entry.size, root);
        }
        self.queue(Work::Finish { file: f });
        self.releasing = (self.releasing.0 + 1, 0);
        self.begun = false;
        Ok(true)
    }

    fn queue(&mut self, work: Work) {
        self.undone += 1;
        self.work.push_back(work);
    }

    /// Bytes that take no room any more; told when that makes a difference of `step`.
    fn consume(&mut self, len: usize, step: u64) {
        self.consumed += len as u64;
        let credit = FIRST_CREDIT + self.consumed;
        if credit - self.granted >= step {
            self.granted = credit;
            self.say(&Control::Credit { bytes: credit });
        }
    }

    fn say(&mut self, message: &Control) {
        self.texts.push_back(message.to_text());
    }
}
