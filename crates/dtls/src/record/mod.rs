//! The record layer: what a datagram is made of (RFC 6347 §4.1).
//!
//! ```text
//! +------+---------+-------+-------------------+--------+----------...
//! | type | version | epoch |  sequence number  | length | fragment
//! |  8   |   16    |  16   |        48         |   16   | length bytes
//! +------+---------+-------+-------------------+--------+----------...
//! ```
//! A datagram holds whole records, perhaps several. `protect.rs` turns fragments into ciphertext and back.

mod epoch;
mod protect;

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

pub use epoch::{Epochs, Opening};
pub use protect::{Opener, Protection, Sealer};

/// Bytes before the fragment.
pub const HEADER_LEN: usize = 13;

/// The highest sequence number.
pub const MAX_SEQUENCE: u64 = (1 << 48) - 1;

/// The longest protected fragment: 2¹⁴ bytes and what protection may add (RFC 5246 §6.2.3).
pub const MAX_FRAGMENT: usize = (1 << 14) + 2048;

/// A code point of the TLS registry "ContentType". Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentType(pub u8);

impl ContentType {
    /// "From now on the next epoch": a byte of value 1.
    pub const CHANGE_CIPHER_SPEC: ContentType = ContentType(20);
    /// An [`Alert`](crate::alert::Alert).
    pub const ALERT: ContentType = ContentType(21);
    /// Handshake messages, or fragments of one.
    pub const HANDSHAKE: ContentType = ContentType(22);
    /// What it is all for.
    pub const APPLICATION_DATA: ContentType = ContentType(23);
}

impl fmt::Debug for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            ContentType::CHANGE_CIPHER_SPEC => "change_cipher_spec",
            ContentType::ALERT => "alert",
            ContentType::HANDSHAKE => "handshake",
            ContentType::APPLICATION_DATA => "application_data",
            ContentType(other) => return write!(f, "content type {other}"),
        })
    }
}

/// A version on the wire: the ones' complement of the number, so that later versions have lower values.
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct ProtocolVersion(pub u16);

impl ProtocolVersion {
    /// RFC 4347. Stands in first records and in HelloVerifyRequest, and means nothing there.
    pub const DTLS_1_0: ProtocolVersion = ProtocolVersion(0xfeff);
    /// RFC 6347.
    pub const DTLS_1_2: ProtocolVersion = ProtocolVersion(0xfefd);
    /// RFC 9147.
    pub const DTLS_1_3: ProtocolVersion = ProtocolVersion(0xfefc);

    /// "1.2" and so on, for people.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            ProtocolVersion::DTLS_1_0 => "1.0",
            ProtocolVersion::DTLS_1_2 => "1.2",
            ProtocolVersion::DTLS_1_3 => "1.3",
            _ => return None,
        })
    }
}

impl fmt::Debug for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "DTLS {name}"),
            None => write!(f, "version {:#06x}", self.0),
        }
    }
}

/// Counts changes of keys: 0 is plaintext, 1 comes with the first handshake's keys.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Epoch(pub u16);

/// Names one record of a connection's direction.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordNumber {
    /// Under which keys.
    pub epoch: Epoch,
    /// Which of them; 48 bits.
    pub sequence: u64,
}

impl RecordNumber {
    /// Epoch and sequence number as the one 64-bit number that nonces and additional data are made of.
    pub const fn to_u64(self) -> u64 {
        ((self.epoch.0 as u64) << 48) | (self.sequence & MAX_SEQUENCE)
    }
}

/// The thirteen bytes in front of every record.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct RecordHeader {
    /// What the fragment holds.
    pub content_type: ContentType,
    /// Of the record layer; not what the handshake negotiates.
    pub version: ProtocolVersion,
    /// Which record.
    pub number: RecordNumber,
    /// Bytes of the fragment.
    pub length: u16,
}

impl RecordHeader {
    /// Reads a header; the fragment follows in `reader`.
    pub fn parse(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let content_type = ContentType(reader.u8("type")?);
        let version = ProtocolVersion(reader.u16("version")?);
        let epoch = Epoch(reader.u16("epoch")?);
        let sequence = reader.u48("sequence_number")?;
        let length = reader.u16("length")?;
        Ok(RecordHeader { content_type, version, number: RecordNumber { epoch, sequence }, length })
    }

    /// Appends the header.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.to_bytes());
    }

    pub(crate) fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[0] = self.content_type.0;
        bytes[1..3].copy_from_slice(&self.version.0.to_be_bytes());
        bytes[3..11].copy_from_slice(&self.number.to_u64().to_be_bytes());
        bytes[11..].copy_from_slice(&self.length.to_be_bytes());
        bytes
    }
}

/// One record, protected or not, and nothing more.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct RecordView<'a> {
    /// Its header.
    pub header: RecordHeader,
    /// Its content: ciphertext when the epoch is not 0.
    pub fragment: &'a [u8],
}

impl<'a> RecordView<'a> {
    /// Reads the next record of a datagram.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let header = RecordHeader::parse(reader)?;
        if usize::from(header.length) > MAX_FRAGMENT {
            return Err(ParseError::new("length", reader.offset() - 2, ParseErrorKind::TooLarge));
        }
        Ok(RecordView { header, fragment: reader.bytes(header.length.into(), "fragment")? })
    }
}

/// Whether a datagram's first byte is that of a DTLS record (RFC 7983 §7, RFC 9443 §3).
pub const fn looks_like_dtls(datagram: &[u8]) -> bool {
    datagram.len() >= HEADER_LEN && datagram[0] >= 20 && datagram[0] <= 63
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_header_reads_back_as_written(kind: u8, version: u16, epoch: u16, sequence in 0..=MAX_SEQUENCE, length: u16) {
            let header = RecordHeader {
                content_type: ContentType(kind),
                version: ProtocolVersion(version),
                number: RecordNumber { epoch: Epoch(epoch), sequence },
                length,
            };
            let mut out = Vec::new();
            header.write(&mut Writer::new(&mut out));
            prop_assert_eq!(out.len(), HEADER_LEN);
            prop_assert_eq!(RecordHeader::parse(&mut Reader::new(&out)), Ok(header));
        }

        #[test]
        fn any_bytes_parse_or_fail_in_peace(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while let Ok(record) = RecordView::parse(&mut reader) {
                prop_assert_eq!(record.fragment.len(), usize::from(record.header.length));
            }
        }
    }

    #[test]
    fn a_record_may_not_run_past_its_datagram() {
        let header = RecordHeader {
            content_type: ContentType::HANDSHAKE,
            version: ProtocolVersion::DTLS_1_2,
            number: RecordNumber { epoch: Epoch(0), sequence: 7 },
            length: 4,
        };
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend_from_slice(&[1, 2, 3]);
        assert_eq!(RecordView::parse(&mut Reader::new(&bytes)).unwrap_err().field, "fragment");
        bytes.push(4);
        assert_eq!(RecordView::parse(&mut Reader::new(&bytes)).unwrap().fragment, [1, 2, 3, 4]);
        bytes[11..13].copy_from_slice(&0xffffu16.to_be_bytes());
        assert_eq!(RecordView::parse(&mut Reader::new(&bytes)).unwrap_err().kind, ParseErrorKind::TooLarge);
    }
}
