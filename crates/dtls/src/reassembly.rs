//! Fragments to messages, in order (RFC 6347 §4.2.2, §4.2.3). The same for every version.
//!
//! Fragments may overlap, come in any order, and be cut otherwise when they are sent again; all that must agree is the type
//! and the length of their message. Messages of the future wait, within bounds.

use std::collections::VecDeque;

use limpid_sansio::ParseError;
use limpid_sansio::wire::Writer;

use crate::error::DropReason;
use crate::message::{FragmentHeader, HandshakeType, Message};
use crate::ranges::Ranges;

/// The longest message that is put together, in bytes of body.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// How many messages, the next one included, may be in the making.
pub const MAX_QUEUED: usize = 16;
/// The bytes that all of them together may take.
pub const MAX_QUEUED_BYTES: usize = 128 * 1024;

/// A whole message, with the header that the transcript wants in front of its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// Of which type.
    pub msg_type: HandshakeType,
    /// Which message of the handshake.
    pub message_seq: u16,
    /// Header, as if it had come in one fragment, and body.
    pub raw: Vec<u8>,
}

impl Received {
    /// Takes the body apart. Offsets in faults count from the start of the body.
    pub fn parse(&self) -> Result<Message<'_>, ParseError> {
        Message::parse(self.msg_type, &self.raw[FragmentHeader::LEN..])
    }
}

/// What became of a fragment.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Added {
    /// Kept; a message may be complete now.
    Stored,
    /// Of a message that was taken before.
    Old,
    /// Not kept.
    Dropped(DropReason),
}

#[derive(Debug)]
struct Partial {
    msg_type: HandshakeType,
    length: u32,
    raw: Vec<u8>,
    there: Ranges,
}

/// Holds at most [`MAX_QUEUED`] messages and [`MAX_QUEUED_BYTES`].
#[derive(Debug, Default)]
pub struct Reassembly {
    next_seq: u16,
    /// The message numbered `next_seq`, and those after it.
    queue: VecDeque<Option<Partial>>,
    bytes: usize,
}

impl Reassembly {
    /// Expects this message first.
    pub fn starting_at(next_seq: u16) -> Self {
        Reassembly { next_seq, ..Reassembly::default() }
    }

    /// Takes one fragment; its header was parsed, so that it lies within its message.
    pub fn add(&mut self, header: &FragmentHeader, fragment: &[u8]) -> Added {
        let end = header.fragment_offset + header.fragment_length;
        if header.message_seq < self.next_seq {
            return Added::Old;
        }
        let place = usize::from(header.message_seq - self.next_seq);
        if place >= MAX_QUEUED || header.length as usize > MAX_MESSAGE {
            return Added::Dropped(DropReason::NoRoom);
        }
        if self.queue.len() <= place {
            self.queue.resize_with(place + 1, || None);
        }
        if self.queue[place].is_none() && !self.open(place, header) {
            return Added::Dropped(DropReason::NoRoom);
        }
        let Some(partial) = &mut self.queue[place] else {
            return Added::Dropped(DropReason::NoRoom);
        };
        if partial.msg_type != header.msg_type || partial.length != header.length {
            return Added::Dropped(DropReason::BadFragment);
        }
        if !partial.there.insert(header.fragment_offset, end) {
            return Added::Dropped(DropReason::NoRoom);
        }
        let at = FragmentHeader::LEN + header.fragment_offset as usize;
        partial.raw[at..at + fragment.len()].copy_from_slice(fragment);
        Added::Stored
    }

    /// Makes room for a message. The next one displaces those that come later, so that none of them can shut it out.
    fn open(&mut self, place: usize, header: &FragmentHeader) -> bool {
        let length = header.length as usize;
        if self.bytes + length > MAX_QUEUED_BYTES {
            if place > 0 {
                return false;
            }
            self.queue.iter_mut().for_each(|slot| *slot = None);
            self.bytes = 0;
        }
        let mut raw = Vec::with_capacity(FragmentHeader::LEN + length);
        let whole = FragmentHeader::whole(header.msg_type, header.message_seq, header.length);
        whole.write(&mut Writer::new(&mut raw));
        raw.resize(FragmentHeader::LEN + length, 0);
        let partial =
            Partial { msg_type: header.msg_type, length: header.length, raw, there: Ranges::default() };
        self.queue[place] = Some(partial);
        self.bytes += length;
        true
    }

    /// The next message, once it is whole.
    pub fn take(&mut self) -> Option<Received> {
        let first = self.queue.front()?.as_ref()?;
        if !first.there.cover(first.length) {
            return None;
        }
        let partial = self.queue.pop_front()??;
        let message_seq = self.next_seq;
        self.bytes -= partial.length as usize;
        // 2^16 messages are no handshake: staying at the last number drops whatever comes.
        self.next_seq = self.next_seq.saturating_add(1);
        Some(Received { msg_type: partial.msg_type, message_seq, raw: partial.raw })
    }

    /// Forgets what waits and gives its memory back; messages taken before stay known as old.
    pub fn clear(&mut self) {
        self.queue = VecDeque::new();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(seq: u16, length: u32, offset: u32, len: u32) -> FragmentHeader {
        FragmentHeader {
            msg_type: HandshakeType::CERTIFICATE,
            length,
            message_seq: seq,
            fragment_offset: offset,
            fragment_length: len,
        }
    }

    proptest! {
        //~ covers 6347-4.2.3-a, 6347-4.2.3-b
        #[test]
        fn any_cut_in_any_order_with_overlaps_gives_the_message_back(
            body in proptest::collection::vec(any::<u8>(), 0..2000),
            cuts in proptest::collection::vec((any::<u32>(), 1u32..400), 0..40),
            size in 1u32..500,
        ) {
            let length = body.len() as u32;
            let mut reassembly = Reassembly::default();
            let piece = |start: u32, end: u32| (header(0, length, start, end - start), &body[start as usize..end as usize]);
            for (start, len) in cuts {
                let start = start % (length + 1);
                let (header, fragment) = piece(start, (start + len).min(length));
                prop_assert_eq!(reassembly.add(&header, fragment), Added::Stored);
            }
            let mut whole = reassembly.take();
            for start in (0..=length).step_by(size as usize).collect::<Vec<_>>().into_iter().rev() {
                if whole.is_none() {
                    let (header, fragment) = piece(start, (start + size).min(length));
                    prop_assert_eq!(reassembly.add(&header, fragment), Added::Stored);
                    whole = reassembly.take();
                }
            }
            let whole = whole.unwrap();
            prop_assert_eq!(&whole.raw[FragmentHeader::LEN..], &body[..]);
            prop_assert_eq!(FragmentHeader::parse(&mut limpid_sansio::wire::Reader::new(&whole.raw)), Ok(header(0, length, 0, length)));
        }
    }

    //~ covers 6347-4.2.2-b, 6347-4.2.2-c
    #[test]
    fn later_messages_wait_and_earlier_ones_are_old() {
        let mut reassembly = Reassembly::default();
        assert_eq!(reassembly.add(&header(1, 1, 0, 1), b"b"), Added::Stored);
        assert_eq!(reassembly.take(), None);
        assert_eq!(reassembly.add(&header(0, 1, 0, 1), b"a"), Added::Stored);
        assert_eq!(reassembly.take().unwrap().raw[12..], *b"a");
        assert_eq!(reassembly.take().unwrap().raw[12..], *b"b");
        assert_eq!(reassembly.add(&header(0, 1, 0, 1), b"a"), Added::Old);
        assert_eq!(reassembly.add(&header(1, 1, 0, 1), b"b"), Added::Old);
    }

    //~ covers 6347-4.2.3-c neg
    #[test]
    fn fragments_must_agree_on_type_and_length() {
        let mut reassembly = Reassembly::default();
        assert_eq!(reassembly.add(&header(0, 4, 0, 2), b"ab"), Added::Stored);
        assert_eq!(reassembly.add(&header(0, 5, 2, 3), b"cde"), Added::Dropped(DropReason::BadFragment));
        let other = FragmentHeader { msg_type: HandshakeType::FINISHED, ..header(0, 4, 2, 2) };
        assert_eq!(reassembly.add(&other, b"cd"), Added::Dropped(DropReason::BadFragment));
        assert_eq!(reassembly.add(&header(0, 4, 2, 2), b"cd"), Added::Stored);
        assert_eq!(reassembly.take().unwrap().raw[12..], *b"abcd");
    }

    //~ covers 6347-4.2.2-d neg
    #[test]
    fn a_peer_that_never_completes_a_message_takes_bounded_memory() {
        let mut reassembly = Reassembly::default();
        let big = MAX_MESSAGE as u32;
        assert_eq!(reassembly.add(&header(0, big + 1, 0, 1), b"x"), Added::Dropped(DropReason::NoRoom));
        let mut stored = 0;
        for seq in 1..100 {
            if reassembly.add(&header(seq, big, big - 1, 1), b"x") == Added::Stored {
                stored += 1;
            }
        }
        assert_eq!(stored, MAX_QUEUED_BYTES / MAX_MESSAGE);
        assert!(reassembly.queue.len() <= MAX_QUEUED);
        // The message that is due is never shut out by those that are not.
        assert_eq!(reassembly.add(&header(0, big, 0, 1), b"x"), Added::Stored);
        assert!(reassembly.bytes <= MAX_QUEUED_BYTES);
        // Every second byte alone: the list of ranges is bounded too.
        let mut refused = 0;
        for at in (2..2000).step_by(2) {
            refused += usize::from(reassembly.add(&header(0, big, at, 1), b"x") != Added::Stored);
        }
        assert!(refused > 900);
    }
}
