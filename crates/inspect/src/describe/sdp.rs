//! Session descriptions, line by line (RFC 8866 §5), with what each line means for WebRTC (RFC 9429 §5).

use limpid_sansio::wire::ParseError;
use limpid_sdp::SessionDescription;

use super::candidate::candidate_at;
use crate::layer::Layer;
use crate::tree::{Node, quoted};
use crate::walk::{Described, Rfc, fault_leaf};

/// The tree of a session description: the session's lines, then one group for every `m=` section. Bits count from the
/// start of the text.
pub fn sdp(text: &str) -> Described {
    let parsed = SessionDescription::parse(text);
    let stop = parsed.as_ref().err().map(|error| error.offset);
    let mut root = Node {
        name: "session description".into(),
        bits: (0, text.len() * 8),
        rfc: "RFC 8866 §5",
        layer: Some(Layer::Signalling),
        ..Node::default()
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        // The line with the fault is the last, and is not looked into.
        if stop.is_some_and(|stop| stop < end) {
            break;
        }
        let node = line_node(line.trim_end_matches(['\r', '\n']), start);
        if line.starts_with("m=") {
            root.children.push(section(&node));
        }
        match root.children.last_mut().filter(|last| last.name == SECTION) {
            Some(section) => {
                section.bits.1 = node.bits.1;
                section.children.push(node);
            }
            None => root.children.push(node),
        }
    }
    finish(root, parsed.err())
}

const SECTION: &str = "media section";

/// A group that begins with this `m=` line.
fn section(heading: &Node) -> Node {
    Node {
        name: SECTION.into(),
        bits: heading.bits,
        text: heading.text.clone(),
        rfc: "RFC 8866 §5.14",
        ..Node::default()
    }
}

fn finish(mut root: Node, error: Option<ParseError>) -> Described {
    let Some(error) = error else {
        let sections: Vec<&str> =
            root.children.iter().filter(|child| child.name == SECTION).map(|child| &*child.text).collect();
        let plural = if sections.len() == 1 { "" } else { "s" };
        root.text = format!("{} section{plural}: {}", sections.len(), sections.join(", ")).into();
        return Ok(root);
    };
    let leaf = fault_leaf(error, root.bits.1);
    match root.children.last_mut().filter(|last| last.name == SECTION) {
        Some(section) => section.children.push(leaf),
        None => root.children.push(leaf),
    }
    root.text = format!("malformed: {error}").into();
    Err((root, error))
}

/// One line without its end.
fn line_node(line: &str, start: usize) -> Node {
    let bits = (start * 8, (start + line.len()) * 8);
    let (name, value, (text, rfc)) = match line.split_at_checked(2) {
        Some(("a=", attribute)) => {
            let (key, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            (format!("a={key}"), value, attribute_words(key))
        }
        Some(("m=", value)) => ("m=".to_string(), value, ("", "RFC 8866 §5.14")),
        Some((letter, value)) => (letter.to_string(), value, line_words(letter)),
        None => (line.to_string(), "", ("", "")),
    };
    let text = if name == "m=" { heading_words(value).into() } else { text.into() };
    let value_shown = if value.is_empty() { String::new() } else { quoted(value) };
    let mut node = Node { name: name.into(), bits, value: value_shown, text, rfc, ..Node::default() };
    if node.name == "a=candidate" {
        // A candidate that ICE can not read does not spoil the description.
        let (Ok(tree) | Err((tree, _))) = candidate_at(&line[2..], start + 2);
        node.text = tree.text;
        node.children = tree.children;
    }
    node
}

/// What kind of section, and whether it is refused.
fn heading_words(value: &str) -> String {
    let mut words = value.split(' ');
    let (kind, port) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let kind =
        quoted(if kind == "application" && value.contains("webrtc-datachannel") { "data" } else { kind });
    let kind = kind.trim_matches('"');
    if port == "0" { format!("{kind} (port 0: refused, or bundled)") } else { kind.to_string() }
}

fn line_words(letter: &str) -> (&'static str, Rfc) {
    match letter {
        "v=" => ("the version of the format", "RFC 8866 §5.1"),
        "o=" => ("who made it: session id, version, address", "RFC 8866 §5.2"),
        "s=" => ("the session's name; a dash says nothing", "RFC 8866 §5.3"),
        "i=" => ("for people", "RFC 8866 §5.4"),
        "u=" => ("more at this URI", "RFC 8866 §5.5"),
        "e=" | "p=" => ("whom to ask", "RFC 8866 §5.6"),
        "c=" => ("an address; with ICE the candidates count instead", "RFC 8866 §5.7"),
        "b=" => ("a limit of bandwidth", "RFC 8866 §5.8"),
        "t=" => ("when it takes place; 0 0: now", "RFC 8866 §5.9"),
        "r=" => ("repeats", "RFC 8866 §5.10"),
        "z=" => ("time zones", "RFC 8866 §5.11"),
        "k=" => ("a key; obsolete", "RFC 8866 §5.12"),
        _ => ("", "RFC 8866 §5"),
    }
}

/// What an attribute says, and where it is defined.
fn attribute_words(name: &str) -> (&'static str, Rfc) {
    match name {
        "mid" => ("the section's name", "RFC 5888 §4"),
        "group" => ("sections that share one transport (BUNDLE), or belong together", "RFC 9143 §5"),
        "bundle-only" => ("only if it shares the transport of another section", "RFC 9143 §6"),
        "ice-ufrag" => ("half of the name in every check", "RFC 8839 §5.4"),
        "ice-pwd" => ("the key of every check", "RFC 8839 §5.4"),
        "ice-options" => ("trickle: candidates may come later", "RFC 8839 §5.6"),
        "ice-lite" => ("answers checks and makes none", "RFC 8839 §5.3"),
        "candidate" => ("an address to try", "RFC 8839 §5.1"),
        "remote-candidates" => ("the addresses that were chosen at the other side", "RFC 8839 §5.2"),
        "end-of-candidates" => ("no more will come", "RFC 8840 §8.2"),
        "fingerprint" => ("the hash of the certificate that DTLS must show", "RFC 8122 §5"),
        "setup" => {
            ("who begins DTLS: active begins, passive waits, actpass lets the other choose", "RFC 8842 §5")
        }
        "tls-id" => ("changes when DTLS starts anew", "RFC 8842 §4"),
        "sctp-port" => ("the SCTP port inside DTLS", "RFC 8841 §5"),
        "max-message-size" => ("bytes of the largest message that is taken; 0: any size", "RFC 8841 §6"),
        "sctpmap" => ("how old peers say sctp-port", "draft-ietf-mmusic-sctp-sdp-05"),
        "sendrecv" | "sendonly" | "recvonly" | "inactive" => ("which way media goes", "RFC 8866 §6.7"),
        "rtpmap" => ("the codec behind a payload type", "RFC 8866 §6.6"),
        "fmtp" => ("parameters of a codec", "RFC 8866 §6.15"),
        "ptime" | "maxptime" => ("milliseconds of media in a packet", "RFC 8866 §6.4"),
        "framerate" => ("pictures a second, at most", "RFC 8866 §6.13"),
        "rtcp" => ("where RTCP would go without multiplexing", "RFC 3605 §2.1"),
        "rtcp-mux" => ("RTP and RTCP share one port", "RFC 5761 §5.1.3"),
        "rtcp-mux-only" => ("and nothing else will do", "RFC 8858 §3"),
        "rtcp-rsize" => ("short RTCP packets may be sent", "RFC 5506 §5"),
        "rtcp-fb" => ("feedback that the receiver gives", "RFC 4585 §4.2"),
        "extmap" => ("a header extension and its number", "RFC 8285 §5"),
        "extmap-allow-mixed" => ("both forms of header extensions may be mixed", "RFC 8285 §6"),
        "ssrc" => ("a source of packets", "RFC 5576 §4.1"),
        "ssrc-group" => ("sources that belong together", "RFC 5576 §4.2"),
        "msid" => ("the stream and the track in the application", "RFC 8830 §2"),
        "rid" => ("a name for one encoding", "RFC 8851"),
        "simulcast" => ("several encodings of one source", "RFC 8853"),
        _ => ("", "RFC 8866 §5.13"),
    }
}
