//! Cryptex: CSRCs and all header extensions are encrypted with the payload. RFC 9335.
//!
//! ```text
//! plain     12 bytes | CSRCs | BEDE, length | elements | payload
//! wire      12 bytes | CSRCs | C0DE, length | elements | payload | tag
//!                      ~~~~~                  ~~~~~~~~~~~~~~~~~~              encrypted, as one stream
//! ```

use alloc::vec::Vec;

use super::{ONE_BYTE, TWO_BYTE};
use crate::config::Cryptex;
use crate::error::{DropReason, Error};
use crate::rtp::{EXTENSION_HEADER_LEN, FIXED_HEADER_LEN, Layout, X_BIT};
use crate::transform::Region;

/// Encrypted one-byte elements, instead of `0xBEDE` (RFC 9335 §5).
const ENCRYPTED_ONE_BYTE: u16 = 0xc0de;
/// Encrypted two-byte elements, instead of `0x1000` (RFC 9335 §5).
const ENCRYPTED_TWO_BYTE: u16 = 0xc2de;

/// What is encrypted of a packet with cryptex.
fn region(layout: &Layout) -> Region {
    Region { from: FIXED_HEADER_LEN + EXTENSION_HEADER_LEN, csrcs: layout.csrcs }
}

/// Whether a packet of ours is sent with cryptex. Application bits of two-byte elements have no place on the wire, so those
/// that set some go without. What bears a mark already would be taken for encrypted by the receiver.
pub(crate) fn is_for(mode: Cryptex, layout: &Layout) -> Result<bool, Error> {
    let marked = |profile| [ENCRYPTED_ONE_BYTE, ENCRYPTED_TWO_BYTE].contains(&profile);
    if mode != Cryptex::Off && layout.extension.is_some_and(|extension| marked(extension.profile)) {
        return Err(Error::NotEncryptable);
    }
    if !mode.sends() || (layout.csrcs == 0 && layout.extension.is_none()) {
        return Ok(false);
    }
    match layout.extension {
        None => Ok(true),
        Some(extension) if [ONE_BYTE, TWO_BYTE].contains(&extension.profile) => Ok(true),
        Some(_) if mode == Cryptex::Require => Err(Error::NotEncryptable),
        Some(_) => Ok(false),
    }
}

/// Marks the packet in `packet[start..]`, and puts in an empty extension where CSRCs have none to show the mark.
pub(crate) fn mark(layout: &Layout, packet: &mut Vec<u8>, start: usize) -> Region {
    let at = start + FIXED_HEADER_LEN + layout.csrcs;
    if layout.extension.is_none() {
        let end = packet.len();
        packet.extend_from_slice(&[0; EXTENSION_HEADER_LEN]);
        packet.copy_within(at..end, at + EXTENSION_HEADER_LEN);
        packet[at..at + EXTENSION_HEADER_LEN].fill(0);
        packet[start] |= X_BIT;
    }
    let two_byte = layout.extension.is_some_and(|extension| extension.profile == TWO_BYTE);
    let tag = if two_byte { ENCRYPTED_TWO_BYTE } else { ENCRYPTED_ONE_BYTE };
    packet[at..at + 2].copy_from_slice(&tag.to_be_bytes());
    region(layout)
}

/// What is encrypted of a received packet, and what its mark stands for; `None`: it came without cryptex.
pub(crate) fn received(mode: Cryptex, layout: &Layout) -> Result<Option<(Region, u16)>, DropReason> {
    let plain = match layout.extension.map(|extension| extension.profile) {
        Some(ENCRYPTED_ONE_BYTE) if mode.receives() => ONE_BYTE,
        Some(ENCRYPTED_TWO_BYTE) if mode.receives() => TWO_BYTE,
        extension if mode == Cryptex::Require && (extension.is_some() || layout.csrcs > 0) => {
            return Err(DropReason::InClear);
        }
        _ => return Ok(None),
    };
    Ok(Some((region(layout), plain)))
}

/// Puts back what the mark of a decrypted packet stands for. An empty extension stays (RFC 9335 §5.2).
pub(crate) fn unmark(layout: &Layout, plain: u16, packet: &mut [u8]) {
    let at = FIXED_HEADER_LEN + layout.csrcs;
    packet[at..at + 2].copy_from_slice(&plain.to_be_bytes());
}
