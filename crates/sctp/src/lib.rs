//! SCTP as data channels use it (RFC 9260, 3758, 6525, 7496, 8261, 8831, 8832): one sans-IO [`Association`] with its
//! channels. Packets go in and out as plain bytes; in WebRTC each is the content of one DTLS record.
//!
//! ```
//! use limpid_crypto::null; // a real association takes a real provider, and its seed from the operating system
//! use limpid_sansio::{Instant, Outbox, drain};
//! use limpid_sansio::Machine;
//! use limpid_sctp::{Association, ChannelConfig, Config, Event, Inbound, Kind, Parity};
//!
//! let now = Instant::from_millis(1);
//! let mut ends = [1, 2].map(|seed| Association::new(Config::new(null::provider(), [seed; 32]), now));
//! ends[0].set_parity(Parity::Even); // the DTLS client
//! ends[1].set_parity(Parity::Odd);
//! ends.iter_mut().for_each(|end| end.connect(now)); // both at once: the normal case
//! let chat = ends[0].open_channel(now, ChannelConfig { label: "chat".into(), ..Default::default() }).unwrap();
//! ends[0].write(now, chat, Kind::Text, b"hello").unwrap(); // follows the OPEN
//!
//! let mut heard = Vec::new();
//! let mut outbox = Outbox::with_limit(60_000);
//! for turn in 0..8 {
//!     drain(&mut ends[turn % 2], now, &mut outbox, |end, event| {
//!         if let Event::Readable(channel) = event {
//!             while let Some(message) = end.read(channel) {
//!                 heard.push(message.bytes.to_vec());
//!             }
//!         }
//!     }).unwrap();
//!     let other = &mut ends[(turn + 1) % 2];
//!     outbox.take_each(|_, bytes| other.handle_input(now, Inbound { ecn: None, bytes }).unwrap());
//! }
//! assert_eq!(heard, [b"hello"]);
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | handshake with a MAC'ed cookie, simultaneous open, restart | addresses, multi-homing, ASCONF, AUTH | carry packets over DTLS, which authenticates them |
//! | ordered, unordered, partially reliable messages; weights | I-DATA (RFC 8260): not announced, answered as unknown | say when the packet size changes (`path_changed`) |
//! | loss told by what was sent later; tail-loss probes | pacing | drain after each burst: the drain sends the SACK |
//! | stream reset, DCEP, negotiated channels, id re-use | path MTU probing; zero checksum (RFC 9653) | read: what is not read holds the peer's window shut |
//! | NewReno, or your own [`CongestionControl`](tx::congestion::CongestionControl) | ECN (RFC 9260 appendix B): marks are counted | stop on [`Full`](WriteError::Full), go on at [`Writable`](Event::Writable) |
//!
//! | RFC | file |
//! |---|---|
//! | 9260 §3 packets, chunks, parameters | `packet.rs`, `chunk/*.rs`, `param.rs` |
//! | 9260 §4 states, the machine itself | `association.rs`, `clock.rs` |
//! | 9260 §5 begin: INIT, cookies, collisions, restart | `handshake.rs`, `cookie.rs` |
//! | 9260 §6.1, §6.10 what goes into a packet | `pack/*.rs`, `control.rs`, `tx/queue.rs`, `tx/schedule.rs` |
//! | 9260 §6.2 SACKs that go out | `rx/sack.rs`, `rx/tracker.rs` |
//! | 9260 §6.2.1 SACKs that come in | `ack.rs`, `tx/inflight.rs` |
//! | 9260 §6.3 round trips and timeouts | `tx/rto.rs`, `clock.rs` |
//! | 9260 §6.5, §6.6, §6.9 streams, order, fragments | `deliver.rs`, `rx/ordering.rs`, `rx/reassembly.rs`, `rx/inbox.rs` |
//! | 9260 §7 congestion control and loss | `tx/congestion.rs`, `tx/loss.rs` |
//! | 9260 §8 failures, tags, heartbeats, the blue | `receive.rs`, `clock.rs` |
//! | 9260 §9 ends | `shutdown.rs` |
//! | 3758, 7496 messages that are given up | `ack.rs`, `deliver.rs` |
//! | 6525 stream reset | `reset.rs`, `chunk/reconfig.rs` |
//! | 8831, 8832 channels | `verbs.rs`, `datachannel/*.rs` |
//!
//! Where it differs from the RFCs the code says `Deviation:`; the pages in `rfc-notes/` list them.

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
    ChannelCounts, ChannelId, ChannelInfo, ChannelState, CloseReason, Event, Kind, Message, PeerInfo, State,
    Stats,
};
