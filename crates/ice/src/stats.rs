//! What is counted, and what can be asked about a chosen pair.

use core::ops::Index;
use core::time::Duration;

use limpid_sansio::Instant;

use crate::candidate::CandidateKind;
use crate::error::DropReason;

/// Counters of one agent, from its first day.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Stats {
    /// Connectivity checks sent for the first time.
    pub checks_sent: u64,
    /// Checks and requests to servers sent again.
    pub retransmissions: u64,
    /// Authentic requests of the peer that were answered with success.
    pub checks_answered: u64,
    /// Consent checks sent (RFC 7675).
    pub consent_checks_sent: u64,
    /// Authentic success responses to checks and consent checks.
    pub responses_received: u64,
    /// Role conflicts met (RFC 8445 §7.3.1.1, §7.2.5.1).
    pub role_conflicts: u64,
    /// What was left aside, by reason.
    pub dropped: Drops,
}

/// Counts by [`DropReason`]: `stats.dropped[DropReason::Integrity]`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Drops([u64; DropReason::COUNT]);

impl Drops {
    /// All of them together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn count(&mut self, reason: DropReason) {
        self.0[reason as usize] += 1;
    }
}

impl Index<DropReason> for Drops {
    type Output = u64;
    fn index(&self, reason: DropReason) -> &u64 {
        &self.0[reason as usize]
    }
}

/// The chosen pair of a component. Says nothing that an mDNS name was meant to hide.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct PairStats {
    /// Our end.
    pub local: CandidateKind,
    /// Their end.
    pub remote: CandidateKind,
    /// Over IPv6.
    pub is_ipv6: bool,
    /// When a check of it was answered last: then it carried, both ways.
    pub answered: Instant,
    /// The last round trip of a check that was sent once; `None` before the first.
    pub round_trip: Option<Duration>,
    /// The pair was nominated, not only found to work.
    pub is_nominated: bool,
}
