//! A ladder: two sides, one arrow a packet, one line in plain words an arrow. A packet of several parts (chunks, records)
//! that do not fit goes on below its arrow.
//!
//! Marks are those of [`Layer`]. `↻2` in front of a label: the sender says this for the third time. An arrow that ends in
//! `✗` did not arrive.

use std::collections::HashMap;
use std::fmt::Write as _;

use limpid_rtp::ext::Map;
use limpid_sansio::{Direction, Instant};

use crate::describe;
use crate::layer::Layer;
use crate::tree::Node;

/// On which floor a packet was seen.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Floor {
    /// As a datagram: STUN, DTLS, …
    Wire,
    /// Inside DTLS: SCTP in the clear.
    Sctp,
    /// Inside SRTP: RTP or RTCP in the clear.
    Rtp,
}

/// One arrow.
#[derive(Copy, Clone, Debug)]
pub struct Packet<'a> {
    /// When it was sent or received.
    pub at: Instant,
    /// `Out`: from the left side to the right.
    pub direction: Direction,
    /// How to read it.
    pub floor: Floor,
    /// The packet.
    pub bytes: &'a [u8],
    /// It did not arrive.
    pub dropped: bool,
    /// A remark, shown behind the ladder.
    pub note: &'a str,
}

/// One row of a ladder.
#[derive(Copy, Clone, Debug)]
pub enum Row<'a> {
    /// An arrow.
    Packet(Packet<'a>),
    /// Something that happened on the left side and sent nothing by itself: a decision. Told from side to side.
    Event {
        /// When.
        at: Instant,
        /// Whose it is.
        layer: Layer,
        /// What, in plain words.
        text: &'a str,
    },
}

/// The longest label; what is longer is cut.
const LABEL: usize = 88;
/// Characters between the two sides.
const WIDTH: usize = LABEL + 8;

/// Draws the ladder. Packets stand in the order that they are given in.
pub fn ladder(sides: [&str; 2], packets: &[Packet<'_>]) -> String {
    of_rows(sides, packets.iter().map(|packet| Row::Packet(*packet)))
}

/// The same, with events between the packets.
pub fn of_rows<'a>(sides: [&str; 2], rows: impl IntoIterator<Item = Row<'a>>) -> String {
    let mut seen = Seen::default();
    let [left, right] = sides.map(|side| cut(&crate::tree::quoted(side).replace('"', ""), WIDTH / 2));
    let space = (WIDTH + 1).saturating_sub(left.chars().count() + right.chars().count());
    let mut out = format!("{:>12}  {left}{:space$}{right}\n", "seconds", "");
    for row in rows {
        match row {
            Row::Packet(packet) => draw(&mut out, &packet, &mut seen),
            Row::Event { at, layer, text } => {
                let text = cut(&crate::tree::quoted(text).replace('"', ""), LABEL);
                let line = "═".repeat(WIDTH - 6 - text.chars().count());
                // invariant: writing to a String does not fail.
                let _ = writeln!(out, "{:>12}  ╞═ {} {text} {line}╡", seconds(at), layer.mark());
            }
        }
    }
    out
}

fn draw(out: &mut String, packet: &Packet<'_>, seen: &mut Seen) {
    let node = match packet.floor {
        Floor::Wire => describe::datagram(packet.bytes),
        Floor::Sctp => match describe::sctp(packet.bytes) {
            Ok(node) | Err((node, _)) => node,
        },
        Floor::Rtp => match describe::media(packet.bytes, &Map::new()) {
            Ok(node) | Err((node, _)) => node,
        },
    };
    let repeats = seen.count(packet.direction, &node);
    let note = if packet.note.is_empty() { String::new() } else { format!("  {}", packet.note) };
    let [first, more @ ..] = &labels(&node, repeats)[..] else { return };
    let arrow = arrow(packet.direction, packet.dropped, first);
    // invariant: writing to a String does not fail.
    let _ = writeln!(out, "{:>12}  {arrow}{note}", seconds(packet.at));
    for part in more {
        let space = WIDTH - 5 - part.chars().count();
        let _ = writeln!(out, "{:>12}  │    {part}{:space$}│", "", "");
    }
}

/// Seconds with six digits behind the point.
fn seconds(at: Instant) -> String {
    let micros = at.as_nanos() / 1_000;
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// What stands on the arrow, and what goes on below it.
fn labels(node: &Node, repeats: usize) -> Vec<String> {
    let is_fault = node.find("fault").is_some();
    let mark = if is_fault { Layer::Fault.mark() } else { node.layer.map_or('·', Layer::mark) };
    let again = if repeats > 0 { format!("↻{repeats} ") } else { String::new() };
    let what = match node.text.strip_prefix("malformed: ") {
        Some(fault) => format!("malformed {}: {fault}", node.name),
        None => node.text.to_string(),
    };
    let size = format!(", {} B", node.bits.1 / 8);
    let room = LABEL - size.len();
    let mut lines: Vec<String> = Vec::new();
    for (index, part) in format!("{mark} {again}{what}").split(" + ").enumerate() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + part.chars().count() <= room => {
                line.push_str(" + ");
                line.push_str(part);
            }
            _ => lines.push(cut(&if index == 0 { part.to_string() } else { format!("+ {part}") }, room)),
        }
    }
    lines[0].push_str(&size);
    lines
}

fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        Some(_) => text.chars().take(width - 1).chain(['…']).collect(),
        None => text.to_string(),
    }
}

fn arrow(direction: Direction, dropped: bool, label: &str) -> String {
    let line = "─".repeat(WIDTH - 6 - label.chars().count());
    match (direction, dropped) {
        (Direction::Out, false) => format!("│─ {label} {line}─▶│"),
        (Direction::Out, true) => format!("│─ {label} {line}✗ │"),
        (Direction::In, false) => format!("│◀─ {label} {line}─│"),
        (Direction::In, true) => format!("│ ✗ {label} {line}─│"),
    }
}

/// What each side has said so far, to tell what it says again.
#[derive(Default)]
struct Seen(HashMap<(Direction, String), usize>);

impl Seen {
    /// How often the packet, or a part of it, was said before.
    fn count(&mut self, direction: Direction, node: &Node) -> usize {
        let mut most = 0;
        for identity in identities(node) {
            let count = self.0.entry((direction, identity)).or_default();
            most = most.max(*count);
            *count += 1;
        }
        most
    }
}

/// Names for the parts of a packet that a sender repeats only when it retransmits.
fn identities(node: &Node) -> Vec<String> {
    let value = |node: &Node, name: &str| node.find(name).map_or(String::new(), |found| found.value.clone());
    match &*node.name {
        "STUN message" => {
            let kind = node.find("message type").map_or(String::new(), |kind| kind.value.clone());
            vec![format!("stun {kind} {}", value(node, "transaction ID"))]
        }
        "RTP packet" | "SRTP packet" => {
            vec![format!("rtp {} {}", value(node, "SSRC"), value(node, "sequence number"))]
        }
        "DTLS datagram" => node.children.iter().flat_map(record_identities).collect(),
        "SCTP packet" => node.children.iter().filter_map(chunk_identity).collect(),
        _ => Vec::new(),
    }
}

fn record_identities(record: &Node) -> Vec<String> {
    let messages =
        record.children.iter().filter(|child| child.children.first().is_some_and(|f| f.name == "msg_type"));
    let mut identities: Vec<String> = messages
        .map(|message| {
            let field = |name| message.find(name).map_or("", |field| &field.value);
            format!("dtls {} {} {}", message.name, field("message_seq"), field("fragment_offset"))
        })
        .collect();
    let is_encrypted_handshake = record.find("type").is_some_and(|kind| kind.value == "22")
        && record.find("epoch").is_some_and(|epoch| epoch.value != "0");
    if is_encrypted_handshake {
        // The only one in 1.2: Finished.
        identities.push("dtls Finished".into());
    }
    identities
}

fn chunk_identity(chunk: &Node) -> Option<String> {
    let field = match &*chunk.name {
        "DATA" => "TSN",
        "INIT" | "INIT ACK" => "initiate tag",
        "COOKIE ECHO" => "cookie",
        "RE-CONFIG" => "request sequence number",
        _ => return None,
    };
    Some(format!("sctp {} {}", chunk.name, chunk.find(field)?.value))
}
