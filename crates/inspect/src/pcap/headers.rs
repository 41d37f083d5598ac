//! The headers that a datagram would have had on the wire: made up, but for addresses, ports and checksums.

use std::net::{IpAddr, SocketAddr};

use limpid_sansio::{Direction, Path};

const UDP: u8 = 17;
const SCTP: u8 = 132;
/// Locally administered, and different for the two ends (RFC 7042 §2.1).
const OUR_STATION: [u8; 6] = [2, 0, 0, 0, 0, 1];
const THEIR_STATION: [u8; 6] = [2, 0, 0, 0, 0, 2];
/// What an IPv4 packet can hold behind the IP and UDP headers.
const LONGEST_PAYLOAD: usize = 65_507;

/// Source and destination of a packet.
fn ends(path: Path, direction: Direction) -> (SocketAddr, SocketAddr) {
    match direction {
        Direction::Out => (path.local, path.remote),
        Direction::In => (path.remote, path.local),
    }
}

/// Appends Ethernet, IP and UDP headers and the payload.
pub(super) fn ethernet_ip_udp(out: &mut Vec<u8>, path: Path, direction: Direction, payload: &[u8]) {
    let (from, to) = ends(path, direction);
    let stations = match direction {
        Direction::Out => [THEIR_STATION, OUR_STATION],
        Direction::In => [OUR_STATION, THEIR_STATION],
    };
    out.extend_from_slice(stations.as_flattened());
    let is_v4 = matches!((from.ip().to_canonical(), to.ip().to_canonical()), (IpAddr::V4(_), IpAddr::V4(_)));
    out.extend_from_slice(&if is_v4 { 0x0800_u16 } else { 0x86dd }.to_be_bytes());
    ip_udp(out, path, direction, payload);
}

/// Appends IP and UDP headers and the payload.
pub(super) fn ip_udp(out: &mut Vec<u8>, path: Path, direction: Direction, payload: &[u8]) {
    let payload = &payload[..payload.len().min(LONGEST_PAYLOAD)];
    let (from, to) = ends(path, direction);
    let len = (payload.len() + 8) as u16;
    let pseudo_header = ip(out, from.ip(), to.ip(), UDP, len);
    let start = out.len();
    for field in [from.port(), to.port(), len, 0] {
        out.extend_from_slice(&field.to_be_bytes());
    }
    out.extend_from_slice(payload);
    // A sum of zero means "no checksum" in UDP and is written as its other form (RFC 768).
    let checksum = match !folded(pseudo_header + sum(&out[start..])) {
        0 => 0xffff,
        checksum => checksum,
    };
    out[start + 6..start + 8].copy_from_slice(&checksum.to_be_bytes());
}

/// Appends an IP header of protocol 132 and the packet.
pub(super) fn ip_sctp(out: &mut Vec<u8>, path: Path, direction: Direction, packet: &[u8]) {
    let packet = &packet[..packet.len().min(LONGEST_PAYLOAD)];
    let (from, to) = ends(path, direction);
    ip(out, from.ip(), to.ip(), SCTP, packet.len() as u16);
    out.extend_from_slice(packet);
}

/// Appends an IP header and returns the sum of its pseudo-header.
fn ip(out: &mut Vec<u8>, from: IpAddr, to: IpAddr, protocol: u8, len: u16) -> u32 {
    let pseudo = u32::from(protocol) + u32::from(len);
    match (from.to_canonical(), to.to_canonical()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let start = out.len();
            out.extend_from_slice(&[0x45, 0]);
            out.extend_from_slice(&(len.saturating_add(20)).to_be_bytes());
            // No identification, "don't fragment", 64 hops.
            out.extend_from_slice(&[0, 0, 0x40, 0, 64, protocol, 0, 0]);
            out.extend_from_slice(&from.octets());
            out.extend_from_slice(&to.octets());
            let checksum = !folded(sum(&out[start..]));
            out[start + 10..start + 12].copy_from_slice(&checksum.to_be_bytes());
            pseudo + sum(&from.octets()) + sum(&to.octets())
        }
        (from, to) => {
            let [from, to] = [from, to].map(|address| match address {
                IpAddr::V4(v4) => v4.to_ipv6_mapped(),
                IpAddr::V6(v6) => v6,
            });
            out.extend_from_slice(&[0x60, 0, 0, 0]);
            out.extend_from_slice(&len.to_be_bytes());
            out.extend_from_slice(&[protocol, 64]);
            out.extend_from_slice(&from.octets());
            out.extend_from_slice(&to.octets());
            pseudo + sum(&from.octets()) + sum(&to.octets())
        }
    }
}

/// The sum of 16-bit words (RFC 1071), not folded yet. At most 2^15 words: it cannot overflow.
fn sum(bytes: &[u8]) -> u32 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | pair.get(1).copied().map_or(0, u32::from);
    bytes.chunks(2).map(word).sum()
}

/// Folds the carries back in.
fn folded(sum: u32) -> u16 {
    let once = (sum & 0xffff) + (sum >> 16);
    ((once & 0xffff) + (once >> 16)) as u16
}
