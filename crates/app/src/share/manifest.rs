//! The list of what is offered: made from paths on one side, taken with distrust on the other. PROTOCOLS.md 4.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use limpid_crypto::Provider;
use unicode_normalization::UnicodeNormalization;

use crate::share::failure::Failure;
use crate::share::message::{Control, Entry, HASH, MAX_TOTAL, to_hex};
use crate::share::tree::GROUP;

/// The most entries of a list.
pub const MAX_ENTRIES: usize = 1_000_000;
/// The most bytes of all paths of a list together (64 MiB).
pub const MAX_NAMES: usize = 64 << 20;
/// How much of a control message a page of entries fills.
const PAGE: usize = 48 * 1024;

/// One file to send: what the list says, and where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offered {
    /// As it goes out.
    pub entry: Entry,
    /// Where it is read; of a folder, nowhere.
    pub source: PathBuf,
}

/// What a scan found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scan {
    /// In order of their numbers.
    pub files: Vec<Offered>,
    /// Hidden files and folders inside of folders, left out.
    pub hidden: usize,
    /// Links, devices, and names that are no UTF-8, left out.
    pub skipped: usize,
}

impl Scan {
    /// Lists files and whole folders. Links inside of folders are not followed; hidden things inside of folders only
    /// come with `hidden_too`. Sorted, so that the same tree gives the same list.
    pub fn of(paths: &[PathBuf], hidden_too: bool) -> Result<Scan, Failure> {
        let mut scan = Scan::default();
        let mut taken = HashSet::new();
        for path in paths {
            let whole = fs::canonicalize(path).map_err(|_| Failure::CannotRead)?;
            let name = whole.file_name().and_then(|name| name.to_str()).ok_or(Failure::CannotRead)?;
            let name = unused(&name.nfc().collect::<String>(), &mut taken);
            scan.visit(&whole, name, hidden_too)?;
        }
        if scan.files.is_empty() {
            return Err(Failure::CannotRead);
        }
        Ok(scan)
    }

    fn visit(&mut self, path: &Path, name: String, hidden_too: bool) -> Result<(), Failure> {
        let meta = fs::symlink_metadata(path).map_err(|_| Failure::CannotRead)?;
        if meta.is_file() {
            return self.push(&meta, path, name);
        }
        if !meta.is_dir() {
            self.skipped += 1;
            return Ok(());
        }
        let mut children: Vec<PathBuf> = Vec::new();
        for child in fs::read_dir(path).map_err(|_| Failure::CannotRead)? {
            children.push(child.map_err(|_| Failure::CannotRead)?.path());
        }
        if children.is_empty() {
            return self.push(&meta, path, name);
        }
        children.sort();
        for child in children {
            match child.file_name().and_then(|part| part.to_str()) {
                None => self.skipped += 1,
                Some(part) if part.starts_with('.') && !hidden_too => self.hidden += 1,
                Some(part) => self.visit(&child, format!("{name}/{}", part.nfc()), hidden_too)?,
            }
        }
        Ok(())
    }

    fn push(&mut self, meta: &fs::Metadata, path: &Path, name: String) -> Result<(), Failure> {
        if self.files.len() >= MAX_ENTRIES {
            return Err(Failure::CannotRead);
        }
        let since = meta.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let dir = meta.is_dir();
        let entry = Entry {
            f: self.files.len() as u32,
            path: name,
            size: if dir { 0 } else { meta.len() },
            mtime: since.and_then(|since| i64::try_from(since.as_secs()).ok()),
            exec: !dir && is_executable(meta),
            dir,
        };
        self.files.push(Offered { entry, source: path.to_owned() });
        Ok(())
    }
}

#[cfg(unix)]
fn is_executable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

/// Two arguments with one name: the second gets a number.
fn unused(name: &str, taken: &mut HashSet<String>) -> String {
    let mut candidate = name.to_owned();
    for n in 2.. {
        if taken.insert(candidate.clone()) {
            break;
        }
        candidate = numbered(name, n);
    }
    candidate
}

/// `a.txt` → `a (2).txt`. The extension of a name that begins with a dot is no extension.
pub fn numbered(name: &str, n: u32) -> String {
    match name.rfind('.').filter(|dot| *dot > 0) {
        Some(dot) => format!("{} ({n}){}", &name[..dot], &name[dot..]),
        None => format!("{name} ({n})"),
    }
}

/// The list as messages, page by page.
pub fn pages(provider: &Provider, entries: &[Entry]) -> Vec<String> {
    let mut id = [0; 16];
    provider.random.fill(&mut id);
    let total = entries.iter().map(|entry| entry.size).sum();
    let mut cuts = vec![0];
    let mut filled = 0;
    for (at, entry) in entries.iter().enumerate() {
        // A path's JSON may take six bytes for one; the numbers take at most 120.
        let length = 120 + serde_json::to_string(&entry.path).map_or(0, |path| path.len());
        if filled + length > PAGE && filled > 0 {
            cuts.push(at);
            filled = 0;
        }
        filled += length;
    }
    cuts.push(entries.len());
    let last = cuts.len() - 2;
    let page = |(number, cut): (usize, &[usize])| {
        let files = entries[cut[0]..cut[1]].to_vec();
        let (id, more) = (to_hex(&id), number < last);
        Control::Manifest { id, hash: HASH.into(), group: GROUP as u64, total, files, more }.to_text()
    };
    cuts.windows(2).enumerate().map(page).collect()
}

/// Takes the pages of a list, within limits.
#[derive(Debug, Default)]
pub struct Listing {
    id: Option<String>,
    total: u64,
    sum: u64,
    names: usize,
    entries: Vec<Entry>,
}

/// A page as it came.
#[derive(Debug)]
pub struct Page {
    /// The share's id.
    pub id: String,
    /// The tree hash's name.
    pub hash: String,
    /// Bytes of a group.
    pub group: u64,
    /// The sum of all sizes.
    pub total: u64,
    /// Its entries.
    pub files: Vec<Entry>,
    /// Another page follows.
    pub more: bool,
}

impl Listing {
    /// Takes the next page; gives the whole list after the last.
    pub fn take(&mut self, page: Page) -> Result<Option<Vec<Entry>>, Failure> {
        let id = self.id.get_or_insert_with(|| {
            self.total = page.total;
            page.id.clone()
        });
        if *id != page.id || self.total != page.total {
            return Err(Failure::PeerProtocol);
        }
        if page.hash != HASH || page.group != GROUP as u64 {
            return Err(Failure::Version);
        }
        for entry in page.files {
            self.sum = self.sum.checked_add(entry.size).ok_or(Failure::PeerProtocol)?;
            self.names += entry.path.len();
            let in_turn = usize::try_from(entry.f) == Ok(self.entries.len());
            let fits = self.entries.len() < MAX_ENTRIES && self.names <= MAX_NAMES && self.sum < MAX_TOTAL;
            if !in_turn || !fits || (entry.dir && entry.size > 0) {
                return Err(Failure::PeerProtocol);
            }
            self.entries.push(entry);
        }
        if page.more {
            return Ok(None);
        }
        if self.sum != self.total || self.entries.is_empty() {
            return Err(Failure::PeerProtocol);
        }
        Ok(Some(std::mem::take(&mut self.entries)))
    }
}

#[cfg(test)]
#[path = "manifest/tests.rs"]
mod tests;
