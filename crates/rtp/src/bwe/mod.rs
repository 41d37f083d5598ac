//! How much may be sent: send-side bandwidth estimation from feedback about each packet.
//!
//! ```text
//! sent() ─→ sent packets ─┐
//!                         ├─ matched ─→ groups ─→ trend line ─→ detector ─→ rate control ─┐
//! feedback ───────────────┘    │                                                          ├─ smallest ─→ target()
//!                              ├──────→ acknowledged rate ─────────────────↗   loss ──────┤
//!                              └──────→ probe results ─────────────────────↗   REMB ──────┘
//! ```
//!
//! Two controllers as in draft-ietf-rmcat-gcc-02: one looks at delay that grows, one at loss; the lower wins. Where the draft
//! is silent we do what works against browsers, and say so at the place. [`Estimator`] joins the parts:
//!
//! | idea | file |
//! |---|---|
//! | packets that were sent, until feedback about them comes | `sent` |
//! | what feedback says, on one clock | `remote_clock` |
//! | packets that left together are one sample | `groups` |
//! | how fast delay grows | `trendline` |
//! | what growth is too much: a threshold that adapts | `overuse` |
//! | a queue that stands is drained | `standing_queue` |
//! | up a little, down a lot | `rate_control` |
//! | loss that we cause, and loss that was there before | `loss`, `report_loss` |
//! | the rate that arrives | `acknowledged` |
//! | short bursts that try a higher rate | `probe`, `probe_results` |
//! | an application that sends less than it may | `application_limited` |
//! | no feedback at all | `silence` |
//! | all of them joined; what goes in and comes out | `estimator`, `limits` |
//! | when sending has to end: RFC 8083 | `circuit_breaker` |

mod acknowledged;
mod application_limited;
mod circuit_breaker;
mod estimator;
mod groups;
mod limits;
mod loss;
mod overuse;
mod probe;
mod probe_results;
mod rate_control;
mod remote_clock;
mod report_loss;
mod sent;
mod silence;
mod standing_queue;
mod trendline;

pub use circuit_breaker::{CircuitBreaker, Report, Timing, Trip};
pub use estimator::Estimator;
pub use limits::{Limits, Stats};
pub use overuse::Usage;
pub use probe::{Probe, ProbeId};

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
