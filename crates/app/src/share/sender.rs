//! The sender's side of `limpid-share/1`: pure state. Texts and file contents go in, texts and chunks come out.
//!
//! ```text
//! list ─→ (accept) ─→ read group ─→ supply ─→ chunks within credit ─→ hash of the group ─→ … ─→ (done) ─→ bye
//! ```
//! The caller verified the peer before ([`proof`](crate::share::proof)). Bounds: three groups of 1 MiB, the list, and at
//! most [`MAX_AHEAD`] texts between two times that both channels have drained.

use std::collections::{BTreeSet, VecDeque};

use limpid_crypto::Provider;

use crate::share::failure::Failure;
use crate::share::manifest;
use crate::share::message::{
    CHUNK_HEADER, Chunk, Control, Entry, FIRST_CREDIT, Files, MAX_CHUNK, from_hex, to_hex,
};
use crate::share::tree::{GROUP, Hash, ShareHasher, TreeHasher, group_hash};

/// How many hashes may wait on the control channel before both channels must have drained: the two channels are ordered
/// each, but not between each other, and the receiver keeps what comes early.
pub const MAX_AHEAD: usize = 1024;

/// Groups in order in memory: one that is being sent, one that is being read.
const MAX_GROUPS: usize = 2;

/// How many groups a receiver may ask for again before the first of them went out.
const MAX_AGAIN: usize = 64;

/// A piece of a file that is wanted: read it and [`supply`](Sender::supply) it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Want {
    /// File.
    pub file: u32,
    /// Where.
    pub offset: u64,
    /// How much: up to 1 MiB.
    pub len: usize,
    /// Sent before, and asked for again.
    again: bool,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The receiver took so many files, of so many bytes together.
    Accepted {
        /// Files.
        files: u64,
        /// Bytes.
        bytes: u64,
    },
    /// The receiver has everything and computed the same hash.
    Finished {
        /// The hash that the transfer is known by.
        hash: Hash,
    },
}

/// A group on its way out.
#[derive(Debug)]
struct Outgoing {
    want: Want,
    /// Once it was read.
    bytes: Option<Vec<u8>>,
    /// How much of it went out.
    cut: usize,
}

/// A share on its way.
#[derive(Debug)]
pub struct Sender {
    provider: Provider,
    entries: Vec<Entry>,
    chunk: usize,
    texts: VecDeque<String>,
    events: VecDeque<Event>,
    credit: u64,
    sent: u64,
    progress: u64,
    wanted: BTreeSet<u32>,
    /// The files that were accepted, once they were.
    accepted: Option<Vec<u32>>,
    /// Where the next group is to be read: a place in `accepted`, and an offset.
    reading: (usize, u64),
    /// Groups in order, the one that is going out first.
    groups: VecDeque<Outgoing>,
    /// What the receiver asked for again.
    again: VecDeque<(u32, u64)>,
    /// The first of it, on its way. It goes before everything else: the receiver may hold all credit until it comes.
    repeat: Option<Outgoing>,
    tree: TreeHasher,
    share: ShareHasher,
    /// The next file whose root is due: a place in `accepted`.
    rooting: usize,
    ahead: usize,
    done: Option<Hash>,
    is_over: bool,
}

impl Sender {
    /// Offers `entries`; `max_message_size` is the peer's (0: no limit).
    pub fn new(provider: Provider, entries: Vec<Entry>, max_message_size: u64) -> Self {
        let most = if max_message_size == 0 { u64::MAX } else { max_message_size };
        let chunk =
            usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(CHUNK_HEADER).clamp(1, MAX_CHUNK);
        let texts = manifest::pages(&provider, &entries).into();
        Sender {
            provider,
            entries,
            chunk,
            texts,
            events: VecDeque::new(),
            credit: FIRST_CREDIT,
            sent: 0,
            progress: 0,
            wanted: BTreeSet::new(),
            accepted: None,
            reading: (0, 0),
            groups: VecDeque::new(),
            again: VecDeque::new(),
            repeat: None,
            tree: TreeHasher::default(),
            share: ShareHasher::default(),
            rooting: 0,
            ahead: 0,
            done: None,
            is_over: false,
        }
    }

    /// Takes a text from the control channel.
    pub fn handle_text(&mut self, text: &str) -> Result<(), Failure> {
        let Some(message) = Control::parse(text).map_err(|_| Failure::PeerProtocol)? else { return Ok(()) };
        match message {
            Control::Accept { files, more } if self.accepted.is_none() => self.hear_accept(files, more)?,
            Control::Decline { .. } => return Err(Failure::Declined),
            Control::Credit { bytes } => self.credit = self.credit.max(bytes),
            Control::Bad { f, i } => self.hear_bad(f, i)?,
            Control::Done { root } => {
                self.done = Some(from_hex(&root).ok_or(Failure::PeerProtocol)?);
                self.finish_if_done()?;
            }
            Control::Error { error } => return Err(Failure::from_peer(&error)),
            _ => return Err(Failure::PeerProtocol),
        }
        Ok(())
    }

    /// The next piece that is to be read, if there is room for it.
    pub fn poll_want(&mut self) -> Option<Want> {
        let is_repeat = self.repeat.is_none() && !self.again.is_empty();
        if !is_repeat && self.groups.len() >= MAX_GROUPS {
            return None;
        }
        let want = if is_repeat { self.next_again()? } else { self.next_in_order()? };
        let outgoing = Outgoing { want, bytes: None, cut: 0 };
        if is_repeat {
            self.repeat = Some(outgoing);
        } else {
            self.groups.push_back(outgoing);
        }
        Some(want)
    }

    /// What was read. Pieces may come in any order.
    pub fn supply(&mut self, want: Want, bytes: Vec<u8>) -> Result<(), Failure> {
        if bytes.len() != want.len {
            return Err(Failure::FileChanged);
        }
        let mut waiting = self.repeat.iter_mut().chain(&mut self.groups);
        if let Some(group) = waiting.find(|group| group.want == want && group.bytes.is_none()) {
            group.bytes = Some(bytes);
        }
        Ok(())
    }

    /// Appends the next chunk to `out`, if there is one and the receiver's credit allows it.
    pub fn poll_data(&mut self, out: &mut Vec<u8>) -> bool {
        // Roots of files before this one have their turn first: the tree is theirs.
        self.say_roots();
        if self.ahead >= MAX_AHEAD {
            return false;
        }
        let is_repeat = self.repeat.is_some() || !self.again.is_empty();
        let next = if is_repeat { self.repeat.as_mut() } else { self.groups.front_mut() };
        let Some(Outgoing { want, bytes: Some(bytes), cut }) = next else { return false };
        let end = bytes.len().min(*cut + self.chunk);
        let part = &bytes[*cut..end];
        if self.sent + part.len() as u64 > self.credit {
            return false;
        }
        Chunk { file: want.file, offset: want.offset + *cut as u64, bytes: part }.write(out);
        self.sent += part.len() as u64;
        if !is_repeat {
            self.progress += part.len() as u64;
        }
        *cut = end;
        if end == bytes.len() {
            let group = if is_repeat { self.repeat.take() } else { self.groups.pop_front() };
            group.into_iter().for_each(|group| self.end_group(group));
        }
        true
    }

    /// The next text for the control channel.
    pub fn poll_text(&mut self) -> Option<String> {
        self.say_roots();
        self.texts.pop_front()
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether it waits for both channels to drain before it goes on.
    pub fn wants_drain(&self) -> bool {
        self.ahead >= MAX_AHEAD
    }

    /// Nothing waits on either channel any more.
    pub fn drained(&mut self) {
        self.ahead = 0;
    }

    /// Payload sent so far, repeats left out.
    pub fn progress(&self) -> u64 {
        self.progress
    }

    /// Whether the goodbye has been said.
    pub fn is_finished(&self) -> bool {
        self.is_over && self.texts.is_empty()
    }

    fn hear_accept(&mut self, files: Files, more: bool) -> Result<(), Failure> {
        match files {
            Files::All(_) => self.wanted = (0..self.entries.len() as u32).collect(),
            Files::Some(list) => {
                if list.iter().any(|f| self.entry(*f).is_none()) {
                    return Err(Failure::PeerProtocol);
                }
                self.wanted.extend(list);
            }
        }
        if more {
            return Ok(());
        }
        let accepted: Vec<u32> = std::mem::take(&mut self.wanted).into_iter().collect();
        let bytes = accepted.iter().filter_map(|f| self.entry(*f)).map(|entry| entry.size).sum();
        self.events.push_back(Event::Accepted { files: accepted.len() as u64, bytes });
        self.accepted = Some(accepted);
        Ok(())
    }

    fn hear_bad(&mut self, f: u32, i: u64) -> Result<(), Failure> {
        let size = self.entry(f).map_or(0, |entry| entry.size);
        let accepted = self.accepted.as_ref().is_some_and(|accepted| accepted.binary_search(&f).is_ok());
        let exists = i.checked_mul(GROUP as u64).is_some_and(|offset| offset < size);
        if !accepted || !exists || self.again.len() >= MAX_AGAIN {
            return Err(Failure::PeerProtocol);
        }
        self.again.push_back((f, i));
        Ok(())
    }

    fn entry(&self, f: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(f).ok()?)
    }

    fn next_again(&mut self) -> Option<Want> {
        let (file, i) = self.again.pop_front()?;
        let offset = i * GROUP as u64;
        let left = self.entry(file)?.size - offset;
        Some(Want { file, offset, len: left.min(GROUP as u64) as usize, again: true })
    }

    fn next_in_order(&mut self) -> Option<Want> {
        loop {
            let (place, offset) = self.reading;
            let file = *self.accepted.as_ref()?.get(place)?;
            let left = self.entry(file)?.size - offset;
            if left == 0 {
                self.reading = (place + 1, 0);
                continue;
            }
            let len = left.min(GROUP as u64) as usize;
            self.reading.1 += len as u64;
            return Some(Want { file, offset, len, again: false });
        }
    }

    /// A group has gone out: its hash follows.
    fn end_group(&mut self, Outgoing { want, bytes, .. }: Outgoing) {
        let leaf = group_hash(&self.provider, bytes.as_deref().unwrap_or_default());
        if !want.again {
            self.tree.push(&self.provider, leaf);
        }
        self.say(&Control::Group { f: want.file, i: want.offset / GROUP as u64, h: to_hex(&leaf) });
        self.say_roots();
    }

    /// The roots of all files whose last group has gone out.
    fn say_roots(&mut self) {
        while self.ahead < MAX_AHEAD {
            let Some(f) = self.accepted.as_ref().and_then(|accepted| accepted.get(self.rooting)).copied()
            else {
                return;
            };
            let Some(entry) = self.entry(f) else { return };
            let (size, path) = (entry.size, entry.path.clone());
            if self.tree.leaves() < size.div_ceil(GROUP as u64) {
                return;
            }
            let root = std::mem::take(&mut self.tree).root(&self.provider);
            self.share.push(&self.provider, &path, size, root);
            self.say(&Control::File { f, root: to_hex(&root) });
            self.rooting += 1;
        }
    }

    fn say(&mut self, message: &Control) {
        self.ahead += 1;
        self.texts.push_back(message.to_text());
    }

    fn finish_if_done(&mut self) -> Result<(), Failure> {
        self.say_roots();
        let Some(done) = self.done else { return Ok(()) };
        let all = self.accepted.as_ref().is_some_and(|accepted| accepted.len() == self.rooting);
        if !all || self.is_over {
            return Err(Failure::PeerProtocol);
        }
        let hash = self.share.finish(&self.provider);
        if done != hash {
            return Err(Failure::Integrity);
        }
        self.is_over = true;
        self.texts.push_back(Control::Bye.to_text());
        self.events.push_back(Event::Finished { hash });
        Ok(())
    }
}
