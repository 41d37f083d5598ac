//! Citations: `//~ covers ID, ID neg` in tests, `//~ impl ID` in code, `"covers": [ID]` in vectors.

use crate::files::Source;
use crate::lex::{self, Function};

/// How far above its test a citation may stand, in lines.
const REACH: usize = 6;

/// One id in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Citation {
    pub(crate) id: String,
    /// `path:line`.
    pub(crate) place: String,
    /// It counts as coverage; else it is for navigation.
    pub(crate) covers: bool,
    /// The test feeds the violating input.
    pub(crate) negative: bool,
    /// It stands in a test or right above one.
    pub(crate) placed: bool,
    /// The test's function, if there is one.
    pub(crate) test: Option<String>,
    pub(crate) ignored: bool,
}

/// All citations of a Rust file.
pub(crate) fn in_code(source: &Source) -> Vec<Citation> {
    if !source.text.contains("//~ ") {
        return Vec::new();
    }
    let blanked = lex::blank(&source.text);
    let tests: Vec<Function> = lex::functions(&blanked).into_iter().filter(Function::is_test).collect();
    let regions: Vec<_> =
        ["proptest", "fuzz_target"].iter().flat_map(|name| lex::macros(&blanked, name)).collect();
    let anywhere = source.path.contains("/tests/") || source.path.contains("fuzz_targets/");
    let mut citations = Vec::new();
    for (number, line) in source.text.lines().enumerate().map(|(index, line)| (index + 1, line)) {
        let Some((covers, list)) = ids(line) else { continue };
        let test = around(&tests, number);
        let in_region = regions.iter().any(|region| region.contains(&number));
        for item in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (id, negative) = item.strip_suffix(" neg").map_or((item, false), |id| (id.trim(), true));
            citations.push(Citation {
                id: id.to_owned(),
                place: format!("{}:{number}", source.path),
                covers,
                negative,
                placed: anywhere || in_region || test.is_some(),
                test: test.map(|test| test.name.clone()),
                ignored: test.is_some_and(Function::is_ignored),
            });
        }
    }
    citations
}

/// The list behind `//~ covers` or `//~ impl`, and whether it covers.
fn ids(line: &str) -> Option<(bool, &str)> {
    let after = line.split_once("//~ ")?.1.trim_start();
    let covers = after.strip_prefix("covers ").map(|list| (true, list));
    covers.or_else(|| after.strip_prefix("impl ").map(|list| (false, list)))
}

/// The test that a line lies in, or else the next one below within reach.
fn around(tests: &[Function], line: usize) -> Option<&Function> {
    let inside = tests.iter().find(|test| (test.first..=test.last).contains(&line));
    inside.or_else(|| tests.iter().find(|test| line < test.first && test.first - line <= REACH))
}

/// All citations of a file of vectors; the test that loads it counts.
pub(crate) fn in_vectors(source: &Source) -> Vec<Citation> {
    if !source.text.contains("\"covers\"") {
        return Vec::new();
    }
    let Ok(value) = serde_json::from_str(&source.text) else { return Vec::new() };
    let mut ids = Vec::new();
    collect(&value, &mut ids);
    let citation = |id| Citation {
        id,
        place: source.path.clone(),
        covers: true,
        negative: false,
        placed: true,
        test: None,
        ignored: false,
    };
    ids.into_iter().map(citation).collect()
}

fn collect(value: &serde_json::Value, ids: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, ids)),
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_array().filter(|_| name == "covers") {
                    Some(list) => ids.extend(list.iter().filter_map(|id| Some(id.as_str()?.to_owned()))),
                    None => collect(value, ids),
                }
            }
        }
        _ => {}
    }
}
