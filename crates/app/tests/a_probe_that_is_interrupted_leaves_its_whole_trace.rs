//! `--trace` writes at the end, however the command ends: PROTOCOLS.md 9.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;

use common::Running;
use rustix::process::Signal;

/// The kinds of the blocks of a pcapng, whose last ends where the file does.
fn blocks(file: &Path) -> Vec<u32> {
    let bytes = std::fs::read(file).unwrap();
    let (mut rest, mut kinds) = (bytes.as_slice(), Vec::new());
    let word = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    while !rest.is_empty() {
        let len = word(&rest[4..8]);
        let (block, after) = rest.split_at(len as usize);
        assert_eq!(word(&block[block.len() - 4..]), len, "a block ends with its length");
        kinds.push(word(&block[..4]));
        rest = after;
    }
    kinds
}

#[test]
fn every_form_of_it_can_be_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let [pcapng, rtclog, ladder] = ["a.pcapng", "a.rtclog", "a.txt"].map(|name| folder.path().join(name));
    let mut echo = Running::start(&["echo", "--listen", "127.0.0.1:0"]);
    let url = echo.event()["url"].as_str().unwrap().to_owned();
    let mut arguments = vec!["probe", &url, "--messages", "1000000", "--size", "1000", "--timeout", "300"];
    for file in [&pcapng, &rtclog, &ladder] {
        arguments.extend(["--trace", file.to_str().unwrap()]);
    }
    let mut probe = Running::start(&arguments);
    assert_eq!(probe.event()["event"], "connected");
    probe.signal(Signal::INT);
    assert_eq!(probe.event()["error"], "cancelled");
    assert_eq!(probe.end(), Some(130));

    let blocks = blocks(&pcapng);
    assert_eq!(blocks[0], 0x0a0d_0d0a, "a section header");
    assert!(blocks.iter().filter(|kind| **kind == 6).count() > 10, "packets: {blocks:?}");

    let log = std::fs::read_to_string(&rtclog).unwrap();
    assert!(log.ends_with('\n'), "its last line is whole");
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["file_schema"], "urn:limpid:rtclog:1");
    assert!(lines[1..].iter().all(|line| line["time"].is_number() && line["name"].is_string()));
    assert!(lines[1..].iter().any(|line| line["name"].as_str().unwrap().starts_with("dtls:")));

    assert!(std::fs::read_to_string(&ladder).unwrap().contains("ClientHello"));
}
