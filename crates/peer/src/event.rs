//! What a peer connection has to say.

use core::time::Duration;

use limpid_sctp::ChannelId;

use crate::transceiver::TransceiverId;

/// A small fact. Messages are read through [`Channel::read`](crate::Channel::read), frames through
/// [`Peer::read_frame`](crate::Peer::read_frame).
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// An exchange of descriptions is needed (W3C `negotiationneeded`).
    NegotiationNeeded,
    /// The signalling state changed.
    SignalingStateChanged(limpid_sdp::jsep::SignalingState),
    /// A local candidate to pass on (trickle): the text after `a=`, and the `mid` of its section.
    IceCandidate {
        /// `candidate:…`
        candidate: String,
        /// The section that it belongs to.
        mid: String,
        /// The generation that it belongs to.
        username_fragment: String,
    },
    /// No more local candidates will come (W3C's `null` candidate).
    IceGatheringCompleted,
    /// ICE's own state.
    IceConnectionStateChanged(limpid_ice::ConnectionState),
    /// The state of the whole.
    ConnectionStateChanged(ConnectionState),
    /// What is sent travels over another pair of candidates now, or over the first one.
    PathChanged,
    /// The other side has a track to send: its transceiver knows which, and in which streams (W3C `track`).
    Track(TransceiverId),
    /// Nothing comes for a track any more, for now (W3C `mute`).
    TrackMuted(TransceiverId),
    /// Something comes for a track (W3C `unmute`).
    TrackUnmuted(TransceiverId),
    /// Nothing will ever come for a track again (W3C `ended`).
    TrackEnded(TransceiverId),
    /// A tone that we send begins; `None`: the last one is over (W3C `tonechange`).
    ToneChanged(TransceiverId, Option<char>),
    /// The other side presses a key: `0` to `9`, `A` to `D`, `*`, `#`.
    ToneBegan(TransceiverId, char),
    /// It was released after so long.
    ToneEnded(TransceiverId, char, Duration),
    /// The other side opened a channel.
    DataChannel(ChannelId),
    /// A channel is usable.
    ChannelOpened(ChannelId),
    /// Messages wait to be read. An edge: said once until all were read.
    ChannelReadable(ChannelId),
    /// After a refused write: there is room again.
    ChannelWritable(ChannelId),
    /// The amount that waits to be sent fell to the threshold.
    ChannelBufferedAmountLow(ChannelId),
    /// The other side closes a channel; what it sent before can still be read.
    ChannelClosing(ChannelId),
    /// A channel has gone.
    ChannelClosed(ChannelId),
    /// Something about the streams of sound and pictures: who has an encoder answers
    /// [`KeyFrameRequested`](limpid_rtp::session::Event::KeyFrameRequested) and
    /// [`BitrateChanged`](limpid_rtp::session::Event::BitrateChanged), who shows frames comes back at
    /// [`Readable`](limpid_rtp::session::Event::Readable). Whose stream it is say
    /// [`transceiver_of_sender`](crate::Peer::transceiver_of_sender) and [`transceiver_of`](crate::Peer::transceiver_of).
    Rtp(limpid_rtp::session::Event),
    /// We closed it, the other side said goodbye, or it failed. The last event.
    Closed(CloseReason),
}

/// Why a connection ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// We closed it.
    Local,
    /// The other side closed it.
    Remote,
    /// It failed; [`Machine`](limpid_sansio::Machine) verbs return the error.
    Failed,
}

/// W3C `RTCPeerConnectionState`.
#[doc(alias = "RTCPeerConnectionState")]
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ConnectionState {
    /// Nothing has happened yet.
    New,
    /// Looking for a path, or shaking hands.
    Connecting,
    /// Secured and usable.
    Connected,
    /// The path has gone silent; it may come back.
    Disconnected,
    /// No path, or security failed.
    Failed,
    /// Ended.
    Closed,
}

impl ConnectionState {
    /// The word of the W3C API.
    pub const fn as_str(self) -> &'static str {
        match self {
            ConnectionState::New => "new",
            ConnectionState::Connecting => "connecting",
            ConnectionState::Connected => "connected",
            ConnectionState::Disconnected => "disconnected",
            ConnectionState::Failed => "failed",
            ConnectionState::Closed => "closed",
        }
    }
}
