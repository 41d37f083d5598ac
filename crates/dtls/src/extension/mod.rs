//! Hello extensions: a list of typed byte strings, of which unknown ones are passed over (RFC 5246 §7.4.1.4).
//!
//! ```text
//! length 16 │ { extension_type 16 │ length 16 │ data }*
//! ```
//! Unknown types are those of later versions, of other people, and of GREASE (RFC 8701); none of them is a fault.

mod ec_point_formats;
mod named_groups;
mod renegotiation_info;
mod signature_algorithms;
mod supported_versions;
#[cfg(test)]
mod tests;
mod use_srtp;

use core::fmt;

use limpid_sansio::ParseError;
use limpid_sansio::wire::{ParseErrorKind, Reader, Writer};

pub use ec_point_formats::EcPointFormats;
pub use named_groups::NamedGroups;
pub use renegotiation_info::RenegotiationInfo;
pub use signature_algorithms::SignatureAlgorithms;
pub use supported_versions::SupportedVersions;
pub use use_srtp::UseSrtp;

/// A code point of the TLS registry "ExtensionType". Unknown ones are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtensionType(pub u16);

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $word:literal;)*) => {
        impl ExtensionType {
            $($(#[$doc])* pub const $name: ExtensionType = ExtensionType($code);)*

            /// The registry's name, if we know it.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($word),)*
                    _ => None,
                }
            }
        }
    };
}

types! {
    /// RFC 8422 §5.1.1: see [`NamedGroups`].
    SUPPORTED_GROUPS = 10, "supported_groups";
    /// RFC 8422 §5.1.2: see [`EcPointFormats`].
    EC_POINT_FORMATS = 11, "ec_point_formats";
    /// RFC 5246 §7.4.1.4.1: see [`SignatureAlgorithms`].
    SIGNATURE_ALGORITHMS = 13, "signature_algorithms";
    /// RFC 5764 §4.1: see [`UseSrtp`].
    USE_SRTP = 14, "use_srtp";
    /// RFC 7301; named, but neither offered nor answered.
    ALPN = 16, "application_layer_protocol_negotiation";
    /// RFC 7627 §5.1; empty.
    EXTENDED_MASTER_SECRET = 23, "extended_master_secret";
    /// RFC 8449; named, but neither offered nor answered.
    RECORD_SIZE_LIMIT = 28, "record_size_limit";
    /// RFC 8446 §4.2.1: see [`SupportedVersions`].
    SUPPORTED_VERSIONS = 43, "supported_versions";
    /// RFC 8446 §4.2.9; of 1.3.
    PSK_KEY_EXCHANGE_MODES = 45, "psk_key_exchange_modes";
    /// RFC 8446 §4.2.8; of 1.3.
    KEY_SHARE = 51, "key_share";
    /// RFC 9146 §3; named, but neither offered nor answered.
    CONNECTION_ID = 54, "connection_id";
    /// RFC 5746 §3.2: see [`RenegotiationInfo`].
    RENEGOTIATION_INFO = 65281, "renegotiation_info";
}

impl fmt::Debug for ExtensionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "extension {}", self.0),
        }
    }
}

/// The extensions of one hello, in their order. No type stands twice.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct Extensions<'a> {
    /// `None`: the hello ends in front of them, which is not the same as an empty list.
    list: Option<&'a [u8]>,
}

impl<'a> Extensions<'a> {
    /// None at all, not even a length.
    pub const ABSENT: Extensions<'static> = Extensions { list: None };

    /// From the wire form of a list, without the length in front.
    pub fn new(list: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(list);
        let mut seen: Vec<u16> = Vec::new();
        while !reader.is_empty() {
            let at = reader.offset();
            let kind = reader.u16("extension_type")?;
            reader.vec16("extension_data")?;
            match seen.binary_search(&kind) {
                Ok(_) => return Err(ParseError::new("extension_type", at, ParseErrorKind::Repeated)),
                Err(place) => seen.insert(place, kind),
            }
        }
        Ok(Extensions { list: Some(list) })
    }

    /// Reads what is left of a hello.
    pub fn parse_at_end(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        if reader.is_empty() {
            return Ok(Extensions::ABSENT);
        }
        let list = reader.vec16("extensions")?;
        let base = reader.offset() - list.len();
        Extensions::new(list).map_err(|fault| fault.within(base))
    }

    /// Appends the list behind its length, or nothing when it is absent.
    pub fn write(&self, writer: &mut Writer<'_>) {
        if let Some(list) = self.list {
            writer.u16(list.len() as u16);
            writer.bytes(list);
        }
    }

    /// Types and data, in order.
    pub fn iter(&self) -> impl Iterator<Item = (ExtensionType, &'a [u8])> + 'a {
        let mut reader = Reader::new(self.list.unwrap_or_default());
        // Checked when the list was made: it ends where its last entry does.
        core::iter::from_fn(move || {
            let kind = ExtensionType(reader.u16("extension_type").ok()?);
            Some((kind, reader.vec16("extension_data").ok()?))
        })
    }

    /// The data of one type.
    pub fn get(&self, kind: ExtensionType) -> Option<&'a [u8]> {
        self.iter().find(|(one, _)| *one == kind).map(|(_, data)| data)
    }

    /// The data of one type, taken apart by `parse`, which must use all of it.
    pub fn find<T>(
        &self,
        kind: ExtensionType,
        parse: impl FnOnce(&mut Reader<'a>) -> Result<T, ParseError>,
    ) -> Result<Option<T>, ParseError> {
        let Some(data) = self.get(kind) else { return Ok(None) };
        let mut reader = Reader::new(data);
        let value = parse(&mut reader)?;
        reader.finish("extension_data")?;
        Ok(Some(value))
    }
}

impl fmt::Debug for Extensions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Appends one extension whose data `content` writes.
pub fn write_extension(writer: &mut Writer<'_>, kind: ExtensionType, content: impl FnOnce(&mut Writer<'_>)) {
    writer.u16(kind.0);
    let length = writer.open(2);
    content(writer);
    writer.close(length);
}
