//! When to acknowledge (RFC 9260 §6.2), and what window to announce.
//!
//! `Deviation:` the RFC asks for a SACK for at least every second packet. Here the drain after a burst is when one is sent:
//! a driver that drains after each packet gets the RFC's every-second one, a driver that takes fifty packets in one system
//! call sends one SACK for them.

use core::time::Duration;

use limpid_sansio::Instant;

/// What is owed to the peer.
#[derive(Debug, Default)]
pub(crate) struct AckState {
    /// Packets with DATA since the last SACK.
    packets: u32,
    /// Something can't wait: a gap, a duplicate, the I bit, the first DATA.
    now: bool,
    /// A lone packet is acknowledged at this time.
    deadline: Option<Instant>,
    /// The window that the peer was told last.
    announced: usize,
}

impl AckState {
    pub(crate) fn new(announced: usize) -> Self {
        AckState { announced, ..AckState::default() }
    }

    /// A packet with DATA came.
    pub(crate) fn on_data(&mut self, now: Instant, delay: Duration) {
        self.packets += 1;
        if self.deadline.is_none() {
            self.deadline = Some(now + delay);
        }
    }

    /// Acknowledge with the next packet.
    pub(crate) fn hurry(&mut self) {
        self.now = true;
    }

    /// Time passes.
    pub(crate) fn on_timeout(&mut self, now: Instant) {
        if self.deadline.is_some_and(|at| at <= now) {
            self.deadline = None;
            self.now = true;
        }
    }

    /// A SACK is due even if there is nothing else to send.
    pub(crate) fn is_due(&self) -> bool {
        self.now || self.packets >= 2
    }

    /// A SACK may ride on a packet that is sent anyway.
    pub(crate) fn is_welcome(&self) -> bool {
        self.is_due() || self.packets > 0
    }

    /// Reading opened the window: tell the peer when that is worth a packet, a quarter of all (RFC 9260 §6.2, silly windows
    /// avoided).
    pub(crate) fn on_read(&mut self, window: usize, size: usize) {
        if window >= self.announced.saturating_add(size / 4) {
            self.now = true;
        }
    }

    /// A SACK was sent.
    pub(crate) fn sent(&mut self, window: usize) {
        *self = AckState::new(window);
    }

    /// Nothing is acknowledged any more.
    pub(crate) fn stop(&mut self) {
        *self = AckState::default();
    }

    /// When a lone packet has waited long enough.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| !self.is_due())
    }
}
