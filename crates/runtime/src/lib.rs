//! WebRTC on tokio: peer connections, data channels, sound and pictures, with futures where a page has callbacks.
//!
//! Everything that decides lies below, in crates that know neither sockets nor clocks; this one brings both. Two peers in
//! one process, with nothing but what a program on two machines would use:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), limpid::Error> {
//! use limpid::PeerConnection;
//!
//! let (alice, bob) = (PeerConnection::new().await?, PeerConnection::new().await?);
//! let channel = alice.create_data_channel("chat")?;
//!
//! // These two descriptions are what travels through a signalling server, as text.
//! let offer = alice.offer().await?;
//! let answer = bob.answer(offer).await?;
//! alice.set_remote_description(answer)?;
//!
//! channel.opened().await?;
//! channel.send_text("hello").await?;
//! let incoming = bob.next_channel().await.expect("alice opened one");
//! let message = incoming.recv().await.expect("alice sent one");
//! assert_eq!(message.text(), Some("hello"));
//! # Ok(())
//! # }
//! ```
//!
//! Sound and pictures travel as encoded frames: [`PeerConnection::add_track`] gives a [`Transceiver`] to write to,
//! [`PeerConnection::next_track`] one to read from. The project's front page plays a file and records one.
//!
//! Dropping a [`PeerConnection`] says goodbye to the other side and frees all that belongs to it. A panic inside one
//! connection ends that connection alone.
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | bind a socket for each address of this machine, read back what buffers were granted | follow addresses that come and go later | restart ICE when the network changes |
//! | send and receive in batches (GSO, GRO) | open TCP or TLS streams to TURN servers | |
//! | resolve host names, and `.local` names by multicast DNS | look up other `.local` names: a peer could make us search the network | |
//! | let many connections share one port ([`Port`]) | carry descriptions to the other side | bring a signalling channel |
//! | carry encoded frames, tell their [pace](Transceiver::write) and their [time](ReceivedFrame::plays_in), say what is [asked for](Transceiver::key_frame_requested) | encode, decode, open devices | bring frames, make key frames when they are asked for, keep to [`PeerConnection::target_bitrate`] |
//! | send and hear keys of a telephone ([`Transceiver::insert_dtmf`]), measure by the W3C's names ([`PeerConnection::get_stats`]) | hand out packets: an SFU lives on `limpid-peer` | read [`PeerConnection::next_event`] for tones, and for what becomes of tracks |
//! | make the reader's pace the sender's: a channel that nobody reads stops its other end | hold more than the windows say | read your channels |
//!
//! | idea | file |
//! |---|---|
//! | the connection, what it is made with, the channel | `connection.rs`, `builder.rs`, `channel.rs` |
//! | sound and pictures: what is sent, what is received | `track.rs` |
//! | a port and the connections that share it | `port.rs` |
//! | a machine between its driver and its handles | `shared.rs` |
//! | the one loop, for any machine | `driver.rs` |
//! | sockets, batches, buffers, ECN | `udp.rs` |
//! | addresses of this machine | `interfaces.rs` |
//! | names: DNS, multicast DNS | `resolve.rs`, `resolve/node.rs` (when to ask and answer), `resolve/dns.rs` (messages), `resolve/mdns.rs` (sockets) |
//! | the clock | `clock.rs` |

mod builder;
mod channel;
mod clock;
mod connection;
mod driver;
mod error;
mod interfaces;
mod port;
mod resolve;
mod shared;
mod track;
mod udp;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use limpid_crypto::{Provider, Random};

pub use builder::Builder;
pub use channel::{ChannelDetails, DataChannel, Message};
pub use connection::PeerConnection;
pub use error::Error;
pub use interfaces::addresses as local_addresses;
#[doc(no_inline)]
pub use limpid_peer::limpid_rtp;
pub use limpid_peer::{
    CandidateKind, Capabilities, ChannelConfig, ChannelId, ChannelState, CloseReason, Codec, ConnectionState,
    Description, DescriptionKind, Direction, DropReason, DtlsInfo, Error as ConnectionError, Event,
    FrameRefused, HandshakeError, IceConnectionState, IceGatheringState, IceServer, Identity, Kind,
    LoopbackPolicy, MdnsPolicy, MediaKind, Misuse, PairStats, Reliability, Report, ReportKind, ReportValue,
    SignalingState, Stats, StatsReport, Track, TrackState, TransceiverId, TransceiverInit, Unannounced,
    WriteError,
};
pub use limpid_sansio::tap;
pub use port::Port;
pub use track::{Frame, ReceivedFrame, Transceiver};
pub use udp::{BindOptions, BufferSizes};

/// The largest datagram that a connection sends, in bytes of UDP payload.
pub const MAX_DATAGRAM: usize = 1200;

/// Makes a certificate that is good for thirty days: ECDSA on P-256, self-signed, as browsers make them.
pub fn new_identity(provider: &Provider) -> Result<Arc<Identity>, limpid_peer::IdentityError> {
    let now = since_1970().as_secs();
    Identity::generate(provider, &mut Random::from_seed(provider.seed()), now).map(Arc::new)
}

/// Wall time as an NTP timestamp: what sender reports say, so that streams of several machines meet. RFC 3550 §4.
pub(crate) fn ntp_now() -> u64 {
    const SECONDS_FROM_1900: u64 = 2_208_988_800;
    let now = since_1970();
    let fraction = (u64::from(now.subsec_nanos()) << 32) / 1_000_000_000;
    now.as_secs().wrapping_add(SECONDS_FROM_1900) << 32 | fraction
}

#[expect(clippy::disallowed_methods, reason = "the one place where wall time comes in")]
fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// The examples of the project's front page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
