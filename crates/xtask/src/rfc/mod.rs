//! `rfc`: requirement notes (`rfc-notes/*.toml`) against the tests that cite them (`//~ covers 8489-14.5-a`).
//!
//! A plain scan of texts; nothing is compiled. Notes say what an RFC asks in our own words; tests say by a short id what they
//! show; this says what is missing, and `baseline.toml` how much may be.

mod citation;
mod note;
mod output;
mod paraphrase;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use crate::files::{self, Source};
use crate::option;

/// Everything that the checker looks at.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// `rfc-notes/*.toml` without the baseline.
    pub(crate) notes: Vec<Source>,
    /// `*.rs` of the crates and of the fuzz targets.
    pub(crate) code: Vec<Source>,
    /// `*.json` beside tests.
    pub(crate) vectors: Vec<Source>,
    /// By document: how many open MUSTs are allowed.
    pub(crate) baseline: BTreeMap<String, usize>,
    /// By document: its text, if there is one.
    pub(crate) texts: BTreeMap<String, String>,
    /// The tests that `cargo test -- --list` named, if that is known.
    pub(crate) listed: Option<Vec<String>>,
}

pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<bool, String> {
    let list = option(arguments, "--list")?;
    let (report_file, json_file) = (option(arguments, "--report")?, option(arguments, "--json")?);
    let inputs = gather(root, list)?;
    let report = rules::check(&inputs);
    report.documents.iter().for_each(|document| println!("{}", output::line(document)));
    let write = |path: &Path, text: String| {
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    if let Some(path) = report_file {
        write(path, output::table(&report))?;
    }
    if let Some(path) = json_file {
        write(path, output::json(&report))?;
    }
    Ok(report.findings.conclude(report.passed()))
}

fn gather(root: &Path, list: Option<&Path>) -> Result<Inputs, String> {
    const BASELINE: &str = "rfc-notes/baseline.toml";
    let is_note = |path: &str| path.starts_with("rfc-notes/") && path.ends_with(".toml") && path != BASELINE;
    let is_ours = |path: &str| path.starts_with("crates/") || path.starts_with("fuzz/");
    let read =
        |path: &Path| std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let notes = files::sources(root, is_note)?;
    let baseline = match std::fs::read_to_string(root.join(BASELINE)) {
        Ok(text) => toml::from_str(&text).map_err(|error| format!("{BASELINE}: {error}"))?,
        Err(_) => BTreeMap::new(),
    };
    let texts = match std::env::var_os("RFC_TEXT_DIR") {
        Some(folder) => texts(Path::new(&folder), &notes),
        None => BTreeMap::new(),
    };
    Ok(Inputs {
        code: files::sources(root, |path| {
            is_ours(path) && path.ends_with(".rs") && !path.starts_with("crates/xtask/")
        })?,
        vectors: files::sources(root, |path| {
            is_ours(path) && path.contains("/tests/") && path.ends_with(".json")
        })?,
        listed: list.map(read).transpose()?.map(|text| listed(&text)),
        notes,
        baseline,
        texts,
    })
}

/// The text of each note's document, under the note's own name.
fn texts(folder: &Path, notes: &[Source]) -> BTreeMap<String, String> {
    let text = |note: &Source| {
        let id = note::parse(note).ok()?.doc.id;
        let name = Path::new(&note.path).with_extension("txt");
        let bytes = std::fs::read(folder.join(name.file_name()?)).ok()?;
        Some((id, String::from_utf8_lossy(&bytes).into_owned()))
    };
    notes.iter().filter_map(text).collect()
}

/// The names in the output of `cargo test -- --list`: `module::name: test`.
fn listed(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    names.map(|name| name.rsplit("::").next().unwrap_or(name).to_owned()).collect()
}
