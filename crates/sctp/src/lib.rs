//! SCTP as data channels use it: a sans-IO association with streams, partial reliability, resets and DCEP.
mod ack;
mod association;
pub mod chunk;
mod clock;
mod config;
mod control;
mod cookie;
pub mod datachannel;
mod deliver;
mod error;
mod event;
mod handshake;
mod pack;
pub mod packet;
pub mod param;
mod ranges;
mod receive;
mod reset;
mod rx;
mod shutdown;
pub mod tx;
mod verbs;

pub use association::{Association, Inbound};
pub use config::{
    ChannelConfig, Config, DEFAULT_MAX_MESSAGE_SIZE, DEFAULT_PORT, Parity, Reliability, Timing, Unannounced,
};
pub use error::{DropReason, Dropped, Error, Misuse, WriteError};
pub use event::{
    ChannelId, ChannelInfo, ChannelState, CloseReason, Event, Kind, Message, PeerInfo, State, Stats,
};
