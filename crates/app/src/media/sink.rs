//! What comes in, into a file, exactly as it came: with holes where something is missing.

mod file;
mod name;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::media::frame::Codec;

use file::Output;
use name::create;

/// Writes one track. The file is readable whenever the program ends, but for the last fifth of a second;
/// [`finish`](Recorder::finish) makes it complete.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    output: Output,
    clock_rate: u32,
    /// The timestamp of the first frame, and where the last one began and ended, counted from there.
    first: Option<u64>,
    last: u64,
    end: u64,
    /// When the header was last brought up to date.
    updated: u64,
    stats: Stats,
}

/// What a recorder has done.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Stats {
    /// Frames or packets that were written.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Frames that were not written: they came after a later one, twice, or are none of their codec.
    pub dropped: u64,
    /// Bytes of silence that stand for what is missing.
    pub silence: u64,
}

impl Recorder {
    /// Makes the folder if it is not there, and finds out whether files can be made in it: whoever is to record learns that
    /// before there is anything to lose.
    pub fn prepare(folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
    }

    /// Begins a file in a folder, which is made if it is not there. The file is called after `name`, from which whatever
    /// means something to a file system is left out, and the codec; if there is one of this name, a number comes behind
    /// it: nothing is ever overwritten.
    pub fn create(folder: &Path, name: &str, codec: Codec) -> io::Result<Self> {
        let (path, file) = create(folder, name, codec.extension())?;
        let output = Output::new(file, codec)?;
        let (clock_rate, stats) = (codec.clock_rate(), Stats::default());
        Ok(Recorder { path, output, clock_rate, first: None, last: 0, end: 0, updated: 0, stats })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was done so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Writes a frame. `timestamp` is that of RTP, unwrapped to 64 bits; the first one counts as 0. A frame that is not
    /// later than the last one is dropped. An error is one of the disk: the file can not go on.
    pub fn write(&mut self, timestamp: u64, data: &[u8]) -> io::Result<()> {
        let at = timestamp.checked_sub(*self.first.get_or_insert(timestamp));
        let is_later = |at: &u64| *at > self.last || self.stats.frames == 0;
        let Some(at) = at.filter(is_later).filter(|at| *at < MAX_TIME) else {
            self.stats.dropped += 1;
            return Ok(());
        };
        let Some(written) = self.output.write(at, self.end, data)? else {
            self.stats.dropped += 1;
            return Ok(());
        };
        self.last = at;
        self.end = written.end;
        self.stats.frames += 1;
        self.stats.bytes += data.len() as u64;
        self.stats.silence += written.silence;
        if at - self.updated >= u64::from(self.clock_rate) / 5 {
            self.updated = at;
            self.output.update()?;
        }
        Ok(())
    }

    /// Completes the file. Returns where it is, and what is in it.
    pub fn finish(self) -> io::Result<(PathBuf, Stats)> {
        self.output.finish()?;
        Ok((self.path, self.stats))
    }
}

/// What no timestamp reaches: leaves room for sums.
const MAX_TIME: u64 = 1 << 62;
