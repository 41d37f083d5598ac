//! signature_algorithms: what a side can verify, best first (RFC 5246 §7.4.1.4.1; code points as RFC 8446 §4.2.3 reads them).

use limpid_crypto::SignatureScheme;
use limpid_sansio::ParseError;
use limpid_sansio::wire::{Reader, Writer};

use crate::message::U16List;

/// The schemes of one side.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SignatureAlgorithms<'a>(pub U16List<'a>);

impl<'a> SignatureAlgorithms<'a> {
    /// Reads the data.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        U16List::parse(reader, "supported_signature_algorithms").map(SignatureAlgorithms)
    }

    /// Appends the data.
    pub fn write(&self, writer: &mut Writer<'_>) {
        self.0.write(writer);
    }

    /// Whether this scheme is among them.
    pub fn contains(&self, scheme: SignatureScheme) -> bool {
        self.0.contains(scheme.0)
    }
}
