//! Session descriptions: read and written without a loss, and the offers and answers of JSEP as pure functions.
//!
//! Two peers that want to talk first exchange two texts, an *offer* and an *answer*, over a channel that somebody else
//! brings. The texts say which sections there are (for audio, video, data channels), by which credentials and certificates
//! each side will be known, which codecs each understands, and who begins the handshake. This crate knows the texts; it knows
//! neither sockets nor states.
//!
//! ```
//! use limpid_sdp::SessionDescription;
//! use limpid_sdp::jsep::{self, Local, Setup};
//!
//! let fingerprints = ["sha-256 7B:8B:F0:65".to_owned()];
//! let alice = Local {
//!     session_id: 4_203_587_211, // random
//!     session_version: 1,
//!     ufrag: "alic",
//!     pwd: "aliceAliceAliceAliceAl",
//!     ice_options: "trickle",
//!     fingerprints: &fingerprints,
//!     setup: Setup::Actpass,
//!     candidates: &[],
//!     end_of_candidates: false,
//!     sctp_port: 5000,
//!     max_message_size: 262_144,
//!     data_mid: Some("0"),
//!     media: &[], // no audio and no video
//!     bundle_policy: jsep::BundlePolicy::Balanced,
//! };
//! let offer = jsep::offer(&alice, None).to_string();
//! assert!(offer.contains("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
//!
//! // … the text crosses to Bob …
//! let bob = Local { ufrag: "bobb", pwd: "bobBobBobBobBobBobBobB", ..alice };
//! let offer = SessionDescription::parse(&offer)?;
//! let answer = jsep::answer(&bob, &offer)?;
//!
//! // … and back to Alice.
//! jsep::check_answer(&offer, &answer)?;
//! let remote = jsep::read(&answer)?;
//! let transport = remote.transport.expect("Bob takes something");
//! assert_eq!((transport.ufrag.as_str(), transport.setup), ("bobb", Setup::Active));
//! assert_eq!(remote.data.expect("Bob takes data channels").sctp_port, 5000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | read every line of WebRTC into a typed value, keep all others, and give the text back byte for byte | look into candidates or digests, nor into codec parameters beyond what tells two codecs apart | hand those to the rooms that own them |
//! | make offers and answers for audio, video and data, and say what both agree on | know codecs, or want anything | bring credentials, fingerprints, candidates, and a [`jsep::Wish`] for each section of audio or video |
//! | bundle all sections over one transport | negotiate several transports | take it that sections outside of the group are refused |
//! | check an answer against its offer, tell what a re-offer changes | remember which description is in force | keep both, and say so in [`jsep::Negotiated`] |
//! | refuse more than 64 KiB or 2000 lines | verify a fingerprint | compare it with the certificate really seen |
//!
//! Reading is one pass: the 191 lines of a browser's full offer take about nine microseconds, writing them four.
//!
//! | what | where it is told | file |
//! |---|---|---|
//! | lines and words | RFC 8866 §5, §9 | `lexer.rs`, `text.rs` |
//! | the order of lines; `o= c= b= t=` | RFC 8866 §5.2–5.12 | `session.rs`, `line.rs` |
//! | `m=` | RFC 8866 §5.14 | `media.rs` |
//! | names and groups of sections | RFC 5888, RFC 9143 | `attribute/grouping.rs` |
//! | ICE | RFC 8839, RFC 8840 | `attribute/ice.rs` |
//! | certificates and roles | RFC 8122, RFC 8842 | `attribute/dtls.rs` |
//! | data channels | RFC 8841 | `attribute/sctp.rs`, `attribute/mod.rs` |
//! | codecs, feedback, header extensions, sources, simulcast | RFC 8866 §6, 4585, 8285, 5576, 8851, 8853 | `attribute/{rtp,rtcp,extmap,source,simulcast}.rs` |
//! | writing | | `write.rs` |
//! | what this side wants | RFC 9429 §4 | `jsep/wish.rs` |
//! | offers | RFC 9429 §5.2 | `jsep/offer.rs`, `jsep/section.rs` |
//! | answers | RFC 9429 §5.3 | `jsep/answer.rs` |
//! | what is a codec, and when two are the same | RFC 3264 §6.1, RFC 6184 §8 | `codec.rs`, `codec/profile.rs` |
//! | which numbers an offer uses, what an answer takes | RFC 3264 §8.3.2, RFC 9429 §5.3 | `jsep/numbers.rs`, `jsep/choose.rs` |
//! | what the other side said | RFC 9429 §5.8 | `jsep/read.rs`, `jsep/rtp.rs`, `jsep/facts.rs` |
//! | whose transport a section uses | RFC 9143 §7 | `jsep/transport.rs` |
//! | what both agree on | RFC 3264 §6, §7 | `jsep/agree.rs` |
//! | does the answer fit | RFC 3264 §6, RFC 9143 §7.3 | `jsep/check.rs` |
//! | what changed | RFC 9429 §5.10, §5.11 | `jsep/diff.rs` |
//! | signalling states | RFC 9429 §3.2 | `jsep/states.rs` |
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod attribute;
mod codec;
mod error;
pub mod jsep;
mod lexer;
mod line;
mod media;
mod session;
mod text;
mod write;

pub use attribute::Attribute;
pub use codec::{Codec, CodecRole};
pub use error::JsepError;
pub use lexer::{MAX_BYTES, MAX_LINES};
pub use limpid_sansio::ParseError;
pub use line::{Bandwidth, Connection, Line, Origin, Timing};
pub use media::Media;
pub use session::SessionDescription;
pub use text::Text;
