//! What a check has found, and how it says so.

use std::fmt;

/// One thing that is wrong, or looks so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Such as `E-dup`.
    pub(crate) rule: &'static str,
    /// `path:line`, or a path.
    pub(crate) place: String,
    pub(crate) text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.place, self.rule, self.text)
    }
}

/// Errors fail a check; warnings do not.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<Finding>,
    pub(crate) warnings: Vec<Finding>,
}

impl Findings {
    pub(crate) fn error(&mut self, rule: &'static str, place: impl Into<String>, text: impl Into<String>) {
        self.errors.push(Finding { rule, place: place.into(), text: text.into() });
    }

    pub(crate) fn warn(&mut self, rule: &'static str, place: impl Into<String>, text: impl Into<String>) {
        self.warnings.push(Finding { rule, place: place.into(), text: text.into() });
    }

    /// Prints everything and the closing line; `true`: nothing failed.
    pub(crate) fn conclude(&self, passed: usize) -> bool {
        self.warnings.iter().for_each(|warning| println!("{warning}"));
        self.errors.iter().for_each(|error| println!("{error}"));
        println!("{passed} passed, {} failed", self.errors.len());
        self.errors.is_empty()
    }
}
