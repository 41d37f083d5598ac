//! Malformed packets: the tree goes as far as the bytes make sense, and says where and why it ends.
#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod common;

use common::*;
use limpid_inspect::{Described, Layer, Node, describe, describe_datagram};
use limpid_sansio::wire::ParseErrorKind;
use proptest::prelude::*;

/// The tree up to the fault: its last leaf says where.
fn assert_faulty(described: Described, len: usize) -> Node {
    let (tree, error) = described.unwrap_err();
    let found = leaves(&tree);
    let faults: Vec<_> = found.iter().filter(|leaf| leaf.name == "fault").collect();
    let [fault] = faults[..] else { panic!("one fault, in\n{tree}") };
    assert_eq!(fault.value, format!("offset {}", error.offset));
    assert_eq!(fault.text, error.to_string());
    assert_eq!(fault.layer, Some(Layer::Fault));
    assert!(error.offset <= len, "{error} lies within the packet of {len} bytes");
    assert!(tree.text.starts_with("malformed: "), "{tree}");
    assert_nests(&tree);
    tree
}

#[test]
fn a_stun_message_cut_anywhere() {
    let file: serde_json::Value = serde_json::from_str(&vector("stun_rfc5769.json")).unwrap();
    let bytes = hex(file["cases"][0]["message_hex"].as_str().unwrap());
    for len in 0..bytes.len() {
        let tree = assert_faulty(describe::stun(&bytes[..len]), len);
        // What was there in whole is told as before.
        assert_eq!(tree.find("magic cookie").is_some(), len >= 8, "{len} bytes");
        assert_eq!(tree.find("transaction ID").is_some(), len >= 20, "{len} bytes");
    }
}

#[test]
fn an_sctp_packet_cut_anywhere() {
    let bytes = data(1, 50, &dcep_open());
    for len in 0..bytes.len() {
        let tree = assert_faulty(describe::sctp(&bytes[..len]), len);
        assert_eq!(tree.find("verification tag").is_some(), len >= 8, "{len} bytes");
        assert_eq!(tree.find("TSN").is_some(), len >= 20, "{len} bytes");
    }
}

#[test]
fn a_record_cut_anywhere() {
    let bytes = &openssl_handshake()[0].2;
    for len in 1..bytes.len() {
        let tree = assert_faulty(describe::dtls(&bytes[..len]), len);
        assert_eq!(tree.find("random").is_some(), len >= 13 + 12 + 2 + 32, "{len} bytes");
    }
}

#[test]
fn the_place_of_a_fault_is_exact() {
    // A label that is not UTF-8: its third byte.
    let mut open = dcep_open();
    open[14] = 0xff;
    let (tree, error) = describe::sctp(&data(1, 50, &open)).unwrap_err();
    assert_eq!((error.field, error.offset, error.kind), ("label", 12 + 16 + 14, ParseErrorKind::BadValue));
    assert!(tree.find("priority").is_some() && tree.find("label").is_none(), "{tree}");

    // A changed byte under the checksum: told to the end, and yet refused.
    let mut packet = data(1, 51, b"hello");
    packet[30] ^= 1;
    let (tree, error) = describe::sctp(&packet).unwrap_err();
    assert_eq!((error.field, error.offset, error.kind), ("checksum", 8, ParseErrorKind::BadChecksum));
    assert!(tree.find("user data").is_some());

    // An SDP whose third line is wrong.
    let (tree, error) = describe::sdp("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=audio\r\n").unwrap_err();
    assert_eq!(error.offset, 5 + 24, "{error}");
    assert_eq!(tree.children.len(), 3, "two lines and the fault:\n{tree}");

    let (tree, error) = describe::candidate("candidate:1 1 udp many 192.0.2.1 9 typ host").unwrap_err();
    assert_eq!((error.field, error.offset), ("priority", 18));
    assert!(tree.find("transport").is_some());
}

#[test]
fn a_candidate_that_ice_can_not_read_does_not_spoil_a_description() {
    let text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=candidate:nonsense\r\n";
    let tree = describe::sdp(text).unwrap();
    assert!(tree.find("a=candidate").unwrap().text.starts_with("malformed: "), "{tree}");
}

#[test]
fn control_characters_are_not_printed() {
    let packet =
        data(1, 50, &[&hex("03 00 0100 00000000 0008 0000")[..], "\u{1b}[31m\u{202e}".as_bytes()].concat());
    let tree = describe::sctp(&packet).unwrap();
    let label = tree.find("label").unwrap();
    assert_eq!(label.value, "\"\\u{1b}[31m\\u{202e}\"");
    assert!(!tree.to_string().contains('\u{1b}') && !tree.to_json().contains('\u{202e}'));
}

proptest! {
    #[test]
    fn any_bytes_are_told_or_faulted(bytes in proptest::collection::vec(any::<u8>(), 0..200), head in 0usize..5) {
        let heads: [&[u8]; 5] = [&[], b"\x00\x01\x00\x20\x21\x12\xa4\x42", b"\x16\xfe\xfd\x00\x00", b"\x13\x88\x13\x88", b"\x2c"];
        let bytes = [heads[head], &bytes].concat();
        for described in [describe::stun(&bytes), describe::dtls(&bytes), describe::sctp(&bytes), describe::dcep(&bytes),
            describe::handshake_message(&bytes)] {
            let (Ok(tree) | Err((tree, _))) = described;
            assert_nests(&tree);
            prop_assert_eq!(tree.bits, (0, bytes.len() * 8));
        }
        assert_nests(&describe_datagram(&bytes));
    }

    #[test]
    fn any_text_is_told_or_faulted(text in "(a=)?(candidate:|v=0\r\n)?\\PC{0,60}(\r\n[a-z]=\\PC{0,20}){0,5}") {
        for described in [describe::sdp(&text), describe::candidate(&text)] {
            let (Ok(tree) | Err((tree, _))) = described;
            assert_nests(&tree);
        }
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0usize..2000, to in any::<u8>(), which in 0usize..12) {
        let packets = openssl_handshake();
        let mut bytes = packets[which % packets.len()].2.clone();
        let at = at % bytes.len();
        bytes[at] = to;
        assert_nests(&describe_datagram(&bytes));
    }
}
