//! RTP and RTCP without sockets and without a clock.
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bwe;
pub mod codec;
pub mod ext;
pub mod feedback;
mod header;
mod jitter;
mod nack;
mod names;
mod pacer;
mod receive;
pub mod rtcp;
mod rtx;
mod send;
mod session;

pub use header::{Csrcs, Elements, Form, Header, Packet, PacketWriter};
pub use limpid_sansio::ParseError;
pub use names::{Mid, PayloadType, Rid, Ssrc};
pub use pacer::Pacer;
