//! Does what a [`Receiver`](crate::share::receiver::Receiver) asks for, in a [`Folder`].

use crate::share::failure::Failure;
use crate::share::message::Entry;
use crate::share::receiver::Work;
use crate::share::sink::{Folder, Part};

/// Writes one file after the other.
#[derive(Debug)]
pub struct Writer {
    folder: Folder,
    open: Option<Part>,
    saved: Vec<String>,
}

impl Writer {
    /// Writes into `folder`.
    pub fn new(folder: Folder) -> Self {
        Writer { folder, open: None, saved: Vec::new() }
    }

    /// Does one thing. `entries` is the list that the work's numbers are of.
    pub fn perform(&mut self, entries: &[Entry], work: &Work) -> Result<(), Failure> {
        match work {
            Work::Begin { file } => {
                let entry = entries.get(*file as usize).ok_or(Failure::PeerProtocol)?;
                if entry.dir {
                    self.folder.make_folder(&entry.path)?;
                    self.saved.push(entry.path.clone());
                } else {
                    self.open = Some(self.folder.create(entry)?);
                }
            }
            Work::Write { offset, bytes, .. } => {
                self.open.as_ref().ok_or(Failure::PeerProtocol)?.write(*offset, bytes)?;
            }
            Work::Finish { .. } => {
                if let Some(part) = self.open.take() {
                    self.saved.push(part.finish()?);
                }
            }
        }
        Ok(())
    }

    /// What is whole, by its path below the folder.
    pub fn saved(&self) -> &[String] {
        &self.saved
    }

    /// What is not, and was kept.
    pub fn unfinished(&self) -> Option<String> {
        self.open.as_ref().map(Part::path)
    }
}
