//! `--trace FILE`: what a connection did, kept in a bounded memory and written at the end. PROTOCOLS.md, section 9.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use limpid::Builder;
use limpid::tap::{Record, Tap, Value};
use limpid_inspect::capture::{Capture, Detail, Limits};

/// Records at the beginning that stay, however long a transfer lasts: handshakes and the opening of channels.
const FIRST: usize = 2048;
/// What is kept in all, in bytes; of what goes on after the beginning, the last.
const BYTES: usize = 32 << 20;

/// How a command is asked for a trace.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct TraceArgs {
    /// Writes what happened: FILE.pcapng for Wireshark, FILE.rtclog as JSON lines, any other as a ladder to read. May be
    /// given several times.
    #[arg(long, value_name = "FILE")]
    trace: Vec<PathBuf>,
    /// With the keys, and with what they open: whoever has the file reads everything. Its name gets `.SECRET`.
    #[arg(long, requires = "trace")]
    with_keys: bool,
}

/// A trace that is being kept; written by [`finish`](Trace::finish), or when it is dropped: however the command ends.
#[derive(Debug)]
pub(crate) struct Trace {
    is_written: AtomicBool,
    files: Vec<PathBuf>,
    detail: Detail,
    capture: Capture,
    start: Instant,
    /// The wall time of `start`, since 1970.
    epoch: Duration,
}

impl TraceArgs {
    /// Begins to keep a trace, if one was asked for.
    pub(crate) fn start(&self) -> Trace {
        let detail = if self.with_keys { Detail::Full } else { Detail::Shareable };
        let name = |file: &PathBuf| if self.with_keys { secret(file) } else { file.clone() };
        Trace {
            is_written: AtomicBool::new(false),
            files: self.trace.iter().map(name).collect(),
            detail,
            capture: Capture::new(Limits {
                first: FIRST,
                bytes: BYTES,
                keys: self.with_keys,
                ..Limits::default()
            }),
            start: Instant::now(),
            epoch: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
        }
    }
}

impl Trace {
    /// Lets the trace see what a connection does.
    pub(crate) fn watch(&self, builder: Builder) -> Builder {
        if self.files.is_empty() {
            return builder;
        }
        let tap = Aligned { tap: self.capture.tap(), start: self.start, first: None };
        builder.tap(Box::new(tap)).key_log(self.detail == Detail::Full)
    }

    /// Notes a decision of the call's: `name`, by its word for programs, its words for people, and whom it is about.
    pub(crate) fn note(&self, name: &'static str, step: &str, words: &str, member: &str) {
        if self.files.is_empty() {
            return;
        }
        let text = [("step", step), ("words", words), ("member", member)];
        let fields = text.map(|(name, text)| (name, Value::Text(text)));
        self.capture.tap().record(&Record {
            at: limpid_sansio::Instant::ZERO + self.start.elapsed(),
            connection: 0,
            machine: "call",
            name,
            flow: None,
            fields: &fields,
            bytes: None,
            secret: false,
        });
    }

    /// Writes it, once.
    pub(crate) fn finish(&self) {
        if self.is_written.swap(true, Ordering::Relaxed) {
            return;
        }
        for file in &self.files {
            if let Err(error) = self.write(file) {
                eprintln!("The trace can not be written to {}: {error}", file.display());
            }
        }
    }

    fn write(&self, file: &Path) -> std::io::Result<()> {
        let mut out = BufWriter::new(create(file, self.detail)?);
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("pcapng") => self.capture.write_pcapng(&mut out, self.detail, self.epoch)?,
            Some("rtclog") => self.capture.write_rtclog(&mut out, self.detail, "limpid")?,
            _ => out.write_all(self.capture.ladder(["here", "there"]).as_bytes())?,
        }
        out.flush()
    }
}

/// A file with keys is always a new one, which nobody else may read: an old one would keep its mode, or be a link.
fn create(file: &Path, detail: Detail) -> std::io::Result<File> {
    if detail == Detail::Shareable {
        return File::create(file);
    }
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Brings the clock of one connection, which began whenever its port was bound, in line with the trace's.
struct Aligned {
    tap: Box<dyn Tap + Send>,
    start: Instant,
    /// The connection's first moment, and the same moment on the trace's clock.
    first: Option<(limpid_sansio::Instant, Duration)>,
}

impl Tap for Aligned {
    fn record(&mut self, record: &Record<'_>) {
        let (first, at) = *self.first.get_or_insert_with(|| (record.at, self.start.elapsed()));
        let at = limpid_sansio::Instant::ZERO + at + record.at.since(first);
        self.tap.record(&Record { at, ..*record });
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        self.finish();
    }
}

/// `NAME.SECRET.EXTENSION`, unless the name says so already.
fn secret(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    if stem.ends_with(".SECRET") {
        return file.to_owned();
    }
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
        assert_eq!(secret(Path::new("b.SECRET.txt")), Path::new("b.SECRET.txt"));
    }

    #[test]
    fn decisions_stand_in_the_ladder_and_in_the_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let files: Vec<PathBuf> = ["a.txt", "a.rtclog"].iter().map(|name| folder.path().join(name)).collect();
        let trace = TraceArgs { trace: files.clone(), with_keys: false }.start();
        trace.note("path", "restart", "looking for another path", "00ff");
        drop(trace);
        let [ladder, log] = [0, 1].map(|n| std::fs::read_to_string(&files[n]).expect("it was written"));
        assert!(ladder.contains("╞═ ○ looking for another path ═"), "{ladder}");
        let data = r#""data":{"step":"restart","words":"looking for another path","member":"00ff"}"#;
        assert!(log.contains("\"call:path\"") && log.contains(data), "{log}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_keys_is_new_and_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (victim, file) = (folder.path().join("victim"), folder.path().join("a.SECRET.txt"));
        std::fs::write(&victim, "unharmed").expect("a file");
        std::os::unix::fs::symlink(&victim, &file).expect("a link");
        let trace = TraceArgs { trace: vec![folder.path().join("a.txt")], with_keys: true }.start();
        drop(trace);
        let written = std::fs::symlink_metadata(&file).expect("it was written");
        assert!(written.is_file());
        assert_eq!(written.permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(&victim).expect("still there"), "unharmed");
    }
}
