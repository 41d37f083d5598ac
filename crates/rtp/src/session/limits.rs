//! What the other side wants to be sent at most: by its description (`b=`), by REMB, by TMMBR. RFC 5104 §4.2; RFC 8834 §5.1.6
//! and §7.1.
//!
//! A description and a TMMBR speak of one stream, REMB of all of them. There is one estimate for all streams, so that the sum
//! of what they may send limits it; who has several streams asks each for its own limit.

use alloc::vec::Vec;
use core::time::Duration;

use limpid_sansio::Instant;

use super::{Outgoing, Session};
use crate::names::Ssrc;
use crate::rtcp::{self, RateLimit};

/// How many may ask for limits of one stream: with more, those count that ask for the least.
const MAX_OWNERS: usize = 8;
/// What a stream of sound without a limit of its own takes at most, in bits per second: Opus in stereo, with headers.
const SOUND: u64 = 200_000;
/// A confirmation of one limit, in bytes.
const CONFIRMATION: usize = 20;

/// What is wanted of one stream of ours.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// By description, in bits per second.
    pub(super) described: Option<u64>,
    /// By TMMBR: in `ssrc` who asks.
    requests: Vec<RateLimit>,
    /// A request came that was not confirmed yet.
    is_unconfirmed: bool,
}

impl Wanted {
    fn request(&mut self, owner: Ssrc, limit: RateLimit) {
        self.requests.retain(|known| known.ssrc != owner);
        self.requests.push(RateLimit { ssrc: owner, ..limit });
        self.requests.sort_by_key(net_rate);
        self.requests.truncate(MAX_OWNERS);
        self.is_unconfirmed = true;
    }

    fn forget(&mut self, owner: Ssrc) {
        let before = self.requests.len();
        self.requests.retain(|known| known.ssrc != owner);
        self.is_unconfirmed |= self.requests.len() < before;
    }

    /// The limit that bounds all others.
    ///
    /// Deviation: RFC 5104 §3.5.4.2 finds all limits that bind at some packet rate. Packets of pictures are all about as
    /// large as the path takes; at that rate one limit is below all others.
    fn bounding(&self) -> Option<&RateLimit> {
        self.requests.first()
    }

    /// Bits per second of packets that may be sent.
    pub(super) fn limit(&self) -> Option<u64> {
        let requested = self.bounding().map(net_rate);
        requested.into_iter().chain(self.described).min()
    }
}

/// What is left of a limit without what packets cost below RTP, for packets as large as the path takes.
fn net_rate(limit: &RateLimit) -> u64 {
    const PACKET: u128 = 1150;
    let share = u128::from(limit.bits_per_second) * PACKET / (PACKET + u128::from(limit.overhead));
    share as u64
}

/// What is wanted of all streams.
#[derive(Debug, Default)]
pub(super) struct Total {
    /// By REMB.
    pub(super) remb: Option<u64>,
    /// What holds now.
    holds: Option<u64>,
    /// A greater limit, and from when on it holds.
    grows: Option<(Instant, Option<u64>)>,
}

impl Total {
    /// What all streams together may send, if anybody said so.
    pub(super) fn holds(&self) -> Option<u64> {
        self.holds
    }
}

impl Session {
    pub(super) fn on_rate_requests(&mut self, now: Instant, request: &rtcp::Tmmb<'_>) {
        for limit in request.limits() {
            let asked = self.senders.iter_mut().find(|sender| sender.stream.ssrc() == limit.ssrc);
            if let Some(sender) = asked {
                sender.wanted.request(request.sender, limit);
                self.reports.is_urgent = true;
            }
        }
        self.weigh_limits(now);
    }

    /// Who has left limits nothing any more. RFC 5104 §4.2.1.2.
    pub(super) fn on_owner_left(&mut self, now: Instant, owner: Ssrc) {
        for sender in &mut self.senders {
            sender.wanted.forget(owner);
            self.reports.is_urgent |= sender.wanted.is_unconfirmed;
        }
        self.weigh_limits(now);
    }

    /// A lower limit holds at once; a greater one after two round trips, in which others may object (RFC 5104 §4.2.1.2).
    pub(super) fn weigh_limits(&mut self, now: Instant) {
        let wanted = self.wanted_at_most();
        let value = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
        let objection: Duration = self.round_trip * 2;
        let has_requests = self.senders.iter().any(|sender| !sender.wanted.requests.is_empty());
        match self.limits.grows {
            _ if value(wanted) <= value(self.limits.holds) || !has_requests => {
                (self.limits.holds, self.limits.grows) = (wanted, None);
            }
            Some((at, _)) if at <= now => (self.limits.holds, self.limits.grows) = (wanted, None),
            Some((at, _)) => self.limits.grows = Some((at, wanted)),
            None => self.limits.grows = Some((now + objection, wanted)),
        }
        self.estimator.on_receiver_limit(now, self.limits.holds);
        self.follow_estimate();
    }

    pub(super) fn limits_timeout(&self) -> Option<Instant> {
        self.limits.grows.map(|(at, _)| at)
    }

    /// Also streams that came or went change what all may send together.
    pub(super) fn attend_limits(&mut self, now: Instant) {
        if self.limits.holds.is_some() || self.limits.grows.is_some() {
            self.weigh_limits(now);
        }
    }

    /// `None`: as much as the path takes.
    fn wanted_at_most(&self) -> Option<u64> {
        let has_pictures = self.senders.iter().any(|sender| sender.config.is_video);
        let limit = |sender: &Outgoing| match sender.wanted.limit() {
            None if has_pictures && !sender.config.is_video => Some(SOUND),
            limit => limit,
        };
        let sum = |sum: u64, limit: Option<u64>| Some(sum.saturating_add(limit?));
        let by_stream = self.senders.iter().map(limit).try_fold(0, sum).filter(|_| !self.senders.is_empty());
        by_stream.into_iter().chain(self.limits.remb).min()
    }

    /// Confirms what was asked for: which limit holds, and whose it is. RFC 5104 §4.2.2.
    pub(super) fn write_confirmations(&mut self, end: usize, out: &mut Vec<u8>) {
        for sender in self.senders.iter_mut().filter(|sender| sender.wanted.is_unconfirmed) {
            if out.len() + CONFIRMATION > end {
                self.reports.is_urgent = true; // the next datagram goes on
                return;
            }
            sender.wanted.is_unconfirmed = false;
            rtcp::write_tmmbn(out, sender.stream.ssrc(), sender.wanted.bounding().copied());
        }
    }
}
