//! Finished: a MAC over the handshake, the first message under the new keys (RFC 5246 §7.4.9).
//!
//! ```text
//! verify_data 12 bytes
//! ```

use limpid_sansio::ParseError;
use limpid_sansio::wire::{Reader, Writer};

/// Bytes of verify_data in every suite that we speak.
pub const VERIFY_DATA_LEN: usize = 12;

/// The whole message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Finished {
    /// What both sides compute and only they can.
    pub verify_data: [u8; VERIFY_DATA_LEN],
}

impl Finished {
    /// Reads a body.
    pub fn parse(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        Ok(Finished { verify_data: reader.array("verify_data")? })
    }

    /// Appends the body.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.verify_data);
    }
}
