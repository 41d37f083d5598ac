//! Packets as people read them: field trees, ladders, and captures that Wireshark opens.
//!
//! This crate looks on. It reads what the protocol crates write, through their codecs, and no protocol crate knows it.
//! Every field is told with its place, its value, what that means in plain words, and the section of the RFC that
//! defines it.
//!
//! ```
//! use limpid_inspect::{describe, describe_datagram};
//!
//! // A STUN Binding request with nothing in it.
//! let request = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
//! let tree = describe_datagram(request);
//! assert_eq!(tree.text, "Binding request");
//! assert_eq!(tree.find("transaction ID").unwrap().bits, (64, 160));
//! assert!(tree.to_string().contains("8..20         transaction ID: 6162636465666768696a6b6c"));
//! assert!(tree.to_json().starts_with(r#"{"name":"STUN message","bits":[0,160],"#));
//!
//! // Cut short: the tree goes as far as the bytes do, and its last leaf says where and why it ends.
//! let (tree, fault) = describe::stun(&request[..10]).unwrap_err();
//! assert_eq!((fault.field, fault.offset), ("transaction ID", 8));
//! assert!(tree.find("magic cookie").is_some());
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | tell STUN, DTLS 1.2, SCTP, DCEP, RTP, RTCP, SDP and candidates to the last bit | look into TURN ChannelData, or payloads of RTP | say which format, or hand over a datagram of a WebRTC port |
//! | show decrypted records where their ciphertext stands | decrypt | bring the plaintexts, and hand decrypted RTP to [`describe::media`] |
//! | draw ladders, marking repetitions, drops and faults | reassemble handshake fragments across datagrams | join them first, for [`describe::handshake_message`] |
//! | write pcapng with keys inside, and SCTP and RTP on interfaces of their own | read captures | name a file with keys `.SECRET`, with mode 0600 |
//! | keep a bounded [`capture`] behind a tap | keep keys unless told to | pass [`capture::Limits::keys`] only on a user's request |
//!
//! | idea | file | source |
//! |---|---|---|
//! | one mark and one colour a layer | `layer.rs` | |
//! | a field, and both renderings of a tree | `tree.rs`, `json.rs` | |
//! | a walk that notes what it reads, up to the fault | `walk.rs` | |
//! | STUN, with the attributes of TURN and ICE | `describe/stun*.rs` | RFC 8489, 8656, 8445 |
//! | records, handshake messages, extensions, alerts | `describe/dtls*.rs` | RFC 6347, 5246, 8422, 9147 §4 |
//! | packets, chunks, parameters, causes | `describe/sctp*.rs` | RFC 9260, 3758, 6525 |
//! | RTP packets, their header extensions | `describe/rtp*.rs` | RFC 3550 §5, 8285 |
//! | RTCP: reports, feedback, arrival times | `describe/rtcp*.rs` | RFC 3550 §6, 4585, 5104, 3611, 8888 |
//! | channels that open | `describe/dcep.rs` | RFC 8832 |
//! | descriptions, candidates | `describe/sdp.rs`, `describe/candidate.rs` | RFC 8866, 9429, 8839 |
//! | two sides, one arrow a packet, decisions in between | `ladder.rs` | |
//! | what payload types stand for | `codecs.rs` | RFC 8866 §6.6 |
//! | pcapng: blocks, made-up headers | `pcap.rs`, `pcap/` | draft-ietf-opsawg-pcapng |
//! | key logs | `keylog.rs` | draft-ietf-tls-keylogfile |
//! | a bounded memory behind a tap | `capture.rs` | |
//! | traces as JSON lines | `rtclog.rs` | |

// A tree up to the fault is as large as a tree without one.
#![allow(clippy::result_large_err)]

pub mod capture;
mod codecs;
pub mod describe;
mod json;
pub mod keylog;
pub mod ladder;
mod layer;
pub mod pcap;
pub mod rtclog;
mod tree;
mod walk;

pub use describe::datagram as describe_datagram;
pub use ladder::ladder;
pub use layer::Layer;
pub use tree::Node;
pub use walk::Described;
