//! Packets that are sent again under a stream of their own. RFC 4588.
//!
//! ```text
//! |  OSN: original sequence number (16)  |  original payload …  |
//! ```
//! Timestamp, marker and the meaning of the header extension are those of the original (§4); sequence numbers are the
//! stream's own. Streams are told apart by SSRC (§5.3), which payload type belongs to which says `apt` (§8.1).

use alloc::vec::Vec;

use crate::names::{PayloadType, Ssrc};

/// The retransmission stream of a stream that goes out.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Rtx {
    /// Its SSRC.
    pub ssrc: Ssrc,
    /// Its payload type.
    pub payload_type: PayloadType,
    /// Its first sequence number: random, independent of the original's.
    pub first_sequence_number: u16,
}

/// Bytes that a packet grows by when it is sent again.
pub const OVERHEAD: usize = 2;

/// What a packet of a retransmission stream brings.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Content<'a> {
    /// A packet again: its sequence number, and its payload.
    Original(u16, &'a [u8]),
    /// Nothing: such packets are sent to probe the path.
    Padding,
}

/// Reads the payload of a packet of a retransmission stream. One that is too short for an OSN, or that brings nothing behind
/// it, is padding: browsers probe with both.
pub fn parse(payload: &[u8]) -> Content<'_> {
    match payload.split_first_chunk::<OVERHEAD>() {
        Some((sequence, rest)) if !rest.is_empty() => Content::Original(u16::from_be_bytes(*sequence), rest),
        _ => Content::Padding,
    }
}

/// Appends the payload with which a packet is sent again.
pub fn write(out: &mut Vec<u8>, original_sequence_number: u16, payload: &[u8]) {
    out.extend_from_slice(&original_sequence_number.to_be_bytes());
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    //~ covers 4588-4-a, 4588-4-b
    #[test]
    fn what_is_wrapped_comes_out_and_short_payloads_are_padding() {
        let mut out = Vec::new();
        write(&mut out, 0xfffe, b"payload");
        assert_eq!(out[..2], [0xff, 0xfe]);
        assert_eq!(parse(&out), Content::Original(0xfffe, b"payload"));
        for short in [&out[..0], &out[..1], &out[..2]] {
            assert_eq!(parse(short), Content::Padding);
        }
    }
}
