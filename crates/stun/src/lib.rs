//! STUN: how a host behind a NAT learns its address, and the packets of which ICE and TURN are made (RFC 8489).
//!
//! A codec that allocates nothing when it reads, both kinds of message integrity, FINGERPRINT, short- and long-term
//! credentials, the clock of a transaction, a client, a Binding server and `stun:`/`turn:` URIs. Above `sansio` and
//! `crypto`, below `turn` and `ice`.
//!
//! An ICE check, written and read:
//!
//! ```
//! use limpid_crypto::ring;
//! use limpid_stun::{Attribute, Builder, Class, Message, Method, TransactionId, short_term_key};
//!
//! let key = short_term_key(&ring::provider(), "VOkJxbRl1RmTxUk/WvJxBt").unwrap();
//! let mut out = Vec::new();
//! let len = Builder::new(&mut out, Class::Request, Method::BINDING, TransactionId([7; 12]))
//!     .attribute(&Attribute::Username("evtj:h6vY"))
//!     .attribute(&Attribute::Priority(0x6e00_01ff))
//!     .integrity(&*key)
//!     .fingerprint();
//! assert_eq!(len, out.len());
//!
//! let check = Message::parse(&out).unwrap();
//! assert_eq!(check.verify_fingerprint(), Ok(()));
//! assert_eq!(check.verify_integrity(&*key), Ok(()));
//! assert_eq!(check.username(), Some("evtj:h6vY"));
//! ```
//!
//! And a whole exchange, server and client, without a socket:
//!
//! ```
//! use limpid_crypto::ring;
//! use limpid_sansio::{Datagram, Instant, Machine, Path};
//! use limpid_stun::{Client, ClientConfig, Event, binding};
//!
//! let path = Path::udp("10.0.0.1:5000".parse().unwrap(), "192.0.2.1:3478".parse().unwrap());
//! let mut client = Client::new(ClientConfig::new([1; 32], ring::provider(), path));
//! let now = Instant::ZERO;
//! client.request(now).unwrap();
//! let (mut request, mut response) = (Vec::new(), Vec::new());
//! let _ = client.poll_transmit(now, &mut request).unwrap();
//!
//! let seen = "203.0.113.7:4242".parse().unwrap(); // where the NAT lets it come from
//! binding::answer(&request, seen, &mut response).unwrap();
//! client.handle_input(now, Datagram { path, ecn: None, payload: &mut response }).unwrap();
//! assert!(matches!(client.poll_event(), Some(Event::Answered { mapped, .. }) if mapped == seen));
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | read and write every attribute of STUN, TURN and ICE; keep unknown ones | say what a usage requires: which attributes, which answer | check what your usage asks for |
//! | make and check integrity and FINGERPRINT | check them unasked | call `verify_…` before you believe a field |
//! | hide attributes that the integrity does not cover | | |
//! | derive keys from passwords | normalise text (OpaqueString, RFC 8265) | pass ASCII, or text that was prepared |
//! | answer challenges, and see when they were weakened | open sockets, look names up, follow 300 redirects | send what `poll_transmit` appends |
//! | speak with servers of RFC 5389 | speak with clients of RFC 3489, which have no magic cookie | |
//!
//! | RFC 8489 | what | file |
//! |---|---|---|
//! | §5, §14 | header, walk over the attributes | `message.rs`, `getters.rs` |
//! | §6.2 | when to send again, when to give up | `transaction.rs` |
//! | §6.1, §6.3.3, §6.3.4 | a client ★ | `client.rs` |
//! | §6.3.1, §12 | a Binding server | `binding.rs` |
//! | §7, §14.7 | FINGERPRINT | `fingerprint.rs` |
//! | §8.1, RFC 7064, 7065 | URIs | `uri.rs` |
//! | §9.1 | short-term credentials | `auth.rs`, `auth/short_term.rs` |
//! | §9.2 | long-term credentials | `auth/long_term.rs` (client), `auth/challenge.rs` (server), `auth/nonce.rs` |
//! | §14, §18.3, RFC 8656 §18, RFC 8445 §16.1 | attributes | `attribute.rs`, `attribute/codec.rs`, `address.rs` |
//! | §14.5, §14.6 | message integrity | `integrity.rs`, and the order of writing in `builder.rs` |
//! | §14.8 | error codes | `error_code.rs` |
//! | §14.11, §18.5 | password algorithms | `password_algorithm.rs` |
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod address;
mod attribute;
pub mod auth;
pub mod binding;
mod builder;
mod client;
mod error;
mod error_code;
mod fingerprint;
mod getters;
mod integrity;
mod message;
mod password_algorithm;
mod transaction;
mod uri;

pub use address::AddressFamily;
pub use attribute::{Attribute, AttributeType, MAX_TEXT_LEN, UnknownAttributes};
pub use auth::{Credentials, short_term_key};
pub use builder::{Builder, Protected, Sealed};
pub use client::{Client, ClientConfig, ClientStats, Event, Failure};
pub use error::{DropReason, FingerprintError, IntegrityError, Misuse};
pub use error_code::ErrorCode;
pub use fingerprint::FINGERPRINT_XOR;
pub use message::{
    Class, HEADER_LEN, MAGIC_COOKIE, MAX_MESSAGE_LEN, Message, Method, RawAttribute, TransactionId,
    looks_like_stun,
};
pub use password_algorithm::{PasswordAlgorithm, PasswordAlgorithms};
pub use transaction::{Due, MIN_RTO, Retransmit, RtoEstimate, TI, Timing};
pub use uri::{Host, Scheme, Uri, UriTransport};
