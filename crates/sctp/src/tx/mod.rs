//! The sending half: what is in flight, what is lost, how much more may be sent, and whose turn it is.

use std::collections::VecDeque;

use limpid_sansio::Instant;
use limpid_sansio::serial::Unwrap32;

use crate::association::max_payload;
use crate::config::{Config, DEFAULT_MAX_MESSAGE_SIZE};
use crate::ranges::Ranges;

pub mod congestion;
pub(crate) mod inflight;
pub(crate) mod loss;
pub(crate) mod queue;
pub(crate) mod rto;
pub(crate) mod schedule;

use congestion::CongestionControl;
use inflight::InFlight;
use loss::Loss;
use rto::Rto;
use schedule::Schedule;

/// The sending half.
#[derive(Debug)]
pub(crate) struct Tx {
    pub(crate) flight: InFlight,
    pub(crate) loss: Loss,
    pub(crate) rto: Rto,
    pub(crate) congestion: Box<dyn CongestionControl>,
    pub(crate) schedule: Schedule,
    pub(crate) window: Window,
    pub(crate) acks: Acks,
    /// Bytes of messages that are queued or not acknowledged, over all channels.
    pub(crate) held: usize,
    /// Channels that were told Full.
    pub(crate) blocked: VecDeque<u16>,
    /// The largest message that the peer takes.
    pub(crate) max_message: usize,
    /// Retransmissions and heartbeats in a row that went unanswered.
    pub(crate) errors: u32,
    pub(crate) probes: u8,
    pub(crate) last_sent: Instant,
}

/// What bounds sending.
#[derive(Debug)]
pub(crate) struct Window {
    /// The peer's, less what is in flight.
    pub(crate) rwnd: usize,
    /// A batch has begun and goes on until the window is used up.
    pub(crate) open: bool,
    /// Packing stopped because the congestion window was full.
    pub(crate) limited: bool,
    /// The next packet may ignore the congestion window: a fast retransmission or a tail-loss probe.
    pub(crate) credit: bool,
    /// The next packet is a tail-loss probe.
    pub(crate) probe: bool,
    /// The next chunk may ignore the peer's window (RFC 9260 §6.1 rule A).
    pub(crate) zero_window_probe: bool,
}

/// What the peer has acknowledged beyond the cumulative TSN, and what we told it to skip.
#[derive(Debug)]
pub(crate) struct Acks {
    pub(crate) unwrap: Unwrap32,
    pub(crate) gaps: Ranges,
    pub(crate) scratch: Ranges,
    pub(crate) lost: Vec<u64>,
    /// Advanced.Peer.Ack.Point (RFC 3758 §3.5).
    pub(crate) advanced: u64,
    pub(crate) forward_sent: Option<Instant>,
}

impl Tx {
    pub(crate) fn new(config: &Config, initial_tsn: u32, now: Instant) -> Self {
        let unwrap = Unwrap32::starting_at(initial_tsn.wrapping_sub(1));
        let next = unwrap.peek(initial_tsn);
        Tx {
            flight: InFlight::new(next),
            loss: Loss::new(next),
            rto: Rto::new(&config.timing),
            congestion: (config.congestion)(max_payload(config.max_datagram)),
            schedule: Schedule::default(),
            window: Window {
                rwnd: 0,
                open: false,
                limited: false,
                credit: false,
                probe: false,
                zero_window_probe: false,
            },
            acks: Acks {
                unwrap,
                gaps: Ranges::default(),
                scratch: Ranges::default(),
                lost: Vec::new(),
                advanced: next - 1,
                forward_sent: None,
            },
            held: 0,
            blocked: VecDeque::new(),
            max_message: usize::try_from(DEFAULT_MAX_MESSAGE_SIZE).unwrap_or(usize::MAX),
            errors: 0,
            probes: 0,
            last_sent: now,
        }
    }
}
