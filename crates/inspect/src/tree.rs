//! A packet as a tree of fields, and its two renderings: lines for people, JSON for programs.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use crate::json;
use crate::layer::Layer;

/// One field, or a group of fields.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Node {
    /// The field's name in its RFC.
    pub name: Cow<'static, str>,
    /// From the first bit to behind the last, counted from the start of the datagram, the most significant bit of a byte
    /// first. A field that is encrypted stands where its ciphertext does.
    pub bits: (usize, usize),
    /// The value as it stands on the wire: decimal for counts, `0x…` for code points, hexadecimal digits for opaque bytes,
    /// quoted for text. Empty for a group. Long values end in `…`.
    pub value: String,
    /// What that means, in plain words.
    pub text: Cow<'static, str>,
    /// Where it is defined, as `RFC 8489 §5`.
    pub rfc: &'static str,
    /// What it is made of, in wire order.
    pub children: Vec<Node>,
    /// The layer that begins here.
    pub layer: Option<Layer>,
}

impl Node {
    /// The first node of this name, depth first; this one included.
    pub fn find(&self, name: &str) -> Option<&Node> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    /// Every node of this name, depth first.
    pub fn find_all<'a>(&'a self, name: &'a str) -> Vec<&'a Node> {
        let mut found: Vec<&Node> = self.children.iter().flat_map(|child| child.find_all(name)).collect();
        if self.name == name {
            found.insert(0, self);
        }
        found
    }

    /// The bytes that the node touches.
    pub fn bytes(&self) -> std::ops::Range<usize> {
        self.bits.0 / 8..self.bits.1.div_ceil(8)
    }

    /// `{"name","bits":[from,to],"value","text","rfc","children":[]}` on one line.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        out.push_str("{\"name\":");
        json::string(out, &self.name);
        // invariant: writing to a String does not fail.
        let _ = write!(out, ",\"bits\":[{},{}],\"value\":", self.bits.0, self.bits.1);
        json::string(out, &self.value);
        out.push_str(",\"text\":");
        json::string(out, &self.text);
        out.push_str(",\"rfc\":");
        json::string(out, self.rfc);
        out.push_str(",\"children\":[");
        for (index, child) in self.children.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            child.write_json(out);
        }
        out.push_str("]}");
    }

    fn write_lines(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let mark = self.layer.map(|layer| format!("{} ", layer.mark())).unwrap_or_default();
        let colon = if self.value.is_empty() { "" } else { ": " };
        let mut line = format!(
            "{:<12}{:indent$}{mark}{}{colon}{}",
            Place(self.bits).to_string(),
            "",
            self.name,
            self.value,
            indent = depth * 2
        );
        if !self.text.is_empty() {
            line.push_str(" · ");
            line.push_str(&self.text);
        }
        if !self.rfc.is_empty() {
            line.push_str("  [");
            line.push_str(self.rfc);
            line.push(']');
        }
        writeln!(f, "{line}")?;
        self.children.iter().try_for_each(|child| child.write_lines(f, depth + 1))
    }
}

/// One line a field: where it stands (bytes, or `byte.bit` where a byte is shared), its name, its value, what that means,
/// and where it is defined.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_lines(f, 0)
    }
}

/// Where a field stands, for people.
struct Place((usize, usize));

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place((from, to)) = *self;
        if from % 8 == 0 && to % 8 == 0 {
            write!(f, "{}..{}", from / 8, to / 8)
        } else if to == from + 1 {
            write!(f, "{}.{}", from / 8, from % 8)
        } else {
            write!(f, "{}.{}..{}.{}", from / 8, from % 8, to / 8, to % 8)
        }
    }
}

/// At most this many bytes of an opaque field are shown.
const SHOWN: usize = 48;

/// Hexadecimal digits, cut after 48 bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 * bytes.len().min(SHOWN) + 3);
    for byte in &bytes[..bytes.len().min(SHOWN)] {
        let _ = write!(out, "{byte:02x}");
    }
    if bytes.len() > SHOWN {
        out.push('…');
    }
    out
}

/// Text in quotes, without control characters (they are escaped), cut after 200 characters.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for (index, char) in text.chars().enumerate() {
        match char {
            _ if index == 200 => {
                out.push('…');
                break;
            }
            '"' | '\\' => out.extend(['\\', char]),
            char if is_unprintable(char) => out.extend(char.escape_unicode()),
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

/// Control characters, and those that reorder or hide text on a terminal.
fn is_unprintable(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
