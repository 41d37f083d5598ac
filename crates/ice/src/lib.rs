//! ICE: how two peers behind whatever networks find a pair of addresses that works, agree on it, and keep watch over it
//! (RFC 8445 with 8838, 8839, 8863, 7675).
//!
//! Each side collects the addresses at which it may be reached (*candidates*), tells them to the other, pairs its own with
//! theirs, and tries the pairs with STUN requests (*checks*). An answered check shows that a pair works; the controlling side
//! picks one for good (*nominates*). Afterwards the peer is asked every few seconds whether it still wants to be sent to
//! (*consent*). Above `stun`, below `peer`; datagrams go in, datagrams, events and wishes come out.
//!
//! ```
//! use limpid_crypto::null; // a real program passes a provider that protects, such as `limpid_crypto::ring`
//! use limpid_ice::{Agent, ComponentId, Config, ConnectionState, Event, Role, StreamId, Yield};
//! use limpid_sansio::{Datagram, Instant, Machine, Outbox, drain};
//!
//! const STREAM: StreamId = StreamId(0);
//! let mut now = Instant::ZERO;
//! let addresses = ["192.0.2.1:5000", "192.0.2.2:6000"];
//! let mut agents = [Role::Controlling, Role::Controlled].map(|role| {
//!     // The seed comes from the operating system in a real program.
//!     let config = Config { role, ..Config::new(null::provider(), [role as u8 + 1; 32]) };
//!     let mut agent = Agent::new(config, now);
//!     agent.add_stream(now, STREAM, 1);
//!     agent
//! });
//! for (agent, address) in agents.iter_mut().zip(addresses) {
//!     agent.add_local_address(now, address.parse()?); // the driver has bound a socket there
//!     agent.end_of_local_addresses(now);
//! }
//!
//! // Signalling: each side's credentials to the other; candidates follow as they come.
//! for (from, to) in [(0, 1), (1, 0)] {
//!     let told = agents[from].local_credentials(STREAM).unwrap();
//!     let (ufrag, pwd) = (told.ufrag.to_string(), told.pwd.to_string());
//!     agents[to].set_remote_credentials(now, STREAM, &ufrag, &pwd)?;
//! }
//!
//! // A network without delay: what one sends, the other receives.
//! while agents.iter().any(|agent| agent.state() != ConnectionState::Completed) {
//!     for (from, to) in [(0, 1), (1, 0)] {
//!         let (mut outbox, mut told) = (Outbox::with_limit(10_000), vec![]);
//!         drain(&mut agents[from], now, &mut outbox, |_, event| {
//!             if let Event::LocalCandidate { candidate, .. } = event {
//!                 told.push(candidate.to_string()); // "candidate:1 1 udp 2130702335 192.0.2.1 5000 typ host ufrag …"
//!             }
//!         })?;
//!         for candidate in told {
//!             agents[to].add_remote_candidate(now, STREAM, &candidate, None)?;
//!         }
//!         outbox.take_each(|transmit, bytes| {
//!             let (path, mut bytes) = (transmit.route.reversed(), bytes.to_vec());
//!             let datagram = Datagram { path, ecn: None, payload: &mut bytes };
//!             assert_eq!(agents[to].handle_input(now, datagram), Ok(Yield::Done)); // STUN: ICE's own
//!         });
//!     }
//!     now = now + core::time::Duration::from_millis(1);
//! }
//!
//! let path = agents[0].selected(STREAM, ComponentId::FIRST).unwrap();
//! assert_eq!(agents[0].path(path).unwrap().remote, addresses[1].parse()?);
//! assert!(agents[0].may_send(path));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | this crate does | does not | you must |
//! |---|---|---|
//! | host, server- and peer-reflexive candidates, IPv4 and IPv6 | open sockets or list interfaces | bind one socket an address, and say where |
//! | trickle, both ways, by generation | speak SDP or signal | carry credentials, candidates and end-of-candidates across |
//! | check, pace, retransmit, unfreeze, nominate, settle role conflicts | try TCP candidates (it reads them) or TURN (kinds and overhead exist) | drive it: `drain` after each burst and deadline |
//! | move to a better pair until one is nominated | nominate a second time without a restart | send payload on the path of the latest [`Event::PathChosen`] |
//! | restart, with the old pair in use until a new one works | | restart when the state is `Failed` |
//! | stop where consent is lost | encrypt: payload passes unread | ask [`Agent::may_send`], or heed [`Event::ConsentLost`] |
//! | resolve and publish mDNS names by wish | multicast | answer [`Wish`](limpid_sansio::Wish)es |
//! | serve a port that many agents share ([`Agent::answers_to`]) | demultiplex payload of such a port | remember who has which remote address |
//!
//! | section | what | file |
//! |---|---|---|
//! | RFC 8445 §5.1 | candidates, priorities; what may be gathered, checked, paired | `candidate.rs`, `socket.rs` (RFC 8421) |
//! | §5.1.1.2 | asking STUN servers | `agent/gather.rs` |
//! | §5.1.1.3, §6.1.2.6 | foundations | `foundation.rs` |
//! | §5.3, RFC 8839 §5.4 | username fragments and passwords | `credentials.rs` |
//! | RFC 8839 §5.1 | `a=candidate` | `attr.rs` |
//! | §6.1.2, RFC 8838 §10–12 | pairs, checklists, freezing | `pair.rs`, `checklist.rs`, `agent/candidates.rs` |
//! | §6.1.4.2, §7.1, §14 | sending checks: turns, pacing, retransmission | `agent/checks.rs`, `transaction.rs`, `message.rs` |
//! | §7.2.5 | answers | `agent/responses.rs` |
//! | §7.3 | the peer's checks | `agent/requests.rs` |
//! | §7.3.1.1, §7.2.5.1 | roles | `role.rs`, and both files above |
//! | §8.1 | nomination, selection | `agent/nominate.rs` |
//! | §9 | generations, restarts | `session.rs`, `agent/restart.rs` |
//! | RFC 7675 | consent, silence | `agent/consent.rs` |
//! | §8.1.2, RFC 8863 | states, failure, patience | `agent/state.rs` |
//! | mDNS candidates | names that hide addresses | `mdns.rs`, `agent/names.rs` |
//! | RFC 7983 | payload or STUN, and on which path | `agent.rs`, `routes.rs` |

mod agent;
mod attr;
mod candidate;
mod checklist;
mod config;
mod credentials;
mod error;
mod event;
mod foundation;
mod id;
mod mdns;
mod message;
mod outbound;
mod pair;
mod role;
mod routes;
mod session;
mod socket;
mod stats;
mod transaction;

pub use agent::{Agent, Yield};
pub use candidate::{Candidate, CandidateKind, CandidateTransport, Host, priority};
pub use config::{Config, ConsentPolicy, LoopbackPolicy, MdnsPolicy, Server, Timing};
pub use credentials::{Credentials, fresh_credentials};
pub use error::{DropReason, Error, Misuse};
pub use event::{CandidateErrorCause, ConnectionState, Event, GatheringState};
pub use id::{ComponentId, PathId, StreamId};
pub use pair::pair_priority;
pub use role::Role;
pub use stats::{Drops, PairStats, Stats};
