//! Walks over a packet and notes each field as a [`Node`]; where the packet is malformed the walk ends, and what was seen
//! so far stays, with the fault as its last leaf.

use std::borrow::Cow;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use crate::layer::Layer;
use crate::tree::{Node, hex, quoted};

/// A tree, or the tree up to the fault, and the fault.
pub type Described = Result<Node, (Node, ParseError)>;

/// What stays the same for the fields of one format: where they are defined.
pub(crate) type Rfc = &'static str;

/// A reader that notes what it reads.
pub(crate) struct Walk<'a> {
    reader: Reader<'a>,
    base: usize,
    nodes: Vec<Node>,
    faulted: bool,
}

impl<'a> Walk<'a> {
    /// From the first byte of `bytes`, which stands at `base` in the datagram.
    pub(crate) fn new(bytes: &'a [u8], base: usize) -> Self {
        Walk { reader: Reader::new(bytes), base, nodes: Vec::new(), faulted: false }
    }

    /// Where the next field begins, in bytes from the start of the datagram.
    pub(crate) fn at(&self) -> usize {
        self.base + self.reader.offset()
    }

    /// Bytes left.
    pub(crate) fn remaining(&self) -> usize {
        self.reader.remaining()
    }

    /// What is left, without walking over it.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }

    /// A fault here.
    pub(crate) fn fault(&self, field: &'static str, kind: ParseErrorKind) -> ParseError {
        ParseError::new(field, self.at(), kind)
    }

    fn take(&mut self, len: usize, name: &'static str) -> Result<&'a [u8], ParseError> {
        let base = self.base;
        self.reader.bytes(len, name).map_err(|error| error.within(base))
    }

    fn note(&mut self, name: &'static str, len: usize, value: String, text: Cow<'static, str>, rfc: Rfc) {
        let end = self.at() * 8;
        let bits = (end - len * 8, end);
        self.nodes.push(Node { name: name.into(), bits, value, text, rfc, ..Node::default() });
    }

    /// A number of `len` (1 to 8) bytes, noted in decimal.
    pub(crate) fn number<T: Into<Cow<'static, str>>>(
        &mut self,
        len: usize,
        name: &'static str,
        rfc: Rfc,
        text: impl FnOnce(u64) -> T,
    ) -> Result<u64, ParseError> {
        let value = big_endian(self.take(len, name)?);
        self.note(name, len, value.to_string(), text(value).into(), rfc);
        Ok(value)
    }

    /// A code point of `len` (1 to 8) bytes, noted in hexadecimal.
    pub(crate) fn code<T: Into<Cow<'static, str>>>(
        &mut self,
        len: usize,
        name: &'static str,
        rfc: Rfc,
        text: impl FnOnce(u64) -> T,
    ) -> Result<u64, ParseError> {
        let value = big_endian(self.take(len, name)?);
        self.note(name, len, format!("0x{value:0width$x}", width = len * 2), text(value).into(), rfc);
        Ok(value)
    }

    /// Opaque bytes.
    pub(crate) fn opaque(
        &mut self,
        len: usize,
        name: &'static str,
        rfc: Rfc,
        text: impl Into<Cow<'static, str>>,
    ) -> Result<&'a [u8], ParseError> {
        let bytes = self.take(len, name)?;
        self.note(name, len, hex(bytes), text.into(), rfc);
        Ok(bytes)
    }

    /// UTF-8 text; other bytes are a fault.
    pub(crate) fn utf8(
        &mut self,
        len: usize,
        name: &'static str,
        rfc: Rfc,
        text: impl Into<Cow<'static, str>>,
    ) -> Result<&'a str, ParseError> {
        let at = self.at();
        let bytes = self.take(len, name)?;
        let read = str::from_utf8(bytes)
            .map_err(|error| ParseError::new(name, at + error.valid_up_to(), ParseErrorKind::BadValue))?;
        self.note(name, len, quoted(read), text.into(), rfc);
        Ok(read)
    }

    /// The next word of a text, and the space in front of it; at the end a fault.
    pub(crate) fn word<T: Into<Cow<'static, str>>>(
        &mut self,
        name: &'static str,
        rfc: Rfc,
        text: impl FnOnce(&str) -> T,
    ) -> Result<&'a str, ParseError> {
        while self.rest().first() == Some(&b' ') {
            self.take(1, name)?;
        }
        let len = self.rest().iter().position(|byte| *byte == b' ').unwrap_or(self.remaining());
        if len == 0 {
            return Err(self.fault(name, ParseErrorKind::Truncated));
        }
        let at = self.at();
        let word = str::from_utf8(self.take(len, name)?);
        let word = word.map_err(|_| ParseError::new(name, at, ParseErrorKind::BadValue))?;
        self.note(name, len, quoted(word).trim_matches('"').to_string(), text(word).into(), rfc);
        Ok(word)
    }

    /// Zeros up to a boundary, if any are left to walk over.
    pub(crate) fn padding(&mut self, len: usize, rfc: Rfc) -> Result<(), ParseError> {
        let len = len.min(self.remaining());
        if len > 0 {
            self.opaque(len, "padding", rfc, "fills up to a multiple of four; says nothing")?;
        }
        Ok(())
    }

    /// `len` bytes that are shared by several fields: the caller notes them with [`Bits`].
    pub(crate) fn bits(&mut self, len: usize, name: &'static str) -> Result<Bits<'_, 'a>, ParseError> {
        let value = big_endian(self.take(len, name)?);
        let at = (self.at() - len) * 8;
        Ok(Bits { walk: self, value, at, left: len * 8 })
    }

    /// A group of fields in the next `len` bytes. `body` walks over them and says what they mean together. A group that is
    /// cut short is walked as far as it goes.
    pub(crate) fn group(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        len: usize,
        rfc: Rfc,
        body: impl FnOnce(&mut Walk<'a>) -> Result<Cow<'static, str>, ParseError>,
    ) -> Result<(), ParseError> {
        self.layered(None, name, len, rfc, body)
    }

    /// The same where another layer begins.
    pub(crate) fn layered(
        &mut self,
        layer: Option<Layer>,
        name: impl Into<Cow<'static, str>>,
        len: usize,
        rfc: Rfc,
        body: impl FnOnce(&mut Walk<'a>) -> Result<Cow<'static, str>, ParseError>,
    ) -> Result<(), ParseError> {
        let cut_short = len > self.remaining();
        let base = self.at();
        let bytes = self.take(len.min(self.remaining()), "")?;
        let mut inner = Walk::new(bytes, base);
        let mut walked = body(&mut inner);
        if walked.is_ok() && cut_short {
            walked = Err(inner.fault("length", ParseErrorKind::Truncated));
        }
        let (node, error) = inner.into_node(name.into(), layer, rfc, walked, bytes.len());
        self.nodes.push(node);
        self.faulted |= error.is_some();
        error.map_or(Ok(()), Err)
    }

    /// A group in which `bytes` stand in place of the next `bytes.len()` bytes: what was encrypted there.
    pub(crate) fn overlay(
        &mut self,
        name: &'static str,
        bytes: &'a [u8],
        rfc: Rfc,
        body: impl FnOnce(&mut Walk<'a>) -> Result<Cow<'static, str>, ParseError>,
    ) -> Result<(), ParseError> {
        let base = self.at();
        self.take(bytes.len(), name)?;
        let mut inner = Walk::new(bytes, base);
        let walked = body(&mut inner);
        let (node, error) = inner.into_node(name.into(), None, rfc, walked, bytes.len());
        self.nodes.push(node);
        self.faulted |= error.is_some();
        error.map_or(Ok(()), Err)
    }

    /// Walks over the next `len` bytes as if nothing followed them. What is noted there stands among the fields of this walk.
    pub(crate) fn within<T>(
        &mut self,
        len: usize,
        body: impl FnOnce(&mut Walk<'a>) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        let base = self.at();
        let bytes = self.take(len, "")?;
        let mut inner = Walk::new(bytes, base);
        let walked = body(&mut inner).and_then(|value| match inner.remaining() {
            0 => Ok(value),
            _ => Err(inner.fault("end", ParseErrorKind::TrailingBytes)),
        });
        self.nodes.append(&mut inner.nodes);
        if let Err(error) = &walked {
            if !inner.faulted {
                self.nodes.push(fault_leaf(*error, (base + len) * 8));
            }
            self.faulted = true;
        }
        walked
    }

    /// Takes the tree of another format that stands in all that is left, and gives back its text.
    pub(crate) fn embed(&mut self, described: Described) -> Result<Cow<'static, str>, ParseError> {
        self.take(self.remaining(), "")?;
        let (node, error) = match described {
            Ok(node) => (node, None),
            Err((node, error)) => (node, Some(error)),
        };
        let text = node.text.clone();
        self.nodes.push(node);
        self.faulted |= error.is_some();
        error.map_or(Ok(text), Err)
    }

    /// A vector behind its length of `width` bytes, as TLS writes them: both in one group.
    pub(crate) fn vector(
        &mut self,
        width: usize,
        name: &'static str,
        rfc: Rfc,
        body: impl FnOnce(&mut Walk<'a>) -> Result<Cow<'static, str>, ParseError>,
    ) -> Result<(), ParseError> {
        let len = self.rest().get(..width).map_or(0, big_endian);
        let len = usize::try_from(len).unwrap_or(usize::MAX).saturating_add(width);
        self.group(name, len, rfc, |walk| {
            walk.number(width, "length", rfc, |_| "")?;
            body(walk)
        })
    }

    /// A vector whose bytes are not looked into.
    pub(crate) fn opaque_vector(
        &mut self,
        width: usize,
        name: &'static str,
        rfc: Rfc,
        text: &'static str,
    ) -> Result<(), ParseError> {
        self.vector(width, name, rfc, |walk| {
            if walk.remaining() > 0 {
                walk.opaque(walk.remaining(), "content", rfc, "")?;
            }
            Ok(text.into())
        })
    }

    /// Notes a node that was made elsewhere.
    pub(crate) fn push(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// Ends the walk: everything noted becomes the children of one node.
    fn into_node(
        mut self,
        name: Cow<'static, str>,
        layer: Option<Layer>,
        rfc: Rfc,
        walked: Result<Cow<'static, str>, ParseError>,
        len: usize,
    ) -> (Node, Option<ParseError>) {
        let walked = walked.and_then(|text| match self.remaining() {
            0 => Ok(text),
            _ => Err(self.fault("end", ParseErrorKind::TrailingBytes)),
        });
        let end = (self.base + len) * 8;
        let (text, error) = match walked {
            Ok(text) => (text, None),
            Err(error) => {
                if !self.faulted {
                    self.nodes.push(fault_leaf(error, end));
                }
                (Cow::from(format!("malformed: {error}")), Some(error))
            }
        };
        let node = Node {
            name,
            bits: (self.base * 8, end),
            value: String::new(),
            text,
            rfc,
            children: self.nodes,
            layer,
        };
        (node, error)
    }
}

/// What is shown in place of the fields that could not be read: from the fault to the end of its group.
pub(crate) fn fault_leaf(error: ParseError, end: usize) -> Node {
    Node {
        name: "fault".into(),
        bits: ((error.offset * 8).min(end), end),
        value: format!("offset {}", error.offset),
        text: error.to_string().into(),
        layer: Some(Layer::Fault),
        ..Node::default()
    }
}

/// Walks over all of `bytes`, the part of a datagram that begins at `base`.
pub(crate) fn describe<'a>(
    layer: Layer,
    name: &'static str,
    rfc: Rfc,
    (bytes, base): (&'a [u8], usize),
    body: impl FnOnce(&mut Walk<'a>) -> Result<Cow<'static, str>, ParseError>,
) -> Described {
    let mut walk = Walk::new(bytes, base);
    let walked = body(&mut walk);
    match walk.into_node(name.into(), Some(layer), rfc, walked, bytes.len()) {
        (node, None) => Ok(node),
        (node, Some(error)) => Err((node, error)),
    }
}

/// Fields that share bytes.
pub(crate) struct Bits<'w, 'a> {
    walk: &'w mut Walk<'a>,
    value: u64,
    at: usize,
    left: usize,
}

impl Bits<'_, '_> {
    /// The next `count` bits.
    pub(crate) fn take<T: Into<Cow<'static, str>>>(
        &mut self,
        count: usize,
        name: &'static str,
        rfc: Rfc,
        text: impl FnOnce(u64) -> T,
    ) -> u64 {
        let count = count.min(self.left);
        self.left -= count;
        let value = (self.value >> self.left) & ((1 << count) - 1);
        let bits = (self.at, self.at + count);
        self.at += count;
        let (value_text, text) = (value.to_string(), text(value).into());
        self.walk.push(Node { name: name.into(), bits, value: value_text, text, rfc, ..Node::default() });
        value
    }

    /// One bit: `text` says what it means when it is set.
    pub(crate) fn flag(&mut self, name: &'static str, rfc: Rfc, text: &'static str) -> bool {
        self.take(1, name, rfc, |set| if set == 1 { text } else { "" }) == 1
    }
}

/// A number from up to eight bytes.
fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}
