//! What an association reports, and what it answers when asked.

use core::time::Duration;

use crate::config::Reliability;
use crate::error::{Dropped, Error};

/// Names a channel. Good for the association's life: a handle of a channel that has gone finds nothing.
///
/// The low half is a place that is used again, the high half counts how often (modulo 65536).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ChannelId(pub u32);

/// A small fact, in the past tense. `Readable`, `Writable` and `BufferedAmountLow` are edges: at most one of each waits
/// for each channel.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The handshake is done.
    Connected,
    /// The peer came back without its state (RFC 9260 §5.2.4 action A): every channel has been closed.
    Restarted,
    /// A channel of ours was acknowledged, or a negotiated one became usable.
    ChannelOpened(ChannelId),
    /// The peer opened a channel.
    ChannelAccepted(ChannelId),
    /// There is something to [`read`](crate::Association::read), where there was nothing.
    Readable(ChannelId),
    /// The buffered amount fell to the low-water mark or below.
    BufferedAmountLow(ChannelId),
    /// After [`Full`](crate::WriteError::Full): there is room again.
    Writable(ChannelId),
    /// The peer closes the channel; what it sent before may still be read.
    ChannelClosing(ChannelId),
    /// Both directions are closed, or the association ended.
    ChannelClosed(ChannelId),
    /// The association has ended.
    Closed(CloseReason),
}

/// How an association ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// Both sides agreed (SHUTDOWN).
    Shutdown,
    /// We called `abort`.
    Aborted,
    /// Anything else.
    Failed(Error),
}

/// Where an association stands (RFC 9260 §4).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// Not begun, listening; or over.
    Closed,
    /// INIT was sent.
    CookieWait,
    /// COOKIE ECHO was sent.
    CookieEchoed,
    /// Data flows.
    Established,
    /// We want to close; data is still outstanding.
    ShutdownPending,
    /// SHUTDOWN was sent.
    ShutdownSent,
    /// SHUTDOWN came; data is still outstanding.
    ShutdownReceived,
    /// SHUTDOWN ACK was sent.
    ShutdownAckSent,
}

/// Where a channel stands, in the W3C's words.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ChannelState {
    /// Not acknowledged yet. Messages may be written already; they follow the OPEN.
    Connecting,
    /// Usable.
    Open,
    /// One side closes; what was written before still goes out.
    Closing,
    /// Gone.
    Closed,
}

/// What is known about a channel.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ChannelInfo<'a> {
    /// Its name.
    pub label: &'a str,
    /// Its subprotocol, or "".
    pub protocol: &'a str,
    /// Messages arrive in order.
    pub ordered: bool,
    /// How hard it tries.
    pub reliability: Reliability,
    /// Its weight.
    pub priority: u16,
    /// Opened on both sides without DCEP.
    pub negotiated: bool,
    /// Its stream, once it has one.
    pub stream_id: Option<u16>,
    /// Where it stands.
    pub state: ChannelState,
    /// Bytes written that were not put into a packet yet.
    pub buffered_amount: usize,
    /// What it has carried.
    pub counts: ChannelCounts,
}

/// What one channel has carried: whole messages, and their bytes without any header.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct ChannelCounts {
    /// Messages taken by `write`.
    pub messages_sent: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Messages that came whole.
    pub messages_received: u64,
    /// Their bytes.
    pub bytes_received: u64,
}

/// Text or bytes.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// UTF-8, as the W3C's DOMString goes over the wire. Not checked here.
    Text,
    /// Anything.
    Binary,
}

/// A message that was received, lent until the next call.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Message<'a> {
    /// Text or bytes.
    pub kind: Kind,
    /// The message; may be empty.
    pub bytes: &'a [u8],
}

/// Counters and estimates.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Packets sent.
    pub packets_sent: u64,
    /// Packets that came in with the right checksum and tag.
    pub packets_received: u64,
    /// User bytes in DATA, first transmissions only.
    pub bytes_sent: u64,
    /// User bytes in DATA, duplicates left out.
    pub bytes_received: u64,
    /// Messages taken by `write`.
    pub messages_sent: u64,
    /// Messages put together.
    pub messages_received: u64,
    /// DATA chunks sent again.
    pub retransmits: u64,
    /// T3-rtx expiries.
    pub timeouts: u64,
    /// Tail-loss probes.
    pub probes: u64,
    /// Times that the congestion window was cut for losses that SACKs told of.
    pub fast_recoveries: u64,
    /// Messages given up.
    pub abandoned: u64,
    /// SACKs sent.
    pub sacks_sent: u64,
    /// SACKs taken.
    pub sacks_received: u64,
    /// Packets that came in with the mark "congestion experienced".
    pub ce_marks: u64,
    /// Smoothed round trip.
    pub srtt: Option<Duration>,
    /// Retransmission timeout.
    pub rto: Duration,
    /// Congestion window in bytes.
    pub cwnd: usize,
    /// The peer's window, less what is in flight, in bytes.
    pub rwnd: usize,
    /// Outstanding bytes.
    pub flight: usize,
    /// Bytes held by messages that we did not read, or that are not whole.
    pub receive_held: usize,
    /// Bytes held by messages that are queued or not acknowledged.
    pub send_held: usize,
    /// Drops by reason.
    pub dropped: Dropped,
}

/// What the peer told in its INIT or INIT ACK.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct PeerInfo {
    /// Streams that we may send on.
    pub outbound_streams: u16,
    /// Streams that the peer may send on.
    pub inbound_streams: u16,
    /// Its first window.
    pub a_rwnd: u32,
    /// It takes FORWARD TSN (RFC 3758).
    pub forward_tsn: bool,
    /// It takes RE-CONFIG (RFC 6525).
    pub reconfig: bool,
    /// It takes PAD (RFC 4820).
    pub pad: bool,
}
