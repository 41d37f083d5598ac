//! ClientHello: everything that the client could do (RFC 5246 §7.4.1.2, RFC 6347 §4.2.1).
//!
//! ```text
//! client_version 16 │ random 32 bytes │ session_id <0..32> │ cookie <0..255> │ cipher_suites <2..2^16-2>
//! │ compression_methods <1..255> │ extensions <0..2^16-1>, may be absent
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

use super::{HelloRandom, U16List};
use crate::extension::Extensions;
use crate::record::ProtocolVersion;

/// The fields in front of the extensions: all that a stateless cookie is made from, and all of it in the first fragment
/// even when post-quantum key shares need two datagrams.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ClientHelloStart<'a> {
    /// The latest version up to 1.2; 1.3 is offered by an extension.
    pub version: ProtocolVersion,
    /// The client's part of every key.
    pub random: HelloRandom,
    /// For resumption, at most 32 bytes; we offer and take none.
    pub session_id: &'a [u8],
    /// What a HelloVerifyRequest asked to repeat; empty at first.
    pub cookie: &'a [u8],
    /// In the client's order of preference.
    pub cipher_suites: U16List<'a>,
    /// Always the null method (0).
    pub compression_methods: &'a [u8],
}

impl<'a> ClientHelloStart<'a> {
    /// Reads the fields; the extensions follow in `reader`.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let version = ProtocolVersion(reader.u16("client_version")?);
        let random = reader.array("random")?;
        let session_at = reader.offset();
        let session_id = reader.vec8("session_id")?;
        if session_id.len() > 32 {
            return Err(ParseError::new("session_id", session_at, ParseErrorKind::TooLarge));
        }
        let cookie = reader.vec8("cookie")?;
        let cipher_suites = U16List::parse(reader, "cipher_suites")?;
        let methods_at = reader.offset();
        let compression_methods = reader.vec8("compression_methods")?;
        if compression_methods.is_empty() {
            return Err(ParseError::new("compression_methods", methods_at, ParseErrorKind::BadLength));
        }
        Ok(ClientHelloStart { version, random, session_id, cookie, cipher_suites, compression_methods })
    }

    /// Appends the fields.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.version.0);
        writer.bytes(&self.random);
        writer.u8(self.session_id.len() as u8);
        writer.bytes(self.session_id);
        writer.u8(self.cookie.len() as u8);
        writer.bytes(self.cookie);
        self.cipher_suites.write(writer);
        writer.u8(self.compression_methods.len() as u8);
        writer.bytes(self.compression_methods);
    }
}

/// The whole message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ClientHello<'a> {
    /// What stands in front of the extensions.
    pub start: ClientHelloStart<'a>,
    /// Everything since 2003.
    pub extensions: Extensions<'a>,
}

impl<'a> ClientHello<'a> {
    /// Reads a body.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let start = ClientHelloStart::parse(reader)?;
        Ok(ClientHello { start, extensions: Extensions::parse_at_end(reader)? })
    }

    /// Appends the body.
    pub fn write(&self, writer: &mut Writer<'_>) {
        self.start.write(writer);
        self.extensions.write(writer);
    }
}
