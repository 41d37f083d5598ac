//! SDES: who stands behind a source, in particular its canonical name. RFC 3550 §6.5.
//!
//! ```text
//! |V=2|P|   SC    |    PT=202     |            length             |
//! |  chunk: SSRC                                             ×SC  |
//! |  item: type 8 | length 8 | text …       then zeros to a word  |
//! ```

use alloc::vec::Vec;
use core::iter::from_fn;

use limpid_sansio::wire::{ParseError, Reader};

use super::common::{MAX_COUNT, Open, Raw, packet_type};
use crate::names::Ssrc;

/// What an item says. RFC 3550 §12.2; unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ItemKind(pub u8);

impl ItemKind {
    /// The canonical name, one for all streams of an endpoint that share a clock. §6.5.1.
    pub const CNAME: Self = ItemKind(1);
    /// The user's name.
    pub const NAME: Self = ItemKind(2);
    /// The user's address for mail.
    pub const EMAIL: Self = ItemKind(3);
    /// The user's telephone.
    pub const PHONE: Self = ItemKind(4);
    /// Where the user is.
    pub const LOC: Self = ItemKind(5);
    /// The application.
    pub const TOOL: Self = ItemKind(6);
    /// What is on the user's mind.
    pub const NOTE: Self = ItemKind(7);
    /// Of an application's own making: see [`Item::private`].
    pub const PRIV: Self = ItemKind(8);
    /// The section of the description. RFC 9143 §15.1.
    pub const MID: Self = ItemKind(15);
    /// The encoding within its section. RFC 8852 §4.1.
    pub const RTP_STREAM_ID: Self = ItemKind(12);
    /// The encoding that a repair stream repairs. RFC 8852 §4.2.
    pub const REPAIRED_RTP_STREAM_ID: Self = ItemKind(13);
}

/// One item.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Item<'a> {
    /// What it says.
    pub kind: ItemKind,
    /// Up to 255 bytes, UTF-8 when the sender keeps the rules.
    pub text: &'a [u8],
}

impl<'a> Item<'a> {
    /// Prefix and value of a PRIV item. `None`: another kind, or a prefix that does not fit. §6.5.8.
    pub fn private(&self) -> Option<(&'a [u8], &'a [u8])> {
        let (&len, rest) = self.text.split_first().filter(|_| self.kind == ItemKind::PRIV)?;
        rest.split_at_checked(len.into())
    }
}

/// What is said of one source.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Chunk<'a> {
    /// The source, or a contributing one.
    pub source: Ssrc,
    items: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let source = Ssrc(reader.u32("SSRC/CSRC")?);
        let (start, rest) = (reader.offset(), reader.rest());
        while reader.u8("SDES item")? != 0 {
            reader.vec8("SDES item text")?;
        }
        let items = &rest[..reader.offset() - start - 1];
        reader.bytes(reader.offset().wrapping_neg() & 3, "SDES padding")?;
        Ok(Chunk { source, items })
    }

    /// The items, in order.
    pub fn items(&self) -> impl Iterator<Item = Item<'a>> + Clone + use<'a> {
        let mut reader = Reader::new(self.items);
        core::iter::repeat(()).map_while(move |()| {
            let kind = ItemKind(reader.u8("SDES item").ok()?);
            Some(Item { kind, text: reader.vec8("SDES item text").ok()? })
        })
    }

    /// The canonical name.
    pub fn cname(&self) -> Option<&'a [u8]> {
        self.items().find_map(|item| (item.kind == ItemKind::CNAME).then_some(item.text))
    }
}

/// A source description packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SourceDescription<'a> {
    chunks: &'a [u8],
}

impl<'a> SourceDescription<'a> {
    pub(super) fn parse(raw: &Raw<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(raw.body);
        for _ in 0..raw.count {
            Chunk::read(&mut reader)?;
        }
        reader.finish("SDES")?;
        Ok(SourceDescription { chunks: raw.body })
    }

    /// One chunk a source, at most 31.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk<'a>> + use<'a> {
        let mut reader = Reader::new(self.chunks);
        from_fn(move || Chunk::read(&mut reader).ok())
    }
}

/// Appends descriptions of sources; one packet for every 31 of them, none for none.
///
/// Text beyond 255 bytes is cut, items of kind 0 (which ends a list) are left out, and so are items beyond 64 KiB of one
/// source.
pub fn write_source_description<'i, I>(out: &mut Vec<u8>, chunks: impl IntoIterator<Item = (Ssrc, I)>)
where
    I: IntoIterator<Item = Item<'i>>,
{
    let mut chunks = chunks.into_iter().peekable();
    while chunks.peek().is_some() {
        let mut packet = Open::new(out, packet_type::SOURCE_DESCRIPTION, 0);
        let mut count = 0;
        // A packet is closed early where one more chunk of the largest size might not fit.
        while count < MAX_COUNT && packet.room() > MAX_CHUNK {
            let Some((source, items)) = chunks.next() else { break };
            chunk(&mut packet, source, items);
            count += 1;
        }
        packet.count(count);
        packet.finish();
    }
}

/// The most that one source may say, in bytes.
const MAX_CHUNK: usize = 1 << 16;

fn chunk<'i>(packet: &mut Open<'_>, source: Ssrc, items: impl IntoIterator<Item = Item<'i>>) {
    let start = packet.writer.len();
    packet.writer.u32(source.0);
    for item in items.into_iter().filter(|item| item.kind.0 != 0) {
        let text = &item.text[..item.text.len().min(255)];
        if packet.writer.len() - start + text.len() > MAX_CHUNK - 8 {
            break;
        }
        packet.writer.bytes(&[item.kind.0, text.len() as u8]);
        packet.writer.bytes(text);
    }
    packet.writer.u8(0); // at least one zero ends the list
    packet.align();
}

/// Appends the one description that every compound datagram needs: the canonical name of all streams of this endpoint.
/// RFC 3550 §6.1.
pub fn write_cname(out: &mut Vec<u8>, sources: impl IntoIterator<Item = Ssrc>, cname: &str) {
    let item = Item { kind: ItemKind::CNAME, text: cname.as_bytes() };
    write_source_description(out, sources.into_iter().map(|source| (source, [item])));
}

/// Bytes that each source adds to what [`write_cname`] appends.
pub fn cname_len(cname: &str) -> usize {
    // Source, kind and length, and at least one zero.
    (4 + 2 + cname.len().min(255) + 1).next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};
    use limpid_sansio::wire::ParseErrorKind;
    use std::vec;

    fn parse(bytes: &[u8]) -> Result<SourceDescription<'_>, ParseError> {
        match packets(bytes).next() {
            Some(Ok(Packet::SourceDescription(description))) => Ok(description),
            Some(Err(error)) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_chunk_ends_with_a_zero_at_a_word_boundary() {
        //~ covers 3550-6.5-a
        for len in 0..9 {
            let mut out = Vec::new();
            write_cname(&mut out, [Ssrc(1), Ssrc(2)], &"name-name"[..len]);
            assert_eq!(out.len() % 4, 0);
            let found = parse(&out).expect("sound");
            let names: Vec<_> = found.chunks().map(|chunk| (chunk.source, chunk.cname())).collect();
            let name = Some(&b"name-name"[..len]);
            assert_eq!(names, [(Ssrc(1), name), (Ssrc(2), name)]);
        }
    }

    #[test]
    fn more_than_31_sources_go_into_more_packets() {
        let mut out = Vec::new();
        write_cname(&mut out, (0..63).map(Ssrc), "c");
        assert_eq!(packets(&out).count(), 3);
        out.clear();
        write_cname(&mut out, [], "c");
        assert!(out.is_empty());
    }

    #[test]
    fn the_longest_text_of_the_most_items_stays_one_legal_packet_after_the_other() {
        let long = [b'x'; 300];
        let items = vec![Item { kind: ItemKind::NOTE, text: &long }; 400];
        let mut out = Vec::new();
        write_source_description(&mut out, (0..9).map(|ssrc| (Ssrc(ssrc), items.iter().copied())));
        let mut sources = 0;
        for packet in packets(&out) {
            let Ok(Packet::SourceDescription(description)) = packet else { panic!("{packet:?}") };
            sources += description.chunks().count();
            let longest =
                description.chunks().flat_map(|chunk| chunk.items()).map(|item| item.text.len()).max();
            assert_eq!(longest, Some(255));
        }
        assert_eq!(sources, 9);
    }

    #[test]
    fn a_list_without_its_end_and_text_that_is_too_long_are_faults() {
        //~ covers 3550-6.5-a neg
        let no_end = [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, b'a', b'b'];
        assert_eq!(parse(&no_end), Err(ParseError::new("SDES item", 12, ParseErrorKind::Truncated)));
        let long = [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 3, b'a', b'b'];
        assert_eq!(parse(&long), Err(ParseError::new("SDES item text", 10, ParseErrorKind::Truncated)));
        let more = [0x80, 202, 0, 1, 0, 0, 0, 1];
        assert_eq!(parse(&more), Err(ParseError::new("SDES", 4, ParseErrorKind::TrailingBytes)));
    }

    #[test]
    fn a_private_item_has_a_prefix() {
        let item = |text| Item { kind: ItemKind::PRIV, text };
        assert_eq!(item(b"\x02abc").private(), Some((&b"ab"[..], &b"c"[..])));
        assert_eq!(item(b"\x04abc").private(), None);
        assert_eq!(item(b"").private(), None);
    }
}
