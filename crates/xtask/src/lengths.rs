//! `lengths`: a file over 400 lines or a function over 80 must stand in `lengths.txt`, with a number that only sinks.
//!
//! Size follows from one idea per file; the list is where the exceptions are owned up to.

use std::collections::BTreeMap;
use std::path::Path;

use crate::files::{self, Source};
use crate::findings::Findings;
use crate::lex;

const FILE_LIMIT: usize = 400;
const FUNCTION_LIMIT: usize = 80;
const LIST: &str = "crates/xtask/lengths.txt";

/// What is too long: `file PATH` or `function PATH::NAME`, and its lines.
type Lengths = BTreeMap<String, usize>;

/// Checks; `--tighten` lowers numbers and strikes out what is no longer too long; `--list` prints what is too long.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<bool, String> {
    let sources = files::sources(root, |path| path.starts_with("crates/") && path.ends_with(".rs"))?;
    let (found, checked) = measure(&sources);
    if arguments.iter().any(|argument| argument == "--list") {
        print!("{}", write(&found));
        return Ok(true);
    }
    let text = std::fs::read_to_string(root.join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    let allowed = parse(&text)?;
    if arguments.iter().any(|argument| argument == "--tighten") {
        let header: String =
            text.lines().filter(|line| line.starts_with('#')).flat_map(|l| [l, "\n"]).collect();
        let tightened = header + &write(&tighten(&allowed, &found));
        std::fs::write(root.join(LIST), tightened).map_err(|error| format!("{LIST}: {error}"))?;
    }
    let findings = compare(&allowed, &found);
    Ok(findings.conclude(checked.saturating_sub(found.len())))
}

/// What is too long in these files, and how many files and functions were looked at.
fn measure(sources: &[Source]) -> (Lengths, usize) {
    let mut found = Lengths::new();
    let mut checked = 0;
    for source in sources {
        let lines = source.text.lines().count();
        checked += 1;
        if lines > FILE_LIMIT {
            found.insert(format!("file {}", source.path), lines);
        }
        for function in lex::functions(&lex::blank(&source.text)) {
            checked += 1;
            if function.lines() > FUNCTION_LIMIT {
                let longest =
                    found.entry(format!("function {}::{}", source.path, function.name)).or_default();
                *longest = function.lines().max(*longest);
            }
        }
    }
    (found, checked)
}

fn compare(allowed: &Lengths, found: &Lengths) -> Findings {
    let mut findings = Findings::default();
    for (what, lines) in found {
        match allowed.get(what) {
            None => findings.error("E-long", what, format!("{lines} lines; cut it by its ideas")),
            Some(limit) if lines > limit => {
                findings.error("E-grown", what, format!("{lines} lines, {limit} are allowed"));
            }
            Some(limit) if lines < limit => {
                findings.warn("W-shrunk", what, format!("from {limit} to {lines} lines: --tighten"));
            }
            Some(_) => {}
        }
    }
    for what in allowed.keys().filter(|what| !found.contains_key(*what)) {
        findings.warn("W-done", what, "is no longer too long: --tighten");
    }
    findings
}

/// The list with what has become better; nothing is added, nothing raised.
fn tighten(allowed: &Lengths, found: &Lengths) -> Lengths {
    let still = allowed.iter().filter_map(|(what, limit)| Some((what.clone(), *found.get(what)?.min(limit))));
    still.collect()
}

fn parse(text: &str) -> Result<Lengths, String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (what, number) = line.rsplit_once(' ').ok_or_else(|| format!("{LIST}: {line:?}"))?;
            let number = number.parse().map_err(|_| format!("{LIST}: {line:?}"))?;
            Ok((what.to_owned(), number))
        })
        .collect()
}

fn write(lengths: &Lengths) -> String {
    lengths.iter().map(|(what, lines)| format!("{what} {lines}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: String) -> Source {
        Source { path: path.to_owned(), text }
    }

    #[test]
    fn long_files_and_functions_are_found() {
        let long = format!("fn long() {{\n{}}}\nfn short() {{}}\n", "    x();\n".repeat(79));
        let (found, checked) = measure(&[
            source("crates/a/src/long.rs", "//\n".repeat(401)),
            source("crates/a/src/fits.rs", "//\n".repeat(400)),
            source("crates/a/src/f.rs", long),
        ]);
        assert_eq!(write(&found), "file crates/a/src/long.rs 401\nfunction crates/a/src/f.rs::long 81\n");
        assert_eq!(checked, 5);
    }

    #[test]
    fn the_list_only_shrinks() {
        let allowed = parse("# why\nfile a 500\nfile b 500\nfile c 500\n").unwrap();
        let found = parse("file a 501\nfile b 450\nfile d 450\n").unwrap();
        let findings = compare(&allowed, &found);
        let rules: Vec<_> = findings.errors.iter().map(|e| (e.rule, e.place.as_str())).collect();
        assert_eq!(rules, [("E-grown", "file a"), ("E-long", "file d")]);
        let rules: Vec<_> = findings.warnings.iter().map(|e| (e.rule, e.place.as_str())).collect();
        assert_eq!(rules, [("W-shrunk", "file b"), ("W-done", "file c")]);
        assert_eq!(write(&tighten(&allowed, &found)), "file a 500\nfile b 450\n");
    }
}
