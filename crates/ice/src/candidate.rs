//! Candidates: transport addresses at which an agent may be reached, and what they are worth. RFC 8445 §5.1.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::id::ComponentId;

/// How a candidate was come by. RFC 8445 §5.1.1.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CandidateKind {
    /// An address of the machine itself.
    Host,
    /// Our address as a STUN server sees it: outside of a NAT.
    ServerReflexive,
    /// An address that a check of ours or theirs came from: outside of a NAT that showed the server another one.
    PeerReflexive,
    /// An address of a TURN server that passes on what it gets.
    Relayed,
}

impl CandidateKind {
    /// The word of the attribute and of the W3C: `host`, `srflx`, `prflx`, `relay`.
    pub const fn name(self) -> &'static str {
        match self {
            CandidateKind::Host => "host",
            CandidateKind::ServerReflexive => "srflx",
            CandidateKind::PeerReflexive => "prflx",
            CandidateKind::Relayed => "relay",
        }
    }

    /// The type preferences that RFC 8445 §5.1.2.2 recommends: the more direct, the higher.
    pub const fn type_preference(self) -> u8 {
        match self {
            CandidateKind::Host => 126,
            CandidateKind::PeerReflexive => 110,
            CandidateKind::ServerReflexive => 100,
            CandidateKind::Relayed => 0,
        }
    }

    /// Bytes that this kind puts around each datagram: the one table of overheads. A relayed candidate is charged for a Send
    /// indication to an IPv6 peer without padding, the dearest way through a TURN server (RFC 8656 §10, §14.3, §14.4).
    pub const fn overhead(self) -> usize {
        match self {
            CandidateKind::Relayed => 20 + (4 + 20) + 4,
            _ => 0,
        }
    }
}

impl fmt::Display for CandidateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The formula of RFC 8445 §5.1.2.1. With type preferences up to 126 the result lies in 1 ..= 2³¹-1.
pub const fn priority(kind: CandidateKind, local_preference: u16, component: ComponentId) -> u32 {
    let (kind, local) = (kind.type_preference() as u32, local_preference as u32);
    (kind << 24) + (local << 8) + 256u32.saturating_sub(component.0 as u32)
}

/// Which protocol a candidate speaks.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CandidateTransport {
    /// UDP.
    Udp,
    /// TCP (RFC 6544). Parsed, and kept out of the checks.
    Tcp,
    /// Anything else, as it was written.
    Other(Box<str>),
}

impl fmt::Display for CandidateTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CandidateTransport::Udp => "udp",
            CandidateTransport::Tcp => "tcp",
            CandidateTransport::Other(name) => name,
        })
    }
}

/// The connection address of a candidate.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Host {
    /// An address.
    Ip(IpAddr),
    /// A name, which is of use only if it is an mDNS name that hides an address.
    Name(Box<str>),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Ip(ip) => ip.fmt(f),
            Host::Name(name) => f.write_str(name),
        }
    }
}

/// A candidate as the attribute `a=candidate` tells it (RFC 8839 §5.1). [`parse`](Candidate::parse) and `Display` stand in
/// `attr.rs`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Candidate {
    /// Candidates alike in kind, base address, server and transport share it.
    pub foundation: Box<str>,
    /// For which component.
    pub component: ComponentId,
    /// Over which protocol.
    pub transport: CandidateTransport,
    /// 1 ..= 2³¹-1, higher is better.
    pub priority: u32,
    /// Where.
    pub host: Host,
    /// At which port.
    pub port: u16,
    /// How it was come by.
    pub kind: CandidateKind,
    /// The base, or for a relayed candidate the mapped address (`raddr`, `rport`). Often masked as 0.0.0.0:9.
    pub related: Option<(Host, u16)>,
    /// All other names and values, in order: `tcptype`, `generation`, `ufrag`, `network-id`, …
    pub extensions: Vec<(Box<str>, Box<str>)>,
}

impl Candidate {
    /// The value of an extension.
    pub fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }

    /// The generation that it says it belongs to.
    pub fn ufrag(&self) -> Option<&str> {
        self.extension("ufrag")
    }

    /// The transport address, unless a name hides it.
    pub fn address(&self) -> Option<SocketAddr> {
        match self.host {
            Host::Ip(ip) => Some(SocketAddr::new(ip, self.port)),
            Host::Name(_) => None,
        }
    }
}

/// Whether a check may be sent there at all: no multicast, no broadcast, nothing unspecified, no port 0.
pub(crate) fn may_be_checked(address: SocketAddr) -> bool {
    let ip = address.ip();
    let v4_forbidden = |v4: Ipv4Addr| v4.is_broadcast() || v4.is_multicast() || v4.octets()[0] == 0;
    let forbidden = match ip {
        IpAddr::V4(v4) => v4_forbidden(v4),
        IpAddr::V6(v6) => {
            v6.is_multicast() || v6.is_unspecified() || v6.to_ipv4_mapped().is_some() || is_v4_compatible(v6)
        }
    };
    !forbidden && address.port() != 0
}

/// Whether a host candidate may be made of it, loopback aside. RFC 8445 §5.1.1.1: no IPv4-compatible or -mapped IPv6, no
/// site-local.
pub(crate) fn may_be_gathered(ip: IpAddr) -> bool {
    let site_local = matches!(ip, IpAddr::V6(v6) if v6.segments()[0] & 0xffc0 == 0xfec0);
    !site_local && may_be_checked(SocketAddr::new(ip, 9))
}

fn is_v4_compatible(v6: Ipv6Addr) -> bool {
    v6.segments()[..6] == [0; 6] && !v6.is_loopback() && !v6.is_unspecified()
}

/// Whether a datagram can go from one to the other: one family, link-local IPv6 among itself (RFC 8445 §6.1.2.2).
///
/// Loopback keeps to itself too: a remote candidate on 127.0.0.1 must not make us knock at this machine's own services.
pub(crate) fn can_pair(local: IpAddr, remote: IpAddr) -> bool {
    let alike = match (local, remote) {
        (IpAddr::V4(_), IpAddr::V4(_)) => true,
        (IpAddr::V6(a), IpAddr::V6(b)) => a.is_unicast_link_local() == b.is_unicast_link_local(),
        _ => false,
    };
    alike && local.is_loopback() == remote.is_loopback()
}

/// Equal in address and port; scope and flow label are the sender's own affair.
pub(crate) fn same_address(a: SocketAddr, b: SocketAddr) -> bool {
    a.ip() == b.ip() && a.port() == b.port()
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 8445-5.1.2-a
    #[test]
    fn priorities_stay_between_1_and_2_to_the_31() {
        let kinds = [
            CandidateKind::Host,
            CandidateKind::PeerReflexive,
            CandidateKind::ServerReflexive,
            CandidateKind::Relayed,
        ];
        for kind in kinds {
            for local in [0, 1, u16::MAX] {
                for component in [1, 2, 255] {
                    let priority = priority(kind, local, ComponentId(component));
                    assert!((1..1 << 31).contains(&priority), "{kind} {local} {component}: {priority}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_sent_to_many_or_to_nobody() {
        for (address, allowed) in [
            ("192.0.2.1:5", true),
            ("192.0.2.1:0", false),
            ("0.0.0.0:5", false),
            ("0.1.2.3:5", false),
            ("224.0.0.251:5353", false),
            ("255.255.255.255:5", false),
            ("127.0.0.1:5", true),
            ("[2001:db8::1]:5", true),
            ("[::1]:5", true),
            ("[::]:5", false),
            ("[ff02::fb]:5353", false),
            ("[::ffff:224.0.0.1]:5", false),
            ("[::ffff:192.0.2.1]:5", false),
            ("[::192.0.2.1]:5", false),
        ] {
            assert_eq!(may_be_checked(address.parse().unwrap()), allowed, "{address}");
        }
    }

    //~ covers 8445-6.1.2.2-a, 8445-6.1.2.2-b
    #[test]
    fn only_what_can_reach_each_other_is_paired() {
        for (local, remote, pairs) in [
            ("192.0.2.1", "198.51.100.1", true),
            ("192.0.2.1", "2001:db8::1", false),
            ("2001:db8::1", "2001:db8::2", true),
            ("fe80::1", "fe80::2", true),
            ("fe80::1", "2001:db8::2", false),
            ("2001:db8::1", "fe80::2", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("192.0.2.1", "127.0.0.1", false),
        ] {
            assert_eq!(can_pair(local.parse().unwrap(), remote.parse().unwrap()), pairs, "{local} {remote}");
        }
    }

    //~ covers 8445-5.1.1.1-a
    #[test]
    fn outworn_ipv6_makes_no_host_candidate() {
        for (ip, gathered) in [
            ("fec0::1", false),
            ("::192.0.2.1", false),
            ("::ffff:192.0.2.1", false),
            ("fd00::1", true),
            ("fe80::1", true),
            ("10.0.0.1", true),
        ] {
            assert_eq!(may_be_gathered(ip.parse().unwrap()), gathered, "{ip}");
        }
    }
}
