//! Signalling: how two peers that cannot reach each other yet exchange a page of text.
//!
//! A *room* is a name that both know. Whoever comes second makes the offer; the server passes bodies on without reading
//! them, and forgets everything when the last one leaves. The rooms are pure state, so that every limit is a test
//! without a socket; server and client are thin.
//!
//! ```
//! use limpid_sansio::Instant;
//! use limpid_signaling::{Config, FromServer, Limits, Outgoing, Rooms, SocketEvent};
//!
//! let now = Instant::ZERO;
//! let mut rooms = Rooms::new(Config { seed: [7; 32], limits: Limits::default() });
//! let alice = rooms.open(now, [192, 0, 2, 1].into(), vec![]);
//! rooms.handle(now, alice, SocketEvent::Text(r#"{"t":"join","v":1,"room":"cellar","role":"call"}"#));
//! let bob = rooms.open(now, [192, 0, 2, 2].into(), vec![]);
//! rooms.handle(now, bob, SocketEvent::Text(r#"{"t":"join","v":1,"room":"cellar","role":"call"}"#));
//!
//! let Some(Outgoing::Text(joined)) = rooms.pop(bob) else { panic!() };
//! let Ok(Some(FromServer::Joined { peers, .. })) = FromServer::parse(&joined) else { panic!() };
//! assert_eq!(peers.len(), 1, "Bob came second: he makes the offer to Alice");
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | seat members, pass bodies on, let members come back | read descriptions or candidates | seal what the server must not see |
//! | cut off who floods, lies or stalls, with a documented code | keep anything on a disk | bring the seed and the time |
//! | refuse other sites' pages and rebound names (`door`) | terminate TLS | name the public addresses of a proxy |
//!
//! | idea | file |
//! |---|---|
//! | the messages, and what members say in them | `message.rs`, `body.rs` |
//! | close codes with their words | `close.rs` |
//! | every limit, and the meters | `limits.rs` |
//! | rooms, members, resumption | `room.rs`, `room/` |
//! | `Host` and `Origin` | `door.rs` |
//! | the WebSocket server (feature `server`) | `server.rs` |
//! | the WebSocket client (features `client`, `wss`) | `client.rs` |
mod body;
mod close;
pub mod door;
mod limits;
pub mod message;
mod room;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod server;

pub use body::{Body, Bye, Candidate, Tags};
pub use close::CloseCode;
pub use limits::Limits;
pub use message::{FromServer, IceServer, Presence, Role, ToServer};
pub use room::{Config, Outgoing, Rooms, SocketEvent, SocketId, Stats};
