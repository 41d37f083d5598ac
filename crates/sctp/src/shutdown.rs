//! How an association ends (RFC 9260 §9): in peace, at once, or because nobody answers.
//!
//! ```text
//!   Established ── shutdown ──→ ShutdownPending ── all acked ──→ ShutdownSent ─── SHUTDOWN ACK ──→ (COMPLETE) Closed
//!        └──── SHUTDOWN ──→ ShutdownReceived ── all acked ──→ ShutdownAckSent ─── SHUTDOWN COMPLETE ──→ Closed
//! ```

use limpid_sansio::Instant;

use crate::association::{Association, Timer};
use crate::chunk::{CauseCode, Shutdown};
use crate::control::Standalone;
use crate::error::{DropReason, Error};
use crate::event::{CloseReason, Event, State};

impl Association {
    /// Ends the association in peace: what was written is delivered first. Nothing can be written from now on.
    pub fn shutdown(&mut self, now: Instant) {
        match self.state {
            State::Established => {
                self.enter(now, State::ShutdownPending);
                self.timers.arm(Timer::T5, now + self.config.timing.shutdown_guard);
                self.go_on_shutting_down(now);
            }
            // Nothing to shut down yet.
            State::Closed | State::CookieWait if !self.finished() => {
                self.finish(now, CloseReason::Shutdown);
            }
            State::CookieEchoed => self.abort(now),
            _ => {}
        }
    }

    /// Ends the association at once, telling the peer.
    pub fn abort(&mut self, now: Instant) {
        if self.finished() {
            return;
        }
        self.queue_abort(Some(CauseCode::USER_ABORT));
        self.finish(now, CloseReason::Aborted);
    }

    fn queue_abort(&mut self, cause: Option<CauseCode>) {
        self.out.clear();
        if let Some(tag) = self.peer_tag() {
            self.out.reply(Standalone::Abort { tag, reflected: false, cause, value: Vec::new() });
        }
    }

    /// Ends the association for a fault; with a cause, the peer is told.
    pub(crate) fn fail(&mut self, now: Instant, error: Error, cause: Option<CauseCode>) {
        if self.finished() {
            return;
        }
        self.queue_abort(cause);
        self.finish(now, CloseReason::Failed(error));
    }

    /// It is over. What waits in `out.standalone` is still said.
    pub(crate) fn finish(&mut self, now: Instant, reason: CloseReason) {
        if self.finished() {
            return;
        }
        self.enter(now, State::Closed);
        self.timers.clear();
        self.out.clear();
        self.rx.ack.stop();
        for slot in self.channels.all() {
            self.close_now(slot);
        }
        self.ending.reason = Some(reason);
        self.log.events.push_back(Event::Closed(reason));
    }

    /// Something was acknowledged, or shutting down began: is there still data on its way?
    pub(crate) fn go_on_shutting_down(&mut self, now: Instant) {
        if !self.tx.flight.is_empty() || self.tx.schedule.current().is_some() {
            return;
        }
        match self.state {
            State::ShutdownPending => {
                self.enter(now, State::ShutdownSent);
                self.out.shutdown = true;
            }
            State::ShutdownReceived => {
                self.enter(now, State::ShutdownAckSent);
                self.out.shutdown_ack = true;
            }
            _ => return,
        }
        self.timers.disarm(Timer::T3);
        self.timers.arm(Timer::T2, now + self.tx.rto.current(&self.config.timing));
    }

    /// T2: SHUTDOWN or SHUTDOWN ACK goes unanswered.
    pub(crate) fn on_t2(&mut self, now: Instant) {
        self.ending.retransmits += 1;
        if self.ending.retransmits > self.config.timing.max_retransmits {
            return self.fail(now, Error::PeerUnreachable, None);
        }
        match self.state {
            State::ShutdownSent => self.out.shutdown = true,
            State::ShutdownAckSent => self.out.shutdown_ack = true,
            _ => return,
        }
        self.tx.rto.back_off();
        self.timers.arm(Timer::T2, now + self.tx.rto.current(&self.config.timing));
    }

    /// T5: it takes too long (§9.2).
    pub(crate) fn on_t5(&mut self, now: Instant) {
        self.fail(now, Error::ShutdownTimedOut, Some(CauseCode::USER_ABORT));
    }

    /// SHUTDOWN: the peer will send no more, and has ours up to a TSN.
    pub(crate) fn on_shutdown(&mut self, now: Instant, shutdown: &Shutdown) {
        match self.state {
            State::Established | State::ShutdownPending => {
                self.enter(now, State::ShutdownReceived);
                if self.timers.at(Timer::T5).is_none() {
                    self.timers.arm(Timer::T5, now + self.config.timing.shutdown_guard);
                }
                self.on_cumulative(now, shutdown.cumulative_tsn_ack);
                self.go_on_shutting_down(now);
            }
            State::ShutdownReceived => self.on_cumulative(now, shutdown.cumulative_tsn_ack),
            // Both at once: each answers.
            State::ShutdownSent => {
                self.out.shutdown = false;
                self.enter(now, State::ShutdownAckSent);
                self.out.shutdown_ack = true;
                self.timers.arm(Timer::T2, now + self.tx.rto.current(&self.config.timing));
            }
            State::ShutdownAckSent => self.out.shutdown_ack = true,
            _ => self.drop_for(DropReason::Unexpected),
        }
    }

    /// SHUTDOWN ACK: all is delivered on both sides.
    pub(crate) fn on_shutdown_ack(&mut self, now: Instant) {
        let Some(tag) = self.peer_tag() else { return self.drop_for(DropReason::Unexpected) };
        match self.state {
            State::ShutdownSent | State::ShutdownAckSent => {
                self.finish(now, CloseReason::Shutdown);
                self.out.reply(Standalone::ShutdownComplete { tag, reflected: false });
            }
            // RFC 9260 §8.5.1 E: the peer is still in an association of before.
            State::CookieWait | State::CookieEchoed => {
                self.out.reply(Standalone::ShutdownComplete { tag: self.local.tag, reflected: true });
            }
            _ => self.drop_for(DropReason::Unexpected),
        }
    }

    /// SHUTDOWN COMPLETE: the peer is done too.
    pub(crate) fn on_shutdown_complete(&mut self, now: Instant) {
        if self.state == State::ShutdownAckSent {
            self.finish(now, CloseReason::Shutdown);
        } else {
            self.drop_for(DropReason::Unexpected);
        }
    }
}
