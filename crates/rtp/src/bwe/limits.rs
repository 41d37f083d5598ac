//! What the estimator is told, and what it tells.

use core::time::Duration;

use super::overuse::Usage;

/// Where the estimate may move, in bits per second.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// It never falls below. Default 30 000: audio gets through.
    pub min: u64,
    /// Where it begins. Default 300 000, as browsers do.
    pub start: u64,
    /// It never grows beyond, nor beyond 1 Tbit/s. Default 50 000 000.
    pub max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { min: 30_000, start: 300_000, max: 50_000_000 }
    }
}

impl Limits {
    /// In order, and small enough to reckon with.
    pub(super) fn sound(self) -> Self {
        let max = self.max.min(1_000_000_000_000);
        let min = self.min.min(max);
        Limits { min, start: self.start.clamp(min, max), max }
    }
}

/// What the estimator knows, for people who look at it.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Bits per second that may be sent.
    pub target: u64,
    /// Bits per second that arrive, by feedback.
    pub acknowledged: Option<u64>,
    /// What the delay alone allows, in bits per second.
    pub by_delay: u64,
    /// What the loss alone allows, in bits per second. `None`: loss sets no limit.
    pub by_loss: Option<u64>,
    /// The share of packets that was lost lately, 0 to 1.
    pub loss: f64,
    /// The smoothed round trip.
    pub rtt: Duration,
    /// What the delay says.
    pub usage: Usage,
    /// The application sends less than it may.
    pub is_application_limited: bool,
    /// Feedback packets that said something new.
    pub feedbacks: u64,
    /// Feedback packets that said nothing new: duplicates, nonsense, or about what is long forgotten.
    pub idle_feedbacks: u64,
    /// Probes that were handed out.
    pub probes: u64,
}
