//! A network address translator as RFC 4787 describes them: mapping × filtering, hairpinning, ports, lifetimes.
//!
//! Addresses of a family for which the NAT has no external address are not translated; only the filter applies to them.
//! That is how an ordinary home router treats IPv6.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use limpid_sansio::Instant;

use crate::packet::DropCause;
use crate::random::Random;

/// On what a mapping (RFC 4787 §4.1) or a filter (RFC 4787 §5) depends.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dependence {
    /// On the inside endpoint alone.
    EndpointIndependent,
    /// Also on the outside address.
    AddressDependent,
    /// Also on the outside port.
    AddressAndPortDependent,
}

impl Dependence {
    /// All three, from the kindest to the strictest.
    pub const ALL: [Dependence; 3] =
        [Dependence::EndpointIndependent, Dependence::AddressDependent, Dependence::AddressAndPortDependent];

    /// The part of the outside endpoint that matters.
    fn of(self, remote: SocketAddr) -> (Option<IpAddr>, Option<u16>) {
        match self {
            Dependence::EndpointIndependent => (None, None),
            Dependence::AddressDependent => (Some(remote.ip()), None),
            Dependence::AddressAndPortDependent => (Some(remote.ip()), Some(remote.port())),
        }
    }
}

/// How a NAT chooses the outside port (RFC 4787 §4.2). Even stays even and odd stays odd (REQ-4).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Ports {
    /// The inside port if it is free, else the next of the same parity.
    Preserve,
    /// One after the other from 20 000 on.
    Sequential,
    /// Any from 1024 on.
    Random,
}

/// How a NAT behaves.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct NatConfig {
    /// When a new outside port is taken.
    pub mapping: Dependence,
    /// Whose packets are let in.
    pub filtering: Dependence,
    /// Inside hosts reach each other by their outside addresses (REQ-9).
    pub hairpinning: bool,
    /// How outside ports are chosen.
    pub ports: Ports,
    /// How long a mapping lives without a packet. Default two minutes, the least that REQ-5 allows.
    pub lifetime: Duration,
    /// Packets from outside keep a mapping alive too (REQ-6 asks only for those from inside).
    pub inbound_refresh: bool,
    /// A firewall that lets no UDP out or in.
    pub blocks_udp: bool,
}

/// Whether two that probe each other meet, by what their NATs do: written by hand from RFC 4787, for tests to compare with
/// what happens. Rows and columns: mapping/filtering of either side. Symmetric, as it must be.
///
/// - Two endpoint-independent mappings always connect: each side knows the other's one port, and sending opens the filter.
/// - A dependent mapping sends from a port that the other side was not told. It can only be learned from a packet that comes
///   through the other side's filter, so that filter must not ask for the port. Being let in oneself does not help: the
///   answer leaves from the untold port, and is filtered like the request.
/// - Address-dependent mappings have one port per address: once it is learned, it stays, and both sides can use it.
/// - Two mappings that depend on the port chase each other for ever: whoever learns a port and sends to it does so from a
///   port of his own that is new again, so that no answer ever comes from where its request was sent.
pub const WHO_MEETS: &str = "           \
           EIM/EIF  EIM/ADF  EIM/APDF  ADM/EIF  ADM/ADF  ADM/APDF  APDM/EIF  APDM/ADF  APDM/APDF
EIM/EIF    yes      yes      yes       yes      yes      yes       yes       yes       yes
EIM/ADF    yes      yes      yes       yes      yes      yes       yes       yes       yes
EIM/APDF   yes      yes      yes       -        -        -         -         -         -
ADM/EIF    yes      yes      -         yes      yes      -         yes       yes       -
ADM/ADF    yes      yes      -         yes      yes      -         yes       yes       -
ADM/APDF   yes      yes      -         -        -        -         -         -         -
APDM/EIF   yes      yes      -         yes      yes      -         -         -         -
APDM/ADF   yes      yes      -         yes      yes      -         -         -         -
APDM/APDF  yes      yes      -         -        -        -         -         -         -
";

impl NatConfig {
    /// A NAT with these two behaviours; the rest as RFC 4787 recommends.
    pub const fn new(mapping: Dependence, filtering: Dependence) -> Self {
        NatConfig {
            mapping,
            filtering,
            hairpinning: true,
            ports: Ports::Sequential,
            lifetime: Duration::from_secs(120),
            inbound_refresh: false,
            blocks_udp: false,
        }
    }

    /// The usual home router: one port for all, lets in only whom the inside has written to.
    pub const fn home() -> Self {
        NatConfig::new(Dependence::EndpointIndependent, Dependence::AddressAndPortDependent)
    }

    /// A "symmetric" NAT: a port for each destination.
    pub const fn symmetric() -> Self {
        NatConfig::new(Dependence::AddressAndPortDependent, Dependence::AddressAndPortDependent)
    }

    /// A firewall that lets only streams through.
    pub const fn udp_blocked() -> Self {
        NatConfig { blocks_udp: true, ..NatConfig::home() }
    }

    /// All nine pairs of mapping and filtering.
    pub fn all() -> impl Iterator<Item = NatConfig> {
        Dependence::ALL
            .into_iter()
            .flat_map(|m| Dependence::ALL.into_iter().map(move |f| NatConfig::new(m, f)))
    }

    /// Such as `EIM/APDF`.
    pub fn name(&self) -> &'static str {
        use Dependence::{AddressAndPortDependent as P, AddressDependent as A, EndpointIndependent as E};
        match (self.mapping, self.filtering) {
            (E, E) => "EIM/EIF",
            (E, A) => "EIM/ADF",
            (E, P) => "EIM/APDF",
            (A, E) => "ADM/EIF",
            (A, A) => "ADM/ADF",
            (A, P) => "ADM/APDF",
            (P, E) => "APDM/EIF",
            (P, A) => "APDM/ADF",
            (P, P) => "APDM/APDF",
        }
    }
}

/// UDP and TCP ports are two spaces.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Space {
    Udp,
    Tcp,
}

#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key {
    space: Space,
    inside: SocketAddr,
    remote: (Option<IpAddr>, Option<u16>),
}

#[derive(Copy, Clone, Debug)]
struct Mapping {
    outside: SocketAddr,
    expires: Instant,
}

/// A NAT at work: who is inside, which outside ports they have, whom they have written to.
///
/// Grows with the number of live mappings; dead ones are forgotten when a new one is made.
#[derive(Clone, Debug)]
pub struct Nat {
    config: NatConfig,
    outside: Vec<IpAddr>,
    /// "Paired" pooling (REQ-2): an inside host keeps one outside address.
    paired: BTreeMap<IpAddr, IpAddr>,
    mappings: BTreeMap<Key, Mapping>,
    by_outside: BTreeMap<(Space, SocketAddr), Key>,
    /// Whom an inside endpoint has written to, and until when that counts.
    written_to: BTreeMap<(Space, SocketAddr), BTreeMap<SocketAddr, Instant>>,
    /// Ports that a restart gave to others.
    burnt: BTreeSet<(Space, SocketAddr)>,
    next_port: u16,
    random: Random,
}

impl Nat {
    const FIRST_SEQUENTIAL: u16 = 20_000;

    /// A NAT with these outside addresses: none, one, or several, of either family.
    pub fn new(config: NatConfig, outside: &[IpAddr], random: Random) -> Self {
        Nat {
            config,
            outside: outside.to_vec(),
            paired: BTreeMap::new(),
            mappings: BTreeMap::new(),
            by_outside: BTreeMap::new(),
            written_to: BTreeMap::new(),
            burnt: BTreeSet::new(),
            next_port: Nat::FIRST_SEQUENTIAL,
            random,
        }
    }

    /// How it behaves.
    pub fn config(&self) -> NatConfig {
        self.config
    }

    /// From now on it behaves so. Mappings stay.
    pub fn set_config(&mut self, config: NatConfig) {
        self.config = config;
    }

    /// Whether this is one of its outside addresses.
    pub fn owns(&self, ip: IpAddr) -> bool {
        self.outside.contains(&ip)
    }

    pub(crate) fn translates_ipv6(&self) -> bool {
        self.outside.iter().any(IpAddr::is_ipv6)
    }

    /// It restarts: all mappings and permissions are gone, and other programs hold the ports that they had.
    pub fn rebind(&mut self) {
        self.burnt.extend(self.by_outside.keys());
        self.mappings.clear();
        self.by_outside.clear();
        self.written_to.clear();
    }

    /// How many mappings are alive.
    pub fn mappings(&self, now: Instant) -> usize {
        self.mappings.values().filter(|mapping| now < mapping.expires).count()
    }

    /// A datagram leaves: the source address that the outside sees.
    pub fn outbound(
        &mut self,
        now: Instant,
        from: SocketAddr,
        to: SocketAddr,
    ) -> Result<SocketAddr, DropCause> {
        if self.config.blocks_udp {
            return Err(DropCause::Blocked);
        }
        Ok(self.translate(now, Space::Udp, from, to))
    }

    /// A datagram arrives at `to`, an outside address: whose is it?
    pub fn inbound(
        &mut self,
        now: Instant,
        from: SocketAddr,
        to: SocketAddr,
    ) -> Result<SocketAddr, DropCause> {
        if self.config.blocks_udp {
            return Err(DropCause::Blocked);
        }
        self.admit(now, Space::Udp, from, to).ok_or(DropCause::Filtered)
    }

    /// The source address of something that leaves; makes or refreshes the mapping and the permission.
    pub(crate) fn translate(
        &mut self,
        now: Instant,
        space: Space,
        from: SocketAddr,
        to: SocketAddr,
    ) -> SocketAddr {
        let expires = now + self.config.lifetime;
        self.written_to.entry((space, from)).or_default().insert(to, expires);
        let key = Key { space, inside: from, remote: self.config.mapping.of(to) };
        if let Some(mapping) = self.mappings.get_mut(&key)
            && now < mapping.expires
        {
            mapping.expires = expires;
            return mapping.outside;
        }
        self.forget_the_dead(now);
        let outside = self.choose(space, from);
        self.mappings.insert(key, Mapping { outside, expires });
        self.by_outside.insert((space, outside), key);
        outside
    }

    /// The inside endpoint of something that arrives, if mapping and filter let it in.
    ///
    /// The filter asks whom the inside *endpoint* has written to, through whichever mapping: the letter of RFC 4787 §5.
    pub(crate) fn admit(
        &mut self,
        now: Instant,
        space: Space,
        from: SocketAddr,
        to: SocketAddr,
    ) -> Option<SocketAddr> {
        let key = *self.by_outside.get(&(space, to))?;
        let mapping = self.mappings.get_mut(&key)?;
        if now >= mapping.expires {
            return None;
        }
        let asked = self.config.filtering.of(from);
        let mut written_to = self.written_to.get(&(space, key.inside))?.iter();
        let permitted = asked == (None, None)
            || written_to.any(|(remote, until)| now < *until && self.config.filtering.of(*remote) == asked);
        if permitted && self.config.inbound_refresh {
            mapping.expires = now + self.config.lifetime;
        }
        permitted.then_some(key.inside)
    }

    fn forget_the_dead(&mut self, now: Instant) {
        self.mappings.retain(|_, mapping| now < mapping.expires);
        let alive = &self.mappings;
        self.by_outside.retain(|_, key| alive.contains_key(key));
        self.written_to.retain(|_, remotes| {
            remotes.retain(|_, until| now < *until);
            !remotes.is_empty()
        });
    }

    /// A free outside endpoint for a new mapping.
    fn choose(&mut self, space: Space, inside: SocketAddr) -> SocketAddr {
        let Some(ip) = self.outside_address(inside.ip()) else { return inside };
        let mut port = match self.config.ports {
            Ports::Preserve => inside.port(),
            Ports::Sequential => self.next_port,
            Ports::Random => 1024 + self.random.below(64_512) as u16,
        };
        port = (port & !1) | (inside.port() & 1);
        // Ports run out only after 32 000 mappings of one parity; then the last one tried is shared.
        for _ in 0..32_000 {
            let outside = (space, SocketAddr::new(ip, port));
            if !self.by_outside.contains_key(&outside) && !self.burnt.contains(&outside) {
                break;
            }
            port = port.checked_add(2).unwrap_or(1024 | (inside.port() & 1));
        }
        self.next_port = port.checked_add(1).unwrap_or(Nat::FIRST_SEQUENTIAL);
        SocketAddr::new(ip, port)
    }

    /// The outside address that an inside host is paired with; `None`: its family is not translated.
    fn outside_address(&mut self, inside: IpAddr) -> Option<IpAddr> {
        if let Some(ip) = self.paired.get(&inside) {
            return Some(*ip);
        }
        let same_family: Vec<IpAddr> =
            self.outside.iter().copied().filter(|ip| ip.is_ipv4() == inside.is_ipv4()).collect();
        let ip = *same_family.get(self.paired.len() % same_family.len().max(1))?;
        self.paired.insert(inside, ip);
        Some(ip)
    }
}

#[cfg(test)]
mod tests;
