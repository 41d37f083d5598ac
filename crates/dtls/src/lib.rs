//! DTLS 1.2 as WebRTC uses it: client and server, in one machine without sockets or a clock.
//!
//! An [`Endpoint`] takes datagrams, record by record, and the time; it gives datagrams, facts, and application data that
//! it has decrypted where it lay. Both ends show a self-signed certificate, and each checks that of the other against a
//! fingerprint that came by another way. Nothing of an unverified peer ever passes.
//!
//! ```
//! use std::sync::Arc;
//! use limpid_crypto::{HashAlgorithm, Random};
//! use limpid_dtls::{Config, Endpoint, Identity};
//! use limpid_sansio::{Instant, Machine};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let provider = limpid_crypto::ring::provider();
//! let (now, wall_time) = (Instant::from_millis(0), 1_800_000_000);
//! let config = |seed: [u8; 32]| {
//!     let identity = Identity::generate(&provider, &mut Random::from_seed(seed), wall_time)?;
//!     Ok::<_, limpid_dtls::Misuse>(Config::new(provider, seed, Arc::new(identity)))
//! };
//! // Seeds come from the operating system in real life.
//! let (a, b) = (config([1; 32])?, config([2; 32])?);
//! let fingerprint = |of: &Config| of.certificate.fingerprint(HashAlgorithm::Sha256).ok_or("no SHA-256");
//! let (of_a, of_b) = (fingerprint(&a)?, fingerprint(&b)?);
//! let (mut client, mut server) = (Endpoint::client(a, now), Endpoint::server(b, now));
//! client.expect_fingerprints(now, &[of_b])?; // from the SDP
//! server.expect_fingerprints(now, &[of_a])?;
//!
//! // A network that loses nothing.
//! let mut wire = Vec::new();
//! fn carry(from: &mut Endpoint, to: &mut Endpoint, now: Instant, wire: &mut Vec<u8>) -> Result<(), limpid_dtls::Error> {
//!     while from.poll_transmit(now, wire).is_some() {
//!         let mut rest = &mut wire[..];
//!         while !rest.is_empty() {
//!             rest = to.handle_input(now, rest)?.rest;
//!         }
//!         wire.clear();
//!     }
//!     Ok(())
//! }
//! while !(client.is_connected() && server.is_connected()) {
//!     carry(&mut client, &mut server, now, &mut wire)?;
//!     carry(&mut server, &mut client, now, &mut wire)?;
//! }
//! assert_eq!(client.info().map(|info| info.suite.name()), Some(Some("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")));
//!
//! // Written once, encrypted in place, decrypted in place.
//! let record = client.begin(&mut wire);
//! wire.extend_from_slice(b"hello");
//! client.seal(&mut wire, record);
//! let opened = server.handle_input(now, &mut wire)?;
//! assert_eq!(opened.plaintext.as_deref(), Some(&b"hello"[..]));
//!
//! // Keys for media, the same at both ends.
//! let label = "EXTRACTOR-dtls_srtp";
//! assert_eq!(client.export(label, None, 60)?, server.export(label, None, 60)?);
//! # Ok(())
//! # }
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | ECDHE on X25519, P-256, P-384 with ECDSA or RSA certificates; AES-GCM and ChaCha20-Poly1305 | speak 1.0, or 1.3 yet; static RSA, CBC, SHA-1; resume; renegotiate; compress | bring a crypto provider and 32 random bytes |
//! | check the peer's certificate against fingerprints, before or after the handshake | build or check certificate chains, names, dates | say who the peer must be, or that anyone will do |
//! | fragment, reassemble, repeat flights, drop what is replayed or forged, count it | open sockets, read a clock | call `handle_timeout` when `poll_timeout` is due |
//! | negotiate use_srtp and export its keys | encrypt media | hand them to the srtp room |
//! | make and check stateless cookies ([`Acceptor`]) | keep a table of clients | route datagrams by address |
//!
//! | section | file |
//! |---|---|
//! | records and their protection: RFC 6347 §4.1, RFC 5288, RFC 7905 | `record/` |
//! | handshake messages: RFC 5246 §7.4, RFC 6347 §4.2.2, RFC 8422 | `message/` |
//! | hello extensions: RFC 5246 §7.4.1.4, RFC 5746, RFC 5764 §4.1, RFC 7627 §5.1 | `extension/` |
//! | cookies: RFC 6347 §4.2.1 | `acceptor.rs` |
//! | fragments to messages: RFC 6347 §4.2.3 | `reassembly.rs`, `ranges.rs` |
//! | flights and timers: RFC 6347 §4.2.4 | `flight.rs`, `handshake/outgoing.rs` |
//! | transcript: RFC 6347 §4.2.6 | `transcript.rs` |
//! | what hellos agree on: RFC 5246 §7.4.1 | `handshake/choose.rs`, `handshake/server_hello.rs` |
//! | who the peer is: RFC 8122 §5, §6.2 | `handshake/peer.rs`, `certificate.rs` |
//! | the states of 1.2: RFC 5246 §7.3 | `handshake12/client/`, `handshake12/server/` |
//! | keys and exporters: RFC 5246 §5, §6.3, RFC 5705, RFC 7627 §4 | `handshake12/keys.rs`, `handshake12/prf.rs` |
//! | alerts: RFC 5246 §7.2 | `alert.rs`, `error.rs` |
//! | who we are | `identity/` |
//! | the machine | `endpoint/`, `early.rs`, `config.rs`, `event.rs` |
//!
//! The example `udp` talks to `openssl s_server` and `gnutls-cli`.

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
