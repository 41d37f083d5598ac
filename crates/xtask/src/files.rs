//! The project's files: those that git knows or would take.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file: its path from the root, with `/`, and its content.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The folder under `crates/` that it lies in.
    pub(crate) fn crate_name(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// It holds nothing but tests: it lies in a folder `tests`, or is called so.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }
}

/// The workspace's root: where the lock file is.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

/// All text files under `root` whose path passes `wanted`, sorted. Ignored files are left out; binary ones too.
pub(crate) fn sources(root: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Source>, String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("git ls-files: {error}"))?;
    let list = String::from_utf8_lossy(&output.stdout);
    let mut sources: Vec<Source> = list
        .split('\0')
        .filter(|path| !path.is_empty() && wanted(path))
        .filter_map(|path| {
            let text = std::fs::read(root.join(path)).ok()?;
            Some(Source { path: path.to_owned(), text: String::from_utf8(text).ok()? })
        })
        .collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources.dedup_by(|a, b| a.path == b.path);
    Ok(sources)
}
