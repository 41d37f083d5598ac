//! The project's files, as git knows them.

use std::collections::BTreeSet;
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

/// All text files under `root` whose path passes `wanted`, sorted: those that git keeps, and in our own folders also those
/// that it would take.
pub(crate) fn sources(root: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Source>, String> {
    let kept = list(root, &["--cached"])?;
    let fresh = list(root, &["--others", "--exclude-standard", "--", "crates", "fuzz", "rfc-notes"])?;
    let paths: BTreeSet<&str> =
        kept.split('\0').chain(fresh.split('\0')).filter(|path| !path.is_empty()).collect();
    let read = |path: &str| {
        let text = std::fs::read(root.join(path)).ok()?;
        Some(Source { path: path.to_owned(), text: String::from_utf8(text).ok()? })
    };
    Ok(paths.into_iter().filter(|path| wanted(path)).filter_map(read).collect())
}

fn list(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").args(["ls-files", "-z"]).args(arguments).current_dir(root).output();
    let output = output.map_err(|error| format!("git ls-files: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
