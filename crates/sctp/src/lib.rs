//! SCTP as data channels use it: a sans-IO association with streams, partial reliability, resets and DCEP.
mod association;
pub mod chunk;
mod config;
pub mod datachannel;
mod error;
mod event;
pub mod packet;
pub mod param;
pub mod tx;

pub use association::{Association, Inbound};
pub use config::{
    ChannelConfig, Config, DEFAULT_MAX_MESSAGE_SIZE, DEFAULT_PORT, Parity, Reliability, Timing, Unannounced,
};
pub use error::{DropReason, Dropped, Error, Misuse, WriteError};
pub use event::{
    ChannelId, ChannelInfo, ChannelState, CloseReason, Event, Kind, Message, PeerInfo, State, Stats,
};
