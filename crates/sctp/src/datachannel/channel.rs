//! One channel: a stream each way, a queue of messages each way, and where it stands (RFC 8831 §6).

use limpid_sansio::Instant;

use crate::config::{ChannelConfig, Reliability};
use crate::event::{ChannelCounts, ChannelInfo, ChannelState};
use crate::rx::inbox::Inbox;
use crate::rx::ordering::Ordering;
use crate::tx::queue::SendQueue;

/// Where a channel stands; finer than what is shown.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Data came on a stream that nobody opened; nobody knows of it yet.
    Nascent,
    /// Ours, not acknowledged.
    Connecting,
    /// Usable.
    Open,
    /// One side closes.
    Closing,
    /// Gone; perhaps there is still something to read.
    Closed,
}

/// How far the reset of our outgoing stream has come (RFC 6525).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum OutgoingReset {
    /// Not wanted, or waits for the queue to empty.
    #[default]
    No,
    /// Asked for, or about to be.
    Asked,
    /// The peer has performed it.
    Done,
}

/// Which edges wait to be reported, so that each waits once.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct Edges {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) low: bool,
    /// `write` said Full.
    pub(crate) blocked: bool,
}

/// How a channel is closing.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct Closing {
    /// Our user closed it: what comes is dropped.
    pub(crate) by_us: bool,
    /// Our user never knew of it.
    pub(crate) hidden: bool,
    pub(crate) outgoing: OutgoingReset,
    /// The peer's stream was reset.
    pub(crate) incoming: bool,
}

/// The sending side of a channel's stream.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(crate) queue: SendQueue,
    pub(crate) next_ssn: u16,
    /// The message that is on its way goes out unordered. Decided with its first fragment, for all of them: the OPEN may be
    /// acknowledged in between.
    pub(crate) unordered: bool,
    /// Stands in the schedule.
    pub(crate) scheduled: bool,
    /// Its pass when it left the schedule.
    pub(crate) pass: u64,
    pub(crate) low_water: usize,
}

#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) config: ChannelConfig,
    pub(crate) stream_id: Option<u16>,
    pub(crate) phase: Phase,
    /// The peer is known to know of the channel: messages may leave their order (RFC 8832 §6).
    pub(crate) proven: bool,
    pub(crate) closing: Closing,
    pub(crate) edges: Edges,
    pub(crate) tx: Outgoing,
    pub(crate) rx: Ordering,
    pub(crate) inbox: Inbox,
    pub(crate) counts: ChannelCounts,
}

impl Channel {
    pub(crate) fn new(config: ChannelConfig, stream_id: Option<u16>, phase: Phase) -> Self {
        Channel {
            proven: config.negotiated.is_some(),
            config,
            stream_id,
            phase,
            closing: Closing::default(),
            edges: Edges::default(),
            tx: Outgoing::default(),
            rx: Ordering::default(),
            inbox: Inbox::default(),
            counts: ChannelCounts::default(),
        }
    }

    /// User messages may be written.
    pub(crate) fn is_writable(&self) -> bool {
        matches!(self.phase, Phase::Connecting | Phase::Open)
    }

    /// When a message written now is given up.
    pub(crate) fn expiry(&self, now: Instant) -> Option<Instant> {
        match self.config.reliability {
            Reliability::Lifetime(millis) => Some(now + core::time::Duration::from_millis(millis.into())),
            _ => None,
        }
    }

    /// Nothing of it is needed any more.
    pub(crate) fn is_spent(&self) -> bool {
        self.phase == Phase::Closed
            && self.inbox.is_empty()
            && self.tx.queue.is_empty()
            && !self.edges.readable
    }

    pub(crate) fn info(&self) -> Option<ChannelInfo<'_>> {
        let state = match self.phase {
            Phase::Nascent => return None,
            _ if self.closing.hidden => return None,
            Phase::Connecting => ChannelState::Connecting,
            Phase::Open => ChannelState::Open,
            Phase::Closing => ChannelState::Closing,
            Phase::Closed => ChannelState::Closed,
        };
        Some(ChannelInfo {
            label: &self.config.label,
            protocol: &self.config.protocol,
            ordered: self.config.ordered,
            reliability: self.config.reliability,
            priority: self.config.priority,
            negotiated: self.config.negotiated.is_some(),
            stream_id: self.stream_id,
            state,
            buffered_amount: self.tx.queue.buffered(),
            counts: self.counts,
        })
    }
}
