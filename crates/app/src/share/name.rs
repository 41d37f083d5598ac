//! Names that a stranger chose: which of them may be written. PROTOCOLS.md 4; the page has the same rules in `names.js`.

use std::collections::HashMap;
use std::fmt;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::escape::is_deceptive;
use crate::share::message::Entry;

/// The most bytes of a path.
pub const MAX_PATH: usize = 4096;
/// The most bytes of one part of it.
pub const MAX_PART: usize = 255;

/// Why a name is not written.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Refusal {
    /// Empty, absolute, `.`, `..`, or with an empty part: it would leave the target folder, or is no path.
    Leaves,
    /// Over 255 bytes in a part, or 4096 in all.
    TooLong,
    /// Control, invisible or direction-turning characters, or such as no Windows name may have.
    Character,
    /// A name that Windows keeps for a device, or an end that it cuts off.
    Reserved,
    /// Not in Unicode's normal form C: it might be another name's twin.
    NotNormal,
    /// A hidden file, without leave to write such.
    Hidden,
    /// Another entry has this name, or one that differs in case or form only.
    Twin,
    /// Another entry is a file where this one needs a folder.
    BelowFile,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Leaves => "it would leave the folder",
            Refusal::TooLong => "it is too long",
            Refusal::Character => "it has characters that hide or act",
            Refusal::Reserved => "it is a device's name, or ends in a dot or blank",
            Refusal::NotNormal => "it is not in normal form",
            Refusal::Hidden => "it is hidden (see --hidden)",
            Refusal::Twin => "another file has the same name",
            Refusal::BelowFile => "another file stands where its folder would",
        })
    }
}

/// Whether a path may be written at all.
pub fn check(path: &str) -> Result<(), Refusal> {
    if path.len() > MAX_PATH {
        return Err(Refusal::TooLong);
    }
    path.split('/').try_for_each(check_part)?;
    if is_nfc(path) { Ok(()) } else { Err(Refusal::NotNormal) }
}

fn check_part(part: &str) -> Result<(), Refusal> {
    if matches!(part, "" | "." | "..") {
        return Err(Refusal::Leaves);
    }
    if part.len() > MAX_PART {
        return Err(Refusal::TooLong);
    }
    if part.chars().any(|c| is_deceptive(c) || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')) {
        return Err(Refusal::Character);
    }
    if part.ends_with(['.', ' ']) || part.starts_with(' ') || is_device(part) {
        return Err(Refusal::Reserved);
    }
    Ok(())
}

/// `CON`, `aux.txt`, `COM1`, …: devices in every folder of Windows, whatever follows the first dot.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    if matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$") {
        return true;
    }
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    port.is_some_and(|port| {
        let mut digits = port.chars();
        matches!((digits.next(), digits.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    })
}

/// Two names with one fold are one name on some file system.
pub fn fold(path: &str) -> String {
    path.nfkc().collect::<String>().to_lowercase().to_uppercase().to_lowercase()
}

/// Which entries are refused, and why; entry by entry.
pub fn refusals(entries: &[Entry], hidden_too: bool) -> Vec<Option<Refusal>> {
    let mut taken: HashMap<String, bool> = HashMap::new();
    let mut refusals: Vec<Option<Refusal>> = Vec::with_capacity(entries.len());
    for entry in entries {
        let is_hidden = entry.path.split('/').any(|part| part.starts_with('.'));
        let refusal = match check(&entry.path) {
            Err(refusal) => Some(refusal),
            Ok(()) if is_hidden && !hidden_too => Some(Refusal::Hidden),
            Ok(()) => {
                let twin = taken.insert(fold(&entry.path), entry.dir);
                twin.map(|was_folder| {
                    // The first one stays what it was.
                    taken.insert(fold(&entry.path), was_folder);
                    Refusal::Twin
                })
            }
        };
        refusals.push(refusal);
    }
    for (entry, refusal) in entries.iter().zip(&mut refusals).filter(|(_, refusal)| refusal.is_none()) {
        let folded = fold(&entry.path);
        let mut above = folded.match_indices('/').map(|(at, _)| &folded[..at]);
        if above.any(|folder| taken.get(folder) == Some(&false)) {
            *refusal = Some(Refusal::BelowFile);
        }
    }
    refusals
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(path: &str) -> Entry {
        Entry { f: 0, path: path.into(), size: 0, mtime: None, exec: false, dir: false }
    }

    #[test]
    fn every_name_of_the_hostile_corpus_is_refused() {
        let corpus = include_str!("../../tests/vectors/hostile-names.txt");
        let names: Vec<String> = corpus
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(names.len() > 50);
        for name in names {
            assert!(check(&name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn ordinary_names_pass() {
        for name in
            ["a", "a/b.txt", "Grüße/你好 🎉.txt", "a b", "..a", "a..b", "console", "com10", "lpt", "null.txt"]
        {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn twins_hidden_files_and_files_below_files_are_left_out() {
        use Refusal::{BelowFile, Hidden, Twin};
        let refused = |paths: &[&str], hidden| {
            refusals(&paths.iter().map(|path| entry(path)).collect::<Vec<_>>(), hidden)
        };
        assert_eq!(refused(&["a", "A", "ﬁle", "file"], false), [None, Some(Twin), None, Some(Twin)]);
        assert_eq!(refused(&["a/b", "a", "a/c/d"], false), [Some(BelowFile), None, Some(BelowFile)]);
        assert_eq!(refused(&["a", "a/b"], false), [None, Some(BelowFile)]);
        assert_eq!(refused(&[".x", "a/.b/c", "a/d"], false), [Some(Hidden), Some(Hidden), None]);
        assert_eq!(refused(&[".x", "a/.b/c"], true), [None, None]);
        let folder = Entry { dir: true, ..entry("a") };
        assert_eq!(refusals(&[folder, entry("a/b")], false), [None, None]);
    }

    proptest! {
        #[test]
        fn a_name_that_passes_stays_below_the_target(path in "[a-z./\\\\:A-Z0-9 ]{0,24}") {
            if check(&path).is_ok() {
                let components: Vec<_> = std::path::Path::new(&path).components().collect();
                prop_assert!(components.iter().all(|part| matches!(part, std::path::Component::Normal(_))));
                prop_assert_eq!(components.len(), path.split('/').count());
            }
        }

        #[test]
        fn no_text_makes_it_panic(paths in proptest::collection::vec(any::<String>(), 0..8)) {
            let entries: Vec<Entry> = paths.iter().map(|path| entry(path)).collect();
            prop_assert_eq!(refusals(&entries, true).len(), entries.len());
        }
    }
}
