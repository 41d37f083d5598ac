//! ServerHello: what the server chose of it (RFC 5246 §7.4.1.3).
//!
//! ```text
//! server_version 16 │ random 32 bytes │ session_id <0..32> │ cipher_suite 16 │ compression_method 8 │ extensions
//! ```
//! A server that could speak 1.3 and chose 1.2 ends its random with the eight bytes of RFC 8446 §4.1.3 (`DOWNGRD` and 1),
//! and a client that offered 1.3 refuses them. Neither applies as long as this crate speaks 1.2 only: writing belongs to
//! `handshake12::server`, the check to `handshake12::client`.

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

use super::HelloRandom;
use crate::extension::Extensions;
use crate::record::ProtocolVersion;
use crate::suite::CipherSuite;

/// The whole message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ServerHello<'a> {
    /// The version of this connection, unless an extension says 1.3.
    pub version: ProtocolVersion,
    /// The server's part of every key.
    pub random: HelloRandom,
    /// A name for resumption, which we do not use; at most 32 bytes.
    pub session_id: &'a [u8],
    /// One that was offered.
    pub cipher_suite: CipherSuite,
    /// Always null (0).
    pub compression_method: u8,
    /// Answers to extensions that were offered, and no others.
    pub extensions: Extensions<'a>,
}

impl<'a> ServerHello<'a> {
    /// Reads a body.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let version = ProtocolVersion(reader.u16("server_version")?);
        let random = reader.array("random")?;
        let session_at = reader.offset();
        let session_id = reader.vec8("session_id")?;
        if session_id.len() > 32 {
            return Err(ParseError::new("session_id", session_at, ParseErrorKind::TooLarge));
        }
        let cipher_suite = CipherSuite(reader.u16("cipher_suite")?);
        let compression_method = reader.u8("compression_method")?;
        let extensions = Extensions::parse_at_end(reader)?;
        Ok(ServerHello { version, random, session_id, cipher_suite, compression_method, extensions })
    }

    /// Appends the body.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.version.0);
        writer.bytes(&self.random);
        writer.u8(self.session_id.len() as u8);
        writer.bytes(self.session_id);
        writer.u16(self.cipher_suite.0);
        writer.u8(self.compression_method);
        self.extensions.write(writer);
    }
}
