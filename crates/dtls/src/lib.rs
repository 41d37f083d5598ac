//! DTLS 1.2 for WebRTC, client and server, without sockets or a clock.

mod acceptor;
pub mod alert;
pub mod certificate;
mod config;
mod early;
mod endpoint;
mod error;
mod event;
pub mod extension;
pub mod flight;
mod handshake;
mod handshake12;
mod identity;
pub mod message;
pub mod ranges;
pub mod reassembly;
pub mod record;
mod suite;
pub mod transcript;

pub use acceptor::{Accepted, Acceptor};
pub use config::{ClientAuth, Config};
pub use endpoint::{Endpoint, Opened, Record};
pub use error::{DropReason, Error, Misuse, Stats};
pub use event::{Event, Info};
pub use identity::Identity;
pub use record::{ProtocolVersion, looks_like_dtls};
pub use suite::{Authentication, CipherSuite, SuiteParameters};
