//! The sockets that the driver has bound for us, and how their addresses are ranked. RFC 8421.

use core::net::{IpAddr, SocketAddr};

use crate::candidate::same_address;
use crate::id::{ComponentId, StreamId};

/// One bound socket.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub(crate) address: SocketAddr,
    /// The only stream and component that use it; `None`: all do.
    pub(crate) owner: Option<(StreamId, ComponentId)>,
    /// Of its host candidate; the next [`Socket::RANKS`] - 1 below it belong to its reflexive ones.
    pub(crate) local_preference: u16,
    /// The address's mDNS name, once it was announced.
    pub(crate) name: Option<Box<str>>,
}

impl Socket {
    /// Local preferences that a socket has for itself, so that no two candidates of a stream share a priority even when
    /// several servers see the socket differently.
    pub(crate) const RANKS: u16 = 16;

    pub(crate) fn serves(&self, stream: StreamId, component: ComponentId) -> bool {
        self.owner.is_none_or(|owner| owner == (stream, component))
    }
}

/// All of them, and those that wait to be alone.
#[derive(Default, Debug)]
pub(crate) struct Sockets {
    list: Vec<Socket>,
    /// Loopback addresses that count only if no other comes.
    withheld: Vec<(SocketAddr, Option<(StreamId, ComponentId)>)>,
    is_complete: bool,
}

impl Sockets {
    /// More sockets than this are left aside.
    const LIMIT: usize = 64;

    pub(crate) fn list(&self) -> &[Socket] {
        &self.list
    }

    pub(crate) fn at(&self, address: SocketAddr) -> Option<&Socket> {
        self.list.iter().find(|socket| same_address(socket.address, address))
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Takes a socket in. `None`: it is there already, or there are too many.
    pub(crate) fn add(
        &mut self,
        address: SocketAddr,
        owner: Option<(StreamId, ComponentId)>,
    ) -> Option<Socket> {
        if self.list.len() >= Self::LIMIT || self.at(address).is_some() {
            return None;
        }
        let local_preference = self.next_preference(address.ip());
        let socket = Socket { address, owner, local_preference, name: None };
        self.list.push(socket.clone());
        Some(socket)
    }

    /// Keeps a loopback address back.
    pub(crate) fn withhold(&mut self, address: SocketAddr, owner: Option<(StreamId, ComponentId)>) {
        if self.withheld.len() < Self::LIMIT {
            self.withheld.push((address, owner));
        }
    }

    /// No more will come. Returns the withheld ones if they turned out to be alone.
    pub(crate) fn complete(&mut self) -> Vec<(SocketAddr, Option<(StreamId, ComponentId)>)> {
        self.is_complete = true;
        let withheld = core::mem::take(&mut self.withheld);
        if self.list.is_empty() { withheld } else { Vec::new() }
    }

    pub(crate) fn set_name(&mut self, ip: IpAddr, name: &str) {
        let of_ip = |socket: &&mut Socket| socket.address.ip() == ip;
        self.list.iter_mut().filter(of_ip).for_each(|socket| socket.name = Some(name.into()));
    }

    /// RFC 8421 §4: the families take turns, IPv6 first; loopback comes behind everything else.
    fn next_preference(&self, ip: IpAddr) -> u16 {
        let alike =
            |other: &IpAddr| other.is_ipv4() == ip.is_ipv4() && other.is_loopback() == ip.is_loopback();
        let index = self.list.iter().filter(|socket| alike(&socket.address.ip())).count();
        let rank = 2 * index + usize::from(ip.is_ipv4()) + if ip.is_loopback() { 2 * Self::LIMIT } else { 0 };
        // invariant: 64 sockets a class give ranks below 256, times 16 stays within 16 bits.
        u16::MAX - rank as u16 * Socket::RANKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 8421-4-a
    #[test]
    fn families_take_turns_and_loopback_comes_last() {
        let mut sockets = Sockets::default();
        let addresses = [
            "127.0.0.1:1",
            "10.0.0.1:1",
            "10.0.0.2:1",
            "[fd00::1]:1",
            "[fd00::2]:1",
            "10.0.0.3:1",
            "[::1]:1",
        ];
        let mut ranked: Vec<_> = addresses
            .iter()
            .filter_map(|text| sockets.add(text.parse().unwrap(), None))
            .map(|socket| (core::cmp::Reverse(socket.local_preference), socket.address.to_string()))
            .collect();
        ranked.sort();
        let order: Vec<_> = ranked.iter().map(|(_, address)| address.as_str()).collect();
        assert_eq!(
            order,
            [
                "[fd00::1]:1",
                "10.0.0.1:1",
                "[fd00::2]:1",
                "10.0.0.2:1",
                "10.0.0.3:1",
                "[::1]:1",
                "127.0.0.1:1"
            ]
        );
        assert!(sockets.add("10.0.0.1:1".parse().unwrap(), None).is_none(), "an address counts once");
    }
}
