//! What a connection has counted and measured.

use limpid_ice::PairStats;

/// Why a datagram went nowhere.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum DropReason {
    /// RTP or RTCP, and no media was negotiated.
    NoMedia,
    /// RTP or RTCP that is not authentic, or came before.
    NotAuthentic,
    /// RTP or RTCP of ours that could not be protected.
    NotProtected,
    /// A first byte that belongs to no protocol of ours.
    UnknownProtocol,
    /// DTLS or SCTP before any description asked for it.
    NotNegotiated,
}

impl DropReason {
    pub(crate) const COUNT: usize = 5;
    /// All of them.
    pub const ALL: [DropReason; Self::COUNT] = [
        DropReason::NoMedia,
        DropReason::NotAuthentic,
        DropReason::NotProtected,
        DropReason::UnknownProtocol,
        DropReason::NotNegotiated,
    ];
}

/// All floors at one moment.
#[derive(Clone, Debug)]
pub struct Stats {
    /// The pair of candidates that carries data.
    pub selected_pair: Option<PairStats>,
    /// ICE's counts.
    pub ice: limpid_ice::Stats,
    /// What the handshake agreed on.
    pub dtls: Option<limpid_dtls::Info>,
    /// SCTP's counts and estimates.
    pub sctp: Option<limpid_sctp::Stats>,
    /// Datagrams that this floor dropped, by [`DropReason`].
    pub dropped: [u64; DropReason::COUNT],
}
