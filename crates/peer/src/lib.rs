//! A WebRTC peer connection as one machine: offer and answer, ICE, DTLS, SCTP and data channels, SRTP and the streams of
//! sound and pictures, without sockets and without a clock.
//!
//! This is the floor where the protocol crates meet: they know nothing of each other, and only this crate knows who lives
//! next to whom. A datagram climbs through them in `climb.rs`, a message descends in `descend.rs`; nothing else moves data.
//!
//! Two peers in a simulated network, with the two texts that travel between them by another way:
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use limpid_crypto::{Random, ring};
//! use limpid_netsim::{Link, World, ip};
//! use limpid_peer::{ChannelConfig, Config, Event, Identity, Kind, Peer};
//!
//! let mut world = World::new(7);
//! let [alice, bob] = ["192.0.2.1", "192.0.2.2"].map(|address| {
//!     let public = world.public();
//!     let host = world.add_host(address, public, &[ip(address)]);
//!     world.set_link(host, Link::millis(10));
//!     let socket = world.bind(host, (ip(address), 5000).into());
//!     let identity = Identity::generate(&ring::provider(), &mut Random::from_seed(world.seed()), 1_790_000_000);
//!     let config = Config::new(ring::provider(), world.seed(), Arc::new(identity.expect("a certificate")));
//!     let mut peer = Peer::new(config, world.now());
//!     peer.add_local_address(world.now(), socket);
//!     peer.end_of_local_addresses(world.now());
//!     world.install(host, peer)
//! });
//!
//! let config = ChannelConfig { label: "chat".into(), ..ChannelConfig::default() };
//! let chat = world.with(alice, |peer, now| peer.create_data_channel(now, config)).expect("a channel");
//! let offer = world.with(alice, |peer, now| {
//!     let offer = peer.create_offer()?;
//!     peer.set_local_description(now, offer)?;
//!     Ok::<_, limpid_peer::Misuse>(peer.local_description().expect("was just set"))
//! })?;
//! let answer = world.with(bob, |peer, now| {
//!     peer.set_remote_description(now, offer)?;
//!     let answer = peer.create_answer()?;
//!     peer.set_local_description(now, answer)?;
//!     Ok::<_, limpid_peer::Misuse>(peer.local_description().expect("was just set"))
//! })?;
//! world.with(alice, |peer, now| peer.set_remote_description(now, answer))?;
//!
//! let mut accepted = None;
//! world.run_until(Duration::from_secs(2), |world| {
//!     let events = world.events(bob).iter();
//!     accepted = events.map(|(_, event)| event).find_map(|event| match event {
//!         Event::DataChannel(id) => Some(*id),
//!         _ => None,
//!     });
//!     accepted.is_some()
//! });
//! let theirs = accepted.expect("a channel within two virtual seconds");
//! world.with(alice, |peer, now| peer.channel(chat).expect("open").write(now, Kind::Text, b"hello")).expect("room");
//! world.run_for(Duration::from_millis(50));
//! world.with(bob, |peer, _| {
//!     let mut channel = peer.channel(theirs).expect("open");
//!     assert_eq!(channel.read().expect("a message").bytes, b"hello");
//! });
//! # Ok::<(), limpid_peer::Misuse>(())
//! ```
//!
//! Sound and pictures go the same way: [`Peer::add_track`], an exchange, [`Peer::write_frame`] on one side and
//! [`Peer::read_frame`] on the other. Who passes packets on instead, an SFU, makes streams without descriptions
//! ([`Peer::rtp`]) and reads them packet by packet: `examples/sfu` is one in 130 lines.
//!
//! Whoever holds a [`Peer`] drains it after each verb, datagram and deadline: packets by `poll_transmit`, news by `poll_event`,
//! the next deadline by `poll_timeout`. The `World` above does so; with sockets the crate `limpid` does.
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | offers and answers for audio, video and data, with rollback, trickle and ICE restart; answers for now (pranswer) begin what the last one may change | take answers of several others to one offer (forking), or an answer for now back | carry descriptions and candidates to the other side |
//! | transceivers and tracks: directions, simulcast layers (by name, and in the old form what comes), codecs, on and off, muted, ended | choose codecs beyond [`Config::capabilities`] | answer [`Event::NegotiationNeeded`] with an exchange |
//! | carry encoded frames, protected, paced and repaired; ask for key frames, and tell who asks ([`Event::Rtp`]) | encode or decode; repair pictures where no `rtx` is agreed on: a number is protected once | bring frames, make a key frame when one is asked for, keep to [`Peer::target_bitrate`] |
//! | keys of a telephone each way ([`Peer::insert_dtmf`]) | make their sound | play it, on [`Event::ToneBegan`] |
//! | measure all of it by the W3C's names ([`Peer::get_stats`]) | measure what only an encoder or a decoder knows | |
//! | find a path, keep it, move to a better one | relay through TURN (yet) | bind sockets, tell their addresses, resolve the names that it wishes for |
//! | let no byte up before the other side's certificate matches its description | prove who wrote that description | trust the way that it came, or prove it over a channel |
//! | close channels, association, DTLS and ICE in one round trip | wait for an answer to its goodbye | drain after [`Peer::close`], so that the last words get out |
//! | many peers on one port ([`Mux`]): by route, then by user name fragment | remember strangers | hand it every datagram of that port |
//! | tell a tap every packet and state ([`Peer::set_tap`]) | hand out keys unless [`Config::key_log`] says so | keep what it tells within bounds |
//!
//! A panic inside one peer of a [`Mux`] ends that peer alone. Nothing here allocates per packet, and every queue is bounded;
//! what a verified peer that has gone bad can do with media is tried in `rtp/tests`.
//!
//! | idea | file | source |
//! |---|---|---|
//! | the connection: parts, verbs, events | `peer.rs`, `event.rs`, `config.rs`, `error.rs` | W3C webrtc-pc §4 |
//! | offer, answer, rollback, candidates | `negotiate.rs`, `description.rs` | RFC 9429 §3, §4; RFC 8838 |
//! | what a description is made from; what follows from two | `negotiate/draft.rs`, `negotiate/complete.rs` | RFC 9429 §5 |
//! | which transceiver has which section; whether to negotiate | `negotiate/associate.rs`, `negotiate/needed.rs` | RFC 9429 §5.10; W3C §4.7.3 |
//! | transceivers, tracks, what we are able to do | `transceiver.rs`, `track.rs`, `capabilities.rs` | W3C webrtc-pc §5 |
//! | what a section agreed on | `media.rs` | RFC 3264 §7 |
//! | what was agreed on becomes streams | `flows.rs` | RFC 8834, 9143 |
//! | streams and their protection; places in SRTP | `rtp.rs`, `rtp/places.rs` | RFC 5764 §4 |
//! | frames of a transceiver | `frames.rs` | |
//! | keys of a telephone | `tones.rs` | RFC 4733, W3C webrtc-pc §7 |
//! | which floor a datagram belongs to | `demux.rs` | RFC 7983 §7 |
//! | up: datagram, DTLS, SCTP, channel | `climb.rs` | RFC 8261 |
//! | down: message, SCTP, DTLS, datagram | `descend.rs` | RFC 8261 |
//! | ICE and DTLS of one bundle | `transport.rs` | RFC 9143, 8842 |
//! | what one floor says in another one's words | `words.rs` | |
//! | a channel, borrowed; the association below it | `channel.rs` | RFC 8831, 8832, 8841 |
//! | many peers behind one port | `mux.rs` | RFC 8445 §7.3 |
//! | counts of all floors | `stats.rs` | |
//! | the same in the W3C's words | `report.rs`, `report/` | W3C webrtc-stats |
//! | what a looker-on is told | `tapped.rs` | |

mod capabilities;
mod channel;
mod climb;
mod config;
mod demux;
mod descend;
mod description;
mod error;
mod event;
mod flows;
mod frames;
mod media;
mod mux;
mod negotiate;
mod peer;
mod report;
mod rtp;
mod stats;
mod tapped;
mod tones;
mod track;
mod transceiver;
mod transport;
mod words;

pub use capabilities::Capabilities;
pub use channel::Channel;
pub use config::Config;
pub use demux::Kind as DatagramKind;
pub use description::{Description, DescriptionKind};
pub use error::{Error, Misuse};
pub use event::{CloseReason, ConnectionState, Event};
pub use flows::payloads_of;
pub use frames::FrameRefused;
pub use limpid_dtls::{Error as HandshakeError, Identity, Info as DtlsInfo, Misuse as IdentityError};
pub use limpid_ice::{
    CandidateKind, ConnectionState as IceConnectionState, GatheringState as IceGatheringState,
    LoopbackPolicy, MdnsPolicy, PairStats, Server as IceServer,
};
#[doc(no_inline)]
pub use limpid_rtp;
pub use limpid_sctp::{
    ChannelConfig, ChannelId, ChannelInfo, ChannelState, Kind, Message, Reliability, Unannounced, WriteError,
};
pub use limpid_sdp::jsep::{
    BundlePolicy, Direction, Extension, LocalSource, MediaKind, PrimarySource, SignalingState,
};
pub use limpid_sdp::{Codec, CodecRole};
pub use media::NegotiatedMedia;
pub use mux::{Mux, PeerId};
pub use peer::Peer;
pub use report::{Report, ReportKind, ReportValue, StatsReport};
pub use stats::{DropReason, Stats};
pub use track::{Track, TrackState};
pub use transceiver::{Transceiver, TransceiverId, TransceiverInit};
