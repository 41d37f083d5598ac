//! Parity: packets that bring back a lost one without asking for it. RFC 5109 (`ulpfec`); RFC 8627 (`flexfec`) and the draft of
//! it that browsers send (`flexfec-03`).
//!
//! A repair packet is the exclusive or of the packets that it protects. Where one of those is missing and the others are here,
//! the missing one is what is left over. Only the receiving side is here: what was lost is repaired by retransmission when we
//! send, which needs less where the way is short.
//!
//! | name in a description | how it comes | file |
//! |---|---|---|
//! | `ulpfec` | inside RED (RFC 2198), among the numbers of the stream that it protects | `generic.rs` |
//! | `flexfec-03` | as a stream of its own, tied to the other by `a=ssrc-group:FEC-FR` | `flexible.rs` |
//! | `flexfec` | the same; whom it protects stands in the list of contributing sources | `flexible.rs` |
//!
//! ```
//! use limpid_rtp::fec::{Decoder, Form, Parity};
//! use limpid_rtp::{Packet, Ssrc};
//!
//! // Two packets of one byte each, the second one of which was lost, and their parity.
//! let first = [0x80, 96, 0, 1, 0, 0, 0, 7, 0, 0, 0, 9, b'a'];
//! let parity = [0x80, 49, 0, 5, 0, 0, 0, 7, 0, 0, 0, 8, // the header of the repair packet
//!     0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, // what differs; of one source, 9
//!     0, 1, 0x80 | 0x60, 0, // packets 1 and 2
//!     b'a' ^ b'b'];
//! let mut decoder = Decoder::new(Ssrc(9));
//! decoder.add_source(1, &Packet::parse(&first)?, &Default::default());
//! let Parity::Repair(repair) = Form::FlexibleDraft03.parse(&Packet::parse(&parity)?)? else { unreachable!() };
//! decoder.add_repair(repair.protected.base.into(), &repair);
//! let mut found = None;
//! decoder.recover(|number, packet| found = Some((number, packet.payload.to_vec())));
//! assert_eq!(found, Some((2, b"b".to_vec())));
//! # Ok::<(), limpid_rtp::ParseError>(())
//! ```

mod decoder;
mod flexible;
mod generic;

pub use decoder::Decoder;

use limpid_sansio::wire::{ParseError, Reader};

use crate::header::Packet;
use crate::names::Ssrc;

/// How a repair packet is written.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// `ulpfec`. RFC 5109.
    Generic,
    /// `flexfec`. RFC 8627.
    Flexible,
    /// `flexfec-03`. draft-ietf-payload-flexible-fec-scheme-03.
    FlexibleDraft03,
}

impl Form {
    /// By the name in `a=rtpmap`.
    pub fn from_name(name: &str) -> Option<Self> {
        let names =
            [("ulpfec", Form::Generic), ("flexfec", Form::Flexible), ("flexfec-03", Form::FlexibleDraft03)];
        names.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, form)| form)
    }

    /// Reads a packet of a stream of repair packets.
    pub fn parse<'a>(self, packet: &Packet<'a>) -> Result<Parity<'a>, ParseError> {
        match self {
            Form::Generic => generic::parse(packet.payload).map(Parity::Repair),
            Form::Flexible => flexible::parse(packet),
            Form::FlexibleDraft03 => flexible::parse_draft_03(packet.payload).map(Parity::Repair),
        }
    }

    /// Reads a payload of RFC 5109, as it stands inside RED.
    pub fn parse_generic(payload: &[u8]) -> Result<Repair<'_>, ParseError> {
        generic::parse(payload)
    }
}

/// What a repair packet brings.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Parity<'a> {
    /// The parity of some packets.
    Repair(Repair<'a>),
    /// One packet once more, whole. RFC 8627 §4.2.2.3.
    Packet(&'a [u8]),
}

/// The parity of some packets of one stream.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Repair<'a> {
    /// The stream. `None`: the one that it came with.
    pub ssrc: Option<Ssrc>,
    /// Its packets.
    pub protected: Protected,
    /// Parity of the first two bytes of their headers; of the version nothing is said.
    pub first: [u8; 2],
    /// Parity of their timestamps.
    pub timestamp: u32,
    /// Parity of how many bytes follow the fixed header.
    pub len: u16,
    /// Parity of those bytes.
    pub payload: &'a [u8],
}

impl<'a> Repair<'a> {
    fn read_first(reader: &mut Reader<'a>) -> Result<[u8; 2], ParseError> {
        Ok([reader.u8("CC recovery")?, reader.u8("PT recovery")?])
    }
}

/// Which packets: by their distance from the first one's sequence number.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Protected {
    /// The lowest sequence number.
    pub base: u16,
    set: Set,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Set {
    /// Bit 127 stands for the first.
    Mask(u128),
    /// So many, each so far behind the one before. RFC 8627 §4.2.2.2.
    Steps { step: u8, count: u8 },
}

impl Protected {
    /// How far each is from the base, ascending.
    pub fn offsets(&self) -> impl Iterator<Item = u16> + Clone + use<> {
        let set = self.set;
        let end = match set {
            Set::Mask(mask) => 128 - mask.trailing_zeros() as u16,
            Set::Steps { count, .. } => count.into(),
        };
        (0..end).filter_map(move |index| match set {
            Set::Mask(mask) => (mask << index >> 127 == 1).then_some(index),
            Set::Steps { step, .. } => Some(index * u16::from(step)),
        })
    }

    /// How far the last one is from the base.
    pub fn span(&self) -> u16 {
        self.offsets().last().unwrap_or(0)
    }
}
