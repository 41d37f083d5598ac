//! The checker's answers: a line per document, a table, JSON.

use serde_json::json;

use super::rules::{Report, Summary};

/// Such as `8445: 17 req, MUST 11/12 covered, 1 by reason, SHOULD 3/4, 2 open`.
pub(crate) fn line(summary: &Summary) -> String {
    let Summary { id, requirements, musts, by_reason, shoulds, open, .. } = summary;
    format!(
        "{id}: {requirements} req, MUST {}/{} covered, {by_reason} by reason, SHOULD {}/{}, {open} open",
        musts.0, musts.1, shoulds.0, shoulds.1
    )
}

/// A table in Markdown: id, level, what it says, status, tests.
pub(crate) fn table(report: &Report) -> String {
    let mut text = String::from("| id | level | says | status | tests |\n|---|---|---|---|---|\n");
    for row in &report.rows {
        let says = row.says.replace('|', "\\|");
        let evidence = row.evidence.join("<br>");
        text.push_str(&format!("| {} | {} | {says} | {} | {evidence} |\n", row.id, row.level, row.status));
    }
    text
}

/// The same for programs, with the findings.
pub(crate) fn json(report: &Report) -> String {
    let documents = report.documents.iter().map(|d| {
        json!({
            "id": d.id, "title": d.title, "requirements": d.requirements, "open": d.open,
            "must": { "covered": d.musts.0, "all": d.musts.1, "by_reason": d.by_reason },
            "should": { "covered": d.shoulds.0, "all": d.shoulds.1 },
        })
    });
    let rows = report.rows.iter().map(|r| {
        json!({ "id": r.id, "level": r.level, "status": r.status, "evidence": r.evidence, "failed": r.failed })
    });
    let finding = |f: &crate::findings::Finding| json!({ "rule": f.rule, "place": f.place, "text": f.text });
    let value = json!({
        "documents": documents.collect::<Vec<_>>(),
        "requirements": rows.collect::<Vec<_>>(),
        "errors": report.findings.errors.iter().map(finding).collect::<Vec<_>>(),
        "warnings": report.findings.warnings.iter().map(finding).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}
