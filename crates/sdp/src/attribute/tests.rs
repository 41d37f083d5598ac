//! Every typed attribute: what it reads, that it writes the same, and what it refuses.

use alloc::string::String;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

use super::*;

fn parse(line: &str) -> Attribute {
    Attribute::parse(line).unwrap()
}

fn written(attribute: &Attribute) -> String {
    let mut out = String::new();
    attribute.write(&mut out);
    out
}

/// One canonical line of each kind, from the RFCs' grammars and from browsers.
const LINES: &[&str] = &[
    "mid:0",
    "mid:video-1",
    "group:BUNDLE 0 1 2",
    "group:LS",
    "bundle-only",
    "ice-ufrag:8hhY",
    "ice-pwd:asd88fgpdd777uzjYhagZg",
    "ice-options:trickle ice2",
    "ice-lite",
    "ice-mismatch",
    "candidate:1 1 UDP 2130706431 198.51.100.1 8998 typ host",
    "remote-candidates:1 192.0.2.3 45664",
    "end-of-candidates",
    "fingerprint:sha-256 0F:a1:33",
    "setup:actpass",
    "setup:active",
    "setup:passive",
    "setup:holdconn",
    "tls-id:abc3de65cddef001be82",
    "sctp-port:5000",
    "max-message-size:0",
    "max-message-size:18446744073709551615",
    "sctpmap:5000 webrtc-datachannel 65535",
    "sctpmap:5000 webrtc-datachannel",
    "sctp-init:AQAAHvN6BukAUAAA",
    "sendrecv",
    "sendonly",
    "recvonly",
    "inactive",
    "rtpmap:111 opus/48000/2",
    "rtpmap:96 VP8/90000",
    "fmtp:111 minptime=10;useinbandfec=1",
    "fmtp:101 0-15",
    "fmtp:webrtc-datachannel max-message-size=100000",
    "fmtp:96",
    "ptime:20",
    "maxptime:1.5",
    "framerate:29.97",
    "rtcp:9 IN IP4 0.0.0.0",
    "rtcp:53020",
    "rtcp-fb:96 nack pli",
    "rtcp-fb:* transport-cc",
    "rtcp-mux",
    "rtcp-mux-only",
    "rtcp-rsize",
    "rtcp-xr:rcvr-rtt=all",
    "rtcp-xr:",
    "extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "extmap:2/recvonly urn:x param=1 more",
    "extmap-allow-mixed",
    "ssrc:1711138554 cname:PkWrvRytAjmc/d4u",
    "ssrc:7",
    "ssrc-group:FID 1 2",
    "msid:- track",
    "msid:stream",
    "msid-semantic: WMS *",
    "rid:hi send pt=96;max-width=1280",
    "rid:lo recv",
    "simulcast:send hi;mid,~lo",
    "simulcast:recv 1 send 2;3",
    "x-google-flag:conference",
    "unknown",
    "unknown:",
    "unknown:a:b",
];

#[test]
fn every_canonical_line_is_written_as_it_was_read() {
    for line in LINES {
        let attribute = parse(line);
        assert_eq!(written(&attribute), *line);
        let is_other = matches!(attribute, Attribute::Other { .. });
        assert_eq!(is_other, line.starts_with("unknown") || line.starts_with("x-"), "{line}");
    }
}

#[test]
fn fields_are_what_the_grammar_says() {
    let Attribute::RtpMap(map) = parse("rtpmap:111 opus/48000/2") else { panic!() };
    assert_eq!((map.payload_type, map.clock_rate), (111, 48_000));
    assert!(map.encoding == "opus" && map.parameters.is_some_and(|channels| channels == "2"));

    let Attribute::Group(group) = parse("group:BUNDLE audio video") else { panic!() };
    assert!(group.is_bundle() && group.mids().eq(["audio", "video"]));

    let Attribute::ExtMap(map) = parse("extmap:2/recvonly urn:x a b") else { panic!() };
    assert_eq!((map.id, map.direction), (2, Some(Direction::RecvOnly)));
    assert!(map.uri == "urn:x" && map.attributes.is_some_and(|text| text == "a b"));

    let Attribute::SsrcGroup(group) = parse("ssrc-group:FID 1 4294967295") else { panic!() };
    assert!(group.sources().eq([1, u32::MAX]));

    let Attribute::RtcpFeedback(feedback) = parse("rtcp-fb:* ccm fir") else { panic!() };
    assert!(feedback.payload_type.is_none() && feedback.feedback == "ccm fir");

    let Attribute::SctpMap(map) = parse("sctpmap:5000 webrtc-datachannel 256") else { panic!() };
    assert_eq!((map.port, map.streams), (5000, Some(256)));

    let Attribute::Fingerprint(print) = parse("fingerprint:sha-256 AB:cd") else { panic!() };
    assert!(print.hash == "sha-256" && print.digest == "AB:cd");
}

#[test]
fn a_known_attribute_that_is_malformed_is_a_fault() {
    let wrong = [
        "mid:",
        "mid:two words",
        "group:",
        "ice-ufrag:abc",
        "ice-ufrag:a b c",
        "ice-pwd:short",
        "candidate:",
        "fingerprint:sha-256",
        "fingerprint:sha-256 AB:C",
        "fingerprint:sha-256 AB:CD:",
        "fingerprint:sha-256 AB-CD",
        "fingerprint:sha-256 AB CD",
        "fingerprint:sha 256 AB",
        "setup:client",
        "setup:ACTIVE",
        "sctp-port:",
        "sctp-port:65536",
        "sctp-port:-1",
        "sctp-port:5000 ",
        "max-message-size:+1",
        "max-message-size:18446744073709551616",
        "sctpmap:5000",
        "rtpmap:128 x/1",
        "rtpmap:96 VP8",
        "rtpmap:96 /1",
        "rtpmap:96 a/b",
        "rtpmap:96  VP8/90000",
        "fmtp:",
        "rtcp:x",
        "rtcp:9 IN IP4",
        "rtcp-fb:96",
        "rtcp-fb:x nack",
        "extmap:x urn:x",
        "extmap:1",
        "extmap:1/both urn:x",
        "ssrc:4294967296",
        "ssrc-group:FID 1 x",
        "msid:",
        "rid:a.b send",
        "rid:a both",
        "simulcast:send",
        "simulcast:send 1 send 2",
        "simulcast: send rid=1;2",
    ];
    for line in wrong {
        let error = Attribute::parse(line).expect_err(line);
        let colon = line.find(':').unwrap();
        assert_eq!((error.field, error.offset), (&line[..colon], colon + 1), "{line}");
    }
    assert_eq!(Attribute::parse(":x"), Err(ParseError::new("attribute", 0, ParseErrorKind::Missing)));
}

#[test]
fn nothing_that_would_end_a_line_is_read() {
    for line in ["unknown:a\r\na=mid:0", "fmtp:96 a\nb", "msid:a\0"] {
        assert_eq!(Attribute::parse(line).unwrap_err().field, "byte-string");
    }
}

#[test]
fn ufrags_of_peers_with_other_alphabets_are_read() {
    assert_eq!(written(&parse("ice-ufrag:a-b_c=#")), "ice-ufrag:a-b_c=#");
    assert_eq!(Attribute::parse("ice-ufrag:abcd!").unwrap_err().kind, ParseErrorKind::BadValue);
    let longest = alloc::format!("ice-pwd:{}", "x".repeat(256));
    assert_eq!(written(&parse(&longest)), longest);
    assert_eq!(Attribute::parse(&alloc::format!("{longest}x")).unwrap_err().kind, ParseErrorKind::BadLength);
}
