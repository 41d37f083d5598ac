//! What time does: timers that run out (RFC 9260 §6.3.3, §8.1, §8.3).

use core::time::Duration;

use limpid_sansio::Instant;

use crate::ack::MAX_PROBES;
use crate::association::{Association, Timer};
use crate::error::Error;
use crate::event::State;

impl Association {
    /// Everything that is due.
    pub(crate) fn run_timers(&mut self, now: Instant) {
        self.rx.ack.on_timeout(now);
        // Each handler arms its own timer later than now, so that this ends.
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::T1 => self.on_t1(now),
                Timer::T2 => self.on_t2(now),
                Timer::T3 => self.on_t3(now),
                Timer::T5 => self.on_t5(now),
                Timer::Reordering => self.detect_losses(now),
                Timer::Probe => self.on_probe(now),
                Timer::Heartbeat => self.on_heartbeat_due(now),
                Timer::Reconfig => self.on_reconfig_timeout(now),
            }
            if self.finished() {
                return;
            }
        }
    }

    /// T3-rtx: nothing was acknowledged for one RTO.
    fn on_t3(&mut self, now: Instant) {
        if self.tx.flight.is_empty() {
            // The peer's window is shut: one chunk asks whether it still is (§6.1 A).
            if self.tx.schedule.current().is_some() {
                self.tx.window.zero_window_probe = true;
                self.tx.rto.back_off();
            }
            return;
        }
        if self.state == State::CookieEchoed {
            // What went with COOKIE ECHO goes with it again; T1 does the counting.
            self.lose_everything(now);
            return self.timers.arm(Timer::T3, now + self.tx.rto.current(&self.config.timing));
        }
        self.log.stats.timeouts += 1;
        self.tx.errors += 1;
        if self.tx.errors > self.config.timing.max_retransmits {
            return self.fail(now, Error::PeerUnreachable, None);
        }
        let shut = self.tx.window.rwnd == 0 && self.tx.flight.flight() <= self.max_payload();
        if !shut {
            self.tx.congestion.on_timeout(now, self.tx.flight.flight());
        }
        self.tx.rto.back_off();
        self.lose_everything(now);
        self.tx.window.open = false;
        self.tx.probes = MAX_PROBES; // T3 has the word until something is acknowledged
        self.timers.disarm(Timer::Probe);
        self.timers.disarm(Timer::Reordering);
        self.out.forward_tsn |= self.tx.acks.advanced >= self.tx.flight.base();
        self.timers.arm(Timer::T3, now + self.tx.rto.current(&self.config.timing));
    }

    fn on_probe(&mut self, now: Instant) {
        if self.tx.flight.flight() == 0 {
            return;
        }
        self.log.stats.probes += 1;
        self.tx.probes += 1;
        match self.tx.flight.last_outstanding() {
            // Sent as often as it may be: giving it up is the question then, for FORWARD TSN is answered at once.
            Some((tsn, sent)) if self.is_given_up(now, &sent) => self.lose(now, tsn),
            _ => self.tx.window.probe = true,
        }
        self.arm_probe(now);
    }

    /// The path was idle: ask whether the peer is there (§8.3), and let go of buffers that idle.
    fn on_heartbeat_due(&mut self, now: Instant) {
        self.trim();
        self.arm_heartbeat(now);
        if self.state != State::Established || !self.tx.flight.is_empty() {
            return; // data tells as much
        }
        if self.ending.heartbeat.is_some() {
            self.tx.errors += 1;
            if self.tx.errors > self.config.timing.max_retransmits {
                return self.fail(now, Error::PeerUnreachable, None);
            }
        }
        self.ending.heartbeat = Some((self.random.u64(), now));
        self.out.heartbeat = true;
    }

    /// One interval and one RTO from now, ± half an RTO (§8.3).
    pub(crate) fn arm_heartbeat(&mut self, now: Instant) {
        let rto = self.tx.rto.current(&self.config.timing);
        let micros = u32::try_from(rto.as_micros()).unwrap_or(u32::MAX);
        let jitter = Duration::from_micros(self.random.below(micros).into());
        self.timers.arm(Timer::Heartbeat, now + self.config.timing.heartbeat_interval + rto / 2 + jitter);
    }

    fn trim(&mut self) {
        self.rx.reassembly.trim();
        self.tx.flight.trim();
        self.tx.loss.trim_if_idle(&self.tx.flight);
        for slot in self.channels.all() {
            if let Some(channel) = self.channels.at(slot) {
                channel.inbox.trim();
                channel.tx.queue.trim();
            }
        }
        if self.log.events.is_empty() {
            self.log.events.shrink_to_fit();
        }
    }
}
