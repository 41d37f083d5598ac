//! Transport addresses, plain and obfuscated. RFC 8489 §14.1, §14.2.
//!
//! Some NATs rewrite every four bytes that look like the address they translate. XOR with the cookie (and, for IPv6, the
//! transaction id) hides the address from them.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader, Writer};

use crate::message::{MAGIC_COOKIE, TransactionId};

/// Which kind of IP address. RFC 8489 §14.1.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AddressFamily {
    /// 0x01 on the wire.
    Ipv4,
    /// 0x02 on the wire.
    Ipv6,
}

impl AddressFamily {
    /// The family of an address.
    pub const fn of(address: &IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => AddressFamily::Ipv4,
            IpAddr::V6(_) => AddressFamily::Ipv6,
        }
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            AddressFamily::Ipv4 => 1,
            AddressFamily::Ipv6 => 2,
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let fault = reader.error("address family", ParseErrorKind::BadValue);
        match reader.u8("address family")? {
            1 => Ok(AddressFamily::Ipv4),
            2 => Ok(AddressFamily::Ipv6),
            _ => Err(fault),
        }
    }
}

/// A zero byte (ignored), the family, the port, the address.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<SocketAddr, ParseError> {
    reader.u8("reserved")?;
    let family = AddressFamily::read(reader)?;
    let port = reader.u16("port")?;
    let ip = match family {
        AddressFamily::Ipv4 => IpAddr::from(reader.array::<4>("address")?),
        AddressFamily::Ipv6 => IpAddr::from(reader.array::<16>("address")?),
    };
    Ok(SocketAddr::new(ip, port))
}

/// The counterpart of [`read`].
pub(crate) fn write(address: &SocketAddr, writer: &mut Writer<'_>) {
    writer.u8(0);
    writer.u8(AddressFamily::of(&address.ip()).code());
    writer.u16(address.port());
    match address.ip() {
        IpAddr::V4(ip) => writer.bytes(&ip.octets()),
        IpAddr::V6(ip) => writer.bytes(&ip.octets()),
    }
}

/// Obfuscates, or clears up: it is the same both ways.
pub(crate) fn xor(address: SocketAddr, id: TransactionId) -> SocketAddr {
    let port = address.port() ^ (MAGIC_COOKIE >> 16) as u16;
    let ip = match address.ip() {
        IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() ^ MAGIC_COOKIE)),
        IpAddr::V6(ip) => {
            let mut mask = [0; 16];
            mask[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
            mask[4..].copy_from_slice(&id.0);
            IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() ^ u128::from_be_bytes(mask)))
        }
    };
    SocketAddr::new(ip, port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xor_twice_is_the_address_and_ipv6_depends_on_the_transaction() {
        //~ covers 8489-14.2-a
        let (one, two) = (TransactionId([1; 12]), TransactionId([2; 12]));
        let v4 = SocketAddr::from(([192, 0, 2, 1], 32853));
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, 1));
        for address in [v4, v6] {
            assert_eq!(xor(xor(address, one), one), address);
            assert_ne!(xor(address, one), address);
        }
        assert_eq!(xor(v4, one), xor(v4, two), "IPv4 uses the cookie alone");
        assert_ne!(xor(v6, one), xor(v6, two));
    }

    #[test]
    fn an_unknown_family_is_a_fault_and_the_first_byte_is_ignored() {
        //~ covers 8489-14.1-a, 8489-14.1-b
        let parse = |bytes: &[u8]| read(&mut Reader::new(bytes));
        assert_eq!(parse(&[0xff, 1, 0, 80, 10, 0, 0, 1]), Ok(SocketAddr::from(([10, 0, 0, 1], 80))));
        let fault = ParseError::new("address family", 1, ParseErrorKind::BadValue);
        assert_eq!(parse(&[0, 3, 0, 80, 10, 0, 0, 1]), Err(fault));
    }
}
