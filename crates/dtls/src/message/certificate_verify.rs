//! CertificateVerify: the client signs the handshake so far (RFC 5246 §7.4.8).
//!
//! ```text
//! signature scheme 16 │ signature <0..2^16-1>
//! ```

use limpid_crypto::SignatureScheme;
use limpid_sansio::ParseError;
use limpid_sansio::wire::{Reader, Writer};

/// The whole message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct CertificateVerify<'a> {
    /// How it is signed.
    pub scheme: SignatureScheme,
    /// Over all handshake messages before this one.
    pub signature: &'a [u8],
}

impl<'a> CertificateVerify<'a> {
    /// Reads a body.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let scheme = SignatureScheme(reader.u16("signature_algorithm")?);
        Ok(CertificateVerify { scheme, signature: reader.vec16("signature")? })
    }

    /// Appends the body.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.scheme.0);
        writer.u16(self.signature.len() as u16);
        writer.bytes(self.signature);
    }
}
