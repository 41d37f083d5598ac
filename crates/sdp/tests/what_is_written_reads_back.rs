//! For all inputs: nothing panics, and a description that could be read is written so that it reads the same.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use limpid_sdp::jsep::{self, Local, Setup};
use limpid_sdp::{Attribute, SessionDescription};
use proptest::prelude::*;

/// A value that may stand in a line: visible, without surrounding or double spaces.
fn words() -> impl Strategy<Value = String> {
    proptest::collection::vec("[!-~äß]{1,12}", 1..4).prop_map(|words| words.join(" "))
}

fn attribute() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}".prop_map(|mid| format!("mid:{mid}")),
        "[A-Za-z0-9+/]{4,30}".prop_map(|ufrag| format!("ice-ufrag:{ufrag}")),
        "[A-Za-z0-9+/]{22,60}".prop_map(|pwd| format!("ice-pwd:{pwd}")),
        any::<u16>().prop_map(|port| format!("sctp-port:{port}")),
        any::<u64>().prop_map(|size| format!("max-message-size:{size}")),
        proptest::collection::vec("[0-9A-Fa-f]{2}", 1..40)
            .prop_map(|hex| format!("fingerprint:sha-256 {}", hex.join(":"))),
        prop_oneof!["actpass", "active", "passive"].prop_map(|role| format!("setup:{role}")),
        (0u8..128, "[A-Za-z0-9-]{1,8}", any::<u32>())
            .prop_map(|(pt, name, rate)| format!("rtpmap:{pt} {name}/{rate}")),
        (0u8..128, words()).prop_map(|(pt, rest)| format!("fmtp:{pt} {rest}")),
        (0u8..128, words()).prop_map(|(pt, rest)| format!("rtcp-fb:{pt} {rest}")),
        (any::<u16>(), words()).prop_map(|(id, uri)| format!("extmap:{id} {uri}")),
        (any::<u32>(), words()).prop_map(|(ssrc, rest)| format!("ssrc:{ssrc} {rest}")),
        words().prop_map(|text| format!("candidate:{text}")),
        words().prop_map(|text| format!("group:BUNDLE {text}")),
        words().prop_map(|text| format!("x-unknown:{text}")),
        prop_oneof!["rtcp-mux", "sendrecv", "bundle-only", "end-of-candidates", "ice-lite", "x-flag"],
    ]
}

fn description() -> impl Strategy<Value = String> {
    let lines = || proptest::collection::vec(attribute().prop_map(|text| format!("a={text}\r\n")), 0..12);
    let section = (prop_oneof!["audio", "application"], any::<u16>(), lines());
    let sections = proptest::collection::vec(section, 0..4);
    (any::<u64>(), any::<u32>(), lines(), sections).prop_map(|(id, version, session, sections)| {
        let sections = sections.into_iter().map(|(kind, port, lines)| match kind.as_str() {
            "audio" => format!("m=audio {port} UDP/TLS/RTP/SAVPF 0 111\r\n{}", lines.concat()),
            _ => format!("m=application {port} UDP/DTLS/SCTP webrtc-datachannel\r\n{}", lines.concat()),
        });
        let sections: String = sections.collect();
        format!(
            "v=0\r\no=- {id} {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{}{sections}",
            session.concat()
        )
    })
}

proptest! {
    #[test]
    fn canonical_descriptions_come_back_byte_for_byte(text in description()) {
        prop_assert_eq!(SessionDescription::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn bare_line_feeds_mean_the_same(text in description()) {
        let bare = text.replace("\r\n", "\n");
        prop_assert_eq!(SessionDescription::parse(&bare), SessionDescription::parse(&text));
    }

    #[test]
    fn whatever_is_read_is_written_so_that_it_reads_the_same(text in description(), at in any::<prop::sample::Index>(), put in any::<char>()) {
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        chars[at] = put;
        let text: String = chars.into_iter().collect();
        if let Ok(first) = SessionDescription::parse(&text) {
            prop_assert_eq!(SessionDescription::parse(&first.to_string()).unwrap(), first);
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}", lines in proptest::collection::vec("[a-z]=\\PC{0,30}", 0..20)) {
        let _ = SessionDescription::parse(&text);
        let _ = SessionDescription::parse(&format!("v=0\no=- 0 0 IN IP4 0\ns=-\nt=0 0\n{}", lines.join("\n")));
        let _ = Attribute::parse(&text);
    }

    #[test]
    fn an_answer_that_is_made_is_an_answer(text in description(), setup in prop_oneof![Just(Setup::Actpass), Just(Setup::Active)]) {
        let offer = SessionDescription::parse(&text).unwrap();
        let fingerprints = ["sha-256 AA:BB".to_owned()];
        let local = Local {
            session_id: 1, session_version: 1, ufrag: "abcd", pwd: "abcdefghijklmnopqrstuv", ice_options: "trickle",
            fingerprints: &fingerprints, setup, candidates: &[], end_of_candidates: false, sctp_port: 5000,
            max_message_size: 0, data_mid: None,
        };
        if let Ok(answer) = jsep::answer(&local, &offer) {
            prop_assert_eq!(jsep::check_answer(&offer, &answer), Ok(()));
            prop_assert_eq!(SessionDescription::parse(&answer.to_string()).unwrap(), answer);
        }
    }
}
