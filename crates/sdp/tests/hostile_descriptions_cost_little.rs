//! Bounds: bytes, lines, and the time for descriptions that were made to be slow.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

mod common;

use common::Side;
use limpid_sdp::{Attribute, Line};
use limpid_sdp::{MAX_BYTES, MAX_LINES, SessionDescription, jsep};

const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

#[test]
fn two_thousand_lines_are_read_and_one_more_is_not() {
    let lines = |count: usize| format!("{HEAD}{}", "a=x\r\n".repeat(count - 4));
    assert_eq!(SessionDescription::parse(&lines(MAX_LINES)).unwrap().lines.len(), MAX_LINES - 3);
    assert_eq!(SessionDescription::parse(&lines(MAX_LINES + 1)).unwrap_err().field, "description");
}

#[test]
fn sixty_four_kibibytes_are_read_and_one_more_is_not() {
    let text = |len: usize| format!("{HEAD}a=x:{}\r\n", "y".repeat(len - HEAD.len() - 6));
    assert_eq!(text(MAX_BYTES).len(), MAX_BYTES);
    assert!(SessionDescription::parse(&text(MAX_BYTES)).is_ok());
    assert_eq!(SessionDescription::parse(&text(MAX_BYTES + 1)).unwrap_err().field, "description");
}

/// CPU time would be better; the bounds leave two orders of magnitude of room instead.
fn quickly(what: &str, work: impl FnOnce()) {
    #[allow(clippy::disallowed_methods, reason = "a test of speed reads a clock")]
    let start = std::time::Instant::now();
    work();
    let taken = start.elapsed();
    assert!(taken < Duration::from_millis(500), "{what} took {taken:?}");
}

#[test]
fn the_slowest_descriptions_are_not_slow() {
    // As many names in a group as fit, and as many sections that look themselves up in it.
    let mut names = format!("{HEAD}a=group:BUNDLE{}\r\n", " a".repeat(20_000));
    let section = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
    while names.len() + section.len() < MAX_BYTES {
        names += section;
    }
    let transport = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 AA\r\na=setup:active\r\n";
    let many = (0..560).map(|n| {
        format!("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:{n}\r\na=sctp-port:1\r\n")
    });
    let group = (0..560).map(|n| format!(" {n}")).collect::<String>();
    let sections = format!("{HEAD}a=group:BUNDLE{group}\r\n{transport}{}", many.collect::<String>());
    let groups = format!("{HEAD}{}", "a=group:BUNDLE 1 2 3 4\r\n".repeat(1990));
    for (what, text) in [("names", names), ("sections", sections), ("groups", groups)] {
        quickly(what, || {
            let description = SessionDescription::parse(&text).unwrap();
            let _ = jsep::read(&description);
            let _ = jsep::check_answer(&description, &description);
            assert_eq!(description.to_string(), text);
        });
    }
    quickly("line ends", || assert!(SessionDescription::parse(&"\r\n".repeat(MAX_BYTES / 2)).is_err()));
    quickly("spaces", || {
        let text = format!("{HEAD}m=audio 9 X {}\r\n", " ".repeat(60_000));
        assert_eq!(SessionDescription::parse(&text).unwrap().media[0].formats().count(), 0);
    });
}

#[test]
fn ten_thousand_lines_are_refused_at_once() {
    let text = format!("{HEAD}{}", "a=rtpmap:96 VP8/90000\r\n".repeat(10_000));
    quickly("a long one", || assert_eq!(SessionDescription::parse(&text).unwrap_err().field, "description"));
    let short = format!("{HEAD}{}", "a=x\r\n".repeat(10_000));
    assert!(short.len() < MAX_BYTES, "not the bytes but the lines are too many");
    quickly("a short one", || {
        assert_eq!(SessionDescription::parse(&short).unwrap_err().field, "description")
    });
}

/// Answered, agreed on, and offered again.
fn negotiate(text: &str) {
    let side = Side::new();
    let offer = SessionDescription::parse(text).unwrap();
    let wishes = side.everything(&offer);
    let answer = jsep::answer(&side.local(&wishes), &offer).unwrap();
    jsep::check_answer(&offer, &answer).unwrap();
    let (ours, theirs) = (jsep::read(&answer).unwrap(), jsep::read(&offer).unwrap());
    for (ours, theirs) in ours.media.iter().zip(&theirs.media) {
        jsep::agree(ours, theirs, false);
        jsep::agree(theirs, theirs, true);
    }
    let again = jsep::offer(&side.local(&wishes), Some(jsep::Negotiated { local: &answer, remote: &offer }));
    assert_eq!(again.media.len(), offer.media.len());
}

#[test]
fn the_slowest_calls_are_not_slow() {
    let transport = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 AA\r\na=setup:actpass\r\n";
    let heading =
        |formats: &str| format!("m=video 9 UDP/TLS/RTP/SAVPF {formats}\r\na=mid:v\r\na=rtcp-mux\r\n");
    let full = |formats: &str, lines: &str| format!("{HEAD}{transport}{}{lines}", heading(formats));
    let all = (0..128).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    // Every number a codec, and as many repeats of each other as there is room for.
    let repeats: String =
        (0..128).map(|n| format!("a=rtpmap:{n} rtx/90000\r\na=fmtp:{n} apt={}\r\n", (n + 1) % 128)).collect();
    let codecs: String = (0..128)
        .map(|n| {
            format!("a=rtpmap:{n} H264/90000\r\na=fmtp:{n} profile-level-id=42e01f;packetization-mode=1\r\n")
        })
        .collect();
    let sources: String =
        (0..900).map(|n| format!("a=ssrc:{n} cname:x\r\na=ssrc-group:FID {n} {}\r\n", n + 1)).collect();
    let group = format!("a=ssrc-group:SIM{}\r\n", (0..9000).map(|n| format!(" {n}")).collect::<String>());
    let extensions: String = (0..1900).map(|n| format!("a=extmap:{} urn:{n}\r\n", n % 256)).collect();
    let rids: String =
        (0..900).map(|n| format!("a=rid:{n} send pt={}\r\n", all.replace(' ', ","))).take(100).collect();
    let layers =
        format!("a=simulcast:send {}\r\n", (0..4000).map(|n| format!("{};", n % 1000)).collect::<String>());
    let for_all: String = (0..1900).map(|n| format!("a=rtcp-fb:* x{n}\r\n")).collect();
    let mut sections = format!(
        "{HEAD}{transport}a=group:BUNDLE{}\r\n",
        (0..600).map(|n| format!(" {n}")).collect::<String>()
    );
    (0..600)
        .for_each(|n| sections += &format!("m=audio 9 RTP/AVP 0 3 8 9 13 18\r\na=mid:{n}\r\na=rtcp-mux\r\n"));
    let calls = [
        ("repeats", full(&all, &repeats)),
        ("codecs", full(&all, &codecs)),
        ("formats", full(&"96 ".repeat(18_000), "a=rtpmap:96 VP8/90000\r\n")),
        ("sources", full("96", &(sources + "a=rtpmap:96 VP8/90000\r\n"))),
        ("group", full("96", &(group + "a=rtpmap:96 VP8/90000\r\n"))),
        ("extensions", full("96", &extensions)),
        ("layers", full("96", &(rids + &layers + "a=rtpmap:96 VP8/90000\r\n"))),
        ("feedback", full(&all, &for_all)),
        ("sections", sections),
    ];
    for (what, text) in calls {
        assert!(text.len() < MAX_BYTES, "{what} {}", text.len());
        quickly(what, || negotiate(&text));
    }
}

#[test]
fn wrong_order_unknown_letters_and_missing_lines_are_refused() {
    let body = "m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n";
    assert!(SessionDescription::parse(&format!("{HEAD}{body}")).is_ok());
    let wrong = [
        ("", "v="),
        ("v=1\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", "proto-version"),
        ("v=0\r\ns=-\r\n", "o="),
        ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nt=0 0\r\n", "s="),
        ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n", "time-field"),
        ("v=0\r\no=- x 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", "origin-field"),
        ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\na=x\r\nt=0 0\r\n", "line order"),
        ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\ny=x\r\n", "type"),
        ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 X\r\n", "media-field"),
        ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 X 0\r\nt=0 0\r\n", "type"),
        ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 99999 X 0\r\n", "media-field"),
    ];
    for (text, field) in wrong {
        assert_eq!(SessionDescription::parse(text).unwrap_err().field, field, "{text:?}");
    }
}

#[test]
fn an_error_tells_where_in_the_text_it_is() {
    let text = format!("{HEAD}a=setup:client\r\n");
    let error = SessionDescription::parse(&text).unwrap_err();
    assert_eq!((error.field, &text[error.offset..]), ("setup", "client\r\n"));
}

#[test]
fn a_value_can_not_smuggle_a_line_in() {
    let mut description = SessionDescription::parse(HEAD).unwrap();
    description.name = "x\r\na=setup:active".into();
    description.lines.push(Line::Attribute(Attribute::Candidate("1\na=ice-lite".into())));
    assert_eq!(description.to_string(), HEAD.replace("s=-", "s=x") + "a=candidate:1\r\n");
}
