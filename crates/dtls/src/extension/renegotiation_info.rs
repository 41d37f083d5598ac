//! renegotiation_info: binds a handshake to the one before it (RFC 5746 §3.2). Ours is always the first, so it is empty.

use limpid_sansio::ParseError;
use limpid_sansio::wire::{Reader, Writer};

/// The verify_data of the previous handshake.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct RenegotiationInfo<'a> {
    /// Empty in a first handshake.
    pub renegotiated_connection: &'a [u8],
}

impl<'a> RenegotiationInfo<'a> {
    /// That of a first handshake.
    pub const FIRST: RenegotiationInfo<'static> = RenegotiationInfo { renegotiated_connection: &[] };

    /// Reads the data.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        Ok(RenegotiationInfo { renegotiated_connection: reader.vec8("renegotiated_connection")? })
    }

    /// Appends the data.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.renegotiated_connection.len() as u8);
        writer.bytes(self.renegotiated_connection);
    }
}
