//! What the receiver takes at most, whatever the path could carry.

use limpid_sansio::Instant;

use super::{Estimator, Limits};

impl Estimator {
    /// Of a limit below this the rest is ignored: packets leave one by one, and reports still find their way.
    const LEAST_LIMIT: u64 = 1000;

    /// The receiver takes no more than this, in bits per second (REMB, or TMMBR of RFC 5104 §4.2). `None`: it takes that back.
    /// Holds also below [`Limits::min`].
    pub fn on_receiver_limit(&mut self, now: Instant, bits_per_second: Option<u64>) {
        self.asked.limit = bits_per_second;
        self.settle(now);
    }

    /// Another path: nothing is known of it. What the receiver takes holds on.
    pub fn begin_anew(&mut self, limits: Limits) {
        let limit = self.asked.limit;
        *self = Estimator::new(limits);
        self.asked.limit = limit;
        self.stats.target = self.stats.target.min(self.taken());
    }

    pub(super) fn taken(&self) -> u64 {
        self.asked.limit.map_or(u64::MAX, |limit| limit.max(Self::LEAST_LIMIT))
    }
}
