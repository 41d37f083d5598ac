//! RTP and RTCP without sockets and without a clock: packets, payload formats, repair of loss, the jitter buffer, pacing and
//! the estimate of what a path carries.
//!
//! Encoded frames go in on one side and come out on the other, in order and with the time at which to show them. What lies
//! between is here in separate rooms, each of which can be used alone: the packets ([`Packet`], [`rtcp`], [`ext`]), the
//! [payload formats](codec), one [stream out](send), one [stream in](receive), [the estimate](bwe), and the [`Session`] that
//! holds all streams of one transport together.
//!
//! ```
//! use core::time::Duration;
//! use limpid_rtp::codec::{Format, FrameToSend};
//! use limpid_rtp::session::{Config, Event, Inbound, Meaning, Payload, Section, SenderConfig, Session};
//! use limpid_rtp::{PayloadType, Ssrc, send};
//! use limpid_sansio::{Instant, Machine};
//!
//! let opus = Payload {
//!     payload_type: PayloadType(111),
//!     meaning: Meaning::Media(Format::Opus),
//!     clock_rate: 48_000,
//!     nack: false,
//!     pli: false,
//!     fir: false,
//! };
//! let now = Instant::from_millis(0);
//! let (mut alice, mut bob) = (Session::new(Config::new([1; 32], "alice")), Session::new(Config::new([2; 32], "bob")));
//! let voice = SenderConfig {
//!     ssrc: Ssrc(7),
//!     repair: None,
//!     mid: None,
//!     rid: None,
//!     payloads: vec![opus.clone()],
//!     payload_type: PayloadType(111),
//!     is_video: false,
//!     history: Duration::ZERO,
//! };
//! let voice = alice.add_sender(now, voice).expect("the number is free");
//! let section = Section { mid: None, payloads: vec![opus], rids: vec![], is_video: false };
//! let ear = bob.add_receiver(now, section, None);
//!
//! let frame = send::Frame {
//!     media_time: Duration::ZERO,
//!     captured: None,
//!     data: &[0x78, 1, 2, 3], // 20 ms of Opus
//!     info: FrameToSend { begins_talkspurt: true, ..FrameToSend::default() },
//!     extras: limpid_rtp::Extras::default(),
//! };
//! alice.sender(voice).expect("was added").write(now, &frame)?;
//!
//! // A network that loses nothing. (Between the two stands SRTP.)
//! let mut wire = Vec::new();
//! while alice.poll_transmit(now, &mut wire).is_some() {
//!     let Ok(()) = bob.handle_input(now, Inbound { ecn: None, bytes: &wire });
//!     wire.clear();
//! }
//! assert!(core::iter::from_fn(|| bob.poll_event()).any(|event| event == Event::Readable(ear)));
//! let heard = bob.receiver(ear).expect("was added").read(now).expect("came whole");
//! assert_eq!((heard.data, heard.marker), (&[0x78, 1, 2, 3][..], true));
//! # Ok::<(), send::Refused>(())
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | read and write RTP, RTCP and all header extensions that browsers offer | protect packets | put SRTP below it |
//! | cut frames into payloads and put them together: Opus, G.711, G.722, VP8, VP9, H.264, H.265, AV1; read redundant audio; send and hear keys of a telephone | encode or decode | bring encoded frames |
//! | ask again for what is missing, answer those who ask, mend by parity, drop what can not be decoded, ask for key frames | send parity; conceal what is lost | make a key frame when [`session::Event::KeyFrameRequested`] says so |
//! | estimate what the path carries, and let packets leave at that pace | make an encoder faster or slower | follow [`session::Event::BitrateChanged`] |
//! | give each frame the time at which to play it | play it | wait until then |
//! | hand packets on as they came, for relays ([`session::Receiver::set_by_packet`]) | choose among layers, or look into payloads then | write them into other streams, and carry requests for key frames back |
//!
//! Nothing allocates per packet once a stream runs, and every queue is bounded.
//!
//! | idea | file | source |
//! |---|---|---|
//! | the packet, its header extension | `header.rs`, `elements.rs`, `ext/` | RFC 3550 §5, RFC 8285 |
//! | streams, sections, encodings by name | `names.rs` | RFC 3550 §3, 9143, 8852 |
//! | reports and requests | `rtcp/` | RFC 3550 §6, 4585, 5104, 3611 |
//! | payload formats, one a file | `codec/` | RFC 7587, 7741, 9628, 6184, 7798, … |
//! | one stream that goes out | `send.rs`, `send/`, `rtx.rs` | RFC 3550 §5.1, 4588 |
//! | one stream that comes in | `receive.rs`, `receive/`, `nack.rs`, `jitter.rs` | RFC 3550 §6.4, A.1, A.3, A.8; 4585 |
//! | timestamps, wall time, one clock for all streams of a sender | `clock.rs` | RFC 3550 §6.4.1, 7160 |
//! | parity: what is lost comes back unasked | `fec/`, `receive/parity.rs` | RFC 5109, 8627 |
//! | when packets came | `feedback/` | transport-wide-cc, RFC 8888 |
//! | what the path carries | `bwe/`, `pacer.rs` | GCC, RFC 8836 |
//! | all streams of a transport | `session.rs`, `session/` | RFC 8834, 9143 §9.2 |
//! | what was counted | `statistics.rs` | W3C webrtc-stats |
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bwe;
pub mod clock;
pub mod codec;
mod elements;
pub mod ext;
pub mod fec;
pub mod feedback;
mod header;
mod jitter;
mod nack;
mod names;
mod pacer;
pub mod receive;
pub mod rtcp;
pub mod rtx;
pub mod send;
pub mod session;
mod slots;
pub mod statistics;

pub use elements::{ElementIds, Extras};
pub use header::{Csrcs, Elements, Form, Header, Packet, PacketWriter};
pub use limpid_sansio::ParseError;
pub use names::{Mid, PayloadType, Rid, Ssrc};
pub use pacer::Pacer;
pub use session::Session;
