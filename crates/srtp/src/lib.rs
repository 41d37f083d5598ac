//! SRTP: media packets, protected one by one (RFC 3711).
//!
//! RTP and RTCP packets go in, and come out encrypted and authenticated, in the same buffer; and back. Counter mode with
//! HMAC-SHA1 and AES-GCM, in all profiles that DTLS can negotiate and those of RFC 6188, with header extensions encrypted as a
//! whole (cryptex) or one by one. A transform: no clock, no queue, no socket, no allocation per packet. Above `sansio` and
//! `crypto`; `peer` feeds it with what `dtls` exports.
//!
//! ```
//! use limpid_crypto::ring;
//! use limpid_srtp::{Config, Context, DropReason, MasterKey, Profile};
//!
//! let (provider, profile) = (ring::provider(), Profile::AeadAes128Gcm);
//! let master = MasterKey::new(&[1; 16], &[2; 12]); // from DTLS: see `Session::from_dtls`
//! let mut sender = Context::new(&provider, profile, &master, Config::default())?;
//! let mut receiver = Context::new(&provider, profile, &master, Config::default())?;
//!
//! // Version 2, payload type 96, sequence number 7, a timestamp, an SSRC; then the payload.
//! let mut packet = vec![0x80, 96, 0, 7, 0, 0, 0, 1, 0xca, 0xfe, 0xba, 0xbe];
//! packet.extend_from_slice(b"a frame of video");
//! let plain = packet.clone();
//!
//! sender.protect_rtp(&mut packet, 0)?;
//! assert_eq!(packet.len(), plain.len() + profile.rtp_overhead());
//! let mut replayed = packet.clone();
//!
//! assert_eq!(receiver.unprotect_rtp(&mut packet).as_deref(), Ok(&plain[..]));
//! assert_eq!(receiver.unprotect_rtp(&mut replayed), Err(DropReason::Replayed));
//! # Ok::<(), limpid_srtp::Error>(())
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | derive session keys from a master key, prepare them once | negotiate a profile, run DTLS | bring keys: DTLS's export, 32 random bytes, … |
//! | follow the rollover counter of each SSRC, without a bound on time | know it when it joins late | tell it then: [`Context::set_rollover_counter`] |
//! | drop what was received before; change nothing for what is not authentic | reorder, or wait | not expect packets below the window |
//! | refuse to protect one index twice under one key | choose sequence numbers | send each once; and give a new stream a new SSRC |
//! | bound the SSRCs that it keeps | know when one is gone | [remove](Context::remove_source) those that left |
//! | refuse when a key is used up | change keys: there is no MKI (RFC 8827 §6.5) | make a new context with new keys |
//! | read as much of RTP as it needs | read payloads or extensions | use `rtp` |
//! | wipe master and session keys of its own | wipe what the provider's library prepared from them | |
//!
//! | RFC | what | file |
//! |---|---|---|
//! | 3711 §3.2 | a cryptographic context | `context.rs`, `config.rs` |
//! | 3711 §3.2.1, §3.3.1 | the state of an SSRC, the rollover counter | `sources.rs` |
//! | 3711 §3.3.2 | the replay list | `window.rs` |
//! | 3711 §3.1, §3.3 | RTP packets | `rtp.rs` |
//! | 3711 §3.4, 5761 §4 | RTCP packets | `rtcp.rs` |
//! | 3711 §4.1.1, §4.2.1, 6188 §2 | AES in counter mode with HMAC-SHA1 | `transform/aes_cm.rs` |
//! | 7714 §8, §9 | AES-GCM | `transform/aes_gcm.rs` |
//! | 3711 §4.3, 6188 §3, 7714 §11 | session keys | `kdf.rs` |
//! | 9335 | cryptex | `header_ext/cryptex.rs` |
//! | 6904 | single header extensions | `header_ext/encrypted.rs` |
//! | 5764 §4.1.2, 7714 §14.2, 6188 §4 | profiles | `profile.rs` |
//! | 5764 §4.2 | keys for both directions from DTLS | `session.rs` |
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod config;
mod context;
mod error;
mod header_ext;
mod kdf;
mod profile;
mod rtcp;
mod rtp;
mod session;
mod sources;
mod transform;
mod window;

pub use config::{Config, Cryptex};
pub use context::{Context, Stats};
pub use error::{DropReason, Error};
pub use header_ext::ExtensionIds;
pub use kdf::MasterKey;
pub use profile::Profile;
pub use rtcp::is_rtcp;
pub use session::{EXPORTER_LABEL, Session};
