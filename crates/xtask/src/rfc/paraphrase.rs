//! Whether a text is told in our own words: no long run of words is shared with the document.

use std::collections::HashSet;

/// A run of so many words is a quotation.
const RUN: usize = 9;

/// The words of a text, small, without marks.
fn words(text: &str) -> Vec<String> {
    let cut = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    cut.map(str::to_lowercase).collect()
}

/// All runs of words of a document; page breaks do not interrupt them.
#[derive(Debug)]
pub(crate) struct Runs(HashSet<String>);

impl Runs {
    pub(crate) fn of(document: &str) -> Self {
        let is_furniture = |line: &str| {
            let line = line.trim_end();
            line.ends_with(']') && line.contains("[Page ")
                || line.starts_with("RFC ") && line.chars().rev().take(4).all(|c| c.is_ascii_digit())
        };
        let body: Vec<&str> = document.lines().filter(|line| !is_furniture(line)).collect();
        Runs(words(&body.join("\n")).windows(RUN).map(|run| run.join(" ")).collect())
    }

    /// The first run that a text shares with the document.
    pub(crate) fn shared(&self, text: &str) -> Option<String> {
        words(text).windows(RUN).map(|run| run.join(" ")).find(|run| self.0.contains(run))
    }
}

/// The sections of a document, from its headings: `5.1.  Title` at the edge of the page, appendices too.
pub(crate) fn sections(document: &str) -> Vec<String> {
    let heading = |line: &str| {
        let (number, title) = line.split_once(' ')?;
        let number = number.trim_end_matches('.');
        let mut parts = number.split('.');
        let first = parts.next()?;
        let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        let is_appendix = first.len() == 1 && first.chars().all(|c| c.is_ascii_uppercase());
        let starts = is_number(first) || is_appendix;
        let is_title = title.trim_start().starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
        (starts && parts.all(is_number) && is_title && line.ends_with(|c: char| !".,;:".contains(c)))
            .then(|| number.to_owned())
    };
    let mut sections: Vec<String> = document.lines().filter_map(heading).collect();
    sections.dedup();
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1.  Introduction\n\n   The quick brown fox jumps over the\n\nDoe   [Page 1]\n\nRFC 9999   Foxes   May 2020\n\n   lazy dog and then it sleeps.\n\n2.1.  Dogs\n   2.  not a heading\nA.  More\n";

    #[test]
    fn nine_words_in_a_row_are_a_quotation_even_over_a_page_break() {
        let runs = Runs::of(TEXT);
        assert_eq!(
            runs.shared("brown fox jumps over the lazy dog, and then").as_deref(),
            Some("brown fox jumps over the lazy dog and then")
        );
        assert_eq!(runs.shared("brown fox jumps over the lazy dog, and sleeps"), None);
    }

    #[test]
    fn headings_are_found_at_the_edge_of_the_page() {
        assert_eq!(sections(TEXT), ["1", "2.1", "A"]);
    }
}
