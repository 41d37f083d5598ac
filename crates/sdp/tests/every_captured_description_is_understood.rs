//! Descriptions of browsers and other peers, as they came over the wire: each comes back byte for byte, each offer can be
//! answered, and each answer is accepted as the answer to its offer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Side, captures, offer_of, parse};
use limpid_sdp::jsep::{self, Setup};
use limpid_sdp::{Attribute, SessionDescription};

#[test]
fn every_capture_comes_back_byte_for_byte() {
    for (name, text) in captures() {
        assert_eq!(parse(&text).to_string(), text, "{name}");
    }
}

#[test]
fn the_offer_that_speed_is_measured_with_is_read_whole() {
    let text = include_str!("bench-offer.sdp");
    let description = parse(text);
    let media: usize = description.media.iter().map(|media| 1 + media.lines.len()).sum();
    assert_eq!(3 + description.lines.len() + media, 191);
    assert_eq!(description.to_string(), text);
}

/// Counted in the files by `grep`, not by this crate.
#[test]
fn every_line_of_the_captures_has_its_type() {
    let mut others = std::collections::BTreeSet::new();
    let (mut candidates, mut feedback, mut sections, mut ports) = (0, 0, 0, 0);
    for (_, text) in captures() {
        let description = parse(&text);
        sections += description.media.len();
        let media = description.media.iter().flat_map(|media| media.attributes());
        for attribute in description.attributes().chain(media) {
            match attribute {
                Attribute::Candidate(_) => candidates += 1,
                Attribute::RtcpFeedback(_) => feedback += 1,
                Attribute::SctpPort(_) => ports += 1,
                Attribute::Other { name, .. } => _ = others.insert(name.to_string()),
                _ => {}
            }
        }
    }
    assert_eq!((candidates, feedback, sections, ports), (551, 2135, 229, 81));
    assert_eq!(others, [].into(), "attributes without a type");
}

/// Who wishes for no audio and no video refuses them, and still gets the data channels.
#[test]
fn every_offer_can_be_answered_without_media() {
    let side = Side::new();
    let (mut with_data, mut without) = (0, 0);
    for (name, text) in captures().into_iter().filter(|(name, _)| name.ends_with("-offer.sdp")) {
        let offer = parse(&text);
        let answer = jsep::answer(&side.local(&[]), &offer).unwrap();
        jsep::check_answer(&offer, &answer).unwrap_or_else(|error| panic!("{name}: {error}"));

        assert_eq!(parse(&answer.to_string()), answer, "{name}");
        let mids = |description: &SessionDescription| {
            let mids = description.media.iter().map(|media| media.mid().map(str::to_owned));
            mids.collect::<Vec<_>>()
        };
        assert_eq!(mids(&offer), mids(&answer), "{name}");
        // What the text says, without this crate's reading of it.
        let wanted = text.contains("m=application ");
        let accepted = answer.to_string().contains("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
        assert_eq!(wanted, accepted, "{name}");
        for media in answer.media.iter().filter(|media| media.kind != "application") {
            assert_eq!(media.port, 0, "{name}: nobody wished for it");
        }
        if accepted { with_data += 1 } else { without += 1 }
    }
    assert_eq!((with_data, without), (38, 3));
}

#[test]
fn every_answer_is_read_and_fits_its_offer() {
    let all: std::collections::BTreeMap<String, String> = captures().into_iter().collect();
    let mut pairs = 0;
    for (name, text) in all.iter().filter(|(name, _)| name.ends_with("-answer.sdp")) {
        let answer = parse(text);
        let remote = jsep::read(&answer).unwrap_or_else(|error| panic!("{name}: {error}"));
        let live_data = text.lines().any(|line| line.starts_with("m=application ") && !line.contains(" 0 "));
        assert_eq!(remote.data.is_some(), live_data, "{name}");
        if let Some(data) = remote.data {
            let transport = remote.transport.unwrap();
            assert!(
                matches!(transport.setup, Setup::Active | Setup::Passive),
                "{name}: {:?}",
                transport.setup
            );
            assert!(!transport.fingerprints.is_empty() && data.sctp_port == 5000, "{name}");
        }
        let Some(offer) = offer_of(name).and_then(|offer| all.get(&offer)) else { continue };
        jsep::check_answer(&parse(offer), &answer).unwrap_or_else(|error| panic!("{name}: {error}"));
        pairs += 1;
    }
    assert_eq!(pairs, 40);
}

#[test]
fn an_answer_is_refused_as_the_answer_to_another_offer() {
    let all: std::collections::BTreeMap<String, String> = captures().into_iter().collect();
    let (avd, data) = (parse(&all["chromium-avd-offer.sdp"]), parse(&all["chromium-data-only-offer.sdp"]));
    let answer = parse(&all["chromium-avd-answer.sdp"]);
    jsep::check_answer(&avd, &answer).unwrap();
    assert_eq!(jsep::check_answer(&data, &answer), Err(limpid_sdp::JsepError::SectionCount));
}
