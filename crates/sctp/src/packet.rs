//! The packet: a common header and the chunks behind it (RFC 9260 §3).
//!
//! ```text
//!  0                   1                   2                   3
//! +-------------------------------+-------------------------------+
//! |          source port          |       destination port        |
//! +-------------------------------+-------------------------------+
//! |                       verification tag                        |
//! +---------------------------------------------------------------+
//! |                checksum: CRC32c, low byte first               |
//! +---------------------------------------------------------------+
//! |  chunks, each padded to four bytes                            |
//! ```

use crc_fast::{CrcAlgorithm, Digest};
use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

use crate::chunk::Chunks;

/// Bytes of the common header.
pub const HEADER_LEN: usize = 12;
const CHECKSUM: core::ops::Range<usize> = 8..12;

/// A packet whose checksum held.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// The sender's port.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
    /// Says which association, and proves that the sender saw our INIT (RFC 9260 §8.5).
    pub verification_tag: u32,
    body: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Checks the length and the checksum; the chunks are looked at by [`chunks`](Packet::chunks).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let source_port = reader.u16("source port")?;
        let destination_port = reader.u16("destination port")?;
        let verification_tag = reader.u32("verification tag")?;
        let said: [u8; 4] = reader.array("checksum")?;
        if said != checksum(bytes) {
            return Err(ParseError::new("checksum", CHECKSUM.start, ParseErrorKind::BadChecksum));
        }
        Ok(Packet { source_port, destination_port, verification_tag, body: reader.rest() })
    }

    /// The chunks in their order.
    pub fn chunks(&self) -> Chunks<'a> {
        Chunks::new(self.body)
    }
}

/// The checksum of a packet as it stands on the wire (RFC 9260 §6.8 and appendix A): CRC32c with the field taken as zero.
/// `packet` holds at least the common header.
pub fn checksum(packet: &[u8]) -> [u8; 4] {
    let mut header = [0; HEADER_LEN];
    header[..CHECKSUM.start].copy_from_slice(&packet[..CHECKSUM.start]);
    // Goes on behind the header from the state in which it left the sum: before the final inversion.
    let state = !crc_fast::crc32_iscsi(&header);
    let mut rest = Digest::new_with_init_state(CrcAlgorithm::Crc32Iscsi, state.into());
    rest.update(&packet[CHECKSUM.end..]);
    (rest.finalize() as u32).to_le_bytes()
}

/// Writes the common header with a zero checksum; [`finish`] fills it in.
pub fn begin(writer: &mut Writer<'_>, source_port: u16, destination_port: u16, verification_tag: u32) {
    writer.u16(source_port);
    writer.u16(destination_port);
    writer.u32(verification_tag);
    writer.u32(0);
}

/// Fills in the checksum of a whole packet whose checksum field is zero.
pub fn finish(packet: &mut [u8]) {
    let crc = crc_fast::crc32_iscsi(packet);
    packet[CHECKSUM].copy_from_slice(&crc.to_le_bytes());
}
