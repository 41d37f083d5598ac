//! CertificateRequest: "and who are you?" (RFC 5246 §7.4.4, RFC 8422 §5.5). In WebRTC always sent.
//!
//! ```text
//! certificate_types <1..2^8-1> │ supported_signature_algorithms <2..2^16-2> │ certificate_authorities <0..2^16-1>
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

use super::U16List;

/// A code point of the TLS registry "ClientCertificateType".
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ClientCertificateType(pub u8);

impl ClientCertificateType {
    /// An RSA key that signs.
    pub const RSA_SIGN: ClientCertificateType = ClientCertificateType(1);
    /// An ECDSA key.
    pub const ECDSA_SIGN: ClientCertificateType = ClientCertificateType(64);
}

/// The whole message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct CertificateRequest<'a> {
    /// [`ClientCertificateType`]s, one a byte.
    pub certificate_types: &'a [u8],
    /// Signature schemes.
    pub signature_algorithms: U16List<'a>,
    /// Distinguished names, which mean nothing for self-signed certificates.
    pub authorities: &'a [u8],
}

impl<'a> CertificateRequest<'a> {
    /// Reads a body.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let certificate_types = reader.vec8("certificate_types")?;
        if certificate_types.is_empty() {
            return Err(ParseError::new("certificate_types", 0, ParseErrorKind::BadLength));
        }
        let signature_algorithms = U16List::parse(reader, "supported_signature_algorithms")?;
        let authorities = reader.vec16("certificate_authorities")?;
        Ok(CertificateRequest { certificate_types, signature_algorithms, authorities })
    }

    /// Appends the body.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.certificate_types.len() as u8);
        writer.bytes(self.certificate_types);
        self.signature_algorithms.write(writer);
        writer.u16(self.authorities.len() as u16);
        writer.bytes(self.authorities);
    }

    /// Whether a certificate of this type will do.
    pub fn accepts(&self, kind: ClientCertificateType) -> bool {
        self.certificate_types.contains(&kind.0)
    }
}
