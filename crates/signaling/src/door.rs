//! Who may come in: `Host` and `Origin` against the addresses that the server is known by.
//!
//! A page of another site can open a WebSocket to `localhost` (the same-origin policy does not cover WebSockets), and a
//! name of another site can be rebound to `127.0.0.1`. Both show in the two headers. A client without `Origin` is no
//! page: the command line is let in.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The addresses that the server is known by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Door {
    listen: SocketAddr,
    public: Vec<String>,
}

/// Why a request is turned away.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// `Host` is missing or names somebody else: perhaps a rebound name.
    Host,
    /// `Origin` is another site.
    Origin,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Host => {
                "this server is not known by that name: open it by its address, or start it with --public URL"
            }
            Refusal::Origin => "a page of another site may not use this server",
        })
    }
}

impl std::error::Error for Refusal {}

impl Door {
    /// For a server that listens on `listen` (with the port that it really got).
    pub fn new(listen: SocketAddr) -> Self {
        Door { listen, public: Vec::new() }
    }

    /// Also known as `origin`, such as `https://drop.example`: behind a proxy that ends TLS.
    pub fn with_public(mut self, origin: &str) -> Self {
        if let Some((_, authority)) = origin.trim_end_matches('/').split_once("://") {
            self.public.push(authority.to_ascii_lowercase());
        }
        self
    }

    /// Checks the two headers of a request.
    pub fn check(&self, host: Option<&str>, origin: Option<&str>) -> Result<(), Refusal> {
        let host = host.map(str::to_ascii_lowercase).filter(|host| self.is_us(host)).ok_or(Refusal::Host)?;
        match origin.map(str::to_ascii_lowercase) {
            None => Ok(()),
            Some(origin) => match origin.split_once("://") {
                Some(("http" | "https", authority)) if authority == host => Ok(()),
                _ => Err(Refusal::Origin),
            },
        }
    }

    /// Whether `authority` (host and port, lower case) is one of this server's.
    fn is_us(&self, authority: &str) -> bool {
        if self.public.iter().any(|public| public == authority) {
            return true;
        }
        let (name, port) = split(authority);
        if port != self.listen.port() {
            return false;
        }
        let listen = self.listen.ip().to_canonical();
        match name.parse::<IpAddr>() {
            // An address cannot be rebound: whoever listens everywhere is known by each of them.
            Ok(ip) => {
                listen.is_unspecified()
                    || ip.to_canonical() == listen
                    || (ip.is_loopback() && listen.is_loopback())
            }
            Err(_) => name == "localhost" && (listen.is_unspecified() || listen.is_loopback()),
        }
    }
}

/// Host and port of an authority, without the brackets of IPv6; port 80 when there is none.
fn split(authority: &str) -> (&str, u16) {
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port.parse().unwrap_or(0)),
        _ => (authority, 80),
    };
    (name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(listen: &str) -> Door {
        Door::new(listen.parse().unwrap())
    }

    #[test]
    fn a_local_server_is_known_as_localhost_and_by_loopback_addresses() {
        let door = door("127.0.0.1:8080");
        for host in ["127.0.0.1:8080", "localhost:8080", "LocalHost:8080", "[::1]:8080"] {
            assert_eq!(door.check(Some(host), None), Ok(()), "{host}");
        }
        for host in [
            "127.0.0.1",
            "127.0.0.1:81",
            "evil.example:8080",
            "192.0.2.1:8080",
            "localhost.evil.example:8080",
            "",
        ] {
            assert_eq!(door.check(Some(host), None), Err(Refusal::Host), "{host}");
        }
        assert_eq!(door.check(None, None), Err(Refusal::Host));
    }

    #[test]
    fn a_server_on_every_address_is_known_by_addresses_but_not_by_names() {
        let door = door("0.0.0.0:8080");
        assert_eq!(door.check(Some("10.77.0.1:8080"), Some("http://10.77.0.1:8080")), Ok(()));
        assert_eq!(door.check(Some("[fd77::1]:8080"), None), Ok(()));
        assert_eq!(door.check(Some("rebound.example:8080"), None), Err(Refusal::Host));
    }

    #[test]
    fn a_page_may_use_the_server_that_it_came_from_and_no_other() {
        let door = door("127.0.0.1:8080");
        let check = |origin| door.check(Some("127.0.0.1:8080"), Some(origin));
        assert_eq!(check("http://127.0.0.1:8080"), Ok(()));
        for origin in
            ["http://evil.example", "null", "http://localhost:8080", "http://127.0.0.1:8081", "file://", ""]
        {
            assert_eq!(check(origin), Err(Refusal::Origin), "{origin}");
        }
    }

    #[test]
    fn a_public_name_stands_for_a_proxy() {
        let door = door("127.0.0.1:8080").with_public("https://Drop.example/");
        assert_eq!(door.check(Some("drop.example"), Some("https://drop.example")), Ok(()));
        assert_eq!(door.check(Some("drop.example"), Some("https://other.example")), Err(Refusal::Origin));
    }

    #[test]
    fn port_80_goes_without_saying() {
        assert_eq!(door("192.0.2.1:80").check(Some("192.0.2.1"), Some("http://192.0.2.1")), Ok(()));
    }
}
