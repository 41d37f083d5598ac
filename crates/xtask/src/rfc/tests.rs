//! Every rule, provoked once; each test starts from a note and a test that are in order.

use super::rules::{Report, check};
use super::*;

const HEAD: &str = "[doc]\nid = \"99\"\ntitle = \"Foxes\"\nstatus = \"PS\"\nreviewed = [\"1\", \"2\"]\n";

/// A requirement with these lines besides its id, and whatever they do not name.
fn requirement(id: &str, lines: &str) -> String {
    let mut text = format!("\n[[req]]\nid = \"{id}\"\n{lines}\n");
    let missing = [
        ("level", "MUST"),
        ("who", "both"),
        ("says", "A fox jumps over each dog it meets."),
        ("status", "done"),
    ];
    for (key, value) in missing {
        if !lines.contains(&format!("{key} =")) {
            text.push_str(&format!("{key} = \"{value}\"\n"));
        }
    }
    text
}

fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

fn inputs(requirements: &str, code: &str) -> Inputs {
    Inputs {
        notes: vec![source("rfc-notes/rfc99.toml", &format!("{HEAD}{requirements}"))],
        code: vec![source("crates/fox/src/lib.rs", code)],
        ..Inputs::default()
    }
}

/// The rules that were broken, errors first.
fn rules(report: &Report) -> Vec<&'static str> {
    report.findings.errors.iter().chain(&report.findings.warnings).map(|finding| finding.rule).collect()
}

fn broken(requirements: &str, code: &str) -> Vec<&'static str> {
    rules(&check(&inputs(requirements, code)))
}

/// A test that covers these ids, twice, so that none is single.
fn test(ids: &str) -> String {
    format!(
        "#[test]\nfn jumps() {{\n    //~ covers {ids}\n}}\n//~ covers {ids}\n#[test]\nfn jumps_again() {{}}\n"
    )
}

#[test]
fn a_note_and_its_tests_in_order() {
    let report = check(&inputs(&requirement("99-1-a", ""), &test("99-1-a")));
    assert_eq!(rules(&report), [""; 0]);
    assert_eq!(
        output::line(&report.documents[0]),
        "99: 1 req, MUST 1/1 covered, 0 by reason, SHOULD 0/0, 0 open"
    );
    assert_eq!(report.passed(), 1);
    let table = output::table(&report);
    assert!(table.contains("| 99-1-a | MUST | A fox"), "{table}");
    assert!(
        table.contains("crates/fox/src/lib.rs:3 (jumps)<br>crates/fox/src/lib.rs:5 (jumps_again)"),
        "{table}"
    );
    let json: serde_json::Value = serde_json::from_str(&output::json(&report)).unwrap();
    assert_eq!(json["documents"][0]["must"]["covered"], 1);
}

#[test]
fn e_parse() {
    assert_eq!(broken("[[req]]\nid = 5\n", ""), ["E-parse"]);
    assert_eq!(broken(&requirement("99-1-a", "surprise = 1"), ""), ["E-parse"]);
    assert_eq!(broken(&requirement("99-1-a", "level = \"OUGHT\""), &test("99-1-a")), ["E-parse"]);
    assert_eq!(broken(&requirement("99-1-a", "status = \"ready\""), &test("99-1-a")), ["E-parse"]);
    assert_eq!(broken(&requirement("99-1-a", "says = \"too short\""), &test("99-1-a")), ["E-parse"]);
}

#[test]
fn e_dup() {
    let twice = requirement("99-1-a", "") + &requirement("99-1-a", "says = \"A retired id has come back.\"");
    assert_eq!(broken(&twice, &test("99-1-a")), ["E-dup"]);
}

#[test]
fn e_id() {
    for id in ["98-1-a", "99-1", "99-1-A", "99--a", "99-1..2-a"] {
        assert_eq!(broken(&requirement(id, ""), &test(id)), ["E-id"], "{id}");
    }
    for id in ["99-1.2.3-ab", "99-A.1-a", "99-p-a"] {
        assert_eq!(broken(&requirement(id, ""), &test(id)), [""; 0], "{id}");
    }
}

#[test]
fn e_unknown() {
    let code = test("99-1-a") + "//~ impl 99-1-x\nfn walk() {}\n";
    assert_eq!(broken(&requirement("99-1-a", ""), &code), ["E-unknown"]);
}

#[test]
fn e_uncovered() {
    assert_eq!(broken(&requirement("99-1-a", ""), ""), ["E-uncovered", "E-ratchet"]);
    let elsewhere = requirement("99-1-a", "extern = [\"interop:fox/jump\"]");
    assert_eq!(broken(&elsewhere, ""), [""; 0]);
}

#[test]
fn e_status() {
    assert_eq!(broken(&requirement("99-1-a", "level = \"FACT\""), ""), ["E-status"]);
    for status in ["na", "deviates", "retired"] {
        let bare = requirement("99-1-a", &format!("level = \"MAY\"\nstatus = \"{status}\""));
        assert_eq!(broken(&bare, ""), ["E-status"], "{status}");
    }
    assert_eq!(broken(&requirement("99-1-a", "level = \"MAY\"\nstatus = \"todo\""), ""), ["E-status"]);
    let partial = "level = \"MAY\"\nstatus = \"partial\"\nreason = \"No dog yet.\"";
    assert_eq!(broken(&requirement("99-1-a", partial), ""), ["E-status"]);
    assert_eq!(broken(&requirement("99-1-a", &format!("{partial}\nplan = \"A dog.\"")), ""), [""; 0]);
}

#[test]
fn e_place() {
    let code = format!("//~ covers 99-1-a\n{}fn walk() {{}}\n{}", "\n".repeat(9), test("99-1-a"));
    assert_eq!(broken(&requirement("99-1-a", ""), &code), ["E-place"]);
    // A table of cases in a file of tests, a property, a fuzz target: all in order.
    let good = "proptest! {\n    //~ covers 99-1-a\n    fn any() {}\n}\n";
    let mut inputs = inputs(&requirement("99-1-a", ""), good);
    inputs.code.push(source(
        "crates/fox/tests/cases.rs",
        "const CASES: [u8; 1] = [\n    1, //~ covers 99-1-a\n];\n",
    ));
    inputs.code.push(source("fuzz/fuzz_targets/fox.rs", "//~ covers 99-1-a\n"));
    let report = check(&inputs);
    assert_eq!(rules(&report), [""; 0]);
    assert_eq!(report.rows[0].evidence.len(), 3);
}

#[test]
fn e_ignored() {
    let ignored = "#[test]\n#[ignore]\nfn a() {\n    //~ covers 99-1-a\n    //~ covers 99-1-a\n}\n";
    assert_eq!(broken(&requirement("99-1-a", ""), ignored), ["E-ignored"]);
    let mut unlisted = inputs(&requirement("99-1-a", ""), &test("99-1-a"));
    unlisted.listed = Some(listed("fox::tests::walks: test\n"));
    assert_eq!(rules(&check(&unlisted)), ["E-ignored"]);
    unlisted.listed = Some(listed("fox::tests::jumps: test\n1 test, 0 benchmarks\n"));
    assert_eq!(rules(&check(&unlisted)), [""; 0]);
}

#[test]
fn e_ratchet() {
    let open = requirement("99-1-a", "status = \"todo\"\nreason = \"No dog yet.\"\nplan = \"A dog.\"");
    assert_eq!(broken(&open, ""), ["E-ratchet"]);
    let mut allowed = inputs(&open, "");
    allowed.baseline.insert("99".to_owned(), 1);
    assert_eq!(rules(&check(&allowed)), [""; 0]);
    allowed.baseline.insert("99".to_owned(), 2);
    assert_eq!(rules(&check(&allowed)), ["W-ratchet"]);
}

#[test]
fn e_quote() {
    let text =
        "1.  Intro\n\n   Whenever it meets a dog, the quick brown fox\n   jumps over it and then walks on.\n";
    let quoting = "says = \"The quick brown fox jumps over it and then walks.\"";
    let mut inputs = inputs(&requirement("99-1-a", quoting), &test("99-1-a"));
    assert_eq!(rules(&check(&inputs)), [""; 0]);
    inputs.texts.insert("99".to_owned(), text.to_owned());
    assert_eq!(rules(&check(&inputs)), ["E-quote"]);
}

#[test]
fn e_neg() {
    let rejects = requirement("99-1-a", "reject = true");
    assert_eq!(broken(&rejects, &test("99-1-a")), ["E-neg"]);
    assert_eq!(broken(&rejects, &test("99-1-a neg")), [""; 0]);
}

#[test]
fn w_stale() {
    let lines = "level = \"MAY\"\nstatus = \"na\"\nreason = \"We have no dogs.\"";
    assert_eq!(broken(&requirement("99-1-a", lines), &test("99-1-a")), ["W-stale"]);
}

#[test]
fn w_unreviewed() {
    let mut inputs = inputs(&requirement("99-1-a", ""), &test("99-1-a"));
    inputs
        .texts
        .insert("99".to_owned(), "1.  Intro\n1.1.  More\n2.  Foxes\n3.  Dogs\n3.1.  Small ones\n".to_owned());
    let report = check(&inputs);
    assert_eq!(rules(&report), ["W-unreviewed"]);
    assert_eq!(report.findings.warnings[0].text, "neither reviewed nor skipped: 3, 3.1");
}

#[test]
fn w_should() {
    let lines = "level = \"SHOULD\"\nstatus = \"todo\"\nplan = \"A dog.\"";
    assert_eq!(broken(&requirement("99-1-a", lines), ""), ["W-should"]);
}

#[test]
fn w_single() {
    let once = "#[test]\nfn jumps() {} //~ covers 99-1-a\n";
    assert_eq!(broken(&requirement("99-1-a", ""), once), ["W-single"]);
}

#[test]
fn vectors_cite_by_a_key() {
    let mut inputs = inputs(&requirement("99-1-a", ""), "");
    let text = "{\"cases\":[{\"covers\":[\"99-1-a\"]},{\"covers\":[\"99-1-a\"]}]}";
    inputs.vectors.push(source("crates/fox/tests/vectors/fox.json", text));
    assert_eq!(rules(&check(&inputs)), [""; 0]);
}
