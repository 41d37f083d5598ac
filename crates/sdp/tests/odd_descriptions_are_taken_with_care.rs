//! What is old, odd or half said in sections of audio and video: taken where browsers take it, and refused where nothing
//! good could come of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Side, answered, outline, parse, video};
use limpid_sdp::JsepError;
use limpid_sdp::jsep::{self, Direction, LocalSource, MediaKind, Wish};

use Direction::SendRecv;
use MediaKind::Video;

//~ covers 9429-5.10-a
#[test]
fn bandwidth_is_told_without_headers() {
    let offer = video("").to_string();
    let limit = |lines: &str| {
        let text = offer.replace("c=IN IP4 0.0.0.0\r\n", &format!("c=IN IP4 0.0.0.0\r\n{lines}"));
        jsep::read(&parse(&text)).unwrap().media[0].max_bitrate
    };
    assert_eq!(limit(""), None);
    assert_eq!(limit("b=AS:1000\r\n"), Some(934_000));
    assert_eq!(limit("b=AS:1000\r\nb=TIAS:500000\r\n"), Some(500_000));
    assert_eq!(limit("b=AS:1\r\n"), Some(0));
}

#[test]
fn odd_lists_of_codecs_are_read_with_care() {
    let text = video("").to_string();
    let numbers = |formats: &str, lines: &str| {
        let text = text.replace("SAVPF 96 97", &format!("SAVPF {formats}")) + lines;
        let read = jsep::read(&parse(&text)).unwrap();
        read.media[0].codecs.iter().map(|codec| codec.payload_type).collect::<Vec<_>>()
    };
    assert_eq!(numbers("96 96 97 200 x", ""), [96, 97], "twice, too large, no number");
    assert_eq!(numbers("34 77", ""), [34], "34 needs no line, 77 has none");
    assert_eq!(numbers("72 96", "a=rtpmap:72 VP9/90000\r\n"), [96], "72 would be taken for RTCP");
    assert_eq!(numbers("97", ""), [97]);
    let orphan = parse(&text.replace("SAVPF 96 97", "SAVPF 97"));
    let side = Side::new();
    let answer = jsep::answer(&side.local(&side.everything(&orphan)), &orphan).unwrap();
    assert_eq!(outline(&answer), ["video 0 v"], "repeats without what they repeat are nothing");
}

#[test]
fn sections_without_names_are_answered_without_names() {
    let side = Side::new();
    let text = video("").to_string().replace("a=mid:v\r\n", "").replace("a=group:BUNDLE v\r\n", "");
    let answer = answered(&side, side.wish(Video, None, SendRecv), &parse(&text));
    assert!(answer.contains("m=video 9 ") && !answer.contains("a=mid") && !answer.contains("a=group"));
}

#[test]
fn a_single_source_is_told_without_repeats_where_nobody_agreed_on_repeats() {
    let side = Side::new();
    let sources = [LocalSource { ssrc: 5, rtx: Some(6), rid: None }];
    let offer = video("").to_string().replace("SAVPF 96 97", "SAVPF 96");
    let wish = Wish { sources: &sources, streams: &[], ..side.wish(Video, None, SendRecv) };
    let text = answered(&side, wish, &parse(&offer));
    assert!(text.contains("a=ssrc:5 cname:cname\r\na=ssrc:5 msid:- track\r\n") && !text.contains("a=ssrc:6"));
    assert!(text.contains("a=msid:- track\r\n"));
}

#[test]
fn rtcp_on_a_port_of_its_own_is_refused_and_rtp_profiles_are_all_one() {
    let side = Side::new();
    let text = video("").to_string();
    let without = parse(&text.replace("a=rtcp-mux\r\n", ""));
    let wish = side.wish(Video, Some(0), SendRecv);
    let answer = jsep::answer(&side.local(&[wish]), &without).unwrap();
    assert_eq!(outline(&answer), ["video 0 v"]);
    for protocol in ["RTP/SAVPF", "RTP/AVP", "TCP/DTLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP"] {
        let offer = parse(&text.replace("UDP/TLS/RTP/SAVPF", protocol));
        assert!(answered(&side, wish, &offer).contains(&format!("m=video 9 {protocol} 96 97\r\n")));
    }
    let other = parse(&text.replace("UDP/TLS/RTP/SAVPF", "udp"));
    assert_eq!(outline(&jsep::answer(&side.local(&[wish]), &other).unwrap()), ["video 0 v"]);

    let offer = video("");
    let answer = jsep::answer(&side.local(&[wish]), &offer).unwrap().to_string();
    let demanding = parse(&answer.replace("a=rtcp-mux\r\n", ""));
    assert_eq!(jsep::check_answer(&offer, &demanding), Err(JsepError::RtcpNotMultiplexed(0)));
    let plain = parse(&answer.replace("UDP/TLS/RTP/SAVPF", "RTP/SAVPF"));
    assert_eq!(jsep::check_answer(&offer, &plain), Ok(()));
}

//~ covers 8888-6-a, 8888-6-b
#[test]
fn arrivals_are_told_for_all_payload_types_and_an_answer_names_one_way() {
    let side = Side::new();
    let wish = side.wish(Video, None, SendRecv);
    let ways = |text: &str| {
        let all = text.lines().filter_map(|line| line.strip_prefix("a=rtcp-fb:")).map(str::to_owned);
        let mut ways: Vec<_> = all.filter(|l| l.ends_with("ccfb") || l.ends_with("transport-cc")).collect();
        ways.dedup_by_key(|line| line.split(' ').next_back().map(str::to_owned));
        ways
    };
    let ours = jsep::offer(&side.local(&[wish]), None).to_string();
    assert_eq!(ways(&ours), ["96 transport-cc", "* ack ccfb"]);

    let both = "a=rtcp-fb:* ack ccfb\na=rtcp-fb:96 transport-cc\n";
    let numbered = format!("{both}a=extmap:5 {}\n", common::TRANSPORT_WIDE);
    for (lines, expected) in [
        (numbered.as_str(), "96 transport-cc"),
        (both, "* ack ccfb"),
        ("a=rtcp-fb:* ack ccfb\n", "* ack ccfb"),
        ("a=rtcp-fb:* transport-cc\n", "96 transport-cc"),
    ] {
        let offer = video(lines);
        let answer = answered(&side, wish, &offer);
        assert_eq!(ways(&answer), [expected], "{lines}");
        assert_eq!(answered(&side, wish, &offer), answer, "the same each time");
    }
}

//~ covers 9143-9.1.1-a neg
#[test]
fn a_payload_type_means_one_codec_over_the_group() {
    let side = Side::new();
    let second = |lines: &str| {
        let text = video("").to_string().replace("BUNDLE v", "BUNDLE v w");
        let more = "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99\r\na=mid:w\r\na=rtcp-mux\r\n";
        let offer = parse(&(text + more + lines));
        let answer = jsep::answer(&side.local(&side.everything(&offer)), &offer).unwrap();
        let read = jsep::read(&answer).unwrap();
        let numbers =
            |at: usize| read.media[at].codecs.iter().map(|codec| codec.payload_type).collect::<Vec<_>>();
        assert_eq!(numbers(0), [96, 97]);
        (outline(&answer), numbers(1))
    };
    let vp8 = "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
    let vp9 = "a=rtpmap:98 VP9/90000\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n";
    let both = vec!["video 9 v".to_owned(), "video 9 w".to_owned()];
    assert_eq!(second(&format!("{vp8}{vp9}")), (both.clone(), vec![96, 97, 98, 99]), "the same in both");
    let other =
        "a=rtpmap:96 VP9/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=98\r\na=rtpmap:98 VP8/90000\r\n";
    assert_eq!(second(other), (both, vec![98]), "96 and what 97 repeats are others in the first section");
    let (outline, numbers) = second("a=rtpmap:96 VP9/90000\r\n");
    assert_eq!((outline[1].as_str(), numbers.len()), ("video 0 w", 0), "nothing is left");
}
