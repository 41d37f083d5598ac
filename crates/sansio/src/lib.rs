//! What every protocol crate of Limpid agrees on, and nothing of any protocol.
//!
//! A *machine* is a protocol without sockets and without a clock: bytes and the time go in, bytes and small facts come
//! out. This crate says how, once, so that an ICE agent, a DTLS endpoint, an SCTP association and the peer connection
//! made of them are driven by the same twenty lines, whether over real sockets, in a simulated network, or by a fuzzer.
//!
//! ```
//! use limpid_sansio::{Drained, Instant, Machine, Outbox, Transmit, drain};
//!
//! /// Says "tick" once a second.
//! struct Clock { next: Instant, due: bool }
//!
//! impl Machine for Clock {
//!     type Input<'a> = &'a [u8];
//!     type Yield<'a> = ();
//!     type Route = ();
//!     type Event = core::convert::Infallible;
//!     type Error = core::convert::Infallible;
//!     fn handle_input<'a>(&mut self, _: Instant, _: Self::Input<'a>) -> Result<Self::Yield<'a>, Self::Error> { Ok(()) }
//!     fn handle_timeout(&mut self, now: Instant) -> Result<(), Self::Error> {
//!         if now >= self.next { self.due = true; self.next = now + core::time::Duration::from_secs(1); }
//!         Ok(())
//!     }
//!     fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<Transmit<()>> {
//!         core::mem::take(&mut self.due).then(|| { out.extend_from_slice(b"tick"); Transmit::new((), 4) })
//!     }
//!     fn poll_event(&mut self) -> Option<Self::Event> { None }
//!     fn poll_timeout(&self) -> Option<Instant> { Some(self.next) }
//! }
//!
//! let start = Instant::from_millis(5);
//! let mut clock = Clock { next: start, due: false };
//! let mut outbox = Outbox::with_limit(1500);
//! let Ok(drained) = drain(&mut clock, start, &mut outbox, |_, event| match event {});
//! assert_eq!(outbox.batch(64, 65_507).unwrap().bytes, b"tick");
//! assert_eq!(drained, Drained::Idle(Some(Instant::from_millis(1005))));
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | name the five verbs, the loop, the outbox, the wishes | know any packet format | pass `now`, which never goes back |
//! | cut datagrams into batches for one system call | open sockets | send what the outbox holds before you fill it again |
//! | check a machine against the contract (`conformance`) | read a clock or make random numbers | bring both yourself |
//!
//! | idea | file |
//! |---|---|
//! | a clock value | `time.rs` |
//! | where datagrams come from and go to | `net.rs` |
//! | datagrams end to end, cut into batches | `outbox.rs` |
//! | the verbs, the loop, wishes | `machine.rs` |
//! | what a looker-on is told | `tap.rs` |
//! | named timers, a queue of deadlines | `timers.rs` |
//! | reading and writing wire formats | `wire.rs` |
//! | numbers that wrap around | `serial.rs` |
//! | replay windows | `replay.rs` |
//! | transition tables | `states.rs` |
//! | the contract as checks | `conformance.rs` |
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod conformance;
mod machine;
mod net;
mod outbox;
pub mod replay;
pub mod serial;
pub mod states;
pub mod tap;
mod time;
mod timers;
pub mod wire;

pub use machine::{Answer, Drained, Driven, FailCause, Machine, Wish, WishId, WishKind, drain};
pub use net::{Datagram, Ecn, Path, PathInfo, Transmit, Transport};
pub use outbox::{Batch, Outbox};
pub use tap::{Direction, Record, Tap};
pub use time::Instant;
pub use timers::{DueQueue, Timers};
pub use wire::ParseError;
