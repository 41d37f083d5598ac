//! APP: packets of an application's own making. RFC 3550 §6.7.
//!
//! ```text
//! |V=2|P| subtype |    PT=204     |            length             |
//! |                           SSRC/CSRC                           |
//! |                          name (ASCII)                         |
//! |                  data, whole words …                          |
//! ```

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, Reader};

use super::common::{Open, Raw, packet_type};
use crate::names::Ssrc;

/// An application-defined packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Application<'a> {
    /// 0 to 31, as the application likes.
    pub subtype: u8,
    /// Who says so.
    pub source: Ssrc,
    /// Four characters that make the packet the application's.
    pub name: [u8; 4],
    /// What it says.
    pub data: &'a [u8],
}

impl<'a> Application<'a> {
    pub(super) fn parse(raw: &Raw<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(raw.body);
        Ok(Application {
            subtype: raw.count,
            source: Ssrc(reader.u32("SSRC/CSRC")?),
            name: reader.array("name")?,
            data: reader.rest(),
        })
    }
}

/// Appends an application's packet. Its data is filled up with zeros to whole words, and cut where it is longer than a
/// packet can be.
pub fn write_application(out: &mut Vec<u8>, application: &Application<'_>) {
    let mut packet = Open::new(out, packet_type::APPLICATION, application.subtype);
    packet.writer.u32(application.source.0);
    packet.writer.bytes(&application.name);
    packet.writer.bytes(&application.data[..application.data.len().min(packet.room())]);
    packet.finish();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};
    use std::vec;

    #[test]
    fn data_is_filled_up_to_words_and_never_overflows_the_length() {
        //~ covers 3550-6.7-a
        let long = vec![7; 300_000];
        for (len, read) in [(0, 0), (4, 4), (5, 8), (300_000, 0x3_fff8 - 4)] {
            let sent = Application { subtype: 31, source: Ssrc(1), name: *b"test", data: &long[..len] };
            let mut out = Vec::new();
            write_application(&mut out, &sent);
            let Some(Ok(Packet::Application(found))) = packets(&out).next() else { panic!("not an APP") };
            assert_eq!((found.subtype, found.source, &found.name), (31, Ssrc(1), b"test"));
            assert_eq!(found.data.len(), read);
            assert!(found.data.starts_with(&long[..len.min(read)]));
        }
    }
}
