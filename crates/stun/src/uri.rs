//! `stun:`, `stuns:`, `turn:` and `turns:` URIs. RFC 7064, RFC 7065, RFC 8489 §8.1.
//!
//! They look like web addresses and are not: no `//`, no user, no path, and one query that may only say `transport=`.

use alloc::string::String;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use limpid_sansio::wire::{ParseError, ParseErrorKind};

/// Which protocol, and whether within TLS or DTLS.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// STUN in the clear.
    Stun,
    /// STUN over TLS or DTLS.
    Stuns,
    /// TURN in the clear.
    Turn,
    /// TURN over TLS or DTLS.
    Turns,
}

impl Scheme {
    /// Within TLS or DTLS.
    pub const fn is_secure(self) -> bool {
        matches!(self, Scheme::Stuns | Scheme::Turns)
    }

    /// A relay is meant.
    pub const fn is_turn(self) -> bool {
        matches!(self, Scheme::Turn | Scheme::Turns)
    }

    /// 3478, or 5349 for the secure ones.
    pub const fn default_port(self) -> u16 {
        if self.is_secure() { 5349 } else { 3478 }
    }

    const fn name(self) -> &'static str {
        match self {
            Scheme::Stun => "stun",
            Scheme::Stuns => "stuns",
            Scheme::Turn => "turn",
            Scheme::Turns => "turns",
        }
    }
}

/// Where the server is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Host {
    /// A name to be looked up, as it was written.
    Name(String),
    /// An address.
    Ip(IpAddr),
}

/// `?transport=` of a TURN URI. Extensions are kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum UriTransport {
    /// UDP; with `turns:` DTLS over it.
    Udp,
    /// TCP; with `turns:` TLS over it.
    Tcp,
    /// Something else, as it was written.
    Other(String),
}

/// One server. [`Display`](fmt::Display) writes it so that it reads back as the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Uri {
    /// Which protocol.
    pub scheme: Scheme,
    /// Which host.
    pub host: Host,
    /// Which port; `None`: [`Scheme::default_port`].
    pub port: Option<u16>,
    /// Which transport, for TURN.
    pub transport: Option<UriTransport>,
}

impl Uri {
    /// The port to use.
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// The transport to use: what the URI says, else UDP in the clear and TCP within TLS (RFC 7064 §3.2, RFC 7065 §3.2).
    pub fn transport_or_default(&self) -> UriTransport {
        let default = if self.scheme.is_secure() { UriTransport::Tcp } else { UriTransport::Udp };
        self.transport.clone().unwrap_or(default)
    }
}

impl FromStr for Uri {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = |field, at| ParseError::new(field, at, ParseErrorKind::BadValue);
        let (name, rest) = text.split_once(':').ok_or(bad("scheme", 0))?;
        let schemes = [Scheme::Stun, Scheme::Stuns, Scheme::Turn, Scheme::Turns];
        let scheme = schemes.into_iter().find(|scheme| scheme.name().eq_ignore_ascii_case(name));
        let scheme = scheme.ok_or(bad("scheme", 0))?;
        let host_at = name.len() + 1;
        let (authority, query) = match rest.split_once('?') {
            Some((authority, query)) => (authority, Some((query, host_at + authority.len() + 1))),
            None => (rest, None),
        };
        let (host, port) = split_port(authority).ok_or(bad("host", host_at))?;
        let parsed = parse_host(host).ok_or(bad("host", host_at))?;
        if scheme == Scheme::Stuns && matches!(parsed, Host::Ip(_)) {
            return Err(bad("host", host_at)); // nothing to check a certificate against (RFC 8489 §8.1)
        }
        let port =
            port.map(|digits| parse_port(digits).ok_or(bad("port", host_at + host.len() + 1))).transpose()?;
        let transport = query.map(|(query, at)| parse_transport(scheme, query).ok_or(bad("transport", at)));
        Ok(Uri { scheme, host: parsed, port, transport: transport.transpose()? })
    }
}

/// Host and the digits behind its last colon; an IPv6 address stands in brackets, which stay.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let end = match authority.starts_with('[') {
        true => authority.find(']')? + 1,
        false => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(end);
    match rest.strip_prefix(':') {
        Some(port) => Some((host, Some(port))),
        None if rest.is_empty() => Some((host, None)),
        None => None,
    }
}

/// The `host` of RFC 3986 §3.2.2, without IPvFuture and zone ids.
fn parse_host(host: &str) -> Option<Host> {
    if let Some(inside) = host.strip_prefix('[') {
        return inside.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(|ip| Host::Ip(ip.into()));
    }
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return Some(Host::Ip(ip.into()));
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    let escapes = host.match_indices('%').all(|(at, _)| {
        host.get(at + 1..at + 3).is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    (!host.is_empty() && host.bytes().all(legal) && escapes).then(|| Host::Name(host.into()))
}

fn parse_port(digits: &str) -> Option<u16> {
    let port: u16 = digits.parse().ok()?;
    (digits.bytes().all(|byte| byte.is_ascii_digit()) && port != 0).then_some(port)
}

fn parse_transport(scheme: Scheme, query: &str) -> Option<UriTransport> {
    let word = query.strip_prefix("transport=").filter(|_| scheme.is_turn())?;
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    match word {
        _ if word.is_empty() || !word.bytes().all(unreserved) => None,
        _ if word.eq_ignore_ascii_case("udp") => Some(UriTransport::Udp),
        _ if word.eq_ignore_ascii_case("tcp") => Some(UriTransport::Tcp),
        _ => Some(UriTransport::Other(word.into())),
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme.name())?;
        match &self.host {
            Host::Name(name) => f.write_str(name)?,
            Host::Ip(IpAddr::V4(ip)) => write!(f, "{ip}")?,
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]")?,
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        match &self.transport {
            None => Ok(()),
            Some(UriTransport::Udp) => f.write_str("?transport=udp"),
            Some(UriTransport::Tcp) => f.write_str("?transport=tcp"),
            Some(UriTransport::Other(word)) => write!(f, "?transport={word}"),
        }
    }
}

#[cfg(test)]
mod tests;
