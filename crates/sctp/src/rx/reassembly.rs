//! Fragments become messages again (RFC 9260 §6.9).
//!
//! Fragments of a message have consecutive TSNs, so that a *run* of TSNs is all there is to know: runs grow at both ends,
//! join when the hole between them is filled, and are a message when they hold both its ends. Without loss there is one
//! run, the one that the last fragment went to; it is kept apart from the map, so that the usual fragment costs a comparison
//! and a copy.

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use crate::chunk::Data;

/// A piece of a run stops growing here, so that joining two runs moves no more than a list of pieces.
const PIECE_LEN: usize = 64 << 10;
/// What a stored run costs beside its bytes.
pub(crate) const RUN_OVERHEAD: usize = 128;

/// What all fragments of a message have in common.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Label {
    pub(crate) stream_id: u16,
    pub(crate) ssn: u16,
    pub(crate) ppid: u32,
    pub(crate) unordered: bool,
}

impl Label {
    pub(crate) fn of(data: &Data<'_>) -> Self {
        Label {
            stream_id: data.stream_id,
            ssn: data.ssn,
            ppid: data.ppid,
            unordered: data.flags & Data::UNORDERED != 0,
        }
    }

    /// The PPID may differ: only the first fragment's counts.
    fn joins(&self, other: &Label) -> bool {
        self.stream_id == other.stream_id
            && self.unordered == other.unordered
            && (self.unordered || self.ssn == other.ssn)
    }
}

#[derive(Debug)]
struct Run {
    label: Label,
    start: u64,
    end: u64,
    begins: bool,
    ends: bool,
    /// The bytes in order; usually one piece.
    first: Vec<u8>,
    more: VecDeque<Vec<u8>>,
    len: usize,
}

impl Run {
    fn append(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
        if self.more.is_empty() && (self.begins || self.first.len() < PIECE_LEN) {
            return self.first.extend_from_slice(bytes);
        }
        match self.more.back_mut().filter(|piece| piece.len() < PIECE_LEN) {
            Some(piece) => piece.extend_from_slice(bytes),
            None => self.more.push_back(bytes.to_vec()),
        }
    }

    /// Takes over the run that follows; the shorter list of pieces moves.
    fn join(&mut self, mut next: Run) {
        self.end = next.end;
        self.ends = next.ends;
        self.len += next.len;
        next.more.push_front(mem::take(&mut next.first));
        if self.more.len() < next.more.len() {
            while let Some(piece) = self.more.pop_back() {
                next.more.push_front(piece);
            }
            self.more = next.more;
        } else {
            self.more.append(&mut next.more);
        }
    }

    fn into_bytes(mut self) -> Vec<u8> {
        if !self.more.is_empty() {
            self.first.reserve(self.len - self.first.len());
            self.more.iter().for_each(|piece| self.first.extend_from_slice(piece));
        }
        self.first
    }
}

/// What a fragment did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It waits for others.
    Held,
    /// It completes a message.
    Complete(Label, Vec<u8>),
    /// It contradicts its neighbours.
    Violation,
}

/// All unfinished messages of an association.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    hot: Option<Run>,
    cold: BTreeMap<u64, Run>,
    /// Bytes of all runs, and their overhead.
    held: usize,
    /// A buffer that comes back, and how large the last message was: the next is likely to be as large.
    spare: Vec<u8>,
    expected: usize,
}

impl Reassembly {
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Gives a buffer back for the next message.
    pub(crate) fn recycle(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() > self.spare.capacity() && buffer.capacity() <= 1 << 20 {
            buffer.clear();
            self.spare = buffer;
        }
    }

    /// Lets go of what idles.
    pub(crate) fn trim(&mut self) {
        self.spare = Vec::new();
    }

    /// Takes a fragment with a TSN that is new. Whole messages do not come here.
    pub(crate) fn insert(&mut self, tsn: u64, data: &Data<'_>) -> Outcome {
        let label = Label::of(data);
        let (begins, ends) = (data.flags & Data::BEGIN != 0, data.flags & Data::END != 0);
        self.held += data.payload.len();
        let follows_hot = !begins && self.hot.as_ref().is_some_and(|hot| hot.end + 1 == tsn && !hot.ends);
        if !follows_hot {
            self.cool_down();
            match self.predecessor(tsn).filter(|_| !begins) {
                Some(run) => self.hot = Some(run),
                None => self.hot = Some(self.new_run(tsn, label, begins)),
            }
        }
        let Some(hot) = self.hot.as_mut() else { return Outcome::Held };
        if !hot.label.joins(&label) {
            return Outcome::Violation;
        }
        hot.append(data.payload);
        (hot.end, hot.ends) = (tsn, ends);
        if !self.join_successor() {
            return Outcome::Violation;
        }
        self.finish()
    }

    fn cool_down(&mut self) {
        if let Some(run) = self.hot.take() {
            self.cold.insert(run.start, run);
        }
    }

    fn predecessor(&mut self, tsn: u64) -> Option<Run> {
        let (start, run) = self.cold.range(..tsn).next_back()?;
        if run.end + 1 != tsn || run.ends {
            return None;
        }
        let start = *start;
        self.cold.remove(&start)
    }

    fn new_run(&mut self, tsn: u64, label: Label, begins: bool) -> Run {
        self.held += RUN_OVERHEAD;
        let mut first = Vec::new();
        if begins {
            first = mem::take(&mut self.spare);
            first.reserve(self.expected);
        }
        let more = VecDeque::new();
        Run { label, start: tsn, end: tsn, begins, ends: false, first, more, len: 0 }
    }

    fn join_successor(&mut self) -> bool {
        if self.cold.is_empty() {
            return true;
        }
        let Some(hot) = self.hot.as_mut().filter(|hot| !hot.ends) else { return true };
        let next = hot.end + 1;
        if self.cold.get(&next).is_none_or(|run| run.begins) {
            return true;
        }
        let Some(run) = self.cold.remove(&next) else { return true };
        self.held -= RUN_OVERHEAD;
        let sound = hot.label.joins(&run.label);
        hot.join(run);
        sound
    }

    fn finish(&mut self) -> Outcome {
        match self.hot.take_if(|hot| hot.begins && hot.ends) {
            Some(run) => {
                self.held -= run.len + RUN_OVERHEAD;
                self.expected = run.len.min(256 << 10);
                Outcome::Complete(run.label, run.into_bytes())
            }
            None => Outcome::Held,
        }
    }

    /// Whether the fragment at `tsn` would go on with a message whose beginning is here.
    pub(crate) fn continues(&self, tsn: u64) -> bool {
        let follows = |run: &Run| run.end + 1 == tsn && !run.ends;
        self.hot.as_ref().is_some_and(follows)
            || self.cold.range(..tsn).next_back().is_some_and(|(_, run)| follows(run))
    }

    /// The length of the longest unfinished message that `tsn` belongs to.
    pub(crate) fn len_at(&self, tsn: u64) -> usize {
        let holds = |run: &Run| run.start <= tsn && tsn <= run.end;
        let cold = || self.cold.range(..=tsn).next_back().map(|(_, run)| run);
        self.hot
            .as_ref()
            .filter(|run| holds(run))
            .or_else(cold)
            .filter(|run| holds(run))
            .map_or(0, |run| run.len)
    }

    /// Whether everything up to `cumulative` has arrived and yet a run without a beginning, or one that should have gone
    /// on, lies there.
    pub(crate) fn is_broken(&self, cumulative: u64) -> bool {
        let broken = |run: &Run| {
            (!run.begins && run.start <= cumulative)
                || (!run.ends && run.end < cumulative && run.start <= cumulative)
        };
        self.hot.as_ref().is_some_and(broken) || self.cold.values().next().is_some_and(broken)
    }

    /// Drops what can not be finished any more once all up to `cumulative` count as received.
    pub(crate) fn drop_through(&mut self, cumulative: u64) {
        let gone = |run: &Run| run.start <= cumulative || (run.start == cumulative + 1 && !run.begins);
        if let Some(run) = self.hot.take_if(|run| gone(run)) {
            self.held -= run.len + RUN_OVERHEAD;
        }
        while let Some(entry) = self.cold.first_entry().filter(|entry| gone(entry.get())) {
            self.held -= entry.remove().len + RUN_OVERHEAD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fragments(message: &[u8], size: usize) -> Vec<(u8, &[u8])> {
        let count = message.len().div_ceil(size);
        let flags = |at| {
            let begin = if at == 0 { Data::BEGIN } else { 0 };
            let end = if at + 1 == count { Data::END } else { 0 };
            begin | end
        };
        message.chunks(size).enumerate().map(|(at, part)| (flags(at), part)).collect()
    }

    fn data(tsn: u64, flags: u8, payload: &[u8]) -> Data<'_> {
        Data { flags, tsn: tsn as u32, stream_id: 1, ssn: 7, ppid: 53, payload }
    }

    proptest! {
        #[test]
        fn fragments_in_any_order_make_the_message(
            message in prop::collection::vec(any::<u8>(), 2..400),
            size in 1usize..100,
            seed in prop::collection::vec(any::<u32>(), 400),
        ) {
            let parts = fragments(&message, size.min(message.len() - 1));
            let mut order: Vec<usize> = (0..parts.len()).collect();
            order.sort_by_key(|at| seed[*at]);
            let mut reassembly = Reassembly::default();
            for (count, at) in order.iter().enumerate() {
                let tsn = 100 + *at as u64;
                let outcome = reassembly.insert(tsn, &data(tsn, parts[*at].0, parts[*at].1));
                if count + 1 < order.len() {
                    prop_assert_eq!(outcome, Outcome::Held);
                } else {
                    let Outcome::Complete(label, bytes) = outcome else { panic!("not complete") };
                    prop_assert_eq!((label.ssn, bytes), (7, message.clone()));
                }
            }
            prop_assert_eq!(reassembly.held(), 0);
        }
    }

    #[test]
    fn a_fragment_of_another_stream_between_two_is_a_violation() {
        let mut reassembly = Reassembly::default();
        assert_eq!(reassembly.insert(5, &data(5, Data::BEGIN, b"a")), Outcome::Held);
        let stray = Data { stream_id: 2, ..data(6, 0, b"b") };
        assert_eq!(reassembly.insert(6, &stray), Outcome::Violation);
    }

    #[test]
    fn what_a_forward_tsn_skips_is_dropped_and_its_bytes_are_returned() {
        let mut reassembly = Reassembly::default();
        reassembly.insert(5, &data(5, Data::BEGIN, b"abc"));
        reassembly.insert(9, &data(9, Data::BEGIN, b"abc"));
        reassembly.drop_through(6);
        assert_eq!(reassembly.held(), 3 + RUN_OVERHEAD);
        assert!(!reassembly.is_broken(8));
    }
}
