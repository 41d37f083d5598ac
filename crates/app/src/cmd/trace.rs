//! `--trace FILE`: what a connection did, kept in a bounded memory and written at the end. PROTOCOLS.md, section 9.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use limpid::Builder;
use limpid_inspect::capture::{Capture, Detail, Limits};

/// How a command is asked for a trace.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct TraceArgs {
    /// Writes what happened: FILE.pcapng for Wireshark, FILE.rtclog as JSON lines, any other as a ladder to read.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// With the keys, and with what they open: whoever has the file reads everything. Its name gets `.SECRET`.
    #[arg(long, requires = "trace")]
    with_keys: bool,
}

/// A trace that is being kept; written by [`finish`](Trace::finish), or when it is dropped: however the command ends.
#[derive(Debug)]
pub(crate) struct Trace {
    is_written: AtomicBool,
    file: Option<PathBuf>,
    detail: Detail,
    capture: Capture,
    /// The wall time at which the clocks of connections stood at zero, since 1970: about now.
    epoch: Duration,
}

impl TraceArgs {
    /// Begins to keep a trace, if one was asked for.
    pub(crate) fn start(&self) -> Trace {
        let detail = if self.with_keys { Detail::Full } else { Detail::Shareable };
        let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Trace {
            is_written: AtomicBool::new(false),
            file: self.trace.as_deref().map(|file| if self.with_keys { secret(file) } else { file.into() }),
            detail,
            capture: Capture::new(Limits { keys: self.with_keys, ..Limits::default() }),
            epoch,
        }
    }
}

impl Trace {
    /// Lets the trace see what a connection does.
    pub(crate) fn watch(&self, builder: Builder) -> Builder {
        match self.file {
            Some(_) => builder.tap(self.capture.tap()).key_log(self.detail == Detail::Full),
            None => builder,
        }
    }

    /// Writes it, once.
    pub(crate) fn finish(&self) {
        let Some(file) = self.file.as_ref().filter(|_| !self.is_written.swap(true, Ordering::Relaxed)) else {
            return;
        };
        if let Err(error) = self.write(file) {
            eprintln!("The trace can not be written to {}: {error}", file.display());
        }
    }

    fn write(&self, file: &Path) -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        if self.detail == Detail::Full {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let mut out = BufWriter::new(options.open(file)?);
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("pcapng") => self.capture.write_pcapng(&mut out, self.detail, self.epoch)?,
            Some("rtclog") => self.capture.write_rtclog(&mut out, self.detail, "limpid")?,
            _ => out.write_all(self.capture.ladder(["here", "there"]).as_bytes())?,
        }
        out.flush()
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        self.finish();
    }
}

/// `NAME.SECRET.EXTENSION`.
fn secret(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = match file.extension() {
        Some(extension) => format!("{stem}.SECRET.{}", extension.to_string_lossy()),
        None => format!("{stem}.SECRET"),
    };
    file.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_keys_says_so_in_its_name() {
        assert_eq!(secret(Path::new("a/b.pcapng")), Path::new("a/b.SECRET.pcapng"));
        assert_eq!(secret(Path::new("b")), Path::new("b.SECRET"));
    }
}
