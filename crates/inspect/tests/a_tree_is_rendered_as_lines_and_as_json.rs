//! Both renderings of a tree: a snapshot, beside what must hold of any.
#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod common;

use common::*;
use limpid_inspect::{Layer, Node, describe};
use serde_json::Value;

/// A node of protocols.md section 8: these members, in this shape, and no others.
fn assert_json(json: &Value, node: &Node) {
    let members: Vec<&String> = json.as_object().unwrap().keys().collect();
    let mut expected = ["name", "bits", "value", "text", "rfc", "children"];
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!(json["name"], *node.name);
    assert_eq!(json["bits"], serde_json::json!([node.bits.0, node.bits.1]));
    assert_eq!(json["value"], node.value);
    assert_eq!(json["text"], *node.text);
    assert_eq!(json["rfc"], node.rfc);
    let children = json["children"].as_array().unwrap();
    assert_eq!(children.len(), node.children.len());
    children.iter().zip(&node.children).for_each(|(json, node)| assert_json(json, node));
}

#[test]
fn json_says_what_the_tree_says() {
    for (_, _, bytes) in openssl_handshake() {
        let tree = describe::dtls(&bytes).unwrap();
        let line = tree.to_json();
        assert_eq!(line.lines().count(), 1);
        assert_json(&serde_json::from_str(&line).unwrap(), &tree);
    }
    let hostile = data(1, 50, &[&hex("03 00 0100 00000000 0006 0000")[..], b"\"\\\n\x01\x7f\x1b"].concat());
    let tree = describe::sctp(&hostile).unwrap();
    assert_json(&serde_json::from_str(&tree.to_json()).unwrap(), &tree);
}

#[test]
fn lines_say_where_what_and_why() {
    let packet = data(1, 50, &dcep_open());
    let tree = describe::sctp(&packet).unwrap();
    let text = tree.to_string();
    assert_snapshot("tree.txt", &text);

    fn count(node: &Node) -> usize {
        1 + node.children.iter().map(count).sum::<usize>()
    }
    assert_eq!(text.lines().count(), count(&tree), "one line a node");
    // The label is the last four of 44 bytes; the U bit is the sixth of the fourteenth byte.
    assert_eq!(packet.len(), 44);
    let line = |name: &str| text.lines().find(|line| line.contains(name)).unwrap();
    assert!(line("label: \"chat\"").starts_with("40..44 "), "{text}");
    assert!(line("U bit").starts_with("13.5 "), "{text}");
    assert!(
        line("SCTP packet").contains(Layer::Sctp.mark()) && line("DCEP message").contains(Layer::Data.mark())
    );
    assert!(line("payload protocol identifier").ends_with("[RFC 8831 §8]"));
}

#[test]
fn every_layer_has_its_own_mark_and_colours() {
    use Layer::*;
    let layers = [Signalling, Ice, Turn, Dtls, Rtp, Rtcp, Sctp, Data, Fault];
    let marks: String = layers.iter().map(|layer| layer.mark()).collect();
    assert_eq!(marks, "○◇◈▣▲△■●✗");
    let mut colours: Vec<&str> = layers.iter().flat_map(|layer| layer.colours()).collect();
    assert!(colours.iter().all(|colour| colour.len() == 7 && colour.starts_with('#')));
    colours.sort_unstable();
    colours.dedup();
    assert_eq!(colours.len(), 18);
}
