//! What an association is told when it is made, and what a channel is told when it is opened.
//!
//! Every knob says its unit, its default, and where the default comes from.

use core::fmt;
use core::time::Duration;

use limpid_crypto::Provider;

use crate::tx::congestion::{CongestionControl, NewReno};

/// The port that WebRTC uses by habit; the rule is what `a=sctp-port` says (RFC 8841 §5.1).
pub const DEFAULT_PORT: u16 = 5000;
/// What a peer takes when its description does not say (RFC 8841 §6.1).
pub const DEFAULT_MAX_MESSAGE_SIZE: u64 = 65_536;

/// How an association behaves. There is no `Default`, for a seed and a provider have none; see [`Config::new`].
#[derive(Clone)]
pub struct Config {
    /// Seeds the generator of tags, TSNs, nonces and the cookie key. From the operating system for every real association.
    pub seed: [u8; 32],
    /// Gives HMAC-SHA-256 for the state cookie.
    pub provider: Provider,
    /// Our SCTP port. Default 5000.
    pub local_port: u16,
    /// Theirs. Default 5000.
    pub remote_port: u16,
    /// The largest packet in bytes, common header included; cut down to a multiple of four. Default 1163: a datagram of
    /// 1200 bytes without the 37 of a DTLS 1.2 record. [`Association::path_changed`](crate::Association::path_changed)
    /// changes it.
    pub max_datagram: usize,
    /// The most that unread and unfinished messages may hold, in bytes: what a_rwnd is made of. Memory grows only with
    /// what is held. Default 8 MiB; raised to twice `max_message_size`, so that one message can't fill it.
    pub receive_window: usize,
    /// How many bytes, queued or unacknowledged, make `write` say [`Full`](crate::WriteError::Full). The message that
    /// crosses the line is taken, and a channel that has nothing queued is let in up to twice as much, so that a busy one
    /// can't lock it out. Default 16 MiB.
    pub send_buffer: usize,
    /// The largest message that we take, in bytes, as our description announces it. Default 256 KiB.
    pub max_message_size: usize,
    /// How many streams we ask for in either direction (RFC 8831 §6.2). Default 65535.
    pub streams: u16,
    /// How many channels may be open at once; further ones of the peer are reset, and those whose labels and protocols
    /// would take more than the receive window together. Default 4096.
    pub max_channels: u16,
    /// What becomes of data on a stream that nobody opened.
    pub unannounced: Unannounced,
    /// How many bytes a driver sends in one system call. When a window is the limit, sending waits until that much fits
    /// (never more than an eighth of the window). Default 0: send what fits.
    pub send_quantum: usize,
    /// The knobs of time.
    pub timing: Timing,
    /// Makes the congestion controller, given the largest DATA that one packet takes. Default [`NewReno`].
    pub congestion: fn(max_payload: usize) -> Box<dyn CongestionControl>,
}

impl fmt::Debug for Config {
    /// Without the seed: who knows it knows the tags and the cookie key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("provider", &self.provider)
            .field("local_port", &self.local_port)
            .field("remote_port", &self.remote_port)
            .field("max_datagram", &self.max_datagram)
            .field("receive_window", &self.receive_window)
            .field("send_buffer", &self.send_buffer)
            .field("max_message_size", &self.max_message_size)
            .field("streams", &self.streams)
            .field("max_channels", &self.max_channels)
            .field("unannounced", &self.unannounced)
            .field("send_quantum", &self.send_quantum)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The defaults with this provider and seed.
    pub fn new(provider: Provider, seed: [u8; 32]) -> Self {
        Config {
            seed,
            provider,
            local_port: DEFAULT_PORT,
            remote_port: DEFAULT_PORT,
            max_datagram: 1163,
            receive_window: 8 << 20,
            send_buffer: 16 << 20,
            max_message_size: 256 << 10,
            streams: 65_535,
            max_channels: 4096,
            unannounced: Unannounced::Hold,
            send_quantum: 0,
            timing: Timing::default(),
            congestion: |max_payload| Box::new(NewReno::new(max_payload)),
        }
    }
}

/// What becomes of data on a stream that nobody opened.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Unannounced {
    /// A little is held until a DCEP OPEN or a negotiated channel claims it; the rest is dropped and counted.
    #[default]
    Hold,
    /// The stream becomes a pre-negotiated, reliable, ordered channel, reported as accepted.
    AcceptReliable,
}

/// The knobs of time (RFC 9260 §16). The defaults are those of WebRTC rather than of the telephone network.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Timing {
    /// RTO before the first measurement. Default 500 ms. `Deviation:` the RFC's is 1 s.
    pub rto_initial: Duration,
    /// Lower bound of the RTO. Default 400 ms, above the delay of a SACK. `Deviation:` the RFC's is 1 s.
    pub rto_min: Duration,
    /// Upper bound of the RTO. Default 60 s, the RFC's.
    pub rto_max: Duration,
    /// Upper bound of the RTO while it backs off. Default 3 s, as in browsers: a path that comes back is noticed.
    pub rto_backoff_max: Duration,
    /// A lone packet is acknowledged after this. Default 20 ms. `Deviation:` the RFC suggests 200 ms, which bounds it.
    pub sack_delay: Duration,
    /// The shortest wait of a tail-loss probe. Default 10 ms.
    pub probe_min: Duration,
    /// Heartbeats on an idle path, to which one RTO is added, ± half an RTO. Default 30 s, the RFC's.
    pub heartbeat_interval: Duration,
    /// How long a state cookie is good for. Default 60 s, the RFC's.
    pub cookie_life: Duration,
    /// INIT or COOKIE ECHO are sent again this often. Default 8, the RFC's.
    pub max_init_retransmits: u32,
    /// Unanswered retransmissions and heartbeats in a row after which the peer is gone. Default 10, the RFC's.
    pub max_retransmits: u32,
    /// A shutdown that takes longer ends in an ABORT. Default 15 s. `Deviation:` the RFC's guard is five times RTO.Max.
    pub shutdown_guard: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            rto_initial: Duration::from_millis(500),
            rto_min: Duration::from_millis(400),
            rto_max: Duration::from_secs(60),
            rto_backoff_max: Duration::from_secs(3),
            sack_delay: Duration::from_millis(20),
            probe_min: Duration::from_millis(10),
            heartbeat_interval: Duration::from_secs(30),
            cookie_life: Duration::from_secs(60),
            max_init_retransmits: 8,
            max_retransmits: 10,
            shutdown_guard: Duration::from_secs(15),
        }
    }
}

/// Which stream ids are ours to give: the DTLS client's are even (RFC 8832 §6).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Parity {
    /// We are the DTLS client.
    Even,
    /// We are the DTLS server.
    Odd,
}

/// How hard a channel tries (RFC 8832 §5.1).
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Reliability {
    /// Until it arrives or the association ends.
    #[default]
    Reliable,
    /// At most this many retransmissions of a message; 0 sends once (RFC 7496 §3.1).
    Retransmits(u16),
    /// At most this many milliseconds from `write` on (RFC 3758 §4.1).
    Lifetime(u16),
}

/// What a channel is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelConfig {
    /// A name for people; need not be unique. At most 65535 bytes, and OPEN must fit the peer's message size.
    pub label: String,
    /// A subprotocol, or "". At most 65535 bytes.
    pub protocol: String,
    /// Messages arrive in the order in which they were written.
    pub ordered: bool,
    /// How hard the channel tries.
    pub reliability: Reliability,
    /// Weight between channels: 128, 256, 512, 1024 for very low to high (RFC 8831 §6.4). 0 counts as the smallest.
    pub priority: u16,
    /// The stream id that both sides agreed on elsewhere; no DCEP is spoken then.
    pub negotiated: Option<u16>,
}

impl Default for ChannelConfig {
    /// Reliable, ordered, without a name, priority 256 ("low", which is the W3C's default).
    fn default() -> Self {
        ChannelConfig {
            label: String::new(),
            protocol: String::new(),
            ordered: true,
            reliability: Reliability::Reliable,
            priority: 256,
            negotiated: None,
        }
    }
}
