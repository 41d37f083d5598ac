//! HelloVerifyRequest: "repeat your hello with this cookie" (RFC 6347 §4.2.1).
//!
//! ```text
//! server_version 16 │ cookie <0..255>
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{Reader, Writer};

use crate::record::ProtocolVersion;

/// Stays out of the transcript, as does the hello that it answers (RFC 6347 §4.2.6).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct HelloVerifyRequest<'a> {
    /// 1.0 by custom. Nothing may be read from it.
    pub server_version: ProtocolVersion,
    /// To be repeated.
    pub cookie: &'a [u8],
}

impl<'a> HelloVerifyRequest<'a> {
    /// Reads a body.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let server_version = ProtocolVersion(reader.u16("server_version")?);
        Ok(HelloVerifyRequest { server_version, cookie: reader.vec8("cookie")? })
    }

    /// Appends the body.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.server_version.0);
        writer.u8(self.cookie.len() as u8);
        writer.bytes(self.cookie);
    }
}
