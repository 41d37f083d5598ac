//! Certificate: who the sender is (RFC 5246 §7.4.2). In WebRTC one self-signed certificate; a client may send none.
//!
//! ```text
//! certificate_list <0..2^24-1> of: certificate <1..2^24-1>
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

/// Certificates in DER, that of the sender first.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct CertificateChain<'a>(&'a [u8]);

impl<'a> CertificateChain<'a> {
    /// A client's word for "I have none".
    pub const EMPTY: CertificateChain<'static> = CertificateChain(&[]);

    /// Reads a body.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let list = reader.vec24("certificate_list")?;
        let mut entries = Reader::new(list);
        while !entries.is_empty() {
            let at = entries.offset();
            if entries.vec24("certificate").map_err(|fault| fault.within(3))?.is_empty() {
                return Err(ParseError::new("certificate", at + 3, ParseErrorKind::BadLength));
            }
        }
        Ok(CertificateChain(list))
    }

    /// Appends the body.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u24(self.0.len() as u32);
        writer.bytes(self.0);
    }

    /// Appends the body of a chain that is one certificate.
    pub fn write_one(der: &[u8], writer: &mut Writer<'_>) {
        let list = writer.open(3);
        let entry = writer.open(3);
        writer.bytes(der);
        writer.close(entry);
        writer.close(list);
    }

    /// The certificates.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + 'a {
        let mut entries = Reader::new(self.0);
        // Checked when the chain was parsed: the list ends where its last entry does.
        core::iter::from_fn(move || entries.vec24("certificate").ok())
    }

    /// The sender's own certificate; `None`: it has none.
    pub fn end_entity(&self) -> Option<&'a [u8]> {
        self.iter().next()
    }
}
