//! When a stream of ours has to cease, and when it may begin again. RFC 8083.
//!
//! Each stream has a breaker of its own; the network that trips one will mostly trip all of them. What ceased sends neither
//! frames nor anything once more, but its reports go on. It begins anew on another route; after a silence of the other side
//! when RTCP comes again; where nothing arrived, when the path carries something again; else when the application says so.
//! Except on another route, never sooner than it took to trip.

use core::time::Duration;

use limpid_sansio::Instant;

use super::{Event, Session};
use crate::bwe::{CircuitBreaker, Report, Timing, Trip};
use crate::rtcp::ReportBlock;
use crate::send::Sent;

impl Session {
    pub(super) fn note_sent(&mut self, now: Instant, sent: &Sent) {
        let of_stream = |sender: &&mut super::Outgoing| sender.stream.ssrc() == sent.ssrc;
        if let Some(sender) = self.senders.iter_mut().find(of_stream).filter(|_| self.config.circuit_breakers)
        {
            sender.breaker.sent(now, sent.len);
        }
    }

    /// RTCP came, of whatever kind. §5.
    pub(super) fn note_way_back(&mut self, now: Instant) {
        for at in 0..self.senders.len() {
            let breaker = &mut self.senders[at].breaker;
            breaker.on_rtcp();
            if breaker.tripped() == Some(Trip::RtcpTimeout) {
                self.resume_sender(now, at);
            }
        }
    }

    /// The path carried something there and back just now, as whoever checks it knows: that is a reason to try again for
    /// streams that ceased because nothing arrived. §4.5.
    pub fn path_answered(&mut self, now: Instant) {
        for at in 0..self.senders.len() {
            if self.senders[at].breaker.tripped() == Some(Trip::MediaTimeout) {
                self.resume_sender(now, at);
            }
        }
    }

    /// What a report says of a stream of ours.
    pub(super) fn ask_breaker(&mut self, now: Instant, block: &ReportBlock, rtt: Option<Duration>) {
        let Some(at) = self.senders.iter().position(|sender| sender.stream.ssrc() == block.ssrc) else {
            return;
        };
        let report =
            Report { highest_sequence: block.highest_sequence, fraction_lost: block.fraction_lost, rtt };
        let breaker = &mut self.senders[at].breaker;
        let trip = if breaker.tripped().is_none() { breaker.on_report(now, &report) } else { None };
        self.cease(at, trip);
    }

    pub(super) fn attend_breakers(&mut self, now: Instant) {
        for at in 0..self.senders.len() {
            let trip = self.senders[at].breaker.handle_timeout(now);
            self.cease(at, trip);
        }
    }

    pub(super) fn breakers_timeout(&self) -> Option<Instant> {
        self.senders.iter().filter_map(|sender| sender.breaker.poll_timeout()).min()
    }

    fn cease(&mut self, at: usize, trip: Option<Trip>) {
        let Some(trip) = trip.filter(|_| self.config.circuit_breakers) else { return };
        let sender = &mut self.senders[at];
        sender.stream.drop_all();
        let ssrc = sender.config.ssrc;
        self.say(Event::SendingCeased { ssrc, trip });
    }

    /// `false`: it ceased too short a time ago. §4.5.
    pub(super) fn resume_sender(&mut self, now: Instant, at: usize) -> bool {
        let breaker = &mut self.senders[at].breaker;
        let had_ceased = breaker.tripped().is_some();
        let may = !had_ceased || breaker.restart(now);
        if had_ceased && may {
            let ssrc = self.senders[at].config.ssrc;
            self.say(Event::SendingResumed(ssrc));
        }
        may
    }

    /// On another route nothing that was known holds.
    pub(super) fn begin_breakers_anew(&mut self) {
        for at in 0..self.senders.len() {
            let sender = &mut self.senders[at];
            let had_ceased = sender.breaker.tripped().is_some();
            sender.breaker = CircuitBreaker::new(Timing::default());
            let ssrc = sender.config.ssrc;
            if had_ceased {
                self.say(Event::SendingResumed(ssrc));
            }
        }
    }
}
