//! Reports at their interval: which of our streams sent what, which of theirs came how. RFC 3550 §6.1, §6.3, §6.4.

use alloc::vec::Vec;
use core::iter::from_fn;
use core::time::Duration;

use limpid_crypto::Random;
use limpid_sansio::Instant;

use super::Session;
use super::incoming::Incoming;
use super::interval::Interval;
use crate::names::Ssrc;
use crate::rtcp::{self, ReceiverReport, ReportBlock, SenderInfo, SenderReport};
use crate::send::Stream;

/// Most report blocks in one report (RFC 3550 §6.4.1: five bits).
const MAX_BLOCKS: usize = 31;
/// The word in front of a packet of names. Of more than 31 names there are two.
const NAMES: usize = 8;

/// When the next report is due, and what waits to be said.
#[derive(Debug, Default)]
pub(super) struct Reports {
    next: Option<Instant>,
    /// When the last round was sent, or was first thought of.
    last: Instant,
    interval: Interval,
    /// No round was sent yet.
    is_first: bool,
    /// The report that is due did not fit into one datagram: where the next one goes on.
    round: Option<Round>,
    /// Streams of ours that have ended.
    pub(super) goodbyes: Vec<Ssrc>,
    /// Something is to be said before the next report.
    pub(super) is_urgent: bool,
    /// Numbers the Full Intra Requests. RFC 5104 §4.3.1.1.
    pub(super) fir_sequence: u8,
}

/// How far one round of reports has come. A stream that leaves in the midst of it may cost another one its turn.
#[derive(Copy, Clone, Debug, Default)]
struct Round {
    source: usize,
    receiver: usize,
}

impl Reports {
    /// There is something to report on: the first report comes soon (RFC 4585 §3.4: the initial minimum is 0).
    pub(super) fn begin(&mut self, now: Instant, random: &mut Random) {
        if self.next.is_none() {
            self.next = Some(now + Duration::from_millis(u64::from(100 + random.below(200))));
            self.is_first = true;
        }
    }

    /// Nothing is reported any more but that these streams have ended.
    pub(super) fn close(&mut self, ended: impl Iterator<Item = Ssrc>) {
        self.goodbyes.extend(ended);
        (self.next, self.round, self.is_urgent) = (None, None, false);
    }

    /// Time passed. When a round is due, the interval is drawn anew; if that has passed too the round begins, else it waits
    /// for what is left. RFC 3550 §6.3.6. `rate`: what may be sent, in bits per second.
    pub(super) fn reconsider(&mut self, now: Instant, rate: u64, random: &mut Random) {
        if self.round.is_some() || self.next.is_none_or(|next| next > now) {
            return;
        }
        let at = self.last + self.interval.draw(rate, random);
        if at > now && !self.is_first {
            self.next = Some(at);
            return;
        }
        (self.last, self.is_first) = (now, false);
        self.round = Some(Round::default());
        self.next = Some(now + self.interval.draw(rate, random));
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }
}

impl Session {
    /// A stream of ours that speaks for all of them.
    pub(super) fn speaker(&self) -> Ssrc {
        self.senders.first().map_or(self.local_ssrc, |sender| sender.stream.ssrc())
    }

    /// Writes as much of the reports that are due as fits below `limit`; what does not begins the next datagram. `false`: none
    /// are due.
    ///
    /// A sender report for each stream that has sent, with what was received in the first of a datagram; what was received
    /// beyond that in receiver reports.
    pub(super) fn write_reports(&mut self, now: Instant, limit: usize, out: &mut Vec<u8>) -> bool {
        let Some(mut round) = self.reports.round else { return false };
        let start = out.len();
        let (begin, speaker, name) = (round.source, self.speaker(), rtcp::cname_len(&self.config.cname));
        let mut names = NAMES + name;
        let mut is_first = true;
        let sources = self.senders.len() * Stream::SOURCES;
        while round.source < sources {
            if let Some((ssrc, info)) = self.source(now, round.source) {
                let len = out.len() + SenderReport::EMPTY_LEN + names;
                if !is_first && len > limit {
                    break;
                }
                let most = if is_first { limit.saturating_sub(len) / ReportBlock::LEN } else { 0 };
                let blocks = blocks(&mut self.receivers, &mut round.receiver, now, most);
                rtcp::write_sender_report(out, ssrc, &info, blocks);
                names += name;
                is_first = false;
            }
            round.source += 1;
        }
        let have_all_sent = round.source >= sources;
        while is_first || (have_all_sent && has_blocks(&self.receivers, round.receiver)) {
            let len = out.len() + ReceiverReport::EMPTY_LEN + names;
            let most = limit.saturating_sub(len) / ReportBlock::LEN;
            if !is_first && most == 0 {
                break;
            }
            let blocks = blocks(&mut self.receivers, &mut round.receiver, now, most);
            rtcp::write_receiver_report(out, speaker, blocks);
            is_first = false;
        }
        self.write_names(now, begin..round.source, out);
        let is_over = have_all_sent && !has_blocks(&self.receivers, round.receiver);
        self.reports.interval.wrote(out.len() - start, is_over);
        self.reports.round = (!is_over).then_some(round);
        true
    }

    /// Who stands behind the sources of a datagram.
    fn write_names(&self, now: Instant, sources: core::ops::Range<usize>, out: &mut Vec<u8>) {
        let cname = &self.config.cname;
        let mut sources = sources.filter_map(|at| Some(self.source(now, at)?.0)).peekable();
        match sources.peek() {
            Some(_) => rtcp::write_cname(out, sources, cname),
            None => rtcp::write_cname(out, [self.speaker()], cname),
        }
    }

    /// What a source of ours has sent: a stream, or its retransmissions. `None`: nothing yet.
    fn source(&self, now: Instant, at: usize) -> Option<(Ssrc, SenderInfo)> {
        let stream = &self.senders.get(at / Stream::SOURCES)?.stream;
        stream.source_info(at % Stream::SOURCES, now, self.ntp(now))
    }
}

/// Blocks about the streams from `next` on, at most so many.
fn blocks<'a>(
    receivers: &'a mut [Incoming],
    next: &'a mut usize,
    now: Instant,
    most: usize,
) -> impl Iterator<Item = ReportBlock> + use<'a> {
    let next_block = move || {
        let receiver = receivers.get_mut(*next)?;
        *next += 1;
        Some(receiver.report_block(now))
    };
    let mut each = from_fn(next_block).flatten();
    let mut left = most.min(MAX_BLOCKS);
    from_fn(move || {
        left = left.checked_sub(1)?;
        each.next()
    })
}

fn has_blocks(receivers: &[Incoming], next: usize) -> bool {
    receivers.iter().skip(next).any(|receiver| receiver.stream.is_some())
}
