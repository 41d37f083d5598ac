//! ClientKeyExchange: the client's share of the ephemeral key (RFC 8422 §5.7).
//!
//! ```text
//! public <1..255>
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

/// The whole message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ClientKeyExchange<'a> {
    /// The client's share: an uncompressed point, or 32 bytes of X25519.
    pub public: &'a [u8],
}

impl<'a> ClientKeyExchange<'a> {
    /// Reads a body.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let public = reader.vec8("public")?;
        if public.is_empty() {
            return Err(ParseError::new("public", 0, ParseErrorKind::BadLength));
        }
        Ok(ClientKeyExchange { public })
    }

    /// Appends the body.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.public.len() as u8);
        writer.bytes(self.public);
    }
}
