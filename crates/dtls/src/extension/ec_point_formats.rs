//! ec_point_formats: how points are written. One format is left, and a list without it is refused (RFC 8422 §5.1.2).

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

/// The formats that a side can read, one a byte.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct EcPointFormats<'a>(&'a [u8]);

impl<'a> EcPointFormats<'a> {
    /// All that anybody uses.
    pub const UNCOMPRESSED: EcPointFormats<'static> = EcPointFormats(&[0]);

    /// Reads the data.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let formats = reader.vec8("ec_point_format_list")?;
        if formats.is_empty() {
            return Err(ParseError::new("ec_point_format_list", 0, ParseErrorKind::BadLength));
        }
        Ok(EcPointFormats(formats))
    }

    /// Appends the data.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.0.len() as u8);
        writer.bytes(self.0);
    }

    /// Whether the uncompressed format is among them, as it must be.
    pub fn has_uncompressed(&self) -> bool {
        self.0.contains(&0)
    }
}
