//! H.265 in RTP, without decoding order numbers. RFC 7798.
//!
//! ```text
//!  0                   1
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//! |F|   Type    |  LayerId  | TID |   0 to 47: a NAL unit as it is
//!                                     48, AP: units behind their lengths in 16 bits
//!                                     49, FU: a part of a unit; before it stands
//! |S|E|  FuType   |                   S: the first part, E: the last; the type of the unit
//!                                     50, PACI: any of these behind an extension
//! ```
//!
//! A frame is an access unit in the form of Annex B: NAL units behind start codes. Extensions of PACI packets are passed over.

use alloc::vec::Vec;

use limpid_sansio::wire::{ParseError, ParseErrorKind, Reader};

use super::frame::{Assembly, FrameInfo, Layer, Malformed, Piece, Unsendable, join as join_all};
use super::nal::{Content, Joiner, Part, Plan, Rules, Shape};
use super::parameter_sets::h265_size;

const SEQUENCE_PARAMETER_SET: u8 = 33;
const AP: u8 = 48;
const FU: u8 = 49;
const PACI: u8 = 50;

const SHAPE: Shape = Shape { header: 2, may_cut: true };

/// The header of a NAL unit, and of each payload.
type Header = [u8; 2];

const fn kind(header: Header) -> u8 {
    header[0] >> 1 & 0x3f
}

/// The same header with another type.
const fn with_kind(header: Header, kind: u8) -> Header {
    [header[0] & 0x81 | kind << 1, header[1]]
}

/// Cuts access units.
#[derive(Default, Debug)]
pub(super) struct Cutter {
    plan: Plan,
}

impl Cutter {
    pub(super) fn start(&mut self, frame: &[u8], max_payload: usize) -> Result<FrameInfo, Unsendable> {
        let is_unit = |unit: &[u8]| kind([unit[0], unit[1]]) < AP;
        self.plan.start(frame, max_payload, SHAPE, is_unit)?;
        let mut info = FrameInfo::default();
        self.plan.units(frame).for_each(|unit| look(unit, &mut info));
        Ok(info)
    }

    pub(super) fn next_payload(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Option<Piece> {
        let (content, is_last) = self.plan.next(frame, SHAPE)?;
        match content {
            Content::Unit(unit) => out.extend_from_slice(unit),
            Content::Units(units) => {
                out.extend_from_slice(&header_of_all(
                    units.iter().map(|unit| [frame[unit.start], frame[unit.start + 1]]),
                ));
                for unit in units {
                    out.extend_from_slice(&(unit.len() as u16).to_be_bytes()); // no longer than a payload
                    out.extend_from_slice(&frame[unit.clone()]);
                }
            }
            Content::Part { header, body, is_first, is_last } => {
                let header = [header[0], header[1]];
                out.extend_from_slice(&with_kind(header, FU));
                out.push(u8::from(is_first) << 7 | u8::from(is_last) << 6 | kind(header));
                out.extend_from_slice(body);
            }
        }
        Some(Piece { is_last, marker: is_last })
    }
}

/// F if any has it, the lowest layer and the lowest temporal id of all. RFC 7798 §4.4.2.
fn header_of_all(headers: impl Iterator<Item = Header>) -> Header {
    let parts = headers.map(|[first, second]| (first & 0x80, (first & 1) << 5 | second >> 3, second & 7));
    let (forbidden, layer, temporal) =
        parts.fold((0, u8::MAX, u8::MAX), |all, one| (all.0 | one.0, all.1.min(one.1), all.2.min(one.2)));
    [forbidden | AP << 1 | layer >> 5 & 1, layer << 3 | temporal & 7]
}

/// Notes what a whole unit says of its frame.
fn look(unit: &[u8], info: &mut FrameInfo) {
    let &[first, second, ..] = unit else { return };
    match kind([first, second]) {
        // Pictures at which decoding can begin.
        number @ 0..=31 => {
            info.is_key |= (16..=23).contains(&number);
            // The id is one more than the layer, so that no header looks like a start code.
            let temporal_id = (second & 7).saturating_sub(1);
            info.layer = Some(Layer { temporal_id, ..Layer::default() });
        }
        SEQUENCE_PARAMETER_SET => info.size = h265_size(unit).or(info.size),
        _ => {}
    }
}

/// A slice begins a frame when its first bit says so; parameter sets and what describes the frame come before any slice.
pub(super) fn begins_frame(payload: &[u8]) -> bool {
    let unit_begins = |kind: u8, body: &[u8]| match kind {
        0..=31 => body.first().is_some_and(|byte| byte & 0x80 != 0),
        32..=35 | 39 => true,
        _ => false,
    };
    match payload {
        [first, second, rest @ ..] => match (kind([*first, *second]), rest) {
            (AP, [_, _, first, second, body @ ..]) => unit_begins(kind([*first, *second]), body),
            (FU, [part, body @ ..]) => part & 0x80 != 0 && unit_begins(part & 0x3f, body),
            // What is inside is seen when it is put together.
            (PACI, [_, _, ..]) => true,
            (number, body) => unit_begins(number, body),
        },
        _ => false,
    }
}

const RULES: Rules = Rules {
    look,
    is_unit: |unit| matches!(unit, &[first, second, ..] if kind([first, second]) < AP),
    names: ["NALU size", "NAL unit in AP"],
};

/// Puts an access unit together.
pub(super) fn join(
    payloads: &mut dyn Iterator<Item = &[u8]>,
    assembly: &mut Assembly<'_>,
) -> Result<FrameInfo, Malformed> {
    let mut joiner = Joiner::new(RULES);
    let count = join_all(payloads, |_, payload| {
        let mut reader = Reader::new(payload);
        let header = reader.array("PayloadHdr")?;
        match kind(header) {
            PACI => {
                let header = open_paci(header, &mut reader)?;
                take(&mut joiner, header, &mut reader, assembly)
            }
            _ => take(&mut joiner, header, &mut reader, assembly),
        }
    })?;
    joiner.finish(count, assembly)
}

/// Over the extension; what is left is the rest of a payload with the header that is returned. RFC 7798 §4.4.4.
///
/// ```text
/// |A|   cType   | PHSsize |F0..2|Y|   extension of PHSsize bytes …
/// ```
fn open_paci(header: Header, reader: &mut Reader<'_>) -> Result<Header, ParseError> {
    let fields = reader.u16("cType")?;
    let inner = (fields >> 9 & 0x3f) as u8;
    if inner >= PACI {
        return Err(ParseError::new("cType", 2, ParseErrorKind::BadValue));
    }
    reader.bytes(usize::from(fields >> 4 & 0x1f), "PHES")?;
    let [first, second] = with_kind(header, inner);
    Ok([first & 0x7f | (fields >> 8) as u8 & 0x80, second])
}

fn take(
    joiner: &mut Joiner,
    header: Header,
    reader: &mut Reader<'_>,
    assembly: &mut Assembly<'_>,
) -> Result<(), ParseError> {
    if kind(header) == FU {
        return take_part(joiner, header, reader, assembly);
    }
    joiner.close(assembly);
    match kind(header) {
        0..AP => joiner.unit([&header, reader.rest()], assembly),
        AP => joiner.several(reader, assembly),
        // Of types that came later nothing is known.
        _ => Ok(()),
    }
}

fn take_part(
    joiner: &mut Joiner,
    header: Header,
    reader: &mut Reader<'_>,
    assembly: &mut Assembly<'_>,
) -> Result<(), ParseError> {
    let fu_header = reader.u8("FU header")?;
    let kind = fu_header & 0x3f;
    if kind >= AP {
        return Err(ParseError::new("FuType", 2, ParseErrorKind::BadValue));
    }
    if reader.is_empty() {
        return Err(reader.error("FU payload", ParseErrorKind::Missing));
    }
    let header = with_kind(header, kind);
    let part = Part { header: &header, kind, fu_header: (fu_header, 2), data: reader.rest() };
    joiner.part(&part, assembly)
}

#[cfg(test)]
mod tests;
