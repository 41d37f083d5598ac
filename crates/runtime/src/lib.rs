//! WebRTC on tokio: peer connections and data channels, with futures where a page has callbacks.
mod channel;
mod clock;
mod connection;
mod driver;
mod error;
mod interfaces;
mod port;
mod resolve;
mod shared;
mod udp;

use std::sync::Arc;
use std::time::SystemTime;

use limpid_crypto::{Provider, Random};

pub use channel::{ChannelDetails, DataChannel, Message};
pub use connection::{Builder, PeerConnection};
pub use error::Error;
pub use limpid_peer::{
    CandidateKind, ChannelConfig, ChannelId, ChannelState, CloseReason, ConnectionState, Description, DescriptionKind,
    DropReason, DtlsInfo, Error as ConnectionError, Event, HandshakeError, IceConnectionState, IceGatheringState, IceServer,
    Identity, Kind, LoopbackPolicy, MdnsPolicy, Misuse, PairStats, Reliability, SignalingState, Stats,
    Unannounced, WriteError,
};
pub use limpid_sansio::tap;
pub use port::Port;
pub use udp::{BindOptions, BufferSizes};

/// The largest datagram that a connection sends, in bytes of UDP payload.
pub const MAX_DATAGRAM: usize = 1200;

/// Makes a certificate that is good for thirty days: ECDSA on P-256, self-signed, as browsers make them.
#[expect(clippy::disallowed_methods, reason = "the one place where wall time comes in")]
pub fn new_identity(provider: &Provider) -> Result<Arc<Identity>, limpid_peer::IdentityError> {
    let mut seed = [0; 32];
    provider.random.fill(&mut seed);
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Identity::generate(provider, &mut Random::from_seed(seed), since_1970.as_secs()).map(Arc::new)
}
