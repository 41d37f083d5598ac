//! Every knob, with its unit, its default and where that comes from.

use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

use limpid_crypto::Provider;

use crate::role::Role;

/// What an agent is made from. Prints without its seed.
#[derive(Clone)]
pub struct Config {
    /// Feeds the agent's one generator: credentials, tie-breaker, transaction ids, jitter.
    pub seed: [u8; 32],
    /// HMAC-SHA-1 comes from here.
    pub provider: Provider,
    /// The role to begin with: who makes the first offer controls (RFC 8445 §6.1.1). Default: controlling.
    pub role: Role,
    /// STUN servers for reflexive candidates. Default: none.
    pub servers: Vec<Server>,
    /// What to do with loopback addresses. Default: when alone.
    pub loopback: LoopbackPolicy,
    /// Whether host candidates show their address. Default: plain.
    pub mdns: MdnsPolicy,
    /// Pacing and retransmission. Default: [`Timing::default`].
    pub timing: Timing,
    /// Consent and liveness. Default: RFC 7675.
    pub consent: ConsentPolicy,
    /// How long the controlling side holds its nomination back while a better pair may still succeed. Payload flows
    /// meanwhile. Default: 500 ms.
    pub nomination_patience: Duration,
    /// Pairs of all streams together (RFC 8445 §6.1.2.5). Default: 100.
    pub max_pairs: usize,
    /// Remote candidates of one stream, told and learned. Default: 64.
    pub max_remote_candidates: usize,
    /// How long a session looks for a pair before it may fail (RFC 8863 §4). Default: 39.5 s.
    pub pac_timeout: Duration,
    /// Whether a session without a pair waits beyond the PAC timer for the peer's end-of-candidates.
    ///
    /// Deviation: RFC 8838 §8 waits for as long as it takes; many peers never send one. Default: false, and the session
    /// fails when the timer has run out and all pairs have failed.
    pub wait_for_end_of_candidates: bool,
    /// How long a STUN server or a resolver may take. Default: 9.5 s, so that an unreachable one does not hold gathering
    /// up for the 39.5 s of a full transaction.
    pub gather_timeout: Duration,
    /// The largest datagram that a path is trusted to carry before anything is known about it, in bytes of UDP payload.
    /// Default: 1200.
    pub max_datagram: usize,
}

impl Config {
    /// The defaults, which suit a peer connection.
    pub fn new(provider: Provider, seed: [u8; 32]) -> Self {
        Config {
            seed,
            provider,
            role: Role::Controlling,
            servers: Vec::new(),
            loopback: LoopbackPolicy::WhenAlone,
            mdns: MdnsPolicy::Plain,
            timing: Timing::default(),
            consent: ConsentPolicy::default(),
            nomination_patience: Duration::from_millis(500),
            max_pairs: 100,
            max_remote_candidates: 64,
            pac_timeout: Duration::from_millis(39_500),
            wait_for_end_of_candidates: false,
            gather_timeout: Duration::from_millis(9_500),
            max_datagram: 1200,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("provider", &self.provider)
            .field("role", &self.role)
            .field("servers", &self.servers)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

/// A STUN server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Server {
    /// At this address.
    Address(SocketAddr),
    /// At this host name and port: becomes a [`WishKind::Resolve`](limpid_sansio::WishKind::Resolve).
    Name(String, u16),
}

/// RFC 8445 §5.1.1.1 leaves loopback addresses out; a program that talks to itself needs them.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum LoopbackPolicy {
    /// Only when there is no other address: two programs on a machine without a network still meet.
    WhenAlone,
    /// Like any other address, but last.
    Always,
    /// As the RFC says.
    Never,
}

/// What the peer, and whoever reads the signalling, learns of our addresses.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum MdnsPolicy {
    /// Host candidates carry addresses.
    Plain,
    /// Host candidates carry fresh `.local` names that the driver announces
    /// ([`WishKind::Announce`](limpid_sansio::WishKind::Announce)); a host whose name can not be announced stays unsaid.
    Publish,
}

/// When checks are sent and sent again.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Timing {
    /// Ta: the least time between two new transactions of this agent (RFC 8445 §14.2). At least 5 ms. Default: 50 ms.
    pub ta: Duration,
    /// The first retransmission comes no sooner. RFC 8445 §14.3 asks for 500 ms.
    ///
    /// Deviation: 100 ms by default, nearer to what browsers do, so that a lost check does not cost half a second.
    pub rto_floor: Duration,
    /// Retransmissions double their distance up to this one. Default: 1.6 s; RFC 8445 has no ceiling.
    pub rto_ceiling: Duration,
    /// How many checks for one pair may leave outside the pacing: answers to a peer's authentic check, and nominations.
    ///
    /// Deviation: RFC 8445 §14.2 paces these too; they go to an address that has already proved itself. Default: 2.
    pub unpaced_per_pair: u8,
}

impl Timing {
    /// As RFC 8445 §14 has it.
    pub const RFC8445: Timing = Timing {
        ta: Duration::from_millis(50),
        rto_floor: Duration::from_millis(500),
        rto_ceiling: Duration::MAX,
        unpaced_per_pair: 0,
    };
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            ta: Duration::from_millis(50),
            rto_floor: Duration::from_millis(100),
            rto_ceiling: Duration::from_millis(1_600),
            unpaced_per_pair: 2,
        }
    }
}

/// Consent (RFC 7675) and what counts as silence.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ConsentPolicy {
    /// Each check follows the one before after this time, multiplied by a fresh number in 0.8 ..= 1.2. Default and least: 5 s.
    pub interval: Duration,
    /// Without an answer for so long, sending stops (RFC 7675 §5.1). Default: 30 s.
    pub timeout: Duration,
    /// Without any sign of the peer for so long, the state is `Disconnected` until the next one. Default: 7 s, which is one
    /// check and its answer missed.
    pub silence: Duration,
}

impl Default for ConsentPolicy {
    fn default() -> Self {
        ConsentPolicy {
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            silence: Duration::from_secs(7),
        }
    }
}
