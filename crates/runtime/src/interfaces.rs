//! The addresses of this machine.

use std::io;
use std::net::IpAddr;

/// Every address of this machine on which a socket can be bound and reached: loopback last, IPv6 link-local ones left out.
///
/// A link-local IPv6 address means nothing without the name of an interface, which no candidate can carry. Whether loopback
/// addresses become candidates is ICE's decision.
///
/// Sockets are bound to those that there are when a port is made. Others than then are a reason to begin a new session.
pub fn addresses() -> io::Result<Vec<IpAddr>> {
    let up = if_addrs::get_if_addrs()?
        .into_iter()
        .filter(|interface| interface.is_oper_up() || interface.is_loopback());
    let mut addresses: Vec<IpAddr> = up.map(|interface| interface.ip()).filter(is_usable).collect();
    addresses.sort_by_key(|ip| (ip.is_loopback(), *ip));
    addresses.dedup();
    Ok(addresses)
}

fn is_usable(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast(),
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_there_and_comes_last() {
        let addresses = addresses().unwrap();
        assert!(addresses.iter().any(IpAddr::is_loopback), "{addresses:?}");
        assert!(addresses.is_sorted_by_key(|ip| ip.is_loopback()));
        assert!(addresses.iter().all(is_usable));
        assert!(!is_usable(&"fe80::1".parse().unwrap()) && is_usable(&"fd00::1".parse().unwrap()));
    }
}
