//! Files to send, read group by group.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::share::failure::Failure;
use crate::share::manifest::Offered;
use crate::share::sender::Want;

/// One open file of a known size.
#[derive(Debug)]
pub struct Source {
    file: File,
    size: u64,
}

impl Source {
    /// Opens a file that the list says is `size` bytes long.
    pub fn open(path: &Path, size: u64) -> Result<Self, Failure> {
        let file = File::open(path).map_err(|_| Failure::CannotRead)?;
        let source = Source { file, size };
        source.check_size()?;
        Ok(source)
    }

    /// Reads `len` bytes at `offset`. A file that has grown or shrunk since it was listed is not sent.
    pub fn read(&mut self, offset: u64, len: usize) -> Result<Vec<u8>, Failure> {
        self.file.seek(SeekFrom::Start(offset)).map_err(|_| Failure::CannotRead)?;
        let mut bytes = Vec::with_capacity(len);
        (&mut self.file).take(len as u64).read_to_end(&mut bytes).map_err(|_| Failure::CannotRead)?;
        if bytes.len() != len {
            return Err(Failure::FileChanged);
        }
        if offset + len as u64 == self.size {
            self.check_size()?;
        }
        Ok(bytes)
    }

    fn check_size(&self) -> Result<(), Failure> {
        match self.file.metadata() {
            Ok(meta) if meta.len() == self.size => Ok(()),
            Ok(_) => Err(Failure::FileChanged),
            Err(_) => Err(Failure::CannotRead),
        }
    }
}

/// Reads what a [`Sender`](crate::share::sender::Sender) wants, and keeps the file open from one group to the next.
#[derive(Debug)]
pub struct Reader {
    files: Vec<Offered>,
    open: Option<(u32, Source)>,
}

impl Reader {
    /// Reads these files, by their numbers.
    pub fn new(files: Vec<Offered>) -> Self {
        Reader { files, open: None }
    }

    /// Reads one piece.
    pub fn read(&mut self, want: Want) -> Result<Vec<u8>, Failure> {
        let source = match &mut self.open {
            Some((file, source)) if *file == want.file => source,
            slot => {
                let offered = self.files.get(want.file as usize).ok_or(Failure::CannotRead)?;
                &mut slot.insert((want.file, Source::open(&offered.source, offered.entry.size)?)).1
            }
        };
        source.read(want.offset, want.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changes_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"0123456789").unwrap();
        let mut source = Source::open(&path, 10).unwrap();
        assert_eq!(source.read(3, 4).as_deref(), Ok(&b"3456"[..]));
        std::fs::write(&path, b"0123456789x").unwrap();
        assert_eq!(source.read(3, 4).as_deref(), Ok(&b"3456"[..]));
        assert_eq!(source.read(7, 3), Err(Failure::FileChanged));
        std::fs::write(&path, b"01234").unwrap();
        assert_eq!(source.read(3, 4), Err(Failure::FileChanged));
        assert_eq!(Source::open(&path, 10).unwrap_err(), Failure::FileChanged);
        assert_eq!(Source::open(&folder.path().join("b"), 0).unwrap_err(), Failure::CannotRead);
    }
}
