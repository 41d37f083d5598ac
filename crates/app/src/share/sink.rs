//! Where received files go: beneath one folder, without following a link, as `.part` until they are whole.
//!
//! The folder is held open; everything below is reached from that handle, one part after the other, and a part that is a
//! link is an error. So neither a name nor a link that somebody put there leads outside.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, Timespec, Timestamps, fstatvfs, linkat, mkdirat, open, openat,
    renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use crate::share::failure::Failure;
use crate::share::manifest::numbered;
use crate::share::message::Entry;

/// How many names are tried for one file.
const MAX_TRIES: u32 = 1000;

/// The target folder.
#[derive(Debug)]
pub struct Folder {
    handle: OwnedFd,
}

/// A file that is being received, under its name with `.part`.
#[derive(Debug)]
pub struct Part {
    folder: OwnedFd,
    file: File,
    name: String,
    part: String,
    /// The way from the target to the file's folder.
    above: String,
    size: u64,
    mtime: Option<i64>,
}

impl Folder {
    /// Opens the target, and makes it if it is not there. The target itself may be a link: the user named it.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(path).map_err(|error| explain(&error))?;
        let handle = open(path, FOLDER | OFlags::CLOEXEC, Mode::empty()).map_err(explain_errno)?;
        Ok(Folder { handle })
    }

    /// Whether `total` bytes fit. File systems that do not tell are believed to be large enough.
    pub fn has_room_for(&self, total: u64) -> bool {
        fstatvfs(&self.handle).map_or(true, |disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= total)
    }

    /// Makes an empty folder.
    pub fn make_folder(&self, path: &str) -> Result<(), Failure> {
        self.descend(path.split('/')).map(|_| ())
    }

    /// Begins a file: under its name if that is free, else with a number. Nothing is ever overwritten, no `.part` of
    /// another run either. The caller has checked the name.
    pub fn create(&self, entry: &Entry) -> Result<Part, Failure> {
        let (above, wanted) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
        let folder = self.descend(above.split('/').filter(|part| !part.is_empty()))?;
        for n in 1..=MAX_TRIES {
            let name = if n == 1 { wanted.to_owned() } else { numbered(wanted, n) };
            if exists(&folder, &name)? {
                continue;
            }
            let part = part_name(&name);
            let mode = Mode::from_raw_mode(0o666);
            match openat(&folder, &part, NEW_FILE, mode) {
                Ok(file) => {
                    let (above, size, mtime) = (above.to_owned(), entry.size, entry.mtime);
                    return Ok(Part { folder, file: file.into(), name, part, above, size, mtime });
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(explain_errno(error)),
            }
        }
        Err(Failure::CannotWrite)
    }

    /// Opens folders one below the other, and makes those that are missing.
    fn descend<'a>(&self, parts: impl Iterator<Item = &'a str>) -> Result<OwnedFd, Failure> {
        let mut at = self.handle.try_clone().map_err(|error| explain(&error))?;
        for part in parts {
            if matches!(part, "" | "." | "..") {
                return Err(Failure::CannotWrite);
            }
            match mkdirat(&at, part, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(explain_errno(error)),
            }
            at = openat(&at, part, FOLDER | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
                .map_err(explain_errno)?;
        }
        Ok(at)
    }
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);
const NEW_FILE: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Part {
    /// Writes bytes where they belong. Never beyond the size that was declared.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), Failure> {
        let end = offset.checked_add(bytes.len() as u64).filter(|end| *end <= self.size);
        end.ok_or(Failure::PeerProtocol)?;
        self.file.write_all_at(bytes, offset).map_err(|error| explain(&error))
    }

    /// The file is whole: gives it its time and its name. Returns its path below the target. The executable bit is not
    /// set: a file that came over the network does not run by itself.
    pub fn finish(mut self) -> Result<String, Failure> {
        if let Some(mtime) = self.mtime {
            let time = Timespec { tv_sec: mtime, tv_nsec: 0 };
            // A file system that keeps no such time is no reason to fail.
            let _ =
                rustix::fs::futimens(&self.file, &Timestamps { last_access: time, last_modification: time });
        }
        let wanted = self.name.clone();
        for n in 2..=MAX_TRIES {
            match rename_new(&self.folder, &self.part, &self.name) {
                Ok(()) => return Ok(join(&self.above, &self.name)),
                Err(Errno::EXIST) => self.name = numbered(&wanted, n),
                Err(error) => return Err(explain_errno(error)),
            }
        }
        Err(Failure::CannotWrite)
    }

    /// Where the unfinished file is, below the target.
    pub fn path(&self) -> String {
        join(&self.above, &self.part)
    }
}

fn join(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") }
}

/// `NAME.part`, cut so that it still fits into 255 bytes.
fn part_name(name: &str) -> String {
    let mut end = name.len().min(250);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}.part", &name[..end])
}

fn exists(folder: &OwnedFd, name: &str) -> Result<bool, Failure> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(explain_errno(error)),
    }
}

/// Renames only if the new name is free.
fn rename_new(folder: &OwnedFd, old: &str, new: &str) -> Result<(), Errno> {
    match renameat_with(folder, old, folder, new, RenameFlags::NOREPLACE) {
        // Some file systems cannot do both at once: a second name, then the first one goes.
        Err(Errno::INVAL | Errno::NOSYS) => {
            linkat(folder.as_fd(), old, folder.as_fd(), new, AtFlags::empty())?;
            unlinkat(folder, old, AtFlags::empty())
        }
        done => done,
    }
}

fn explain(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Failure::DiskFull
        }
        _ => Failure::CannotWrite,
    }
}

fn explain_errno(error: Errno) -> Failure {
    explain(&error.into())
}

#[cfg(test)]
#[path = "sink/tests.rs"]
pub(super) mod tests;
