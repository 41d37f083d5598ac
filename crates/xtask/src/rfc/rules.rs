//! The rules, one function each where they are more than a line.

use std::collections::{BTreeMap, BTreeSet};

use super::note::{self, Note, Requirement};
use super::paraphrase::{self, Runs};
use super::{Inputs, citation};
use crate::findings::Findings;
use citation::Citation;

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) findings: Findings,
    pub(crate) documents: Vec<Summary>,
    pub(crate) rows: Vec<Row>,
}

/// One requirement with its evidence.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) level: String,
    pub(crate) says: String,
    pub(crate) status: String,
    /// Places of tests, and external evidence.
    pub(crate) evidence: Vec<String>,
    pub(crate) failed: bool,
}

/// One document in numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) requirements: usize,
    /// MUSTs with evidence, and all.
    pub(crate) musts: (usize, usize),
    /// MUSTs that only have a reason.
    pub(crate) by_reason: usize,
    /// SHOULDs with evidence, and all.
    pub(crate) shoulds: (usize, usize),
    /// MUSTs that are to be done, partly done, or only have a reason.
    pub(crate) open: usize,
}

impl Report {
    /// Requirements without an error.
    pub(crate) fn passed(&self) -> usize {
        self.rows.iter().filter(|row| !row.failed).count()
    }
}

/// A requirement, its evidence, and where it stands.
struct Case<'a> {
    requirement: &'a Requirement,
    place: String,
    tests: Vec<&'a Citation>,
}

impl Case<'_> {
    fn has_evidence(&self) -> bool {
        !self.tests.is_empty() || !self.requirement.evidence.is_empty()
    }

    fn is_negative(&self) -> bool {
        self.tests.iter().any(|test| test.negative)
    }
}

pub(crate) fn check(inputs: &Inputs) -> Report {
    let mut report = Report::default();
    let citations: Vec<Citation> = inputs
        .code
        .iter()
        .flat_map(citation::in_code)
        .chain(inputs.vectors.iter().flat_map(citation::in_vectors))
        .collect();
    let notes: Vec<(&str, &str, Note)> = inputs
        .notes
        .iter()
        .filter_map(|source| match note::parse(source) {
            Ok(note) => Some((source.path.as_str(), source.text.as_str(), note)),
            Err(text) => {
                report.findings.error("E-parse", &source.path, text);
                None
            }
        })
        .collect();
    check_citations(&citations, &notes, &mut report.findings);
    let mut seen = BTreeSet::new();
    for (path, text, note) in &notes {
        check_note(inputs, (path, text, note), &citations, &mut seen, &mut report);
    }
    report
}

/// Every citation names a requirement and stands where it may.
fn check_citations(citations: &[Citation], notes: &[(&str, &str, Note)], findings: &mut Findings) {
    let known: BTreeSet<&str> =
        notes.iter().flat_map(|(_, _, note)| note.req.iter().map(Requirement::id)).collect();
    for citation in citations {
        if !known.contains(citation.id.as_str()) {
            findings.error("E-unknown", &citation.place, format!("no note has `{}`", citation.id));
        }
        if citation.covers && !citation.placed {
            let text = format!("`{}` is covered by no test here", citation.id);
            findings.error("E-place", &citation.place, text);
        }
    }
}

fn check_note(
    inputs: &Inputs,
    (path, text, note): (&str, &str, &Note),
    citations: &[Citation],
    seen: &mut BTreeSet<String>,
    report: &mut Report,
) {
    let mut by_id: BTreeMap<&str, Vec<&Citation>> = BTreeMap::new();
    for citation in citations.iter().filter(|citation| citation.covers && citation.placed) {
        by_id.entry(&citation.id).or_default().push(citation);
    }
    let runs = inputs.texts.get(&note.doc.id).map(|text| Runs::of(text));
    let (id, title) = (note.doc.id.clone(), note.doc.title.clone());
    let mut summary = Summary { id, title, requirements: note.req.len(), ..Summary::default() };
    for requirement in &note.req {
        let place = format!("{path}:{}", note::line_of(text, requirement.id.span().start));
        let tests = by_id.get(requirement.id()).cloned().unwrap_or_default();
        let case = Case { requirement, place, tests };
        let before = report.findings.errors.len();
        if !seen.insert(requirement.id().to_owned()) {
            report.findings.error("E-dup", &case.place, format!("`{}` stands twice", requirement.id()));
        }
        check_form(&case, &note.doc.id, runs.as_ref(), &mut report.findings);
        check_status(&case, &mut report.findings);
        check_tests(&case, inputs.listed.as_deref(), &mut report.findings);
        count(&case, &mut summary);
        let failed = report.findings.errors.len() > before;
        report.rows.push(row(&case, failed));
    }
    check_ratchet(inputs, path, &summary, &mut report.findings);
    check_sections(inputs, path, note, &mut report.findings);
    report.documents.push(summary);
}

/// Its words and names.
fn check_form(case: &Case<'_>, document: &str, runs: Option<&Runs>, findings: &mut Findings) {
    let requirement = case.requirement;
    let place = &case.place;
    if !note::LEVELS.contains(&requirement.level.as_str()) {
        findings.error("E-parse", place, format!("no level is called `{}`", requirement.level));
    }
    if !note::STATES.contains(&requirement.status.as_str()) {
        findings.error("E-parse", place, format!("no status is called `{}`", requirement.status));
    }
    let length = requirement.says.chars().count();
    if !(15..=400).contains(&length) {
        findings.error("E-parse", place, format!("`says` has {length} characters, not 15 to 400"));
    }
    if !requirement.is_well_named(document) {
        let text = format!("`{}` is not `{document}-<section>-<letters>`", requirement.id());
        findings.error("E-id", place, text);
    }
    let texts = [&requirement.says, &requirement.reason];
    if let Some(run) = runs.and_then(|runs| texts.iter().find_map(|text| runs.shared(text))) {
        findings.error("E-quote", place, format!("quotes the document: \"{run}\""));
    }
}

/// Its status and what that status asks for.
fn check_status(case: &Case<'_>, findings: &mut Findings) {
    let requirement = case.requirement;
    let (place, status) = (&case.place, requirement.status.as_str());
    let has_reason = !requirement.reason.is_empty();
    if requirement.is_must() && !case.has_evidence() && !has_reason && status != "retired" {
        findings.error("E-uncovered", place, format!("`{}` has no test and no reason", requirement.id()));
    } else if status == "done" && !case.has_evidence() {
        findings.error("E-status", place, format!("`{}` is done, but nothing shows it", requirement.id()));
    }
    if requirement.is(&["na", "deviates", "retired", "partial"]) && !has_reason {
        findings.error("E-status", place, format!("`{status}` needs a reason"));
    }
    if requirement.is(&["todo", "partial"]) && requirement.plan.is_empty() {
        findings.error("E-status", place, format!("`{status}` needs a plan"));
    }
    if requirement.is_should() && !case.has_evidence() && !has_reason {
        findings.warn("W-should", place, format!("`{}` has no test and no reason", requirement.id()));
    }
}

/// The tests that cite it.
fn check_tests(case: &Case<'_>, listed: Option<&[String]>, findings: &mut Findings) {
    let requirement = case.requirement;
    let (place, id) = (&case.place, requirement.id());
    let is_run = |test: &Citation| {
        let is_listed = test.test.as_ref().is_none_or(|name| listed.is_none_or(|list| list.contains(name)));
        !test.ignored && is_listed
    };
    let none_runs = !case.tests.is_empty() && !case.tests.iter().any(|test| is_run(test));
    if none_runs && requirement.evidence.is_empty() {
        findings.error("E-ignored", place, format!("no test of `{id}` is run"));
    }
    if requirement.reject && requirement.status == "done" && !case.is_negative() {
        findings.error("E-neg", place, format!("no test of `{id}` feeds what must be rejected"));
    }
    if requirement.is(&["todo", "na", "retired"]) && !case.tests.is_empty() {
        let text = format!("`{id}` is `{}`, but {} covers it", requirement.status, case.tests[0].place);
        findings.warn("W-stale", place, text);
    }
    let is_single = case.tests.len() == 1 && requirement.evidence.is_empty() && !case.is_negative();
    if requirement.is_must() && is_single {
        findings.warn("W-single", place, format!("`{id}` has one test, and none that violates it"));
    }
}

fn count(case: &Case<'_>, summary: &mut Summary) {
    let requirement = case.requirement;
    if requirement.status == "retired" {
        return;
    }
    let covered = usize::from(case.has_evidence());
    if requirement.is_must() {
        summary.musts = (summary.musts.0 + covered, summary.musts.1 + 1);
        summary.by_reason += usize::from(covered == 0 && !requirement.reason.is_empty());
        summary.open += usize::from(covered == 0 || requirement.is(&["todo", "partial"]));
    }
    if requirement.is_should() {
        summary.shoulds = (summary.shoulds.0 + covered, summary.shoulds.1 + 1);
    }
}

fn row(case: &Case<'_>, failed: bool) -> Row {
    let requirement = case.requirement;
    let tests = case.tests.iter().map(|test| match &test.test {
        Some(name) => format!("{} ({name})", test.place),
        None => test.place.clone(),
    });
    Row {
        id: requirement.id().to_owned(),
        level: requirement.level.clone(),
        says: requirement.says.clone(),
        status: requirement.status.clone(),
        evidence: tests.chain(requirement.evidence.iter().cloned()).collect(),
        failed,
    }
}

fn check_ratchet(inputs: &Inputs, path: &str, summary: &Summary, findings: &mut Findings) {
    let allowed = inputs.baseline.get(&summary.id).copied().unwrap_or(0);
    if summary.open > allowed {
        let text = format!("{} open MUSTs, baseline.toml allows {allowed}", summary.open);
        findings.error("E-ratchet", path, text);
    } else if summary.open < allowed {
        let text = format!("only {} open MUSTs: lower baseline.toml from {allowed}", summary.open);
        findings.warn("W-ratchet", path, text);
    }
}

/// Every section was read, or left out on purpose.
fn check_sections(inputs: &Inputs, path: &str, note: &Note, findings: &mut Findings) {
    let from_text =
        || inputs.texts.get(&note.doc.id).map(|text| paraphrase::sections(text)).unwrap_or_default();
    let sections = if note.doc.toc.is_empty() { from_text() } else { note.doc.toc.clone() };
    let is_known = |section: &String| {
        let mut known = note.doc.reviewed.iter().chain(&note.doc.skipped);
        known.any(|known| {
            known == section || section.strip_prefix(known.as_str()).is_some_and(|r| r.starts_with('.'))
        })
    };
    let unknown: Vec<String> = sections.into_iter().filter(|section| !is_known(section)).collect();
    if !unknown.is_empty() {
        findings.warn("W-unreviewed", path, format!("neither reviewed nor skipped: {}", unknown.join(", ")));
    }
}
