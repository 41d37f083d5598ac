//! ServerKeyExchange: the server's share of an ephemeral key, signed (RFC 8422 §5.4).
//!
//! ```text
//! curve_type 8 (3: named) │ named_curve 16 │ public <1..255> │ signature scheme 16 │ signature <0..2^16-1>
//! ```

use limpid_crypto::{NamedGroup, SignatureScheme};
use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

/// The curve is named; other ways to say which are obsolete (RFC 8422 §5.4).
const NAMED_CURVE: u8 = 3;

/// What the signature covers, together with both randoms.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct EcdheParameters<'a> {
    /// The group.
    pub group: NamedGroup,
    /// The server's share: an uncompressed point, or 32 bytes of X25519.
    pub public: &'a [u8],
}

impl<'a> EcdheParameters<'a> {
    /// Reads the parameters.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        if reader.u8("curve_type")? != NAMED_CURVE {
            return Err(ParseError::new("curve_type", reader.offset() - 1, ParseErrorKind::BadValue));
        }
        let group = NamedGroup(reader.u16("named_curve")?);
        let at = reader.offset();
        let public = reader.vec8("public")?;
        if public.is_empty() {
            return Err(ParseError::new("public", at, ParseErrorKind::BadLength));
        }
        Ok(EcdheParameters { group, public })
    }

    /// Appends the parameters.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(NAMED_CURVE);
        writer.u16(self.group.0);
        writer.u8(self.public.len() as u8);
        writer.bytes(self.public);
    }
}

/// The whole message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ServerKeyExchange<'a> {
    /// The share.
    pub parameters: EcdheParameters<'a>,
    /// How it is signed.
    pub scheme: SignatureScheme,
    /// Over client random, server random, and parameters.
    pub signature: &'a [u8],
}

impl<'a> ServerKeyExchange<'a> {
    /// Reads a body.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let parameters = EcdheParameters::parse(reader)?;
        let scheme = SignatureScheme(reader.u16("signature_algorithm")?);
        Ok(ServerKeyExchange { parameters, scheme, signature: reader.vec16("signature")? })
    }

    /// Appends the body.
    pub fn write(&self, writer: &mut Writer<'_>) {
        self.parameters.write(writer);
        writer.u16(self.scheme.0);
        writer.u16(self.signature.len() as u16);
        writer.bytes(self.signature);
    }
}
