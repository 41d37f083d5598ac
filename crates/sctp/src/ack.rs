//! SACK comes in (RFC 9260 §6.2.1): what is acknowledged, what is lost, and what that means for the windows.

use core::time::Duration;

use limpid_sansio::Instant;

use crate::association::{Association, Timer};
use crate::chunk::{Data, Sack};
use crate::config::Reliability;
use crate::error::DropReason;
use crate::event::{ChannelId, Event, State};
use crate::ranges::{Range, difference};
use crate::tx::congestion::Acked;
use crate::tx::inflight::{Fate, Sent};

/// A SACK with at least so many gap blocks may have had no room for more: what lies beyond them is not taken as reneged.
const MANY_GAPS: usize = 16;
/// Tail-loss probes in a row, before T3 is left to act.
pub(crate) const MAX_PROBES: u8 = 2;

/// What one SACK brought.
#[derive(Debug, Default)]
struct News {
    bytes: usize,
    cumulative_moved: bool,
    /// Packet number and sending time of the latest packet that was acknowledged for the first time.
    latest: Option<(u32, Instant)>,
}

impl Association {
    /// One SACK.
    pub(crate) fn on_sack(&mut self, now: Instant, sack: &Sack<'_>) {
        if matches!(self.state, State::Closed | State::CookieWait | State::CookieEchoed) {
            return self.drop_for(DropReason::Unexpected);
        }
        let cumulative = self.tx.acks.unwrap.peek(sack.cumulative_tsn_ack);
        let flight = &self.tx.flight;
        let known = cumulative + 1 >= flight.base() && cumulative < flight.next_tsn();
        if !known || !self.read_gaps(cumulative, sack) {
            return self.drop_for(DropReason::BadSack);
        }
        self.log.stats.sacks_received += 1;
        let flight_before = self.tx.flight.flight();
        let mut news = self.take_cumulative(now, cumulative);
        self.take_gaps(now, cumulative, sack.gap_count() >= MANY_GAPS, &mut news);
        let rtt = news.latest.map(|(_, sent_at)| now.since(sent_at));
        if let Some(rtt) = rtt {
            self.tx.rto.sample(&self.config.timing, now, rtt);
        }
        if news.bytes > 0 || news.cumulative_moved {
            self.tx.rto.reset_backoff();
            self.tx.errors = 0;
            self.tx.probes = 0;
        }
        self.detect_losses(now);
        self.grow(now, &news, flight_before, rtt);
        self.tx.window.rwnd = (sack.a_rwnd as usize).saturating_sub(self.tx.flight.flight());
        if sack.a_rwnd == 0 {
            self.tx.errors = 0; // §6.1 A: the peer is there, its window is shut
        }
        self.after_ack(now, news.cumulative_moved);
    }

    /// The cumulative TSN ack of a SHUTDOWN.
    pub(crate) fn on_cumulative(&mut self, now: Instant, cumulative_tsn_ack: u32) {
        let cumulative = self.tx.acks.unwrap.peek(cumulative_tsn_ack);
        if cumulative + 1 < self.tx.flight.base() || cumulative >= self.tx.flight.next_tsn() {
            return self.drop_for(DropReason::BadSack);
        }
        let news = self.take_cumulative(now, cumulative);
        self.tx.acks.gaps.remove_through(cumulative);
        self.after_ack(now, news.cumulative_moved);
    }

    /// Reads the gap blocks into `scratch`: ascending, apart, and of TSNs that were sent. A SACK that lies is dropped.
    fn read_gaps(&mut self, cumulative: u64, sack: &Sack<'_>) -> bool {
        let (scratch, next_tsn) = (&mut self.tx.acks.scratch, self.tx.flight.next_tsn());
        scratch.clear();
        sack.gaps().all(|block| {
            let range =
                Range { start: cumulative + u64::from(block.start), end: cumulative + u64::from(block.end) };
            block.start > 0 && range.end < next_tsn && scratch.push(range)
        })
    }

    fn take_cumulative(&mut self, now: Instant, cumulative: u64) -> News {
        let mut news = News::default();
        // The last message of a run on one channel: releasing it releases those before it.
        let mut done: Option<(u16, u32)> = None;
        while self.tx.flight.base() <= cumulative {
            let Some(sent) = self.tx.flight.pop() else { break };
            news.cumulative_moved = true;
            if matches!(sent.fate, Fate::Outstanding | Fate::Lost) {
                self.note_acked(now, &sent, &mut news);
            }
            if sent.flags & Data::END != 0 {
                if let Some((slot, message)) = done.filter(|done| done.0 != sent.slot) {
                    self.release(slot, message);
                }
                done = Some((sent.slot, sent.message));
            }
        }
        if let Some((slot, message)) = done {
            self.release(slot, message);
        }
        self.tx.acks.unwrap.advance(cumulative as u32);
        self.tx.acks.advanced = self.tx.acks.advanced.max(cumulative);
        news
    }

    #[inline]
    fn note_acked(&mut self, now: Instant, sent: &Sent, news: &mut News) {
        news.bytes += usize::from(sent.len);
        self.tx.loss.acked(now, sent, &self.tx.rto);
        if self.tx.loss.measures(sent) {
            news.latest = Some((sent.packet, sent.sent_at));
        }
    }

    /// A message, and all before it on its channel, has arrived or was skipped.
    #[inline]
    fn release(&mut self, slot: u16, message: u32) {
        let Some(channel) = self.channels.at(slot) else { return };
        self.tx.held -= channel.tx.queue.release_through(message);
        if channel.is_spent() {
            self.channels.remove(slot);
        }
    }

    /// Only what differs from the SACK before is looked at.
    fn take_gaps(&mut self, now: Instant, cumulative: u64, many: bool, news: &mut News) {
        self.tx.acks.gaps.remove_through(cumulative);
        if self.tx.acks.gaps == self.tx.acks.scratch {
            return;
        }
        let old = std::mem::take(&mut self.tx.acks.gaps);
        let mut new = std::mem::take(&mut self.tx.acks.scratch);
        difference(new.as_slice(), old.as_slice(), |range| {
            for tsn in range.start..=range.end {
                if let Some(sent) = self.tx.flight.get(tsn).copied()
                    && matches!(sent.fate, Fate::Outstanding | Fate::Lost)
                {
                    self.tx.flight.set_fate(tsn, Fate::Acked);
                    self.note_acked(now, &sent, news);
                }
            }
        });
        let highest = new.as_slice().last().map_or(cumulative, |range| range.end);
        let mut unsaid = Vec::new();
        difference(old.as_slice(), new.as_slice(), |range| {
            if many && range.start > highest {
                return unsaid.push(range);
            }
            // Reneged (§6.2.1): outstanding again, until T3 says otherwise.
            for tsn in range.start..=range.end {
                if self.tx.flight.get(tsn).is_some_and(|sent| sent.fate == Fate::Acked) {
                    self.tx.flight.set_fate(tsn, Fate::Outstanding);
                }
            }
        });
        unsaid.into_iter().for_each(|range| {
            new.push(range);
        });
        self.tx.acks.gaps = new;
        self.tx.acks.scratch = old;
    }

    /// Finds what is lost, and tells the congestion controller once a round trip.
    pub(crate) fn detect_losses(&mut self, now: Instant) {
        let mut lost = std::mem::take(&mut self.tx.acks.lost);
        let (again, news) = self.tx.loss.detect(now, &self.tx.flight, &self.tx.rto, |tsn| lost.push(tsn));
        match again {
            Some(at) => self.timers.arm(Timer::Reordering, at),
            None => self.timers.disarm(Timer::Reordering),
        }
        if news {
            self.log.stats.fast_recoveries += 1;
            self.tx.congestion.on_loss(now, self.tx.flight.flight());
            self.tx.loss.enter_recovery(&self.tx.flight);
            self.tx.window.credit = true; // the first goes out whatever the window says (§7.2.4)
            self.tx.window.open = false;
        }
        for tsn in lost.drain(..) {
            self.lose(now, tsn);
        }
        self.tx.acks.lost = lost;
    }

    /// A chunk is lost: sent again, or given up.
    pub(crate) fn lose(&mut self, now: Instant, tsn: u64) {
        let Some(sent) = self.tx.flight.get(tsn).copied().filter(|sent| sent.fate == Fate::Outstanding)
        else {
            return;
        };
        self.tx.flight.set_fate(tsn, Fate::Lost);
        if self.is_given_up(now, &sent) {
            self.abandon(tsn);
        } else {
            self.tx.loss.queue(tsn);
        }
    }

    /// Whether a message has had its chances (RFC 3758 §3.5, RFC 7496 §3.1).
    pub(crate) fn is_given_up(&self, now: Instant, sent: &Sent) -> bool {
        if !self.peer.is_some_and(|peer| peer.extensions.forward_tsn) {
            return false;
        }
        let Some(channel) = self.channels.look(sent.slot) else { return false };
        let Some(message) = channel.tx.queue.message(sent.message) else { return false };
        match channel.config.reliability {
            _ if message.reliable => false,
            Reliability::Reliable => false,
            Reliability::Retransmits(limit) => u16::from(sent.transmissions) > limit,
            Reliability::Lifetime(_) => message.expires.is_some_and(|at| at <= now),
        }
    }

    /// Gives up the whole message that a chunk belongs to, sent or not (RFC 3758 §3.5 A3).
    pub(crate) fn abandon(&mut self, tsn: u64) {
        let Some(sent) = self.tx.flight.get(tsn).copied() else { return };
        let same = |other: &Sent| other.slot == sent.slot && other.message == sent.message;
        let mut first = tsn;
        while self.tx.flight.get(first.saturating_sub(1)).is_some_and(same) {
            first -= 1;
        }
        let mut at = first;
        let mut ended = false;
        while let Some(other) = self.tx.flight.get(at).copied().filter(same) {
            self.tx.flight.set_fate(at, Fate::Abandoned);
            ended = other.flags & Data::END != 0;
            at += 1;
        }
        if !ended {
            self.abandon_rest(&sent);
        }
        self.log.stats.abandoned += 1;
        self.advance_ack_point();
        self.out.forward_tsn = true;
    }

    /// The rest of a message will not be sent; its last TSN is used up all the same, so that the receiver sees an end.
    fn abandon_rest(&mut self, sent: &Sent) {
        let Some(channel) = self.channels.at(sent.slot) else { return };
        if !channel.tx.queue.give_up_rest(sent.message) {
            return;
        }
        if sent.flags & Data::UNORDERED == 0 {
            channel.tx.next_ssn = channel.tx.next_ssn.wrapping_add(1); // it is skipped together with the message
        }
        let placeholder = Sent { len: 0, flags: sent.flags | Data::END, fate: Fate::Abandoned, ..*sent };
        self.tx.flight.push(placeholder);
        self.after_taking(sent.slot);
    }

    /// Moves Advanced.Peer.Ack.Point over what was given up (RFC 3758 §3.5 C2).
    fn advance_ack_point(&mut self) {
        let acks = &mut self.tx.acks;
        acks.advanced = acks.advanced.max(self.tx.flight.base() - 1);
        while self.tx.flight.get(acks.advanced + 1).is_some_and(|sent| sent.fate == Fate::Abandoned) {
            acks.advanced += 1;
        }
    }

    fn grow(&mut self, now: Instant, news: &News, flight_before: usize, rtt: Option<Duration>) {
        if news.bytes == 0 {
            return;
        }
        let acked = Acked {
            bytes: news.bytes,
            flight_before,
            window_limited: self.tx.window.limited,
            in_recovery: self.tx.loss.in_recovery(self.tx.flight.base()),
            rtt,
        };
        self.tx.congestion.on_acked(now, &acked);
    }

    /// Timers, skips, room for writers, and the way to shutdown.
    fn after_ack(&mut self, now: Instant, cumulative_moved: bool) {
        self.advance_ack_point();
        if self.tx.acks.advanced >= self.tx.flight.base() {
            let rtt = self.tx.rto.srtt().unwrap_or_default();
            self.out.forward_tsn |= self.tx.acks.forward_sent.is_none_or(|at| now.since(at) >= rtt);
        }
        let rto = self.tx.rto.current(&self.config.timing);
        if self.tx.flight.is_empty() {
            self.timers.disarm(Timer::T3);
            self.timers.disarm(Timer::Reordering);
        } else if cumulative_moved || self.timers.at(Timer::T3).is_none() {
            self.timers.arm(Timer::T3, now + rto);
        }
        self.arm_probe(now);
        self.wake_writers();
        self.go_on_shutting_down(now);
    }

    /// The last packets may be lost without anything after them to tell: ask after two round trips (as RFC 8985 §7 does).
    pub(crate) fn arm_probe(&mut self, now: Instant) {
        let srtt = self.tx.rto.srtt().filter(|_| self.tx.flight.flight() > 0 && self.tx.probes < MAX_PROBES);
        match srtt {
            Some(srtt) => {
                let wait = (2 * srtt).max(self.config.timing.probe_min) * (1 << self.tx.probes);
                self.timers.arm(Timer::Probe, now + wait);
            }
            None => self.timers.disarm(Timer::Probe),
        }
    }

    /// Channels that were told Full learn that there is room again, when a quarter of it is.
    fn wake_writers(&mut self) {
        if self.tx.blocked.is_empty() || self.tx.held > self.config.send_buffer / 4 * 3 {
            return;
        }
        while let Some(slot) = self.tx.blocked.pop_front() {
            let id: ChannelId = self.channels.id(slot);
            let Some(channel) = self.channels.at(slot) else { continue };
            channel.edges.blocked = false;
            if channel.is_writable() && !channel.edges.writable {
                channel.edges.writable = true;
                self.log.events.push_back(Event::Writable(id));
            }
        }
    }

    /// Messages of a channel that got too old before their first byte was sent go, and make room for others.
    #[inline]
    pub(crate) fn expire(&mut self, now: Instant, slot: u16) {
        let Some(channel) = self.channels.at(slot) else { return };
        if !matches!(channel.config.reliability, Reliability::Lifetime(_)) {
            return;
        }
        let held = channel.tx.queue.held();
        let expired = channel.tx.queue.expire(now);
        if expired > 0 {
            self.tx.held -= held - channel.tx.queue.held();
            self.log.stats.abandoned += expired;
            self.wake_writers();
        }
    }

    /// After bytes of a channel were taken from its queue: is it empty, is it to be reset?
    pub(crate) fn after_taking(&mut self, slot: u16) {
        let Some(channel) = self.channels.at(slot) else { return };
        let is_current = self.tx.schedule.current() == Some(slot);
        if !channel.tx.queue.has_unsent() && channel.tx.scheduled && is_current {
            channel.tx.scheduled = false;
            channel.tx.pass = self.tx.schedule.leave();
            self.ask_reset(slot);
        }
    }

    /// Everything outstanding is taken as lost.
    pub(crate) fn lose_everything(&mut self, now: Instant) {
        self.tx.loss.start_over(&self.tx.flight);
        for tsn in self.tx.flight.base()..self.tx.flight.next_tsn() {
            let again = self.tx.flight.get(tsn).is_some_and(|sent| sent.fate == Fate::Lost);
            if again {
                self.tx.loss.queue(tsn);
            } else {
                self.lose(now, tsn);
            }
        }
    }
}
