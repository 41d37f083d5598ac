//! Names of recordings: made of what a stranger is called, and harmless.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::escape::is_deceptive;

/// How many names are tried for one file.
const MAX_TRIES: u32 = 1000;
/// The most bytes of a name, without its end: a number and an extension have room behind it.
const MAX_NAME: usize = 200;

/// Makes a new file in a folder, under a name that is free.
pub(super) fn create(folder: &Path, name: &str, extension: &str) -> io::Result<(PathBuf, File)> {
    fs::create_dir_all(folder)?;
    let name = safe_name(name);
    for n in 1..=MAX_TRIES {
        let number = if n == 1 { String::new() } else { format!(" ({n})") };
        let path = folder.join(format!("{name}{number}.{extension}"));
        // Neither over a file nor through a link.
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Letters, digits and `-`, `.`, `_` stay; all else becomes `_`. No hidden file, no device of Windows, never empty.
fn safe_name(name: &str) -> String {
    let safe = |c: char| !is_deceptive(c) && (c.is_alphanumeric() || matches!(c, '-' | '.' | '_'));
    let mut out = String::new();
    for c in name.chars().map(|c| if safe(c) { c } else { '_' }) {
        if out.len() + c.len_utf8() > MAX_NAME {
            break;
        }
        out.push(c);
    }
    // An end of dots is cut off by Windows.
    let trimmed = out.trim_matches('.');
    let stem = trimmed.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered =
        |device: &str| stem.strip_prefix(device).is_some_and(|n| n.parse::<u8>().is_ok_and(|n| n < 10));
    let is_device =
        matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt");
    match trimmed {
        "" => "track".to_owned(),
        _ if is_device => format!("_{trimmed}"),
        _ => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::name::check;
    use proptest::prelude::*;

    #[test]
    fn names_keep_their_letters_and_lose_what_acts() {
        for (name, safe) in [
            ("Ann-audio_1", "Ann-audio_1"),
            ("Grüße 你好", "Grüße_你好"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("a\0b\u{202e}c\x1b[2J", "a_b_c__2J"),
            (".hidden.", "hidden"),
            ("COM1", "_COM1"),
            ("nul.x", "_nul.x"),
            ("...", "track"),
            ("", "track"),
        ] {
            assert_eq!(safe_name(name), safe);
        }
    }

    #[test]
    fn nothing_is_overwritten_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
        let first = create(&inside, "a", "wav").unwrap().0;
        fs::write(&first, "first").unwrap();
        std::os::unix::fs::symlink(&outside, inside.join("a (2).wav")).unwrap();
        assert_eq!(create(&inside, "a", "wav").unwrap().0, inside.join("a (3).wav"));
        assert_eq!(fs::read(&first).unwrap(), b"first");
        assert!(!outside.exists());
    }

    proptest! {
        #[test]
        fn every_name_is_one_that_may_be_written(name: String) {
            let safe = safe_name(&name);
            prop_assert!(!safe.starts_with('.') && safe.len() <= MAX_NAME + 1);
            // What is left may be in another of Unicode's forms, which is the sender's affair.
            let refusal = check(&safe).err();
            prop_assert!(matches!(refusal, None | Some(crate::share::name::Refusal::NotNormal)), "{safe:?} {refusal:?}");
        }
    }
}
