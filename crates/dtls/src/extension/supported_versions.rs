//! supported_versions, as a client sends it: all versions that it speaks, best first (RFC 8446 §4.2.1).
//!
//! A client that sends it means what it says here, and its legacy_version means nothing. Browsers list 1.3 and 1.2.

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

use crate::message::U16List;
use crate::record::ProtocolVersion;

/// The client's versions.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SupportedVersions<'a>(pub U16List<'a>);

impl<'a> SupportedVersions<'a> {
    /// Reads the data.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let bytes = reader.vec8("versions")?;
        if bytes.is_empty() {
            return Err(ParseError::new("versions", 0, ParseErrorKind::BadLength));
        }
        U16List::new(bytes, "versions").map(SupportedVersions)
    }

    /// Appends the data.
    pub fn write(&self, writer: &mut Writer<'_>) {
        let length = writer.open(1);
        self.0.iter().for_each(|version| writer.u16(version));
        writer.close(length);
    }

    /// Whether this version is among them.
    pub fn contains(&self, version: ProtocolVersion) -> bool {
        self.0.contains(version.0)
    }
}
