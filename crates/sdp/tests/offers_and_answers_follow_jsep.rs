//! Offers, answers, re-offers and refusals, against what RFC 9429, 8841, 8842 and 9143 ask for, told by the text on the wire.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use limpid_sdp::jsep::{self, BundlePolicy, Local, Negotiated, Setup};
use limpid_sdp::{JsepError, SessionDescription};

const OURS: &str = "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:\
                    00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

fn local(fingerprints: &[String]) -> Local<'_> {
    Local {
        session_id: 42,
        session_version: 1,
        ufrag: "limp",
        pwd: "abcdefghijklmnopqrstuv",
        ice_options: "trickle ice2",
        fingerprints,
        setup: Setup::Actpass,
        candidates: &[],
        end_of_candidates: false,
        sctp_port: 5000,
        max_message_size: 262_144,
        data_mid: Some("0"),
        media: &[],
        bundle_policy: BundlePolicy::Balanced,
    }
}

fn ours() -> Vec<String> {
    vec![OURS.to_owned()]
}

/// A description of these sections (`m=` lines with their own attributes, split by `|`), under these session lines.
fn description(session: &str, sections: &[&str]) -> SessionDescription {
    let mut text = String::from("v=0\no=- 7 3 IN IP4 127.0.0.1\ns=-\nt=0 0\n");
    for line in session.split('|').filter(|line| !line.is_empty()) {
        text += &format!("a={line}\n");
    }
    for section in sections {
        let mut lines = section.split('|');
        text += &format!("m={}\nc=IN IP4 0.0.0.0\n", lines.next().unwrap());
        lines.for_each(|line| text += &format!("a={line}\n"));
    }
    SessionDescription::parse(&text).unwrap()
}

const DATA: &str = "application 9 UDP/DTLS/SCTP webrtc-datachannel";
const TRANSPORT: &str =
    "ice-ufrag:peer|ice-pwd:0123456789012345678901|fingerprint:sha-256 AA:BB|setup:actpass";

fn data(mid: &str) -> String {
    format!("{DATA}|mid:{mid}|{TRANSPORT}|sctp-port:5000")
}

fn audio(mid: &str) -> String {
    format!("audio 9 UDP/TLS/RTP/SAVPF 111 0|mid:{mid}|{TRANSPORT}|rtpmap:111 opus/48000/2|sendrecv")
}

fn answer_text(offer: &SessionDescription) -> String {
    jsep::answer(&local(&ours()), offer).unwrap().to_string()
}

#[test]
fn an_offer_says_what_rfc_9429_asks_for() {
    let candidates = ["candidate:1 1 udp 1 192.0.2.1 9 typ host".to_owned(), "a=candidate:2 x".to_owned()];
    let fingerprints = ours();
    let local = Local { candidates: &candidates, end_of_candidates: true, ..local(&fingerprints) };
    let expected = format!(
        "v=0\r\no=- 42 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:limp\r\n\
         a=ice-pwd:abcdefghijklmnopqrstuv\r\na=ice-options:trickle ice2\r\na=fingerprint:{OURS}\r\na=setup:actpass\r\n\
         a=sctp-port:5000\r\na=max-message-size:262144\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n\
         a=candidate:2 x\r\na=end-of-candidates\r\n"
    );
    assert_eq!(jsep::offer(&local, None).to_string(), expected);
}

#[test]
fn an_offer_without_data_channels_has_no_section_and_no_group() {
    let fingerprints = ours();
    let offer = jsep::offer(&Local { data_mid: None, ..local(&fingerprints) }, None);
    assert_eq!(offer.to_string(), "v=0\r\no=- 42 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
}

#[test]
fn media_is_refused_in_its_place_and_the_group_is_what_was_accepted() {
    let offer = description("group:BUNDLE a d v", &[&audio("a"), &data("d"), &audio("v")]);
    let answer = answer_text(&offer);
    assert!(answer.contains("a=group:BUNDLE d\r\n"));
    let sections: Vec<&str> =
        answer.lines().filter(|l| l.starts_with("m=") || l.starts_with("a=mid")).collect();
    assert_eq!(
        sections,
        [
            "m=audio 0 UDP/TLS/RTP/SAVPF 111 0",
            "a=mid:a",
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
            "a=mid:d",
            "m=audio 0 UDP/TLS/RTP/SAVPF 111 0",
            "a=mid:v",
        ]
    );
    assert_eq!(answer.matches("ice-ufrag").count(), 1, "refused sections have no transport");
    assert!(!answer.contains("candidate:"));
}

#[test]
fn without_a_group_in_the_offer_there_is_none_in_the_answer() {
    assert!(!answer_text(&description("", &[&data("0")])).contains("group"));
    assert!(!answer_text(&description("group:BUNDLE 1", &[&data("0"), &audio("1")])).contains("group"));
}

#[test]
fn an_offer_of_media_alone_is_answered_with_refusals_alone() {
    let answer = answer_text(&description("group:BUNDLE a", &[&audio("a")]));
    assert!(answer.contains("m=audio 0 ") && !answer.contains("group"));
}

#[test]
fn only_the_first_section_of_data_channels_is_accepted() {
    let answer = answer_text(&description("group:BUNDLE 0 1", &[&data("0"), &data("1")]));
    assert!(answer.contains("BUNDLE 0\r\n"));
    assert_eq!(
        answer.matches("m=application 9").count() * 10 + answer.matches("m=application 0").count(),
        11
    );
}

#[test]
fn roles_follow_rfc_8842() {
    use Setup::{Active, Actpass, Passive};
    // ours (Actpass: no role yet), offered, answered
    let cases = [
        (Actpass, "actpass", Some("active")),
        (Actpass, "active", Some("passive")),
        (Actpass, "passive", Some("active")),
        (Active, "actpass", Some("active")),
        (Passive, "actpass", Some("passive")),
        (Passive, "active", Some("passive")),
        (Active, "passive", Some("active")),
        (Passive, "passive", None),
        (Active, "active", None),
    ];
    for (ours_now, offered, answered) in cases {
        let section = data("0").replace("actpass", offered);
        let offer = description("", &[&section]);
        let fingerprints = ours();
        let answer = jsep::answer(&Local { setup: ours_now, ..local(&fingerprints) }, &offer);
        match answered {
            Some(role) => {
                let answer = answer.unwrap();
                assert!(
                    answer.to_string().contains(&format!("a=setup:{role}\r\n")),
                    "{ours_now:?} {offered}"
                );
                jsep::check_answer(&offer, &answer).unwrap();
            }
            None => assert_eq!(answer, Err(JsepError::BadSetup(0)), "{ours_now:?} {offered}"),
        }
    }
    let holdconn = description("", &[&data("0").replace("actpass", "holdconn")]);
    assert_eq!(jsep::read(&holdconn), Err(JsepError::BadSetup(0)));
}

#[test]
fn a_re_offer_keeps_places_names_and_session_and_raises_the_version() {
    let fingerprints = ours();
    let theirs = description("group:BUNDLE a x", &[&audio("a"), &data("x")]);
    let answer = jsep::answer(&local(&fingerprints), &theirs).unwrap();
    let restarted = Local { session_id: 99, ufrag: "anew", ..local(&fingerprints) };
    let previous = Negotiated { local: &answer, remote: &theirs };
    let again = jsep::offer(&restarted, Some(previous));
    let text = again.to_string();
    assert!(text.contains("o=- 42 2 IN"), "same id, next version: {text}");
    assert!(text.contains("m=audio 0 ") && text.contains("a=group:BUNDLE x\r\n"));
    assert!(text.contains("a=ice-ufrag:anew\r\n") && text.contains("a=setup:actpass\r\n"));
    assert_eq!(again.media[1].mid(), Some("x"));

    // A version that was burnt by a rollback is not used again.
    let later = Local { session_version: 9, ..restarted };
    assert_eq!(jsep::offer(&later, Some(previous)).origin.version(), Some(9));

    let (before, now) = (jsep::read(&answer).unwrap(), jsep::read(&again).unwrap());
    let changes = jsep::compare(&before.transport.unwrap(), &now.transport.unwrap()).unwrap();
    assert!(changes.ice_restart && !changes.new_dtls_association);
    assert!(!now.data.unwrap().is_new_association(&before.data.unwrap()));
}

#[test]
fn a_free_slot_is_used_again_under_a_new_name() {
    let fingerprints = ours();
    let theirs = description("group:BUNDLE 0 1", &[&audio("0"), &audio("1")]);
    let answer = jsep::answer(&local(&fingerprints), &theirs).unwrap();
    let offer = jsep::offer(&local(&fingerprints), Some(Negotiated { local: &answer, remote: &theirs }));
    assert_eq!(offer.media.len(), 2, "the number of sections does not grow while one is free");
    assert!(offer.media[0].is_data() && offer.media[0].mid() == Some("2"), "{offer}");
    assert!(offer.media[1].port == 0);
}

#[test]
fn a_new_section_stands_behind_the_live_ones() {
    let fingerprints = ours();
    let mut theirs = description("", &[&audio("0")]);
    let mut answer = jsep::answer(&local(&fingerprints), &theirs).unwrap();
    (theirs.media[0].port, answer.media[0].port) = (9, 9); // as if media had been accepted
    let offer = jsep::offer(&local(&fingerprints), Some(Negotiated { local: &answer, remote: &theirs }));
    assert_eq!((offer.media.len(), offer.media[1].mid()), (2, Some("1")));
}

#[test]
fn the_forms_of_older_peers_are_answered_in_kind() {
    let old = format!("application 9 DTLS/SCTP 5000|mid:0|{TRANSPORT}|sctpmap:5000 webrtc-datachannel 256");
    let offer = description("group:BUNDLE 0", &[&old]);
    let remote = jsep::read(&offer).unwrap().data.unwrap();
    assert_eq!((remote.sctp_port, remote.max_message_size), (5000, 65_536));
    let answer = jsep::answer(&local(&ours()), &offer).unwrap();
    jsep::check_answer(&offer, &answer).unwrap();
    let text = answer.to_string();
    assert!(text.contains("m=application 9 DTLS/SCTP 5000\r\n"));
    assert!(text.contains("a=sctpmap:5000 webrtc-datachannel 65535\r\n") && !text.contains("sctp-port"));

    let tcp = data("0").replace("UDP/", "TCP/");
    let answer = answer_text(&description("", &[&tcp]));
    assert!(
        answer.contains("m=application 9 TCP/DTLS/SCTP webrtc-datachannel\r\n"),
        "the protocol is copied"
    );
}

#[test]
fn attributes_of_the_session_hold_for_its_sections() {
    let session = "ice-ufrag:sess|ice-pwd:0123456789012345678901|fingerprint:sha-256 AA:BB|fingerprint:sha-512 CC|\
                   setup:passive|ice-options:trickle|ice-lite|end-of-candidates";
    let bare = format!("{DATA}|sctp-port:5001|max-message-size:0|candidate:x");
    let remote = jsep::read(&description(session, &[&bare])).unwrap();
    let (read, data) = (remote.transport.unwrap(), remote.data.unwrap());
    assert_eq!((read.ufrag.as_str(), read.setup, read.ice_lite), ("sess", Setup::Passive, true));
    assert_eq!(read.fingerprints, ["sha-256 AA:BB", "sha-512 CC"]);
    assert_eq!((data.sctp_port, data.max_message_size, read.end_of_candidates), (5001, 0, true));
    assert_eq!(
        (read.ice_options, read.candidates, data.mid),
        (vec!["trickle".into()], vec!["candidate:x".into()], None)
    );

    // What the section says itself comes first.
    let own = format!("{bare}|ice-ufrag:mine|fingerprint:sha-256 DD");
    let read = jsep::read(&description(session, &[&own])).unwrap().transport.unwrap();
    assert_eq!((read.ufrag.as_str(), read.fingerprints), ("mine", vec!["sha-256 DD".to_owned()]));
}

#[test]
fn a_section_in_a_group_inherits_the_transport_of_its_tag() {
    let tag = format!("{}|candidate:1 of the tag|end-of-candidates", audio("a"));
    let bundled = "application 0 UDP/DTLS/SCTP webrtc-datachannel|mid:d|bundle-only|sctp-port:5000";
    let offer = description("group:BUNDLE a d", &[&tag, bundled]);
    let remote = jsep::read(&offer).unwrap();
    assert!(!remote.sections[1].rejected, "port 0 with bundle-only is on offer");
    let read = remote.transport.unwrap();
    assert_eq!((read.ufrag.as_str(), read.candidates), ("peer", vec!["candidate:1 of the tag".to_owned()]));
    assert!(read.end_of_candidates);

    let answer = jsep::answer(&local(&ours()), &offer).unwrap();
    jsep::check_answer(&offer, &answer).unwrap();
    assert!(!answer.to_string().contains("bundle-only"), "never in answers");

    let plain = bundled.replace("|bundle-only", "");
    let refused = jsep::read(&description("group:BUNDLE a d", &[&tag, &plain])).unwrap();
    assert!(refused.data.is_none() && refused.sections[1].rejected, "port 0 without it is not");
}

#[test]
fn what_is_missing_is_named() {
    let without = |word: &str| {
        let section = data("0");
        let kept: Vec<&str> = section.split('|').filter(|line| !line.starts_with(word)).collect();
        jsep::read(&description("", &[&kept.join("|")])).unwrap_err()
    };
    assert_eq!(without("ice-ufrag"), JsepError::MissingCredentials(0));
    assert_eq!(without("ice-pwd"), JsepError::MissingCredentials(0));
    assert_eq!(without("fingerprint"), JsepError::MissingFingerprint(0));
    assert_eq!(without("setup"), JsepError::BadSetup(0));
    assert_eq!(without("sctp-port"), JsepError::MissingSctpPort(0));
    assert_eq!(jsep::read(&description("", &[&data("0"), &audio("0")])), Err(JsepError::RepeatedMid(1)));
}

//~ covers 3264-6-a neg, 9143-7.3-a neg
#[test]
fn a_wrong_answer_is_told_from_a_right_one() {
    let offer = description("group:BUNDLE 0 1", &[&data("0"), &audio("1")]);
    let good = jsep::answer(&local(&ours()), &offer).unwrap();
    let check = |change: &dyn Fn(String) -> String| {
        jsep::check_answer(&offer, &SessionDescription::parse(&change(good.to_string())).unwrap())
    };
    assert_eq!(check(&|text| text), Ok(()));
    assert_eq!(check(&|text| text.replace("m=audio 0", "m=video 0")), Err(JsepError::SectionKind(1)));
    assert_eq!(check(&|text| text.replace("UDP/DTLS/SCTP", "TCP/DTLS/SCTP")), Err(JsepError::SectionKind(0)));
    assert_eq!(check(&|text| text.replace("a=mid:1", "a=mid:2")), Err(JsepError::SectionMid(1)));
    assert_eq!(check(&|text| text.replace("a=mid:1\r\n", "")), Ok(()), "a refused section may lose its name");
    assert_eq!(check(&|text| text.replace("a=mid:0\r\n", "")), Err(JsepError::SectionMid(0)));
    assert_eq!(
        check(&|text| text.replace("BUNDLE 0", "BUNDLE 0 1")),
        Ok(()),
        "1 is refused: it shares nothing, and servers exist that name it"
    );
    assert_eq!(
        check(&|text| text.replace("BUNDLE 0", "BUNDLE 0 7")),
        Err(JsepError::BadBundle),
        "7 is unknown"
    );
    assert_eq!(
        check(&|text| text.replace("a=group:BUNDLE 0\r\n", "")),
        Ok(()),
        "out of the group is allowed"
    );
    assert_eq!(check(&|text| text.replace("setup:active", "setup:actpass")), Err(JsepError::BadSetup(0)));
    assert_eq!(check(&|text| text.split("m=audio").next().unwrap().into()), Err(JsepError::SectionCount));

    let refused = description("", &[&data("0").replace("application 9", "application 0")]);
    let eager = description("", &[&data("0").replace("actpass", "active")]);
    assert_eq!(jsep::check_answer(&refused, &eager), Err(JsepError::NotOffered(0)));
}

//~ covers 9143-7.3-a neg
#[test]
fn groups_are_not_mixed_and_bundle_only_does_not_leave_its_group() {
    let offer = description("group:BUNDLE 0|group:BUNDLE 1", &[&data("0"), &audio("1")]);
    let (active, passive) = (data("0").replace("actpass", "active"), audio("1").replace("actpass", "active"));
    let mixed = description("group:BUNDLE 0 1", &[&active, &passive]);
    assert_eq!(jsep::check_answer(&offer, &mixed), Err(JsepError::BadBundle));

    let only = data("0").replace("application 9", "application 0") + "|bundle-only";
    let offer = description("group:BUNDLE 1 0", &[&audio("1"), &only].map(String::as_str).map(|s| s));
    assert_eq!(offer.media.len(), 2);
    let outside = description("", &[&passive, &active]);
    assert_eq!(jsep::check_answer(&offer, &outside), Err(JsepError::BadBundle));
}

#[test]
fn a_certificate_changes_with_an_ice_restart_or_not_at_all() {
    let named = data("0") + "|tls-id:12345678901234567890";
    let before = jsep::read(&description("", &[&named])).unwrap().transport.unwrap();
    let changed = |from: &str, to: &str| {
        let section = named.replace(from, to);
        jsep::compare(&before, &jsep::read(&description("", &[&section])).unwrap().transport.unwrap())
    };
    assert_eq!(changed("AA:BB", "aa:bb"), Ok(jsep::Changes::default()), "case does not matter");
    assert_eq!(changed("AA:BB", "AA:CC"), Err(JsepError::NewCertificateWithoutRestart));
    assert_eq!(changed("tls-id:1", "tls-id:2"), Err(JsepError::NewCertificateWithoutRestart));
    assert_eq!(
        changed("|tls-id:12345678901234567890", ""),
        Ok(jsep::Changes::default()),
        "no name, no change"
    );
    let restarted = named.replace("ice-ufrag:peer|ice-pwd:0", "ice-ufrag:next|ice-pwd:1");
    let both = changed(&named, &restarted.replace("tls-id:1", "tls-id:2")).unwrap();
    assert!(both.ice_restart && both.new_dtls_association);
    let data = |section: &str| jsep::read(&description("", &[section])).unwrap().data.unwrap();
    let moved = data(&named.replace("sctp-port:5000", "sctp-port:5001"));
    assert!(moved.is_new_association(&data(&named)) && !moved.is_new_association(&moved));
}

#[test]
fn an_association_that_is_closed_by_port_zero_is_refused() {
    let closing = description("", &[&data("0").replace("sctp-port:5000", "sctp-port:0")]);
    assert_eq!(jsep::read(&closing).unwrap().data.unwrap().sctp_port, 0);
    assert!(answer_text(&closing).contains("m=application 0 "));
}
