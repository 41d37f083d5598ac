//! `limpid decode` as a process: PROTOCOLS.md 8.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::limpid;

/// A Binding request with nothing in it.
const REQUEST: &[u8] = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
const HEX: &str = "00:01 0000 2112A442\n6162636465666768 696a6b6c\n";

/// Exit code, tree, what people are told.
fn decode(kind: &str, input: &[u8]) -> (Option<i32>, serde_json::Value, String) {
    let ended = limpid(&["decode", kind, "--json"], input);
    let tree = serde_json::from_slice(&ended.stdout).unwrap();
    (ended.status.code(), tree, String::from_utf8(ended.stderr).unwrap())
}

/// The last leaf of a tree, and how many nodes stand beside it.
fn last(tree: &serde_json::Value) -> (&serde_json::Value, usize) {
    let (leaf, before) = tree["children"].as_array().unwrap().split_last().unwrap();
    if leaf["children"] == serde_json::json!([]) { (leaf, before.len()) } else { last(leaf) }
}

#[test]
fn what_is_whole_ends_with_0_as_hex_and_as_bytes() {
    let (exit, tree, said) = decode("stun", REQUEST);
    assert_eq!((exit, said.as_str()), (Some(0), ""));
    assert_eq!(tree["bits"], serde_json::json!([0, 160]));
    assert_eq!(decode("stun", HEX.as_bytes()), (exit, tree, said));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, HEX).unwrap();
    let for_people = limpid(&["decode", "stun", file.path().to_str().unwrap()], b"");
    assert_eq!(for_people.status.code(), Some(0));
    assert!(String::from_utf8(for_people.stdout).unwrap().starts_with("0..20 "));
}

#[test]
fn what_is_cut_ends_with_12_the_tree_up_to_the_fault_and_its_offset() {
    let malformed: [(&str, &[u8], u64); 7] = [
        ("stun", &REQUEST[..10], 8),
        ("dtls", b"16fefd", 3),
        ("sctp", b"1388 1388 0000", 4),
        ("rtp", b"80 00 0001 0000", 4),
        ("rtcp", b"80c90001 00000001 81cd0003", 10),
        ("sdp", b"v=0\r\n", 5),
        ("candidate", b"candidate:1 1 udp", 17),
    ];
    for (kind, input, offset) in malformed {
        let (exit, tree, said) = decode(kind, input);
        assert_eq!(exit, Some(12), "{kind}");
        assert!(said.contains(&format!("offset {offset} ")), "{kind}: {said}");
        let (fault, before) = last(&tree);
        assert_eq!((&fault["name"], &fault["bits"][0]), (&"fault".into(), &(offset * 8).into()), "{kind}");
        assert!(before > 0, "{kind}: what stands before the fault");
    }
}

#[test]
fn media_is_told_with_the_extensions_that_were_named() {
    let packet = b"90 60 0001 00000000 00000001 bede 0001 30 9e 0000";
    let extmap = ["--extmap", "3=urn:ietf:params:rtp-hdrext:ssrc-audio-level"];
    let told = limpid(&[&["decode", "rtp"][..], &extmap].concat(), packet);
    assert_eq!(told.status.code(), Some(0));
    assert!(String::from_utf8(told.stdout).unwrap().contains("-30 dBov, voice"));
    assert_eq!(limpid(&["decode", "rtp", "--extmap", "0=x"], packet).status.code(), Some(2));
    let (exit, tree, _) = decode("rtcp", b"80c90001 00000001 81ce0002 00000001 00000002");
    assert_eq!(exit, Some(0));
    assert_eq!(tree["text"], "RR of 0x00000001 + PLI for 0x00000002: a key frame, please");
}

#[test]
fn an_odd_number_of_digits_is_no_hex() {
    let digits = &HEX.trim_end()[..HEX.len() - 2];
    let (exit, tree, _) = decode("stun", digits.as_bytes());
    assert_eq!(exit, Some(12));
    let kind = &tree["children"][1];
    assert_eq!((&kind["name"], &kind["value"]), (&"message type".into(), &"12336".into()), "\"00\" as it is");
}
