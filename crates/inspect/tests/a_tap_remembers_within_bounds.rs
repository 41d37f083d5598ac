//! The capture behind a tap: bounded, quiet about secrets, and written in three forms.
#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod common;

use std::time::Duration;

use common::*;
use limpid_inspect::capture::{Capture, Detail, Limits};
use limpid_sansio::tap::{Record, Tap, Value};
use limpid_sansio::{Direction, Instant};

const RECORD: Record<'_> = Record {
    at: Instant::ZERO,
    connection: 7,
    machine: "ice",
    name: "state",
    flow: None,
    fields: &[("from", Value::Text("checking")), ("to", Value::Text("connected"))],
    bytes: None,
    secret: false,
};

/// A connection as a peer records it: a datagram each way, SCTP within, a state, a key.
fn record_all(tap: &mut dyn Tap) {
    let handshake = openssl_handshake();
    for (at, direction, bytes) in &handshake {
        let flow = Some((*direction, Some(path())));
        tap.record(&Record {
            at: *at,
            machine: "wire",
            name: "packet",
            flow,
            fields: &[],
            bytes: Some(bytes),
            ..RECORD
        });
    }
    let at = handshake[8].0;
    for (direction, bytes) in association() {
        let flow = Some((direction, None));
        tap.record(&Record {
            at,
            machine: "sctp",
            name: "packet",
            flow,
            fields: &[],
            bytes: Some(&bytes),
            ..RECORD
        });
    }
    tap.record(&Record { at, ..RECORD });
    let line = vector("openssl_dtls12.keylog");
    let fields = &[("keylog", Value::Text(line.trim_end()))];
    tap.record(&Record { at, machine: "dtls", name: "secret", fields, secret: true, ..RECORD });
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    out
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn the_oldest_records_fall_out() {
    let capture = Capture::new(Limits { records: 10, ..Limits::default() });
    let mut tap = capture.tap();
    for at in 0..25 {
        tap.record(&Record { at: Instant::from_millis(at), ..RECORD });
    }
    let entries = capture.entries();
    assert_eq!((entries.len(), capture.fallen_out()), (10, 15));
    assert_eq!(entries[0].at, Instant::from_millis(15));
}

#[test]
fn the_beginning_stays_and_the_middle_falls_out() {
    let capture = Capture::new(Limits { first: 4, records: 10, ..Limits::default() });
    let mut tap = capture.tap();
    for at in 0..25 {
        tap.record(&Record { at: Instant::from_millis(at), ..RECORD });
    }
    let times: Vec<u64> = capture.entries().iter().map(|entry| entry.at.as_nanos() / 1_000_000).collect();
    assert_eq!(times, [0, 1, 2, 3, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
    assert_eq!(capture.fallen_out(), 11);
}

#[test]
fn large_packets_fall_out_by_their_bytes() {
    let capture = Capture::new(Limits { bytes: 100_000, ..Limits::default() });
    let mut tap = capture.tap();
    for _ in 0..1000 {
        tap.record(&Record { machine: "wire", name: "packet", bytes: Some(&[0; 1200]), ..RECORD });
    }
    assert!((50..=84).contains(&capture.entries().len()), "{}", capture.entries().len());
    tap.record(&Record { bytes: Some(&[0; 200_000]), ..RECORD });
    assert_eq!(capture.entries().len(), 0, "what does not fit at all is not kept");
}

#[test]
fn secrets_are_kept_only_when_asked_for_and_written_only_when_asked_for() {
    let line = vector("openssl_dtls12.keylog");
    let secret = line.trim_end().rsplit(' ').next().unwrap();
    for (kept, detail, shown) in [
        (false, Detail::Shareable, false),
        (false, Detail::Full, false),
        (true, Detail::Shareable, false),
        (true, Detail::Full, true),
    ] {
        let capture = Capture::new(Limits { keys: kept, ..Limits::default() });
        record_all(&mut *capture.tap());
        assert_eq!(capture.keys().len(), usize::from(kept));
        let pcapng = written(|out| capture.write_pcapng(out, detail, Duration::ZERO));
        assert_eq!(contains(&pcapng, secret.as_bytes()), shown, "kept {kept}, {detail:?}");
        let log = written(|out| capture.write_rtclog(out, detail, "test"));
        assert!(!contains(&log, secret.as_bytes()), "a log never holds keys");
        assert!(!format!("{capture:?}").contains(secret), "nor does Debug");
    }
}

#[test]
fn what_was_encrypted_stays_out_of_what_is_shared() {
    let capture = Capture::new(Limits::default());
    record_all(&mut *capture.tap());
    for (detail, shown) in [(Detail::Shareable, false), (Detail::Full, true)] {
        let pcapng = written(|out| capture.write_pcapng(out, detail, Duration::ZERO));
        assert_eq!(contains(&pcapng, b"hello"), shown, "pcapng, {detail:?}");
        let log = written(|out| capture.write_rtclog(out, detail, "test"));
        assert_eq!(contains(&log, b"68656c6c6f"), shown, "rtclog, {detail:?}");
    }
}

#[test]
fn tshark_lists_both_floors() {
    let capture = Capture::new(Limits { keys: true, ..Limits::default() });
    record_all(&mut *capture.tap());
    let file = TempFile::new(
        "tap.SECRET.pcapng",
        &written(|out| capture.write_pcapng(out, Detail::Full, Duration::ZERO)),
    );
    let Some(table) = tshark(&["-r", file.path(), "-T", "fields", "-e", "frame.interface_name"]) else {
        return;
    };
    let count = |name: &str| table.lines().filter(|line| *line == name).count();
    assert_eq!((count("wire"), count("sctp")), (openssl_handshake().len(), association().len()));
    let malformed =
        tshark(&["-r", file.path(), "-Y", "_ws.malformed || _ws.expert.severity == error"]).unwrap();
    assert_eq!(malformed, "");
}

#[test]
fn a_log_is_json_a_line() {
    let capture = Capture::new(Limits::default());
    record_all(&mut *capture.tap());
    let log = String::from_utf8(written(|out| capture.write_rtclog(out, Detail::Shareable, "a \"test\"\n")))
        .unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["file_schema"], "urn:limpid:rtclog:1");
    assert_eq!(lines[0]["title"], "a \"test\"\n");
    assert_eq!(lines.len(), 1 + capture.entries().len());
    let names: Vec<&str> = lines[1..].iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!((names[0], names[1]), ("dtls:record_sent", "dtls:record_received"));
    assert!(
        names.contains(&"sctp:chunk_sent")
            && names.contains(&"sctp:chunk_received")
            && names.contains(&"ice:state")
    );
    let times: Vec<f64> = lines[1..].iter().map(|line| line["time"].as_f64().unwrap()).collect();
    assert_eq!(times[0], 0.0);
    assert!(times[1] > 0.0 && lines[1]["group_id"] == "7");
    assert_eq!(lines.last().unwrap()["data"]["to"], "connected");
    assert_eq!(lines[1]["data"]["length"].as_u64(), Some(openssl_handshake()[0].2.len() as u64));
}

#[test]
fn the_ladder_shows_sctp_in_place_of_what_carried_it() {
    let capture = Capture::new(Limits::default());
    record_all(&mut *capture.tap());
    let text = capture.ladder(["we", "they"]);
    assert!(
        text.contains("INIT") && text.contains("DATA_CHANNEL_OPEN") && text.contains("ClientHello"),
        "{text}"
    );
    assert!(!text.contains("encrypted application_data"), "{text}");
    let encrypted = openssl_handshake().iter().filter(|packet| packet.2[0] == 23).count();
    assert_eq!(arrows(&text).len(), openssl_handshake().len() - encrypted + association().len());
}

#[test]
fn dropped_packets_and_notes_are_marked() {
    let capture = Capture::new(Limits::default());
    let hello = &openssl_handshake()[0].2;
    capture.tap().record(&Record {
        machine: "wire",
        name: "drop",
        flow: Some((Direction::Out, Some(path()))),
        fields: &[("note", Value::Text("by the link"))],
        bytes: Some(hello),
        ..RECORD
    });
    let text = capture.ladder(["we", "they"]);
    assert!(text.contains('✗') && text.contains("by the link") && !text.contains('▶'), "{text}");
    let log = String::from_utf8(written(|out| capture.write_rtclog(out, Detail::Shareable, ""))).unwrap();
    assert!(log.contains("\"sim:drop\""), "{log}");
}

#[test]
fn media_stands_decrypted_in_the_ladder_and_leaves_only_in_full() {
    let capture = Capture::new(Limits::default());
    let mut tap = capture.tap();
    record_all(&mut *tap);
    // RFC 3550 §5.1 by hand: version 2, type 0, sequence number 1; and a receiver report of nobody.
    let rtp = hex("80 00 0001 00000000 deadbeef 68656c6c6f21");
    let rtcp = hex("80 c9 0001 deadbeef");
    let flow = Some((Direction::Out, None));
    for (machine, bytes) in [("rtp", &rtp), ("rtp", &rtp), ("rtcp", &rtcp)] {
        let wire = Some((Direction::Out, Some(path())));
        let protected = [&bytes[..8], &[0xee; 20]].concat();
        tap.record(&Record { machine, name: "packet", flow, fields: &[], bytes: Some(bytes), ..RECORD });
        let record = Record { machine: "wire", name: "packet", flow: wire, fields: &[], ..RECORD };
        tap.record(&Record { bytes: Some(&protected), ..record });
    }
    let ladder = capture.ladder(["browser", "limpid"]);
    let lines: Vec<&str> = ladder.lines().filter(|line| line.contains('▲') || line.contains('△')).collect();
    assert_eq!(lines.len(), 3, "SRTP is not drawn where RTP is:\n{ladder}");
    assert!(lines[0].contains("▲ payload type 0, #1 of 0xdeadbeef"), "{}", lines[0]);
    assert!(lines[1].contains("▲ ↻1 payload type 0, #1 of"), "{}", lines[1]);
    assert!(lines[2].contains("△ RR of 0xdeadbeef"), "{}", lines[2]);

    for (detail, shown) in [(Detail::Shareable, false), (Detail::Full, true)] {
        let pcapng = written(|out| capture.write_pcapng(out, detail, Duration::ZERO));
        assert_eq!(contains(&pcapng, b"hello!"), shown, "{detail:?}");
    }
    let log = String::from_utf8(written(|out| capture.write_rtclog(out, Detail::Shareable, "test"))).unwrap();
    for name in ["rtp:packet_sent", "rtcp:sent", "srtp:packet_sent"] {
        assert!(log.contains(&format!("\"name\":\"{name}\"")), "{name} in\n{log}");
    }

    let file =
        TempFile::new("rtp.pcapng", &written(|out| capture.write_pcapng(out, Detail::Full, Duration::ZERO)));
    let select = ["-T", "fields", "-e", "rtp.ssrc", "-e", "rtcp.senderssrc", "-Y", "frame.interface_id == 2"];
    let heuristics = ["--enable-heuristic", "rtp_udp", "--enable-heuristic", "rtcp_udp"];
    let Some(table) = tshark(&[&["-r", file.path()][..], &select, &heuristics].concat()) else { return };
    assert_eq!(table, "0xdeadbeef\t\n0xdeadbeef\t\n\t0xdeadbeef\n");
}

#[test]
fn media_is_named_after_its_codec_and_decisions_stand_between_the_packets() {
    let capture = Capture::new(Limits::default());
    let mut tap = capture.tap();
    let note = |at, machine, name, fields: &[(&'static str, Value<'_>)], tap: &mut dyn Tap| {
        tap.record(&Record { at, machine, name, fields, ..RECORD });
    };
    let sdp = "m=audio 9 UDP/TLS/RTP/SAVPF 0 96\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:200 no/1\r\n";
    note(Instant::ZERO, "sdp", "local_set", &[("sdp", Value::Text(sdp))], &mut *tap);
    let rtp = hex("80 e0 0001 00000000 deadbeef 68656c6c6f21");
    for direction in [Direction::In, Direction::Out] {
        let flow = Some((direction, None));
        tap.record(&Record {
            machine: "rtp",
            name: "packet",
            flow,
            fields: &[],
            bytes: Some(&rtp),
            ..RECORD
        });
    }
    let at = Instant::ZERO + Duration::from_secs(2);
    let rung =
        [("step", Value::Text("restart")), ("words", Value::Text("looking for another\u{1b}[2J path"))];
    note(at, "call", "path", &rung, &mut *tap);
    tap.record(&Record {
        at,
        machine: "wire",
        name: "packet",
        flow: None,
        bytes: Some(&hex("00")),
        ..RECORD
    });

    let ladder = capture.ladder(["we", "they"]);
    let lines: Vec<&str> = ladder.lines().collect();
    // The other side may call another codec 96.
    assert!(lines[1].ends_with("│  VP8") && lines[2].ends_with("▶│"), "{ladder}");
    assert!(lines[3].trim_start().starts_with("2.000000  ╞═ ○ looking for another"), "{ladder}");
    assert!(lines[3].ends_with("═╡") && !ladder.contains('\u{1b}'), "{ladder}");
    let width = |line: &str| line.chars().count();
    assert_eq!(width(lines[3]), width(lines[2]), "{ladder}");

    let log = String::from_utf8(written(|out| capture.write_rtclog(out, Detail::Shareable, ""))).unwrap();
    assert_eq!(log.matches("\"codec\":\"VP8\"").count(), 1, "{log}");
    assert!(log.contains(r#""name":"call:path","data":{"step":"restart","#), "{log}");
}
