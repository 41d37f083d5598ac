//! A whole network in one thread, without sockets and without waiting: machines exchange packets over links that delay, lose,
//! reorder and squeeze them, through NATs, past a man in the middle, and the same seed gives the same run, byte for byte.
//!
//! Everything that faces a driver (an ICE agent, a TURN server, a peer connection) lives in a [`World`]:
//!
//! ```
//! use core::time::Duration;
//! use limpid_netsim::{Link, NatConfig, World, address, ip};
//! # use limpid_netsim::doc::Greeter;
//!
//! let mut world = World::new(7);
//! let public = world.public();
//!
//! // A server that tells everybody his address, as a STUN server does.
//! let server = address("198.51.100.1:3478");
//! world.add_responder("server", public, server, |from, _request, reply| {
//!     reply.extend_from_slice(from.to_string().as_bytes());
//!     Some(reply.len())
//! });
//!
//! // Alice sits behind her home router, 20 ms from the world. `Greeter` is any `Driven` machine.
//! let home = world.add_nat(public, &[ip("203.0.113.7")], NatConfig::home());
//! let alice = world.add_host("alice", home, &[ip("10.0.0.2")]);
//! world.set_link(alice, Link::millis(20));
//! let socket = world.bind(alice, address("10.0.0.2:0"));
//! let alice = world.install(alice, Greeter::new(socket, server));
//!
//! assert!(world.run_until(Duration::from_secs(1), |world| !world.events(alice).is_empty()));
//! let (when, heard) = &world.events(alice)[0];
//! assert_eq!((when.to_string().as_str(), heard.as_str()), ("0.040000s", "203.0.113.7:20000"));
//! ```
//!
//! Two machines without addresses (DTLS endpoints, SCTP associations) live in a [`Pair`]; a grid of conditions becomes a table
//! with [`matrix`].
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | move datagrams by a virtual clock, thousands of seconds in one | fragment: what exceeds an MTU vanishes | bind a socket before a machine sends from it |
//! | answer wishes: names, streams, sockets, announcements | show streams to a man in the middle | give every machine a seed ([`World::seed`]) |
//! | check the contract on the way: deadlines move on, machines fall silent | send ICMP | read events, or let them grow |
//!
//! | idea | file |
//! |---|---|
//! | the clock, the heap, the loop | `world.rs` |
//! | building, changing, looking at a world | `world/build.rs`, `change.rs`, `look.rs` |
//! | the way of a packet | `world/travel.rs` |
//! | wishes and their answers | `world/grant.rs` |
//! | an object-safe face over machines | `host.rs` |
//! | segments and the way between them | `topology.rs` |
//! | delay, loss, bursts, reordering, rate, queue, MTU | `link.rs` |
//! | RFC 4787: mapping × filtering, hairpinning, lifetimes | `nat.rs` |
//! | whole frames in order | `stream.rs` |
//! | drop, alter, hold, replay, inject | `mitm.rs` |
//! | end a protocol in the middle | `reterminate.rs` |
//! | drop, hold or repeat the nth packet that … | `script.rs` |
//! | two machines without addresses | `pair.rs` |
//! | golden text, and a hash of a run | `trace.rs` |
//! | grids of conditions | `matrix.rs` |

#[doc(hidden)]
pub mod doc;
pub mod host;
mod link;
mod matrix;
mod mitm;
mod nat;
mod packet;
mod pair;
mod random;
mod reterminate;
mod script;
mod stream;
mod topology;
mod trace;
mod world;

pub use link::{Arrivals, Burst, Link, LinkState};
pub use matrix::matrix;
pub use mitm::{Injected, Mitm, Verdict};
pub use nat::{Dependence, Nat, NatConfig, Ports, WHO_MEETS};
pub use packet::{DropCause, Packet};
pub use pair::{Pair, Party, Side};
pub use random::Random;
pub use reterminate::Reterminate;
pub use script::Script;
pub use topology::SegmentId;
pub use trace::{Describe, Trace};
pub use world::{Handle, HostId, Sent, World};

use core::net::{IpAddr, SocketAddr};

/// An address, for scenarios.
///
/// # Panics
/// If the text is none.
pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no address"))
}

/// An address with a port, for scenarios.
///
/// # Panics
/// If the text is none.
pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no address with a port"))
}
