//! The format of a requirement note.

use serde::Deserialize;
use toml::Spanned;

use crate::files::Source;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    pub(crate) doc: Document,
    #[serde(default)]
    pub(crate) req: Vec<Requirement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    /// The prefix of every requirement's id.
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(rename = "status")]
    pub(crate) _status: String,
    /// Sections that someone has read for requirements.
    #[serde(default)]
    pub(crate) reviewed: Vec<String>,
    /// Sections with nothing for code, on purpose.
    #[serde(default)]
    pub(crate) skipped: Vec<String>,
    /// All sections; else they are taken from the text, if there is one.
    #[serde(default)]
    pub(crate) toc: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requirement {
    pub(crate) id: Spanned<String>,
    pub(crate) level: String,
    #[serde(rename = "who", default)]
    pub(crate) _who: String,
    /// What is asked, in our words.
    pub(crate) says: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) plan: String,
    /// It is about rejecting something: a test must feed the violating input.
    #[serde(default)]
    pub(crate) reject: bool,
    /// Evidence that is no Rust test.
    #[serde(default, rename = "extern")]
    pub(crate) evidence: Vec<String>,
}

pub(crate) const LEVELS: [&str; 7] = ["MUST", "MUST-NOT", "SHOULD", "SHOULD-NOT", "MAY", "FACT", "PRACTICE"];
pub(crate) const STATES: [&str; 6] = ["todo", "partial", "done", "na", "deviates", "retired"];

impl Requirement {
    pub(crate) fn id(&self) -> &str {
        self.id.get_ref()
    }

    pub(crate) fn is_must(&self) -> bool {
        self.level.starts_with("MUST")
    }

    pub(crate) fn is_should(&self) -> bool {
        self.level.starts_with("SHOULD")
    }

    pub(crate) fn is(&self, states: &[&str]) -> bool {
        states.contains(&self.status.as_str())
    }

    /// `<document>-<section>-<letters>`.
    pub(crate) fn is_well_named(&self, document: &str) -> bool {
        let rest = self.id().strip_prefix(document).and_then(|rest| rest.strip_prefix('-'));
        let Some((section, letters)) = rest.and_then(|rest| rest.rsplit_once('-')) else { return false };
        let is_section = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
        let is_letters = !letters.is_empty() && letters.chars().all(|c| c.is_ascii_lowercase());
        is_letters && section.split('.').all(is_section)
    }
}

/// Reads a note; the error is a sentence.
pub(crate) fn parse(source: &Source) -> Result<Note, String> {
    toml::from_str(&source.text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(&source.text, span.start));
        format!("line {line}: {}", error.message())
    })
}

/// The line, from 1, that a byte lies in.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
}
