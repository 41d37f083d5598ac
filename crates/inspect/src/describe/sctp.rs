//! SCTP packets (RFC 9260 §3), as DTLS carries them (RFC 8261).

use std::borrow::Cow;

use limpid_sansio::wire::ParseError;
use limpid_sctp::packet::{self, Packet};

use super::sctp_chunk;
use crate::layer::Layer;
use crate::walk::{Described, Walk, describe};

const RFC: &str = "RFC 9260 §3.1";

/// The tree of an SCTP packet.
pub fn sctp(bytes: &[u8]) -> Described {
    packet_at(bytes, 0)
}

/// The tree of a packet that stands at `base` in its datagram.
pub(super) fn packet_at(bytes: &[u8], base: usize) -> Described {
    describe(Layer::Sctp, "SCTP packet", "RFC 9260 §3", (bytes, base), |walk| packet(walk, bytes, base))
}

fn packet(walk: &mut Walk<'_>, bytes: &[u8], base: usize) -> Result<Cow<'static, str>, ParseError> {
    walk.number(2, "source port", RFC, |_| "")?;
    walk.number(2, "destination port", RFC, |_| "")?;
    walk.code(4, "verification tag", RFC, |tag| match tag {
        0 => "none yet: only INIT goes without",
        _ => "the tag that the receiver chose: who sends it has seen the handshake",
    })?;
    let mut is_zero = false;
    walk.code(4, "checksum", "RFC 9260 §6.8", |value| {
        is_zero = value == 0;
        match value {
            0 => "left out: DTLS protects the packet (RFC 9653)",
            _ if packet::checksum(bytes) == (value as u32).to_be_bytes() => "CRC32c: matches",
            _ => "CRC32c: does not match",
        }
    })?;
    let mut chunks = Vec::new();
    while walk.remaining() > 0 {
        chunks.push(sctp_chunk::chunk(walk)?);
    }
    if !is_zero {
        Packet::parse(bytes).map_err(|error| error.within(base))?;
    }
    Ok(match chunks.len() {
        0 => "no chunks".into(),
        _ => chunks.join(" + ").into(),
    })
}
