//! Which packets make a frame: all of one timestamp and payload type in a row, from one with which a frame can begin to one
//! with which it ends.

use alloc::collections::VecDeque;

use super::packets::Packets;

/// A frame all of whose packets are there.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) first: u64,
    /// One above the last.
    pub(super) end: u64,
    /// Its first packet is not one with which a frame begins.
    pub(super) is_broken: bool,
    /// It was looked at while frames before it were missing, and is no key frame.
    pub(super) was_tried: bool,
}

/// Complete frames by number. Bound: one for each packet that is held.
#[derive(Debug, Default)]
pub(super) struct Frames(VecDeque<Span>);

impl Frames {
    pub(super) fn front(&self) -> Option<&Span> {
        self.0.front()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Span> {
        self.0.iter_mut()
    }

    /// One was not looked at yet while frames before it are missing.
    pub(super) fn has_untried(&self) -> bool {
        self.0.iter().any(|span| !span.was_tried && !span.is_broken)
    }

    /// Frames that begin below this number are no more.
    pub(super) fn forget_below(&mut self, sequence: u64) {
        while self.0.front().is_some_and(|span| span.first < sequence) {
            self.0.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Keeps a frame in its place. One that it contains is replaced. Whether it is new.
    fn add(&mut self, span: Span) -> bool {
        let at = self.0.partition_point(|other| other.end <= span.first);
        let overlapping = self.0.iter().skip(at).take_while(|other| other.first < span.end).count();
        if overlapping == 1 && (self.0[at].first, self.0[at].end) == (span.first, span.end) {
            return false;
        }
        self.0.drain(at..at + overlapping);
        self.0.insert(at, span);
        true
    }

    /// Looks for frames that a packet completes: its own, and the one before it, whose end it may show. The new ones.
    pub(super) fn look(&mut self, packets: &Packets, sequence: u64) -> [Option<Span>; 2] {
        let Some(entry) = packets.get(sequence) else {
            return [None; 2];
        };
        let before = packets.left_of(sequence).filter(|(_, left)| !left.ends && !left.same_frame(entry));
        let before = before.and_then(|(at, _)| around(packets, at));
        let own = if entry.is_filler { self.bridged(packets, sequence) } else { around(packets, sequence) };
        [before, own].map(|span| span.filter(|&span| self.add(span)))
    }

    /// A packet that brings nothing may have been the last that was missing between others.
    fn bridged(&self, packets: &Packets, sequence: u64) -> Option<Span> {
        let (right, _) = packets.right_of(sequence)?;
        around(packets, right)
    }
}

/// The frame that this packet belongs to, if it is complete.
fn around(packets: &Packets, sequence: u64) -> Option<Span> {
    let entry = packets.get(sequence)?;
    let (mut last, mut current) = (sequence, entry);
    while !current.ends {
        match packets.right_of(last) {
            None => return None,
            Some((at, right)) if right.same_frame(entry) => (last, current) = (at, right),
            Some(_) => break,
        }
    }
    let (mut first, mut current) = (sequence, entry);
    while let Some((at, left)) = packets.left_of(first)
        && left.same_frame(entry)
        && !left.ends
    {
        (first, current) = (at, left);
    }
    // Without its neighbour nobody knows whether this packet is the first.
    let is_broken = !current.begins;
    let is_sure = !is_broken || packets.is_joined(first);
    is_sure.then_some(Span { first, end: last + 1, is_broken, was_tried: false })
}
