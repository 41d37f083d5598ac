//! A WebRTC peer connection as one machine.
mod channel;
mod climb;
mod config;
mod demux;
mod descend;
mod description;
mod error;
mod event;
mod mux;
mod negotiate;
mod peer;
mod stats;
mod tapped;
mod transport;
mod words;

pub use channel::Channel;
pub use config::Config;
pub use demux::Kind as DatagramKind;
pub use description::{Description, DescriptionKind};
pub use error::{Error, Misuse};
pub use event::{CloseReason, ConnectionState, Event};
pub use limpid_dtls::{Error as HandshakeError, Identity, Info as DtlsInfo, Misuse as IdentityError};
pub use limpid_ice::{
    CandidateKind, ConnectionState as IceConnectionState, GatheringState as IceGatheringState,
    LoopbackPolicy, MdnsPolicy, PairStats, Server as IceServer,
};
pub use limpid_sctp::{
    ChannelConfig, ChannelId, ChannelInfo, ChannelState, Kind, Message, Reliability, Unannounced, WriteError,
};
pub use limpid_sdp::jsep::SignalingState;
pub use mux::{Mux, PeerId};
pub use peer::Peer;
pub use stats::{DropReason, Stats};
