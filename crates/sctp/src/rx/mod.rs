//! The receiving half: which TSNs came, which messages they make, and when to say so.

pub(crate) mod inbox;
pub(crate) mod ordering;
pub(crate) mod reassembly;
pub(crate) mod sack;
pub(crate) mod tracker;

use reassembly::Reassembly;
use sack::AckState;
use tracker::Tracker;

use crate::config::Config;

/// The receiving half.
#[derive(Debug)]
pub(crate) struct Rx {
    pub(crate) tracker: Tracker,
    pub(crate) ack: AckState,
    pub(crate) reassembly: Reassembly,
    /// What whole messages that are not read cost.
    pub(crate) held: usize,
    /// How much may be held.
    pub(crate) size: usize,
    /// DATA has come: the first is acknowledged at once.
    pub(crate) begun: bool,
    /// FORWARD TSN has come: fragments may be missing for good.
    pub(crate) forwarded: bool,
}

impl Rx {
    pub(crate) fn new(config: &Config, initial_tsn: u32) -> Self {
        let size = config.receive_window.max(2 * config.max_message_size).min(u32::MAX as usize / 2);
        Rx {
            tracker: Tracker::new(initial_tsn),
            ack: AckState::new(size),
            reassembly: Reassembly::default(),
            held: 0,
            size,
            begun: false,
            forwarded: false,
        }
    }

    /// What may still come.
    pub(crate) fn window(&self) -> usize {
        self.size.saturating_sub(self.held + self.reassembly.held())
    }
}
