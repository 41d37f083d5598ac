//! Offers of browsers and other peers, answered with audio and video; and their answers to each other, applied: section by
//! section, against tables that were read beside the files.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use common::{Side, captures, offer_of, parse};
use limpid_sdp::SessionDescription;
use limpid_sdp::jsep::{self, Agreement};

/// The lines of each section.
fn sections(text: &str) -> Vec<Vec<&str>> {
    let mut sections: Vec<Vec<&str>> = Vec::new();
    for line in text.lines() {
        if line.starts_with("m=") {
            sections.push(Vec::new());
        }
        sections.last_mut().into_iter().for_each(|section| section.push(line));
    }
    sections
}

fn answered(side: &Side, offer: &SessionDescription) -> SessionDescription {
    let wishes = side.everything(offer);
    jsep::answer(&side.local(&wishes), offer).unwrap()
}

/// Told by the text alone: an answer takes numbers, names and extensions from the offer and invents none; every section that
/// browsers would take is taken; and what is said once over a group is said once.
#[test]
fn answers_take_from_each_offer_what_they_know_and_nothing_else() {
    let side = Side::new();
    let mut accepted = BTreeMap::new();
    for (name, text) in captures().into_iter().filter(|(name, _)| name.ends_with("-offer.sdp")) {
        let offer = parse(&text);
        let answer = answered(&side, &offer);
        jsep::check_answer(&offer, &answer).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written = answer.to_string();
        assert_eq!(parse(&written), answer, "{name}");
        for (offered, answered) in sections(&text).iter().zip(sections(&written)) {
            let (kind, _) = offered[0].split_once(' ').unwrap();
            assert!(answered[0].starts_with(&format!("{kind} 9 ")), "{name}: {} is taken", answered[0]);
            *accepted.entry(kind.to_owned()).or_insert(0) += 1;
            let ids = |lines: &[&str]| -> BTreeSet<String> {
                let extmaps = lines.iter().filter_map(|line| line.strip_prefix("a=extmap:"));
                let pairs = extmaps.map(|line| line.split_once(' ').unwrap());
                pairs.map(|(id, uri)| format!("{} {uri}", id.split('/').next().unwrap())).collect()
            };
            assert!(ids(&answered).is_subset(&ids(offered)), "{name}");
            for line in
                answered.iter().filter(|line| line.starts_with("a=rtpmap") || line.starts_with("a=rtcp-fb"))
            {
                let is_static =
                    ["a=rtpmap:0 ", "a=rtpmap:8 ", "a=rtpmap:9 "].iter().any(|start| line.starts_with(start));
                assert!(offered.contains(line) || is_static, "{name}: {line}");
            }
            for line in offered.iter().filter(|line| line.contains(" opus/") || line.contains(" VP8/")) {
                assert!(answered.contains(line), "{name}: {line}");
            }
            let has = |flag| answered.contains(&flag);
            assert!(kind == "m=application" || (has("a=rtcp-mux") && !has("a=bundle-only")), "{name}");
            assert!(has("a=ice-ufrag:limp") && !has("a=setup:actpass"), "{name}");
        }
    }
    let counted = ["m=application", "m=audio", "m=video"].map(|kind| accepted[kind]);
    assert_eq!(counted, [38, 34, 34], "counted with grep");
}

/// `number name/clock` of each.
fn list(codecs: &[limpid_sdp::Codec]) -> String {
    let words: Vec<String> = codecs
        .iter()
        .map(|codec| match codec.repairs() {
            Some(apt) => format!("{}>{apt}", codec.payload_type),
            None => format!("{}:{}", codec.payload_type, codec.name),
        })
        .collect();
    words.join(" ")
}

fn row(name: &str, agreement: &Agreement) -> String {
    let rids =
        |layers: &[jsep::Layer]| layers.iter().map(|layer| layer.rid.as_str()).collect::<Vec<_>>().join(",");
    let extensions: Vec<String> =
        agreement.extensions.iter().map(|extension| extension.id.to_string()).collect();
    let mut row = format!(
        "{} {} {} {} | {} | ext {}",
        name.trim_end_matches(".sdp"),
        agreement.index,
        agreement.kind.as_str(),
        agreement.direction.as_str(),
        list(&agreement.send_codecs),
        extensions.join(" "),
    );
    if list(&agreement.send_codecs) != list(&agreement.receive_codecs) {
        write!(row, " | receive {}", list(&agreement.receive_codecs)).unwrap();
    }
    if !agreement.send_layers.is_empty() || !agreement.receive_layers.is_empty() {
        write!(row, " | layers {}/{}", rids(&agreement.send_layers), rids(&agreement.receive_layers))
            .unwrap();
    }
    let companions = |source: &jsep::PrimarySource| match (source.rtx, source.fec) {
        (Some(_), Some(_)) => "rtx+fec",
        (Some(_), None) => "rtx",
        (None, Some(_)) => "fec",
        (None, None) => "alone",
    };
    let sources: Vec<&str> = agreement.remote_sources.iter().map(companions).collect();
    write!(row, " | from {}", if sources.is_empty() { "unknown".into() } else { sources.join(",") }).unwrap();
    row
}

fn compare_with_table(rows: &str, table: &str, name: &str) {
    for (row, line) in rows.lines().zip(table.lines()) {
        assert_eq!(row, line, "{name}");
    }
    assert_eq!(rows.lines().count(), table.lines().count(), "{name}");
}

#[test]
fn what_our_answers_agree_on_is_what_the_table_says() {
    let side = Side::new();
    let mut rows = String::new();
    for (name, text) in captures().into_iter().filter(|(name, _)| name.ends_with("-offer.sdp")) {
        let offer = parse(&text);
        let (ours, theirs) = (jsep::read(&answered(&side, &offer)).unwrap(), jsep::read(&offer).unwrap());
        for (ours, theirs) in ours.media.iter().zip(&theirs.media) {
            rows += &row(&name, &jsep::agree(ours, theirs, false));
            rows.push('\n');
        }
    }
    compare_with_table(&rows, include_str!("tables/answered.txt"), "tables/answered.txt");
}

#[test]
fn each_answer_applied_to_its_offer_agrees_on_what_the_table_says() {
    let all: BTreeMap<String, String> = captures().into_iter().collect();
    let mut rows = String::new();
    for (name, text) in all.iter().filter(|(name, _)| name.ends_with("-answer.sdp")) {
        let Some(offer) = offer_of(name).and_then(|offer| all.get(&offer)) else { continue };
        let (offer, answer) = (parse(offer), parse(text));
        jsep::check_answer(&offer, &answer).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (ours, theirs) = (jsep::read(&offer).unwrap(), jsep::read(&answer).unwrap());
        for (ours, theirs) in ours.media.iter().zip(&theirs.media) {
            rows += &row(name, &jsep::agree(ours, theirs, true));
            rows.push('\n');
        }
    }
    compare_with_table(&rows, include_str!("tables/applied.txt"), "tables/applied.txt");
}

/// The next offer of this side keeps numbers, names and places of what was agreed on, whoever numbered it.
#[test]
fn after_each_answer_we_can_offer_again_and_nothing_moves() {
    let side = Side::new();
    for (name, text) in captures().into_iter().filter(|(name, _)| name.ends_with("-offer.sdp")) {
        let offer = parse(&text);
        let answer = answered(&side, &offer);
        let wishes = side.everything(&offer);
        let previous = jsep::Negotiated { local: &answer, remote: &offer };
        let again = jsep::offer(&side.local(&wishes), Some(previous));
        let (before, now) = (jsep::read(&answer).unwrap(), jsep::read(&again).unwrap());
        assert_eq!(before.sections, now.sections, "{name}");
        let (mut codecs, mut extensions) = (BTreeMap::new(), BTreeMap::new());
        for (before, now) in before.media.iter().zip(&now.media) {
            for codec in &before.codecs {
                let kept = now.codecs.iter().find(|kept| kept.payload_type == codec.payload_type).unwrap();
                assert!(
                    kept.matches(codec) && kept.repairs() == codec.repairs(),
                    "{name}: {codec:?} {kept:?}"
                );
            }
            let order =
                |codecs: &[limpid_sdp::Codec]| codecs.iter().map(|c| c.payload_type).collect::<Vec<_>>();
            let kept = before.codecs.len();
            assert_eq!(
                order(&before.codecs),
                order(&now.codecs)[..kept],
                "{name}: what is new stands behind"
            );
            for codec in &now.codecs {
                let known = codecs.entry(codec.payload_type).or_insert_with(|| codec.clone());
                assert!(known.matches(codec), "{name}: one number, one meaning");
            }
            for extension in &now.extensions {
                assert_eq!(
                    extensions.entry(extension.id).or_insert(&extension.uri),
                    &&extension.uri,
                    "{name}"
                );
            }
        }
    }
}
