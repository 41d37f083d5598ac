//! use_srtp: which protection profiles media could use (RFC 5764 §4.1). Profiles are code points that the srtp room knows.
//!
//! ```text
//! SRTPProtectionProfiles <2..2^16-1> │ srtp_mki <0..255>
//! ```
//! A master key identifier is a thing of the past (RFC 8827 §6.5 forbids it): ours is empty, a peer's is not repeated.

use limpid_sansio::ParseError;
use limpid_sansio::wire::{Reader, Writer};

use crate::message::U16List;

/// An offer of several, or an answer of one.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct UseSrtp<'a> {
    /// Best first.
    pub profiles: U16List<'a>,
    /// Empty from us.
    pub mki: &'a [u8],
}

impl<'a> UseSrtp<'a> {
    /// Reads the data.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let profiles = U16List::parse(reader, "SRTPProtectionProfiles")?;
        Ok(UseSrtp { profiles, mki: reader.vec8("srtp_mki")? })
    }

    /// Appends the data.
    pub fn write(&self, writer: &mut Writer<'_>) {
        self.profiles.write(writer);
        writer.u8(self.mki.len() as u8);
        writer.bytes(self.mki);
    }
}
